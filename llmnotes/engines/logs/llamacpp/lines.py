"""Lines of llama.cpp, derived from the hyperparameters that it prints, or from a configuration."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from llmnotes.engines import llamacpp
from llmnotes.engines.formats import GGML, ggml
from llmnotes.engines.logs.findings import EQUAL, EXPLAINED, INPUT, OPEN, Finding
from llmnotes.engines.logs.flags import Flags, number, word
from llmnotes.engines.logs.llamacpp import planned
from llmnotes.engines.logs.llamacpp.devices import breakdown, failures
from llmnotes.engines.logs.llamacpp.hyperparameters import NAMES, shape_of
from llmnotes.engines.logs.llamacpp.load import ENGINE, MIB, Load, Reading, Slots, settings_of
from llmnotes.engines.logs.llamacpp.load import NUMBER as _N
from llmnotes.engines.logs.llamacpp.passes import derived_buffer
from llmnotes.engines.logs.loaded import weights
from llmnotes.engines.logs.reading import Line, Printed, count, ratio, size
from llmnotes.engines.outline import HEADS, Entry, Kept, Outline, State, rebuilt
from llmnotes.engines.parts import Parallel, padded

ROW_BLOCK = 32
MARKS = (
    "MiB",
    "GiB",
    "print_info",
    "print_meta",
    "n_ctx",
    "n_batch",
    "n_ubatch",
    "n_seq_max",
    "flash_attn",
    "kv_unified",
)
MARKS += ("cells", "n_rs_seq", "build:", "n_slots", "llama_context: constructing", "model params")
MARKS += (
    "n_ctx_slot",
    "n_parallel = ",
    "self size",
    "kv_cache_init:",
    "memory_breakdown",
    "buffer of size",
    "allocation of size",
    *planned.MARKS,
)

_META = re.compile(r"(?:print_info|llm_load_print_meta):\s*([A-Za-z_][\w ]*?)\s*=\s*(\[[\d, .]*\]?|[^\s]+)")
_SIZE = re.compile(rf"(?:model size|file size)\s*=\s*{_N} (GiB|MiB)\s*\({_N} BPW\)")
_PARAMS = re.compile(rf"model params\s*=\s*{_N} ([BMT])\b")
_SETTING = re.compile(r"\b(n_ctx|n_batch|n_ubatch|n_seq_max|n_ctx_seq|n_ctx_per_seq|n_rs_seq)\s*=\s*(\d+)")
_SWITCH = re.compile(r"\b(flash_attn|kv_unified)\s*=\s*(\w+)")
_BUILD = re.compile(r"build:\s*(\d{3,6})\b|\bversion:\s*(\d{3,6})\b")
_BUFFER = re.compile(
    rf"\b([A-Za-z]+(?:_[A-Za-z]+)?\d{{0,2}}(?:\(\))?)(?:\[[^\]]*\])?\s+(model|KV|RS|compute|output|buffer)\b"
    rf"[^=]*?size\s*=\s*{_N} MiB"
)
_CELLS = re.compile(r"creating\s+(non-SWA|SWA) KV cache, size =\s*(\d+) cells")
_CACHE = re.compile(
    rf"size\s*=\s*{_N} MiB \(\s*(\d+) cells,\s*(\d+) layers,\s*(\d+)(?:/\s*(\d+))? seqs?\s*\),"
    rf"\s*K \((\w+)\):\s*{_N} MiB(?:,\s*V \((\w+)\):\s*{_N} MiB)?"
)
_SELF_MB = re.compile(rf"kv self size\s*=\s*{_N} MB")
_SLOTS = re.compile(
    r"n_slots = (\d+)(?:, n_ctx_slot = (\d+))?(?:, kv_unified = '(\w+)')?"
    r"|n_ctx_slot=(\d+)|using n_parallel = (\d+) and kv_unified = (\w+)"
)
_SELF = re.compile(rf"KV self size\s*=\s*{_N} MiB,\s*(?:K|c\^KV) \((\w+)\):\s*{_N} MiB(?:,\s*V \((\w+)\):\s*{_N} MiB)?")
_RECURRENT = re.compile(
    rf"size\s*=\s*{_N} MiB \(\s*(\d+) cells,\s*(\d+) layers,\s*(\d+) seqs?(?:\s+(\d+) rs_seq)?\s*\),"
    rf"\s*R \((\w+)\):\s*{_N} MiB,\s*S \((\w+)\):\s*{_N} MiB"
)
_ROW = re.compile(r"kv_cache_init: layer\s+\d+: n_embd_k_gqa = (\d+), n_embd_v_gqa = (\d+)")
_KV_SIZE = re.compile(r"kv_cache_init: kv_size = (\d+)")
_TRAINED = re.compile(r"n_ctx(?:_seq|_per_seq)? \((\d+)\) < n_ctx_train \((\d+)\)")


def read(lines: Iterable[Line], flags: Flags, given: Outline | None) -> Reading:
    """Every line of llama.cpp that is recognised, derived."""
    done = Reading(outline=given)
    load = Load()
    kept = [line for line in lines if any(mark in line.text for mark in MARKS)]
    slots = _slots_of(kept)
    for line in kept:
        while len(slots) > 1 and slots[0].line < line.number:
            del slots[0]
        load.slots = slots[0] if slots else None
        load = _line(line, load, done, flags, given)
    _close(load, done, flags, given)
    if done.outline is None and done.shape is not None and done.kept:
        # What the caches of the log held, layer by layer: enough to say what other options would take.
        shape = done.shape
        done.outline = Outline(
            shape.arch, shape.d_model, shape.vocab_size, shape.n_heads, shape.n_ctx_train or None, tuple(done.kept)
        )
    return done


def _slots_of(lines: Iterable[Line]) -> list[Slots]:
    """What servers say of their slots, in order."""
    found: list[Slots] = []
    for line in lines:
        match = _SLOTS.search(line.text)
        if match is None:
            continue
        n, each, shared, alone, parallel, unified = match.groups()
        if n or parallel:
            stated = shared or unified
            found.append(Slots(line.number, int(n or parallel), int(each or 0), stated == "true" if stated else None))
        else:
            found.append(Slots(line.number, 1, int(alone)))
    return found


def _line(line: Line, load: Load, done: Reading, flags: Flags, given: Outline | None) -> Load:
    text = line.text
    meta = _META.search(text) if "print_" in text else None
    if meta is not None:
        name = meta[1].strip()
        if name == "arch" and load.printed.get("arch"):
            _close(load, done, flags, given)
            load = Load()
        if name in NAMES:
            load.printed[name] = meta[2]
    if "constructing llama_context" in text and load.n_layers_held:
        # A second context of the same file: a draft, or a prediction module.
        _close(load, done, flags, given)
        done.n_contexts += 1
        load = replace(
            load,
            settings={},
            switches={},
            cache_buffers=[],
            state_buffers=[],
            cells={},
            rows=[],
            n_layers_held=0,
            model_buffers=[],
        )
    if "=" in text:
        for name, value in _SETTING.findall(text):
            load.settings[name] = int(value)
        for name, value in _SWITCH.findall(text):
            load.switches[name] = value.lower() in ("1", "true", "enabled", "auto")
    if "kv_cache_init:" in text:
        _widths(text, load)
    build = _BUILD.search(text) if "build:" in text or "version:" in text else None
    if build is not None and not done.version:
        done.version = f"b{build[1] or build[2]}"
    trained = _TRAINED.search(text) if "n_ctx_train (" in text else None
    if trained is not None:
        said = count(trained[1], "tokens")
        why = {"n": f"{int(trained[2]):,}"}
        done.findings.append(Finding(line.number, ENGINE, "context", said, INPUT, why="trained_for", values=why))
    if any(mark in text for mark in planned.MARKS):
        done.findings += planned.read(line, done.plan)
    for kind, marks in _READERS.items():
        if any(mark in text for mark in marks):
            kind(line, load, done, flags, given)
    return load


def _widths(text: str, load: Load) -> None:
    """Builds before mid-2025 print the cells, and the rows of every layer."""
    found = _KV_SIZE.search(text)
    if found is not None:
        load.rows = []
        load.settings.setdefault("n_ctx", int(found[1]))
    found = _ROW.search(text)
    if found is not None:
        load.rows.append((int(found[1]), int(found[2])))


def _sizes(line: Line, load: Load, done: Reading, flags: Flags, given: Outline | None) -> None:
    found = _SIZE.search(line.text)
    if found is not None:
        said = size(found[1], found[2])
        load.printed["size_bytes"] = f"{said.value:.0f}"
        load.printed["size_half"] = f"{said.half:.0f}"
        load.printed["bits"] = found[3]
        done.findings.append(Finding(line.number, ENGINE, "weights", said, INPUT, why="tensors_alone"))
    params = _PARAMS.search(line.text)
    if params is not None:
        scale = {"M": 1e6, "B": 1e9, "T": 1e12}[params[2]]
        load.printed["n_params"] = f"{float(params[1].replace(',', '')) * scale:.0f}"
    # Older builds print the parameters first.
    if (found or params) and "size_bytes" in load.printed and "n_params" in load.printed:
        n_params = float(load.printed["n_params"])
        said = ratio(load.printed["bits"], "bits")
        derived = float(load.printed["size_bytes"]) * 8 / n_params
        formula = f"{float(load.printed['size_bytes']):,.0f} B × 8 / {n_params:,.0f}"
        verdict = EQUAL if abs(derived - said.value) <= 0.01 * said.value else EXPLAINED
        why = "" if verdict == EQUAL else "bits_rounded"
        done.findings.append(Finding(line.number, ENGINE, "bits", said, verdict, derived, formula, why))


def _close(load: Load, done: Reading, flags: Flags, given: Outline | None) -> None:
    """What can be said once a model is loaded: its buffers are its weights, and buffers whose sum no line states are
    its cache."""
    _unstated_cache(load, done, flags, given)
    if not load.model_buffers:
        return
    number_, _, _ = load.model_buffers[-1]
    total = sum(each.value for _, _, each in load.model_buffers)
    half = sum(each.half for _, _, each in load.model_buffers)
    said = Printed(total, half, "bytes", f"{total / MIB:,.2f} MiB")
    if len(load.model_buffers) > 1:
        for line, device, share in load.model_buffers:
            told = {"device": device, "percent": f"{100 * share.value / total:.1f}%"}
            done.findings.append(
                Finding(line, ENGINE, "weights_share", share, INPUT, why="weights_of_device", values=told)
            )
    if "size_bytes" not in load.printed:
        found = weights(Line(number_, ""), ENGINE, said, given, Parallel())
        done.findings.append(replace(found, subject="weights_held"))
        load.model_buffers = []
        return
    derived = float(load.printed["size_bytes"])
    if any("Mapped" in name or name == "CPU" for _, name, _ in load.model_buffers) and total > derived * 1.01:
        verdict, why = EXPLAINED, "mapped_counts_the_file"
    else:
        close = abs(total - derived) <= max(0.01 * derived, half + float(load.printed["size_half"]))
        verdict, why = (EQUAL, "") if close else (EXPLAINED, "buffers_and_file")
    formula = " + ".join(f"{each.value / MIB:,.2f}" for _, _, each in load.model_buffers) + " MiB"
    done.findings.append(Finding(number_, ENGINE, "weights_held", said, verdict, derived, formula, why))
    load.model_buffers = []


def _unstated_cache(load: Load, done: Reading, flags: Flags, given: Outline | None) -> None:
    """Buffers of a cache of which no line says what keys and values take: their sum, from the context and the model."""
    if not load.cache_buffers:
        return
    number_ = load.cache_buffers[-1][0]
    total = sum(each.value for _, _, each in load.cache_buffers)
    said = Printed(total, sum(each.half for _, _, each in load.cache_buffers), "bytes", f"{total / MIB:,.2f} MiB")
    buffers, load.cache_buffers = load.cache_buffers, []
    shape = shape_of(load.printed)
    seen = given or (shape.outline() if shape is not None else None)
    if seen is None:
        done.findings.append(Finding(number_, ENGINE, "cache", said, OPEN, why="needs_shape", values={"type": ""}))
        return
    kinds = [(word(flags, "type_k") or "f16", word(flags, "type_v") or "f16")]
    kinds += [(each, each) for each in ("q8_0", "q4_0", "f32") if not flags.get("type_k") and not flags.get("type_v")]
    base = settings_of(load, flags, given)
    first: float | None = None
    for type_k, type_v in kinds:
        if type_k not in GGML or type_v not in GGML:
            continue
        settings = replace(base, type_k=type_k, type_v=type_v)
        derived = sum(group.total_bytes for group in llamacpp.cache_groups(seen, settings))
        first = derived if first is None else first
        if abs(said.value - derived) <= said.half + 1e-9:
            formula = f"{settings.n_ctx:,} × {derived / settings.n_ctx:,.10g} B ({type_k}/{type_v})"
            done.cache_bytes, done.settings = derived, settings
            done.findings.append(Finding(number_, ENGINE, "cache", said, EQUAL, derived, formula))
            groups = llamacpp.cache_groups(seen, settings)
            if len(groups) == 1 and len(buffers) > 1:
                _shares(buffers, said, derived / groups[0].n_layers, groups[0].n_layers, "cache_share", done)
            return
    if first is None:
        done.findings.append(
            Finding(number_, ENGINE, "cache", said, OPEN, why="unknown_type", values={"type": kinds[0][0]})
        )
        return
    values = {"log": said.text, "ours": f"{first / MIB:,.1f} MiB"}
    formula = f"{base.n_ctx:,} × {first / base.n_ctx:,.10g} B"
    done.findings.append(Finding(number_, ENGINE, "cache", said, EXPLAINED, first, formula, "cache_differs", values))


def _caches(line: Line, load: Load, done: Reading, flags: Flags, given: Outline | None) -> None:
    created = _CELLS.search(line.text)
    if created is not None:
        load.cells[created[1]] = int(created[2])
        _cells(line, created[1], int(created[2]), load, done, flags, given)
    found = _CACHE.search(line.text)
    if found is not None:
        total, cells, layers, _, streams, type_k, key, type_v, value = found.groups()
        halves = (type_k, size(key, "MiB")), (type_v or "f16", size(value or "0.00", "MiB"))
        said = CacheLine(size(total, "MiB"), int(cells), int(layers), int(streams or 1), *halves)
        _cache(line, load, done, flags, given, said)
        return
    found, alone = _SELF.search(line.text), _SELF_MB.search(line.text)
    parts = found.groups() if found else _halves(alone[1]) if alone else ()
    if parts:
        total, type_k, key, type_v, value = parts
        shape = shape_of(load.printed)
        layers = shape.n_layers if shape else len(given.layers) if given else len(load.rows)
        halves = (type_k, size(key, "MiB")), (type_v or "f16", size(value or "0.00", "MiB"))
        said = CacheLine(size(total, "MiB"), load.settings.get("n_ctx", 0), layers, 1, *halves)
        _cache(line, load, done, flags, given, said)


def _halves(total: str) -> tuple[str, str, str, str, str]:
    """Return what `_SELF` finds, for builds before September 2023: they tell one total, of 16-bit keys and values."""
    half = f"{float(total.replace(',', '')) / 2:.3f}"
    return total, "f16", half, "f16", half


def _cells(line: Line, kind: str, cells: int, load: Load, done: Reading, flags: Flags, given: Outline | None) -> None:
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


def _rows(load: Load, given: Outline | None, layers: int) -> list[tuple[int, int]]:
    """Widths of key and value rows of one layer, summed over `layers`, that the cache may have; the likeliest first.

    Builds before April 2025 keep the keys and values that latents stand for (pull request 12801).
    """
    found: list[tuple[int, int]] = []
    if load.rows and len(load.rows) == layers:
        found.append((sum(key for key, _ in load.rows), sum(value for _, value in load.rows)))
    if given is not None:
        groups: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for entry in given.entries:
            pair = (entry.n_heads * entry.key_dim, entry.n_heads * entry.value_dim)
            groups.setdefault((entry.window, entry.stride), []).append(pair)
        groups[-1, -1] = [pair for pairs in groups.values() for pair in pairs]
        fitting = [pairs for (window, _), pairs in groups.items() if len(pairs) == layers]
        found += [(sum(key for key, _ in pairs), sum(value for _, value in pairs)) for pairs in fitting]
        if not fitting and groups[-1, -1]:
            one = groups[-1, -1][0]
            found.append((one[0] * layers, one[1] * layers))
        expanded = [entry.rebuilt for entry in given.entries if any(entry.rebuilt)]
        if len(expanded) == layers:
            found.append((sum(key for key, _ in expanded), sum(value for _, value in expanded)))
    shape = shape_of(load.printed)
    if shape is not None:
        for key, value in shape.rows(layers):
            found.append((key * layers, value * layers))
            if shape.latent:
                found.append((key * layers, 0))
    return found


@dataclass(frozen=True)
class CacheLine:
    """What a line says of one cache.

    Attributes:
        total: Bytes of all.
        cells: Tokens that a stream has room for; 0 where the log does not show it.
        layers: Layers that are held.
        streams: Caches of their own for slots.
        keys: Format of the keys and their bytes.
        values: Format of the values and their bytes; none where keys serve as values too.
    """

    total: Printed
    cells: int
    layers: int
    streams: int
    keys: tuple[str, Printed]
    values: tuple[str, Printed]


def _cache(line: Line, load: Load, done: Reading, flags: Flags, given: Outline | None, said: CacheLine) -> None:
    """One cache: bytes of keys and values from cells, layers, widths and formats."""
    cells = said.cells
    if said.total.value == 0:
        return
    load.n_layers_held += said.layers
    load.type_k, load.type_v = said.keys[0], said.values[0]
    load.cache_bytes += said.total.value
    done.cache_bytes = load.cache_bytes
    shape = shape_of(load.printed)
    done.shape = shape or done.shape
    done.settings = settings = settings_of(load, flags, given)
    rows = _rows(load, given, said.layers)
    known = said.keys[0] in GGML and said.values[0] in GGML
    implied = 0
    if rows and known and not cells:
        implied = cells = _implied_cells(rows, said.keys, said.values)
        if implied:
            done.settings = settings = replace(settings, n_ctx=implied)
    if not rows and known and _told_by_its_rows(line, load, done, said):
        return
    if not rows or not known or not cells:
        load.cache_buffers = []
        why = "needs_shape" if known else "unknown_type"
        done.findings.append(
            Finding(line.number, ENGINE, "cache", said.total, OPEN, why=why, values={"type": said.keys[0]})
        )
        return
    if "n_ctx" not in load.settings:
        load.settings["n_ctx"] = cells * said.streams
        done.settings = replace(settings, n_ctx=cells * said.streams)
    sizes = []
    for key, value in rows:
        key_bytes = cells * said.streams * ggml(said.keys[0]).row_bytes(key)
        value_bytes = cells * said.streams * ggml(said.values[0]).row_bytes(value)
        if said.values[1].value == 0 and (shape is None or shape.latent):
            value, value_bytes = 0, 0.0
        sizes.append(
            (key_bytes + value_bytes, key, value, said.keys[1].agrees(key_bytes) and said.values[1].agrees(value_bytes))
        )
    best = next((each for each in sizes if each[3]), sizes[0])
    derived, key, value, agrees = best
    whole = rebuilt(given) if given is not None and agrees else None
    if whole is not None and key == sum(entry.n_heads * entry.key_dim for entry in whole.entries):
        done.outline = whole  # what other options would take is counted as this build stores it
    if not done.n_contexts and shape is not None:
        window = shape.window if cells < settings.cells else 0
        done.kept += said.layers * [Kept((Entry(HEADS, 1, key // said.layers, value // said.layers, window),))]
    per_layer = (
        f"{said.layers} × ({key // said.layers:,} × {said.keys[0]} + {value // said.layers:,} × {said.values[0]})"
    )
    if key % said.layers or value % said.layers:
        per_layer = f"({key:,} × {said.keys[0]} + {value:,} × {said.values[0]})"
    formula = f"{cells:,} × {said.streams} × {per_layer}" if said.streams > 1 else f"{cells:,} × {per_layer}"
    why, verdict = ("", EQUAL) if agrees else ("other_layers", EXPLAINED)
    if (
        agrees
        and given is not None
        and said.layers < len([each for each in given.layers if each.entries])
        and said.layers == 1
    ):
        why = "prediction_module"
    told = {}
    if implied:
        verdict, why, told = _of_the_flag(cells, int(number(flags, "n_ctx") or 0))
    done.findings.append(Finding(line.number, ENGINE, "cache", said.total, verdict, derived, formula, why, told))
    _shares(load.cache_buffers, said.total, derived / said.layers, said.layers, "cache_share", done)
    load.cache_buffers = []


def _of_the_flag(cells: int, n_ctx: int) -> tuple[str, str, dict[str, str]]:
    """What is said of cells that follow from bytes: the context of the command, padded, or what no line shows.

    Builds before 2026 pad to 256 for fused attention alone (`llama_kv_cache::get_padding`).
    """
    if n_ctx and cells == padded(n_ctx, 256):
        return EQUAL, "", {}
    if n_ctx and cells == padded(n_ctx, ROW_BLOCK):
        return EQUAL, "padded_to", {"pad": str(ROW_BLOCK)}
    return EXPLAINED, "implied_cells", {"tokens": f"{cells:,}"}


def _told_by_its_rows(line: Line, load: Load, done: Reading, told: CacheLine) -> bool:
    """Whether the line of an unknown model tells its rows: bytes over cells and layers are whole rows of numbers."""
    held = told.cells * told.streams * told.layers
    numbers: list[int] = []
    if not held:
        return False
    for kind, said in (told.keys, told.values):
        block = ggml(kind).row_bytes(ROW_BLOCK)
        row = ROW_BLOCK * round(said.value / held / block)
        if not said.agrees(held * row * block / ROW_BLOCK):
            return False
        numbers.append(row)
    key, value = numbers
    each = ggml(told.keys[0]).row_bytes(key) + ggml(told.values[0]).row_bytes(value)
    rows = {"key": f"{key:,}", "value": f"{value:,}", "bytes": f"{each * told.layers:,.10g} B"}
    formula = f"{told.cells:,} × {told.streams} × " if told.streams > 1 else f"{told.cells:,} × "
    formula += f"{told.layers} × ({key:,} × {told.keys[0]} + {value:,} × {told.values[0]})"
    done.findings.append(
        Finding(line.number, ENGINE, "cache", told.total, INPUT, None, formula, "told_by_its_rows", rows)
    )
    _shares(load.cache_buffers, told.total, held * each / told.layers, told.layers, "cache_share", done)
    load.cache_buffers = []
    return True


def _implied_cells(rows: list[tuple[int, int]], keys: tuple[str, Printed], values: tuple[str, Printed]) -> int:
    """Cells of a cache whose context the log does not show: the bytes of its keys over those of one cell."""
    for key, value in rows:
        cells = round(keys[1].value / ggml(keys[0]).row_bytes(key)) if key else 0
        if cells and cells % 32 == 0 and values[1].agrees(cells * ggml(values[0]).row_bytes(value)):
            return cells
    return 0


def _shares(
    buffers: list[tuple[int, str, Printed]], total: Printed, per_layer: float, layers: int, subject: str, done: Reading
) -> None:
    """What each device holds of a cache: whole layers, which add up to the total."""
    if not buffers:
        return
    added = sum(each.value for _, _, each in buffers)
    adds_up = abs(added - total.value) <= total.half + sum(each.half for _, _, each in buffers)
    for number_, device, said in buffers:
        held = round(said.value / per_layer) if per_layer else 0
        derived = held * per_layer
        # A log that is cut shows some devices alone; cards that share every layer hold parts of it.
        agrees = said.agrees(derived) and (adds_up or (added < total.value and not device.startswith("Meta")))
        verdict = EQUAL if agrees else EXPLAINED
        values = {"device": device, "held": str(held), "layers": str(layers)}
        formula = f"{held} × {per_layer:,.10g} B"
        why = "layers_of" if agrees else "uneven_layers"
        done.findings.append(Finding(number_, ENGINE, subject, said, verdict, derived, formula, why, values))


def _states(line: Line, load: Load, done: Reading, flags: Flags, given: Outline | None) -> None:
    found = _RECURRENT.search(line.text)
    if found is None:
        return
    total, cells, layers, _, rollback, _, conv, _, state = found.groups()
    said, conv_said, state_said = size(total, "MiB"), size(conv, "MiB"), size(state, "MiB")
    rows = int(cells) * (1 + int(rollback or 0))
    load.state_bytes = said.value
    conv_numbers = state_numbers = 0
    if given is not None and given.states:
        conv_numbers = sum(each.conv_elements for each in given.states)
        state_numbers = sum(each.elements for each in given.states)
        n_states = len(given.states)
    else:
        shape = shape_of(load.printed)
        if shape is None or not (shape.state_row or shape.conv_row):
            done.findings.append(
                Finding(line.number, ENGINE, "state", said, OPEN, why="needs_shape", values={"type": ""})
            )
            return
        # The line counts every layer of the model; how many of them are recurrent follows from either part alone.
        n_states = round(state_said.value / (4 * rows * shape.state_row)) if shape.state_row else 0
        n_states = n_states or round(conv_said.value / (4 * rows * shape.conv_row))
        conv_numbers, state_numbers = n_states * shape.conv_row, n_states * shape.state_row
    if not done.n_contexts and n_states:
        done.kept += n_states * [Kept((), (State(conv_numbers // n_states, 1, state_numbers // n_states, 1),))]
    derived = 4.0 * rows * (conv_numbers + state_numbers)
    agrees = conv_said.agrees(4.0 * rows * conv_numbers) and state_said.agrees(4.0 * rows * state_numbers)
    formula = f"{rows} × ({conv_numbers:,} + {state_numbers:,}) × 4 B"
    why = "rollback_rows" if rollback and int(rollback) else "rows_for_slots"
    values = {"rows": str(rows), "states": str(n_states), "layers": layers, "slots": cells}
    verdict = EQUAL if agrees else EXPLAINED
    done.findings.append(Finding(line.number, ENGINE, "state", said, verdict, derived, formula, why, values))
    _shares(load.state_buffers, said, derived / n_states if n_states else 0, n_states, "state_share", done)
    load.state_buffers = []


def _buffers(line: Line, load: Load, done: Reading, flags: Flags, given: Outline | None) -> None:
    found = _BUFFER.search(line.text)
    if found is None:
        return
    device, kind, said = found[1], found[2], size(found[3], "MiB")
    if said.value == 0:
        return  # a dry run that measures what would fit allocates nothing, and says so
    load.on_device = load.on_device or not ("host" in device.lower() or device.startswith("CPU"))
    if kind in ("model", "buffer"):
        load.model_buffers.append((line.number, device, said))
    elif kind == "KV":
        load.cache_buffers.append((line.number, device, said))
    elif kind == "RS":
        load.state_buffers.append((line.number, device, said))
    else:
        derived_buffer(line, device, kind, said, load, done, flags, given)


# What reads a line, and the words without which it has nothing to read.
_READERS = {
    _sizes: ("print_",),
    _caches: ("size",),
    _states: ("S (",),
    _buffers: ("buffer size",),
    failures: ("cudaMalloc failed", "failed to allocate", "allocation of size"),
    breakdown: ("|",),
}
