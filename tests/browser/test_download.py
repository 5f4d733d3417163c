"""The table under a figure, carried away as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import lxml.html
import pytest

from llmnotes.site.snippets.runner import Runner
from llmnotes.site.text.pages import load

pytestmark = pytest.mark.browser

ARTICLE = "kvcache/how-big-and-why-so-different"
CARRIED = """async (names) => {
  await Promise.all(names.map((name) => loadScript(`${assets}figures/${name}.js`)))
  return names.map((name) => llmnotes.figures[name].csv)
}"""


def in_full(cell: object) -> str:
    return "" if cell is None else str(cell)


def shown_in(root: Path, lang: str) -> list[tuple[str, str]]:
    """Each page of an edition with each snippet that it shows."""
    return [(written.slug, one.snippet) for written in load(root) if written.lang == lang for one in written.shows]


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def expected(runner: Runner, snippet: str, lang: str) -> list[list[str]]:
    table = runner.get(snippet, lang).table
    return [[in_full(cell) for cell in row] for row in (table.columns, *table.rows)]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_figure_has_its_numbers_in_full(lang: str, root: Path, site: Path, http: str, visit: Callable) -> None:
    shown, runner = shown_in(root, lang), Runner(root)
    assert shown
    written = {slug: lxml.html.parse(site / lang / f"{slug}.html") for slug in {slug for slug, _ in shown}}
    for slug, snippet in shown:
        figure = written[slug].find(f".//figure[@data-figure='{snippet}']")
        assert figure is not None, f"{slug} shows no {snippet}"
        assert len(figure.findall(".//button[@class='ln-csv']")) == 1, snippet
    page = visit().page
    page.goto(f"{http}{lang}/{ARTICLE}.html")
    names = sorted({snippet for _, snippet in shown})
    for snippet, text in zip(names, page.evaluate(CARRIED, names), strict=True):
        assert rows_of(text) == expected(runner, snippet, lang), snippet


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_download_is_these_numbers_for_a_spreadsheet(lang: str, root: Path, address: str, visit: Callable) -> None:
    page, runner = visit().page, Runner(root)
    page.goto(f"{address}{lang}/{ARTICLE}.html")
    for snippet in [snippet for slug, snippet in shown_in(root, lang) if slug == ARTICLE]:
        figure = page.locator(f"figure[data-figure='{snippet}']")
        figure.locator(".ln-data summary").click()
        with page.expect_download() as started:
            figure.locator(".ln-csv[data-name]").click()
        content = started.value.path().read_bytes()
        assert started.value.suggested_filename == snippet.rpartition("/")[2] + ".csv"
        assert content.startswith(b"\xef\xbb\xbf")
        assert rows_of(content.decode("utf-8-sig")) == expected(runner, snippet, lang)
