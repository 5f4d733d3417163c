"""The pages that compare expected speeds with measured ones: whole, light, and the same in both languages."""

import gzip

import pytest

from llmnotes.site.made.document import Table, as_html, as_markdown, table_html, table_markdown
from llmnotes.site.made.measured.pages import address, overview, rows_of, sets_of
from llmnotes.site.made.measured.words import TEXT
from llmnotes.timing.compare import compare_all, has_terms
from llmnotes.timing.points import load_points

HEAVIEST = 16_000  # bytes of a table, packed; the skeleton around it takes 9,000


@pytest.fixture(scope="module")
def sets():
    return sets_of(compare_all())


def test_every_measurement_with_an_expectation_stands_on_one_page(sets):
    shown = [one.point for rows in sets.values() for one in rows]
    assert len(shown) == sum(has_terms(point) for point in load_points())
    assert len({address(key) for key in sets}) == len(sets)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_page_is_heavy(sets, lang):
    tables = {address(key): table_html(rows_of(rows, lang)) for key, rows in sets.items()}
    heavy = {name: len(gzip.compress(html.encode())) for name, html in tables.items()}
    assert {name: size for name, size in heavy.items() if size > HEAVIEST} == {}
    assert len(gzip.compress(as_html(overview(compare_all(), lang)).encode())) < HEAVIEST


def test_rows_name_model_chip_both_speeds_and_their_source(sets):
    rows = sets["llama.cpp", "decode", "CUDA"]
    text = table_markdown(rows_of(rows, "en"))
    one = next(row for row in rows if row.point.chip == "rtx-3090" and row.point.value == 16.29)
    (line,) = [line for line in text.splitlines() if "| 16.29 |" in line]
    assert "GeForce RTX 3090" in line
    assert one.point.source.address in line
    assert "weights" in line


def test_both_languages_have_the_same_words_and_numbers():
    assert TEXT["zh"].keys() == TEXT["en"].keys()
    digits = [
        ["".join(c for c in part if c.isdigit()) for part in as_markdown(overview(compare_all(), lang)).splitlines()]
        for lang in ("zh", "en")
    ]
    assert len(digits[0]) == len(digits[1])


def test_what_is_left_out_of_the_fit_is_listed_with_its_reason():
    text = as_markdown(overview(compare_all(), "en"))
    assert "not stated: quantization and context" in text
    assert "no published matrix peak" in text


def test_tables_by_engine_chip_and_model_count_the_same_rows(sets):
    tables = {
        one.id: block for one in overview(compare_all(), "en") for block in one.blocks if isinstance(block, Table)
    }
    counted = {name: sum(row[2].value or 0 for row in tables[name].rows) for name in ("summary", "chips", "models")}
    assert len(set(counted.values())) == 1, counted
    assert {row[0].href for row in tables["summary"].rows} == {f"{address(key)}.html" for key in sets}
