"""Tables of the command line: the only module that imports rich."""

from dataclasses import fields
from io import StringIO
from shutil import get_terminal_size

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from llmnotes.blocks.base import Block, Chunk, Window
from llmnotes.spec import ModelSpec


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
