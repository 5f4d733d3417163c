"""The verbs about several models: `compare` a few, or list the registry (`models`)."""

from llmnotes import units
from llmnotes.cli.words import WORDS

ORDERS = ("id", "params", "active", "kv", "context", "released")
EQUAL_TOKENS = 131_072


def compare_facts(models, options) -> list[dict]:
    """Parameters, cache and compute of each at one length: the one asked for, or 131,072 tokens."""
    from llmnotes.report import count_params, forward_flops, kv_cache

    n_tokens = EQUAL_TOKENS if options.tokens is None else options.tokens
    rows = []
    for model in models:
        counted = count_params(model)
        cache = kv_cache(model, n_tokens=n_tokens)
        step = forward_flops(model, n_new=1, n_past=n_tokens)
        rows.append(
            {
                "model": model.name,
                "family": model.family,
                "n_ctx": model.n_ctx,
                "params": counted.total,
                "active": counted.active,
                "n_tokens": n_tokens,
                "ideal_bytes": cache.ideal_bytes,
                "reserved_bytes": cache.reserved_bytes,
                "growing_bytes_per_token": cache.growing_bytes_per_token,
                "decode_flops": step.total,
                "attention_share": step.attention_share,
                "assumed": list(model.assumed),
                "warnings": list(model.warnings),
            }
        )
    return rows


def compare_text(facts: list[dict], models, options) -> list[str]:
    """One row a model."""
    from llmnotes.cli.tables import rows_table

    words, lang = WORDS[options.lang], options.lang
    head = words["at"].format(n=units.format_exact(facts[0]["n_tokens"]), b=1, bits=16)
    columns = ("short_params", "short_active", "ideal", "reserved", "per_token", "decode_step")
    rows = [
        (
            row["model"],
            units.format_count(row["params"], lang),
            units.format_count(row["active"], lang),
            units.format_bytes(row["ideal_bytes"], lang),
            units.format_bytes(row["reserved_bytes"], lang),
            units.format_bytes(row["growing_bytes_per_token"], lang),
            units.format_flops(row["decode_flops"], lang),
        )
        for row in facts
    ]
    notes = [f"{row['model']}: {words['warning']}: {warning}" for row in facts for warning in row["warnings"]]
    return [head, "", rows_table([words["model"], *(words[name] for name in columns)], rows), *notes]


def models_facts(_, options) -> list[dict]:
    """What the registry holds, one row a model."""
    from llmnotes.registry import find, model_ids
    from llmnotes.report import count_params, kv_cache

    rows = []
    for model_id in model_ids():
        entry = find(model_id)
        model = entry.spec
        if options.family not in (None, model.family):
            continue
        counted = count_params(model)
        rows.append(
            {
                "id": model_id,
                "name": entry.name,
                "family": model.family,
                "released": None if entry.released is None else entry.released.isoformat(),
                "params": counted.total,
                "active": counted.active,
                "context_advertised": entry.context_advertised,
                "kv_bytes_at_131072": kv_cache(model, n_tokens=EQUAL_TOKENS).ideal_bytes,
            }
        )
    if not rows:
        raise ValueError(f"no model of family {options.family!r} in the registry; `llmnotes models` lists all")
    keys = {"kv": "kv_bytes_at_131072", "context": "context_advertised"}
    key = keys.get(options.sort, options.sort)
    empty = "" if key in ("id", "released") else 0
    return sorted(rows, key=lambda row: row[key] or empty)


def models_text(facts: list[dict], _, options) -> list[str]:
    """One row a model: id, release, parameters, context, cache at 131,072 tokens."""
    from llmnotes.cli.tables import rows_table

    words, lang = WORDS[options.lang], options.lang
    rows = [
        (
            row["id"],
            row["released"] or "",
            units.format_count(row["params"], lang),
            units.format_count(row["active"], lang) if row["active"] != row["params"] else "",
            "" if row["context_advertised"] is None else units.format_tokens(row["context_advertised"], lang),
            units.format_bytes(row["kv_bytes_at_131072"], lang),
        )
        for row in facts
    ]
    columns = ("released", "parameters", "short_active", "context", "cache_128k")
    return [rows_table([words["model"], *(words[name] for name in columns)], rows)]
