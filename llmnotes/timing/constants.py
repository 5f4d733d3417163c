"""Fitted constants: what engines were measured to need of each part of a step, and how far single rows lie from that.

`benchmarks/fit_speed.py` writes `data/timing/constants.json`. A part's constant multiplies its ideal seconds, or is the
seconds of one fixed cost. A chip's factor multiplies all ideal seconds of a pass; a chip without measurements has the
factor of its class, an engine without them the mean of the others of its family or, where `like` names it, the one that
works as it does. Fixed costs, which a machine's processor and driver make, have a factor of their own.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, log
from typing import Any

from llmnotes.registry import DATA, Chip
from llmnotes.timing.points import DECODE, PREFILL, THROUGHPUT
from llmnotes.timing.runtimes import BUSY, SERVERS, WIDE_BY, Runtime

FIXED = "per_"
"""How names of fixed costs begin: no chip's factor applies to them."""

CLASSES = {
    "hbm": (
        *("v100", "a30", "a100", "h100", "h200", "h20", "h800", "gh200", "b200", "b300", "gb200", "gb300"),
        *("mi1", "mi2", "mi3", "tpu", "ascend", "gaudi", "trainium"),
    ),
    "shared": ("ryzen", "gb10", "jetson", "m1-", "m2-", "m3-", "m4-", "m5-"),
    "geforce": ("rtx-20", "rtx-30", "rtx-40", "rtx-50", "rx-", "arc-a", "arc-b"),
}
CARDS = ("ada-20gb", "ada-32gb", "ada-48gb")
"""Classes of chips by how their ids begin; what is in none of them is a workstation's or a server's card."""

WIDE_PRODUCTS = ("products_16", "expert_products_16")
"""Parts in which matrices of 16 bits are multiplied."""

SAME, OTHER_CHIPS, OTHER_ENGINES = "same chip and engine", "other chips", "other engines"


@dataclass(frozen=True)
class Constants:
    """What holds for one engine on one chip.

    Attributes:
        parts: Factor of each part, or seconds of each fixed cost.
        factor: Of all ideal seconds on this chip.
        floor: Of all fixed costs in a machine with this chip.
        scope: Whose measurements these are.
        low, high: Factors on the expected seconds between which four of five measurements of that scope lie.
    """

    parts: Mapping[str, float]
    factor: float
    floor: float
    scope: str
    low: float
    high: float

    def seconds(self, terms: Mapping[str, float]) -> float:
        r"""Expected seconds of what `work` counted.

        $$ t = f \sum_i a_i x_i + g \sum_j c_j n_j $$
        """
        return sum(self.part_seconds(name, amount) for name, amount in terms.items())

    def part_seconds(self, name: str, amount: float) -> float:
        """Expected seconds of one part."""
        return self.parts[name] * amount * (self.floor if name.startswith(FIXED) else self.factor)


def constants_of(kind: str, runtime: Runtime, chip: Chip, backend: str) -> Constants:
    """The constants of a pass: `"decode"`, `"prefill"`, or `"throughput"`, the share of both in a server never idle.

    A chip of whose engine nothing was measured takes what the others of its class need; the spread is then that over
    other chips, and where the engine itself was never measured, that over other engines. Either reaches further where
    no chip of its class was measured with such engines, as far as intervals of classes that were left out do.
    """
    busy = kind == THROUGHPUT or (kind == PREFILL and runtime.family == SERVERS)
    fitted = _read()[PREFILL if kind == PREFILL else DECODE][BUSY if busy else runtime.family]
    group = f"{runtime.engine}/{backend}" if backend else runtime.engine
    spread = fitted["spread"]
    if group not in fitted["groups"]:
        names = [fitted["like"][group]] if group in fitted.get("like", {}) else list(fitted["groups"])
        parts = {part: _middle([fitted["groups"][name][part] for name in names]) for part in fitted["groups"][names[0]]}
        factor = _middle([_factor(fitted, name, chip)[0] for name in names])
        return Constants(parts, factor, 1.0, OTHER_ENGINES, *_reach(fitted, chip, spread[OTHER_ENGINES]))
    factor, is_known = _factor(fitted, group, chip)
    parts = dict(fitted["groups"][group])
    other = f"{runtime.engine}/{WIDE_BY.get(backend)}"
    if kind == PREFILL and class_of(chip) in fitted["classes"].get(other, ()):
        share = _factor(fitted, other, chip)[0] / factor
        parts |= {part: fitted["groups"][other][part] * share for part in WIDE_PRODUCTS}
    floor = fitted["floors"].get(group, {}).get(chip.id, 1.0)
    scope = SAME if is_known else OTHER_CHIPS
    ends = spread[scope] if is_known else _reach(fitted, chip, spread[scope])
    return Constants(parts, factor, floor, scope, *ends)


def steady_kind(runtime: Runtime) -> str:
    """Whose measurements say how long a step takes in a server never idle: its own such runs, else steps alone.

    >>> from llmnotes.timing.runtimes import find_runtime
    >>> steady_kind(find_runtime("tensorrt-llm")), steady_kind(find_runtime("vllm"))
    ('throughput', 'decode')
    """
    return THROUGHPUT if runtime.engine in _read()[DECODE][BUSY]["groups"] else DECODE


def among_kind(runtime: Runtime) -> str:
    """Whose measurements say how long a prompt takes among the answers of others: those of a server never idle, which
    sends while it computes, where the engine is one.

    >>> from llmnotes.timing.runtimes import find_runtime
    >>> among_kind(find_runtime("vllm")), among_kind(find_runtime("llama.cpp"))
    ('throughput', 'prefill')
    """
    return THROUGHPUT if runtime.family == SERVERS else PREFILL


def _reach(fitted: Mapping[str, Any], chip: Chip, ends: Sequence[float]) -> tuple[float, float]:
    """An interval for a chip: wider where no chip of its class was measured."""
    low, high = (1.0, 1.0) if class_of(chip) in fitted["any"] else fitted["unseen_class"]
    return ends[0] * low, ends[1] * high


def _factor(fitted: Mapping[str, Any], group: str, chip: Chip) -> tuple[float, bool]:
    """The factor of a chip under an engine, and whether it was measured there; else that of its class, there or under
    any backend, or of all."""
    chips, classes = fitted["chips"].get(group, {}), fitted["classes"].get(group, {})
    if chip.id in chips:
        return chips[chip.id], True
    if class_of(chip) in classes:
        return classes[class_of(chip)], False
    if class_of(chip) in fitted["any"]:
        return fitted["any"][class_of(chip)], False
    return _middle(list(classes.values())), False


def _middle(values: list[float]) -> float:
    """Geometric mean."""
    return exp(sum(log(value) for value in values) / len(values))


def class_of(chip: Chip) -> str:
    """Chips that are alike in what engines get out of them: stacked memory, shared memory, games, and all others."""
    for name, starts in CLASSES.items():
        if chip.id.startswith(starts) and not chip.id.endswith(CARDS):
            return name
    return "card"


def fit_facts() -> Mapping[str, Any]:
    """When, by what and to how many rows the constants were fitted, and the tables of what was held out."""
    return _read()["fit"]


@cache
def _read() -> Mapping[str, Any]:
    return json.loads((DATA / "timing" / "constants.json").read_text(encoding="utf-8"))
