"""The printed book, from a small site: every page is there, numbered, and its links stay inside."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from pypdf import PdfReader

from llmnotes.site.book.book import book, front_matter, listed, numbered
from llmnotes.site.book.printing import Printer
from llmnotes.site.text import nav
from llmnotes.site.text.problem import SiteError

pytestmark = pytest.mark.browser
Answer = TypeVar("Answer")


def apart(what: Callable[[], Answer]) -> Answer:
    """Call in a thread of its own: Playwright allows one browser a thread, and other tests keep theirs open."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(what).result()


@pytest.fixture(scope="module")
def printed(root, tmp_path_factory):
    """A project whose site has the first two pages of this one."""
    from llmnotes.site.book import book as module

    copy = tmp_path_factory.mktemp("book")
    for name in ("mkdocs.yml", "mkdocs.en.yml", "pyproject.toml", "site"):
        (copy / name).symlink_to(root / name)
    few = listed(root, "zh")
    few = [few[0], few[1], next(one for one in few if one[2] == "glossary.html")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "listed", lambda root, lang: few)
        return few, apart(lambda: book(copy, "zh"))


def text_of(path) -> str:
    return subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout


def test_every_page_is_there_and_numbered(printed):
    few, path = printed
    reader = PdfReader(path)
    bookmarks = [item.title for item in flat(reader.outline)]
    assert [title for _, title, _ in few if title not in bookmarks] == []
    for index, page in enumerate(reader.pages):
        assert index == 0 or page.extract_text().rstrip().endswith(str(index + 1)), index


def test_links_lead_into_the_book_or_to_the_web(printed):
    reader = PdfReader(printed[1])
    links = [one.get_object() for page in reader.pages for one in page.get("/Annots", [])]
    inside = [one for one in links if "/Dest" in one]
    away = [str(one["/A"]["/URI"]) for one in links if "/A" in one]
    assert len(inside) > len(printed[0])
    assert [address for address in away if not re.match("https?://", address)] == []
    numbers = {page.indirect_reference.idnum for page in reader.pages if page.indirect_reference}
    assert [one for one in inside if one["/Dest"][0].idnum not in numbers] == []


def test_chinese_can_be_searched(printed):
    try:
        text = text_of(printed[1])
    except FileNotFoundError:
        pytest.skip("pdftotext (poppler) is not installed, and pypdf returns radicals for some Han")
    assert "参数数量和上下文长度有什么关系" in text
    assert "先猜一猜" in text
    assert not re.search("[\u2e80-\u2fdf]", text), "radicals instead of Han"


def test_every_page_is_a4(printed):
    # 210 × 297 mm in points; Chromium rounds either way.
    sizes = {tuple(float(side) for side in page.mediabox[2:]) for page in PdfReader(printed[1]).pages}
    assert [size for size in sizes if abs(size[0] - 595.3) > 1 or abs(size[1] - 841.9) > 1.5] == []


def test_a_number_stands_on_every_page(root):
    def three() -> list[str]:
        with Printer(root) as printer:
            return [page.extract_text().strip() for page in printer.text(numbered(3)).pages]

    assert apart(three) == ["1", "2", "3"]


def test_a_title_is_not_parted_from_itself_nor_from_its_drawing(root):
    """Wherever a page ends: forty figures, each with a title of two lines, at forty heights."""
    title = f'<p class="ln-figure__title">begins {"and goes on " * 12} ends</p>'
    drawing = '<div class="ln-drawing"><svg width="400" height="300"><text y="20">drawn</text></svg></div>'
    figures = [f'<div style="height: {7 * k}mm"></div><figure>{title}{drawing}</figure>' for k in range(40)]
    css = (root / "docs/theme/assets/article.css").read_text("utf-8")

    def pages() -> list[str]:
        with Printer(root) as printer:
            return [page.extract_text() for page in printer.text(f"<style>{css}</style>{''.join(figures)}").pages]

    said = apart(pages)
    assert sum(text.count("begins") for text in said) == 40
    assert [t for t in said if not t.count("begins") == t.count("ends") == t.count("drawn")] == []


def test_without_a_site_says_which_command_makes_one(tmp_path):
    with pytest.raises(SiteError, match=r"there is no built site; python -m llmnotes\.site build"):
        book(tmp_path, "en")


def test_contents_follow_the_navigation(root):
    files = [file for _, _, file in nav.titled(root, "en")]
    assert files == nav.listed(root, "en")
    assert front_matter(root, "en", []).count("<section") == 2


def flat(outline):
    for item in outline:
        if isinstance(item, list):
            yield from flat(item)
        else:
            yield item
