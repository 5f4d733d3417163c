"""Lines that ollama writes of the runner it starts, beside those of llama.cpp that the runner writes itself."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import product

from llmnotes.engines import llamacpp
from llmnotes.engines.formats import GGML
from llmnotes.engines.logs.findings import EQUAL, EXPLAINED, INPUT, OPEN, Finding
from llmnotes.engines.logs.flags import Flags, number, word
from llmnotes.engines.logs.reading import Line, Printed, size
from llmnotes.engines.outline import Outline, rebuilt
from llmnotes.engines.parts import padded

ENGINE = "ollama"
MIN_CONTEXT, POWERS = 2048, 10
"""The shortest context that ollama starts with by default, and how often it may be doubled."""
RING = 4096
"""Tokens of a windowed layer that ollama's own engine keeps for each request, to go back in a conversation."""
MARKS = (
    "memory.required",
    'msg="kv cache"',
    'msg="model weights"',
    'msg="compute graph"',
    'msg="total memory"',
    'msg="system memory"',
    'msg="gpu memory"',
    "KvSize:",
    'msg="offloaded ',
    "layers.offload=",
)

_S = r'"([\d.]+) ([KMGT]i?B)"'
_REQUIRED = re.compile(
    rf"(?:memory\.)?((?:required\.(?:full|kv|partial)|weights\.total|graph\.full)|projector\.(?:weights|graph))={_S}"
)
_FREE = re.compile(rf'msg="(?:system|gpu) memory".*? (?:available|free)={_S}')
_DEVICE = re.compile(
    rf'msg="(kv cache|model weights|compute graph|total memory)"(?: device=([A-Za-z]+\d*))?.*? size={_S}'
)
_LAYERS = re.compile(r"layers\.model=(\d+) layers\.offload=(\d+)")
_OFFLOADED = re.compile(r"offloaded (\d+)/(\d+) layers to GPU")
_AVAILABLE = re.compile(r'memory\.available="\[([^\]]*)\]"')
_SIZES = re.compile(r"([\d.]+) ([KMGT]i?B)")
_REQUEST = re.compile(r"\bKvSize:(\d+)")
_PARALLEL = re.compile(r"\bParallel:(\d+)")
_BATCH = re.compile(r"\bBatchSize:(\d+)")
_TYPE = re.compile(r"\bKvCacheType:(\w+)")
_SUBJECTS = {
    "required.kv": "cache",
    "required.full": "total",
    "required.partial": "total_partial",
    "weights.total": "weights",
    "graph.full": "compute",
    "projector.weights": "beside",
    "projector.graph": "beside",
    "kv cache": "cache_share",
    "model weights": "weights_held",
    "compute graph": "compute",
    "total memory": "total",
}


@dataclass
class Reading:
    """What the lines say, for the remedies.

    Attributes:
        offloaded: Layers that go to the cards, and layers there are.
        full: Bytes that all of it takes.
        there: Bytes that are free on the cards.
        free_of: The same card by card.
        kv: Bytes of the cache.
    """

    findings: list[Finding] = field(default_factory=list)
    n_ctx: int = 0
    slots: int = 1
    batch: int = 512
    type_k: str = "f16"
    offloaded: tuple[int, int] | None = None
    full: float = 0
    there: float = 0
    free_of: dict[str, float] = field(default_factory=dict)
    kv: float = 0
    outline: Outline | None = None
    shares: list[tuple[int, str, Printed]] = field(default_factory=list)
    parts: list[Printed] = field(default_factory=list)


