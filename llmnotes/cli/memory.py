"""The verb `fit`: where the memory goes, and what else would fit."""

from dataclasses import asdict, replace

from llmnotes import units
from llmnotes.cli.precision import cache_precision
from llmnotes.cli.verbs import aligned, kept_as, n_tokens_of, remarks
from llmnotes.wording.words import WORDS

PARTS = ("weights", "cache", "activations", "overhead")


def fit_facts(model, options) -> dict:
    """Where the memory goes, ideal and reserved, and the inverses."""
    from llmnotes.cli.engine import capacity_facts, cards
    from llmnotes.cost.assumptions import Engine, Precision
    from llmnotes.fitting import fit_memory
    from llmnotes.registry import find_chip, resolve_chip
    from llmnotes.weights.sizes import memory_precision, stored_weights

    chip = None if options.chip is None else find_chip(resolve_chip(options.chip))
    n_tokens = n_tokens_of(model, options)
    kept = cache_precision(model, options, n_tokens)
    stored = None
    if options.weight_bits is None and options.expert_bits is None:
        stored = stored_weights(model, options.weights)
        precision = memory_precision(stored, cache=kept.bits, state=options.state_bits)
    else:
        precision = Precision(options.weight_bits or 16, options.expert_bits, kept.bits, options.state_bits)
    engine = Engine(options.usable, options.prefill_chunk, options.page)
    memory_bytes = options.memory if chip is None else chip.memory_bytes
    found = fit_memory(model, memory_bytes, cards(options), n_tokens, options.batch, precision, engine)
    if stored is not None:
        found = replace(found, weight_bytes=stored.running_bytes)  # the same to the byte, without rounding
    told = remarks(model)
    return {
        "model": model.name,
        "chip": None if chip is None else chip.name,
        **asdict(found),
        "bits": asdict(precision),
        "weights": None if stored is None else _told(stored),
        "kv": kept.form or None,
        "kv_stated": kept.stated,
        "assumptions": asdict(engine),
        **capacity_facts(model, options, found, precision),
        **told,
        "assumed": [*(() if stored is None else stored.assumed), *told["assumed"]],
    }


def _told(stored) -> dict:
    return {
        "form": stored.form,
        "stated": stored.stated,
        "bits": stored.bits_per_param,
        "checkpoint_bytes": stored.checkpoint_bytes,
    }


def _weights_note(facts: dict, words: dict[str, str], asked: bool) -> str:
    """In which form the weights are, and how many bits that makes on average."""
    told = facts["weights"]
    if told is None:
        bits = facts["bits"]["weights"]
        return words["bits_all_note" if bits < 16 else "bits_note"].format(bits=units.format_number(bits))
    how = "form_stated" if told["stated"] else "form_asked" if asked else "form_assumed"
    bits = words["bits_mean"].format(bits=units.format_number(told["bits"]))
    return f"{words[how].format(form=told['form'])}{words['comma']}{bits}"


def fit_text(facts: dict, model, options) -> list[str]:
    """A bar of the memory, its parts, and what else would fit."""
    from llmnotes.cli.engine import capacity_rows
    from llmnotes.cli.tables import memory_bar, room_table

    words, lang = WORDS[options.lang], options.lang
    ideal, reserved = facts["ideal"], facts["reserved"]
    rows_of_engine = capacity_rows(facts, lang)
    chip = facts["chip"] or words["a_chip"].format(size=units.format_bytes(options.memory, lang))
    at = words["at"].format(
        n=units.format_exact(facts["n_tokens"]), b=facts["batch_size"], bits=units.format_number(facts["bits"]["cache"])
    )
    sizes = {
        "weights": facts["weight_bytes"],
        "cache": ideal["cache_bytes"],
        "activations": facts["activation_bytes"],
        "overhead": facts["overhead_bytes"],
    }
    total = facts["memory_bytes"]
    notes = {
        "weights": _weights_note(facts, words, options.weights is not None),
        "activations": words["chunk_note"].format(n=units.format_exact(facts["assumptions"]["prefill_chunk"])),
        "overhead": words["overhead_note"].format(
            share=units.format_percent(1 - facts["assumptions"]["usable_share"], lang)
        ),
    }
    rows = [(words[name], units.format_bytes(size, lang), notes.get(name, "")) for name, size in sizes.items()]
    free = ideal["free_bytes"]
    rows.append((words["free" if free >= 0 else "missing"], units.format_bytes(abs(free), lang), ""))
    rows.append((words["memory"], units.format_bytes(total, lang), f"{facts['n_chips']} × {chip}"))
    return [
        f"{model.name} · {facts['n_chips']} × {chip} · {at}{kept_as(facts, words)}",
        "",
        memory_bar({words[name]: size for name, size in sizes.items()}, total, words["free"], words["memory_ends"]),
        "",
        *aligned(rows),
        "",
        room_table(
            words,
            [
                (words["longest_context"], *(_tokens(room, model, words, lang) for room in (ideal, reserved))),
                (words["largest_batch"], *(units.format_exact(room["largest_batch"]) for room in (ideal, reserved))),
                (words["fewest_chips"], *(_chips(room, words) for room in (ideal, reserved))),
                (words["cache"], *(units.format_bytes(room["cache_bytes"], lang) for room in (ideal, reserved))),
            ],
        ),
        *(["", *aligned(rows_of_engine)] if rows_of_engine else []),
    ]


def _tokens(room: dict, model, words: dict[str, str], lang: str) -> str:
    tokens = room["longest_context"]
    if tokens is None:
        return words["no_limit"]
    allowed = model.n_ctx is not None and tokens > model.n_ctx
    beyond = f" ({words['positions_note'].format(n=units.format_exact(model.n_ctx))})" if allowed else ""
    return units.format_exact(tokens) + beyond


def _chips(room: dict, words: dict[str, str]) -> str:
    return words["none"] if room["fewest_chips"] is None else units.format_exact(room["fewest_chips"])
