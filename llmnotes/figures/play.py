"""What a figure lets its reader change and what follows: names of controls and pure functions, no markup, no script.

A snippet's optional part `play(result)` returns a `Play`. The build translates its functions into JavaScript,
compares them with what the snippet drew and claims, and stops where they differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llmnotes.figures.labels import Label

Formula = Callable[..., Any]
# A text, a glossary id, or a label in both languages.
Said = str | Label
# Where something lies along an axis: what a formula gives, or the value of this name.
Place = Formula | str
# Arguments that no control sets, each a number or what a formula gives.
Fixed = Mapping[str, float | Formula]
# A formula, or one with arguments that no control sets.
Given = Formula | tuple[Formula, Fixed]


@dataclass(frozen=True)
class Control:
    """One thing that the reader changes.

    Attributes:
        name: What formulas and sentences call its value.
        kind: "model", "chip", "doublings" (a slider on powers of two), "slider" or "choice".
        built: Its value in the drawing as it was built.
        label: What stands beside it; empty where the site has a word for this name.
        low, high, step: Ends and step of a slider.
        options: Values of a choice.
    """

    name: str
    kind: str
    built: str | float
    label: Said = ""
    low: float = 0
    high: float = 0
    step: float = 1
    options: tuple[float, ...] = ()


def model(built: str) -> Control:
    """Choose a registered model: `profile` for formulas, with `n_params` and `n_active`."""
    return Control("model", "model", built)


def chip(built: str) -> Control:
    """Choose a registered chip: `memory_bytes`, `bandwidth_bytes_per_s`, `peak_flops_per_s` (bf16) for formulas."""
    return Control("chip", "chip", built)


def tokens(built: int, *, name: str = "n_tokens", low: int = 2**10, high: int = 2**20) -> Control:
    """Slide over lengths of context, doubling at each step."""
    return doublings(name, built, low=low, high=high)


def batch(built: int, *, name: str = "batch_size", low: int = 1, high: int = 256) -> Control:
    """Slide over sequences at once, doubling at each step."""
    return doublings(name, built, low=low, high=high)


def kv_bits(built: float = 16, *, options: Sequence[float] = (16, 8, 4)) -> Control:
    """Choose the bits of a number in the cache."""
    return choice("kv_bits", built, options=options)


def weight_bits(built: float = 16, *, options: Sequence[float] = (16, 8, 4)) -> Control:
    """Choose the bits of a parameter."""
    return choice("weight_bits", built, options=options)


def doublings(name: str, built: int, *, low: int, high: int, label: Said = "") -> Control:
    """Slide over powers of two."""
    return Control(name, "doublings", built, label, low, high)


def slider(name: str, built: float, *, low: float, high: float, step: float = 1, label: Said = "") -> Control:
    """Slide in equal steps."""
    return Control(name, "slider", built, label, low, high, step)


def choice(name: str, built: float, *, options: Sequence[float], label: Said = "") -> Control:
    """Choose one of a few values."""
    return Control(name, "choice", built, label, options=tuple(options))


@dataclass(frozen=True)
class Curve:
    """A line that was drawn with `gid=…`: `y` over the values of one of its arguments."""

    y: Formula
    over: str
    fixed: Fixed = field(default_factory=dict)


@dataclass(frozen=True)
class Dot:
    """A line of one point."""

    x: Place
    y: Place
    fixed: Fixed = field(default_factory=dict)


@dataclass(frozen=True)
class Bar:
    """A patch of `barh`, from `start` (0) to `end` along x."""

    end: Formula
    start: Formula | None = None
    fixed: Fixed = field(default_factory=dict)


@dataclass(frozen=True)
class Column:
    """A patch of `bar`, from `start` (0) to `end` along y."""

    end: Formula
    start: Formula | None = None
    fixed: Fixed = field(default_factory=dict)


@dataclass(frozen=True)
class Label:
    """A text that is one of the numbers, or the value of a control; it moves along where it has an `x` or a `y`."""

    says: str
    x: Formula | None = None
    y: Formula | None = None
    fixed: Fixed = field(default_factory=dict)


Mark = Curve | Dot | Bar | Column | Label


def curves(over: str, own: Given, **others: Given) -> dict[str, Mark]:
    """Marks of a chart of `lines` along one argument: the line `own`, its dot `here`, and other lines by their id."""
    given = {name: _with_fixed(one) for name, one in {"own": own, **others}.items()}
    drawn: dict[str, Mark] = {name: Curve(formula, over, fixed) for name, (formula, fixed) in given.items()}
    return drawn | {"here": Dot(over, *given["own"])}


def _with_fixed(given: Given) -> tuple[Formula, Fixed]:
    return given if isinstance(given, tuple) else (given, {})


@dataclass(frozen=True)
class Number:
    """What a formula gives, as `llmnotes.units` writes it.

    Attributes:
        formula: Pure function of named arguments, after a `CostProfile` where it takes one.
        unit: bytes, bytes_decimal, count, exact, tokens, flops, seconds, ratio, percent, usd or number.
        fixed: Arguments that no control sets, or that it sets otherwise.
    """

    formula: Formula
    unit: str
    fixed: Fixed = field(default_factory=dict)


@dataclass(frozen=True)
class Words:
    """One of two texts: `yes` where a formula gives something other than 0. Both may name numbers, as `{{name}}`."""

    formula: Formula
    yes: Said
    no: Said
    fixed: Fixed = field(default_factory=dict)


@dataclass(frozen=True)
class Value:
    """What other formulas take by a name of its own, computed wherever one of them is."""

    formula: Formula
    fixed: Fixed = field(default_factory=dict)


@dataclass(frozen=True)
class Play:
    """What `play` returns.

    Attributes:
        controls: In the order in which they stand on the page.
        values: What formulas take beside controls, by the name of their argument: a formula may build on another.
        marks: What follows in the drawing, by `gid`.
        numbers: What sentences use. One with the name of a claim lets that claim follow the reader's model in prose.
        sentence: The result, with `{{name}}` for numbers and controls; empty where only prose follows.
    """

    controls: Sequence[Control]
    values: Mapping[str, Value | Given] = field(default_factory=dict)
    marks: Mapping[str, Mark] = field(default_factory=dict)
    numbers: Mapping[str, Number | Words] = field(default_factory=dict)
    sentence: Said = ""

    def __post_init__(self) -> None:
        given = {name: one if isinstance(one, Value) else Value(*_with_fixed(one)) for name, one in self.values.items()}
        object.__setattr__(self, "values", given)
