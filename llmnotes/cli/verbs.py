"""What each verb computes (`<verb>_facts`, printed as JSON) and how it is told (`<verb>_text`)."""

from llmnotes import units
from llmnotes.cli.precision import cache_precision, stored_or_why
from llmnotes.wording.model import input_rows, notes, param_rows, part_rows
from llmnotes.wording.words import WORDS

NO_CONTEXT = 8192


def params_facts(model, options) -> dict:
    """Parameters by component."""
    from llmnotes.report import count_params

    counted = count_params(model)
    return {
        "model": model.name,
        "total": counted.total,
        "active": counted.active,
        "components": counted.components,
        "parts": counted.parts,
        "whole": counted.whole,
        "checkpoint": counted.checkpoint,
        "inputs": input_facts(model),
        **remarks(model),
    }


def params_text(facts: dict, model, options) -> list[str]:
    """Parameters by component, with shares."""
    rows = param_rows(facts["components"], facts["active"], options.lang)
    rows += part_rows(facts, options.lang)
    head = f"{model.name} · {WORDS[options.lang]['parameters']}"
    return [head, "", *aligned(rows), *input_text(facts, options.lang)]


def input_facts(model) -> dict:
    """What an image, a tile or a second of sound costs, by name; nothing for a model of text alone."""
    if not model.inputs:
        return {}
    from dataclasses import asdict

    from llmnotes.report import input_costs

    return {name: asdict(cost) for name, cost in input_costs(model).items()}


def input_text(facts: dict, lang: str) -> list[str]:
    """A block of rows for each of them."""
    return [
        line
        for name, cost in facts["inputs"].items()
        for line in ("", WORDS[lang][f"input_{name}"], *aligned(input_rows(cost, lang)))
    ]


def kv_facts(model, options) -> dict:
    """The two sizes of the cache."""
    from llmnotes.cli.engine import allocation_facts

    n_tokens = n_tokens_of(model, options)
    kept = cache_precision(model, options, n_tokens)
    return {
        "model": model.name,
        "n_tokens": n_tokens,
        "batch_size": options.batch,
        **cache_facts(model, options, n_tokens),
        "kv_stated": kept.stated,
        "modules": {
            name: {"cache_bytes": cost.cache_bytes}
            for name, cost in module_facts(model, n_tokens, kv_bits=kept.bits, state_bits=options.state_bits).items()
        },
        **allocation_facts(model, options, n_tokens),
        **remarks(model),
    }


def cache_facts(model, options, n_tokens: int) -> dict:
    """The two sizes of the cache, and how it is kept."""
    from llmnotes.report import kv_cache, next_token_bytes

    kept = cache_precision(model, options, n_tokens)
    told = {"state_bits": options.state_bits, "page": options.page}
    cache = kv_cache(model, n_tokens=n_tokens, batch_size=options.batch, kv_bits=kept.bits, **told)
    return {
        "kv_bits": kept.bits,
        "kv": kept.form or None,
        **told,
        "ideal_bytes": cache.ideal_bytes,
        "reserved_bytes": cache.reserved_bytes,
        "next_token_bytes": next_token_bytes(model, n_tokens, kv_bits=kept.bits),
        "growing_bytes_per_token": cache.growing_bytes_per_token,
        "state_bytes": cache.state_bytes,
    }


def kv_text(facts: dict, model, options) -> list[str]:
    """The two sizes of the cache, and what makes them differ."""
    words, lang = WORDS[options.lang], options.lang
    head = words["at"].format(
        n=units.format_exact(facts["n_tokens"]), b=facts["batch_size"], bits=units.format_number(facts["kv_bits"])
    )
    rows = [
        (words["ideal"], units.format_bytes(facts["ideal_bytes"], lang), words["ideal_note"]),
        (words["reserved"], units.format_bytes(facts["reserved_bytes"], lang), words["reserved_note"]),
        (words["growing"], units.format_bytes(facts["next_token_bytes"], lang), ""),
    ]
    if facts["state_bytes"]:
        rows.append((words["state"], units.format_bytes(facts["state_bytes"], lang), ""))
    for name, module in facts["modules"].items():
        size = units.format_bytes(options.batch * module["cache_bytes"], lang)
        rows.append((words["module_cache"].format(name=words[name]), size, words["beside_it"]))
    if "allocation" in facts:
        from llmnotes.cli.engine import allocation_rows

        rows += allocation_rows(facts, lang)
    lines = [f"{model.name} · {words['cache']} · {head}{kept_as(facts, words)}", "", *aligned(rows)]
    if model.n_ctx is not None and facts["n_tokens"] > model.n_ctx:
        lines += ["", words["warning"] + words["shape_alone"].format(n=units.format_exact(model.n_ctx))]
    return lines


def flops_facts(model, options) -> dict:
    """A prompt of that length, and one decode step after it."""
    from llmnotes.report import forward_flops

    n_tokens = n_tokens_of(model, options)
    passes = {"prefill": (n_tokens, 0), "decode": (1, n_tokens)}
    facts: dict = {"model": model.name, "n_tokens": n_tokens, "causal": options.causal, "latent": options.latent}
    for name, (n_new, n_past) in passes.items():
        counted = forward_flops(
            model, n_new=n_new, n_past=n_past, causal=options.causal, logits=options.logits, latent=options.latent
        )
        facts[name] = {
            "total": counted.total,
            "linear": counted.linear,
            "attention": counted.attention,
            "logits": counted.logits,
            "attention_share": counted.attention_share,
        }
    modules = {name: {"flops": cost.flops} for name, cost in module_facts(model, n_tokens).items()}
    return {**facts, "modules": modules, "inputs": input_facts(model), **remarks(model)}


