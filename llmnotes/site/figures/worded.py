"""A figure with the words that a page has for it: finding, caption, and what is heard in the place of the drawing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from llmnotes.site.text.pages import Page, missing
from llmnotes.site.text.problem import SiteError, UnfitError
from llmnotes.site.text.shown import Shown
from llmnotes.site.text.source import SPAN, USE, FigureWords, Use, use_of

PARAGRAPHS = ("finding", "caption", "description")
FORM = "write it between `/// figure | {}` and `///`: finding, caption, description, an empty line between them"

Get = Callable[[str, str], Shown]


def worded(shown: Shown, page: Page, get: Get) -> Shown:
    """Return a figure as a page shows it.

    Args:
        shown: The figure; one that brings its own words keeps them.
        page: The page that shows it.
        get: Answers for a snippet in a language, as `Runner.get` does.

    Raises:
        SiteError: If the page does not say it, or names what is not there.
    """
    if shown.title:
        return shown
    words = page.words_of(shown.name)
    if words is None:
        line = next((show.line for show in page.shows if show.snippet == shown.name), 0)
        problem = page.problem(0, f"shows {shown.id} without words", FORM.format(shown.id))
        raise SiteError([replace(problem, line=line)])
    if len(words.paragraphs) != len(PARAGRAPHS):
        raise SiteError([page.problem(words.line, *counted(words))])
    title, caption, description = (filled(text, page, words.line, get) for text in words.paragraphs)
    return replace(shown, title=title, caption=caption, description=description)


def counted(words: FigureWords) -> tuple[str, str]:
    """Return message and remedy for words that are not three paragraphs."""
    n_paragraphs = len(words.paragraphs)
    said = f"has {n_paragraphs} paragraph{'s' if n_paragraphs != 1 else ''} of words for the figure {words.name}"
    return said, "write three: finding, caption, description, an empty line between them"


def filled(text: str, page: Page, line: int, get: Get) -> str:
    """Return a line of prose with its numbers filled in, as plain text."""

    def fill(found: re.Match[str]) -> str:
        return said(use_of(found["text"], line), page, get)

    return re.sub(SPAN, lambda span: span["words"], USE.sub(fill, text))


def said(use: Use, page: Page, get: Get) -> str:
    """Return the text of a number that prose names.

    Raises:
        SiteError: If the page shows no such snippet, or its result holds no such number.
    """
    snippet = page.snippets.get(use.name, "")
    shown = get(snippet, page.lang) if snippet else None
    if shown is None:
        raise SiteError([page.problem(use.line, *missing(page, use, {}))])
    if use.claim not in shown.claims and use.claim not in shown.quantities:
        raise SiteError([page.problem(use.line, *missing(page, use, shown.claims))])
    try:
        return shown.say(use.claim, use.form)
    except UnfitError as error:
        message = f"uses {{{{{use.text}}}}}, but in snippets/{snippet}.py {error}"
        raise SiteError([page.problem(use.line, message, error.remedy)]) from None
