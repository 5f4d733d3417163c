"""What waits for somebody is listed while it waits, and no longer."""

from __future__ import annotations

import shutil

import pytest

from llmnotes.site.made import wanted
from llmnotes.site.made.document import Table
from llmnotes.site.made.write import MAKERS


@pytest.fixture
def copied(tmp_path, root):
    """The pages alone, of which any may be edited."""
    for lang in ("zh", "en"):
        shutil.copytree(root / "docs" / lang, tmp_path / "docs" / lang)
    return tmp_path


@pytest.mark.parametrize(("lang", "lacks"), [("zh", "英文"), ("en", "English")])
def test_a_page_is_listed_as_long_as_it_is_stale(copied, lang, lacks):
    page = copied / "docs" / "en" / "memory" / "will-it-fit.md"
    before = wanted.make(copied, lang, None)
    assert "memory/will-it-fit" not in before["html"]
    text = page.read_text("utf-8")
    page.write_text(text.replace("---\n", "---\nstale: true\n", 1), encoding="utf-8")
    (one,) = wanted.stale(copied)
    first = wanted.sections([one], lang)[0]
    (table,) = [block for block in first.blocks if isinstance(block, Table)]
    assert [cell.text for cell in table.rows[0]] == [one.meta["title"], lacks, "docs/en/memory/will-it-fit.md"]
    assert 'href="memory/will-it-fit.html"' in wanted.make(copied, lang, None)["html"]
    page.write_text(text, encoding="utf-8")
    assert wanted.make(copied, lang, None) == before


def test_lists_every_family_that_nobody_measured(root):
    html = wanted.make(root, "en", None)["html"]
    assert all(f">{family}<" in html for family in wanted.UNCONFIRMED)
    assert "help-wanted" in MAKERS
