"""Numbers in prose that snippets compute: filled in by `{{name.quantity}}`, or typed and compared.

What a snippet's result holds is filled in by its name, and both editions must state the same. A number may also be
typed: its text, unit included, stands on the page as a whole token (`prose` asks where it comes from).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from llmnotes.site.figures import worded
from llmnotes.site.text import pages
from llmnotes.site.text.pages import Page, missing
from llmnotes.site.text.problem import Problem, SiteError
from llmnotes.site.text.shown import Shown

# A bare small number could stand for anything, so it is no constant that can be looked for.
SMALLEST_BARE = 1000
# A number by its name; braces alone are TeX's own.
IN_FORMULA = re.compile(r"\{\{\s*[A-Za-z][\w-]*\.[A-Za-z]\w*(?::\w+)?\s*\}\}")
# How a number of a unit may be typed besides the form of its unit.
OTHER_FORMS = {"count": ("short",), "bytes": ("decimal",), "tokens": ("exact",)}


class Runner(Protocol):
    """What runs snippets."""

    def get(self, name: str, lang: str) -> Shown:
        """Return what a snippet shows in a language."""


def typable(text: str) -> bool:
    """Return whether a claim can be typed: it holds a number with a unit, or one that is long enough to be itself.

    >>> [typable(text) for text in ("16 倍", "128K", "13", "8,030,261,248", "Llama 3.1 8B", "0.63")]
    [True, True, False, True, True, True]
    """
    if not re.search(r"\d", text):
        return False
    bare = re.fullmatch(r"[-−+]?([\d,]+)", text.strip())
    return bare is None or int(bare.group(1).replace(",", "") or 0) >= SMALLEST_BARE


@lru_cache(maxsize=8192)
def token(text: str) -> re.Pattern[str]:
    """Return what finds a claim's text as a whole token, whatever kind of space it is typed with.

    >>> [bool(token("16 倍").search(text)) for text in ("差 16 倍。", "差 116 倍", "16.5 倍", "16倍")]
    [True, False, False, False]
    >>> [bool(token("128K").search(text)) for text in ("128K.", "128KB", "(128K)", "128K-token", "1,128K")]
    [True, False, True, True, False]
    """
    words = r"[ \u00a0\u202f]".join(re.escape(word) for word in text.split())
    before = r"(?<![\w.,\-−])(?<!\d )" if text[:1].isdigit() else r"(?<![A-Za-z0-9])"
    after = r"(?![A-Za-z0-9_])(?![.,]\d)" if re.match(r"[\w]", text[-1:], re.ASCII) else ""
    return re.compile(before + words + after)


def may_hold(prose: str, text: str) -> bool:
    """Return whether it is worth looking for a claim's text as a token: most stand on few pages."""
    return text.split()[0] in prose


def check(root: Path, runner: Runner) -> list[Problem]:
    """Return every `{{…}}` that nothing fills, and every number that one language alone states.

    Raises:
        SiteError: If a page cannot be read.
    """
    return of_pages(pages.load(root), runner)


def of_pages(found: Sequence[Page], runner: Runner) -> list[Problem]:
    """Return what `check` does of these pages, of which each comes with its twin."""
    problems: list[Problem] = []
    used: dict[str, dict[str, set[str]]] = {}
    for page in found:
        problems += _uses(page, runner)
        if not page.stale:
            used.setdefault(page.slug, {})[page.lang] = set(_in_prose(page))
    for page in found:
        here, there = used.get(page.slug, {}).get(page.lang), used.get(page.slug, {}).get(pages.other(page.lang))
        if here is not None and there is not None:
            problems += _only_there(
                page, sorted(name for name in there - here if _of_language(name, page.lang) not in here)
            )
    return problems


def of_page(page: Page, runner: Runner) -> dict[str, dict[str, str]]:
    """Return the claims of every snippet that a page can use, by snippet; snippets that fail are reported elsewhere."""
    claims: dict[str, dict[str, str]] = {}
    for snippet in page.snippets.values():
        try:
            claims[snippet] = runner.get(snippet, page.lang).claims
        except SiteError:
            continue
    return claims


def texts(page: Page, runner: Runner) -> Iterator[str]:
    """Yield every text by which an author may type a number of the snippets that a page can use."""
    for snippet, claims in of_page(page, runner).items():
        yield from claims.values()
        shown = runner.get(snippet, page.lang)
        for name, value in shown.quantities.items():
            if isinstance(value, dict):
                yield from (shown.say(name, form) for form in OTHER_FORMS.get(value["u"], ()))


def filled(page: Page, runner: Runner) -> dict[str, str]:
    """Return what each `{{…}}` of a page becomes, as it is written; those that nothing fills are left out."""
    texts: dict[str, str] = {}
    for use in page.source.uses:
        with suppress(SiteError):
            texts[f"{{{{{use.text}}}}}"] = worded.said(use, page, runner.get)
    return texts


def _uses(page: Page, runner: Runner) -> Iterator[Problem]:
    """Yield the `{{…}}` of a page that nothing fills, and the snippets that fail when asked."""
    for formula in page.source.formulas:
        if found := IN_FORMULA.search(formula.tex):
            remedy = "end the formula before it, as in $2 \\times$ {{name.quantity}}, or type the number"
            yield page.problem(formula.line, f"{found.group()} stands in a formula, where nothing fills it in", remedy)
    failed: set[str] = set()
    for use in page.source.uses:
        snippet = page.snippets.get(use.name, "")
        if snippet:
            try:
                runner.get(snippet, page.lang)
            except SiteError as error:
                yield from () if snippet in failed else error.problems
                failed.add(snippet)
                continue
        if use.name in page.snippets and snippet not in failed:
            try:
                worded.said(use, page, runner.get)
            except SiteError as error:
                yield from error.problems
        elif not snippet:
            yield page.problem(use.line, *missing(page, use, {}))


def _in_prose(page: Page) -> Iterator[str]:
    """Yield the numbers that a page states, as `snippet:name`."""
    for use in page.source.uses:
        if use.name in page.snippets:
            yield f"{page.snippets[use.name]}:{use.claim}"


def _of_language(name: str, lang: str) -> str:
    """Return the claim that stands in this language for one that is of the other: keys `zh` and `en` are counterparts.

    >>> _of_language("a/turn:zh_total", "en")
    'a/turn:en_total'
    """
    return re.sub(rf"(?<=[:_]){pages.other(lang)}(?=_|$)", lang, name)


def _only_there(page: Page, names: Iterable[str]) -> Iterator[Problem]:
    """Yield the claims that only the other language states."""
    place = page.twin
    for name in names:
        snippet, _, claim = name.partition(":")
        short = next((short for short, long in page.snippets.items() if long == snippet), snippet.rsplit("/", 1)[-1])
        remedy = f"say {{{{{short}.{claim}}}}} here too, or take it out there"
        yield page.problem(0, f"does not state {short}.{claim}, which {place} states", remedy)
