"""Tables of the command line: the only module that imports rich."""

import os
import sys
from collections.abc import Sequence
from io import StringIO
from shutil import get_terminal_size

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from llmnotes.spec import ModelSpec
from llmnotes.wording.model import layer_columns, layer_rows

# One sign for each part of the memory, from dense to light, and one for what is free.
FILLS = ("█", "▓", "▒", "░")
EMPTY = "·"
GAP = 2  # spaces between columns
PIPED = 500  # columns when nobody looks: no line is broken


def layer_table(model: ModelSpec, lang: str) -> str:
    """Each kind of layer once, with how many there are."""
    table = _table()
    layers, *blocks = layer_columns(lang)
    table.add_column(layers, justify="right", no_wrap=True)
    for name in blocks:
        table.add_column(name, overflow="fold")
    for count, *told in layer_rows(model, lang):
        table.add_row(count, *(" ".join(kind_and_sizes).rstrip() for kind_and_sizes in told))
    return _printed(table)


def ranked_table(columns: Sequence[tuple[int, str, list[str]]], left: set[str]) -> str:
    """Columns given as rank, name and cells. Where the terminal is narrow, those of the highest rank are left out
    whole; no cell is ever cut or broken."""
    kept = list(columns)
    while sum(_widest([name, *cells]) + GAP for _, name, cells in kept) - GAP > _width():
        kept.remove(max(kept, key=lambda column: column[0]))
    table = _table()
    for _, name, _ in kept:
        table.add_column(name, justify="left" if name in left else "right", no_wrap=True)
    for row in zip(*(cells for _, _, cells in kept), strict=True):
        table.add_row(*row)
    return _printed(table)


def side_by_side(names: Sequence[str], columns: Sequence[tuple[str, list[str]]]) -> str:
    """A column for each thing compared; as many tables under each other as the terminal needs, filled evenly."""
    widest = max(_widest([*title.split(), *cells]) for title, cells in columns)
    most = max(1, (_width() - _widest(names)) // (min(widest, 24) + GAP))
    n_tables = -(-len(columns) // most)
    size = -(-len(columns) // n_tables)
    tables = []
    for start in range(0, len(columns), size):
        part = columns[start : start + size]
        table = _table()
        table.add_column("", no_wrap=True)
        for title, _ in part:
            table.add_column(title, justify="right", min_width=min(widest, 24), overflow="fold")
        for name, *cells in zip(names, *(cells for _, cells in part), strict=True):
            table.add_row(name, *cells)
        tables.append(_printed(table))
    return "\n\n".join(tables)


def folded(lines: Sequence[str]) -> str:
    """Sentences broken between words at the width of the terminal."""
    return _printed(Group(*map(Text, lines)))


def rows_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A name to the left, numbers to the right; both fold between words where the terminal is narrow."""
    table = _table()
    for place, name in enumerate(columns):
        table.add_column(name, justify="right" if place else "left", min_width=0 if place else 12, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return _printed(table)


def room_table(words: dict[str, str], rows: Sequence[Sequence[str]]) -> str:
    """What else would fit, for both ways of keeping the cache."""
    return rows_table(["", words["ideal"], words["reserved"]], rows)


def memory_bar(parts: dict[str, float], total: float, free: str, ends: str) -> str:
    """A bar of the memory with a legend; where more is needed than there is, a stroke marks the end of the memory."""
    width = min(100, _width()) - 4
    used = 0.0
    for size in parts.values():
        used += size
    scale = width / max(total, used)
    bar = Text("  ")
    edge = 0.0
    for size, fill in zip(parts.values(), FILLS, strict=True):
        start, edge = edge, edge + size * scale
        bar.append(fill * (round(edge) - round(start)))
    bar.append(EMPTY * (width - round(edge)))
    legend = Text("  ")
    for name, fill in zip(parts, FILLS, strict=True):
        legend.append(f"{fill * 2} {name}   ")
    if used <= total:
        legend.append(f"{EMPTY * 2} {free}")
        return _printed(Group(bar, legend))
    end = 2 + round(total * scale)
    label = f"{ends} ╵"
    mark = Text(label.rjust(end + 1) if len(label) <= end + 1 else " " * end + f"╵ {ends}")
    return _printed(Group(bar, mark, legend))


def _table() -> Table:
    if _watched():
        return Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))
    return Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))


def _watched() -> bool:
    """Whether somebody reads this on a screen: a terminal, or a program that says how wide one is."""
    return sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal()


def _width() -> int:
    return max(60, get_terminal_size().columns) if _watched() else PIPED


def _widest(texts: Sequence[str]) -> int:
    return max(map(cell_len, texts))


def _printed(what) -> str:
    text = StringIO()
    terminal = sys.stdout.isatty()
    console = Console(file=text, width=_width(), force_terminal=terminal, color_system="standard" if terminal else None)
    console.print(what)
    lines = [line.rstrip() for line in text.getvalue().split("\n")]
    return "\n".join(lines).strip("\n")
