"""Figure style: calm, printed, readable on a phone. The only module that imports matplotlib.

A snippet calls `new_figure(width)`, plots, and returns the figure; margins, direct labels and the key are placed when it
is rendered, so it may set limits and scales in any order.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib
from cycler import cycler
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter, Locator, NullLocator
from matplotlib.transforms import IdentityTransform

# Colours by role. A page replaces each by a custom property that follows the reader's light or dark scheme.
INK, MUTED, GRID, PAPER = "#22201c", "#6b665e", "#e3ded4", "#fbf9f4"
SERIES = ("#1d5f9e", "#b0472a", "#2f7d4f", "#7b4a9a", "#8a6d1d", "#127c85", "#a13a68", "#5b6470")
# The custom property that stands for each of them on a page.
PROPERTIES = {INK: "--ln-ink", MUTED: "--ln-muted", GRID: "--ln-grid", PAPER: "--ln-paper"} | {
    color: f"--ln-series-{index}" for index, color in enumerate(SERIES, start=1)
}
DASHES = (
    "-",
    (0, (5, 2)),
    (0, (1.2, 1.6)),
    (0, (7, 2, 1.2, 2)),
    (0, (10, 3)),
    (0, (3, 1.5)),
    (0, (7, 2, 1, 2, 1, 2)),
    "-",
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h")

# Pixels, which are points here: 72 to the inch.
SIZES = {"wide": (720, 400), "narrow": (340, 320)}
FONT_SIZES = {"wide": 14.0, "narrow": 13.0}
MOST_TICKS = {"wide": 8, "narrow": 5}
WIDEST_DIRECT_LABEL = {"wide": 220, "narrow": 100}
GAP = 8
LINE_HEIGHT = 1.35

METRICS_FONT = Path(__file__).parent / "site" / "data" / "metrics.ttf"
FAMILIES = ["DejaVu Sans", "llmnotes metrics"]
STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.formatter.limits": (-5, 9),
    "axes.formatter.use_mathtext": False,
    "axes.formatter.useoffset": False,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.prop_cycle": cycler(color=SERIES) + cycler(linestyle=DASHES),
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.xmargin": 0.02,
    "font.family": FAMILIES,
    "grid.color": GRID,
    "grid.linewidth": 1.0,
    "hatch.linewidth": 1.0,
    "legend.borderaxespad": 0.0,
    "legend.borderpad": 0.0,
    "legend.columnspacing": 1.4,
    "legend.frameon": False,
    "legend.handlelength": 2.0,
    "lines.linewidth": 2.0,
    "lines.markeredgewidth": 0.0,
    "lines.markersize": 7.0,
    "lines.solid_capstyle": "round",
    "patch.edgecolor": PAPER,
    "patch.linewidth": 0.0,
    "svg.fonttype": "none",
    "svg.hashsalt": "llmnotes",
    "text.color": INK,
    "xtick.color": INK,
    "xtick.major.size": 0.0,
    "xtick.minor.size": 0.0,
    "ytick.color": INK,
    "ytick.major.size": 0.0,
    "ytick.minor.size": 0.0,
}


class Drawing(Figure):
    """A figure of one of the two widths, with what is to be placed when it is rendered.

    Args:
        width: "wide" or "narrow".
        height: Pixels.
    """

    def __init__(self, width: str, height: float) -> None:
        super().__init__(figsize=(SIZES[width][0] / 72, height / 72), dpi=72)
        FigureCanvasSVG(self)
        self.width = width
        self.direct: list[Axes] = []
        self.room_right = 0.0
        self.patch.set_visible(False)


def new_figure(width: str, *, height: float | None = None) -> tuple[Drawing, Axes]:
    """Return an empty figure and its axes.

    Args:
        width: "wide" (720 pixels) or "narrow" (340), as `draw` is told.
        height: Pixels, for a figure that grows with its rows.

    Raises:
        ValueError: If `width` is another word.
    """
    if width not in SIZES:
        raise ValueError(f"width is {width!r}: new_figure takes one of {', '.join(SIZES)}")
    use_bundled_fonts()
    matplotlib.rcParams.update(STYLE | {"font.size": FONT_SIZES[width]})
    figure = Drawing(width, height or SIZES[width][1])
    axes = figure.add_subplot()
    axes.patch.set_visible(False)
    return figure, axes


def use_bundled_fonts() -> None:
    """Let nothing depend on the fonts of this machine: matplotlib's own, and the widths of Chinese text."""
    fonts = font_manager.fontManager
    own = [font for font in fonts.ttflist if Path(font.fname).is_relative_to(matplotlib.get_data_path())]
    if len(own) + 1 == len(fonts.ttflist) and any(font.name == FAMILIES[1] for font in fonts.ttflist):
        return
    fonts.ttflist = own
    fonts.addfont(METRICS_FONT)


