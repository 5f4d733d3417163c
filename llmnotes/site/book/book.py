"""The site as one PDF for each language: the finished pages, printed by Chromium and bound by pypdf.

Printed are the pages of the navigation in its order and the pages of formulas; those of single models are left out, as
is what only moves on a screen. Contents, page numbers and bookmarks are added, and links between pages lead into the
book.
"""

from __future__ import annotations

import html
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pypdf import PdfReader, PdfWriter

from llmnotes.site.book import binding
from llmnotes.site.book.printing import Printer
from llmnotes.site.places import DATA
from llmnotes.site.text import nav
from llmnotes.site.text.addresses import HTML_LANG
from llmnotes.site.text.commit import read_commit
from llmnotes.site.text.problem import Problem, SiteError

STYLE = DATA / "book.css"
# Pages that are nothing without a script.
ON_SCREEN_ONLY = {"calculator.html", "explain.html", "planner.html"}
TEXT = {
    "zh": {
        "title": "参数和上下文长度，各要花多少",
        "about": "网站 llmnotes 的全部文章。每个数都在构建时算出来，或写明实测的机器和日期，或引自写明的来源。图里的代码、超过 60 行的数据和每个模型的页面在网站上。",
        "contents": "目录",
        "made": "llmnotes {version} · 构建自提交 {commit} · {date}",
        "licence": "文字和图 CC BY 4.0，代码 MIT",
    },
    "en": {
        "title": "What parameters and context length cost",
        "about": "All articles of the site llmnotes. Every number is computed at build, or measured with machine and date, or reported with its source. The code of the figures, data of more than 60 rows and the page of each model are on the site.",
        "contents": "Contents",
        "made": "llmnotes {version} · built from commit {commit} · {date}",
        "licence": "Text and figures CC BY 4.0, code MIT",
    },
}


@dataclass
class Chapter:
    """One page of the site in the book.

    Attributes:
        file: Its address below the edition.
        title: What the contents call it.
        section: The part of the navigation it stands in; empty for the home page.
        reader: Its printed pages.
        headings: Ids and titles of its headings, in their order.
        first: Number of its first page in the book, from 0.
    """

    file: str
    title: str
    section: str
    reader: PdfReader
    headings: list[tuple[str, str]] = field(default_factory=list)
    first: int = 0


def book(root: Path, lang: str) -> Path:
    """Print an edition of `site/` into `dist/llmnotes-<lang>.pdf`.

    Raises:
        SiteError: If there is no built site, or no Chromium to print it.
    """
    edition = (root / "site" / lang).resolve()
    if not (edition / "index.html").is_file():
        raise SiteError([Problem("site", 0, "there is no built site", "python -m llmnotes.site build")])
    target = root / "dist" / f"llmnotes-{lang}.pdf"
    target.parent.mkdir(exist_ok=True)
    with Printer(root) as printer:
        chapters = [
            Chapter(file, title, section, *printer.page(edition / file))
            for section, title, file in listed(root, lang)
            if (edition / file).is_file() and file not in ON_SCREEN_ONLY
        ]
        front = printer.text(front_matter(root, lang, chapters))
        n_front = len(front.pages)
        number(chapters, n_front)
        # Now that the numbers are known: they stand in a column of their own, so no line moves.
        front = printer.text(front_matter(root, lang, chapters))
        n_pages = n_front + sum(len(one.reader.pages) for one in chapters)
        numbers = printer.text(numbered(n_pages))
    writer = bind(front, chapters, numbers, edition)
    commit = read_commit(root)
    binding.describe(writer, TEXT[lang]["title"], HTML_LANG[lang], commit.epoch)
    unfinished = target.with_suffix(".part")
    writer.write(unfinished)
    unfinished.replace(target)
    return target


def listed(root: Path, lang: str) -> list[tuple[str, str, str]]:
    """Return section, title and address of every page of the book."""
    from llmnotes.site.made.equations.docstrings import MODULES
    from llmnotes.site.made.equations.pages import name_of

    found = []
    for section, title, file in nav.titled(root, lang):
        address = file.rpartition(".")[0] + ".html"
        found.append((section, title, address))
        if address == "formulas.html":
            found += [(section, name_of(module, lang), f"formulas/{module}.html") for module in MODULES]
    return found


def number(chapters: Sequence[Chapter], n_front: int) -> None:
    """Let each chapter know on which page it starts."""
    at = n_front
    for one in chapters:
        one.first = at
        at += len(one.reader.pages)


def bind(front: PdfReader, chapters: Sequence[Chapter], numbers: PdfReader, edition: Path) -> PdfWriter:
    """Return the book."""
    writer = PdfWriter()
    for page in front.pages:
        writer.add_page(page)
    for one in chapters:
        for page in one.reader.pages:
            writer.add_page(page)
    places = {}
    for one in chapters:
        for anchor, place in binding.places(one.reader, one.headings).items():
            places[one.file, anchor] = (one.first + place[0], place[1])
        places[one.file, ""] = (one.first, None)
    binding.bookmarks(writer, chapters)
    binding.relink(writer, [("", 0), *((one.file, one.first) for one in chapters)], edition, places)
    for index, page in enumerate(writer.pages):
        if index:
            page.merge_page(numbers.pages[index])
    for page in writer.pages:
        page.compress_content_streams()
    writer.compress_identical_objects()
    return writer


def front_matter(root: Path, lang: str, chapters: Sequence[Chapter]) -> str:
    """Return cover and contents as a page to print."""
    text, commit, edition = TEXT[lang], read_commit(root), (root / "site" / lang).resolve()
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    rows, section = [], ""
    for one in chapters:
        if one.section != section:
            section = one.section
            rows.append(f"<h2>{html.escape(section)}</h2>")
        rows.append(
            f'<p><a href="{(edition / one.file).as_uri()}"><span>{html.escape(one.title)}</span><i></i>'
            f"<b>{one.first + 1}</b></a></p>"
        )
    made = text["made"].format(version=version, commit=commit.short or "–", date=commit.date or "–")
    style = STYLE.read_text(encoding="utf-8")
    return (
        f'<!doctype html><html lang="{HTML_LANG[lang]}"><meta charset="utf-8"><title>llmnotes</title>'
        f'<style>{style}</style><section class="cover"><h1>{html.escape(text["title"])}</h1>'
        f'<p class="name">llmnotes</p><p>{text["about"]}</p><p class="small">{made}<br>{text["licence"]}</p></section>'
        f"<section><h1>{text['contents']}</h1>{''.join(rows)}</section></html>"
    )


def numbered(n_pages: int) -> str:
    """Return so many pages that hold nothing but their number."""
    style = "@page{size:A4;margin:0}body{margin:0}p{margin:0;height:296.9mm;position:relative;break-after:page}"
    style += "b{position:absolute;bottom:8mm;left:0;right:0;text-align:center;font:400 9pt system-ui,sans-serif;color:#686258}"
    rows = "".join(f"<p><b>{number}</b></p>" for number in range(1, n_pages + 1))
    return f"<!doctype html><meta charset=utf-8><style>{style}</style>{rows}"
