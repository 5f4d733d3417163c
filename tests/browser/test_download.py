"""The table under a figure, carried away as a file."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from llmnotes.site.snippets.runner import Runner
from llmnotes.site.text.pages import load

pytestmark = pytest.mark.browser


def in_full(cell: object) -> str:
    return "" if cell is None else str(cell)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_download_holds_the_numbers_in_full(lang: str, root: Path, address: str, visit: Callable) -> None:
    runner = Runner(root)
    for written in load(root):
        if written.lang != lang or not written.shows:
            continue
        page = visit().page
        page.goto(f"{address}{lang}/{written.slug}.html")
        for shown in written.shows:
            figure = page.locator(f"#fig-{runner.get(shown.snippet, lang).id}")
            figure.locator(".ln-data summary").click()
            with page.expect_download() as started:
                figure.locator(".ln-csv").click()
            file = started.value.path()
            assert file.read_bytes().startswith(b"\xef\xbb\xbf")
            with file.open(encoding="utf-8-sig", newline="") as rows:
                found = list(csv.reader(rows))
            table = runner.get(shown.snippet, lang).table
            assert found == [[in_full(cell) for cell in row] for row in (table.columns, *table.rows)]