def read(lines: Iterable[Line], flags: Flags, given: Outline | None) -> Reading:
    """Every line of ollama that is recognised, derived."""
    done = Reading(outline=given)
    kind = word(flags, "type_k") or "f16"
    done.type_k = kind if kind in GGML else "f16"
    done.n_ctx = int(number(flags, "n_ctx") or 0)
    done.slots = int(number(flags, "n_seq_max") or 1)
    done.batch = int(number(flags, "n_batch") or 512)
    kept = [line for line in lines if any(mark in line.text for mark in MARKS)]
    for line in reversed(kept):  # a plan stands before the request that it is made for
        _request(line, done)
    for line in kept:
        _request(line, done)
        _offload(line, done)
        for name, number_, unit in _REQUIRED.findall(line.text):
            _told(line, _SUBJECTS[name], size(number_, unit), "", done, given)
        found = _DEVICE.search(line.text)
        if found is not None:
            said = size(found[3], found[4])
            if found[1] == "total memory":
                done.full = said.value
                _total(line, said, done)
                continue
            done.parts.append(said)
            if found[1] == "kv cache":
                done.shares.append((line.number, found[2] or "", said))
            else:
                _told(line, _SUBJECTS[found[1]], said, found[2] or "", done, given)
        found = _FREE.search(line.text)
        if found is not None:
            done.parts = []
            if 'msg="gpu memory"' in line.text:
                done.free_of[line.text.partition(" id=")[2].split(" ")[0]] = size(found[1], found[2]).value
                done.there = sum(done.free_of.values())
            done.findings.append(Finding(line.number, ENGINE, "free", size(found[1], found[2]), INPUT))
    _added(done, given)
    return done


def _offload(line: Line, done: Reading) -> None:
    """How much goes to the cards, in the words of the plan or of the load."""
    found = _LAYERS.search(line.text)
    if found is not None:
        done.offloaded = int(found[2]), int(found[1])
    found = _OFFLOADED.search(line.text)
    if found is not None:
        done.offloaded = int(found[1]), int(found[2])
    found = _AVAILABLE.search(line.text)
    if found is not None:
        done.there = sum(size(number_, unit).value for number_, unit in _SIZES.findall(found[1]))
    for name, number_, unit in _REQUIRED.findall(line.text):
        if name == "required.full":
            done.full = size(number_, unit).value
        elif name == "required.kv":
            done.kv = size(number_, unit).value


def _request(line: Line, done: Reading) -> None:
    """What the runner is asked for: context, requests at once, pass and format."""
    for pattern, name in ((_REQUEST, "n_ctx"), (_PARALLEL, "slots"), (_BATCH, "batch")):
        found = pattern.search(line.text)
        if found is not None:
            setattr(done, name, int(found[1]))
    kind = _TYPE.search(line.text)
    if kind is not None and kind[1] in GGML:
        done.type_k = kind[1]


def _total(line: Line, said: Printed, done: Reading) -> None:
    """The sum of the parts of one plan, which stand in the lines before."""
    derived = sum(each.value for each in done.parts)
    slack = said.half + sum(each.half for each in done.parts)
    formula = " + ".join(each.text for each in done.parts)
    agrees = abs(derived - said.value) <= 2 * slack
    done.parts = []
    if agrees:
        done.findings.append(Finding(line.number, ENGINE, "total", said, EQUAL, derived, formula))
    else:
        # The log begins after the first parts, or the plan was made several times.
        done.findings.append(Finding(line.number, ENGINE, "total", said, INPUT, why="ollama_estimate"))


def settings_of(done: Reading, given: Outline) -> llamacpp.Settings:
    """Options of the runner."""
    return llamacpp.Settings(
        n_ctx=done.n_ctx or given.n_ctx or 4096,
        n_seq_max=done.slots,
        n_ubatch=done.batch,
        type_k=done.type_k,
        type_v=done.type_k,
    )


def ring_bytes(given: Outline, settings: llamacpp.Settings, ring: int = RING) -> float:
    """The cache in ollama's own engine, where a windowed layer holds a ring for each request and one pass for all.

    Read from `Causal.Init` in `kvcache/causal.go` and `NewSWAMemCache` in `model/models/gptoss/model.go` of
    <https://github.com/ollama/ollama> at 02725d3; the plan that it makes before it starts counts alike (`GraphSize`).
    """
    n, total = settings.n_seq_max, 0.0
    for entry in given.entries:
        cells = settings.n_ctx
        if entry.window:
            held = max(ring, entry.window + (n > 1))
            cells = n * held + settings.n_ubatch if held < settings.n_ctx // n else settings.n_ctx
        rows = (entry.n_heads * entry.key_dim, entry.n_heads * entry.value_dim)
        total += padded(cells, llamacpp.CELL_PADDING) * sum(GGML[settings.type_k].row_bytes(row) for row in rows)
    return total


