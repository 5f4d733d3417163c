"""A made page before it is markup: sections of sentences, tables and drawings, written as HTML and as Markdown."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        text: What it says.
        value: The number behind the text, by which a table is sorted.
        share: Length of a bar behind the text, 0 to 1.
        parts: Further lines: words, and below them names and sizes as the code has them.
        strong: Whether it stands out.
        lang: Language of the text where that is not the page's.
        href: Where its text leads.
    """

    text: str
    value: float | None = None
    share: float | None = None
    parts: tuple[tuple[str, str], ...] = ()
    strong: bool = False
    lang: str = ""
    href: str = ""


@dataclass(frozen=True)
class Table:
    """Rows below named columns; the first cell of each row names it."""

    label: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Words:
    """A paragraph of plain words, after a lead in the language of the page where its own differs."""

    text: str
    lang: str = ""
    lead: str = ""


@dataclass(frozen=True)
class Drawing:
    """Markup that only a page can show; `said` is what it says in words."""

    markup: str
    said: str


@dataclass(frozen=True)
class Section:
    """A heading with what follows it; `folded` is the line behind which a page folds that, where it is much."""

    id: str
    heading: str
    blocks: tuple[Words | Table | Drawing, ...]
    folded: str = ""


def as_html(sections: Sequence[Section]) -> str:
    """Return sections as the body of a page."""
    return "\n".join(f'<h2 id="{one.id}">{_text(one.heading)}</h2>\n{_body(one)}' for one in sections)


def _body(section: Section) -> str:
    body = "\n".join(_block(block) for block in section.blocks)
    return f"<details><summary>{_text(section.folded)}</summary>\n{body}</details>" if section.folded else body


def as_markdown(sections: Sequence[Section]) -> str:
    """Return sections as Markdown."""
    return "\n\n".join("\n\n".join([f"## {one.heading}", *(_plain(block) for block in one.blocks)]) for one in sections)


def table_html(table: Table, *, kind: str = "", corner: str = "") -> str:
    """Return a table in a box that scrolls; `kind` is a further class of the table, `corner` its id."""
    numeric = [any(row[index].value is not None for row in table.rows) for index in range(len(table.columns))]
    head = "".join(
        f'<th scope="col"{_number(is_number)}>{_text(name)}</th>'
        for name, is_number in zip(table.columns, numeric, strict=True)
    )
    rows = "\n".join(
        "<tr>" + "".join(_cell(cell, first=index == 0) for index, cell in enumerate(row)) + "</tr>"
        for row in table.rows
    )
    marks = (f' class="{kind}"' if kind else "") + (f' id="{corner}"' if corner else "")
    return (
        f'<div class="ln-scroll" tabindex="0" role="region" aria-label="{html.escape(table.label)}">'
        f"<table{marks}><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table></div>"
    )


def table_markdown(table: Table) -> str:
    """Return a table as Markdown."""
    rows = [list(table.columns), ["---"] * len(table.columns), *([_said(cell) for cell in row] for row in table.rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _block(block: Words | Table | Drawing) -> str:
    if isinstance(block, Words):
        said = f"<span{_lang(block.lang)}>{_text(block.text)}</span>" if block.lang else _text(block.text)
        return f"<p>{_text(block.lead)}{said}</p>"
    return block.markup if isinstance(block, Drawing) else table_html(block)


def _plain(block: Words | Table | Drawing) -> str:
    if isinstance(block, Words):
        return block.lead + block.text
    return block.said if isinstance(block, Drawing) else table_markdown(block)


def _cell(cell: Cell, *, first: bool) -> str:
    content = _text(cell.text)
    if cell.href:
        away = ' rel="noopener"' if "://" in cell.href else ""
        content = f'<a href="{html.escape(cell.href)}"{away}>{content}</a>'
    if cell.strong:
        content = f"<strong>{content}</strong>"
    for words, sizes in cell.parts:
        content += f'<div class="ln-part">{_text(words)} <code translate="no">{_text(sizes)}</code></div>'
    if cell.share is not None:
        content += f'<span class="ln-bar" style="--share:{cell.share:.4f}"></span>'
    marks = _number(cell.value is not None) + _lang(cell.lang)
    if cell.value is not None:
        marks += f' data-value="{cell.value:.15g}"'
    return f'<th scope="row"{marks}>{content}</th>' if first else f"<td{marks}>{content}</td>"


def _said(cell: Cell) -> str:
    href = cell.href if "://" in cell.href else cell.href.removesuffix(".html") + ".md"
    said = f"[{cell.text}]({href})" if cell.href else cell.text
    said += "; ".join(f"{words} `{sizes}`" for words, sizes in cell.parts)
    return said.replace("|", r"\|")


def _number(is_number: bool) -> str:
    return ' class="ln-number"' if is_number else ""


def _lang(lang: str) -> str:
    return f' lang="{lang}"' if lang else ""


def _text(text: str) -> str:
    return html.escape(text, quote=False)
