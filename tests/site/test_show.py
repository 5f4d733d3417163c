"""The figure on a page: everything a reader, a screen reader or a spreadsheet needs, and nothing from elsewhere."""

import csv
import dataclasses
import io
import json
import re
from pathlib import Path

import pytest
from lxml import html
from py_mini_racer import MiniRacer

from llmnotes.site.figures import figure_files, figure_table, present
from llmnotes.site.snippets.runner import Runner
from llmnotes.site.text import pages
from llmnotes.site.text.problem import SiteError
from llmnotes.site.text.shown import PLAIN, Shown, Table

ROOT = Path(__file__).resolve().parents[2]
NAME = "kvcache/how-long/growth"
SHOWN = Shown(
    name=NAME,
    lang="en",
    title="2 < 3 & more",
    caption="Only <b>text</b>.",
    description="It rises.",
    kind="computed",
    claims={"last": "16"},
    table=Table(
        ["n", "bytes", "kind"], [[1024, 1073741824.5, "GQA, 8"], [2048, None, '"x"'], [4096, 0.0125, "线"]], "GiB"
    ),
    play=None,
    svg_wide='<svg viewBox="0 0 720 400"><path d="M0 0"/></svg>',
    svg_narrow='<svg viewBox="0 0 340 320"><path d="M0 0"/></svg>',
    source='def compute():\n    a = "<&>"\n\n\n    return {}\n',
    digest="0123456789abcdef",
    data_files=("data/models/x.toml",),
    version="1.2.3",
    date="2026-01-02",
    changed=False,
)


def page(shown=SHOWN):
    return html.fromstring(f"<html><body>{present.figure_html(shown)}</body></html>")


def test_says_everything_in_its_order():
    (figure,) = page().xpath("//figure")
    assert figure.get("id") == "fig-growth"
    assert [(child.tag, child.get("class")) for child in figure] == [
        ("p", "ln-figure__title"),
        ("div", "ln-drawing"),
        ("figcaption", None),
    ]
    assert [(child.tag, child.get("class")) for child in figure[-1]] == [
        ("p", "ln-figure__caption"),
        ("details", "ln-data"),
        ("details", "ln-code"),
        ("p", "ln-provenance"),
    ]
    assert figure.get_element_by_id(figure.get("aria-labelledby")).text == "2 < 3 & more"
    assert figure.xpath("string(p[1])") == "2 < 3 & more"
    assert figure.xpath("string(figcaption/p[1])") == "Only <b>text</b>."


def test_each_drawing_is_called_by_title_and_description():
    svg = '<svg xmlns="http://www.w3.org/2000/svg"/>'
    found = page(dataclasses.replace(SHOWN, svg_wide=svg, svg_narrow=svg))
    for width in ("wide", "narrow"):
        (image,) = found.xpath(f"//div[@class='ln-{width}']/svg[@role='img']")
        said = [found.get_element_by_id(name).text for name in image.get("aria-labelledby").split()]
        assert said == ["2 < 3 & more", "It rises."]
    ids = found.xpath("//@id")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("lang", "html_lang"), [("zh", "zh-Hans"), ("en", "en")])
def test_speaks_the_language_of_the_page(lang, html_lang):
    found = page(dataclasses.replace(SHOWN, lang=lang))
    assert found.xpath("//figure/@lang") == [html_lang]
    words = " ".join(found.xpath("//summary/text() | //a/text()"))
    assert bool(re.search("[一-鿿]", words)) == (lang == "zh")
    assert present.LABELS["zh"].keys() == present.LABELS["en"].keys()


def test_the_table_is_a_real_table():
    (table,) = page().xpath("//table")
    assert table.xpath("string(caption)") == "GiB"
    assert table.xpath("thead/tr/th[@scope='col']/text()") == ["n", "bytes", "kind"]
    rows = [[cell.text for cell in row] for row in table.xpath("tbody/tr")]
    assert rows == [["1,024", "1,073,741,824", "GQA, 8"], ["2,048", "–", '"x"'], ["4,096", "0.0125", "线"]]
    assert len(table.xpath("tbody/tr/th[@scope='row']")) == 3


