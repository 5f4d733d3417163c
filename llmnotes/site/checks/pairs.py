"""A translation is true or says that it is not: what both pages of a pair must share, and the pin that shows drift."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from llmnotes.site.text import pages
from llmnotes.site.text.pages import LANGUAGES, Page
from llmnotes.site.text.problem import Problem

# In these the words are for people, so they are translated: only where they stand must be the same.
WORDED = ("", "text", "sh", "bash", "console", "toml", "yaml", "markdown", "md")
# Twelve bare digits would be a number in YAML.
PREFIX, DIGITS = "sha-", 12


def body_hash(body: str) -> str:
    """Return the pin of a page's body, in which spaces at the end of a line and of the text do not count.

    >>> body_hash("# A\\n\\nwords \\n\\n") == body_hash("# A\\n\\nwords")
    True
    """
    text = "\n".join(row.rstrip() for row in body.strip().splitlines())
    return PREFIX + hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def skeleton(page: Page) -> list[tuple[int, str]]:
    """Return, with their lines in the body, the parts that no translator alters: headings, fences, display formulas."""
    parts = [(heading.line, f"heading {'#' * heading.level} #{heading.id}") for heading in page.source.headings[1:]]
    parts += [(heading.line, f"heading {'#' * heading.level}") for heading in page.source.headings[:1]]
    for fence in page.source.fences:
        info = " ".join(fence.info.split())
        code = "" if fence.language in WORDED and not fence.runs else _masked(fence.code)
        parts.append((fence.line, f"fence {info}\n{code}".rstrip()))
    parts += [(words.line, f"words of the figure {words.name}") for words in page.source.words]
    formulas = [formula for formula in page.source.formulas if formula.display]
    parts += [(formula.line, f"formula {' '.join(formula.tex.split())}") for formula in formulas]
    return sorted(parts, key=lambda part: part[0])


def _masked(code: str) -> str:
    """Return code without its language.

    >>> _masked('show("a", lang="zh")') == _masked('show("a", lang="en")')
    True
    """
    return re.sub(r"""lang=["'](zh|en)["']""", "lang=…", code)


def original_and_translation(here: Page, there: Page) -> tuple[Page, Page] | None:
    """Return the original of a pair and its translation; None unless exactly one page says that it is translated."""
    marked = [page for page in (here, there) if "translation_of" in page.meta]
    if len(marked) != 1:
        return None
    (translation,) = marked
    return (there if translation is here else here), translation


def check(root: Path) -> list[Problem]:
    """Return the pages without a twin, and the translations that do not match their original and do not say so.

    Raises:
        SiteError: If a page cannot be read.
    """
    return of_pages(pages.load(root))


def of_pages(articles: Iterable[Page]) -> list[Problem]:
    """Return what does not hold between these pages, of which each comes with its twin."""
    found = {(page.slug, page.lang): page for page in articles}
    problems: list[Problem] = []
    for (slug, lang), page in found.items():
        there = found.get((slug, pages.other(lang)))
        if there is None:
            remedy = f"write {page.twin}; until somebody translates, copy the page there and mark it `stale: true`"
            problems.append(page.problem(0, f"has no twin {page.twin}", remedy))
        elif lang == LANGUAGES[0]:
            problems += _pair(page, there)
    return problems


def _pair(here: Page, there: Page) -> Iterator[Problem]:
    """Yield what does not hold between two pages of a pair."""
    pair = original_and_translation(here, there)
    if pair is None:
        both = "translation_of" in here.meta
        message = f"and {there.place} are both marked as translations"
        if not both:
            message = f"neither this page nor {there.place} says which is the original"
        remedy = f"take translation_of out of one, then run {command(there)}" if both else f"run {command(there)}"
        yield here.problem(0, message, remedy)
        return
    original, translation = pair
    for key in ("source_hash", "stale"):
        if key in original.meta:
            remedy = f"take {key} out: it belongs to a translation, beside translation_of"
            yield original.meta_problem(key, f"is an original and has {key}", remedy)
    if translation.meta["translation_of"] != original.lang:
        message = f"has translation_of: {translation.meta['translation_of']}"
        yield translation.meta_problem("translation_of", message, f"write translation_of: {original.lang}")
    if not translation.stale:
        yield from _drift(original, translation)


def _drift(original: Page, translation: Page) -> Iterator[Problem]:
    """Yield how a translation that claims to be true is not."""
    for (line, theirs), (their_line, ours) in zip(skeleton(translation), skeleton(original), strict=False):
        if theirs != ours:
            where = f"{original.place}:{original.line(their_line)}"
            message = f"has {_short(theirs, ours)} where {where} has {_short(ours, theirs)}"
            yield translation.problem(
                line, message, f"make them the same, or write `stale: true` in {translation.place}"
            )
            break
    else:
        n_here, n_there = len(skeleton(translation)), len(skeleton(original))
        if n_here != n_there:
            page, other, rest = (translation, original, skeleton(translation)[n_there:])
            if n_here < n_there:
                page, other, rest = (original, translation, skeleton(original)[n_here:])
            message = f"has {_short(rest[0][1], '')}, which {other.place} has not"
            yield page.problem(
                rest[0][0], message, f"make them the same, or write `stale: true` in {translation.place}"
            )
    pin = translation.meta.get("source_hash", "")
    if pin != body_hash(original.body):
        what = f"was compared with another text of {original.place}" if pin else "has no source_hash"
        remedy = f"compare the two and run {command(translation)}, or write `stale: true`"
        yield translation.meta_problem("source_hash", what, remedy)


def _short(part: str, other: str) -> str:
    """Return the first line in which a part differs from another."""
    rows, others = part.splitlines(), other.splitlines()
    differing = (row for index, row in enumerate(rows) if index >= len(others) or row != others[index])
    row = next(differing, rows[0])
    return f"{rows[0]} … {row.strip()}" if row is not rows[0] and rows.index(row) else row


def command(page: Page) -> str:
    """Return what pins a translation after it was compared."""
    return f"python -m llmnotes.site sync {page.place}"