def _told(line: Line, subject: str, said: Printed, device: str, done: Reading, given: Outline | None) -> None:
    if subject != "cache":
        done.findings.append(Finding(line.number, ENGINE, subject, said, INPUT, why="ollama_estimate"))
        return
    if given is None or not done.n_ctx:
        done.findings.append(_without(line.number, said, done, given))
        return
    _cache(line.number, said, done, given)


def _without(line: int, said: Printed, done: Reading, given: Outline | None) -> Finding:
    """What is said of a cache whose context no line shows: the one power of two that takes so many bytes, if any."""
    if given is None:
        return Finding(line, ENGINE, "cache", said, OPEN, why="needs_model")
    whole = rebuilt(given)
    ways = [(given, "", held_bytes)]
    if any(entry.window for entry in given.entries):
        ways.append((given, "ollama_ring", ring_bytes))
    if whole is not None:
        ways.append((whole, "latents_rebuilt", held_bytes))
    for model, also, held in ways:
        # Rings depend on the requests at once too, of which older versions take four unless told.
        several = (done.slots, 4) if also == "ollama_ring" and done.slots == 1 else (done.slots,)
        for slots, power in product(several, range(POWERS)):
            settings = replace(settings_of(done, given), n_ctx=MIN_CONTEXT << power, n_seq_max=slots)
            derived = held(model, settings)
            if said.agrees(derived):
                told = {"tokens": f"{settings.n_ctx:,}"}
                if also == "ollama_ring":
                    told["ring"] = f"{RING:,}"
                formula = f"{settings.n_ctx:,} × {derived / settings.n_ctx:,.10g} B"
                return Finding(line, ENGINE, "cache", said, EXPLAINED, derived, formula, "implied_context", told, also)
    return Finding(line, ENGINE, "cache", said, OPEN, why="needs_context")


def held_bytes(given: Outline, settings: llamacpp.Settings) -> float:
    """Bytes of cache and states as llama.cpp allocates them."""
    held = sum(group.total_bytes for group in llamacpp.cache_groups(given, settings))
    return held + llamacpp.conv_state_bytes(given, settings) + llamacpp.recurrent_state_bytes(given, settings)


def _cache(line: int, said: Printed, done: Reading, given: Outline) -> None:
    """The cache: as the runner will allocate it, or with every layer as long as the context."""
    settings = settings_of(done, given)
    full, whole = replace(settings, swa_full=True), rebuilt(given)
    ways = [(given, settings, ""), (given, full, "ollama_full_length")]
    for model, each, why in (*ways, *([(whole, settings, "latents_rebuilt")] if whole else [])):
        derived = held_bytes(model, each)
        if said.agrees(derived):
            formula = f"{settings.n_ctx:,} × {derived / settings.n_ctx:,.10g} B"
            done.findings.append(Finding(line, ENGINE, "cache", said, EQUAL, derived, formula, why))
            return
    for ring in sorted({RING, *(entry.window for entry in given.entries if entry.window)}):
        derived = ring_bytes(given, settings, ring)
        if said.agrees(derived):
            pad = padded(settings.n_seq_max * ring + settings.n_ubatch, llamacpp.CELL_PADDING)
            told = {"ring": f"{ring:,}", "cells": f"{min(pad, settings.n_ctx):,}"}
            formula = f"{settings.n_ctx:,} × {derived / settings.n_ctx:,.10g} B"
            done.findings.append(Finding(line, ENGINE, "cache", said, EQUAL, derived, formula, "ollama_ring", told))
            return
    derived = sum(group.total_bytes for group in llamacpp.cache_groups(given, settings))
    formula = f"{settings.n_ctx:,} × {derived / settings.n_ctx:,.10g} B"
    values = {"log": said.text, "ours": f"{derived / 2**20:,.1f} MiB"}
    done.findings.append(Finding(line, ENGINE, "cache", said, EXPLAINED, derived, formula, "cache_differs", values))


def _added(done: Reading, given: Outline | None) -> None:
    """Shares of the devices, added up."""
    if not done.shares:
        return
    line = done.shares[-1][0]
    # A load may be planned several times: the last share of each device holds.
    last = {device: said for _, device, said in done.shares}
    total = sum(said.value for said in last.values())
    said = Printed(total, sum(each.half for each in last.values()), "bytes", f"{total / 2**30:,.2f} GiB")
    if given is None or not done.n_ctx:
        done.findings.append(_without(line, said, done, given))
        return
    _cache(line, said, done, given)
