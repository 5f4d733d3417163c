"""One quantity, one value: what tables of all pages print under a public name is what the package answers.

Every table of articles and reference pages is read, in both languages. Where its heads name a public quantity and its
rows (or its columns) registered models, each number is asked of the functions that the command line answers with; a
length that is not in the head is sought in the figure's words, and must be the same for the whole column.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path

import pytest
from lxml import html

from llmnotes import registry, units
from llmnotes.report import CacheSize, ParamCount, count_params, kv_cache, next_token_bytes

LANGUAGES = ("zh", "en")
# The names of `content.md` 8 as the pages print them, and the key of the command line's answer.
HEADS = {
    "total": r"parameter count|parameters|params|参数|参数量|总参数量|总参数",
    "active": r"active|active parameters|激活|激活参数",
    "ideal_bytes": r"ideal|(ideal |kv )?cache|cache and state|true|理想|(理想|kv )?缓存|缓存加状态|实际",
    "reserved_bytes": r"full length|按全长|全长",
    "next_token_bytes": r"(cache of )?one more token( of cache)?|再加一个 token( 的缓存)?",
}
# Below it a number beside a table is hardly a length, and windows are not full: a cache "for each token" would pass.
LONG = 1024
COUNTS = ("total", "active")
LENGTH = r"(?:\d{1,3}(?:,\d{3})+|[1-9]\d{0,3}\s?[KMkm]|[1-9]\d{1,6})"
LENGTHS_IN = re.compile(rf"(?<![\d.,])({LENGTH})(?![\d,%×.])")
BYTES = re.compile(r"\d ?[KMGT]?i?B$")
UNIT = re.compile(r"\s*[(（](?P<unit>[^()（）]+)[)）]$")
NUMBER = re.compile(r"^(?P<digits>[\d,]+(?:\.(?P<after>\d+))?)\s*(?P<unit>.*)$")
SCALES = {name: scale for table in (units._BINARY, units._DECIMAL) for name, scale in table} | {
    "": 1, "K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12, "万": 1e4, "亿": 1e8, "万亿": 1e12,
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A number of a table: where it stands, whose it is, and all lengths that it may hold for."""

    place: str
    column: str
    model_id: str
    key: str
    text: str
    unit: str
    lengths: tuple[int, ...]


@lru_cache
def counted(model_id: str) -> ParamCount:
    return count_params(registry.load_model(model_id))


@cache
def held(model_id: str, n_tokens: int) -> CacheSize:
    return kv_cache(registry.load_model(model_id), n_tokens)


def value_of(key: str, model_id: str, n_tokens: int) -> float:
    if key == "next_token_bytes":
        return next_token_bytes(registry.load_model(model_id), n_tokens)
    return getattr(counted(model_id) if key in COUNTS else held(model_id, n_tokens), key)


def says(shown: Shown, true: float) -> bool:
    """Whether the printed digits are the true value, rounded to so many."""
    found = NUMBER.match(shown.text)
    assert found, shown
    unit = found["unit"] if found["unit"] in SCALES else shown.unit
    scale = SCALES[found["unit"] or shown.unit] if (found["unit"] or shown.unit) in SCALES else SCALES[unit]
    digits = found["digits"].replace(",", "")
    significant = max(len(digits.replace(".", "").lstrip("0")), 3)
    value = float(digits) * scale
    step = max(
        scale * 10.0 ** -len(found["after"] or ""), 10.0 ** (len(str(int(true))) - significant) if true >= 1 else 0
    )
    return abs(value - true) <= step / 2 * 1.0001


@lru_cache
def ids() -> dict[str, str]:
    return {registry.find(model_id).name: model_id for model_id in registry.model_ids()}


def pages(site: Path, lang: str) -> Iterator[tuple[str, html.HtmlElement]]:
    for page in sorted((site / lang).rglob("*.html")):
        place = page.relative_to(site).as_posix()
        # Pages of one model are held to the package by tests/site/test_models.py; formulas print examples of their own.
        if "/formulas" not in place and "/models/" not in place:
            yield place, html.parse(str(page)).getroot()


def shown_in(place: str, page: html.HtmlElement) -> Iterator[Shown]:
    for number, table in enumerate(page.iter("table")):
        grid = [[" ".join(cell.text_content().split()) for cell in row] for row in table.iter("tr")]
        rows = [row for row in grid if len(row) == len(grid[0])]
        turned = [list(row) for row in zip(*rows, strict=True)]
        for lines in (rows, turned):
            yield from _columns(f"{place} table {number}", lines, _lengths(table))


