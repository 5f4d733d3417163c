"""What a reader carries away, as `make offline` left it: a zip that is the site as people read it, and whole PDFs."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypdf import PdfReader

from llmnotes.site.text import pages

pytestmark = pytest.mark.site
LARGEST_ZIP_BYTES = 8_000_000
# What KaTeX writes around letters of a font that the zip may go without.
LETTERS = {
    "AMS": rb"amsrm|mathbb|textbb",
    "Caligraphic": rb"mathcal",
    "Fraktur": rb"math(?:bold)?frak|text(?:bold)?frak",
    "SansSerif": rb"math(?:bold|it)?sf|text(?:bold|it)?sf",
    "Script": rb"mathscr|textscr",
    "Size4": rb"size4",
    "Typewriter": rb"mathtt|texttt",
}


def carried(root: Path, pattern: str) -> Path:
    """A file of `dist/` that is no older than the site; the test is skipped where there is none."""
    found = sorted((root / "dist").glob(pattern))
    home = root / "site/index.html"
    if len(found) != 1 or not home.is_file() or found[0].stat().st_mtime < home.stat().st_mtime:
        pytest.skip(f"no dist/{pattern} of this site: run make offline first")
    return found[0]


def test_the_zip_is_the_very_site_as_people_read_it(root):
    with zipfile.ZipFile(carried(root, "llmnotes-offline-*.zip")) as archive:
        inside = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    there = {file.relative_to(root / "site").as_posix(): file for file in (root / "site").rglob("*") if file.is_file()}
    assert "index.html" in inside
    # Markdown twins and what leads programs to them stay online, and no page that is carried leads to one; letters that
    # no formula has need not be carried.
    fonts = {name for name in there.keys() - inside.keys() if "/katex/fonts/" in name}
    said = b"".join(content for name, content in inside.items() if name.endswith(".html"))
    for name in fonts:
        assert not re.search(LETTERS[name.partition("KaTeX_")[2].partition("-")[0]], said), name
    # All models as one file is for programs, at its address online: no page that is carried leads there.
    # Data that both editions hold the same are carried once.
    once = {f"zh/assets/{name}" for name in ("models.js", "plans.js")}
    assert all(there[name].read_bytes() == inside[name.replace("zh/", "en/")] for name in once)
    left = there.keys() - inside.keys() - {"llms.txt", "SKILL.md", "registry.json"} - fonts - once
    assert b'registry.json"' not in said
    assert {name.removesuffix(".md") for name in left} == {
        name.removesuffix(".md") for name in there if name.endswith(".md") and name.removesuffix("md") + "html" in there
    }
    changed = {name for name in inside if inside[name] != there[name].read_bytes()}
    assert {name.rpartition(".")[2] for name in changed} == {"html"}
    for name in changed:
        twin = name.rpartition("/")[2].removesuffix("html") + "md"
        read = whole = there[name].read_bytes()
        for script in once if name.startswith("zh/") else ():
            read = read.replace(b'src="%s"' % script[3:].encode(), b'src="../en/%s"' % script[3:].encode())
        link = re.search(rb'<a href="%s">[^<]*</a>' % re.escape(twin.encode()), read)
        assert link or b'registry.json"' in read or read != whole, name
        read = read.replace(link[0], b"") if link else read
        words = b"<code>registry.json</code>"
        assert inside[name] == read.replace(b'<a href="../registry.json">%s</a>' % words, words), name


def test_the_zip_is_small_enough_to_send(root):
    assert carried(root, "llmnotes-offline-*.zip").stat().st_size <= LARGEST_ZIP_BYTES


def letters(text: str) -> str:
    """A text without what stands between its letters, each letter in its usual form."""
    return re.sub(r"\W+", "", unicodedata.normalize("NFKC", text))


def bookmarks(outline: list) -> Iterator[str]:
    for item in outline:
        if isinstance(item, list):
            yield from bookmarks(item)
        else:
            yield item.title


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_book_holds_every_article(root, lang):
    reader = PdfReader(carried(root, f"llmnotes-{lang}.pdf"))
    # Of Han in a text, pypdf returns some as radicals; bookmarks have them as they are.
    said = letters("".join([*(page.extract_text() for page in reader.pages), *bookmarks(reader.outline)]))
    articles = [page for page in pages.load(root) if page.lang == lang and "/" in page.slug]
    missing = [page.slug for page in articles if letters(page.meta["title"])[:12] not in said]
    assert articles
    assert missing == []
    # What stands on a screen alone would lie over the text of every sheet.
    assert {"zh": "跳到正文", "en": "Skiptothetext"}[lang] not in said
