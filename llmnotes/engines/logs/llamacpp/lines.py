"""Lines of llama.cpp, derived from the hyperparameters that it prints, or from a configuration: each goes to the reader
of its topic."""

import re
from collections.abc import Iterable
from dataclasses import replace

from llmnotes.engines.logs.findings import EQUAL, INPUT, Finding
from llmnotes.engines.logs.flags import Flags, number
from llmnotes.engines.logs.llamacpp import planned
from llmnotes.engines.logs.llamacpp.caches import caches, unstated_cache
from llmnotes.engines.logs.llamacpp.cells import widths
from llmnotes.engines.logs.llamacpp.devices import breakdown, failures, named
from llmnotes.engines.logs.llamacpp.hyperparameters import NAMES
from llmnotes.engines.logs.llamacpp.load import ENGINE, Load, Reading, Slots
from llmnotes.engines.logs.llamacpp.load import NUMBER as _N
from llmnotes.engines.logs.llamacpp.passes import derived_buffer
from llmnotes.engines.logs.llamacpp.states import compressors, states
from llmnotes.engines.logs.llamacpp.weights import held, sizes
from llmnotes.engines.logs.reading import Line, count, size
from llmnotes.engines.outline import Outline

OLDER = ("KV self size", "kv self size", "kv_cache_init:")
"""Words of builds before June 2025, in which attention is fused on demand alone."""
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
    "failed to allocate",
    "failed to reserve",
    "unable to allocate",
    "allocation of size",
    *planned.MARKS,
)

_META = re.compile(r"(?:print_info|llm_load_print_meta):\s*([A-Za-z_][\w ]*?)\s*=\s*(\[[\d, .]*\]?|[^\s]+)")
_SETTING = re.compile(r"\b(n_ctx|n_batch|n_ubatch|n_seq_max|n_ctx_seq|n_ctx_per_seq|n_rs_seq)\s*=\s*(\d+)")
_SWITCH = re.compile(r"\b(flash_attn|kv_unified)\s*=\s*(\w+)")
_BUILD = re.compile(r"build:\s*(\d{3,6})\b|\bversion:\s*(\d{3,6})\b")
_BUFFER = re.compile(
    rf"\b([A-Za-z]+(?:_[A-Za-z]+)?\d{{0,2}}(?:\(\))?)(?:\[[^\]]*\])?\s+(model|KV|RS|compute|output|buffer)\b"
    rf"[^=]*?size\s*=\s*{_N} MiB"
)
_SLOTS = re.compile(
    r"n_slots = (\d+)(?:, n_ctx_slot = (\d+))?(?:, kv_unified = '(\w+)')?"
    r"|n_ctx_slot=(\d+)|using n_parallel = (\d+) and kv_unified = (\w+)"
)
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
    done.context_known = bool(load.settings.get("n_ctx") or load.cells or load.slots or number(flags, "n_ctx"))
    # So does an allocation that is what this context takes.
    derived = any(each.subject == "failed" and each.verdict == EQUAL for each in done.findings)
    done.context_known = done.context_known or derived or done.cache_bytes > 0
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
        widths(text, load)
    if any(mark in text for mark in OLDER):
        load.older = True
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


def _close(load: Load, done: Reading, flags: Flags, given: Outline | None) -> None:
    """What can be said once a model is loaded: its buffers are its weights, and buffers whose sum no line states are
    its cache."""
    unstated_cache(load, done, flags, given)
    held(load, done, given)


def _buffers(line: Line, load: Load, done: Reading, flags: Flags, given: Outline | None) -> None:
    found = _BUFFER.search(line.text)
    if found is None:
        return
    device, kind, said = found[1], found[2], size(found[3], "MiB")
    if device == "state":
        return  # of compressors, of which a line of its own says more
    if said.value == 0:
        return  # a dry run that measures what would fit allocates nothing, and says so
    if not ("host" in device.lower() or device.startswith("CPU")):
        load.on_device = True
        done.devices.add(device)
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
    sizes: ("print_",),
    caches: ("size",),
    states: ("S (",),
    compressors: ("ratio = ",),
    _buffers: ("buffer size",),
    failures: ("cudaMalloc failed", "failed to allocate", "allocation of size"),
    named: ("failed to", "unable to allocate"),
    breakdown: ("|",),
}
