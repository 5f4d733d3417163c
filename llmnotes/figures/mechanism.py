"""Drawings of a mechanism: boxes, arrows, cells and words in pixels, as a whole or step by step."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from llmnotes.figures.canvas import Canvas
from llmnotes.figures.style import (
    FONT_SIZES,
    INK,
    LINE_HEIGHT,
    MUTED,
    PAPER,
    SERIES,
    SIZES,
    text_width,
    use_bundled_fonts,
    wrap,
)

PADDING = 6
HEAD = 7


class MechanismError(ValueError):
    """What does not fit into a drawing; with the remedy."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass
class Mechanism:
    """A drawing that `draw(result, canvas)` fills and returns.

    Everything may say at which steps it is there: `steps=2`, `steps=(2, 3)`; by default at all of them. What the steps
    are, the part `steps(result)` says, one label each; a reader chooses one, without any script.

    Args:
        canvas: What `draw` is given.
        height: Pixels; the width is that of the canvas, 720 or 340.

    >>> from llmnotes.figures import Speaker
    >>> drawing = Mechanism(Canvas("narrow", Speaker("en", lambda id: None)), height=60)
    >>> drawing.box(0, 0, 100, 40, "KV", color=0)
    >>> drawing.svg().decode().count("<rect")
    1
    """

    canvas: Canvas
    height: float
    parts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        use_bundled_fonts()

    @property
    def width(self) -> float:
        """Pixels across."""
        return SIZES[self.canvas.width][0]

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        what: Any = "",
        *,
        color: int | None = None,
        dashed: bool = False,
        steps: int | Sequence[int] = (),
    ) -> None:
        """Draw a box with words in its middle, broken into lines; `color` is one of the series, none for paper.

        Raises:
            MechanismError: If it leaves the drawing, or its words do not fit into it.
        """
        self._within(x, y, x + width, y + height, "a box")
        fill = PAPER if color is None else SERIES[color]
        edge = f' stroke-dasharray="4 3" stroke="{MUTED}"' if dashed else f' stroke="{INK if color is None else fill}"'
        parts = [f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" fill="{fill}"{edge}/>']
        if said := self.canvas.say(what) if what else "":
            lines = wrap(said, width - 2 * PADDING, self.canvas.width).split("\n")
            line = LINE_HEIGHT * self._size
            widest = max(text_width(one, self.canvas.width) for one in lines)
            if widest > width or len(lines) * line > height:
                needs, has = f"{widest:.0f} × {len(lines) * line:.0f}", f"{width:g} × {height:g}"
                message = f"the words “{said}” need {needs} pixels in a box of {has}"
                raise MechanismError(message, "make the box larger, or say it shorter")
            top = y + height / 2 - line * (len(lines) - 1) / 2
            ink = INK if color is None else PAPER
            middle = x + width / 2
            parts += [self._words(middle, top + at * line, one, "middle", ink) for at, one in enumerate(lines)]
        self._add(parts, steps)

    def words(
        self,
        x: float,
        y: float,
        what: Any,
        *,
        anchor: str = "start",
        muted: bool = False,
        steps: int | Sequence[int] = (),
    ) -> None:
        """Write words on a line whose middle is at `y`; `anchor` is start, middle or end.

        Raises:
            MechanismError: If they leave the drawing.
        """
        said = self.canvas.say(what)
        long = text_width(said, self.canvas.width)
        left = x - long * {"start": 0, "middle": 0.5, "end": 1}[anchor]
        self._within(left, y, left + long, y, f"the words “{said}”")
        self._add([self._words(x, y, said, anchor, MUTED if muted else INK)], steps)

    def arrow(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        *,
        muted: bool = False,
        steps: int | Sequence[int] = (),
    ) -> None:
        """Draw an arrow from one point to another."""
        self._within(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2), "an arrow")
        color, long = MUTED if muted else INK, max(((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5, 1e-9)
        dx, dy = (x2 - x1) / long * HEAD, (y2 - y1) / long * HEAD
        x3, y3 = x2 - dx, y2 - dy
        points = [(x2, y2), (x3 - dy / 2, y3 + dx / 2), (x3 + dy / 2, y3 - dx / 2)]
        head = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        path = f"M {x1:.1f} {y1:.1f} L {x3:.1f} {y3:.1f}"
        line = f'<path d="{path}" fill="none" stroke="{color}" stroke-width="1.5"/>'
        self._add([line, f'<polygon points="{head}" fill="{color}"/>'], steps)

    def cells(
        self,
        x: float,
        y: float,
        *,
        rows: int,
        columns: int,
        size: float,
        filled: Iterable[tuple[int, int]] = (),
        color: int = 0,
        steps: int | Sequence[int] = (),
    ) -> None:
        """Draw a grid of square cells, row by row from the top, of which some are filled.

        Raises:
            MechanismError: If it leaves the drawing, or a filled cell is none of it.
        """
        self._within(x, y, x + columns * size, y + rows * size, "a grid")
        chosen = set(filled)
        if outside := [cell for cell in chosen if not (0 <= cell[0] < rows and 0 <= cell[1] < columns)]:
            message = f"the cell {outside[0]} is none of {rows} × {columns}"
            raise MechanismError(message, "count rows and columns from 0")
        others = [(row, column) for row in range(rows) for column in range(columns) if (row, column) not in chosen]
        parts = []
        for fill, cells in ((PAPER, others), (SERIES[color], sorted(chosen))):
            path = " ".join(_square(x + column * size, y + row * size, size) for row, column in cells)
            parts += [f'<path d="{path}" fill="{fill}" stroke="{MUTED}"/>'] if path else []
        self._add(parts, steps)

    def svg(self) -> bytes:
        """Drawing as a file, the same bytes each time."""
        size = f'width="{self.width:g}pt" height="{self.height:g}pt" viewBox="0 0 {self.width:g} {self.height:g}"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(self.parts)}</svg>'.encode()

    @property
    def _size(self) -> float:
        return FONT_SIZES[self.canvas.width]

    def _words(self, x: float, y: float, said: str, anchor: str, color: str) -> str:
        # A third of an em below the middle is the baseline.
        style = f"font-size: {self._size:g}px; text-anchor: {anchor}; fill: {color}"
        words = html.escape(said, quote=False)
        return f'<text x="{x:.1f}" y="{y + 0.34 * self._size:.1f}" style="{style}">{words}</text>'

    def _within(self, left: float, top: float, right: float, bottom: float, what: str) -> None:
        if left < -0.5 or top < -0.5 or right > self.width + 0.5 or bottom > self.height + 0.5:
            message = f"{what} from ({left:.0f}, {top:.0f}) to ({right:.0f}, {bottom:.0f}) leaves the drawing"
            raise MechanismError(message, f"stay within {self.width:g} × {self.height:g}; a phone has 340 across")

    def _add(self, parts: Sequence[str], steps: int | Sequence[int]) -> None:
        chosen = [steps] if isinstance(steps, int) else [*steps]
        n_steps = self.canvas.n_steps
        if wrong := [step for step in chosen if not 1 <= step <= n_steps]:
            message = f"something is drawn at step {wrong[0]} of {n_steps}"
            raise MechanismError(message, "let steps(result) return a label for each step")
        if not chosen or len(chosen) == n_steps:
            self.parts += parts
            return
        last = ' data-last=""' if n_steps in chosen else ""
        begin, end = f'<g data-steps="{" ".join(map(str, chosen))}"{last}>', "</g>"
        # What follows at the same steps stands in the same group.
        before = self.parts.pop().removesuffix(end) if self.parts and self.parts[-1].startswith(begin) else begin
        self.parts.append(before + "".join(parts) + end)


def _square(x: float, y: float, size: float) -> str:
    right, bottom = x + size, y + size
    return f"M {x:g} {y:g} L {right:g} {y:g} L {right:g} {bottom:g} L {x:g} {bottom:g} z"
