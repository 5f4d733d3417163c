"""On one page a quantity has one unit: GiB for what memory holds, GB for what a vendor states or bandwidth divides.

A sentence may give both, and so convert; what else the page says of that quantity keeps to one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

NAMED = re.compile(r"\{\{(?P<name>[\w.]+)(?::(?P<form>\w+))?\}\}")


def in_two_units(text: str) -> dict[str, list[int]]:
    """Lines that name a quantity, of those that some lines give in powers of ten alone and others in no such unit."""
    lines: dict[str, dict[bool, set[int]]] = defaultdict(lambda: {True: set(), False: set()})
    for at, line in enumerate(text.splitlines(), start=1):
        for found in NAMED.finditer(line):
            decimal = (found["form"] or "").startswith("decimal")
            lines[found["name"]][decimal].add(at)
    apart = {name: (by[True] - by[False], by[False] - by[True]) for name, by in lines.items()}
    return {name: sorted(ten | two) for name, (ten, two) in apart.items() if ten and two}


def test_no_page_gives_a_quantity_in_two_units(root: Path) -> None:
    pages = sorted((root / "docs").glob("[ez][nh]/**/*.md"))
    assert len(pages) > 60
    assert {
        str(page.relative_to(root)): found for page in pages if (found := in_two_units(page.read_text("utf-8")))
    } == {}


def test_two_units_are_found_and_a_conversion_is_none() -> None:
    held, moved = "It holds {{a.weights}}.", "A step reads {{a.weights:decimal3}}."
    both = "It holds {{a.weights}}, which is {{a.weights:decimal}}."
    assert in_two_units(f"{held}\n{moved}\n") == {"a.weights": [1, 2]}
    assert in_two_units(f"{both}\n{held}\n") == {}
    assert in_two_units(f"{both}\n{held}\n{moved}\n") == {"a.weights": [2, 3]}
    assert in_two_units("{{a.weights:short}} and {{a.cache:decimal}}\n{{a.weights}}") == {}
