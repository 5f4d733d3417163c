"""Quantities: values tagged with a unit and, where known, what they hold for and where they come from.

Equations give plain numbers with the unit in their names; a snippet tags what a page shows. Only tagging: no prefixes,
no conversions. Sums and differences keep the unit and refuse another one; equal units divide to a ratio, others to a
rate such as `bytes/tokens`.

>>> from llmnotes.quantities import bytes_of, share
>>> llama, gemma = bytes_of(13_476_831_232), bytes_of(17_075_361_792)
>>> text(gemma - llama), text(gemma / llama), text(share(gemma / llama - 1), "zh")
('3.35 GiB', '1.27×', '26.7%')
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import total_ordering
from typing import Any

from llmnotes import units

# How each unit is written by default; each form takes value, language and significant digits.
Form = Callable[[Any, str, int], str]
FORMS: dict[str, Form] = {
    "exact": lambda value, lang, digits: units.format_exact(round(value), lang),
    "short": lambda value, lang, digits: units.format_count(value, lang, digits),
    "bytes": lambda value, lang, digits: units.format_bytes(value, lang, digits),
    "decimal": lambda value, lang, digits: units.format_bytes_decimal(value, lang, digits),
    "ratio": lambda value, lang, digits: units.format_ratio(value, lang, digits),
    "share": lambda value, lang, digits: units.format_percent(value, lang, digits),
    "seconds": lambda value, lang, digits: units.format_seconds(value, lang, digits),
    # For both ends of an interval that would pass from seconds to minutes.
    "secs": lambda value, lang, digits: f"{units.format_number(value, digits)} {units.second_name(lang)}",
    "flops": lambda value, lang, digits: units.format_flops(value, lang, digits),
    "usd": lambda value, lang, digits: units.format_usd(value, lang, digits),
    "tokens": lambda value, lang, digits: units.format_tokens(round(value), lang),
    "number": lambda value, lang, digits: units.format_number(value, digits),
    "power": lambda value, lang, digits: units.format_power(value, digits),
}
UNITS = ("count", "bytes", "ratio", "share", "seconds", "flops", "usd", "tokens", "number")
DIMENSIONLESS = ("ratio", "share", "number")
KINDS = ("computed", "measured", "reported")
ASKED = re.compile(r"(?P<form>[a-z]+)?(?P<digits>[1-9])?")
DIGITS = 3
# The denominator of a rate, as each language writes it.
PER = {"seconds": {"zh": "秒", "en": "s"}, "tokens": {"zh": "token", "en": "token"}}
REMEDY = "tag it: count(…), bytes_of(…), tokens(…), ratio(…), share(…), seconds(…), flops(…), usd(…) or number(…)"


class QuantityError(ValueError):
    """What quantities cannot do together, or no quantity where one is needed; with the remedy."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


