"""The finder of the page answers as the one in Python, whatever is asked."""

from __future__ import annotations

import json
import random
import tomllib
from pathlib import Path

from py_mini_racer import MiniRacer

from llmnotes import finder
from llmnotes.registry import names
from llmnotes.site.script.formulas import names_script

ASSETS = Path(__file__).parents[2] / "docs" / "theme" / "assets"
CASES = tomllib.loads((Path(__file__).parents[1] / "data" / "names.toml").read_text(encoding="utf-8"))
# What `wrong` puts into names; with Han, full width, parts of hub names and of files.
INSERTS = [
    "-",
    " ",
    "/",
    ".",
    "_",
    "3",
    "8b",
    "a3b",
    "q4_k_m",
    "fp8",
    "千问",
    "ｘ",
    "\u200b",
    "instruct",
    "0324",
    "x",
    "70 b",
]


def wrong(name: str, dice: random.Random) -> str:
    """Return a name with a letter changed, lost, swapped or put in, or cut."""
    at = dice.randrange(len(name))
    return dice.choice(
        [
            name[:at] + name[at + 1 :],
            name[:at] + dice.choice(INSERTS) + name[at:],
            name[:at] + name[at + 1 : at + 2] + name[at : at + 1] + name[at + 2 :],
            name[: at + 1],
            name.upper(),
        ]
    )


def test_both_give_the_same_answers() -> None:
    known, dice = names(), random.Random(11)
    asked = [*CASES["one"], *CASES["several"], *CASES["nothing"], *(one.name for one in known)]
    asked += [wrong(wrong(dice.choice(asked), dice) + " ", dice) for _ in range(500)]
    answers = [finder.find(text, known) for text in asked]
    here = [[(one.id, round(one.quality, 9), one.leftover) for one in found] for found in answers]
    meant = [finder.one(found) for found in answers]
    page = MiniRacer()
    page.eval(names_script() + (ASSETS / "finder.js").read_text(encoding="utf-8"))
    there = json.loads(
        str(
            page.eval(
                f"""JSON.stringify({json.dumps(asked)}.map((text) => {{
              const found = llmnotes.finder.find(text, llmnotes.finder.models())
              const rounded = found.map((one) => [one.id, Math.round(one.quality * 1e9) / 1e9, one.leftover])
              return [rounded, llmnotes.finder.one(found)]
            }}))"""
            )
        )
    )
    assert any(here)
    for text, mine, id_here, (theirs, id_there) in zip(asked, here, meant, there, strict=True):
        assert ([tuple(one) for one in theirs], id_there) == (mine, id_here), text
