"""Which numbers differ between two builds, before and after, as Markdown for a pull request or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from itertools import groupby, zip_longest
from math import isclose
from pathlib import Path

from llmnotes.site.compare.said import PageNumbers, numbers_of, pages_of

# Two versions of a library round the last digit differently: this much of a point is no change.
ROUNDING = 1e-9
# How each kind of number is called, and where it is kept.
KINDS = {"quantities": "number in prose", "cells": "cell of a table", "points": "point of a figure"}
LOOSE = "number in prose"
ABSENT = "–"
# A page with more rows than this is folded.
MOST_OPEN = 12


@dataclass(frozen=True, order=True)
class Moved:
    """A number that differs.

    Args:
        page: Where it stands, as `en/chapter/slug`.
        kind: Prose, table or figure.
        name: Which one.
        before: As the first build writes it; None where it has none.
        after: The same of the second.
    """

    page: str
    kind: str
    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Difference:
    """What two builds say differently.

    Args:
        changed: Pages that say anything else.
        moved: Number by number, in the order of pages.
        new: Pages that only the second has.
        gone: Pages that only the first has.
        n_rounded: Points that differ by less than a library's rounding, which are not among those that moved.
        n_pages: Pages compared.
    """

    changed: tuple[str, ...]
    moved: tuple[Moved, ...]
    new: tuple[str, ...]
    gone: tuple[str, ...]
    n_rounded: int
    n_pages: int

    def as_json(self) -> str:
        """Return all of it as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    def as_markdown(self) -> str:
        """Return it as Markdown, a table a page; of twins that move alike the Chinese one is only counted."""
        n_pages = len({one.page for one in self.moved})
        lines = [f"## Numbers that moved: {len(self.moved)}, on {n_pages} of {self.n_pages} pages", ""]
        for title, names in (
            ("Pages changed", self.changed),
            ("New pages", self.new),
            ("Pages that are gone", self.gone),
        ):
            lines += [f"{title}: {', '.join(f'`{name}`' for name in names)}", ""] if names else []
        by_page = {page: list(rows) for page, rows in groupby(self.moved, key=lambda one: one.page)}
        for page, rows in by_page.items():
            twin = f"en{page[2:]}"
            if page.startswith("zh/") and _shape(rows) == _shape(by_page.get(twin, [])):
                lines += [f"`{page}`: the same {len(rows)} as `{twin}`", ""]
            else:
                lines += _table(page, rows)
        if self.n_rounded:
            lines += [f"{self.n_rounded} points differ by less than {ROUNDING:g} of their value: rounding", ""]
        return "\n".join(lines).rstrip() + "\n"


def difference(before: Path, after: Path) -> Difference:
    """Return what two built sites say differently."""
    old, new = pages_of(before), pages_of(after)
    both = sorted(old.keys() & new.keys())
    found: list[Moved] = []
    changed: list[str] = []
    n_rounded = 0
    for page in both:
        first, second = numbers_of(before, old[page]), numbers_of(after, new[page])
        changed += [page] if first.words != second.words else []
        for one in moved_on(page, first, second):
            if one.kind == KINDS["points"] and rounded(one.before, one.after):
                n_rounded += 1
            else:
                found.append(one)
    fresh, gone = (tuple(sorted(names)) for names in (new.keys() - old.keys(), old.keys() - new.keys()))
    return Difference(tuple(changed), tuple(found), fresh, gone, n_rounded, len(both))


def moved_on(page: str, before: PageNumbers, after: PageNumbers) -> Iterator[Moved]:
    """Yield the numbers of a page that differ."""
    for key, kind in KINDS.items():
        yield from (Moved(page, kind, *one) for one in _changes(getattr(before, key), getattr(after, key)))
    for heading in [*before.loose, *(key for key in after.loose if key not in before.loose)]:
        pairs = aligned(before.loose.get(heading, []), after.loose.get(heading, []))
        yield from (Moved(page, LOOSE, heading, *pair) for pair in pairs)


def aligned(before: list[str], after: list[str]) -> Iterator[tuple[str | None, str | None]]:
    """Yield what differs between two lists of texts, place by place.

    >>> [*aligned(["1", "2", "3"], ["1", "4", "3", "5"])]
    [('2', '4'), (None, '5')]
    """
    for what, begin, end, begin_after, end_after in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what != "equal":
            yield from zip_longest(before[begin:end], after[begin_after:end_after])


def rounded(before: str | None, after: str | None) -> bool:
    """Return whether two texts are one number but for its last digits.

    >>> rounded("0.1", "0.10000000000000002"), rounded("0.1", "0.2"), rounded("GQA", "MQA")
    (True, False, False)
    """
    try:
        return isclose(float(before or ""), float(after or ""), rel_tol=ROUNDING)
    except ValueError:
        return False


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, str | None, str | None]]:
    for name in [*before, *(name for name in after if name not in before)]:
        if before.get(name) != after.get(name):
            yield name, before.get(name), after.get(name)


def _shape(rows: list[Moved]) -> list[str]:
    return sorted(one.kind for one in rows)


def _table(page: str, rows: list[Moved]) -> list[str]:
    table = ["| where | before | after |", "|---|---|---|", *(_row(one) for one in rows)]
    title = f"`{page}`: {len(rows)}"
    if len(rows) > MOST_OPEN:
        return [f"<details><summary><code>{page}</code>: {len(rows)}</summary>", "", *table, "", "</details>", ""]
    return [f"### {title}", "", *table, ""]


def _row(one: Moved) -> str:
    cells = (one.name, *(ABSENT if text is None else text for text in (one.before, one.after)))
    return f"| {' | '.join(cell.replace('|', '&#124;').replace('<', '&lt;') for cell in cells)} |"
