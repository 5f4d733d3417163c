"""What readers ask leads to the page that answers it: asked of the built texts, in the engine of the page."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path

import pytest
from py_mini_racer import MiniRacer

from llmnotes.site.text import searched

QUERIES = tomllib.loads((Path(__file__).parents[1] / "data" / "queries.toml").read_text(encoding="utf-8"))
CASES = [(lang, query, pages) for lang, asked in QUERIES.items() for query, pages in asked.items()]
SCRIPTS = ("names.js", "vendor/minisearch/minisearch.js", "finder.js", "search.js")
SHOWN = 3

Ask = Callable[[str], list[dict[str, object]]]


@pytest.fixture(scope="session")
def engines(site: Path) -> dict[str, Ask]:
    """What answers a query with places, best first, by language."""

    def engine(lang: str) -> Ask:
        page = MiniRacer()
        for name in SCRIPTS:
            page.eval((site / lang / "assets" / name).read_text(encoding="utf-8"))
        page.eval((site / lang / searched.TEXTS).read_text(encoding="utf-8"))
        page.eval("var engine = llmnotes.search.engine(llmnotes.texts); engine.add(0, engine.size)")
        shown = (
            "({ place, kind, loosely, hits: [{ terms, text }] }) => ({ place, kind, loosely: !!loosely, terms, text })"
        )
        return lambda query: json.loads(str(page.eval(f"JSON.stringify(engine.ask({json.dumps(query)}).map({shown}))")))

    return {lang: engine(lang) for lang in QUERIES}


def places(answers: list[dict[str, object]]) -> list[str]:
    """Return the pages found, best first."""
    return [str(one["place"]).partition("#")[0] for one in answers]


@pytest.mark.parametrize(("lang", "query", "pages"), CASES, ids=[f"{lang} {query}" for lang, query, _ in CASES])
def test_the_page_that_answers_comes_first(lang: str, query: str, pages: list[str], engines: dict[str, Ask]) -> None:
    found = places(engines[lang](query))
    assert any(fnmatch(found[0], page) for page in pages), found[:SHOWN]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_the_site_does_not_write_finds_nothing(lang: str, engines: dict[str, Ask]) -> None:
    for query in ("qqzzqq", "", "  ", "???", "\u200b", "“”", '"qqzzqq"'):
        assert engines[lang](query) == [], query


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_stands_in_quotes_stands_so_on_every_page_found(lang: str, engines: dict[str, Ask]) -> None:
    found = engines[lang]('"flash attention"')
    assert found
    assert all("flashattention" in "".join(filter(str.isalnum, str(one).lower())) for one in found)
    assert not any(one["loosely"] for one in found)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_where_no_page_has_the_words_in_quotes_the_words_answer_and_say_so(lang: str, engines: dict[str, Ask]) -> None:
    found = engines[lang]('"attention flash prefill"')
    assert found
    assert all(one["loosely"] for one in found)
    assert places(found) == places(engines[lang]("attention flash prefill"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_is_found_by_its_own_title(lang: str, site: Path, engines: dict[str, Ask]) -> None:
    titles = {location: title for location, title, *_ in searched.read(site / lang) if location and "#" not in location}
    missed = [location for location, title in titles.items() if location not in places(engines[lang](title))[:SHOWN]]
    assert [one for one in missed if not one.startswith("formulas/")] == []


def test_a_model_is_meant_only_where_it_is_named(engines: dict[str, Ask]) -> None:
    kinds = {query: engines["en"](query)[0]["kind"] for query in ("flash attention", "mla", "gpt-2", "deepseek", "70b")}
    assert kinds == {
        "flash attention": "article",
        "mla": kinds["mla"],
        "gpt-2": "model",
        "deepseek": "model",
        "70b": "model",
    }
    assert kinds["mla"] != "model"