def series(index: int) -> dict[str, Any]:
    """Return colour, dash and marker of one series, for `plot`: no two series differ by colour alone."""
    return {name: values[index % 8] for name, values in (("color", SERIES), ("linestyle", DASHES), ("marker", MARKERS))}


def log2_axis(axis: Axis, label: Callable[[float], str] | None = None) -> None:
    """Make an axis logarithmic with ticks on powers of two: 4K, 16K, 64K.

    Args:
        axis: `ax.xaxis` or `ax.yaxis`.
        label: Text of a tick; by default K and M are 1024 and 1024².
    """
    getattr(axis.axes, f"set_{axis.axis_name}scale")("log", base=2)
    axis.set_major_locator(PowersOfTwo(axis))
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
    """Ticks on powers of two, evenly thinned to as many as fit."""

    def __init__(self, axis: Axis) -> None:
        self.set_axis(axis)

    def __call__(self) -> Sequence[float]:
        return self.tick_values(*self.axis.get_view_interval())

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        """Return the ticks between two values."""
        first, last = math.ceil(math.log2(max(vmin, 1e-300)) - 1e-9), math.floor(math.log2(max(vmax, 1e-300)) + 1e-9)
        figure = self.axis.get_figure()
        most = MOST_TICKS[figure.width] if isinstance(figure, Drawing) else 8
        step = max(1, math.ceil((last - first + 1) / most))
        return [2.0**exponent for exponent in range(first, last + 1) if exponent % step == 0]


def label_lines(axes: Axes) -> None:
    """Label each line at its end instead of in a legend; where there is no room, a key stands above the plot."""
    _drawing(axes).direct.append(axes)


def label_bars(axes: Axes, bars: Any, texts: Sequence[str]) -> None:
    """Write a text at the end of each horizontal bar, or above each vertical one.

    Args:
        axes: Where the bars are.
        bars: What `barh` or `bar` returned.
        texts: One text a bar.
    """
    axes.bar_label(bars, labels=list(texts), padding=5)
    if getattr(bars, "orientation", "vertical") == "horizontal":
        figure = _drawing(axes)
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


def text_width(text: str, width: str) -> float:
    """Return the width of a text in pixels, on a figure of this width."""
    font = FontProperties(family=FAMILIES, size=FONT_SIZES[width])
    return max(text_to_path.get_text_width_height_descent(line, font, False)[0] for line in text.split("\n"))


def wrap(text: str, room: float, width: str) -> str:
    """Break a text into lines that fit into `room` pixels: at spaces, and between Chinese characters."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line and text_width(line + piece.rstrip(), width) > room:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return "\n".join([*lines, line.rstrip()])


def _pieces(text: str) -> list[str]:
    """Return a text in the parts between which a line may break.

    >>> _pieces("KV 缓存，GiB")
    ['KV ', '缓', '存，', 'GiB']
    """
    pieces: list[str] = []
    for character in text:
        closing = character in "，。；：、！？）》”’"
        joins = (
            pieces
            and not pieces[-1].endswith(" ")
            and (closing or (ord(character) < 0x2E80 and ord(pieces[-1][-1]) < 0x2E80))
        )
        if joins:
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def _drawing(axes: Axes) -> Drawing:
    figure = axes.get_figure()
    if not isinstance(figure, Drawing):
        raise TypeError("these axes do not come from new_figure(width)")
    return figure


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
        x, y = axes.transData.transform(line.get_xydata()[-1])
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
    [90.0, 100.0]
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
