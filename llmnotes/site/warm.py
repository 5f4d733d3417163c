"""Importing this loads and uses once what every worker needs; the fork server does so before it makes any.

The first drawing of a process takes three times as long as the next, as matplotlib looks up fonts and styles.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib

from llmnotes.site import figure, imports


def _draw_once() -> None:
    from llmnotes import plot

    settings = dict(matplotlib.rcParams)
    for width in ("wide", "narrow"):
        drawing, axes = plot.new_figure(width)
        axes.plot([1, 2], label="缓存")
        axes.bar([1, 2], [1, 2])
        plot.label_lines(axes)
        axes.set(xlabel="n", ylabel="GiB")
        figure.inline(plot.render(drawing), "warm", plot.PROPERTIES)
    dict.update(matplotlib.rcParams, settings)


_draw_once()
imports.compile_package(Path(__file__).parents[1])
