"""The table of every registered price list with its day, and of what chips cost to rent."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from llmnotes import units
from llmnotes.registry import DATA, Price, find_chip, find_price, price_ids
from llmnotes.site.made.document import Cell, Section, Table, as_html, as_markdown, table_markdown
from llmnotes.site.made.listed.filtered import filtered, source_cell
from llmnotes.site.made.listed.words import TEXT

COLUMNS = (
    *("model", "by", "input", "output", "ratio", "found", "kept", "line", "long", "batch", "fast"),
    *("context", "limit", "priced", "source"),
)


def make(root: Path, lang: str, config: Any) -> dict[str, Any]:
    """Return what `made.write` asks of a maker."""
    return {
        "html": f"{filtered(table(lang), 'prices', lang)}\n{as_html([rented(lang)])}",
        "markdown": f"{table_markdown(table(lang))}\n\n{as_markdown([rented(lang)])}",
    }


def table(lang: str) -> Table:
    """Return every list, by maker, the newest model first."""
    text = TEXT[lang]
    lists = sorted(map(find_price, price_ids()), key=lambda one: (str(one.released or ""), one.id), reverse=True)
    rows = [_row(one, lang) for one in sorted(lists, key=lambda one: one.org or "")]
    return Table(text["prices"], tuple(text[name] for name in COLUMNS), rows)


def rented(lang: str) -> Section:
    """Return what one chip costs an hour at the providers that the file of rents names."""
    text = TEXT[lang]
    read = tomllib.loads((DATA / "timing" / "rents.toml").read_text(encoding="utf-8"))
    rows = [
        [
            Cell(find_chip(chip_id).name.removeprefix("NVIDIA ")),
            _usd(price, lang),
            source_cell(read["source"][group], lang),
            Cell(read["source"]["checked"].isoformat()),
        ]
        for group in ("usd_per_hour", "usd_per_hour_cards")
        for chip_id, price in read[group].items()
    ]
    names = ("chip", "rent", "rent_source", "checked")
    return Section("rents", text["rents"], (Table(text["rents"], tuple(text[name] for name in names), rows),))


def _row(price: Price, lang: str) -> list[Cell]:
    none = TEXT[lang]["none"]
    read, written = price.usd_per_million_input_tokens, price.usd_per_million_output_tokens
    line = price.long_prompt_tokens
    return [
        Cell(price.name),
        Cell(price.org or none),
        _usd(read, lang),
        _usd(written, lang),
        Cell(units.format_ratio(written / read, lang), written / read),
        _usd(price.usd_per_million_cached_tokens, lang),
        _usd(price.usd_per_million_cache_write_tokens, lang),
        Cell(none if line is None else units.format_exact(line, lang), line or 0),
        _both(price.usd_per_million_input_tokens_long, price.usd_per_million_output_tokens_long, lang),
        _both(price.usd_per_million_input_tokens_batch, price.usd_per_million_output_tokens_batch, lang),
        _both(price.usd_per_million_input_tokens_fast, price.usd_per_million_output_tokens_fast, lang),
        _tokens(price.context_advertised, lang),
        _tokens(price.output_limit, lang),
        Cell(price.priced.isoformat()),
        Cell("models.dev", href=price.sources["usd_per_million_input_tokens"].partition(" ")[0]),
    ]


def _usd(value: float | None, lang: str) -> Cell:
    return Cell(TEXT[lang]["none"], 0) if value is None else Cell(units.format_usd(value, lang), value)


def _both(read: float | None, written: float | None, lang: str) -> Cell:
    if read is None or written is None:
        return Cell(TEXT[lang]["none"], 0)
    return Cell(f"{units.format_usd(read, lang)} / {units.format_usd(written, lang)}", read)


def _tokens(value: int | None, lang: str) -> Cell:
    return Cell(TEXT[lang]["none"] if value is None else units.format_exact(value, lang), value or 0)
