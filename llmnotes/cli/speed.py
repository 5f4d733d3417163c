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
    from llmnotes.registry import find_chip
    from llmnotes.timing.constants import fit_facts
    from llmnotes.timing.estimate import Setup, decode_timing, prefill_timing
    from llmnotes.timing.runtimes import backend_of, find_runtime
    from llmnotes.timing.work import UnknownPeak

    chip, runtime, n_tokens = find_chip(options.chip), find_runtime(options.engine), n_tokens_of(model, options)
    setup = Setup(chip, runtime, options.chips, precision_from(model, options, n_tokens), options.backend)
    step = decode_timing(model, setup, n_past=n_tokens, batch_size=options.batch)
    facts = {
        "model": model.name,
        "chip": chip.name,
        "n_chips": options.chips,
        "engine": runtime.engine,
        "backend": backend_of(runtime, chip, options.backend) or None,
        "n_tokens": n_tokens,
        "batch_size": options.batch,
        "bits": {
            "weights": setup.precision.weights,
            "experts": setup.precision.expert_bits,
            "cache": setup.precision.cache,
        },
        "decode": _rates(step, options.batch, options.batch) | {"step_seconds": _seconds(step)},
    }
    try:
        prompt = prefill_timing(model, setup, n_new=n_tokens, micro_batch=options.micro_batch)
    except UnknownPeak as error:
        facts["prefill"] = {"unknown": str(error)}
    else:
        facts["prefill"] = _rates(prompt, n_tokens, 1) | {"time_to_first_token": _seconds(prompt)}
    fit = fit_facts()
    return {**facts, "fitted": {"on": fit["on"], "rows": fit["fitted"]}, **remarks(model)}


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
    decode, prefill = facts["decode"], facts["prefill"]
    rows = [_row(words["decode_speed"], decode, words)]
    if facts["batch_size"] > 1:
        rows.append(_row(words["user_speed"], decode["per_user"], words))
    rows.append(
        (
            words["step_time"],
            units.format_seconds(decode["step_seconds"]["expected"], lang),
            _between(decode["step_seconds"], words, lang),
        )
    )
    rows.append((words["step_floor"], units.format_seconds(decode["floor_seconds"], lang), ""))
    if facts["n_chips"] > 1:
        rows.append((words["step_sums"], units.format_seconds(decode["collectives_seconds"], lang), ""))
    if "unknown" in prefill:
        rows.append((words["prefill_speed"], "—", prefill["unknown"]))
    else:
        first = prefill["time_to_first_token"]
        rows += [
            _row(words["prefill_speed"], prefill, words),
            (words["first_token"], units.format_seconds(first["expected"], lang), _between(first, words, lang)),
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


def _between(seconds: dict, words: dict, lang: str) -> str:
    told = {end: units.format_seconds(value, lang) for end, value in seconds.items()}
    return words["time_between"].format(**told)
