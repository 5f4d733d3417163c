"""What is wrong with a page or a snippet, where, and what mends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that does not hold.

    Args:
        place: File, relative to the project, with forward slashes.
        line: Line in that file, from 1; 0 where no line is to blame.
        message: What is wrong, without a full stop.
        remedy: What mends it: a sentence or a command, without a full stop.

    >>> print(Problem("docs/zh/index.md", 3, "no snippet named growth", "write snippets/growth.py"))
    docs/zh/index.md:3: no snippet named growth; write snippets/growth.py
    """

    place: str
    line: int
    message: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.place}:{self.line}" if self.line else self.place
        return f"{where}: {self.message}; {self.remedy}"


class SiteError(Exception):
    """Stops a build and carries every problem found so far, sorted and without repeats."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(map(str, self.problems)))


def line_of(page: Path, signs: list[str]) -> int:
    """Return the first line of a source file that holds one of the signs; 0 where none does."""
    rows = page.read_text(encoding="utf-8").splitlines()
    return next((number for number, row in enumerate(rows, 1) if any(sign in row for sign in signs)), 0)


class UnfitError(ValueError):
    """A part returned what cannot be used; carries the remedy."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy
