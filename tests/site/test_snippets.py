"""Every snippet of this site runs in both languages, and a column of its table writes lengths in one way."""

import re

import pytest

from llmnotes.site.snippets import snippet
from llmnotes.site.snippets.runner import Runner


@pytest.fixture(scope="module")
def runner(root):
    """A runner whose store holds every snippet; the build uses the same store."""
    runner = Runner(root)
    runner.prepare(snippet.names(root))
    return runner


def test_runs_in_both_languages(root, runner):
    for name in snippet.names(root):
        chinese, english = runner.get(name, "zh"), runner.get(name, "en")
        assert chinese.claims.keys() == english.claims.keys(), name
        assert len(chinese.table.rows) == len(english.table.rows), name
        assert len(chinese.table.columns) == len(english.table.columns), name
        assert chinese.digest == english.digest, name


def test_a_column_writes_lengths_in_one_way(root, runner):
    mixed = [
        (name, heading)
        for name in snippet.names(root)
        for table in [runner.get(name, "en").table]
        for heading, *cells in zip(table.columns, *table.rows, strict=False)
        if len({way for cell in cells if (way := _way(str(cell)))}) > 1
    ]
    assert mixed == []


def _way(cell: str) -> str:
    """How a length is written: in K or M, with every digit, or not a length."""
    found = re.fullmatch(r"\d+(?P<short>[KM])|\d+(,\d{3})+", cell)
    return "" if not found else "short" if found["short"] else "exact"
