"""Place margins, labels and key of a figure once, and write it as SVG."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import IdentityTransform

from llmnotes.plot.style import (
    FONT_SIZES,
    GAP,
    LINE_HEIGHT,
    MARKERS,
    WIDEST_DIRECT_LABEL,
    Drawing,
    drawing_of,
    text_width,
    wrap,
)


def label_lines(axes: Axes) -> None:
    """Label each line at its end instead of in a legend; where there is no room, a key stands above the plot."""
    drawing_of(axes).direct.append(axes)


def label_bars(axes: Axes, bars: Any, texts: Sequence[str]) -> None:
    """Write a text at the end of each horizontal bar, or above each vertical one.

    Args:
        axes: Where the bars are.
        bars: What `barh` or `bar` returned.
        texts: One text a bar.
    """
    axes.bar_label(bars, labels=list(texts), padding=5)
    if getattr(bars, "orientation", "vertical") == "horizontal":
        figure = drawing_of(axes)
        figure.room_right = max(figure.room_right, 5 + max(text_width(text, figure.width) for text in texts))


def render(figure: Figure) -> bytes:
    """Return the figure as SVG, the same bytes each time.

    Raises:
        TypeError: If the figure does not come from `new_figure`.
    """
    if not isinstance(figure, Drawing):
        raise TypeError(f"draw returned {type(figure).__name__}: return the figure that new_figure(width) gave")
    for axes in figure.axes:
        _lay_out(figure, axes)
    for axes in figure.direct:
        if axes.get_legend() is None:
            _place_line_labels(figure, axes)
    file = io.BytesIO()
    figure.savefig(file, format="svg", dpi=72, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return file.getvalue()


def _lay_out(figure: Drawing, axes: Axes) -> None:
    """Set margins and place axis labels and key: measured once, instead of matplotlib's iterative layouts."""
    width, height = figure.bbox.width, figure.bbox.height
    line = LINE_HEIGHT * FONT_SIZES[figure.width]
    handles, labels = _key(figure, axes)
    y_label = wrap(axes.get_ylabel(), width, figure.width)
    x_label = wrap(axes.get_xlabel(), width, figure.width)
    axes.set(xlabel="", ylabel="")
    for bars in axes.containers:
        (axes.yaxis if getattr(bars, "orientation", "vertical") == "horizontal" else axes.xaxis).grid(False)

    left = GAP + max((text_width(text, figure.width) for text in _tick_texts(axes.yaxis)), default=0)
    x_ticks = _tick_texts(axes.xaxis)
    right = max(figure.room_right, text_width(x_ticks[-1], figure.width) / 2 if x_ticks else 0, 4)
    if axes in figure.direct and not labels:
        right = max(right, 2 * GAP + max((text_width(text, figure.width) for text in _line_labels(axes)), default=0))
    top = GAP
    if y_label:
        figure.text(0, 1, y_label, va="top", linespacing=LINE_HEIGHT)
        top += line * (1 + y_label.count("\n"))
    if labels:
        sample = 3.2 * FONT_SIZES[figure.width] + 1.4 * FONT_SIZES[figure.width]
        columns = max(1, int(width // (sample + max(text_width(text, figure.width) for text in labels))))
        columns = min(columns, len(labels))
        axes.legend(
            handles,
            labels,
            loc="upper left",
            ncols=columns,
            bbox_to_anchor=(0, 1 - top / height),
            bbox_transform=figure.transFigure,
            labelspacing=0.35,
        )
        top += line * math.ceil(len(labels) / columns) + GAP
    bottom = line + GAP / 2
    if x_label:
        start = min(left, max(0, width - text_width(x_label, figure.width)))
        figure.text(start / width, 0, x_label, va="bottom", linespacing=LINE_HEIGHT)
        bottom += line * (1 + x_label.count("\n"))
    axes.set_position((left / width, bottom / height, 1 - (left + right) / width, 1 - (top + bottom) / height))


def _key(figure: Drawing, axes: Axes) -> tuple[list[Any], list[str]]:
    """Return what the key above the plot shows: for an asked legend, and where direct labels have no room."""
    handles, labels = axes.get_legend_handles_labels()
    if (legend := axes.get_legend()) is not None:
        legend.remove()
        return handles, labels
    room = WIDEST_DIRECT_LABEL[figure.width]
    if axes in figure.direct and any(text_width(text, figure.width) > room for text in labels):
        return handles, labels
    return [], []


def _tick_texts(axis: Axis) -> list[str]:
    """Return the texts of the ticks that will be seen."""
    low, high = sorted(axis.get_view_interval())
    seen = [place for place in axis.get_majorticklocs() if low <= place <= high]
    return axis.get_major_formatter().format_ticks(seen) if seen else []


def _line_labels(axes: Axes) -> dict[str, Line2D]:
    """Return the lines that have a label, by it."""
    return {str(line.get_label()): line for line in axes.get_lines() if not str(line.get_label()).startswith("_")}


def _place_line_labels(figure: Drawing, axes: Axes) -> None:
    """Write each line's label beside its last point, moved apart where two would touch."""
    pixels = IdentityTransform()
    gap = 1.25 * FONT_SIZES[figure.width]
    low, high = axes.bbox.y0, axes.bbox.y1
    ends = []
    for index, (label, line) in enumerate(_line_labels(axes).items()):
        x, y = axes.transData.transform(np.asarray(line.get_path().vertices)[-1])
        y = min(max(y, low), high)
        ends.append((y, label))
        if line.get_marker() in ("None", "none", None, ""):
            dot = Line2D(
                [x], [y], marker=MARKERS[index % 8], color=line.get_color(), linestyle="none", transform=pixels
            )
            axes.add_artist(dot).set_clip_on(False)
    heights = spread([y for y, _ in ends], gap, low, high)
    for (_, label), y in zip(ends, heights, strict=True):
        axes.text(axes.bbox.x1 + GAP, y, label, va="center_baseline", transform=pixels)


def spread(heights: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move heights apart until neighbours are `gap` apart, within `low` and `high` where they fit, in their order.

    >>> spread([0.0, 1.0, 50.0], gap=10, low=0, high=100)
    [0.0, 10.0, 50.0]
    >>> spread([99.0, 100.0], gap=10, low=0, high=100)
    [90, 100]
    """
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    placed = list(heights)
    floor = low
    for index in order:
        placed[index] = max(placed[index], floor)
        floor = placed[index] + gap
    ceiling = high
    for index in reversed(order):
        placed[index] = min(placed[index], ceiling)
        ceiling = placed[index] - gap
    return placed
