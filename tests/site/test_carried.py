"""What a reader carries away, as `make offline` left it: the zip is the very site, and the PDFs hold every article."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from pypdf import PdfReader

from llmnotes.site.text import pages

pytestmark = pytest.mark.site
LARGEST_ZIP_BYTES = 8_000_000


def carried(root: Path, pattern: str) -> Path:
    """A file of `dist/` that is no older than the site; the test is skipped where there is none."""
    found = sorted((root / "dist").glob(pattern))
    home = root / "site/index.html"
    if len(found) != 1 or not home.is_file() or found[0].stat().st_mtime < home.stat().st_mtime:
        pytest.skip(f"no dist/{pattern} of this site: run make offline first")
    return found[0]


def test_the_zip_is_the_very_site(root):
    with zipfile.ZipFile(carried(root, "llmnotes-offline-*.zip")) as archive:
        inside = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    assert "index.html" in inside
    assert inside == {
        file.relative_to(root / "site").as_posix(): file.read_bytes()
        for file in (root / "site").rglob("*")
        if file.is_file()
    }


def test_the_zip_is_small_enough_to_send(root):
    assert carried(root, "llmnotes-offline-*.zip").stat().st_size <= LARGEST_ZIP_BYTES


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_book_holds_every_article(root, lang):
    reader = PdfReader(carried(root, f"llmnotes-{lang}.pdf"))
    letters = re.sub(r"\W+", "", "".join(page.extract_text() for page in reader.pages))
    articles = [page for page in pages.load(root) if page.lang == lang and "/" in page.slug]
    missing = [page.slug for page in articles if re.sub(r"\W+", "", page.meta["title"])[:12] not in letters]
    assert articles
    assert missing == []
    # What stands on a screen alone would lie over the text of every sheet.
    assert {"zh": "跳到正文", "en": "Skiptothetext"}[lang] not in letters
