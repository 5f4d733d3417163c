"""Everything that can be said of pages and snippets before the site is built."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from llmnotes.site import claims, katex, pages, pairs, prose, snippet, structure
from llmnotes.site.claims import Runner
from llmnotes.site.problem import Problem, SiteError


def check(root: Path, runner: Runner) -> list[Problem]:
    """Return what does not hold, sorted; each ends with the command or the edit that mends it.

    Args:
        root: The project.
        runner: Answers for snippets. Prepare it first: then misses run together.
    """
    try:
        pages.load(root)
    except SiteError as error:
        # Nothing else can be asked of pages whose front matter cannot be read.
        return error.problems
    rules: list[Callable[[], list[Problem]]] = [
        lambda: structure.check(root),
        lambda: pairs.check(root),
        lambda: katex.check(root),
        lambda: snippets(root),
        lambda: claims.check(root, runner),
        lambda: prose.check(root, runner),
    ]
    problems: set[Problem] = set()
    for rule in rules:
        try:
            problems |= set(rule())
        except SiteError as error:
            problems |= set(error.problems)
    return sorted(problems)


def snippets(root: Path) -> list[Problem]:
    """Return what is wrong with snippets, as far as it can be seen without running them."""
    problems: list[Problem] = []
    for name in snippet.names(root):
        try:
            snippet.load(root, name)
        except SiteError as error:
            problems += error.problems
    return problems
