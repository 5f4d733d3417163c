"""Formulas as HTML and MathML, set by KaTeX while the site is built: no reader needs a script for them."""

from __future__ import annotations

import atexit
import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from llmnotes.site.cache.store import Entry, Store, code_digest, digest
from llmnotes.site.places import VENDOR
from llmnotes.site.text import pages
from llmnotes.site.text.pages import Page
from llmnotes.site.text.problem import Problem

if TYPE_CHECKING:
    from py_mini_racer import MiniRacer

# What XML needs of a formula, and its TeX: the page's Markdown twin has that.
UNREAD = re.compile(r' xmlns="http://www.w3.org/1998/Math/MathML"|</?semantics>|<annotation .*?</annotation>', re.S)
STYLE = re.compile(r' style="([^"]*)"')
LENGTH = re.compile(r"(-?)(\d*\.?\d+)em")
LONGEST_SHOWN = 80
SCRIPT = VENDOR / "katex" / "katex.min.js"
# Message and remedy for a dollar sign that is none and no formula either.
LONE = (
    "has a $ that neither begins nor ends a formula",
    r"write \$ for a dollar sign; end a formula within its paragraph; in a table, write \| for a bar in a formula",
)
# An error comes back as data: an exception would bring V8's stack instead of KaTeX's sentence.
RENDER = """
function render(tex, display) {
  try {
    return {html: katex.renderToString(tex, {
      displayMode: display, output: "htmlAndMathml", throwOnError: true, strict: "error",
      trust: (command) => { throw new Error(command.command + " is not allowed"); },
    })};
  } catch (error) {
    return {error: error.message};
  }
}
"""


_store: Store | None = None


class FormulaError(ValueError):
    """A formula that KaTeX refuses; the message is one line."""


@lru_cache(maxsize=1)
def _v8() -> MiniRacer:
    """Return the one context of this process, with KaTeX loaded."""
    # Loading V8 takes as long as setting a hundred formulas, and most builds find all of theirs in the store.
    from py_mini_racer import MiniRacer

    context = MiniRacer()
    # Collected by an interpreter that is shutting down, a context waits for its own thread for ever (Python 3.13).
    atexit.register(context.close)
    context.eval(SCRIPT.read_text(encoding="utf-8"))
    context.eval(RENDER)
    return context


@contextmanager
def kept_in(store: Store) -> Generator[None, None, None]:
    """Take formulas that were set before from a store, and keep new ones there, as long as the context lasts."""
    global _store
    _store = store
    try:
        yield
    finally:
        _store = None


@lru_cache(maxsize=4096)
def render(tex: str, *, display: bool) -> str:
    """Return the HTML of a formula.

    Args:
        tex: What stands between the dollar signs.
        display: Whether it stands on a line of its own.

    Raises:
        FormulaError: If KaTeX does not understand it.

    >>> render("x", display=False).startswith('<span class="katex">')
    True
    """
    slot = f"formula {digest(tex, display)}"
    if _store and (kept := _store.latest(slot, code_digest(), str)):
        return kept.value
    result = _v8().call("render", tex, display)
    if "error" in result:
        said = " ".join(result["error"].removeprefix("KaTeX parse error: ").split())
        # KaTeX underlines the place with combining marks, which a terminal garbles.
        raise FormulaError("".join(character for character in said if character not in "\u0332\u0331"))
    html = STYLE.sub(lambda found: f' style="{_rounded(found[1])}"', UNREAD.sub("", result["html"]))
    if _store:
        _store.keep_latest(slot, code_digest(), Entry(html, {}))
    return html


def _rounded(style: str) -> str:
    """Return a style with lengths to a hundredth of the letters' size, a fifth of a pixel.

    >>> _rounded("height:0.8444em;margin-left:0em;vertical-align:-0.15em;")
    'height:.84em;margin-left:0;vertical-align:-.15em'
    """

    def rounded(length: re.Match[str]) -> str:
        number = f"{float(length[2]):.2f}".rstrip("0").rstrip(".").removeprefix("0")
        return f"{length[1]}{number}em" if number else "0"

    return LENGTH.sub(rounded, style).rstrip(";")


def complaint(tex: str, said: str) -> tuple[str, str]:
    """Return message and remedy for a formula that KaTeX refuses.

    >>> print(complaint("\\\\frc{a}", "Undefined control sequence: \\\\frc")[0])
    has a formula that KaTeX refuses: $\\frc{a}$: Undefined control sequence: \\frc
    """
    short = " ".join(tex.split())
    short = short if len(short) <= LONGEST_SHOWN else short[:LONGEST_SHOWN] + "…"
    return f"has a formula that KaTeX refuses: ${short}$: {said}", "correct the formula"


def check(root: Path) -> list[Problem]:
    """Return every formula on any page that KaTeX refuses, and every stray dollar sign.

    Raises:
        SiteError: If a page cannot be read.
    """
    return of_pages(pages.load(root))


def of_pages(found: Iterable[Page]) -> list[Problem]:
    """Return what `check` does of these pages."""
    return [problem for page in found for problem in page_problems(page)]


def page_problems(page: Page) -> Iterator[Problem]:
    """Yield the formulas of a page that KaTeX refuses, its stray dollar signs, and formulas in headings."""
    for formula in page.source.formulas:
        try:
            render(formula.tex, display=formula.display)
        except FormulaError as error:
            yield page.problem(formula.line, *complaint(formula.tex, str(error)))
    for line in page.source.lone_dollars():
        yield page.problem(line, *LONE)
    lines = {formula.line for formula in page.source.formulas}
    for heading in page.source.headings:
        if heading.line in lines:
            remedy = "say it in words: navigation, search and link previews show plain text"
            yield page.problem(heading.line, "has a formula in a heading", remedy)
