"""Which numbers have to be read again, counted up to the day of the last commit: a build knows no other clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from llmnotes.site.made.document import Cell, Section, Table, Words, as_html, as_markdown
from llmnotes.site.made.shelf.words import KINDS, TEXT
from llmnotes.site.text.commit import read_commit
from llmnotes.site.upkeep.shelf_life import DAYS, Dated, dated, past

N_SOON = 12


def make(root: Path, lang: str, config: Any) -> dict[str, Any]:
    """Return what `made.write` asks of a maker."""
    found = dated()
    # Without git there is no day but those on which sources were read.
    on = read_commit(root).date or max(one.read for one in found).isoformat()
    whole = sections(found, date.fromisoformat(on), lang)
    return {"html": as_html(whole), "markdown": as_markdown(whole)}


def sections(found: Sequence[Dated], on: date, lang: str) -> list[Section]:
    """Return the tables: by kind, what is past its shelf life on a day, and what will be next."""
    text, gone = TEXT[lang], past(found, on)
    said = text["as_of" if gone else "none"].format(on=on)
    return [
        Section("kinds", text["kinds"], (_kinds(found, on, lang),)),
        Section("past", text["past"], (Words(said), *([_table(gone, "past", lang)] if gone else []))),
        Section("soon", text["soon"], (_table([one for one in found if one.until >= on][:N_SOON], "soon", lang),)),
    ]


def _kinds(found: Sequence[Dated], on: date, lang: str) -> Table:
    text, rows = TEXT[lang], []
    for kind, (name, why) in KINDS[lang].items():
        mine = [one for one in found if one.kind == kind]
        numbers = [Cell(str(n), n) for n in (len(mine), len(past(mine, on)))]
        first = _day(min(mine).until) if mine else Cell("–")
        rows.append([Cell(name), Cell(str(DAYS[kind]), DAYS[kind]), *numbers, first, Cell(why)])
    return Table(text["kinds"], tuple(text[name] for name in ("kind", "days", "n", "n_past", "first", "why")), rows)


def _table(found: Sequence[Dated], label: str, lang: str) -> Table:
    text = TEXT[lang]
    rows = [
        [
            Cell(one.name, href=_address(one)),
            Cell(KINDS[lang][one.kind][0]),
            _day(one.read),
            _day(one.until),
            Cell(text["open"], href=one.source) if "://" in one.source else Cell(one.source),
            Cell(one.file.removeprefix("llmnotes/data/")),
        ]
        for one in found
    ]
    columns = ("what", "kind", "read", "until", "source", "file")
    return Table(text[label], tuple(text[name] for name in columns), rows)


def _day(on: date) -> Cell:
    return Cell(on.isoformat(), on.toordinal())


def _address(one: Dated) -> str:
    name, _, anchor = one.page.partition("#")
    return f"{name}.html#{anchor}" if anchor else f"{name}.html" if name else ""
