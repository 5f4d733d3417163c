"""A translation is true or says that it is not; `sync` pins it once somebody has compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmnotes.site.checks import pairs
from llmnotes.site.checks.pairs import body_hash
from llmnotes.site.text import pages
from llmnotes.site.text.problem import SiteError
from llmnotes.site.verbs.sync import sync

BODY = """
# {title}

{words}

## {derive} {{ #derive }}

$$ M = 2\\,b $$

```python
x = 1
```

{fence}"""
ZH = {"title": "多大？", "words": "中文。", "derive": "怎么算"}
EN = {"title": "How big?", "words": "English.", "derive": "How"}
FRONT = "title: T\ndescription: D"


@pytest.fixture
def pair(site: Any, show_fence: Callable[..., str]) -> Any:
    """Return a site with one true pair, and what writes either page anew."""

    def write(lang: str, change: tuple[str, str] = ("", ""), front: str = "") -> None:
        body = BODY.format(**(ZH if lang == "zh" else EN), fence=show_fence("a/b/growth", lang))
        assert change[0] in body
        site.page(f"{lang}/a/b", body.replace(*change) if change[0] else body, FRONT + front)

    site.write = write
    write("zh")
    write("en")
    sync(site.root, ["docs/en/a/b.md"], compared=True)
    assert said(site) == []
    site.pin = (site.root / "docs/en/a/b.md").read_text(encoding="utf-8").split("---\n")[1][len(FRONT) :].rstrip()
    return site


def said(site: Any) -> list[str]:
    return list(map(str, pairs.check(site.root)))


def test_a_changed_original_asks_for_a_comparison(pair: Any) -> None:
    pair.write("zh", ("中文。", "改过的中文。"))
    (problem,) = said(pair)
    assert problem == (
        "docs/en/a/b.md:5: was compared with another text of docs/zh/a/b.md; "
        "compare the two and run python -m llmnotes.site sync docs/en/a/b.md, or write `stale: true`"
    )
    assert sync(pair.root, ["docs/zh/a/b.md"]) == ["docs/en/a/b.md: pinned"]
    assert said(pair) == []


def test_a_changed_translation_does_not(pair: Any) -> None:
    pair.write("en", ("English.", "Better English."), pair.pin)
    assert said(pair) == []


def test_stale_lets_a_pair_pass_until_somebody_has_compared_it(pair: Any) -> None:
    pair.write("zh", ("## 怎么算 { #derive }", "## 另一节 { #other }"))
    pair.write("en", front=pair.pin + "\nstale: true")
    assert said(pair) == []
    # Which page is named says nothing of a comparison.
    for place in ("docs/en/a/b.md", "docs/zh/a/b.md"):
        sync(pair.root, [place])
        assert "stale: true" in (pair.root / "docs/en/a/b.md").read_text(encoding="utf-8")
    (line,) = sync(pair.root, ["docs/en/a/b.md"], compared=True)
    assert line == "docs/en/a/b.md: pinned"
    assert len(said(pair)) == 1
    assert "stale" not in (pair.root / "docs/en/a/b.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("{ #derive }", "{ #derived }"), "has heading ## #derived where docs/zh/a/b.md:10 has heading ## #derive"),
        (("## How", "### How"), "has heading ### #derive"),
        (("2\\,b", "3\\,b"), "has formula M = 3\\,b"),
        (("x = 1", "x = 2"), "has fence python … x = 2"),
        (('id="growth"', 'id="other"'), "has fence python exec"),
        (("a/b/growth", "a/b/other"), 'print(show("a/b/other"'),
        (("$$ M = 2\\,b $$\n", ""), "where docs/zh/a/b.md:12 has formula"),
        (("English.", "English.\n\n$$ x $$"), "docs/en/a/b.md:12: has formula x"),
    ],
)
def test_names_where_the_skeletons_part(pair: Any, change: tuple[str, str], words: str) -> None:
    pair.write("en", change, pair.pin)
    (problem,) = said(pair)
    assert words in problem
    assert problem.endswith("make them the same, or write `stale: true` in docs/en/a/b.md")


def test_what_only_one_page_has_at_its_end_is_named(pair: Any) -> None:
    path = pair.root / "docs/en/a/b.md"
    path.write_text(path.read_text(encoding="utf-8") + "\n## More { #more }\n", encoding="utf-8")
    assert "has heading ## #more, which docs/zh/a/b.md has not" in said(pair)[0]


def test_words_in_a_shell_fence_may_differ(site: Any) -> None:
    for lang, words in (("zh", "git clone <本仓库>"), ("en", "git clone <this repository>")):
        site.page(f"{lang}/a", f"# T\n\n```sh\n{words}\n```\n")
    sync(site.root, ["docs/en/a.md"], compared=True)
    assert said(site) == []


def test_a_page_without_twin_is_named(site: Any) -> None:
    site.page("zh/a/b", "# T\n")
    assert said(site)[0].startswith("docs/zh/a/b.md: has no twin docs/en/a/b.md; write docs/en/a/b.md")
    with pytest.raises(SiteError, match=r"has no twin docs/en/a/b\.md"):
        sync(site.root, ["docs/zh/a/b.md"])


def test_a_pair_says_which_page_is_the_original(pair: Any) -> None:
    pair.write("en")
    assert said(pair)[0].endswith("run python -m llmnotes.site sync docs/en/a/b.md")
    pair.write("zh", front=pair.pin)
    pair.write("en", front=pair.pin)
    assert "are both marked as translations" in said(pair)[0]
    with pytest.raises(SiteError, match="both say"):
        sync(pair.root, ["docs/en/a/b.md"])


def test_english_may_be_the_original(pair: Any) -> None:
    pair.write("en")
    pair.write("zh")
    (line,) = sync(pair.root, ["docs/zh/a/b.md"])
    assert line.startswith("docs/zh/a/b.md: pinned, still marked stale: once the two are compared, run sync")
    assert said(pair) == []
    # Nobody has compared the two.
    assert pages.read(pair.root, pair.root / "docs/zh/a/b.md").meta | {"source_hash": ""} == {
        "title": "T", "description": "D", "translation_of": "en", "source_hash": "", "stale": True,
    }  # fmt: skip


@pytest.mark.parametrize("named", ["docs/zh/a/b.md", "docs/en/a/b.md"])
def test_a_page_that_is_marked_stale_is_the_translation_whichever_is_named(pair: Any, named: str) -> None:
    pair.write("en")
    pair.write("zh", front="\nstale: true")
    sync(pair.root, [named])
    assert said(pair) == []
    assert "translation_of" not in (pair.root / "docs/en/a/b.md").read_text(encoding="utf-8")


def test_an_original_carries_no_pin_and_a_translation_names_the_other_language(pair: Any) -> None:
    pair.write("zh", front="\nstale: true")
    assert said(pair) == [
        "docs/zh/a/b.md:4: is an original and has stale; "
        "take stale out: it belongs to a translation, beside translation_of"
    ]
    pair.write("zh")
    pair.write("en", front=pair.pin.replace("translation_of: zh", "translation_of: en"))
    assert "write translation_of: zh" in said(pair)[0]


def test_sync_writes_nothing_where_one_page_is_wrong(pair: Any) -> None:
    pair.write("zh", ("中文。", "改过的中文。"))
    before = (pair.root / "docs/en/a/b.md").read_bytes()
    with pytest.raises(SiteError, match=r"docs/en/none\.md: is no page of this site"):
        sync(pair.root, ["docs/en/a/b.md", "docs/en/none.md"])
    assert (pair.root / "docs/en/a/b.md").read_bytes() == before


def test_sync_twice_changes_nothing(pair: Any) -> None:
    assert sync(pair.root, ["docs/en/a/b.md", "docs/zh/a/b.md"]) == []


TEXT = st.text(st.sampled_from("ab# 中。\n"), max_size=30)


class TestHash:
    @given(TEXT, st.text(" \t", min_size=1, max_size=4))
    def test_does_not_see_trailing_space(self, text: str, space: str) -> None:
        assert body_hash(text) == body_hash("".join(f"{row}{space}\n" for row in text.split("\n")) + "\n\n")

    @given(TEXT.filter(str.strip), st.sampled_from("x#。"))
    def test_sees_every_other_change(self, text: str, added: str) -> None:
        assert body_hash(text) != body_hash(text.rstrip() + added)

    def test_is_a_text_to_yaml(self) -> None:
        assert all(not body_hash(str(number)).removeprefix("sha-").startswith("sha") for number in range(9))
        assert body_hash("") == "sha-e3b0c44298fc"  # SHA-256 of nothing, FIPS 180-4
