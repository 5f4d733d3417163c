"""The numbers of a figure as a table; where nothing else is drawn, with a bar and a ring in each row."""

from __future__ import annotations

import html
import math
import re
from typing import Any

from llmnotes.site.text.shown import Table
from llmnotes.units import format_number

WORDS = {
    "zh": {"missing": "–", "yes": "是", "no": "否", "part": "图里画出的 {} 行；CSV 里有全部 {} 行。"},
    "en": {"missing": "–", "yes": "yes", "no": "no", "part": "The {} rows that are drawn; the CSV has all {}."},
}
LARGEST_PLAIN = 10_000_000_000_000
# A flag of a command, at whose hyphens a browser would break the line.
FLAG = re.compile(r"(?<!\S)--?[a-z][a-z-]*")
# The style sheet knows as many.
MOST_NUMBER_COLUMNS = 9


def table_html(table: Table, lang: str) -> str:
    """Return a table; one that has bars says of each row how long they are."""
    head = "".join(f'<th scope="col">{html.escape(name, quote=False)}</th>' for name in table.columns)
    columns, shown = _number_columns(table), table.shown_rows
    bars = _bars(table) if table.bars == "log" else [""] * len(shown)
    rows = "".join(f"<tr{bar}>{_cells(row, lang, columns)}</tr>" for row, bar in zip(shown, bars, strict=True))
    part = WORDS[lang]["part"].format(len(shown), len(table.rows)) if table.on_page else ""
    said = " ".join(filter(None, (table.unit, part)))
    caption = f"<caption>{html.escape(said, quote=False)}</caption>" if said else ""
    numbers = f' data-numbers="{" ".join(map(str, columns))}"' if columns else ""
    return f"<table{numbers}>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def cell_text(cell: Any, lang: str) -> str:
    """Return a cell as people read it: thousands grouped, four significant digits after the point.

    >>> [cell_text(cell, "en") for cell in (131072, 0.0144118, 12345.678, None, "GQA")]
    ['131,072', '0.01441', '12,346', '–', 'GQA']
    """
    if cell is None or isinstance(cell, bool):
        return WORDS[lang]["missing" if cell is None else "yes" if cell else "no"]
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, float):
        whole = abs(cell) >= 1000
        return f"{cell:,.0f}" if whole and abs(cell) < LARGEST_PLAIN else format_number(cell, 4)
    return str(cell)


def _bars(table: Table) -> list[str]:
    """Return, for each row, how far its bar and its ring are along a logarithmic scale, as custom properties."""
    values = [value for _, *pair in table.rows for value in pair]
    low, high = min(values) / 2, max(values)

    def share(value: float) -> str:
        return f"{math.log(value / low) / math.log(high / low):.3f}".removeprefix("0")

    rings = [f";--ring:{share(ring)}" if ring != bar else "" for _, bar, ring in table.rows]
    return [f' style="--bar:{share(row[1])}{ring}"' for row, ring in zip(table.rows, rings, strict=True)]


def _number_columns(table: Table) -> list[int]:
    """Return the places, from 1, of the columns that hold numbers only: the table says it for each of their cells."""
    columns = enumerate(zip(*table.rows, strict=True), start=1)
    return [at for at, cells in columns if at <= MOST_NUMBER_COLUMNS and _holds_numbers(cells)]


def _holds_numbers(cells: tuple[Any, ...]) -> bool:
    there = [cell for cell in cells if cell is not None]
    return bool(there) and all(map(_is_number, there))


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _cells(row: list[Any], lang: str, columns: list[int]) -> str:
    """Return the cells of a row; those in `columns` need not say that they are numbers."""
    first, *others = [
        (_marked(html.escape(cell_text(cell, lang), quote=False)), _is_number(cell) and at not in columns)
        for at, cell in enumerate(row, start=1)
    ]
    cells = "".join(f"<td{_class(alone)}>{text}</td>" for text, alone in others)
    return f'<th scope="row"{_class(first[1])}>{first[0]}</th>{cells}'


def _marked(text: str) -> str:
    return FLAG.sub(r'<span class="ln-flag">\g<0></span>', text)


def _class(alone: bool) -> str:
    return ' class="ln-number"' if alone else ""
