"""Buffers of one pass in llama.cpp: logits kept for the caller, and the graph at its worst moment."""

from dataclasses import replace

from llmnotes.engines import llamacpp
from llmnotes.engines.logs.findings import EQUAL, EXPLAINED, OPEN, Finding
from llmnotes.engines.logs.flags import Flags
from llmnotes.engines.logs.llamacpp.hyperparameters import shape_of
from llmnotes.engines.logs.llamacpp.load import ENGINE, Load, Reading, settings_of
from llmnotes.engines.logs.reading import Line, Printed
from llmnotes.engines.outline import Outline


def derived_buffer(
    line: Line, device: str, kind: str, said: Printed, load: Load, done: Reading, flags: Flags, given: Outline | None
) -> None:
    """Buffers of one pass: logits kept for the caller, and the graph at its worst moment."""
    shape = shape_of(load.printed)
    vocab = (shape.vocab_size if shape else 0) or (given.vocab_size if given else 0)
    width = (shape.d_model if shape else 0) or (given.d_model if given else 0)
    heads = (shape.n_heads if shape else 0) or (given.n_heads if given else 0)
    settings = settings_of(load, flags, given)
    subject = {"output": "output", "compute": "compute"}[kind]
    host = "host" in device.lower() or device.startswith("CPU")
    if not vocab or not width:
        done.findings.append(Finding(line.number, ENGINE, subject, said, OPEN, why="needs_shape", values={"type": ""}))
        return
    seen = Outline("", width, vocab, heads, None, ())
    values_row = max([0, *(shape.value_rows.values() if shape else ())])
    if given is not None:
        values_row = max([values_row, *(entry.n_heads * entry.value_dim for entry in given.entries)])
    inputs = _inputs(settings, values_row)
    if kind == "output":
        derived = llamacpp.output_bytes(vocab_size=vocab, n_seq_max=settings.n_seq_max)
        formula, why = f"{settings.n_seq_max} × {vocab:,} × 4 B", "more_outputs"
        agrees = said.agrees(derived)
    elif host and load.on_device:
        subject = "compute_host"
        derived, formula, agrees = _host_buffer(said, width, inputs, load, settings)
        why = "host_inputs"
    else:
        settings = _fused_by(said, seen, load, flags, given)
        if done.settings is not None and load.fused is not None:
            done.settings = replace(done.settings, flash_attn=settings.flash_attn, padding=settings.padding)
        if said.value < llamacpp.compute_bytes(seen, settings) and load.slots is not None:
            # A newer server has its graph measured for the logits of one token a slot.
            load.n_outputs = settings.n_seq_max
            settings = settings_of(load, flags, given)
            done.settings = replace(done.settings, n_outputs=load.n_outputs) if done.settings else None
        derived, formula = llamacpp.compute_bytes(seen, settings), llamacpp.compute_formula(seen, settings)
        again = 4.0 * min(settings.n_ubatch, settings.n_ctx) * width
        if not said.agrees(derived) and said.agrees(derived + again):
            # Where the table of tokens is on the card too, a pass has its embedded tokens twice.
            derived, formula = derived + again, f"{formula} + 4 B × {settings.n_ubatch:,} × {width:,}"
        derived, formula, agrees = _with_inputs(said, derived, formula, inputs, settings)
        why = "no_head_here" if said.value < derived else "other_moment"
        done.compute_bytes = max(done.compute_bytes, said.value)
    verdict = EQUAL if agrees else EXPLAINED
    values = {"device": device}
    why = "" if agrees else why
    done.findings.append(Finding(line.number, ENGINE, subject, said, verdict, derived, formula, why, values))


def _fused_by(said: Printed, seen: Outline, load: Load, flags: Flags, given: Outline | None) -> llamacpp.Settings:
    """Options of the context; in older builds whose log does not say whether attention is fused, the one that is nearer
    to the buffer."""
    if not load.older or load.fused is not None or "flash_attn" in load.switches or flags.get("flash_attn"):
        return settings_of(load, flags, given)

    def apart(fused: bool) -> float:
        load.fused = fused
        return abs(said.value - llamacpp.compute_bytes(seen, settings_of(load, flags, given)))

    load.fused = min((True, False), key=apart)
    return settings_of(load, flags, given)


def _host_buffer(
    said: Printed, width: int, inputs: tuple[float, ...], load: Load, settings: llamacpp.Settings
) -> tuple[float, str, bool]:
    """The buffer in main memory of a model on a card: masks of every cache, and tokens embedded once or twice."""
    cells = tuple(load.cells.values()) or (settings.cells,)
    ways = [
        (n, llamacpp.host_compute_bytes(n_tokens=settings.n_ubatch, d_model=width, cells=cells, n_embedded=n))
        for n in (1, 2)
    ]
    n_embedded, derived = min(ways, key=lambda way: abs(said.value - way[1]))
    columns = " + ".join(f"{each:,}" for each in cells)
    formula = f"4 B × {settings.n_ubatch:,} × ({n_embedded} × {width:,} + {columns})"
    return _with_inputs(said, derived, formula, inputs, settings)


def _inputs(settings: llamacpp.Settings, values_row: int) -> tuple[float, ...]:
    """Bytes that inputs of a pass may add: none, or for each token one 64-bit index for each number of a value, where
    values lie transposed because attention is not fused."""
    return (0.0,) if settings.flash_attn else (0.0, 8.0 * settings.n_ubatch * values_row)


def _with_inputs(
    said: Printed, derived: float, formula: str, inputs: tuple[float, ...], settings: llamacpp.Settings
) -> tuple[float, str, bool]:
    """The buffer with the inputs that the build keeps in it; positions (four a token where
    they have several axes) and indices take less than 96 B a token."""
    nearest = min(inputs, key=lambda each: abs(said.value - derived - each))
    total = derived + nearest
    if nearest:
        formula += f" + 8 B × {settings.n_ubatch:,} × {nearest / 8 / settings.n_ubatch:,.0f}"
    return total, formula, said.agrees(total) or 0 <= said.value - total <= 96 * settings.n_ubatch + said.half
