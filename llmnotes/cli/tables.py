"""Tables of the command line: the only module that imports rich."""

from collections.abc import Sequence
from dataclasses import fields
from io import StringIO
from shutil import get_terminal_size

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from llmnotes.blocks.base import Block, Chunk, Window
from llmnotes.spec import ModelSpec

# One sign for each part of the memory, from dense to light, and one for what is free.
FILLS = ("█", "▓", "▒", "░")
EMPTY = "·"


def layer_table(model: ModelSpec, words: dict[str, str]) -> str:
    """Each kind of layer once, with how many there are."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(words["layers"], justify="right", no_wrap=True)
    table.add_column(words["mixer"])
    table.add_column(words["feed_forward"])
    for run in model.census:
        table.add_row(str(run.count), _block(run.layer.mixer), _block(run.layer.feed_forward))
    text = StringIO()
    Console(file=text, width=max(60, get_terminal_size().columns), color_system=None).print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()).strip("\n")


def rows_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A name to the left, numbers to the right; both fold between words where the terminal is narrow."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for place, name in enumerate(columns):
        table.add_column(name, justify="right" if place else "left", min_width=0 if place else 12)
    for row in rows:
        table.add_row(*row)
    return _printed(table)


def room_table(words: dict[str, str], rows: Sequence[Sequence[str]]) -> str:
    """What else would fit, for both ways of keeping the cache."""
    return rows_table(["", words["ideal"], words["reserved"]], rows)


def memory_bar(parts: dict[str, float], total: float, free: str, ends: str) -> str:
    """A bar of the memory with a legend; where more is needed than there is, a stroke marks the end of the memory."""
    width = min(100, max(60, get_terminal_size().columns)) - 4
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


def _printed(what) -> str:
    text = StringIO()
    Console(file=text, width=max(60, get_terminal_size().columns), color_system=None).print(what)
    lines = [line.rstrip() for line in text.getvalue().split("\n")]
    return "\n".join(lines).strip("\n")


def _block(block: Block | None) -> str:
    if block is None:
        return "-"
    parts = []
    for field in fields(block):  # ty: ignore[invalid-argument-type] - every block is a dataclass
        value = getattr(block, field.name)
        if (
            field.name == "d_model"
            or not value
            or (field.name == "v_head_dim" and value == getattr(block, "head_dim", 0))
        ):
            continue
        if isinstance(value, Block):
            parts.append(f"{field.name}=({_block(value)})")
        elif isinstance(value, Window | Chunk):
            parts.append(f"{type(value).__name__.lower()}={value.size:,}")
        elif value is True:
            parts.append(field.name)
        elif isinstance(value, int):
            parts.append(f"{field.name}={value:,}")
    return f"{type(block).__name__} {' '.join(parts)}"
