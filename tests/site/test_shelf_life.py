"""How long a number may stand: every kind is dated, the page and the list say what is past."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import timedelta

import pytest

from llmnotes import registry
from llmnotes.site.made.document import Table
from llmnotes.site.made.shelf.pages import sections
from llmnotes.site.made.shelf.words import KINDS
from llmnotes.site.upkeep.shelf_life import DAYS, dated, past, report


@pytest.fixture(scope="module")
def found():
    return dated()


def test_dates_everything_that_is_registered(found):
    counts = Counter(one.kind for one in found)
    files = {kind: len([*(registry.DATA / kind).glob("*.toml")]) for kind in ("models", "chips", "prices")}
    assert (counts["model"], counts["chip"]) == (files["models"], files["chips"])
    assert counts["price"] == files["prices"]
    assert counts["speed"] == len([*(registry.DATA / "measured").glob("*.json")])
    assert counts["engine"] == 4, "a module of an engine says in its docstring when its source was read"
    assert set(counts) == set(DAYS) == set(KINDS["zh"]) == set(KINDS["en"])


def test_a_number_may_stand_through_its_last_day(found):
    first = found[0]
    assert first.until == first.read + timedelta(days=DAYS[first.kind])
    assert past(found, first.until) == []
    assert first in past(found, first.until + timedelta(days=1))


def test_a_price_is_as_old_as_the_list_that_it_was_read_in(found):
    prices = {one.name: one.read for one in found if one.kind == "price"}
    given = [registry.find_price(name) for name in registry.price_ids()]
    assert prices == {price.name: price.priced for price in given}
    assert any(price.priced < price.checked for price in given)


def test_every_file_and_source_is_named(found, root):
    assert [one for one in found if not (root / one.file.partition(" ")[0]).exists()] == []
    assert [one for one in found if "://" not in one.source and not (root / one.source).is_file()] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_lists_exactly_what_is_past(found, lang):
    on = sorted(one.until for one in found)[len(found) // 20] + timedelta(days=1)
    kinds, gone, soon = (
        next(block for block in section.blocks if isinstance(block, Table)) for section in sections(found, on, lang)
    )
    assert [row[0].text for row in gone.rows] == [one.name for one in past(found, on)]
    assert sum(int(row[3].text) for row in kinds.rows) == len(gone.rows) > 0
    assert not {row[0].text for row in gone.rows} & {row[0].text for row in soon.rows}


def test_a_day_on_which_all_holds_says_so(found):
    on = min(one.read for one in found)
    assert "Past their shelf life" in report(on)
    assert f"0 of {len(found)}" in report(on)
    assert [len(section.blocks) for section in sections(found, on, "en")] == [1, 1, 1]


def test_the_verb_takes_a_day_and_refuses_another_word(root):
    command = [sys.executable, "-m", "llmnotes.site", "due", "--on"]
    told = subprocess.run([*command, "2099-01-01"], cwd=root, capture_output=True, text=True, check=True).stdout
    assert told.count("\n| ") == len(dated()) + 1
    refused = subprocess.run([*command, "soon"], cwd=root, capture_output=True, text=True, check=False)
    assert "'soon' is no day: write it as 2026-12-01" in refused.stderr
