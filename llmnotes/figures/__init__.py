"""Figure style: calm, printed, readable on a phone. The only part of the package that imports matplotlib.

A snippet calls `new_figure(width)`, plots, and returns the figure. Margins, direct labels and the key are placed when
it is rendered, so it may set limits and scales in any order.
"""

from llmnotes.figures.layout import label_bars, label_lines, render
from llmnotes.figures.pairs import paired_dots
from llmnotes.figures.style import (
    DASHES,
    GRID,
    INK,
    MARKERS,
    MUTED,
    PAPER,
    PROPERTIES,
    SERIES,
    new_figure,
    series,
    text_width,
    wrap,
)
from llmnotes.figures.ticks import log2_axis, short_tokens

__all__ = [
    "DASHES",
    "GRID",
    "INK",
    "MARKERS",
    "MUTED",
    "PAPER",
    "PROPERTIES",
    "SERIES",
    "label_bars",
    "label_lines",
    "log2_axis",
    "new_figure",
    "paired_dots",
    "render",
    "series",
    "short_tokens",
    "text_width",
    "wrap",
]
