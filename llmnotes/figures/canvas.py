"""What a chart is drawn on: one width, one language, axes that read in the unit of their quantities."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from llmnotes.figures.labels import ID, Label, Speaker
from llmnotes.figures.style import MOST_TICKS, Drawing, new_figure
from llmnotes.figures.ticks import log2_axis, short_tokens
from llmnotes.quantities import REMEDY, Quantity, QuantityError

BINARY = (("B", 1), ("KiB", 2**10), ("MiB", 2**20), ("GiB", 2**30), ("TiB", 2**40), ("PiB", 2**50))
FLOPS = (("FLOPs", 1), ("GFLOPs", 1e9), ("TFLOPs", 1e12), ("PFLOPs", 1e15), ("EFLOPs", 1e18), ("ZFLOPs", 1e21))
COUNTS = {
    "zh": (("", 1), ("万", 1e4), ("亿", 1e8), ("万亿", 1e12)),
    "en": (("", 1), ("M", 1e6), ("B", 1e9), ("T", 1e12)),
}
# Units that are written alike whatever their size: name in each language, and what one of it is.
PLAIN = {
    "share": ("%", "%", 0.01),
    "ratio": ("", "", 1),
    "usd": ("美元", "$", 1),
    "tokens": ("token", "tokens", 1),
    "number": ("", "", 1),
}
SECONDS = {
    "zh": (("µs", 1e-6), ("毫秒", 1e-3), ("秒", 1), ("小时", 3600)),
    "en": (("µs", 1e-6), ("ms", 1e-3), ("s", 1), ("h", 3600)),
}
PER = {"tokens": ("/token", "/token"), "seconds": ("/秒", "/s")}
# Ticks of a logarithmic axis that spans little are set at these multiples of a power of ten.
FINE = (1.0, 2.0, 5.0)
SPAN_OF_ONE_UNIT = 1e4
COARSE = {"wide": 100, "narrow": 30}


@dataclass(frozen=True)
class Scale:
    """How the numbers of an axis or a column are written: their name, and how much one of it is."""

    name: str
    size: float


def scale_of(values: Iterable[Quantity], lang: str) -> Scale:
    """Scale in which the largest of these quantities is a number of one to three digits before the point."""
    values = list(values)
    top, _, bottom = unit_of(values).partition("/")
    per = PER.get(bottom, (f"/{bottom}",) * 2)[lang == "en"] if bottom else ""
    if top in PLAIN:
        zh, en, size = PLAIN[top]
        return Scale((zh if lang == "zh" else en) + per, size)
    largest = max((abs(value.value) for value in values), default=0)
    steps = {"bytes": BINARY, "flops": FLOPS, "seconds": SECONDS[lang]}.get(top, COUNTS[lang])
    name, size = next(((name, size) for name, size in reversed(steps) if largest >= size), steps[0])
    return Scale(name + per, size)


def unit_of(values: Iterable[Any]) -> str:
    """Unit that quantities have in common.

    Raises:
        QuantityError: If one has none, or two differ.
    """
    units: list[str] = []
    for value in values:
        if not isinstance(value, Quantity):
            raise QuantityError(f"{value!r} is drawn without a unit", REMEDY)
        units.append(value.unit)
    if len(set(units)) > 1:
        raise QuantityError(f"one axis has {' and '.join(dict.fromkeys(units))}", "draw one unit on an axis")
    return units[0] if units else "number"


@dataclass(frozen=True)
class Canvas:
    """What `draw(result, canvas)` draws on.

    Args:
        width: "wide" or "narrow".
        speaker: Writes labels and quantities in the language of the page.
        n_steps: How many steps a mechanism has, as the part `steps` says.
    """

    width: str
    speaker: Speaker
    n_steps: int = 0

    @property
    def narrow(self) -> bool:
        """Whether it is for a phone."""
        return self.width == "narrow"

    def say(self, what: Any, form: str = "") -> str:
        """Text of a label, a glossary id, a proper name or a quantity, in the language of the page."""
        return self.speaker.say(what, form)

    def figure(self, *, height: float | None = None) -> tuple[Drawing, Axes]:
        """Empty figure of this width and its axes."""
        return new_figure(self.width, height=height)

    def axis(self, axis: Axis, what: Any, values: Iterable[Quantity], *, log: bool = False) -> None:
        """Let an axis, on which values stand in base units, read `what (GiB)` with numbers in that unit.

        Args:
            axis: `ax.xaxis` or `ax.yaxis`.
            what: Its label.
            values: The quantities that stand on it; they choose the unit.
            log: Logarithmic: on powers of two for tokens and bytes, else on powers of ten.
        """
        values = list(values)
        # What lies in the middle of a logarithmic axis chooses its unit, not what lies at its end.
        choose = [_middle(values)] if log and values else values
        scale, places = scale_of(choose, self.speaker.lang), scale_of(choose, "en").size
        unit = unit_of(values)
        whole = unit in ("tokens", "bytes")
        held = [value.value for value in values if value.value > 0]
        span = max(held) / min(held) if held else 1.0
        # Over many powers of ten no single unit reads well: each tick then has its own.
        each = log and span > SPAN_OF_ONE_UNIT and unit in ("bytes", "flops", "count", "seconds")
        axis.set_label_text(self.say(what) if each else self.speaker.with_unit(what, scale.name))

        def say(value: float) -> str:
            if each and unit == "seconds":
                # A power of ten is no round number of minutes or hours.
                own = scale_of([Quantity(min(value, 1), unit)], self.speaker.lang)
                return f"{_tick(value / own.size)} {own.name}"
            if each:
                return self.say(Quantity(value, unit), "short" if unit == "count" else "")
            return short_tokens(value) if log and unit == "tokens" else _tick(value / scale.size)

        if log and whole:
            log2_axis(axis, label=say)
            return
        if log:
            is_x = isinstance(axis, XAxis)
            set_scale = axis.axes.set_xscale if is_x else axis.axes.set_yscale
            set_scale("log")
            most = MOST_TICKS[self.width] if is_x else 12
            # Three ticks a power of ten have room where there are few powers.
            coarse = span > (COARSE[self.width] if is_x else COARSE["wide"])
            axis.set_major_locator(LogLocator(subs=(1.0,) if coarse else FINE, numticks=most))
            axis.set_minor_locator(NullLocator())
        else:
            most = MOST_TICKS[self.width] - 1 if isinstance(axis, XAxis) else 9
            axis.set_major_locator(ScaledLocator(most, places))
        axis.set_major_formatter(FuncFormatter(lambda value, _: say(value)))

    def rows(self, axes: Axes, names: Iterable[Any]) -> None:
        """Name the rows of horizontal bars, the first on top."""
        said = [self.say(name) for name in names]
        axes.set_yticks(range(len(said)), said)
        axes.yaxis.set_major_locator(FixedLocator(list(range(len(said)))))
        axes.invert_yaxis()


class ScaledLocator(MaxNLocator):
    """Ticks at round numbers of a unit that is not the one of the axis.

    Args:
        most: How many intervals at most.
        size: What one of the unit is on the axis.
    """

    def __init__(self, most: int, size: float) -> None:
        super().__init__(most, steps=[1, 2, 2.5, 5, 10])
        self.size = size

    def tick_values(self, vmin: float, vmax: float) -> Any:
        """Ticks between two values of the axis."""
        return np.asarray(super().tick_values(vmin / self.size, vmax / self.size)) * self.size


def _middle(values: list[Quantity]) -> Quantity:
    """Geometric mean of the smallest and the largest quantity above zero."""
    unit = unit_of(values)
    held = [value.value for value in values if value.value > 0] or [1.0]
    return Quantity((min(held) * max(held)) ** 0.5, unit)


def mark(key: Any) -> str | None:
    """Name by which `play` knows what is drawn for a key: the key itself, or its own, where it is an id."""
    key = key.id if isinstance(key, Label) else key
    return key if isinstance(key, str) and ID.fullmatch(key) else None


def _tick(value: float) -> str:
    if abs(value) >= 1e6:
        return f"{value:,.0f}".replace("-", "−")
    return f"{value:,.6g}".replace("-", "−") if abs(value) >= 1e-4 or value == 0 else f"{value:g}"
