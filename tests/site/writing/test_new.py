"""`new` starts an article that holds, whatever it is called, and harms nothing that is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import event, given, settings
from hypothesis import strategies as st

from llmnotes.site.checks import check, unread
from llmnotes.site.snippets import snippet
from llmnotes.site.snippets.runner import Runner
from llmnotes.site.text import nav, pages
from llmnotes.site.text.problem import SiteError
from llmnotes.site.text.shown import Shown
from llmnotes.site.verbs.new import new
from tests.site.writing.conftest import shown

CONFIGS = {
    "mkdocs.yml": "# kept\nnav:\n  - 首页: index.md  # kept too\n  - 参考:\n      - 术语: glossary.md\n\nplugins: []\n",
    "mkdocs.en.yml": "INHERIT: mkdocs.yml\nnav:\n  - Home: index.md\n  - Reference:\n      - Terms: glossary.md\n",
}
QUESTIONS = {"zh": "为什么聊得越久回得越慢？", "en": "Why do replies slow down as the chat grows?"}


@pytest.fixture
def small(site: Any) -> Any:
    for place, text in CONFIGS.items():
        (site.root / place).write_text(text, encoding="utf-8")
    for lang, front in (("zh", ""), ("en", "\ntranslation_of: zh\nstale: true")):
        terms = "\n".join(f"Term {{: #{term} }}\n:   Meaning.\n" for term in ("context-length", "kv-cache"))
        for slug, body in (("index", ""), ("glossary", terms)):
            site.page(f"{lang}/{slug}", f"# T\n\n{body}", "title: T\ndescription: D" + front)
    return site


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("titles", "original"),
    [(QUESTIONS, "zh"), ({"zh": QUESTIONS["zh"]}, "zh"), ({"en": QUESTIONS["en"]}, "en")],
    ids=["both", "Chinese alone", "English alone"],
)
def test_everything_is_green_at_once_with_a_snippet_that_really_runs(
    small: Any, titles: dict[str, str], original: str
) -> None:
    written = new(small.root, "serving/why-replies-slow-down", **titles)
    assert all((small.root / place).is_file() for place in written)
    (snippet_file,) = (small.root / place for place in written if place.endswith(".py"))
    assert len(snippet_file.read_text("utf-8").splitlines()) <= 40
    runner = Runner(small.root, workers=1)
    runner.prepare(snippet.names(small.root))
    assert check.check(small.root, runner) == unread.check(small.root, runner) == []
    pair = {
        lang: pages.read(small.root, small.root / f"docs/{lang}/serving/why-replies-slow-down.md")
        for lang in pages.LANGUAGES
    }
    translation = pair[pages.other(original)]
    assert (translation.stale, translation.meta["translation_of"]) == (True, original)
    assert "stale" not in pair[original].meta
    for page in pair.values():
        # A figure, a table and a number in prose; nothing that readers change.
        assert [show.id for show in page.shows] == ["main"]
        assert "| {{main.n_tokens}} | {{main.cache}} |" in page.body
        assert "**" in page.body.split("{{main.cache}}")[0]
    assert "play" not in snippet_file.read_text("utf-8")


WORDS = st.text(st.sampled_from("abcdefghij 中文上下文长度?？12：:'\",.!-–&@%"), min_size=1, max_size=40).map(
    lambda text: " ".join(text.split())
)


@settings(max_examples=60)
@given(
    chapter=st.sampled_from(sorted(nav.CHAPTERS)),
    slug=st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,5}){0,4}", fullmatch=True),
    zh=st.one_of(st.just(""), WORDS),
    en=st.one_of(st.just(""), WORDS),
)
def test_any_name_and_title_that_is_taken_makes_a_pair_that_holds(
    tmp_path_factory: pytest.TempPathFactory, chapter: str, slug: str, zh: str, en: str
) -> None:
    root = tmp_path_factory.mktemp("site")
    for place, text in CONFIGS.items():
        (root / place).write_text(text.replace("index.md", "a.md").replace("glossary.md", "b.md"), encoding="utf-8")
    before = tree(root)
    try:
        new(root, f"{chapter}/{slug}", zh=zh, en=en)
    except SiteError:
        event("refused")
        assert tree(root) == before
        return
    event("taken")

    class Given:
        def get(self, name: str, lang: str) -> Shown:
            said = {"n_tokens": "128K", "cache": "16 GiB", "model": "Llama 3.1 8B", "n_first": "8K", "first": "1 GiB"}
            return shown(name, lang, said)

    # The navigation of this site lists pages that nobody wrote.
    assert {problem.message for problem in check.check(root, Given())} == {
        "lists a.md, which is not there",
        "lists b.md, which is not there",
    }
    for lang, title in (("zh", zh), ("en", en)):
        config = yaml.safe_load((root / nav.CONFIGS[lang]).read_text(encoding="utf-8"))
        assert f"{chapter}/{slug}.md" in str(config["nav"])
        assert (
            yaml.safe_load((root / f"docs/{lang}/{chapter}/{slug}.md").read_text("utf-8").split("---")[1])["title"]
            == (title or zh or en).strip()
        )


def test_keeps_every_other_line_of_the_configuration(small: Any) -> None:
    new(small.root, "serving/why-replies-slow-down", **QUESTIONS)
    new(small.root, "serving/how-many-users", zh="一张卡能同时服务多少人？", en="How many users can one GPU serve?")
    new(small.root, "kvcache/how-big", zh="缓存有多大？", en="How big is the cache?")
    for place, before in CONFIGS.items():
        rows = (small.root / place).read_text(encoding="utf-8").splitlines()
        assert [row for row in rows if row in before.splitlines()] == before.splitlines()
    tree = yaml.safe_load((small.root / "mkdocs.en.yml").read_text(encoding="utf-8"))["nav"]
    assert [next(iter(part)) for part in tree] == ["Home", "Memory", "Serving", "Reference"]
    assert [next(iter(page.values())) for page in tree[2]["Serving"]] == [
        "serving/why-replies-slow-down.md",
        "serving/how-many-users.md",
    ]


def test_refuses_to_overwrite_and_then_writes_nothing(small: Any) -> None:
    small.page("en/serving/why-replies-slow-down", "# Mine\n")
    before = tree(small.root)
    with pytest.raises(SiteError, match=r"docs/en/serving/why-replies-slow-down\.md: is there already; choose another"):
        new(small.root, "serving/why-replies-slow-down", **QUESTIONS)
    assert tree(small.root) == before


@pytest.mark.parametrize(
    ("page", "titles", "said"),
    [
        ("cooking/soup", QUESTIONS, "the chapters are question, params"),
        ("serving", QUESTIONS, "write chapter/slug"),
        ("serving/Why_Slow", QUESTIONS, "lower-case English words"),
        ("serving/../../x", QUESTIONS, "lower-case English words"),
        ("serving/x", QUESTIONS | {"zh": "为什么7B慢？"}, "为什么 7B 慢"),
        ("serving/x", QUESTIONS | {"en": "What is `x`?"}, "holds markup: `"),
        ("serving/x", {"zh": " ", "en": ""}, "has no title; give one, in either language"),
        ("serving/x", QUESTIONS | {"en": "a\nb"}, "do not print"),
    ],
)
def test_refuses_what_cannot_be_a_name_or_a_title(small: Any, page: str, titles: dict[str, str], said: str) -> None:
    before = tree(small.root)
    with pytest.raises(SiteError) as error:
        new(small.root, page, **titles)
    assert said in str(error.value)
    assert tree(small.root) == before
