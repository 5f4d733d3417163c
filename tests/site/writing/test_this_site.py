"""Every page of this very site holds: structure, pairs, formulas, numbers, prose."""

from __future__ import annotations

from pathlib import Path

from llmnotes.site.checks import check, prose, unread
from llmnotes.site.snippets import snippet
from llmnotes.site.snippets.runner import Runner
from llmnotes.site.text import pages
from llmnotes.site.text.source import USE, use_of


def test_nothing_is_wrong_with_any_page(root: Path) -> None:
    runner = Runner(root)
    runner.prepare(snippet.names(root))
    assert "\n".join(map(str, check.check(root, runner))) == ""
    assert "\n".join(map(str, unread.check(root, runner))) == ""
    assert sum(report.counts["unexplained"] for report in prose.reports(root, runner)) == 0


def test_no_formula_asks_for_a_number_that_it_would_print_by_its_name(root: Path) -> None:
    asked = [
        f"{page.place}: {formula.tex}"
        for page in pages.load(root)
        for formula in page.source.formulas
        if any(use_of(found["text"], formula.line).name for found in USE.finditer(formula.tex))
    ]
    assert asked == []
