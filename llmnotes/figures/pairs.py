"""Two values of one quantity a row, as two dots and a line between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from matplotlib.axes import Axes

from llmnotes.figures.style import INK, PAPER


def paired_dots(
    axes: Axes,
    *,
    names: Sequence[str],
    solid: Sequence[float],
    hollow: Sequence[float],
    labels: tuple[str, str],
    colors: tuple[str, str],
    say: Callable[[float], str],
) -> None:
    """Draw a row for each name, the first on top: a solid dot, a hollow one, and what each is beside it.

    Args:
        axes: Where to draw; the rows take the y axis.
        names: What each row is about; written above it.
        solid: Where the solid dot of each row stands.
        hollow: Where its hollow dot stands.
        labels: What solid and hollow mean, for the key.
        colors: Of the solid dots, and of the hollow ones with the lines.
        say: Turns a value into the text beside its dot.
    """
    places = range(len(names))
    axes.hlines(places, solid, hollow, colors=colors[1], linewidth=2)
    axes.plot(solid, places, "o", color=colors[0], markersize=10, label=labels[0])
    ring: dict[str, Any] = {"markerfacecolor": PAPER, "markeredgewidth": 2, "markersize": 10}
    axes.plot(hollow, places, "o", color=colors[1], label=labels[1], **ring)
    beside: dict[str, Any] = {"textcoords": "offset points", "va": "center", "color": INK}
    for place, name in enumerate(names):
        axes.text(0, place - 0.36, name, transform=axes.get_yaxis_transform(), va="center")
        small, large = sorted((solid[place], hollow[place]))
        axes.annotate(say(small), (small, place), xytext=(-10, 0), ha="right", **beside)
        axes.annotate(say(large), (large, place), xytext=(10, 0), ha="left", **beside)
    axes.set_yticks([])
    axes.set_ylim(len(names) - 0.6, -0.7)
