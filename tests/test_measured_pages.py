"""The pages that compare expected speeds with measured ones: whole, light, and the same in both languages."""

import gzip
import json
import math
import runpy

import pytest

from llmnotes.quantities import text
from llmnotes.registry import DATA, load_model
from llmnotes.site.made.document import Table, as_html, as_markdown, table_html, table_markdown
from llmnotes.site.made.measured.pages import FAR, _lead, address, overview, rows_of, sets_of
from llmnotes.site.made.measured.words import TEXT
from llmnotes.timing.compare import compare_all, has_terms, is_fitted
from llmnotes.timing.constants import fit_facts
from llmnotes.timing.points import load_points
from llmnotes.units import format_percent

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
    said = table_markdown(rows_of(rows, "en"))
    one = next(row for row in rows if row.point.chip == "rtx-3090" and row.point.value == 16.29)
    (line,) = [line for line in said.splitlines() if "| 16.29 |" in line]
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
    said = as_markdown(overview(compare_all(), "en"))
    assert "quantization and context are not stated" in said
    assert "no published matrix peak" in said


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_page_says_of_its_rows_what_the_overview_says_and_marks_those_that_set_no_constants(sets, lang):
    sections = {one.id: one.blocks[-1] for one in overview(compare_all(), lang)}
    summary = sections["summary"]
    assert isinstance(summary, Table)
    for row, rows in zip(summary.rows, sets.values(), strict=True):
        n, median = row[2].text, row[3].text
        assert n in _lead(rows, lang)[0]
        assert median in _lead(rows, lang)[0]
        marked = [one for one in rows_of(rows, lang).rows if TEXT[lang]["not_fitted"] in one[0].text]
        assert len(rows) - len(marked) == int(n.replace(",", ""))


def test_tables_by_engine_chip_and_model_count_the_same_rows(sets):
    tables = {
        one.id: block for one in overview(compare_all(), "en") for block in one.blocks if isinstance(block, Table)
    }
    counted = {name: sum(row[2].value or 0 for row in tables[name].rows) for name in ("summary", "chips", "models")}
    assert len(set(counted.values())) == 1, counted
    assert {row[0].href for row in tables["summary"].rows} == {f"{address(key)}.html" for key in sets}


def test_tables_by_chip_and_model_are_folded_and_the_held_out_ones_stand_first():
    sections = overview(compare_all(), "en")
    assert sections[0].id == "held-out"
    assert [one.id for one in sections if one.folded] == ["chips", "models"]
    assert as_html(sections).count("<details><summary>Unfold ") == 2


@pytest.fixture(scope="module")
def unseen():
    table = json.loads((DATA / "timing" / "unseen.json").read_text(encoding="utf-8"))
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


def test_every_unseen_dot_is_a_published_row(unseen):
    published = {(one.engine, one.model, one.chip, float(f"{1 / one.seconds:.4g}")) for one in load_points()}
    assert {(row["engine"], row["model"], row["chip"], row["measured"]) for row in unseen} <= published
    assert len({(row["engine"], row["model"], row["chip"]) for row in unseen}) == len(unseen)


def test_an_unseen_dot_is_what_a_fit_without_its_model_gives(unseen):
    fit_speed = pytest.importorskip("benchmarks.fit_speed")
    points = [point for point in load_points() if point.engine == "vllm" and has_terms(point) and is_fitted(point)]
    rows = [fit_speed.row_of(point) for point in points]
    fitted = fit_speed.Fitted([row for row in rows if row.point.model != "qwen3-8b"], "decode", "servers")
    (dot,) = [row for row in unseen if row["model"] == "qwen3-8b" and row["engine"] == "vllm" and "h100" in row["chip"]]
    expected = [math.exp(-fitted.log_seconds(row)) for row in rows if row.point.model == "qwen3-8b"]
    assert any(value == pytest.approx(dot["expected"], rel=1e-3) for value in expected)
    # What a fit with the model in it expects of that row is another number: the row was left out indeed.
    seen = [1 / one.expected for one in compare_all() if one.point in points and one.point.model == "qwen3-8b"]
    assert not any(value == pytest.approx(dot["expected"], rel=1e-3) for value in seen)


def test_the_row_by_hand_multiplies_to_what_is_expected(root):
    found = runpy.run_path(str(root / "snippets/measured/row.py"))["compute"]()
    printed = {"ideal": "seconds4", "constant": "number4", "factor": "number4"}
    ideal, constant, factor = (float(text(found[name], form=form).split()[0]) for name, form in printed.items())
    assert f"{ideal * constant * factor:.3g} ms" == text(found["weights"])


def test_a_page_opens_with_the_error_of_models_never_seen_and_names_those_far_off(sets):
    held = fit_facts()["held_out"]["decode"]["servers"]["model"]
    said = _lead(sets["vllm", "step", ""], "en")
    assert format_percent(held["median_error"]) in said[0].partition(";")[0]
    (worst,) = [name for name, group in held["by"].items() if group["median_error"] > FAR]
    assert load_model(worst).name in said[1]
    assert "2024" in _lead(sets["llama.cpp", "prefill", "cuBLAS"], "en")[1]


def test_an_error_has_the_sign_of_the_two_numbers_beside_it(sets):
    for key in (("vllm", "step", ""), ("llama.cpp", "decode", "CUDA")):
        for row in rows_of(sets[key], "en").rows:
            measured, expected, error = (cell.value or 0 for cell in row[-5:-2])
            assert error == pytest.approx(expected / measured - 1, abs=0.011), row
