"""What each engine needs of each chip, as data for a page that calculates with `timing.terms`."""

from __future__ import annotations

from llmnotes.registry import Chip, chip_ids, find_chip
from llmnotes.timing.constants import FIXED, among_kind, constants_of, steady_kind
from llmnotes.timing.estimate import PRODUCTS, READS
from llmnotes.timing.points import DECODE, PREFILL
from llmnotes.timing.runtimes import RUNTIMES, Runtime, backend_of, multiplied_as
from llmnotes.timing.work import LAYERS, UnknownPeak, link_of, peaks_of

AMONG = "prefill_among"
"""Name of what a prompt takes among the answers of others."""


def paces() -> dict[str, object]:
    """Return engines and chips with their constants; parts and spreads stand once and are referred to by their place.

    >>> sorted(paces())
    ['chips', 'engines', 'fixed', 'parts', 'products', 'reads', 'spreads']
    """
    parts: list[dict[str, float]] = []
    spreads: list[list[object]] = []
    engines = {
        runtime.engine: {
            "name": runtime.name,
            "micro_batch": runtime.micro_batch,
            "absorbed": runtime.absorbed,
            "by_layers": runtime.sharing == LAYERS,
            "spare": runtime.spare,
            "context": runtime.context,
        }
        for runtime in RUNTIMES.values()
    }
    chips = {
        engine: {chip_id: _chip(find_chip(chip_id), RUNTIMES[engine], parts, spreads) for chip_id in chip_ids()}
        for engine in engines
    }
    return {
        "engines": engines,
        "chips": chips,
        "parts": parts,
        "spreads": spreads,
        "fixed": FIXED,
        "reads": READS,
        "products": PRODUCTS,
    }


def _chip(chip: Chip, runtime: Runtime, parts: list, spreads: list) -> dict[str, object]:
    """Peaks, link and constants of one chip under one engine."""
    backend = backend_of(runtime, chip)
    found: dict[str, object] = {"link": link_of(chip)}
    try:
        peaks = peaks_of(chip, multiplied_as(runtime, backend))
        found["peaks"] = [peaks.wide, peaks.eight, peaks.four]
        found["in_blocks"] = peaks.in_blocks
    except UnknownPeak:
        pass
    kinds = {kind: kind for kind in (DECODE, PREFILL, steady_kind(runtime))} | {AMONG: among_kind(runtime)}
    for name, kind in kinds.items():
        constants = constants_of(kind, runtime, chip, backend)
        spread = [constants.scope, constants.low, constants.high]
        found[name] = [
            _place(parts, dict(constants.parts)),
            constants.factor,
            constants.floor,
            _place(spreads, spread),
        ]
    return found


def _place(kept: list, one: object) -> int:
    """Where something stands in a list, to which it is added where it is new."""
    if one not in kept:
        kept.append(one)
    return kept.index(one)
