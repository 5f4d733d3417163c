"""Articles and figures that were found to hold are not judged again until something changes on which that rests.

An article is judged with its twin. What is kept is that it holds, never what is wrong with it: problems name lines, and
an author wants them anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llmnotes.claims import load_claims
from llmnotes.registry import DATA
from llmnotes.site.cache import manifest
from llmnotes.site.cache.store import Entry, code_digest, digest, digest_path, folder_digest
from llmnotes.site.checks import check, data, markup, spelling, structure, words
from llmnotes.site.made.claims.filled import unfilled
from llmnotes.site.markdown import katex
from llmnotes.site.snippets import snippet
from llmnotes.site.snippets.runner import Runner
from llmnotes.site.snippets.snippet import LANGUAGES
from llmnotes.site.text import pages
from llmnotes.site.text.pages import Page
from llmnotes.site.text.problem import Problem, SiteError


def check_changed(root: Path, runner: Runner) -> list[Problem]:
    """Return what does not hold, as `check.check` does, asking only what may have changed since it last held.

    The tree was looked at before, as `tree.refuse` does.
    """
    try:
        judged = Judged(root, runner)
    except SiteError as error:
        return error.problems
    return sorted(judged.problems | judged.formulas())


class Judged:
    """What was found of pages and figures that may have changed, formulas aside.

    Formulas come last: a build that waits for its editions finds them set, and need not load what sets them.

    Args:
        root: The project.
        runner: Answers for snippets.

    Raises:
        SiteError: If a page cannot be read.
    """

    def __init__(self, root: Path, runner: Runner) -> None:
        found = pages.load(root)
        self.settled = Settled(root, runner)
        self.articles: dict[str, list[Page]] = {}
        for page in found:
            self.articles.setdefault(page.slug, []).append(page)
        names: set[str] = set()
        known: dict[str, Any] = {}
        self.fresh: list[Page] = []
        for both in self.articles.values():
            kept = self.settled.kept(both)
            self.fresh += both if kept is None else []
            kept = kept or described(both)
            names |= set(kept["names"])
            known |= kept["known"]
        self.figures = [name for name in snippet.names(root) if not self.settled.figure(name)]
        with spelling.kept_in(runner.store):
            self.problems = check.of_pages(root, self.fresh, self.figures, runner)
        self.problems |= check.of_site(root, found, names, self.figures, known) | self.settled.claims()

    def formulas(self) -> set[Problem]:
        """Return the formulas that KaTeX refuses, and note what holds."""
        with katex.kept_in(self.settled.store):
            refused = set(katex.of_pages(self.fresh))
        bad = {problem.place for problem in self.problems | refused}
        for slug in {page.slug for page in self.fresh}:
            if not bad & {page.place for page in self.articles[slug]}:
                self.settled.keep(self.articles[slug])
        for name in self.figures:
            if f"snippets/{name}.py" not in bad:
                self.settled.keep_figure(name)
        return refused


def described(both: Sequence[Page]) -> dict[str, Any]:
    """Return what other pages ask of an article, as JSON: the snippets that it names, its ids and its links."""
    return {"names": sorted(structure.names_in(both)), "known": {page.place: markup.known(page) for page in both}}


class Settled:
    """What is known to hold.

    Args:
        root: The project.
        runner: Answers for snippets.
    """

    def __init__(self, root: Path, runner: Runner) -> None:
        self.root, self.runner, self.store = root, runner, runner.store
        registered = [folder_digest(DATA / name) for name in ("models", "chips")]
        rules = code_digest()
        self.rules = digest(manifest.surroundings(root), rules, registered, digest_path(root, words.PLACE))

    def kept(self, both: Sequence[Page]) -> dict[str, Any] | None:
        """Return what `described` said of an article, None where it must be judged."""
        kept = self.store.latest(f"settled {both[0].slug}", self._recipe(both), self.runner.digest_of)
        return kept.value if kept else None

    def keep(self, both: Sequence[Page]) -> None:
        """Note that an article holds."""
        included = {file for page in both for _, file, _ in structure.includes(page)}
        inputs = self.runner.inputs_of((name for page in both for name in page.snippets.values()), LANGUAGES)
        inputs |= {f"snippets/{file}": digest_path(self.root, f"snippets/{file}") for file in included}
        if all(inputs.values()):
            entry = Entry(described(both), inputs)
            self.store.keep_latest(f"settled {both[0].slug}", self._recipe(both), entry)

    def figure(self, name: str) -> bool:
        """Return whether the words of a snippet are known to hold."""
        return self.store.latest(f"settled figure {name}", self.rules, self.runner.digest_of) is not None

    def keep_figure(self, name: str) -> None:
        """Note that the words of a snippet hold."""
        inputs = self.runner.inputs_of([name], LANGUAGES)
        if all(inputs.values()):
            self.store.keep_latest(f"settled figure {name}", self.rules, Entry(True, inputs))

    def claims(self) -> set[Problem]:
        """Return what is wrong with the numbers of claims; nothing where it is known that all are filled in."""
        folder = DATA / "claims"
        if not data.is_whole(self.root) or not folder.is_dir():
            return set()
        places = {claim.page for claim in load_claims(folder).values()}
        shown = [page for page in pages.load(self.root) if page.slug in places]
        names = {name for page in shown for name in page.snippets.values()}
        recipe = digest(self.rules, folder_digest(folder), [[page.place, page.snippets] for page in shown])
        if self.store.latest("settled claims", recipe, self.runner.digest_of) is not None:
            return set()
        problems = set(unfilled(self.root, self.runner.get))
        if not problems:
            self.store.keep_latest("settled claims", recipe, Entry(True, self.runner.inputs_of(names, LANGUAGES)))
        return problems

    def _recipe(self, both: Sequence[Page]) -> str:
        texts = [[page.place, digest(page.meta_lines, _plain(page)), page.first_line, page.body] for page in both]
        return digest(self.rules, texts)


def _plain(page: Page) -> str:
    return repr(sorted(page.meta.items()))
