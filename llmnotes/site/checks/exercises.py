"""Exercises on pages: a folded question whose title states all that is drawn, and whose text gives the answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from llmnotes.site.checks.claims import Runner
from llmnotes.site.script.ask_part import ANSWER, PREFIX
from llmnotes.site.text.pages import Page
from llmnotes.site.text.problem import Problem, SiteError
from llmnotes.site.text.source import Use

FOLD = re.compile(r"\?\?\?\+?[ ]+question[ ]+\"")
FORM = '??? question "…" with the answer indented by four blanks below'


@dataclass
class _Fold:
    """A folded question: its first and last line, and the numbers of exercises that its title and its text state."""

    first: int
    last: int
    title: list[Use] = field(default_factory=list)
    text: list[Use] = field(default_factory=list)


def of_pages(found: Iterable[Page], runner: Runner) -> list[Problem]:
    """Return what is wrong with the exercises of these pages."""
    return [problem for page in found for problem in _of_page(page, runner)]


def _of_page(page: Page, runner: Runner) -> Iterator[Problem]:
    folds = [*_folds(page.body)]
    for use in page.source.uses:
        if not use.claim.startswith(PREFIX):
            continue
        fold = next((fold for fold in folds if fold.first <= use.line <= fold.last), None)
        if fold is None:
            what = f"states {{{{{use.text}}}}} outside a folded question, where each reader has other numbers"
            yield page.problem(use.line, what, f"write it into {FORM}")
        else:
            (fold.title if use.line == fold.first else fold.text).append(use)
    places: dict[str, int] = {}
    for fold in folds:
        names = list(dict.fromkeys(use.name for use in (*fold.title, *fold.text)))
        if len(names) > 1:
            what = f"asks with {' and '.join(names)} in one question"
            yield page.problem(fold.first, what, "split it: each exercise draws by itself")
            places |= dict.fromkeys(set(names) & {*page.snippets}, fold.first)
        elif names and names[0] in page.snippets:
            if names[0] in places:
                what = f"asks with {names[0]} twice, first in line {page.line(places[names[0]])}"
                yield page.problem(fold.first, what, "give one of them a snippet of its own")
            places[names[0]] = fold.first
            yield from _stated(page, fold, names[0], runner)
    yield from _not_asked(page, places, runner)


def _folds(body: str) -> Iterator[_Fold]:
    rows = body.splitlines()
    for at, row in enumerate(rows):
        if FOLD.match(row):
            inner = at + 1
            while inner < len(rows) and (not rows[inner].strip() or rows[inner].startswith("    ")):
                inner += 1
            yield _Fold(at + 1, inner)


def _stated(page: Page, fold: _Fold, name: str, runner: Runner) -> Iterator[Problem]:
    """Yield what a reader is not told: what was drawn in the question, the answer below it."""
    draws = _draws(page, name, runner) or ()
    title, text = ({use.claim.removeprefix(PREFIX) for use in part} for part in (fold.title, fold.text))
    for draw in draws:
        if draw not in title:
            what = f"asks with {name} and does not say what {draw} is"
            yield page.problem(fold.first, what, f"write {{{{{name}.{PREFIX}{draw}}}}} into the title of the question")
    if ANSWER in title:
        yield page.problem(fold.first, "gives the answer in the question", f"write {{{{{name}.ask_answer}}}} below it")
    elif draws and ANSWER not in text:
        what = f"asks with {name} and never gives the answer"
        yield page.problem(fold.first, what, f"write {{{{{name}.{PREFIX}{ANSWER}}}}} into the text below the question")


def _not_asked(page: Page, asked: Iterable[str], runner: Runner) -> Iterator[Problem]:
    there = {page.snippets[name] for name in asked}
    for name, snippet in page.snippets.items():
        if snippet not in there and _draws(page, name, runner):
            there.add(snippet)
            what = f"never asks the exercise of snippets/{snippet}.py"
            yield page.problem(0, what, f"state {{{{{name}.ask_…}}}} in {FORM}, or take the part ask out")


def _draws(page: Page, name: str, runner: Runner) -> list[str] | None:
    """What an exercise draws; None where a snippet asks nothing, or fails, which is said elsewhere."""
    with suppress(SiteError):
        shown = runner.get(page.snippets[name], page.lang)
        return shown.ask["draws"] if shown.ask else None
    return None
