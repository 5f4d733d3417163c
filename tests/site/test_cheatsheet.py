"""The cheat sheet says in words what does not fit, and how much memory is missing; everything else is a length."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from llmnotes import fit, registry
from llmnotes.weights.sizes import memory_precision, stored_weights

WORDS = {"en": "too big by ", "zh": "放不下，多\u00a0"}


@pytest.fixture(scope="module")
def sheet(root: Path) -> dict:
    return runpy.run_path(str(root / "snippets/cheatsheet/sheet.py"))


@pytest.mark.parametrize("lang", WORDS)
def test_a_cell_is_a_length_or_says_how_much_is_missing(lang: str, root: Path, sheet: dict) -> None:
    page, found = (root / f"docs/{lang}/cheatsheet.md").read_text(encoding="utf-8"), sheet["compute"]()
    for part in ("small", "fits"):
        for model, row in found[part].items():
            for card, value in row.items():
                if card in {"name", "claimed"}:
                    continue
                words = WORDS[lang] if value.unit == "bytes" else ""
                cell = f"| {words}{{{{sheet.{part}_{model}_{card}}}}} |"
                assert re.search(re.escape(cell), page), cell


def test_so_much_more_memory_would_hold_a_token_and_less_would_not(sheet: dict) -> None:
    missing = sheet["compute"]()["small"]["oss20"]["r3060"].value
    entry, card = registry.find("gpt-oss-20b"), registry.find_chip("rtx-3060")
    bits = memory_precision(stored_weights(entry.spec, None))
    one = fit(entry.spec, card.id, weight_bits=bits.weights, expert_bits=bits.experts, n_tokens=1)
    taken = one.weight_bytes + one.activation_bytes + one.ideal.cache_bytes
    assert taken - 0.92 * card.memory_bytes == pytest.approx(missing)


def test_cards_that_most_readers_own_are_on_it(sheet: dict) -> None:
    sizes = [round(registry.find_chip(card).memory_bytes / 2**30) for card in sheet["SMALL_CARDS"].values()]
    assert sizes == [8, 12, 16]
