"""Chinese copy-editing: spaces between Han and Latin, full-width punctuation beside Han, foreign titles marked so."""

from __future__ import annotations

import re
from collections.abc import Iterator

import autocorrect_py

from llmnotes.site.checks.words import PLACE, Words
from llmnotes.site.text.pages import Page
from llmnotes.site.text.problem import Problem
from llmnotes.site.text.source import HIDDEN

HAN = re.compile(r"[\u4e00-\u9fff]")
LINK = re.compile(r"!?\[(?P<words>[^\[\]\n]*)\]\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)")
SPAN = re.compile(r"\[(?P<words>[^\[\]\n]+)\]\{[^{}\n]*\}")
MARKUP = re.compile(r"\*\*|(?<![\w*])\*(?=\S)|(?<=\S)\*(?!\w)|\[\^[^\]\n]+\]|[ ]?\{:?[ ]*[#.][^{}\n]*\}|<[^<>\n]+>")
# A title in another language: emphasised as Chinese it would stand upright with dots below.
TITLE = re.compile(r"(?<![\w*\[])\*(?P<words>[A-Za-z][^*\n\u4e00-\u9fff]* [^*\n\u4e00-\u9fff]*)\*(?![\w*])")


def copyedit(page: Page, known: Words, filled: dict[str, str]) -> Iterator[Problem]:
    """Yield the lines of a Chinese page whose spacing or punctuation is not as Chinese is set.

    Args:
        page: Any page; others than Chinese ones pass.
        known: What stays as it is.
        filled: What each `{{…}}` becomes, which is read as the reader will.
    """
    if page.lang != "zh":
        return
    for key in ("title", "description"):
        if said := correction(page.meta[key], known):
            yield page.meta_problem(key, *said)
    filled = {f"{{{{{use.text}}}}}": "0" for use in page.source.uses} | filled
    rows = zip(page.source.prose.splitlines(), page.body.splitlines(), strict=True)
    for line, (prose, row) in enumerate(rows, 1):
        if said := _corrected(prose, row, known, filled):
            yield page.problem(line, *said)
        for title in TITLE.finditer(prose):
            yield page.problem(line, f"emphasises “{title['words']}” as Chinese", f"write [{title[0]}]{{lang=en}}")


def correction(text: str, known: Words) -> tuple[str, str] | None:
    """Return message and remedy for a Chinese text without markup, None where it is well set."""
    return _corrected(text, text, known, {})


def _corrected(prose: str, row: str, known: Words, filled: dict[str, str]) -> tuple[str, str] | None:
    """Return message and remedy for a line, None where it is well set.

    Args:
        prose: The line, with code, formulas and filled-in numbers hidden.
        row: The same as it was written.
        known: What stays as it is.
        filled: What each filled-in number will read.
    """
    if not HAN.search(prose):
        return None
    hidden: dict[str, str] = {}

    def stand_in(text: str) -> str:
        # Letters and Han at its ends are what decides about a space; the word itself occurs nowhere else.
        reads = text if text in known.copyedit else filled.get(text, "x")
        word = "Zq" + "".join(chr(ord("a") + int(digit)) for digit in str(len(hidden))) + "qZ"
        word = ("量" if HAN.match(reads) else "") + word + ("量" if HAN.match(reads[-1:]) else "")
        hidden[word] = text
        return word

    parts: list[str] = []
    at = 0
    for found in re.finditer(rf"{HIDDEN}+", prose):
        pieces = re.findall(r"\{\{[^{}]*\}\}|(?:(?!\{\{).)+", row[found.start() : found.end()])
        parts += [prose[at : found.start()], *map(stand_in, pieces)]
        at = found.end()
    plain = "".join([*parts, prose[at:]])
    for text in known.copyedit:
        plain = plain.replace(text, stand_in(text)) if text in plain else plain
    for pattern in (LINK, SPAN):
        plain = pattern.sub(lambda link: link["words"], plain)
    lines = autocorrect_py.lint_for(MARKUP.sub("", plain).strip(), "text").lines
    if not lines:
        return None
    old, new = lines[0].old, lines[0].new
    for word, text in hidden.items():
        # Corrected, the stand-in of a word that ends in Han has spaces of its own.
        spaced = re.compile(r"[ ]?".join(filter(None, re.split(r"(Zq\w+?qZ)", word))))
        old, new = (spaced.sub(lambda _, text=text: text, side) for side in (old, new))
    before, after = _difference(old, new)
    if before == after:
        return None
    return f"sets “{before}” against the rules of Chinese type", f"write “{after}”, or list it in {PLACE} as copyedit"


def _difference(old: str, new: str, around: int = 6) -> tuple[str, str]:
    """Return the stretch in which two texts differ, with some characters around it.

    >>> _difference("加到32K个", "加到 32K 个", 1)
    ('到32K个', '到 32K 个')
    """
    begin = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    end = 0
    while end < min(len(old), len(new)) - begin and old[-1 - end] == new[-1 - end]:
        end += 1
    low, high = max(0, begin - around), max(0, end - around)
    return old[low : len(old) - high], new[low : len(new) - high]