def module_facts(model, n_tokens: int, **stored) -> dict:
    """What prediction modules cost after so many tokens, by part; nothing where there are none."""
    if not any(part.runs for part in model.parts):
        return {}
    from llmnotes.report import module_costs

    return module_costs(model, n_tokens, **stored)


def flops_text(facts: dict, model, options) -> list[str]:
    """A prompt and a decode step side by side with their parts."""
    words, lang = WORDS[options.lang], options.lang
    mode = words["causal_pairs" if options.causal else "full_squares"]
    lines = [f"{model.name} · FLOPs · {mode}"]
    for name in ("prefill", "decode"):
        part = facts[name]
        rows = [
            (words["linear"], units.format_flops(part["linear"], lang), ""),
            (words["attention_flops"], units.format_flops(part["attention"], lang), ""),
            (words["logits"], units.format_flops(part["logits"], lang), ""),
            (words["total"], units.format_flops(part["total"], lang), ""),
            (words["share"], units.format_percent(part["attention_share"]), ""),
        ]
        lines += ["", words[name].format(n=units.format_exact(facts["n_tokens"])), *aligned(rows)]
    for name, module in facts["modules"].items():
        row = (words[name], units.format_flops(module["flops"], lang), words["module_step"])
        lines += ["", *aligned([row])]
    return lines + input_text(facts, lang)


def show_facts(model, options) -> dict:
    """The model as its layers, with the figures people ask for first."""
    from dataclasses import asdict

    options.kv_bits, options.state_bits, options.batch, options.page = None, 32, 1, 1
    options.causal, options.logits, options.latent = True, "last", "cheaper"
    options.engine = options.tp = None
    options.pp = options.dp = options.cp = 1
    stored, why = stored_or_why(model, options)
    return {
        "model": model.name,
        "family": model.family,
        "n_layers": model.n_layers,
        "d_model": model.d_model,
        "vocab_size": model.vocab_size,
        "n_ctx": model.n_ctx,
        "params": params_facts(model, options),
        "weights": None
        if stored is None
        else {"form": stored.form, "stated": stored.stated, "checkpoint_bytes": stored.checkpoint_bytes},
        "kv_cache": kv_facts(model, options),
        "flops": None if model.uncounted_flops else flops_facts(model, options),
        "runs": [
            {
                "count": run.count,
                "mixer": _block_facts(run.layer.mixer, asdict),
                "feed_forward": _block_facts(run.layer.feed_forward, asdict),
            }
            for run in model.runs
        ],
        **remarks(model),
        "weights_unknown": list(why),
    }


def show_text(facts: dict, model, options) -> list[str]:
    """Shape, layers by kind, parameters and cache."""
    from llmnotes.cli.tables import layer_table

    words, lang = WORDS[options.lang], options.lang
    rows = [
        (words["family"], model.family, ""),
        (words["layers"], units.format_exact(model.n_layers), ""),
        (words["width"], units.format_exact(model.d_model), ""),
        (words["vocabulary"], units.format_exact(model.vocab_size), ""),
    ]
    if model.n_ctx is not None:
        rows.append((words["positions"], units.format_exact(model.n_ctx), ""))
    total, active = facts["params"]["total"], facts["params"]["active"]
    rows.append((words["parameters"], units.format_exact(total), units.format_count(total, lang)))
    if active != total:
        rows.append((words["active"], units.format_exact(active), units.format_count(active, lang)))
    stored = facts["weights"]
    if stored is not None:
        how = "form_stated" if stored["stated"] else "form_asked" if options.weights else "form_assumed"
        remark = words[how].format(form=stored["form"])
        rows.append((words["weights"], units.format_bytes(stored["checkpoint_bytes"], lang), remark))
    return [
        model.name,
        "",
        *aligned(rows),
        "",
        layer_table(model, lang),
        "",
        *kv_text(facts["kv_cache"], model, options),
        *input_text(facts["params"], lang),
        *(line for why in facts["weights_unknown"] for line in ("", words["warning"] + why)),
    ]


def kept_as(facts: dict, words: dict[str, str]) -> str:
    """The form of the cache, where it has a name, and whether the checkpoint states it."""
    if not facts["kv"]:
        return ""
    return f" ({words['form_stated' if facts['kv_stated'] else 'form_asked'].format(form=facts['kv'])})"


def _block_facts(block, asdict) -> dict | None:
    return None if block is None else {"kind": type(block).__name__, **asdict(block)}


def n_tokens_of(model, options) -> int:
    if options.tokens is not None:
        return options.tokens
    return NO_CONTEXT if model.n_ctx is None else model.n_ctx


def remarks(model) -> dict:
    return {"assumed": list(model.assumed), "warnings": list(model.warnings)}


def notes_text(model, lang: str, assumed: list[str] | None = None) -> list[str]:
    """What the reader of the numbers must know, after everything else; `assumed`, where more was than of the model."""
    told = notes(model, lang, assumed)
    return ["", *told] if told else []


def aligned(rows: list[tuple[str, str, str]]) -> list[str]:
    """Three columns: name to the left, number to the right, remark. A Han character is two cells wide."""
    left = max(_cells(name) for name, _, _ in rows)
    right = max(_cells(number) for _, number, _ in rows)
    return [
        f"  {name}{' ' * (left - _cells(name))}  {' ' * (right - _cells(number))}{number}  {remark}".rstrip()
        for name, number, remark in rows
    ]


def _cells(text: str) -> int:
    return len(text) + sum(1 for character in text if ord(character) > 0x2E7F)
