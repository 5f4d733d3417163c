"""Everything that can be said of pages and snippets before the site is built."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from llmnotes.site.checks import claims, exercises, markup, pairs, prose, structure, tree
from llmnotes.site.checks.claims import Runner
from llmnotes.site.markdown import katex
from llmnotes.site.snippets import snippet
from llmnotes.site.text import pages
from llmnotes.site.text.pages import Page
from llmnotes.site.text.problem import Problem, SiteError


def check(root: Path, runner: Runner) -> list[Problem]:
    """Return what does not hold, sorted; each ends with the command or the edit that mends it.

    Args:
        root: The project.
        runner: Answers for snippets. Prepare it first: then misses run together.
    """
    try:
        tree.refuse(root)
        found = pages.load(root)
    except SiteError as error:
        # Nothing else can be asked of pages whose front matter cannot be read.
        return error.problems
    figures = snippet.names(root)
    known = {page.place: markup.known(page) for page in found}
    together = of_site(root, found, structure.names_in(found), figures, known)
    return sorted(of_pages(root, found, figures, runner) | together | set(katex.of_pages(found)))


def of_pages(root: Path, found: Sequence[Page], figures: Sequence[str], runner: Runner) -> set[Problem]:
    """Return what does not hold of these pages, each with its twin, and of the words of these figures; no formulas."""
    if not found and not figures:
        return set()
    return _asked(
        lambda: structure.of_pages(root, found),
        lambda: [problem for page in found for problem in markup.of_page(root, page)],
        lambda: pairs.of_pages(found),
        lambda: claims.of_pages(found, runner),
        lambda: exercises.of_pages(found, runner),
        lambda: prose.of_pages(root, found, figures, runner),
    )


def of_site(
    root: Path, found: Sequence[Page], names: Set[str], figures: Sequence[str], known: Mapping[str, Any]
) -> set[Problem]:
    """Return what does not hold of all pages together, and of these snippets.

    Args:
        root: The project.
        found: All pages.
        names: The snippets that pages name.
        figures: The snippets to look at.
        known: What `markup.known` says of each page, by its place.
    """
    return _asked(
        lambda: structure.of_site(root, found, names),
        lambda: snippets(root, figures),
        lambda: markup.dead_links(root, known),
        lambda: tree.unseen(root),
    )


def _asked(*rules: Callable[[], list[Problem]]) -> set[Problem]:
    problems: set[Problem] = set()
    for rule in rules:
        try:
            problems |= set(rule())
        except SiteError as error:
            problems |= set(error.problems)
    return problems


def snippets(root: Path, names: Iterable[str]) -> list[Problem]:
    """Return what is wrong with snippets, as far as it can be seen without running them."""
    problems: list[Problem] = []
    for name in names:
        try:
            snippet.load(root, name)
        except SiteError as error:
            problems += error.problems
    return problems
