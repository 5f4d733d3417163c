"""The verb `speed`: tokens a second, and the time to the first one."""

from llmnotes import units
from llmnotes.cli.precision import cache_precision
from llmnotes.cli.verbs import aligned, n_tokens_of, remarks
from llmnotes.wording.words import WORDS

ENDS = ("bound", "expected", "low", "high")


def precision_from(model, options, n_tokens: int):
    """Bits of weights and cache: in the forms that the options name, or as the checkpoint states."""
    from llmnotes.cost.assumptions import Precision
    from llmnotes.timing.formats import precision_of

    cache = cache_precision(model, options, n_tokens).bits
    if options.weight_bits is not None or options.expert_bits is not None:
        return Precision(options.weight_bits or 16, options.expert_bits, cache)
    return precision_of(model, options.weights, cache_bits=cache)


def speed_facts(model, options) -> dict:
    """Decode and prefill with bound, expectation and interval, in all and for each user."""
    from llmnotes.registry import find_chip, resolve_chip
    from llmnotes.timing.constants import fit_facts
    from llmnotes.timing.estimate import Setup, decode_timing, exchanged, prefill_timing
    from llmnotes.timing.runtimes import backend_of, find_runtime
    from llmnotes.timing.work import UnknownPeak

    chip, runtime, n_tokens = (
        find_chip(resolve_chip(options.chip)),
        find_runtime(options.engine),
        n_tokens_of(model, options),
    )
    n_chips = _chips(options, runtime)
    precision = precision_from(model, options, n_tokens)
    n_context = _contexts(model, options, runtime, n_chips)
    stages = _stages(model, options, runtime)
    setup = Setup(chip, runtime, n_chips, precision, options.backend, options.dp, stages, n_context)
    if options.offload:
        return _offload_facts(model, options, setup, n_tokens)
    # Groups keep step: the fullest one sets the pace, and those without a sequence of their own compute an empty one.
    fullest = -(-options.batch // options.dp) * options.dp
    step = decode_timing(model, setup, n_past=n_tokens, batch_size=fullest)
    facts = {
        "model": model.name,
        "chip": chip.name,
        "n_chips": n_chips,
        "n_groups": options.dp,
        "n_context": n_context,
        "stage_layers": setup.stage_layers(model.n_layers) if options.pp > 1 else None,
        "engine": runtime.engine,
        "backend": backend_of(runtime, chip, options.backend) or None,
        "n_tokens": n_tokens,
        "batch_size": options.batch,
        "bits": _bits(setup.precision),
        "decode": _rates(step, options.batch, options.batch)
        | {"step_seconds": _seconds(step), "exchanged_bytes": exchanged(model, setup, n_tokens=fullest)},
    }
    try:
        prompt = prefill_timing(model, setup, n_new=n_tokens, micro_batch=options.micro_batch)
    except UnknownPeak as error:
        facts["prefill"] = {"unknown": str(error)}
    else:
        facts["prefill"] = _rates(prompt, options.dp * n_tokens, options.dp) | {
            "time_to_first_token": _seconds(prompt),
            "exchanged_bytes": exchanged(model, setup, n_tokens=options.dp * n_tokens),
        }
    fit = fit_facts()
    return {**facts, "fitted": {"on": fit["on"], "rows": fit["fitted"]}, **remarks(model)}


def _chips(options, runtime) -> int:
    """Chips of the division that the options ask for."""
    from llmnotes.timing.work import TENSORS

    if options.dp > 1 and runtime.sharing != TENSORS:
        raise ValueError(f"{runtime.engine} has no data-parallel attention; leave --dp, or name another --engine")
    n_chips = options.dp * options.pp if options.chips is None else options.chips
    if n_chips % options.pp:
        raise ValueError(f"--pp {options.pp} stages cannot share {n_chips} chips evenly; give a divisor of --chips")
    if n_chips // options.pp % options.dp:
        of_stage = f"the {n_chips // options.pp} chips of each stage" if options.pp > 1 else f"{n_chips} chips"
        raise ValueError(f"--dp {options.dp} groups cannot share {of_stage} evenly; give a divisor of --chips")
    return n_chips


def _stages(model, options, runtime) -> int:
    """Stages of the pipeline that the options ask for."""
    if options.pp > 1 and not runtime.spare:
        raise ValueError(f"{runtime.engine} has no --pp, it always divides layers among --chips; leave it out")
    if options.pp > model.n_layers:
        raise ValueError(f"--pp {options.pp} stages cannot share {model.n_layers} layers; give fewer")
    return options.pp


def _contexts(model, options, runtime, n_chips: int) -> int:
    """Chips that divide the tokens of a sequence, as the options ask for it."""
    from llmnotes.timing.plan import contexts
    from llmnotes.timing.work import count

    if options.cp == 1:
        return 1
    if options.dp > 1 or options.pp > 1:
        raise ValueError("--cp is timed without --dp and --pp alone; leave them out")
    known = contexts(count(model), runtime, n_chips)
    if not known:
        why = f"{n_chips} chips would hold no head of {model.name} twice" if runtime.context else "it has no such thing"
        raise ValueError(f"{runtime.engine} divides no tokens among these chips ({why}); leave --cp out")
    if options.cp not in known:
        raise ValueError(f"--cp {options.cp}: on {n_chips} chips {', '.join(map(str, known))} can share the tokens")
    return options.cp


def _offload_facts(model, options, setup, n_tokens: int) -> dict:
    """What stands in RAM, in llama.cpp's own flags, and the speed of one sequence that follows."""
    from llmnotes.cost.assumptions import USABLE_SHARE
    from llmnotes.timing.constants import fit_facts
    from llmnotes.timing.offload import offload_timing, place, weigh
    from llmnotes.timing.runtimes import backend_of

    if setup.runtime.engine != "llama.cpp" or options.batch != 1:
        raise ValueError(
            "--offload tells where llama.cpp puts the weights for one sequence; leave --engine and --batch"
        )
    weighed = weigh(model, options.weights, setup.precision)
    room_bytes = USABLE_SHARE * setup.n_chips * setup.chip.memory_bytes
    micro_batch = options.micro_batch or setup.runtime.micro_batch
    found = place(model, weighed, setup.precision, n_past=n_tokens, room_bytes=room_bytes, micro_batch=micro_batch)
    step = offload_timing(model, setup, weighed, found, n_past=n_tokens, ram_bytes_per_s=options.ram_bandwidth * 1e9)
    return {
        "model": model.name,
        "chip": setup.chip.name,
        "n_chips": setup.n_chips,
        "engine": setup.runtime.engine,
        "backend": backend_of(setup.runtime, setup.chip, options.backend) or None,
        "n_tokens": n_tokens,
        "batch_size": 1,
        "bits": _bits(setup.precision),
        "offload": {
            "flags": found.flags,
            "override": found.override or None,
            "fits": found.fits,
            "card_bytes": found.card_bytes,
            "room_bytes": room_bytes,
            "ram_bytes": found.ram_bytes,
            "ram_bytes_per_s": options.ram_bandwidth * 1e9,
            "parts": {name: {"card": card, "ram": ram} for name, (card, ram) in found.parts.items()},
        },
        "decode": _rates(step, 1, 1) | {"step_seconds": _seconds(step)},
        "fitted": {"on": fit_facts()["on"], "rows": fit_facts()["fitted"]},
        **remarks(model),
    }


def _bits(precision) -> dict:
    return {"weights": precision.weights, "experts": precision.expert_bits, "cache": precision.cache}


def _offload_text(facts: dict, words: dict, lang: str) -> list[str]:
    """Flags, then bytes by part on the card and in RAM, then the speed."""
    found, size = facts["offload"], units.format_bytes
    names = {"experts": "experts_part", "weights": "weights", "cache": "cache", "activations": "activations"}
    rows = [
        (words[names[name]], size(part["card"], lang), words["in_ram"].format(size=size(part["ram"], lang)))
        for name, part in found["parts"].items()
        if part["card"] or part["ram"]
    ]
    rows.append(
        (words["total"], size(found["card_bytes"], lang), words["in_ram"].format(size=size(found["ram_bytes"], lang)))
    )
    rows.append(_row(words["decode_speed"], facts["decode"], words))
    note = words["ram_note"].format(speed=units.format_number(found["ram_bytes_per_s"] / 1e9))
    lines = [found["flags"], *([found["override"]] if found["override"] else []), "", *aligned(rows), "", note]
    return lines if found["fits"] else [words["still_too_small"], "", *lines]


def _rates(timing, n_tokens: int, n_users: int) -> dict:
    """Tokens a second; the lower end of the time is the upper end of the speed."""
    seconds = {"bound": timing.bound, "expected": timing.expected, "low": timing.high, "high": timing.low}
    rates = {end: n_tokens / seconds[end] for end in ENDS}
    return {
        **rates,
        "per_user": {end: rate / n_users for end, rate in rates.items()},
        "floor_seconds": timing.floor,
        "collectives_seconds": timing.collectives,
        "parts_seconds": dict(sorted(timing.parts.items(), key=lambda part: -part[1])),
        "scope": timing.scope,
    }


def _seconds(timing) -> dict:
    return {"bound": timing.bound, "expected": timing.expected, "low": timing.low, "high": timing.high}


def speed_text(facts: dict, model, options) -> list[str]:
    """Both passes, with what their interval rests on."""
    words, lang = WORDS[options.lang], options.lang
    at = words["at"].format(
        n=units.format_exact(facts["n_tokens"]), b=facts["batch_size"], bits=units.format_number(facts["bits"]["cache"])
    )
    backend = f" ({facts['backend']})" if facts["backend"] else ""
    head = f"{model.name} · {facts['n_chips']} × {facts['chip']} · {facts['engine']}{backend} · {at}"
    if "offload" in facts:
        return [head, "", *_offload_text(facts, words, lang)]
    decode, prefill = facts["decode"], facts["prefill"]
    rows = [_row(words["decode_speed"], decode, words)]
    if facts["batch_size"] > 1:
        rows.append(_row(words["user_speed"], decode["per_user"], words))
    rows.append(_between("step_time", decode["step_seconds"], words, lang))
    rows.append((words["step_floor"], units.format_seconds(decode["floor_seconds"], lang), ""))
    if facts["n_chips"] > 1:
        sent = words["chip_sends"].format(size=units.format_bytes(decode["exchanged_bytes"], lang))
        rows.append((words["step_sums"], units.format_seconds(decode["collectives_seconds"], lang), sent))
    if facts["stage_layers"]:
        rows.append((words["stages"], " + ".join(map(str, facts["stage_layers"])), ""))
    if facts["n_context"] > 1:
        rows.append((words["contexts"], str(facts["n_context"]), ""))
    if "unknown" in prefill:
        rows.append((words["prefill_speed"], "—", prefill["unknown"]))
    else:
        first = prefill["time_to_first_token"]
        rows += [
            _row(words["prefill_speed"], prefill, words),
            _between("first_token", first, words, lang),
        ]
    scopes = {decode["scope"]} | ({prefill["scope"]} if "scope" in prefill else set())
    notes = [words["scope_note"].format(scope=words[f"scope {scope}"]) for scope in sorted(scopes)]
    fitted = words["fitted_note"].format(n=units.format_exact(facts["fitted"]["rows"]), day=facts["fitted"]["on"])
    return [head, "", *aligned(rows), "", *notes, fitted]


def _row(name: str, rates: dict, words: dict) -> tuple[str, str, str]:
    number = units.format_number
    note = words["speed_between"].format(
        low=number(rates["low"]), high=number(rates["high"]), bound=number(rates["bound"])
    )
    return (name, f"{number(rates['expected'])} token/s", note)


def _between(name: str, seconds: dict, words: dict, lang: str) -> tuple[str, str, str]:
    told = units.format_seconds_alike(seconds, lang)
    return (words[name], told["expected"], words["time_between"].format(**told))
