"""What the runner runs and what it answers: plain data that pages are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

WIDTHS = ("wide", "narrow")


@dataclass(frozen=True)
class Table:
    """The numbers that a figure shows.

    Args:
        columns: What stands above each column.
        rows: The cells of each row.
        unit: What all numbers count, or empty.
        bars: The scale of the bars that are drawn into the table; empty where a drawing stands beside it.
    """

    columns: list[str]
    rows: list[list[Any]]
    unit: str
    bars: str = ""


@dataclass(frozen=True)
class Shown:
    """Everything that a page can say of one snippet in one language.

    Args:
        name: The snippet.
        lang: "zh" or "en".
        title: Its finding, with its numbers filled in.
        caption: What is shown and how.
        description: The finding for those who do not see the drawing.
        kind: "computed", "measured" or "reported".
        claims: Text of each number that prose may use, by name.
        table: The numbers behind the figure.
        play: What a reader can change, as `play_part.page_data` gives it; None where nothing.
        svg_wide: The drawing for wide columns, without its name; empty where bars are drawn into the table.
        svg_narrow: The same for phones.
        source: The section of the snippet that computes.
        digest: Digest of everything that was read to make it.
        data_files: Data files of the project that it opened.
        version: Version of the package.
        date: Day of the last commit that touched any input; empty where git does not know.
        changed: Whether an input has changes that are not committed.
    """

    name: str
    lang: str
    title: str
    caption: str
    description: str
    kind: str
    claims: dict[str, str]
    table: Table
    play: dict[str, Any] | None
    svg_wide: str
    svg_narrow: str
    source: str
    digest: str
    data_files: tuple[str, ...]
    version: str
    date: str
    changed: bool

    @property
    def id(self) -> str:
        """Last part of the name: what pages call the figure."""
        return self.name.rsplit("/", 1)[-1]


@dataclass(frozen=True, order=True)
class Step:
    """One thing to run: a part of a snippet, in a language and a width where these matter."""

    kind: str
    name: str
    lang: str = ""
    width: str = ""
