"""English spelling: every word of an English page is in the dictionary, in a name, or in the list of exceptions."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import lru_cache

from spellchecker import SpellChecker

from llmnotes.site.cache.store import Entry, Store, code_digest, digest, package_digest
from llmnotes.site.checks.words import PLACE, Words
from llmnotes.site.snippets.snippet import Snippet
from llmnotes.site.text.pages import Page
from llmnotes.site.text.problem import Problem

# What is no prose, or is spelt as its owner spells it: addresses, attributes, footnote marks, tags, names in quotes.
SKIPPED = re.compile(
    r"\]\([^()\s]*(?:\([^()]*\)[^()\s]*)*(?:\s\"[^\"]*\")?\)|\]\[[^\]]*\]|\[\^[^\]]+\]:?|^\[[^\]]+\]:[ ]+\S+"
    r"|\{[^{}\n]*\}"
    r"|<[^<>\n]+>|https?://\S+|\b(?:arXiv|doi):\S+|(?<!\S)\S+@\S+",
    re.M,
)
# A word stands alone: parts of a name with digits, dots, slashes or underscores are none.
WORD = re.compile(r"(?<![\w./@’'-])[A-Za-z][a-z]+(?:['’][a-z]+)?(?![\w@/]|\.\w)")
# Elsewhere a capital begins a name.
BEGINNING = re.compile(r"(?:\A|[.!?]|\n\s*|^[\s>*+#|-]+|[“\"(*])\s*\Z")
LONGEST_CORRECTED = 14
# Words that the dictionary is known to have.
_found: set[str] = set()


@contextmanager
def kept_in(store: Store) -> Generator[None, None, None]:
    """Keep the words that were found in a store: loading the dictionary takes longer than checking a page."""
    slot, recipe = "words of the dictionary", digest(code_digest(), package_digest("pyspellchecker"))
    kept = store.latest(slot, recipe, str)
    known = set(kept.value) if kept else set()
    _found.update(known)
    yield
    if _found > known:
        store.keep_latest(slot, recipe, Entry(sorted(_found), {}))


def spelling(page: Page, known: Words) -> Iterator[Problem]:
    """Yield the words of an English page that no dictionary has."""
    if page.lang != "en":
        return
    for key in ("title", "description"):
        for word, _ in unknown(page.meta[key], known):
            yield page.meta_problem(key, *misspelt(word))
    for word, at in unknown(page.source.prose, known):
        yield page.problem(page.source.line_at(at), *misspelt(word))


def of_snippet(read: Snippet, known: Words) -> Iterator[Problem]:
    """Yield the misspelt English words of a figure."""
    for line, label in read.labels:
        for word, _ in unknown(label.get("en", ""), known):
            yield read.problem(line, *misspelt(word))


def unknown(text: str, known: Words) -> Iterator[tuple[str, int]]:
    """Yield the words that are neither in the dictionary nor among the exceptions, and where each stands."""
    # No blanks: after a footnote mark no sentence begins, but a name.
    text = SKIPPED.sub(lambda skipped: re.sub(r"[^\n]", "~", skipped.group()), text)
    found = [
        match
        for match in WORD.finditer(text)
        if match.group().islower() or BEGINNING.search(text[: match.start()][-40:])
    ]
    plain = {match: re.sub(r"['’]s?$", "", match.group().replace("’", "'")).lower() for match in found}
    wrong = _absent(set(plain.values()) - known.spelling)
    for match in found:
        if plain[match] in wrong and match.group() not in known.spelling and _is_word(match.group()):
            yield match.group(), match.start()


def _absent(words: set[str]) -> set[str]:
    """Return the words that the dictionary lacks."""
    asked = words - _found
    absent = _dictionary().unknown(asked) if asked else set()
    _found.update(asked - absent)
    return absent


def _is_word(word: str) -> bool:
    """Return whether an unknown word is meant as one: with a capital it is a name unless a known word is close."""
    return word.islower() or _near(word) != ""


def _near(word: str) -> str:
    """Return the known word that is closest, empty where none is."""
    near = _dictionary().correction(word.lower()) if len(word) <= LONGEST_CORRECTED else None
    return near if near and near != word.lower() else ""


def misspelt(word: str) -> tuple[str, str]:
    """Return message and remedy for a word."""
    advice = f"write {near}, or list" if (near := _near(word)) else "correct it, or list"
    return f"has the word “{word}”, which is in no dictionary", f"{advice} it in {PLACE} as spelling"


@lru_cache(maxsize=1)
def _dictionary() -> SpellChecker:
    """Return the English dictionary of `pyspellchecker`, whose spellings are American."""
    return SpellChecker(language="en", distance=1)
