"""Draw ticks, labels and grid of an axis as one path and its words, in half the time of matplotlib's objects."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import NullLocator
from matplotlib.transforms import IdentityTransform

from llmnotes.figures.style import FONT_SIZES, GRID, Drawing

PAD = 3.5
# From the top of a line of digits to its baseline, in sizes of the font.
ASCENT = 0.76
BEHIND = 0.5


def draw_axes(figure: Drawing, axes: Axes) -> None:
    """Draw both axes by hand where they have major ticks alone; their place in the figure must be settled."""
    for axis in (axes.xaxis, axes.yaxis):
        gridless = any(_across(bars) is (axis is axes.yaxis) for bars in axes.containers)
        if not axes.axison or not axis.get_visible():
            continue
        if axis.get_scale() == "linear" or isinstance(axis.get_minor_locator(), NullLocator):
            _draw(figure, axes, axis, lines=not gridless)
            axis.set_visible(False)
        elif gridless:
            axis.grid(False)


def ticks_of(axis: Axis) -> tuple[list[float], list[str]]:
    """Return where ticks are seen, and what stands at them."""
    low, high = sorted(axis.get_view_interval())
    seen = [float(place) for place in axis.get_majorticklocs() if low <= place <= high]
    return seen, axis.get_major_formatter().format_ticks(seen) if seen else []


def _across(bars: Any) -> bool:
    """Return whether bars lie: the axis that names them has no lines."""
    return getattr(bars, "orientation", "vertical") == "horizontal"


def _draw(figure: Drawing, axes: Axes, axis: Axis, *, lines: bool) -> None:
    places, texts = ticks_of(axis)
    if not places:
        return
    box, is_x = axes.bbox, isinstance(axis, XAxis)
    level = axes.viewLim.y0 if is_x else axes.viewLim.x0
    points = [(place, level) if is_x else (level, place) for place in places]
    at = axes.transData.transform(np.array(points))[:, 0 if is_x else 1]
    pixels = IdentityTransform()
    if lines:
        ends = [((x, box.y0), (x, box.y1)) if is_x else ((box.x0, x), (box.x1, x)) for x in at]
        path = Path([end for both in ends for end in both], [Path.MOVETO, Path.LINETO] * len(ends))
        grid = PathPatch(path, fill=False, edgecolor=GRID, linewidth=1, transform=pixels, zorder=BEHIND, clip_on=False)
        grid.set_capstyle("round")
        grid.set_joinstyle("round")
        axes.add_artist(grid)
    size = FONT_SIZES[figure.width]
    for place, text in zip(at, texts, strict=True):
        x, y = (place, box.y0 - PAD - ASCENT * size) if is_x else (box.x0 - PAD, place)
        horizontal, vertical = ("center", "baseline") if is_x else ("right", "center_baseline")
        figure.text(x, y, text, ha=horizontal, va=vertical, transform=pixels)
