"""The parts of a snippet that show its result: drawing, table, what a reader can change or is asked, numbers by name.

What a snippet returns is of classes of its own, since it imports the package as it is now: they are told by name.
"""

from __future__ import annotations

import dataclasses
import importlib
import types
from typing import Any

from llmnotes.site.drawing import figure
from llmnotes.site.script import ask_part, play_part
from llmnotes.site.snippets import parts
from llmnotes.site.snippets.labels import Labels
from llmnotes.site.snippets.order import Task
from llmnotes.site.text.problem import UnfitError

MOST_SVG_BYTES = 250_000
# A table that draws fewer rows than it has is shown in full up to so many.
MOST_ROWS = 40


def run(module: types.ModuleType, task: Task, labels: Labels) -> Any:
    """Return what a step of the kind "draw" or "words" asks for, as plain JSON."""
    shows = _Shows(module, task, labels)
    return shows.drawing() if task.step.kind == "draw" else shows.words()


def in_words(part: Any, speaker: Any) -> Any:
    """Return a `Play`, or a part of it, with its labels in the language of the page."""
    # A label in both languages; that of a number, which `play` moves, has another form.
    if type(part).__name__ == "Label" and hasattr(part, "en"):
        return speaker.say(part)
    if isinstance(part, dict):
        return {key: in_words(value, speaker) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return type(part)(in_words(value, speaker) for value in part)
    if dataclasses.is_dataclass(part) and not isinstance(part, type):
        said = {field.name: in_words(getattr(part, field.name), speaker) for field in dataclasses.fields(part)}
        if type(part).__name__ == "Control" and said["label"]:
            said["label"] = speaker.say(part.label)
        return dataclasses.replace(part, **said)
    return part


class _Shows:
    """What a snippet shows of one result in one language."""

    def __init__(self, module: types.ModuleType, task: Task, labels: Labels) -> None:
        self.quantities = importlib.import_module("llmnotes.quantities")
        self.parts, self.read, self.lang, self.width = module.__dict__, task.read, task.step.lang, task.step.width
        self.result = self.quantities.from_json(task.result)
        self.speaker = importlib.import_module("llmnotes.figures.labels").Speaker(self.lang, labels.term)
        labels_of_steps = self.parts["steps"](self.result) if "steps" in self.read.lines else ()
        self.steps = [self.speaker.say(one) for one in labels_of_steps]
        self.play = in_words(self.parts["play"](self.result), self.speaker) if "play" in self.read.lines else None

    def drawing(self) -> str:
        """Return the drawing of one width as SVG."""
        figures = importlib.import_module("llmnotes.figures")
        canvas = figures.Canvas(self.width, self.speaker, len(self.steps))
        chart = self.parts["draw"](*self._arguments(canvas))
        is_chart = type(chart).__name__ == "Chart"
        drawn = chart.draw(canvas) if is_chart else chart
        rendered = drawn.svg() if type(drawn).__name__ == "Mechanism" else figures.render(drawn)
        prefix = f"{self.read.id}-{self.width[0]}"
        places = self._places(chart, drawn) if is_chart else {}
        marks: tuple[str, ...] = ()
        if self.play is not None and self.play.marks:
            play_part.check_drawn(self.play, drawn, self.lang)
            places, marks = places | play_part.scales(drawn), tuple(self.play.marks)
        follow = figure.Follow(places, marks)
        svg = play_part.told_by_marks(figure.inline(rendered, prefix, figures.PROPERTIES, follow))
        if len(svg) > MOST_SVG_BYTES:
            raise UnfitError(f"draws {len(svg) / 1e3:.0f} kB", "draw fewer points: a line needs some two hundred")
        return svg

    def words(self) -> dict[str, Any]:
        """Return numbers by name, as prose fills them in and as they are, the table, and what a reader can change."""
        named = self._named()
        claims = {name: self._text(value) for name, value in named.items()}
        play = self.play and play_part.page_data(self.play, claims, self.lang)
        ask = self._asked()
        first = zip(ask["names"], ask["texts"][0], strict=True) if ask else ()
        asked = {f"{ask_part.PREFIX}{name}": said for name, said in first}
        if twice := sorted({*claims} & {*asked}):
            raise UnfitError(f"compute returns {twice[0]}, which is a name of ask", "give it another key")
        return {
            "claims": {name: said for name, said in (claims | asked).items() if said},
            "quantities": {name: parts.plain(value, name) for name, value in named.items()},
            "table": self._table(),
            "steps": self.steps,
            "play": play,
            "ask": ask,
        }

    def _places(self, chart: Any, drawn: Any) -> dict[str, str]:
        """Return where the rows of the table lie in a rendered chart; nothing where the table has other rows."""
        rows = self.parts["table"](self.result).rows if self._has_table() else chart.table.rows
        rows = [rows[at] for at in self._on_page(rows)] or rows
        if chart.points and len(rows) == len(chart.points):
            return play_part.points_of(drawn, chart.points)
        # A table of the snippet's own may have more columns, but what it begins with is what the chart is over.
        if chart.rows and [row[0] for row in rows] == [row[0] for row in chart.table.rows]:
            return play_part.rows_along(drawn, *chart.rows)
        return {}

    def _on_page(self, rows: Any) -> list[int]:
        """Return which rows of a long table the page shows: those that are drawn, in their order; none where it is all.

        The file to download has every row.
        """
        if not self._has_table() or len(rows) <= MOST_ROWS or self.parts["draw"].__code__.co_argcount != 1:
            return []
        chart = self.parts["draw"](self.result)
        first = [row[0] for row in rows]
        drawn = [row[0] for row in chart.table.rows] if type(chart).__name__ == "Chart" else []
        return [first.index(one) for one in drawn] if {*drawn} < {*first} else []

    def _has_table(self) -> bool:
        """Return whether the snippet writes its table itself, beside what it draws."""
        return "table" in self.read.lines

    def _arguments(self, canvas: Any) -> list[Any]:
        takes = self.parts["draw"].__code__.co_argcount
        return [self.result, canvas][:takes]

    def _asked(self) -> dict[str, Any] | None:
        """Return the exercise with all its cases, None where there is none."""
        if "ask" not in self.read.lines:
            return None
        ask = self.parts["ask"]
        return ask_part.page_data(ask(*[self.result][: ask.__code__.co_argcount]), self.speaker)

    def _named(self) -> dict[str, Any]:
        """Return what prose may name, by its name."""
        named: dict[str, Any] = {}
        for name, value in self.quantities.named(self.result):
            if name in named:
                raise UnfitError(f"two parts of the result are called {name}", "give one of them another key")
            named[name] = value
        return named

    def _text(self, value: Any) -> str:
        """Return the text of a named part; empty for a plain number, which has no unit."""
        if type(value).__name__ == "Quantity":
            return self.quantities.text(value, self.lang)
        return value if isinstance(value, str) else ""

    def _table(self) -> dict[str, Any]:
        if not self.read.shows:
            return {"columns": [], "rows": [], "unit": ""}
        table = self.parts["table"](self.result) if self._has_table() else self._drawn_table()
        if type(table).__name__ != "Table":
            raise UnfitError(f"table returns {type(table).__name__}", "return llmnotes.figures.Table(columns, rows)")
        columns = [[row[place] for row in table.rows if place < len(row)] for place in range(len(table.columns))]
        written = [self._column(name, cells) for name, cells in zip(table.columns, columns, strict=True)]
        rows = [
            [one(cell) for (_, one), cell in zip(written, row, strict=False)] + ["" for _ in row[len(written) :]]
            for row in table.rows
        ]
        said: dict[str, Any] = {"columns": [name for name, _ in written], "rows": rows, "unit": ""}
        said |= {"on_page": self._on_page(table.rows)} if "draw" in self.read.lines else {}
        return parts.check_table(said | ({"bars": table.bars} if table.bars else {}), drawn="draw" in self.read.lines)

    def _drawn_table(self) -> Any:
        chart = self.parts["draw"](self.result)
        if type(chart).__name__ != "Chart":
            remedy = "return a chart of llmnotes.figures, or write draw(result, canvas) and table(result)"
            raise UnfitError(f"draw returns {type(chart).__name__}", remedy)
        return chart.table

    def _column(self, name: Any, cells: list[Any]) -> tuple[str, Any]:
        """Return what stands above a column, and what writes its cells: numbers in one unit, or words."""
        canvas = importlib.import_module("llmnotes.figures.canvas")
        numbers = [cell for cell in cells if type(cell).__name__ == "Quantity"]
        alike = len({cell.unit for cell in numbers}) == 1 and all(cell is None or cell in numbers for cell in cells)
        label = self.speaker.say(name) if name else ""
        if not numbers or not alike:
            # One column writes lengths in one way, also where a word stands among them.
            lengths = {cell.unit for cell in numbers} == {"tokens"}
            return label, self._length if lengths else self._cell
        exact = numbers[0].unit in ("count", "tokens")
        scale = canvas.scale_of(numbers, self.lang)
        if exact:
            unit = scale.name if numbers[0].unit == "tokens" else ""
            return self.speaker.with_unit(name, unit), lambda cell: None if cell is None else cell.value
        return (
            self.speaker.with_unit(name, scale.name),
            lambda cell: None if cell is None else cell.value / scale.size,
        )

    def _length(self, cell: Any) -> Any:
        return self.speaker.say(cell, "exact") if type(cell).__name__ == "Quantity" else self._cell(cell)

    def _cell(self, cell: Any) -> Any:
        return cell if cell is None or isinstance(cell, bool) else self.speaker.say(cell)
