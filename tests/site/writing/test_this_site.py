"""Every page of this very site holds: structure, pairs, formulas, numbers, prose."""

from __future__ import annotations

from pathlib import Path

from llmnotes.site.checks import check, prose
from llmnotes.site.snippets import snippet
from llmnotes.site.snippets.runner import Runner


def test_nothing_is_wrong_with_any_page(root: Path) -> None:
    runner = Runner(root)
    runner.prepare(snippet.names(root))
    assert "\n".join(map(str, check.check(root, runner))) == ""
    assert sum(report.counts["unexplained"] for report in prose.reports(root, runner)) == 0