@total_ordering
@dataclass(frozen=True, eq=False)
class Quantity:
    """A value with its unit.

    Args:
        value: In base units: bytes, FLOPs, seconds, tokens, dollars; a share is between 0 and 1.
        unit: One of `UNITS`, or a rate such as `bytes/tokens`.
        name: Name of the public quantity, where it is one.
        holds_for: What it holds for: model, n_tokens, batch_size, precision, engine.
        kind: "computed", "measured" or "reported"; empty where it is of the kind of its snippet.
        formula: Name of the equation that gave it.
        source: Where it was published or measured.
    """

    value: float
    unit: str
    name: str = ""
    holds_for: Mapping[str, Any] = field(default_factory=dict)
    kind: str = ""
    formula: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        known = all(unit in UNITS for unit in self.unit.split("/"))
        if not known:
            raise QuantityError(f"{self.unit!r} is no unit", f"use one of {', '.join(UNITS)}, or a rate of two of them")
        if self.kind and self.kind not in KINDS:
            raise QuantityError(f"{self.kind!r} is no kind of a quantity", f"use one of {', '.join(KINDS)}")

    def __float__(self) -> float:
        return float(self.value)

    def __add__(self, other: Any) -> Quantity:
        return Quantity(self.value + self._same(other, "added to"), self.unit)

    def __radd__(self, other: Any) -> Quantity:
        # `sum` starts with a plain 0.
        return self if type(other) is int and other == 0 else self + other

    def __sub__(self, other: Any) -> Quantity:
        return Quantity(self.value - self._same(other, "subtracted from"), self.unit)

    def __rsub__(self, other: Any) -> Quantity:
        return Quantity(self._same(other, "that from which is taken") - self.value, self.unit)

    def __mul__(self, other: Any) -> Quantity:
        if isinstance(other, Quantity):
            if other.unit in DIMENSIONLESS:
                return Quantity(self.value * other.value, self.unit)
            if self.unit in DIMENSIONLESS:
                return Quantity(self.value * other.value, other.unit)
            top, _, bottom = self.unit.partition("/")
            if bottom == other.unit:
                return Quantity(self.value * other.value, top)
            raise QuantityError(
                f"{self.unit} times {other.unit} has no unit here", "multiply the plain numbers, then tag the product"
            )
        return Quantity(self.value * other, self.unit)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Quantity:
        if not isinstance(other, Quantity):
            return Quantity(self.value / other, self.unit)
        if self.unit == other.unit:
            return Quantity(self.value / other.value, "ratio")
        if other.unit in DIMENSIONLESS:
            return Quantity(self.value / other.value, self.unit)
        if "/" in self.unit or "/" in other.unit:
            raise QuantityError(
                f"{self.unit} divided by {other.unit} has no unit here", "divide the plain numbers, then tag the result"
            )
        return Quantity(self.value / other.value, f"{self.unit}/{other.unit}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantity) and (self.value, self.unit) == (other.value, other.unit)

    def __lt__(self, other: Any) -> bool:
        return self.value < self._same(other, "compared with")

    def __hash__(self) -> int:
        return hash((self.value, self.unit))

    def _same(self, other: Any, done: str) -> float:
        """Value of another quantity of the same unit; a plain number counts where there is no unit to miss."""
        if isinstance(other, Quantity) and other.unit == self.unit:
            return other.value
        if not isinstance(other, Quantity) and self.unit in DIMENSIONLESS:
            return other
        what = other.unit if isinstance(other, Quantity) else "a plain number"
        raise QuantityError(f"{what} cannot be {done} {self.unit}", "let both have one unit")


def count(value: Any, **about: Any) -> Any:
    """Quantity of things, written to the last digit: parameters, layers, heads.

    Each of these takes a number, or a list or dict of numbers, which it returns tagged one by one; `about` is what
    `Quantity` may say besides.

    >>> text(count(6_738_415_616)), text(count(6_738_415_616), form="short"), text(count(6_738_415_616), "zh", "short")
    ('6,738,415,616', '6.74 B', '67.4 亿')
    """
    return _tag(value, "count", about)


def bytes_of(value: Any, **about: Any) -> Any:
    """Quantity of bytes, written in binary units; form `decimal` writes GB.

    >>> text(bytes_of(2**30)), text(bytes_of(80_000_000_000), form="decimal")
    ('1 GiB', '80 GB')
    """
    return _tag(value, "bytes", about)


def tokens(value: Any, **about: Any) -> Any:
    """Quantity of tokens, round numbers in K and M; form `exact` writes every digit.

    >>> text(tokens(131_072)), text(tokens(131_072), form="exact")
    ('128K', '131,072')
    """
    return _tag(value, "tokens", about)


def ratio(value: Any, **about: Any) -> Any:
    """How many times as much as another.

    >>> text(ratio(19.31)), text(ratio(19.31), "zh")
    ('19.3×', '19.3 倍')
    """
    return _tag(value, "ratio", about)


def share(value: Any, **about: Any) -> Any:
    """Part of a whole, written in per cent.

    >>> text(share(0.182))
    '18.2%'
    """
    return _tag(value, "share", about)


def seconds(value: Any, **about: Any) -> Any:
    """Quantity of time.

    >>> text(seconds(0.0123)), text(seconds(90), "zh")
    ('12.3 ms', '1.5 分钟')
    """
    return _tag(value, "seconds", about)


def flops(value: Any, **about: Any) -> Any:
    """Quantity of floating-point operations: a count, a multiply-add being two.

    >>> text(flops(14_372_306_944)), text(flops(989e12) / seconds(1))
    ('14.4 GFLOPs', '989 TFLOPs/s')
    """
    return _tag(value, "flops", about)


def usd(value: Any, **about: Any) -> Any:
    """Quantity of money, in US dollars.

    >>> text(usd(0.01234)), text(usd(0.01234), "zh")
    ('$0.0123', '0.0123 美元')
    """
    return _tag(value, "usd", about)


def number(value: Any, **about: Any) -> Any:
    """Number that counts nothing, as a correlation.

    >>> text(number(0.5772156649)), text(number(0.5772156649), form="number5")
    ('0.577', '0.57722')
    """
    return _tag(value, "number", about)


def at_most(bound: float, found: Any) -> Quantity:
    """Bound of a difference that is rounding, once what was found is not above it.

    Such a difference is made of last bits, which change with processor and library; a bound does not. Take one with
    room for those: a few times what was found.

    Args:
        bound: What is shown.
        found: The difference, a number.

    Raises:
        QuantityError: If more was found.

    >>> text(at_most(1e-14, 7.8e-16), form="power2")
    '1 × 10⁻¹⁴'
    """
    if not found <= bound:
        raise QuantityError(f"found {found:g}, more than {bound:g}", "look whether that is still rounding")
    return number(bound)


def order_of(found: float) -> Quantity:
    """Power of ten nearest to a difference that is rounding, where a page says how large it is and no bound.

    >>> text(order_of(6.7e-16), form="power2"), order_of(3.9e-16) == order_of(6.7e-16)
    ('1 × 10⁻¹⁵', True)
    """
    return number(float(f"1e{round(math.log10(found))}"))


def text(quantity: Quantity, lang: str = "en", form: str = "") -> str:
    """Text of a quantity in a language, by the form of its unit or by another: `short`, `exact`, `decimal`, `short4`.

    Raises:
        QuantityError: If there is no such form.
    """
    top, _, bottom = quantity.unit.partition("/")
    asked = ASKED.fullmatch(form)
    name = (asked["form"] if asked else form) or _default(top, quantity.value)
    if asked is None or name not in FORMS:
        raise QuantityError(
            f"there is no form {form!r}", f"use one of {', '.join(FORMS)}, with a number of digits where needed: short4"
        )
    # Bytes that pass in a time are written as data sheets do.
    name = "decimal" if name == "bytes" and bottom == "seconds" else name
    said = FORMS[name](quantity.value, lang, int(asked["digits"] or DIGITS))
    return f"{said}/{PER.get(bottom, {}).get(lang, bottom)}" if bottom else said


def _default(unit: str, value: float) -> str:
    if unit == "count":
        return "exact" if value == round(value) else "number"
    return unit


def _tag(value: Any, unit: str, about: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        return {key: _tag(part, unit, about) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_tag(part, unit, about) for part in value]
    if isinstance(value, Quantity):
        if value.unit != unit and value.unit not in DIMENSIONLESS:
            raise QuantityError(f"{value.unit} cannot become {unit}", "tag the plain number, or divide first")
        return replace(value, unit=unit, **about)
    # A number of numpy is made one of Python.
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        raise QuantityError(f"{unit} cannot be {value!r}", "give a number, or a list or dict of numbers")
    return Quantity(plain, unit, **about)


def to_json(quantity: Quantity) -> dict[str, Any]:
    """Quantity as JSON holds it: `{"v": 8, "u": "count"}` and what else it says.

    >>> to_json(bytes_of(8, name="kv_cache_ideal", holds_for={"n_tokens": 1}))
    {'v': 8, 'u': 'bytes', 'name': 'kv_cache_ideal', 'holds_for': {'n_tokens': 1}}
    """
    others = {key: getattr(quantity, key) for key in ("name", "holds_for", "kind", "formula", "source")}
    return {"v": quantity.value, "u": quantity.unit, **{key: value for key, value in others.items() if value}}


def from_json(value: Any) -> Any:
    """Nested dicts and lists in which `{"v": …, "u": …}` are quantities again.

    >>> from_json({"sizes": [{"v": 8, "u": "bytes"}], "model": "x"})["sizes"][0] == bytes_of(8)
    True
    """
    if isinstance(value, list):
        return [from_json(part) for part in value]
    if not isinstance(value, dict):
        return value
    if "v" in value and "u" in value:
        return Quantity(value["v"], value["u"], **{key: part for key, part in value.items() if key not in ("v", "u")})
    return {key: from_json(part) for key, part in value.items()}


def named(result: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what a result holds under the name by which prose asks for it: keys joined by underscores.

    A list has no names: give what prose needs a key of its own.

    >>> [*named({"llama-2": {"total": count(7)}, "sizes": [1, 2], "model": "x"})]
    [('llama_2_total', Quantity(value=7, unit='count', ...)), ('model', 'x')]
    """
    for key, value in result.items():
        name = re.sub(r"\W+", "_", key).strip("_").lower()
        if isinstance(value, Mapping):
            yield from ((f"{name}_{rest}", part) for rest, part in named(value))
        elif isinstance(value, Quantity | str | int | float):
            yield name, value
