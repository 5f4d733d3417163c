"""Caches of llama.cpp: bytes of keys and values from cells, layers, widths and formats."""

import re
from dataclasses import dataclass, replace

from llmnotes.engines import llamacpp
from llmnotes.engines.formats import GGML, ggml
from llmnotes.engines.logs.findings import EQUAL, EXPLAINED, INPUT, OPEN, Finding
from llmnotes.engines.logs.flags import Flags, number, word
from llmnotes.engines.logs.llamacpp.cells import ROW_BLOCK, created
from llmnotes.engines.logs.llamacpp.devices import shares
from llmnotes.engines.logs.llamacpp.hyperparameters import shape_of
from llmnotes.engines.logs.llamacpp.load import ENGINE, Load, Reading, settings_of
from llmnotes.engines.logs.llamacpp.load import NUMBER as _N
from llmnotes.engines.logs.reading import Line, Printed, size
from llmnotes.engines.outline import HEADS, Entry, Kept, Outline, rebuilt
from llmnotes.engines.parts import padded
from llmnotes.units import MIB

_CACHE = re.compile(
    rf"size\s*=\s*{_N} MiB \(\s*(\d+) cells,\s*(\d+) layers,\s*(\d+)(?:/\s*(\d+))? seqs?\s*\),"
    rf"\s*K \((\w+)\):\s*{_N} MiB(?:,\s*V \((\w+)\):\s*{_N} MiB)?"
)
_SELF_MB = re.compile(rf"kv self size\s*=\s*{_N} MB")
_SELF = re.compile(rf"KV self size\s*=\s*{_N} MiB,\s*(?:K|c\^KV) \((\w+)\):\s*{_N} MiB(?:,\s*V \((\w+)\):\s*{_N} MiB)?")


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


def caches(line: Line, load: Load, done: Reading, flags: Flags, given: Outline | None) -> None:
    """Lines that say what a cache takes, in the words of any build."""
    created(line, load, done, flags, given)
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
        verdict, why, told = _of_the_flag(
            cells, int(number(flags, "n_ctx") or (load.slots.n_ctx if load.slots is not None else 0))
        )
    done.findings.append(Finding(line.number, ENGINE, "cache", said.total, verdict, derived, formula, why, told))
    shares(load.cache_buffers, said.total, derived / said.layers, said.layers, "cache_share", done)
    load.cache_buffers = []


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
    shares(load.cache_buffers, told.total, held * each / told.layers, told.layers, "cache_share", done)
    load.cache_buffers = []
    return True


def _implied_cells(rows: list[tuple[int, int]], keys: tuple[str, Printed], values: tuple[str, Printed]) -> int:
    """Cells of a cache whose context the log does not show: the bytes of its keys over those of one cell."""
    for key, value in rows:
        cells = round(keys[1].value / ggml(keys[0]).row_bytes(key)) if key else 0
        if cells and cells % 32 == 0 and values[1].agrees(cells * ggml(values[0]).row_bytes(value)):
            return cells
    return 0


def unstated_cache(load: Load, done: Reading, flags: Flags, given: Outline | None) -> None:
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
                shares(buffers, said, derived / groups[0].n_layers, groups[0].n_layers, "cache_share", done)
            return
    if first is None:
        done.findings.append(
            Finding(number_, ENGINE, "cache", said, OPEN, why="unknown_type", values={"type": kinds[0][0]})
        )
        return
    values = {"log": said.text, "ours": f"{first / MIB:,.1f} MiB"}
    formula = f"{base.n_ctx:,} × {first / base.n_ctx:,.10g} B"
    done.findings.append(Finding(number_, ENGINE, "cache", said, EXPLAINED, first, formula, "cache_differs", values))
