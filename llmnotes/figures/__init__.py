"""Figure style: calm, printed, readable on a phone. The only part of the package that imports matplotlib.

A snippet calls `new_figure(width)`, plots, and returns the figure. Margins, direct labels and the key are placed when
it is rendered, so it may set limits and scales in any order.
"""

from llmnotes.figures.canvas import Canvas
from llmnotes.figures.charts import Chart, Table, bars, dumbbells, grouped_bars, lines, roofline, scatter, stacked_bars
from llmnotes.figures.labels import Label, Speaker, label, name
from llmnotes.figures.layout import label_bars, label_lines, render
from llmnotes.figures.mechanism import Mechanism
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
    "Canvas",
    "Chart",
    "Label",
    "Mechanism",
    "Speaker",
    "Table",
    "bars",
    "dumbbells",
    "grouped_bars",
    "label",
    "label_bars",
    "label_lines",
    "lines",
    "log2_axis",
    "name",
    "new_figure",
    "paired_dots",
    "render",
    "roofline",
    "scatter",
    "series",
    "short_tokens",
    "stacked_bars",
    "text_width",
    "wrap",
]
