"""Numbers are written in the page as they are in Python, letter by letter, and read as they are there."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from py_mini_racer import MiniRacer

from llmnotes import units

PAGE = Path(__file__).parents[2] / "docs" / "theme" / "assets" / "numbers.js"
ONE_ARGUMENT = ("format_number",)
IN_BOTH_LANGUAGES = (
    "format_bytes",
    "format_bytes_decimal",
    "format_count",
    "format_flops",
    "format_seconds",
    "format_ratio",
    "format_percent",
    "format_usd",
)
WHOLE = ("format_exact", "format_tokens")
TEXTS = [
    "8192",
    "128k",
    "1M",
    "1,000",
    "1,5",
    "1,50,000",
    "12,34k",
    "128_000",
    "0.5k",
    "0.3k",
    " 4 k ",
    "1.2.3",
    ".",
    "",
    "k",
]
TEXTS += [
    "-1",
    "1e3",
    "9" * 20,
    "fp8",
    "BF16",
    "8.5",
    "0",
    "64",
    "65",
    "4bits",
    "int4",
    ".5",
    "5.",
    ",5",
    "1,",
    "½",
    "１２",
]


def values() -> list[float]:
    """Sizes of every order, numbers on both sides of a larger unit, and ties, which the two round differently."""
    rng = random.Random(20261125)
    spread = [rng.uniform(1, 10) * 10.0 ** rng.randint(-9, 24) for _ in range(3000)]
    ties = [(2 * rng.randint(0, 500) + 1) / 2 ** rng.randint(1, 10) for _ in range(1000)]
    borders = [size * share for size in (1024, 1e3, 1e4, 1e6, 1e8, 2.0**30) for share in (0.9994, 0.9995, 0.9996, 1.0)]
    return [0.0, 0.5, 1.5, 2.5, 0.125, 2.675, 1e21, *spread, *ties, *borders, *(-value for value in ties[:50])]


def wholes() -> list[int]:
    rng = random.Random(20261125)
    return [0, 1, 999, 1000, 1024, 131_072, 128_000, 2**20, 10**6, *(rng.randrange(10**15) for _ in range(500))]


@pytest.fixture(scope="module")
def v8():
    with MiniRacer() as context:
        context.eval(PAGE.read_text(encoding="utf-8"))
        yield context


def written(v8, name: str, numbers: Sequence[float], *arguments: str) -> list[str]:
    call = f"JSON.stringify({json.dumps(numbers)}.map((n) => llmnotes.numbers.{name}(n, ...{json.dumps(arguments)})))"
    return json.loads(v8.eval(call))


@pytest.mark.parametrize("name", ONE_ARGUMENT)
def test_writes_a_number_as_python_does(v8, name):
    assert written(v8, name, values()) == [getattr(units, name)(value) for value in values()]


@pytest.mark.parametrize("lang", units.LANGUAGES)
@pytest.mark.parametrize("name", IN_BOTH_LANGUAGES)
def test_writes_a_quantity_as_python_does(v8, name, lang):
    assert written(v8, name, values(), lang) == [getattr(units, name)(value, lang) for value in values()]


@pytest.mark.parametrize("name", WHOLE)
def test_writes_a_whole_number_as_python_does(v8, name):
    assert written(v8, name, wholes()) == [getattr(units, name)(value) for value in wholes()]


@pytest.mark.parametrize("name", ["parse_tokens", "parse_bits"])
def test_reads_a_number_as_python_does(v8, name):
    def read(text: str) -> float | None:
        try:
            return getattr(units, name)(text)
        except ValueError:
            return None

    call = f"JSON.stringify({json.dumps(TEXTS)}.map(llmnotes.numbers.{name}))"
    assert json.loads(v8.eval(call)) == [read(text) for text in TEXTS]


def test_refuses_what_is_no_number(v8):
    for value in ("NaN", "Infinity"):
        answer = v8.eval(f"try {{ llmnotes.numbers.format_number({value}) }} catch (error) {{ error.name }}")
        assert answer == "RangeError"
