"""From pages and snippets to `site/`: both editions side by side, what they share, verification, and the swap."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llmnotes.site.build import edition, outputs
from llmnotes.site.build.progress import progress
from llmnotes.site.cache import manifest, workspace
from llmnotes.site.checks import data, settled, tree, unread
from llmnotes.site.labs import execute
from llmnotes.site.snippets import snippet
from llmnotes.site.snippets.runner import Runner
from llmnotes.site.text import pages
from llmnotes.site.text.addresses import HTML_LANG
from llmnotes.site.text.commit import read_commit
from llmnotes.site.text.problem import Problem, SiteError
from llmnotes.site.verify.verify import verify

if TYPE_CHECKING:
    from llmnotes.site.snippets.pool import Pool

PATIENCE_S = 90.0


@dataclass(frozen=True)
class Built:
    """What a build did.

    Args:
        n_pages: Pages in both languages.
        n_run: Snippets of which anything had to be run.
        n_kept: Snippets that were answered from what is kept.
        seconds: From start to swap.
        notes: What the author may want to know.
    """

    n_pages: int
    n_run: int
    n_kept: int
    seconds: float
    notes: tuple[str, ...]

    def __str__(self) -> str:
        snippets = f"snippets {self.n_run} run, {self.n_kept} kept"
        line = f"site/: {self.n_pages} pages, {snippets}, {self.seconds:.1f} s"
        return "; ".join([line, *self.notes])


def build(root: Path, make_pool: Callable[[int, int], Pool] | None = None) -> Built:
    """Build the site into `site/`, which stays as it is unless everything holds.

    Args:
        root: The project.
        make_pool: What makes the pool that runs the misses; processes on this machine by default.

    Raises:
        SiteError: With everything that is wrong.
    """
    begun = time.monotonic()
    inputs = manifest.inputs_of(root)
    runner = Runner(root, make_pool=make_pool)
    with workspace.scratch(root, "build") as folder:
        n_pages = build_tree(root, folder / "site", runner, inputs)
        outputs = manifest.outputs_of(folder / "site")
        others = workspace.swap_in(root, folder / "site")
    manifest.keep(root, inputs, outputs, n_pages)
    commit = read_commit(root)
    notes = [] if commit.short else ["no commit found, so pages carry no date"]
    if others:
        more = f" and {len(others) - 1} more" if others[1:] else ""
        notes.append(f"site/{others[0]}{more} came from no build: moved to {workspace.OTHERS}/")
    if not os.environ.get("SITE_URL"):
        notes.append("no sitemap: set SITE_URL to where the site will be")
    n_run = len({step.name for step in runner.ran})
    return Built(n_pages, n_run, len(snippet.names(root)) - n_run, time.monotonic() - begun, tuple(notes))


def prepare(runner: Runner) -> None:
    """Run what is missing of all snippets and labs.

    Raises:
        SiteError: With the failures of all snippets, or of all labs.
    """
    run_snippets(runner)
    run_labs(runner.root)


def run_snippets(runner: Runner) -> None:
    """Run, all together, what is missing of all snippets."""
    names = snippet.names(runner.root)
    with progress(lambda: f"{len(names)} snippets, {len(runner.ran)} parts run"):
        runner.prepare(names)


def run_labs(root: Path) -> None:
    """Run what is missing of all labs, one after the other."""
    if labs := execute.names(root):
        with progress(lambda: f"{len(labs)} labs"):
            execute.prepare(root)


def marks_of(runner: Runner) -> dict[str, str]:
    """Return the marks of all snippets in both languages."""
    for name in snippet.names(runner.root):
        for lang in snippet.LANGUAGES:
            runner.mark(name, lang)
    return runner.marks


def check(root: Path) -> list[Problem]:
    """Return what does not hold in pages and snippets, without building."""
    runner = Runner(root)
    try:
        tree.refuse(root)
        data.refuse(root, runner.store)
    except SiteError as error:
        return error.problems
    prepare(runner)
    with progress(lambda: "checking pages"):
        # Of pages that do not hold nobody can tell what they read.
        return settled.check_changed(root, runner) or unread.check(root, runner)


def together(of_builder: Iterable[Problem], of_checks: Set[Problem]) -> list[Problem]:
    """Return what the checks found, and what the builder complained of on other lines."""
    judged = {(problem.place, problem.line) for problem in of_checks}
    return [*of_checks, *(problem for problem in of_builder if (problem.place, problem.line) not in judged)]


def build_tree(root: Path, site: Path, runner: Runner, inputs: dict[str, str]) -> int:
    """Build the whole site into an empty folder and verify it; return how many pages it has.

    Args:
        root: The project.
        site: The folder, which is made.
        runner: Answers for snippets.
        inputs: What all depends on, as the manifest tells.

    Raises:
        SiteError: With everything that is wrong.
    """
    site_url = os.environ.get("SITE_URL", "")
    tree.refuse(root)
    data.refuse(root, runner.store)
    found = pages.load(root)
    site.mkdir()
    standing = workspace.take_over(root, site, lambda root: manifest.standing_editions(root, inputs))
    # The processes load what they need while snippets run, and sources are checked while they are busy.
    missing = [lang for lang in HTML_LANG if lang not in standing]
    with edition.started(root, site, missing) as running, ThreadPoolExecutor(1) as beside:
        run_snippets(runner)
        # Labs leave the cores idle while their kernels start; this keeps one busy, outside of Python. It is kept for
        # `write_root`, which would also say what fails.
        beside.submit(outputs.own_scripts, root, found)
        run_labs(root)
        edition.go(running, marks_of(runner))
        with progress(lambda: f"converting {len(found)} pages"):
            judged = settled.Judged(root, runner)
            # Pages that do not hold may also never be done.
            limit_s = PATIENCE_S if judged.problems else edition.LIMIT_S
            problems = [problem for one in running for problem in edition.wait(one, limit_s)[1]]
            problems = together(problems, judged.problems | judged.formulas())
    if not problems:
        outputs.write_root(root, site, site_url, found)
        with progress(lambda: "verifying the site"):
            problems = verify(root, site, site_url)
    if problems:
        raise SiteError(problems)
    return len(found)
