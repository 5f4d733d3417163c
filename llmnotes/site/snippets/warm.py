"""Importing this loads and uses once what every worker needs; the fork server does so before it makes any.

The first drawing of a process takes three times as long as the next, as matplotlib looks up fonts and styles.
"""

from __future__ import annotations

import matplotlib

from llmnotes import figures
from llmnotes.site.drawing import figure
from llmnotes.site.places import PACKAGE
from llmnotes.site.snippets import imports


def _draw_once() -> None:

    settings = dict(matplotlib.rcParams)
    for width in ("wide", "narrow"):
        drawing, axes = figures.new_figure(width)
        axes.plot([1, 2], label="缓存")
        axes.bar([1, 2], [1, 2])
        figures.label_lines(axes)
        axes.set(xlabel="n", ylabel="GiB")
        figure.inline(figures.render(drawing), "warm", figures.PROPERTIES)
    dict.update(matplotlib.rcParams, settings)


_draw_once()
imports.compile_package(PACKAGE)
