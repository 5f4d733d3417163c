"""What every figure has in common: colours, type, sizes, and an empty figure of either width."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import matplotlib
from cycler import cycler
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

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
    (0, (12, 2, 4, 2)),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h")

# Pixels, which are points here: 72 to the inch.
SIZES = {"wide": (720, 400), "narrow": (340, 320)}
FONT_SIZES = {"wide": 14.0, "narrow": 13.0}
MOST_TICKS = {"wide": 8, "narrow": 5}
WIDEST_DIRECT_LABEL = {"wide": 220, "narrow": 100}
GAP = 8
LINE_HEIGHT = 1.35

METRICS_FONT = Path(__file__).parents[1] / "site" / "data" / "metrics.ttf"
FAMILIES = ["DejaVu Sans", "llmnotes metrics"]
STYLE: dict[str, Any] = {
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
    "legend.frameon": False,
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


def drawing_of(axes: Axes) -> Drawing:
    """Return the figure that axes stand in.

    Raises:
        TypeError: If it does not come from `new_figure`.
    """
    figure = axes.get_figure()
    if not isinstance(figure, Drawing):
        raise TypeError("these axes do not come from new_figure(width)")
    return figure


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
    dict.update(matplotlib.rcParams, _settings(width))
    figure = Drawing(width, height or SIZES[width][1])
    axes = figure.add_subplot()
    axes.patch.set_visible(False)
    return figure, axes


@lru_cache
def _settings(width: str) -> dict[str, Any]:
    """Return the settings of a width as matplotlib keeps them: looked over once, then only set."""
    before = dict(matplotlib.rcParams)
    matplotlib.rcParams.update({**STYLE, "font.size": FONT_SIZES[width]})  # ty: ignore[no-matching-overload] - its keys are typed as literals
    settled = {name: dict.__getitem__(matplotlib.rcParams, name) for name in (*STYLE, "font.size")}
    dict.update(matplotlib.rcParams, before)
    return settled


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


@lru_cache(maxsize=4096)
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
