"""Place margins, labels and key of a figure once, and write it as SVG."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import AutoLocator, FuncFormatter, MaxNLocator, ScalarFormatter
from matplotlib.transforms import IdentityTransform

from llmnotes.figures.axis import draw_axes, ticks_of
from llmnotes.figures.style import (
    FONT_SIZES,
    GAP,
    LINE_HEIGHT,
    MARKERS,
    MOST_TICKS,
    MUTED,
    WIDEST_DIRECT_LABEL,
    Drawing,
    drawing_of,
    text_width,
    wrap,
)

LABEL_GAP = 16
SAMPLE_EMS, KEY_GAP_EMS, KEY_LINE_EMS = 2.2, 1.4, 1.45


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
    for label in axes.bar_label(bars, labels=list(texts), padding=5):
        if label.get_verticalalignment() == "center":
            label.set_verticalalignment("center_baseline")
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
    for axes in figure.axes:
        draw_axes(figure, axes)
    file = io.BytesIO()
    figure.savefig(file, format="svg", dpi=72, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return file.getvalue()


def _lay_out(figure: Drawing, axes: Axes) -> None:
    """Set margins and place axis labels and key: measured once, instead of matplotlib's iterative layouts."""
    size = FONT_SIZES[figure.width]
    line = LINE_HEIGHT * size
    for axis in (axes.xaxis, axes.yaxis):
        _calm_ticks(figure, axis)

    y_label = wrap(axes.get_ylabel(), figure.bbox.width, figure.width)
    top = GAP + (line * (1 + y_label.count("\n")) if y_label else 0)
    handles, labels = _key(figure, axes)
    if labels:
        top += _place_key(figure, axes, handles, labels, top)
    width, height = figure.bbox.width, figure.bbox.height
    _write(figure, y_label, 0, height - size)

    left = GAP + max((text_width(text, figure.width) for text in ticks_of(axes.yaxis)[1]), default=0)
    _, x_ticks = ticks_of(axes.xaxis)
    # The first tick may stand at the very left, and half of its text left of that.
    left = max(left, text_width(x_ticks[0], figure.width) / 2 + 4 if x_ticks else 0)
    right = max(figure.room_right, text_width(x_ticks[-1], figure.width) / 2 if x_ticks else 0, 4)
    if axes in figure.direct and not labels:
        widths = [text_width(text, figure.width) for text in _line_labels(axes)]
        right = max(right, LABEL_GAP + 4 + max(widths, default=0))
    bottom = line + GAP / 2
    x_label = wrap(axes.get_xlabel(), width, figure.width)
    if x_label:
        start = min(left, max(0, width - text_width(x_label, figure.width)))
        _write(figure, x_label, start, line * x_label.count("\n") + 0.25 * size)
        bottom += line * (1 + x_label.count("\n"))
    axes.set(xlabel="", ylabel="")
    axes.set_position((left / width, bottom / height, 1 - (left + right) / width, 1 - (top + bottom) / height))


def _calm_ticks(figure: Drawing, axis: Axis) -> None:
    """Group thousands on a plain axis, and thin its ticks where there is little room."""
    if type(axis.get_major_formatter()) is ScalarFormatter:
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", "−")))
    if type(axis.get_major_locator()) is AutoLocator and isinstance(axis, XAxis):
        axis.set_major_locator(MaxNLocator(MOST_TICKS[figure.width] - 1, steps=[1, 2, 2.5, 5, 10]))


def _write(figure: Drawing, text: str, x: float, baseline: float) -> None:
    """Write lines of text, the first on a baseline in pixels."""
    line = LINE_HEIGHT * FONT_SIZES[figure.width]
    for number, part in enumerate(text.split("\n")):
        figure.text(x, baseline - number * line, part, va="baseline", transform=IdentityTransform())


def _key(figure: Drawing, axes: Axes) -> tuple[list[Any], list[str]]:
    """Return what the key above the plot shows: for an asked legend, and where direct labels have no room."""
    handles, labels = axes.get_legend_handles_labels()
    if (legend := axes.get_legend()) is not None:
        shown = [text.get_text() for text in legend.get_texts()]
        legend.remove()
        return (handles if shown == labels else legend.legend_handles), shown
    room = WIDEST_DIRECT_LABEL[figure.width]
    if axes in figure.direct and any(text_width(text, figure.width) > room for text in labels):
        return handles, labels
    return [], []


def _place_key(figure: Drawing, axes: Axes, handles: list[Any], labels: list[str], top: float) -> float:
    """Write the key above the plot, in as many columns as fit; the figure grows by its height, which is returned."""
    width, size = figure.bbox.width, FONT_SIZES[figure.width]
    sample = (SAMPLE_EMS + KEY_GAP_EMS + 0.8) * size
    labels = [wrap(text, width - sample, figure.width) for text in labels]
    columns = max(1, int(width // (sample + max(text_width(text, figure.width) for text in labels))))
    # Columns are filled from above; a label of several lines makes its row higher.
    per_column = math.ceil(len(labels) / min(columns, len(labels)))
    rows = [1 + max(text.count("\n") for text in labels[row::per_column]) for row in range(per_column)]
    height = KEY_LINE_EMS * size * sum(rows) + GAP
    figure.set_size_inches(width / 72, (figure.bbox.height + height) / 72)
    legend = axes.legend(
        handles,
        labels,
        loc="upper left",
        ncols=math.ceil(len(labels) / per_column),
        bbox_to_anchor=(0, 1 - top / figure.bbox.height),
        bbox_transform=figure.transFigure,
        handlelength=SAMPLE_EMS,
        columnspacing=KEY_GAP_EMS,
        labelspacing=0.25,
    )
    for handle, text in zip(handles, legend.get_texts(), strict=True):
        if isinstance(handle, Line2D):
            text.set_gid(_part(handle, "key"))
    return height


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
        ends.append((y, label, line, x + LABEL_GAP / 3))
        if line.get_marker() in ("None", "none", None, ""):
            dot = Line2D(
                [x], [y], marker=MARKERS[index % 8], color=line.get_color(), linestyle="none", transform=pixels
            )
            dot.set_gid(_part(line, "end"))
            axes.add_artist(dot).set_clip_on(False)
    heights = spread([y for y, *_ in ends], gap, low, high)
    start = axes.bbox.x1 + LABEL_GAP
    for (y, label, line, x), height in zip(ends, heights, strict=True):
        text = axes.text(start, height, label, va="center_baseline", transform=pixels)
        text.set_gid(_part(line, "label"))
        if abs(height - y) > 1:
            leader = Line2D([x, start - 2], [y, height], color=MUTED, linewidth=0.8, linestyle="-", transform=pixels)
            leader.set_gid(_part(line, "leader"))
            axes.add_artist(leader).set_clip_on(False)


def _part(line: Line2D, name: str) -> str | None:
    """Return the `gid` of what belongs to a line that has one: a script that redraws the line moves it too."""
    return f"{line.get_gid()}-{name}" if line.get_gid() else None


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
