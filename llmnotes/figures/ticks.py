"""Logarithmic axes that read 4K, 16K, 64K."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from matplotlib.axis import Axis, XAxis
from matplotlib.ticker import FuncFormatter, Locator, NullLocator

from llmnotes.figures.style import MOST_TICKS, Drawing


def log2_axis(axis: Axis, label: Callable[[float], str] | None = None) -> None:
    """Make an axis logarithmic with ticks on powers of two: 4K, 16K, 64K.

    Args:
        axis: `ax.xaxis` or `ax.yaxis`.
        label: Text of a tick; by default K and M are 1024 and 1024².
    """
    set_scale = axis.axes.set_xscale if isinstance(axis, XAxis) else axis.axes.set_yscale
    set_scale("log", base=2)
    figure = axis.get_figure()
    axis.set_major_locator(PowersOfTwo(MOST_TICKS[figure.width] if isinstance(figure, Drawing) else 8))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: (label or short_tokens)(value)))


def short_tokens(value: float) -> str:
    """Return a power of two as people write it.

    >>> [short_tokens(n) for n in (512, 4096, 131072, 2**20)]
    ['512', '4K', '128K', '1M']
    """
    for unit, size in (("M", 2**20), ("K", 2**10)):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


class PowersOfTwo(Locator):
    """Ticks on powers of two, evenly thinned.

    Args:
        most: How many fit.
    """

    def __init__(self, most: int) -> None:
        self.most = most

    def __call__(self) -> Sequence[float]:
        if self.axis is None:
            return []
        return self.tick_values(*self.axis.get_view_interval())

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        """Return the ticks between two values."""
        first, last = math.ceil(math.log2(max(vmin, 1e-300)) - 1e-9), math.floor(math.log2(max(vmax, 1e-300)) + 1e-9)
        step = max(1, math.ceil((last - first + 1) / self.most))
        return [2.0**exponent for exponent in range(first, last + 1) if exponent % step == 0]
