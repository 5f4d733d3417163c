"""Claims with their numbers: what each page's snippets computed stands where the words ask for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmnotes.claims import FOLDER, LANGUAGES, Claim, Words, load_claims
from llmnotes.site.snippets.runner import runner_of
from llmnotes.site.text import pages
from llmnotes.site.text.pages import Page
from llmnotes.site.text.problem import Problem, SiteError, UnfitError, line_of
from llmnotes.site.text.shown import Shown
from llmnotes.site.text.source import USE

Get = Callable[[str, str], Shown]


@dataclass(frozen=True)
class Judged:
    """A claim as a language shows it.

    Attributes:
        words: With numbers in them.
        evidence: The quantity that decides it, as JSON holds it; None where nothing does.
        said: The same as text.
    """

    claim: Claim
    words: Words
    evidence: dict[str, Any] | None
    said: str


def judged(root: Path, page: str, lang: str) -> list[Judged]:
    """Return the claims of a page in a language.

    Raises:
        SiteError: If a claim names what no snippet of the page computes.
    """
    shown_on, get = page_of(root, page, lang), runner_of(root).get
    return [_judge(claim, shown_on, get) for claim in load_claims().values() if claim.page == page]


def unfilled(root: Path, get: Get) -> list[Problem]:
    """Return each claim that names what no snippet of its page computes, in either language."""
    problems: set[Problem] = set()
    for claim in load_claims().values():
        for lang in LANGUAGES:
            try:
                _judge(claim, page_of(root, claim.page, lang), get)
            except SiteError as error:
                problems |= set(error.problems)
            except OSError:
                remedy = f"write docs/{lang}/{claim.page}.md, or correct the page that [about] names"
                problems.add(_problem(claim, f"its page {claim.page} is not there", remedy).problems[0])
    return sorted(problems)


def page_of(root: Path, page: str, lang: str) -> Page:
    """Return a page that shows claims."""
    return pages.read(root, root / "docs" / lang / f"{page}.md")


def _judge(claim: Claim, page: Page, get: Get) -> Judged:
    given = claim.words[page.lang]
    words = Words(*(_filled(text, claim, page, get) for text in (given.says, given.holds, given.shows)))
    if not claim.evidence:
        return Judged(claim, words, None, "")
    name, quantity = claim.evidence.split(".")
    value = _shown(claim, name, page, get).quantities.get(quantity)
    if not isinstance(value, dict):
        raise _problem(
            claim, f"its evidence {claim.evidence} is no quantity", "name one that the snippet's result holds"
        )
    return Judged(claim, words, value, _said(claim, claim.evidence, page, get))


def _filled(text: str, claim: Claim, page: Page, get: Get) -> str:
    return USE.sub(lambda found: _said(claim, found["text"], page, get), text)


def _said(claim: Claim, text: str, page: Page, get: Get) -> str:
    """Return the text of a number that a claim names as prose does."""
    path, _, form = text.partition(":")
    name, _, quantity = path.partition(".")
    try:
        return _shown(claim, name, page, get).say(quantity, form)
    except UnfitError as error:
        raise _problem(claim, f"uses {{{{{text}}}}}, but {error}", error.remedy) from None


def _shown(claim: Claim, name: str, page: Page, get: Get) -> Shown:
    if name not in page.snippets:
        remedy = f"add `{name}: chapter/slug/snippet` to the uses of {page.place}"
        raise _problem(claim, f"uses {name}, which {page.place} does not show", remedy)
    return get(page.snippets[name], page.lang)


def _problem(claim: Claim, message: str, remedy: str) -> SiteError:
    line = line_of(FOLDER / claim.file, [f"[{claim.id}]"])
    return SiteError([Problem(f"llmnotes/data/claims/{claim.file}", line, f"{claim.id}: {message}", remedy)])