def test_a_column_of_numbers_is_named_once_and_a_number_among_words_by_itself():
    rows = [["a", 1, None, "–"], ["b", 2.5, 3, 4]]
    found = page(dataclasses.replace(SHOWN, table=Table(["", "all", "gaps", "mixed"], rows, "")))
    assert found.xpath("//table/@data-numbers") == ["2 3"]
    assert found.xpath("//*[@class='ln-number']/text()") == ["4"]


def test_a_table_without_a_drawing_has_a_bar_in_each_row_and_a_ring_where_two_numbers_differ():
    rows = [["a", 80.0, 80.0], ["b", 10, 40], ["c", 2.5, 2.5]]
    table = Table(["model", "ideal", "reserved"], rows, "", "log")
    found = page(dataclasses.replace(SHOWN, table=table, svg_wide="", svg_narrow=""))
    (box,) = found.xpath("//div[@class='ln-bars']")
    assert not found.xpath("//svg | //details//table")
    # From half the smallest, 1.25, to the largest: six doublings, of which 10 is three and 40 five.
    assert box.xpath("table/tbody/tr/@style") == ["--bar:1.000", "--bar:.500;--ring:.833", "--bar:.167"]
    assert [row.text_content() for row in box.xpath("table/tbody/tr")] == ["a8080", "b1040", "c2.52.5"]
    assert found.get_element_by_id(box.xpath("table/@aria-describedby")[0]).text == "It rises."


def test_a_plain_table_is_a_figure_and_is_not_repeated():
    table = Table(["design", "kept"], [["full", "all"], ["window", None]], "", PLAIN)
    found = page(dataclasses.replace(SHOWN, table=table, svg_wide="", svg_narrow=""))
    (drawn,) = found.xpath("//div[@class='ln-plain']//table")
    assert [row.text_content() for row in drawn.xpath("tbody/tr")] == ["fullall", "window–"]
    assert found.get_element_by_id(drawn.get("aria-describedby")).text == "It rises."
    assert not found.xpath("//svg | //details//table | //tr[@style]")


def test_the_style_sheet_knows_every_column_of_numbers():
    style = (ROOT / "docs/theme/assets/article.css").read_text("utf-8")
    for at in range(1, figure_table.MOST_NUMBER_COLUMNS + 1):
        assert f'[data-numbers~="{at}"] tr > :nth-child({at})' in style


def test_what_scrolls_can_be_reached_and_is_named():
    regions = page().xpath("//div[@class='ln-scroll']")
    assert len(regions) == 1
    assert all(region.get("tabindex") == "0" and region.get("role") == "region" for region in regions)
    assert all(region.get("aria-label") for region in regions)


def test_the_table_and_the_code_in_full_come_with_a_script():
    found = page()
    (button,) = found.xpath("//button[@class='ln-csv']")
    assert (button.get("data-name"), button.get("hidden")) == ("growth.csv", "")
    with MiniRacer() as context:
        data = {"csv": figure_files.csv_text(SHOWN), "code": figure_files.highlighted(SHOWN.source)}
        context.eval(figure_files.script(NAME, data, None))
        kept = json.loads(str(context.eval(f"JSON.stringify(llmnotes.figures[{json.dumps(NAME)}])")))
    rows = [*csv.reader(io.StringIO(kept["csv"]))]
    assert rows == [SHOWN.table.columns, *([*map(in_full, row)] for row in SHOWN.table.rows)]
    assert html.fromstring(f"<pre>{kept['code']}</pre>").text_content() + "\n" == SHOWN.source


def in_full(cell):
    return "" if cell is None else str(cell)


