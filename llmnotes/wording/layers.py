"""A block of a layer in one line: its kind in words, its sizes by the names they have in the code."""

from dataclasses import fields, is_dataclass

from llmnotes.blocks.base import Block


def kind_and_sizes(block: Block | None, words: dict[str, str]) -> tuple[str, str]:
    """The kind of a block, and every size that is not the model's own width, zero or said twice."""
    return ("–", "") if block is None else (words[type(block).__name__], _sizes(block, words))


def described(block: Block | None, words: dict[str, str]) -> str:
    """The kind of a block with its sizes."""
    return " ".join(kind_and_sizes(block, words)).rstrip()


def _sizes(thing, words: dict[str, str]) -> str:
    parts = []
    for field in fields(thing):
        name, value = field.name, getattr(thing, field.name)
        repeated = name == "v_head_dim" and value == getattr(thing, "head_dim", 0)
        if name == "d_model" or not value or repeated:
            continue
        if isinstance(value, tuple):
            parts.append(f"({' + '.join(described(part, words) for part in value)})")
        elif isinstance(value, Block):
            parts.append(f"{name}=({described(value, words)})")
        elif is_dataclass(value):
            kind, inside = type(value).__name__, _sizes(value, words)
            # A span is its size; one without a size is every token, which needs no word.
            parts.append(f"{kind.lower()}={value.size:,}" if hasattr(value, "size") else inside)
        elif value is True:
            parts.append(name)
        else:
            parts.append(f"{name}={value:,}")
    return " ".join(part for part in parts if part)
