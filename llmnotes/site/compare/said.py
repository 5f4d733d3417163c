"""What a finished site says in numbers, page by page: quantities in prose, cells of tables, points of figures."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lxml.html
from lxml.html import HtmlElement

from llmnotes.units import LANGUAGES

# Where the object begins that the script of a figure assigns (site/figures/figure_files.py).
ASSIGNED = ("] = Object.assign(", "] = ")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


@dataclass
class PageNumbers:
    """The numbers of one page, by name.

    Args:
        quantities: As prose writes each one that has a name, `figure.quantity`; several forms are put together.
        loose: As prose writes those without a name, in order, by the heading above them.
        cells: Of tables, by `heading · row · column`.
        points: Of figures, in full, by `figure · row · column`.
        words: Everything that the page says, figures included, without where its numbers come from.
    """

    quantities: dict[str, str] = field(default_factory=dict)
    loose: dict[str, list[str]] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    points: dict[str, str] = field(default_factory=dict)
    words: str = ""


def pages_of(site: Path) -> dict[str, Path]:
    """Return the pages of a built site by name, `en/chapter/slug`."""
    found = (path for lang in LANGUAGES for path in sorted((site / lang).rglob("*.html")))
    return {path.relative_to(site).with_suffix("").as_posix(): path for path in found}


def numbers_of(site: Path, page: Path) -> PageNumbers:
    """Return what a page of a built site says in numbers."""
    document = lxml.html.document_fromstring(page.read_bytes(), parser=lxml.html.HTMLParser(encoding="utf-8"))
    said, forms, heading = PageNumbers(), {}, ""
    tables: Counter[str] = Counter()
    for element in document.iter("span", "table", "figure", *HEADINGS):
        if element.tag in HEADINGS:
            heading = str(element.get("id") or heading)
        elif element.tag == "figure" and element.get("data-figure"):
            said.points |= _points(site / page.relative_to(site).parts[0], str(element.get("data-figure")))
        elif element.tag == "table" and not any(True for _ in element.iterancestors("figure")):
            tables[heading] += 1
            nth = f" {tables[heading]}" if tables[heading] > 1 else ""
            said.cells |= named(f"#{heading}{nth}", _rows(element))
        elif element.tag == "span" and "ln-claim" in str(element.get("class")).split():
            text = _text(element)
            if name := element.get("data-said"):
                forms.setdefault(str(name).rpartition("/")[2].replace(" ", "."), []).append(text)
            else:
                said.loose.setdefault(f"#{heading}", []).append(text)
    said.words = _words(document, twin=page.with_suffix(".md").name)
    said.quantities = {name: " = ".join(dict.fromkeys(texts)) for name, texts in forms.items()}
    return said


def named(of: str, rows: list[list[str]]) -> dict[str, str]:
    """Return the cells of a table by `of · row · column`; what has the name of an earlier one is numbered.

    >>> named("#cache", [["model", "GiB"], ["Qwen3 8B", "18"], ["Qwen3 8B", "9"]])
    {'#cache · Qwen3 8B · GiB': '18', '#cache · Qwen3 8B (2) · GiB': '9'}
    """
    if not rows:
        return {}
    columns = _distinct([text or "–" for text in rows[0]])
    names = _distinct([row[0] for row in rows[1:] if row])
    cells = {}
    for name, row in zip(names, (row for row in rows[1:] if row), strict=True):
        cells |= {f"{of} · {name} · {column}": text for column, text in zip(columns[1:], row[1:], strict=False)}
        if len(row) == 1:
            cells[f"{of} · {name}"] = row[0]
    return cells


def figure_data(script: str) -> Mapping[str, Any]:
    """Return what the script of a figure holds as data; nothing where it has another form.

    >>> figure_data('(llmnotes.figures = {})["a/b"] = Object.assign({"csv": "x"}, {formulas: 1});')
    {'csv': 'x'}
    """
    for mark in ASSIGNED:
        if mark in script:
            return json.JSONDecoder().raw_decode(script[script.index(mark) + len(mark) :].lstrip())[0]
    return {}


def _words(document: HtmlElement, twin: str) -> str:
    """Return what a page says; the day of its last change and the digest of its inputs say nothing new.

    Nor does the link to its Markdown twin, which the zip to carry away leaves out.
    """
    links = [link for link in document.iter("a") if link.get("href") == twin]
    for apart in (*document.find_class("ln-provenance"), *links):
        apart.clear(keep_tail=True)
    return " ".join(text for article in document.iter("article") for text in article.text_content().split())


def _points(edition: Path, figure: str) -> dict[str, str]:
    script = edition / "assets" / "figures" / f"{figure}.js"
    if not script.is_file():
        return {}
    text = str(figure_data(script.read_text(encoding="utf-8")).get("csv", ""))
    return named(figure.rpartition("/")[2], list(csv.reader(io.StringIO(text))))


def _rows(table: HtmlElement) -> list[list[str]]:
    return [list(_texts(row)) for row in table.iter("tr")]


def _texts(row: HtmlElement) -> Iterator[str]:
    for cell in row.iter("th", "td"):
        yield _text(cell)


def _text(element: HtmlElement) -> str:
    """Return what a screen reader says: a formula stands on the page twice, once for the eyes alone."""
    return " ".join("".join(element.xpath(".//text()[not(ancestor::*[@aria-hidden='true'])]")).split())


def _distinct(names: list[str]) -> list[str]:
    seen: Counter[str] = Counter()
    told = []
    for name in names:
        seen[name] += 1
        told.append(f"{name} ({seen[name]})" if seen[name] > 1 else name)
    return told
