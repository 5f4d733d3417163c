"""What the runner runs and what it answers: plain data that pages are made from."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any

from llmnotes.quantities import REMEDY, QuantityError, from_json
from llmnotes.quantities import text as quantity_text
from llmnotes.site.text.problem import UnfitError

WIDTHS = ("wide", "narrow")


# What stands for the scale of bars in a table that is its own figure and has none.
PLAIN = "none"


@dataclass(frozen=True)
class Table:
    """The numbers that a figure shows.

    Args:
        columns: What stands above each column.
        rows: The cells of each row.
        unit: What all numbers count, or empty.
        bars: The scale of the bars that are drawn into the table; empty where a drawing stands beside it.
        on_page: Places of the rows that a page shows, of a long table; all where there is none.
    """

    columns: list[str]
    rows: list[list[Any]]
    unit: str
    bars: str = ""
    on_page: list[int] = field(default_factory=list)

    @property
    def shown_rows(self) -> list[list[Any]]:
        """The rows that a page shows; the file to download has every one."""
        return [self.rows[at] for at in self.on_page] or self.rows


@dataclass(frozen=True)
class Shown:
    """Everything that a page can say of one snippet in one language.

    Args:
        name: The snippet.
        lang: "zh" or "en".
        title: Its finding, with its numbers filled in; empty, as the next two, where the page says it (`worded`).
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
        steps: What happens at each step of a mechanism; empty where there are none.
        quantities: What the result holds by name: quantities as JSON, texts, numbers without a unit.
        ask: An exercise with all its cases, as `ask_part.page_data` gives it; None where there is none.
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
    steps: list[str] = field(default_factory=list)
    quantities: dict[str, Any] = field(default_factory=dict)
    ask: dict[str, Any] | None = None

    @property
    def id(self) -> str:
        """Last part of the name: what pages call the figure."""
        return self.name.rsplit("/", 1)[-1]

    def say(self, name: str, form: str = "") -> str:
        """Text of what prose names, in a form of its own where it asks for one.

        Raises:
            UnfitError: If there is no such name, number without a unit, or form.
        """
        value = self.quantities.get(name)
        if isinstance(value, int | float):
            raise UnfitError(f"{name} is {value}, a number without a unit", REMEDY)
        if form and isinstance(value, dict):
            try:
                return quantity_text(from_json(value), self.lang, form)
            except QuantityError as error:
                raise UnfitError(str(error), error.remedy) from None
        if form:
            raise UnfitError(f"{name} has no form {form!r}", "take the form out: only quantities have forms")
        if name not in self.claims:
            close = difflib.get_close_matches(name, self.claims, n=3, cutoff=0.5) or sorted(self.claims)[:20]
            raise UnfitError(
                f"gives no {name}", f"did you mean {' or '.join(close)}?" if close else "return it from compute"
            )
        return self.claims[name]

    def kind_of(self, name: str) -> str:
        """Kind of a number: its own, or that of the snippet."""
        value = self.quantities.get(name)
        return (value.get("kind") if isinstance(value, dict) else "") or self.kind


@dataclass(frozen=True, order=True)
class Step:
    """One thing to run: a part of a snippet, in a language and a width where these matter."""

    kind: str
    name: str
    lang: str = ""
    width: str = ""
