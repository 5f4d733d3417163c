"""The verb `run`: run snippets and say what they claim, without building a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from llmnotes.site.snippets import snippet
from llmnotes.site.snippets.runner import Runner


def run_snippets(root: Path, named: Sequence[str]) -> str:
    """Run what is missing of the named snippets, of all where none is named; return what to tell the author.

    Raises:
        SiteError: With the failures of all of them.
    """
    names = [name_of(root, one) for one in named] or snippet.names(root)
    runner = Runner(root)
    runner.prepare(names)
    n_run = len({step.name for step in runner.ran})
    parts = [claims_of(runner, name) for name in names] if named else []
    return "\n\n".join([*parts, f"snippets: {n_run} run, {len(names) - n_run} kept"])


def name_of(root: Path, given: str) -> str:
    """Return a snippet's name, whether it was given as such or as a file.

    >>> name_of(Path("/p"), "snippets/kvcache/a/growth.py"), name_of(Path("/p"), "kvcache/a/growth")
    ('kvcache/a/growth', 'kvcache/a/growth')
    """
    path = Path(given).with_suffix("") if given.endswith(".py") else Path(given)
    for folder in (root / "snippets", Path("snippets")):
        if path.is_relative_to(folder):
            path = path.relative_to(folder)
    return path.as_posix()


def claims_of(runner: Runner, name: str) -> str:
    """Return titles and claims of a snippet in both languages."""
    shown = [runner.get(name, lang) for lang in snippet.LANGUAGES]
    rows = [name, *(f"  {one.title}" for one in shown)]
    for claim in shown[0].claims:
        rows.append(f"  {claim}: {' | '.join(dict.fromkeys(one.claims.get(claim, '–') for one in shown))}")
    return "\n".join(rows)