def test_the_code_is_a_link_where_nothing_runs():
    (link,) = page().xpath("//details[@class='ln-code']//a")
    assert (link.text, link.get("href")) == ("growth.py", f"assets:figures/{NAME}.txt")
    assert "\n\n" not in present.figure_html(SHOWN), "an empty line ends an HTML block in Markdown"


def test_says_where_its_numbers_come_from():
    assert page().xpath("string(//p[@class='ln-provenance'])") == (
        "computed at build · llmnotes 1.2.3 · inputs sha-0123456789ab · last changed 2026-01-02"
    )
    changed = page(dataclasses.replace(SHOWN, changed=True)).xpath("string(//p[@class='ln-provenance'])")
    assert changed.endswith("uncommitted changes")
    undated = page(dataclasses.replace(SHOWN, date="")).xpath("string(//p[@class='ln-provenance'])")
    assert undated.endswith("no commit date")


@pytest.mark.parametrize("kind", ["computed", "measured", "reported"])
def test_marks_the_kind_of_its_numbers(kind):
    (mark,) = page(dataclasses.replace(SHOWN, kind=kind)).xpath("//span[contains(@class, 'ln-kind')]")
    assert mark.get("class") == f"ln-kind ln-kind--{kind}"
    assert mark.text == present.LABELS["en"][kind]


@pytest.mark.parametrize(
    ("cell", "text"),
    [(0, "0"), (True, "yes"), (1e-9, "0.000000001"), (1234567.89, "1,234,568"), (0.333333, "0.3333"), (-2.5, "-2.5")],
)
def test_writes_cells_for_people(cell, text):
    assert figure_table.cell_text(cell, "en") == text


def test_flags_in_cells_are_marked():
    rows = [["A-1 · Q4_K, --n-cpu-moe 21", "-ngl 42"], ["a-b - c", -2.5]]
    table = html.fromstring(figure_table.table_html(Table(["model", "set"], rows, ""), "en"))
    assert table.xpath("//span[@class='ln-flag']/text()") == ["--n-cpu-moe", "-ngl"]
    assert table.xpath("string(//tbody/tr[1]/th)") == rows[0][0]


@pytest.fixture(autouse=True)
def nowhere():
    """No page is being converted, whatever another test has left."""
    before = pages.current.set(None)
    yield
    pages.current.reset(before)


def test_a_fence_may_ask_twice_and_after_any_import(tmp_path, write_snippet, monkeypatch):
    write_snippet(tmp_path, NAME)
    monkeypatch.setenv("LLMNOTES_ROOT", str(tmp_path))
    fence = f'from llmnotes.site import show\nshown.append(show("{NAME}", lang="zh"))'
    shown: list[str] = []
    for _ in range(2):
        exec(fence, {"shown": shown})
    assert shown[0] == shown[1]
    assert ">幂</text>" in shown[0]
    assert re.findall(r"(?:src|href)=\"(?!#|data:|assets:)([^\"]*)", shown[0]) == []


def test_takes_what_the_build_has_prepared(tmp_path, write_snippet, monkeypatch):
    write_snippet(tmp_path, NAME)
    monkeypatch.setenv("LLMNOTES_ROOT", str(tmp_path))
    Runner(tmp_path).prepare([NAME])
    monkeypatch.setattr("llmnotes.site.snippets.runner._local_pool", lambda *_: pytest.fail("ran what was prepared"))
    assert ">power</text>" in present.show(NAME, lang="en")


def test_a_failing_snippet_fails_the_fence(tmp_path, write_snippet, monkeypatch):
    write_snippet(tmp_path, NAME, compute="def compute():\n    return 1 / 0")
    monkeypatch.setenv("LLMNOTES_ROOT", str(tmp_path))
    with pytest.raises(SiteError, match=r"growth.py:9: raises ZeroDivisionError"):
        present.show(NAME, lang="en")
    with pytest.raises(ValueError, match="lang is 'fr': show takes one of zh, en"):
        present.show(NAME, lang="fr")
