"""Cells of a cache: the tokens that one stream has room for, and the rows that each layer prints."""

import re

from llmnotes.engines import llamacpp
from llmnotes.engines.logs.findings import EQUAL, EXPLAINED, OPEN, Finding
from llmnotes.engines.logs.flags import Flags
from llmnotes.engines.logs.llamacpp.hyperparameters import shape_of
from llmnotes.engines.logs.llamacpp.load import ENGINE, Load, Reading, settings_of
from llmnotes.engines.logs.reading import Line, count
from llmnotes.engines.outline import Outline
from llmnotes.engines.parts import padded

ROW_BLOCK = 32
_CELLS = re.compile(r"creating\s+(non-SWA|SWA) KV cache, size =\s*(\d+) cells")
_ROW = re.compile(r"kv_cache_init: layer\s+\d+: n_embd_k_gqa = (\d+), n_embd_v_gqa = (\d+)")
_KV_SIZE = re.compile(r"kv_cache_init: kv_size = (\d+)")


def created(line: Line, load: Load, done: Reading, flags: Flags, given: Outline | None) -> None:
    """The line with which a cache is made, if it is one."""
    found = _CELLS.search(line.text)
    if found is not None:
        load.cells[found[1]] = int(found[2])
        _derived(line, found[1], int(found[2]), load, done, flags, given)


def widths(text: str, load: Load) -> None:
    """Builds before mid-2025 print the cells, and the rows of every layer."""
    found = _KV_SIZE.search(text)
    if found is not None:
        load.rows = []
        load.settings.setdefault("n_ctx", int(found[1]))
    found = _ROW.search(text)
    if found is not None:
        load.rows.append((int(found[1]), int(found[2])))


def _derived(line: Line, kind: str, cells: int, load: Load, done: Reading, flags: Flags, given: Outline | None) -> None:
    """Cells of a cache, from context, slots, window and pass."""
    settings, window = settings_of(load, flags, given), 0
    said = count(str(cells), "tokens")
    if kind == "non-SWA":
        derived, formula = settings.cells, f"pad({settings.n_ctx:,} / {settings.n_stream}, 256)"
    else:
        shape = shape_of(load.printed)
        windows = {entry.window for entry in given.entries if entry.window} if given else set()
        window = next(iter(windows), 0) or (shape.window if shape else 0)
        if not window:
            done.findings.append(Finding(line.number, ENGINE, "cells_windowed", said, OPEN, why="needs_window"))
            return
        derived = llamacpp.window_cells(window=window, settings=settings)
        sharing = settings.n_seq_max if settings.kv_unified else 1
        formula = f"pad(min({settings.cells:,}, {window:,} × {sharing} + {settings.n_ubatch:,}), 256)"
        if settings.swa_full:
            formula = f"{settings.cells:,} (--swa-full)"
    subject = "cells" if kind == "non-SWA" else "cells_windowed"
    older = _padded_less(settings, 0 if kind == "non-SWA" else window)
    if derived != cells and older == cells:
        told = {"pad": str(ROW_BLOCK)}
        formula = formula.replace(", 256)", f", {ROW_BLOCK})")
        done.findings.append(Finding(line.number, ENGINE, subject, said, EQUAL, older, formula, "padded_to", told))
        return
    verdict = EQUAL if derived == cells else EXPLAINED
    why = "" if verdict == EQUAL else "other_padding"
    done.findings.append(Finding(line.number, ENGINE, subject, said, verdict, derived, formula, why))


def _padded_less(settings: llamacpp.Settings, window: int) -> int:
    """Cells of older builds, which pad less where attention is not fused (`llama_kv_cache::get_padding`)."""
    full = padded(settings.n_ctx // settings.n_stream, ROW_BLOCK)
    if not window:
        return full
    sharing = settings.n_seq_max if settings.kv_unified else 1
    return padded(min(full, window * sharing + settings.n_ubatch), ROW_BLOCK)
