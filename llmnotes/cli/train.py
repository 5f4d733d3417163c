"""The verb `train`: memory of fine-tuning, part by part, and the longest text that a chip holds."""

from llmnotes import units
from llmnotes.cli.verbs import aligned, remarks
from llmnotes.wording.words import WORDS

USUAL_LENGTH = 2048
SAID = {"logits": "all_logits"}
"""Parts whose word is another one, as `logits` is the head where operations are counted."""


def train_facts(model, options) -> dict:
    """Every part with its formula, and what a chip would hold."""
    from llmnotes.config.kinds.adapter import ALL_LINEAR
    from llmnotes.finetuning import FULL, RANK, fine_tuning

    given = [name for name in ("rank", "targets") if getattr(options, name) is not None]
    if options.method == FULL and given:
        raise ValueError(f"--{given[0]} is of an adapter, and full fine-tuning has none; leave it out")
    rank = options.rank or RANK
    targets = _names(options.targets) if options.targets is not None else (ALL_LINEAR,)
    n_tokens = USUAL_LENGTH if options.tokens is None else options.tokens
    found = fine_tuning(
        model,
        options.method,
        n_tokens=n_tokens,
        batch_size=options.batch,
        rank=rank,
        targets=targets,
        optimizer=options.optimizer,
        weights=options.weights,
        checkpointing=options.checkpointing == "layers",
        fused_loss=options.loss == "fused",
    )
    return {
        "model": model.name,
        "method": found.method,
        "n_tokens": found.n_tokens,
        "batch_size": found.batch_size,
        "trained_params": found.n_params,
        "rank": None if options.method == FULL else rank,
        "targets": None if options.method == FULL else list(targets),
        "optimizer": options.optimizer,
        "checkpointing": options.checkpointing,
        "loss": options.loss,
        "parts": [{"name": part.name, "bytes": part.bytes, "formula": part.formula} for part in found.parts],
        "total_bytes": found.total_bytes,
        "state_bytes": found.state_bytes,
        "bytes_per_token": found.bytes_per_token,
        **_chip_facts(found, options),
        **remarks(model),
    }


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise ValueError(f"--targets {text!r} names no module; write names such as q_proj,v_proj")
    return names


def _chip_facts(found, options) -> dict:
    """What a chip has room for; nothing where none is named."""
    from llmnotes.equations import memory
    from llmnotes.registry import find_chip, resolve_chip

    if options.chip is None and options.memory is None:
        return {}
    if not 0 < options.usable <= 1:
        raise ValueError(f"usable_share must be above 0 and at most 1, not {options.usable!r}")
    chip = None if options.chip is None else find_chip(resolve_chip(options.chip))
    size = options.memory if chip is None else chip.memory_bytes
    overhead = memory.overhead_bytes(memory_bytes=size, usable_share=options.usable)
    free = size - overhead - found.total_bytes
    return {
        "chip": None if chip is None else chip.name,
        "memory_bytes": size,
        "overhead_bytes": overhead,
        "free_bytes": free,
        "fits": free >= 0,
        "longest_context": found.longest_context(size - overhead),
    }


def train_text(facts: dict, model, options) -> list[str]:
    """The parts, largest sum last, then the chip."""
    words, lang, size = WORDS[options.lang], options.lang, units.format_bytes
    adapter = "" if facts["rank"] is None else f" · r = {facts['rank']} · {', '.join(facts['targets'])}"
    at = words["train_at"].format(n=units.format_exact(facts["n_tokens"]), b=facts["batch_size"])
    rows = [
        (words[SAID.get(part["name"], part["name"])], size(part["bytes"], lang), part["formula"])
        for part in facts["parts"]
    ]
    rows.append((words["total"], size(facts["total_bytes"], lang), ""))
    trained = units.format_exact(facts["trained_params"])
    lines = [
        f"{model.name} · {facts['method']}{adapter} · {facts['optimizer']} · {at}",
        "",
        *aligned(rows),
        "",
        words["trained"].format(n=trained, each=size(facts["bytes_per_token"], lang)),
    ]
    if model.n_ctx is not None and facts["n_tokens"] > model.n_ctx:
        lines += ["", words["warning"] + words["shape_alone"].format(n=units.format_exact(model.n_ctx))]
    if "memory_bytes" not in facts:
        return lines
    free = facts["free_bytes"]
    share = units.format_percent(facts["overhead_bytes"] / facts["memory_bytes"], lang)
    rows = [
        (words["overhead"], size(facts["overhead_bytes"], lang), words["overhead_note"].format(share=share)),
        (words["free" if free >= 0 else "missing"], size(abs(free), lang), ""),
        (words["memory"], size(facts["memory_bytes"], lang), facts["chip"] or ""),
        (words["longest_context"], units.format_exact(facts["longest_context"]), ""),
    ]
    return [*lines, "", *aligned(rows)]