def _columns(place: str, rows: list[list[str]], around: tuple[int, ...]) -> Iterator[Shown]:
    """Numbers of models in the first column, under the heads that name a quantity."""
    mine = [row for row in rows[1:] if row and row[0] in ids()]
    for column in range(1, len(rows[0])) if mine else ():
        found = read_head(rows[0][column])
        if found is None:
            continue
        key, unit, n = found
        if not unit and key not in COUNTS and not all(BYTES.search(row[column]) for row in mine):
            continue
        # Counts of parameters hold at any length.
        lengths = (0,) if key in COUNTS else (n,) if n else around
        for row in mine:
            if NUMBER.match(row[column]):
                yield Shown(place, rows[0][column], ids()[row[0]], key, row[column], unit, lengths)


def read_head(head: str) -> tuple[str, str, int] | None:
    """The key, the unit and the length that a head says."""
    unit = UNIT.search(head)
    text = UNIT.sub("", head).strip().lower()
    for key, names in HEADS.items():
        if re.fullmatch(names, text):
            return key, unit["unit"] if unit else "", 0
    at = re.fullmatch(rf"(?:(?P<a>.*?)\s*(?:\bat )?)?(?P<n>{LENGTH})(?:\s?时(?:的)?)?\s*(?P<b>.*)", text, re.IGNORECASE)
    if at is None:
        return None
    rest = ((at["a"] or "") + (at["b"] or "")).strip()
    keys = [key for key, names in HEADS.items() if re.fullmatch(names, rest)] if rest else ["ideal_bytes"]
    return (keys[0], unit["unit"] if unit else "", units.parse_tokens(at["n"].replace(",", ""))) if keys else None


def _lengths(table: html.HtmlElement) -> tuple[int, ...]:
    """Lengths that the words beside a table name: its figure's, or the paragraphs before it."""
    figure = next(table.iterancestors("figure"), None)
    if figure is not None:
        words = [figure.text_content(), *(one.text_content() for one in figure.itersiblings(preceding=True))][:4]
    else:
        frame = table.getparent()
        words = [one.text_content() for one in chain(frame.itersiblings(preceding=True), frame.itersiblings())][:40]
    found = {units.parse_tokens(one.replace(",", "").replace(" ", "")) for one in LENGTHS_IN.findall(" ".join(words))}
    return tuple(sorted(n for n in found if LONG <= n <= 2**24))


def differing(all_shown: list[Shown]) -> list[str]:
    """Lines that name what is not the package's answer, each column at the length that fits it best."""
    columns: dict[tuple[str, str], list[Shown]] = {}
    for shown in all_shown:
        columns.setdefault((shown.place, shown.column), []).append(shown)
    wrong = []
    for column in columns.values():
        misses = {
            n: [one for one in column if not says(one, value_of(one.key, one.model_id, n))] for n in column[0].lengths
        }
        best = min(misses, key=lambda n: len(misses[n]), default=None)
        if best is None:
            wrong.append(f"{column[0].place}, {column[0].column}: no length stands in its head or beside it")
        else:
            wrong += [
                f"{one.place}, {one.column}, {one.model_id}: {one.text} {one.unit}, where the package answers "
                f"{value_of(one.key, one.model_id, best):,} at {best:,} tokens"
                for one in misses[best]
            ]
    return wrong


def all_shown(site: Path, lang: str) -> list[Shown]:
    return [shown for place, page in pages(site, lang) for shown in shown_in(place, page)]


@pytest.fixture(scope="module")
def collected(site: Path) -> dict[str, list[Shown]]:
    return {lang: all_shown(site, lang) for lang in LANGUAGES}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_number_under_a_public_name_is_the_packages(collected, lang):
    assert differing(collected[lang]) == []


def test_both_languages_print_the_same_quantities_of_the_same_models(collected):
    zh, en = (
        Counter((shown.place.partition("/")[2], shown.key, shown.model_id) for shown in collected[lang])
        for lang in LANGUAGES
    )
    assert zh == en
    assert min(Counter(key for _, key, _ in en).values()) > 15, "a name that no table prints any more guards nothing"


# What the reviews found, put back: the page, the model, what the page says, and what it said then.
OLD_ERRORS = (
    ("question/in-ten-minutes", "one more token of cache", "24 KiB", "48 KiB"),  # windows that never fill up
    ("kvcache/how-big-and-why-so-different", "ideal (GiB)", "10.41", "62"),  # the full length as the ideal
    ("attention/breaking-n-squared", "cache and state", "10.4 GiB", "62 GiB"),
    ("question/are-they-related", "true", "8.58 GiB", "488 GiB"),  # MLA's cache, of keys and values per head
)


@pytest.mark.parametrize(("slug", "head", "right", "wrong"), OLD_ERRORS)
def test_finds_the_old_errors_when_they_are_put_back(site, slug, head, right, wrong):
    page = (site / "en" / f"{slug}.html").read_text("utf-8")
    assert head in page
    assert f">{right}<" in page
    broken = html.fromstring(page.replace(f">{right}<", f">{wrong}<"))
    found = differing([*shown_in(slug, broken)])
    assert [one for one in found if head in one and wrong in one]
