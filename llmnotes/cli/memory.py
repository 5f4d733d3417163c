"""The verb `fit`: where the memory goes, and what else would fit."""

from dataclasses import asdict

from llmnotes import units
from llmnotes.cli.verbs import aligned, n_tokens_of, remarks
from llmnotes.wording.words import WORDS

PARTS = ("weights", "cache", "activations", "overhead")


def fit_facts(model, options) -> dict:
    """Where the memory goes, ideal and reserved, and the inverses."""
    from llmnotes.cli.engine import capacity_facts
    from llmnotes.cost.assumptions import Engine, Precision
    from llmnotes.fitting import fit_memory
    from llmnotes.registry import find_chip

    chip = None if options.chip is None else find_chip(options.chip)
    precision = Precision(options.weight_bits, options.expert_bits, options.kv_bits, options.state_bits)
    engine = Engine(options.usable, options.prefill_chunk, options.page)
    memory_bytes = options.memory if chip is None else chip.memory_bytes
    n_tokens = n_tokens_of(model, options)
    found = fit_memory(model, memory_bytes, options.chips, n_tokens, options.batch, precision, engine)
    used = found.overhead_bytes + found.weight_bytes + found.activation_bytes
    room_bytes = (found.memory_bytes - used) / options.chips
    return {
        "model": model.name,
        "chip": None if chip is None else chip.name,
        **asdict(found),
        "bits": asdict(precision),
        "assumptions": asdict(engine),
        **capacity_facts(model, options, n_tokens, room_bytes),
        **remarks(model),
    }


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
        "weights": words["bits_note"].format(bits=units.format_number(facts["bits"]["weights"])),
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
        f"{model.name} · {facts['n_chips']} × {chip} · {at}",
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
