"""The verbs about several models: `compare` a few, or list the registry (`models`)."""

from collections.abc import Callable
from operator import itemgetter

from llmnotes import units
from llmnotes.cli.precision import stored_or_why
from llmnotes.wording.sentences import spoken
from llmnotes.wording.words import WORDS

# The key of the facts by which each order sorts.
ORDERS = {
    "id": "id",
    "params": "params",
    "active": "active",
    "kv": "kv_bytes_at_131072",
    "context": "context_advertised",
    "released": "released",
}
EQUAL_TOKENS = 131_072


def compare_facts(models, options) -> list[dict]:
    """Shape, parameters, cache and compute of each at one length: the one asked for, or 131,072 tokens."""
    from llmnotes.cli.verbs import cache_facts
    from llmnotes.report import count_params, forward_flops

    n_tokens = EQUAL_TOKENS if options.tokens is None else options.tokens
    rows = []
    for model in models:
        counted = count_params(model)
        stored, why = stored_or_why(model, options)
        step = None if model.uncounted_flops else forward_flops(model, n_new=1, n_past=n_tokens)
        rows.append(
            {
                "model": model.name,
                "family": model.family,
                "n_layers": model.n_layers,
                "d_model": model.d_model,
                "n_ctx": model.n_ctx,
                "params": counted.total,
                "active": counted.active,
                "n_tokens": n_tokens,
                "batch_size": options.batch,
                "weight_bytes": None if stored is None else stored.checkpoint_bytes,
                "weights": None if stored is None else stored.form,
                **cache_facts(model, options, n_tokens),
                "decode_flops": None if step is None else step.total,
                "attention_share": None if step is None else step.attention_share,
                "assumed": list(model.assumed),
                "warnings": [*model.warnings, *why],
            }
        )
    return rows


def compare_text(facts: list[dict], models, options) -> list[str]:
    """One column a model."""
    from llmnotes.cli.tables import side_by_side

    words, lang = WORDS[options.lang], options.lang
    first = facts[0]
    head = words["at"].format(
        n=units.format_exact(first["n_tokens"]), b=first["batch_size"], bits=units.format_number(first["kv_bits"])
    )
    shown = (
        ("family", "family", str),
        ("layers", "n_layers", units.format_exact),
        ("width", "d_model", units.format_exact),
        ("parameters", "params", lambda n: units.format_count(n, lang)),
        ("active", "active", lambda n: units.format_count(n, lang)),
        ("weights", "weight_bytes", units.format_bytes),
        ("form", "weights", str),
        ("positions", "n_ctx", units.format_exact),
        ("cache_ideal", "ideal_bytes", units.format_bytes),
        ("cache_reserved", "reserved_bytes", units.format_bytes),
        ("growing", "next_token_bytes", units.format_bytes),
        ("state", "state_bytes", units.format_bytes),
        ("decode_alone", "decode_flops", units.format_flops),
        ("short_share", "attention_share", units.format_percent),
    )
    columns = [(row["model"], [_cell(row[key], form) for _, key, form in shown]) for row in facts]
    return [head, "", side_by_side([words[name] for name, _, _ in shown], columns), *_notes(facts, lang)]


def _notes(facts: list[dict], lang: str) -> list[str]:
    """What was left out, assumed or stretched, each sentence once with the models that it is about."""
    from llmnotes.cli.tables import folded

    words = WORDS[lang]
    about: dict[str, list[str]] = {}
    for row in facts:
        sentences = [words["warning"] + spoken(sentence, lang) for sentence in row["warnings"]]
        if row["n_ctx"] is not None and row["n_tokens"] > row["n_ctx"]:
            limits = {"n": units.format_exact(row["n_ctx"]), "t": units.format_exact(row["n_tokens"])}
            sentences.append(words["warning"] + words["beyond"].format(**limits))
        if row["assumed"]:
            said = words["and"].join(spoken(sentence, lang) for sentence in row["assumed"])
            sentences.append(words["assumed"] + said)
        for sentence in sentences:
            about.setdefault(sentence, []).append(row["model"])
    lines = [f"{words['list'].join(names)} · {sentence}" for sentence, names in about.items()]
    return ["", folded(lines)] if lines else []


def models_facts(_, options) -> list[dict]:
    """What the registry holds, one row a model."""
    from llmnotes.registry import find, model_ids
    from llmnotes.report import count_params, kv_cache, next_token_bytes

    rows: list[dict] = []
    families = set()
    for model_id in model_ids():
        entry = find(model_id)
        model = entry.spec
        families.add(model.family)
        if options.family not in (None, model.family):
            continue
        counted = count_params(model)
        cache = kv_cache(model, n_tokens=EQUAL_TOKENS)
        rows.append(
            {
                "id": model_id,
                "name": entry.name,
                "org": entry.org,
                "family": model.family,
                "released": None if entry.released is None else entry.released.isoformat(),
                "params": counted.total,
                "active": counted.active,
                "n_layers": model.n_layers,
                "context_advertised": entry.context_advertised,
                "next_token_bytes_at_131072": next_token_bytes(model, EQUAL_TOKENS),
                "growing_bytes_per_token": cache.growing_bytes_per_token,
                "kv_bytes_at_131072": cache.ideal_bytes,
                "kv_reserved_bytes_at_131072": cache.reserved_bytes,
            }
        )
    if not rows:
        raise ValueError(f"no model of family {options.family!r} in the registry; {_near(options.family, families)}")
    key = ORDERS[options.sort]
    unknown = [row for row in rows if row[key] is None]
    return sorted((row for row in rows if row[key] is not None), key=itemgetter(key)) + unknown


def models_text(facts: list[dict], _, options) -> list[str]:
    """One row a model; the narrower the terminal, the fewer columns."""
    from llmnotes.cli.tables import ranked_table

    words, lang = WORDS[options.lang], options.lang
    # Which column goes first where there is no room: the one of the highest rank.
    columns = (
        (0, "model", "id", str),
        (2, "released", "released", str),
        (1, "short_params", "params", lambda n: units.format_count(n, lang)),
        (4, "short_active", "active", lambda n: units.format_count(n, lang)),
        (7, "layers", "n_layers", units.format_exact),
        (3, "context", "context_advertised", units.format_tokens),
        (5, "per_token", "next_token_bytes_at_131072", units.format_bytes),
        (1, "cache_128k", "kv_bytes_at_131072", units.format_bytes),
        (6, "reserved", "kv_reserved_bytes_at_131072", units.format_bytes),
        (8, "family", "family", str),
    )
    table = [(rank, words[name], [_cell(row[key], form) for row in facts]) for rank, name, key, form in columns]
    return [ranked_table(table, left={words["model"], words["family"]})]


def _cell(value, form: Callable[..., str]) -> str:
    return "0" if value == 0 else "–" if value is None else form(value)


def _near(wanted: str, families: set[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(wanted, sorted(families), n=3, cutoff=0.4)
    return f"closest: {', '.join(near)}" if near else f"there are {', '.join(sorted(families))}"
