"""A result that nobody reads is told, and every way of reading it counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmnotes.site.build.build import check
from llmnotes.site.verbs.sync import sync
from tests.site.conftest import add_snippet

pytestmark = pytest.mark.site

COMPUTED = '"last": count(4)'
UNREAD = "computes {!r}, which no page, claim or drawing reads; take it out of compute, or "


@pytest.fixture
def line(project) -> Path:
    return add_snippet(project)


def checked(line: Path, more: str, *edits: tuple[str, str]) -> list[str]:
    """What `make check` says once a snippet computes more, and was edited besides."""
    root, text = line.parents[3], line.read_text("utf-8").replace(COMPUTED, f"{COMPUTED}, {more}")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    line.write_text(text, encoding="utf-8")
    return [str(problem) for problem in check(root)]


def state(line: Path, text: str) -> None:
    for lang in ("zh", "en"):
        page = line.parents[3] / "docs" / lang / "kvcache" / "how-long.md"
        page.write_text(f"{page.read_text('utf-8')}\n{text}\n", encoding="utf-8")
    sync(line.parents[3], ["docs/en/kvcache/how-long.md"], compared=True)


@pytest.mark.parametrize(
    ("more", "key", "remedy"),
    [
        ('"lost": count(5)', "lost", "state {{line.lost}} on a page"),
        ('"lost": {"deep-1": count(5)}', "lost", "state {{line.lost_deep_1}} on a page"),
        ('"lost": count([5, 6])', "lost", "draw it"),
        ('"lost": "words"', "lost", "state {{line.lost}} on a page"),
    ],
    ids=["number", "nested", "list", "text"],
)
def test_tells_what_nobody_reads(line, more, key, remedy):
    assert checked(line, more) == [f"snippets/kvcache/how-long/line.py:9: {UNREAD.format(key)}{remedy}"]


ROWS = '"rows": {n: {"size": count(5), "name": n, "lost": "x"} for n in ("a", "b")}'


@pytest.mark.parametrize(
    ("said", "edits", "told"),
    [
        ("{{line.rows_a_size}} {{line.rows_b_name}}", (), True),
        ("{{line.rows_a_size}} {{line.rows_b_name}} {{line.rows_b_lost}}", (), False),
        (
            "{{line.rows_a_size}} {{line.rows_a_name}}",
            [('"numbers"]', '"numbers"] or result["rows"]["a"]["lost"]')],
            False,
        ),
    ],
    ids=["unread", "stated-in-one-row", "drawn"],
)
def test_tells_what_nobody_reads_of_any_row(line, said, edits, told):
    state(line, said)
    wanted = (
        "computes 'lost' in 2 rows, which no page, claim or drawing reads; take it out, or state {{line.rows_a_lost}}"
    )
    assert any(wanted in problem for problem in checked(line, ROWS, *edits)) == told


@pytest.mark.parametrize(
    ("more", "said", "edits"),
    [
        ('"read": count(5)', "{{line.read}}", ()),
        ('"read": {"one": count(5), "two": count(6)}', "{{line.read_two}}", ()),
        ('"read": count(5_000)', "5,000", ()),
        ('"read": count([5, 6, 7])', "", [('"numbers"]', '"read"]')]),
        ('"read_1": count([5, 6, 7])', "", [('result["numbers"]', 'result[f"read_{1}"] or result["numbers"]')]),
        ('"read": count([5, 6, 7]), "order": ["read"]', "", [('"numbers"]', '"order"] and result["numbers"]')]),
    ],
    ids=["stated", "a-part-stated", "typed", "drawn", "put-together", "listed"],
)
def test_what_is_read_is_not_told(line, more, said, edits):
    state(line, said)
    told = [problem for problem in checked(line, more, *edits) if "'read" in problem]
    assert told == []


def test_what_an_exercise_solves_for_is_read_by_its_hints_and_pages(line):
    ask = """

def ask():
    hint = label(zh="{{seen}}", en="{{seen}}")
    return Ask(draws={"n": count([1, 2, 3, 4, 5, 6, 7, 8])}, solve=solve, hints={"half": hint})


def solve(*, n):
    return {"answer": count(2 * n), "half": count(n), **count({"seen": n + 1, "lost": n + 2})}
"""
    line.write_text(line.read_text("utf-8") + ask, encoding="utf-8")
    state(line, '??? question "{{line.ask_n}}"\n\n    {{line.ask_answer}}')
    edit = ("from llmnotes.quantities", "from llmnotes.figures.ask import Ask\nfrom llmnotes.quantities")
    (said,) = checked(line, '"lost": count(9)', edit, (', "lost": count(9)', ""))
    assert "'lost', which no page and no hint reads; take it out of solve, or state {{line.ask_lost}}" in said
