"""Numbers that snippets compute: each `{{…}}` is filled, in both languages; a typed one is found as a whole token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmnotes.site.checks import claims
from llmnotes.site.checks.claims import token, typable


@pytest.fixture
def said(site: Any, show_fence: Callable[..., str]) -> Callable[..., list[str]]:
    """Return what writes the article of a snippet in both languages and lists the problems."""

    def check(zh: str, en: str, front: str = "", **claimed: str) -> list[str]:
        site.runner.give("a/b/growth", zh=claimed, en=claimed)
        for lang, body in (("zh", zh), ("en", en)):
            meta = "title: T\ndescription: D" + (front if lang == "en" else "")
            site.page(f"{lang}/a/b", f"# T\n\n{body}\n\n{show_fence('a/b/growth', lang)}", meta)
        return [str(problem) for problem in sorted(claims.check(site.root, site.runner))]

    return check


def test_a_number_is_filled_in_in_both_languages(said: Any) -> None:
    assert said("{{growth.size}}。", "{{growth.size}}.", size="16 GiB", ratio="256 倍") == []
    assert "docs/en/a/b.md: does not state growth.size" in said("{{growth.size}}。", "16 GiB.", size="16 GiB")[0]


def test_each_language_states_the_claims_of_its_own(said: Any) -> None:
    both = {"zh_size": "16 GiB", "en_size": "18 GiB"}

    def missing(zh: str, en: str) -> list[str]:
        return [problem for problem in said(zh, en, **both) if "does not state" in problem]

    assert missing("{{growth.zh_size}}", "{{growth.en_size}}") == []
    assert missing("{{growth.zh_size}}", "{{growth.zh_size}}") == []
    assert "docs/zh/a/b.md: does not state growth.en_size" in missing("words", "{{growth.en_size}}")[0]
    assert len(missing("{{growth.en_size}}", "{{growth.zh_size}}")) == 2


@pytest.mark.parametrize(
    ("zh", "words"),
    [
        (
            "{{growth.sise}} 16 GiB",
            "docs/zh/a/b.md:7: uses {{growth.sise}}, but snippets/a/b/growth.py gives no sise; ",
        ),
        ("{{growth.sise}} 16 GiB", "; did you mean size?"),
        ("{{other.size}} 16 GiB", "nothing here is called other; the page shows growth; "),
        ("{{other.size}} 16 GiB", "show it, or add `uses: {other: a/b/other}`"),
        ("{{ }} 16 GiB", "has {{ }}, which names no claim; write {{name.claim}}"),
        ("words", "docs/zh/a/b.md: does not state growth.size, which docs/en/a/b.md states; "),
    ],
)
def test_names_what_is_not_so(said: Any, zh: str, words: str) -> None:
    assert any(words in problem for problem in said(zh, "{{growth.size}}", size="16 GiB"))


def test_a_stale_page_may_say_less_but_nothing_that_is_not_there(said: Any) -> None:
    stale = "\ntranslation_of: zh\nstale: true"
    assert said("{{growth.size}}", "words", stale, size="16 GiB") == []
    assert "gives no sise" in said("{{growth.size}}", "{{growth.sise}}", stale, size="16 GiB")[0]


def test_another_page_may_show_a_snippet_and_use_less_of_it(said: Any, site: Any, show_fence: Any) -> None:
    said("{{growth.size}}", "{{growth.size}}", size="16 GiB")
    for lang in ("zh", "en"):
        site.page(f"{lang}/index", f"# T\n\n{show_fence('a/b/growth', lang)}")
    assert claims.check(site.root, site.runner) == []


def test_a_snippet_that_fails_is_reported_once(said: Any, site: Any, show_fence: Any) -> None:
    site.page("zh/a/c", f"# T\n\n{{{{x.size}}}} {{{{x.size}}}}\n\n{show_fence('a/c/bad', 'zh', 'x')}")
    assert [str(problem) for problem in claims.check(site.root, site.runner)] == [
        "snippets/a/c/bad.py: failed; mend it"
    ]


UNITS = st.sampled_from([" GiB", "K", " 倍", "×", "%", " GFLOPs", ""])


@given(st.integers(1000, 10**12), UNITS)
def test_a_token_is_found_alone_and_not_within_another(number: int, unit: str) -> None:
    text = f"{number:,}{unit}"
    assert typable(text)
    for around in ("{}", "是 {}。", "({})", "the {}, and", "“{}”", "{}\n", "**{}**"):
        assert token(text).search(around.format(text))
    for within in (f"1{text}", f"0.{text}", f"9,{text}", f"x{text}" if text[0].isdigit() else "", f"{number:,}7{unit}"):
        assert not token(text).search(within), within


@given(st.integers(1, 999), st.integers(1, 999))
def test_numbers_are_not_taken_for_each_other(one: int, two: int) -> None:
    assert bool(token(f"{one} GiB").search(f"约 {two} GiB。")) == (one == two)
