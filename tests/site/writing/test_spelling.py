"""English words are in the dictionary; names, code, addresses and listed exceptions are left alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from llmnotes.site.checks import spelling, words


@pytest.fixture
def misspelt(site: Any) -> Callable[..., list[str]]:
    """Return what lists the words that a page gets wrong."""

    def check(text: str, listed: str = "", lang: str = "en") -> list[str]:
        path = site.page(f"{lang}/a", f"# A title\n\n{text}\n")
        (site.root / words.PLACE).write_text(f"spelling = [{listed}]\n", encoding="utf-8")
        from llmnotes.site.text import pages

        page = pages.read(site.root, path)
        return [str(problem) for problem in spelling.spelling(page, words.load(site.root))]

    return check


@pytest.mark.parametrize(
    "word",
    ["grwoth", "sequnce", "Recieve", "it's teh", "wiht-care"],
    ids=["low", "other", "first", "in line", "hyphen"],
)
def test_refuses_a_word_that_no_dictionary_has(misspelt: Any, word: str) -> None:
    (problem,) = misspelt(f"{word} of the cache.")
    assert problem.startswith("docs/en/a.md:7: has the word “")
    assert "list it in docs/words.toml as spelling" in problem


def test_says_what_was_probably_meant(misspelt: Any) -> None:
    assert "write growth, or list it" in misspelt("The grwoth of it.")[0]


@pytest.mark.parametrize(
    "text",
    [
        "It needs more memory than the card holds.",
        "It is Ainslie who wrote it, as `kv_cahce` says and $xqzv$ shows.",
        "See [this](https://example.org/qwzx) and [that][qzx].\n\n[qzx]: https://example.org/zzqx",
        "Milakov and others.\n\nA note[^ainslie].\n\n[^ainslie]: Ainslie and Shazeer wrote it.",
        "The reader’s own words don't fail.",
        "{{growth.zzqx}} and kv_zzqx and zzqx7b and zzqx.py",
    ],
    ids=["plain", "names and code", "addresses", "footnotes", "apostrophes", "identifiers"],
)
def test_leaves_alone_what_is_no_word_of_the_text(misspelt: Any, text: str) -> None:
    assert misspelt(text) == []


def test_an_exception_is_listed_once_for_all_pages(misspelt: Any) -> None:
    assert misspelt("The softmaxx of softmaxx.", listed='"softmaxx"') == []


def test_chinese_pages_are_not_read_as_english(misspelt: Any) -> None:
    assert misspelt("一个 tokenz。", lang="zh") == []
