"""How a page is built, and what is said of one that is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmnotes.site.checks import structure
from llmnotes.site.text import pages
from llmnotes.site.text.problem import SiteError
from llmnotes.site.text.source import HIDDEN, Source

START = "# Title\n\n"


@pytest.fixture
def said(site: Any) -> Callable[..., list[str]]:
    def check(body: str, lang: str = "zh") -> list[str]:
        site.page(f"{lang}/a/b", body)
        return [str(problem) for problem in structure.check(site.root)]

    return check


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("## 怎么算\n", ":7: has a heading without id, “怎么算”; write `## 怎么算 { #some-words }`"),
        ("怎么算\n------\n", ":7: has a heading without id, “怎么算”"),
        ("## 怎么算 { #怎么算 }\n", "has the heading id #怎么算; write lower-case English"),
        ("## A { #Derive }\n", "has the heading id #Derive"),
        ("## A { #a }\n\n## B { #a }\n", ":7: has the id #a twice"),
        ("# Second\n", ":7: has a second title, “Second”; write ##"),
        ("#### A { #a }\n", "goes from level 1 to 4; write ##"),
        (
            "## A { #limits }\n\n## B { #derive }\n",
            ":9: has #derive after #limits; move it: the order is predict, derive",
        ),
        ("```python\nx\n", ":7: has a fence that never ends"),
    ],
)
def test_names_what_is_wrong_with_a_page(said: Callable[..., list[str]], body: str, words: str) -> None:
    (problem,) = said(START + body)
    assert problem.startswith("docs/zh/a/b.md")
    assert words in problem


def test_a_page_begins_with_its_title(said: Callable[..., list[str]]) -> None:
    assert "does not begin with a title" in said("words\n")[0]
    assert said("<!-- a note -->\n\n# T\n") == []


def test_sections_may_be_left_out_and_others_stand_between(said: Callable[..., list[str]]) -> None:
    assert said(START + "## A { #predict }\n\n## B { #more }\n\n### C { #run }\n\n## D { #sources }\n") == []


def test_code_holds_no_headings(said: Callable[..., list[str]]) -> None:
    nested = "````text\n```python\n# no heading\n```\n## none either\n````\n\n"
    assert said(START + nested + "- list\n\n    ```\n    # none\n    ```\n") == []


class TestShow:
    def test_a_fence_shows_one_snippet(self, site: Any, said: Callable[..., list[str]], show_fence: Any) -> None:
        site.snippet("a/b/growth")
        assert said(START + show_fence("a/b/growth", "zh")) == []

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (('show("a/b/growth", lang="zh")', "6 * 7"), ":7: has a fence that runs and does more than show a snippet"),
            (("print(show", "x = 1\nprint(show"), "does more than show"),
            (("from llmnotes.site import show", "from llmnotes.site import show as print"), "does more than show"),
            (("a/b/growth", "a/b/grwoth"), ":9: shows a/b/grwoth, which is no snippet; did you mean a/b/growth?"),
            (('lang="zh"', 'lang="en"'), ':9: shows in lang="en"; write print(show("a/b/growth"))'),
            (('id="growth"', 'id="growth" session="x"'), "has a fence with a session; take session= out"),
            ((' id="growth"', ""), 'without an id; write id="growth"'),
            ((' html="on"', ""), "has a fence that shows, but not as HTML"),
        ],
    )
    def test_and_nothing_else(
        self, site: Any, said: Callable[..., list[str]], show_fence: Any, change: tuple[str, str], words: str
    ) -> None:
        site.snippet("a/b/growth")
        problems = said(START + show_fence("a/b/growth", "zh").replace(*change))
        assert any(words in problem for problem in problems)

    def test_ids_differ(self, site: Any, said: Callable[..., list[str]], show_fence: Any) -> None:
        site.snippet("a/b/growth")
        assert "has two fences with id growth" in said(START + 2 * (show_fence("a/b/growth", "zh") + "\n"))[0]


class TestSnippets:
    def test_one_that_no_page_shows_is_named(self, site: Any, said: Callable[..., list[str]]) -> None:
        site.snippet("a/b/growth")
        assert said(START) == [
            'snippets/a/b/growth.py: is shown by no page; show it (print(show("a/b/growth", lang=…))) or delete it'
        ]

    def test_using_or_including_is_enough(self, site: Any, said: Callable[..., list[str]]) -> None:
        site.snippet("a/b/one")
        site.snippet("a/b/two")
        site.page(
            "zh/c",
            '# T\n\n```python\n--8<-- "a/b/two.py:compute"\n```\n',
            "title: T\ndescription: D\nuses: {x: a/b/one}",
        )
        assert said(START) == []

    @pytest.mark.parametrize(
        ("include", "words"),
        [
            ("a/b/grow.py:compute", ":8: includes snippets/a/b/grow.py, which is not there; did you mean a/b/growth?"),
            ("a/b/growth.py:draw", "includes a section draw that snippets/a/b/growth.py does not have; mark it there"),
            ("../mkdocs.yml", "includes snippets/../mkdocs.yml, which is not there"),
        ],
    )
    def test_what_is_included_is_there(
        self, site: Any, said: Callable[..., list[str]], include: str, words: str
    ) -> None:
        site.snippet("a/b/growth")
        problems = said(START + f'```python\n--8<-- "{include}"\n```\n')
        assert any(words in problem for problem in problems)

    def test_what_is_used_is_there(self, site: Any) -> None:
        site.page("zh/a/b", START, "title: T\ndescription: D\nuses: {x: a/b/none}")
        (problem,) = structure.check(site.root)
        assert str(problem) == "docs/zh/a/b.md:4: uses x: a/b/none, which is no snippet; write snippets/a/b/none.py"


def test_every_page_is_in_the_navigation_of_its_edition(site: Any, said: Callable[..., list[str]]) -> None:
    for place, tag in (("mkdocs.yml", "!ENV [X, '']"), ("mkdocs.en.yml", "!!python/name:os.sep")):
        text = f"site_url: {tag}\nnav:\n  - A:\n      - B: a/b.md\n      - C: c.md\n"
        (site.root / place).write_text(text, encoding="utf-8")
    site.page("en/d", START)
    problems = said(START)
    assert (
        "docs/en/d.md: is not in the navigation of mkdocs.en.yml; add `- Title: d.md` to nav in mkdocs.en.yml"
        in problems
    )
    assert "mkdocs.yml:5: lists c.md, which is not there; write docs/zh/c.md, or take the line out" in problems
    assert not any("docs/zh/a/b.md" in problem for problem in problems)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# T\n", ":1: has no front matter; begin the file with ---"),
        ("---\ntitle: T\n---\n", "has no description; add description"),
        (
            "---\ntitle: T\ndescription: D\ndescriptoin: D\n---\n",
            ":4: has an unknown key descriptoin; known keys are title",
        ),
        (
            "---\ntitle: T\ndescription: D\nstale: yes please\n---\n",
            ":4: has stale = 'yes please'; write true or false",
        ),
        ("---\ntitle: 3\ndescription: D\n---\n", ":2: has title = 3; write a text, in quotes"),
        ("---\ntitle: T\ntitle: U\ndescription: D\n---\n", "says title twice"),
        ("---\ntitle: a: b\ndescription: D\n---\n", ":2: its front matter is not YAML"),
        ("---\ntitle: T\ndescription: '{{a.b}}'\n---\n", "which is not filled in there"),
        ("---\ntitle: T\ndescription: D\nuses: {1: a}\n---\n", "write name: chapter/slug/snippet"),
        ("---\ntitle: T\ndescription: ''\n---\n", ":3: has an empty description"),
        ("---\ntitle: T\ndescription: D\ntags: vram\n---\n", ":4: has tags = 'vram'; write a list"),
        ("---\ntitle: T\ndescription: D\ntags: [vram, 70]\n---\n", ":4: has 70 among its tags; write words"),
        ("---\n- a\n---\n", "its front matter has no keys"),
    ],
)
def test_names_what_is_wrong_with_front_matter(site: Any, text: str, words: str) -> None:
    path = site.page("zh/a/b", "")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SiteError) as error:
        pages.load(site.root)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_a_page_that_is_no_text_is_one_line(site: Any) -> None:
    site.page("zh/a/b", "").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SiteError, match=r"docs/zh/a/b\.md: is not UTF-8 text; save it as UTF-8"):
        pages.load(site.root)


def test_line_ends_of_windows_change_nothing(site: Any) -> None:
    path = site.page("zh/a/b", START + "## A { #a }\n")
    unix = pages.read(site.root, path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    windows = pages.read(site.root, path)
    assert (windows.body, windows.first_line, windows.meta) == (unix.body, unix.first_line, unix.meta)


@given(st.text(st.sampled_from("#`~$| \n\\{}a.中<!->"), max_size=60))
def test_hiding_keeps_every_position_and_line(text: str) -> None:
    prose = Source(text).prose
    assert len(prose) == len(text)
    assert [i for i, c in enumerate(prose) if c == "\n"] == [i for i, c in enumerate(text) if c == "\n"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a `5` b", "a b"),
        ("- a ` 5\n- b ` 6", "- a ` 5\n- b ` 6"),
        ("a `<!--` 5 `-->` b", "a 5 b"),
        ("<!-- it's ` -->\n\n5 ` b", "5 ` b"),
        ("a <!-- 5 --> b", "a b"),
        ("``a ` b`` 5", "5"),
        (r"a \`5 b", r"a \`5 b"),
        ("$a\n+ b$ 5", "5"),
        ("> ```\n> 5\n> ```\n> 6", "> 6"),
    ],
)
def test_prose_is_what_a_reader_takes_for_prose(text: str, left: str) -> None:
    words = Source(text).prose.replace(HIDDEN, " ")
    assert words.split() == left.split()


def test_the_root_of_pages_is_explicit(site: Any, tmp_path: Path) -> None:
    site.page("zh/a/b", START)
    assert [page.slug for page in pages.load(tmp_path)] == ["a/b"]
    assert pages.load(tmp_path / "elsewhere") == []
