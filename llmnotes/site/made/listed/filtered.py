"""A table that its reader filters and sorts, and a source as a cell."""

from __future__ import annotations

from llmnotes.site.made.document import Cell, Table, table_html
from llmnotes.site.made.listed.words import TEXT


def filtered(table: Table, name: str, lang: str) -> str:
    """Return a table below the form that filters it; `name` is that of its words."""
    text = TEXT[lang]
    found = text[f"{name}_found"]
    return (
        f'<div><form class="ln-filter" role="search" data-found="{found}" data-sort="{text["sort"]}">'
        f'<label for="ln-filter">{text["find"]}</label>'
        f'<input id="ln-filter" type="search" placeholder="{text[f"{name}_hint"]}" autocomplete="off" '
        f'spellcheck="false"><output for="ln-filter">{found.format(len(table.rows), len(table.rows))}</output></form>'
        f"{table_html(table, kind='ln-sortable ln-listed')}</div>"
    )


def source_cell(source: str, lang: str) -> Cell:
    """Return a source as a link where it begins with an address, and what else it says as the link's words."""
    address, _, rest = source.partition(" ")
    spoken = "" if lang == "en" else "en"
    if not address.startswith("https://"):
        return Cell(source, lang=spoken)
    path = address.removeprefix("https://").removeprefix("github.com/")
    return Cell(f"{path} {rest}".strip(), lang=spoken, href=address)
