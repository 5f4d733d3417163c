"""From pages and snippets to `site/`: both editions side by side, what they share, verification, and the swap."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from llmnotes.site import edition, outputs, workspace
from llmnotes.site.commit import read_commit
from llmnotes.site.problem import Problem, SiteError

LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Built:
    """What a build did."""

    n_pages: int
    seconds: float
    notes: tuple[str, ...]

    def __str__(self) -> str:
        line = f"site/: {self.n_pages} pages, {self.seconds:.1f} s"
        return "; ".join([line, *self.notes])


def build(root: Path) -> Built:
    """Build the site into `site/`, which stays as it is unless everything holds.

    Raises:
        SiteError: With everything that is wrong.
    """
    begun = time.monotonic()
    try:
        with workspace.scratch(root, "build") as folder:
            finished = folder / "site"
            addresses = build_tree(root, finished)
            workspace.swap_in(root, finished)
    finally:
        say("")
    commit = read_commit(root)
    notes = [] if commit.short else ["no commit found, so pages carry no date"]
    if not os.environ.get("SITE_URL"):
        notes.append("no sitemap: set SITE_URL to where the site will be")
    return Built(len(addresses) * len(LANGUAGES), time.monotonic() - begun, tuple(notes))


def build_tree(root: Path, site: Path) -> list[str]:
    """Build the whole site into an empty folder; return the addresses of its pages within an edition."""
    site.mkdir()
    commit = read_commit(root)
    say("building 中文 and English")
    running = [edition.start(root, lang, site, commit) for lang in LANGUAGES]
    problems: list[Problem] = []
    try:
        for one in running:
            problems += edition.wait(one)
    finally:
        for one in running:
            one.process.kill()
    if problems:
        raise SiteError(problems)
    docs = root / "docs" / LANGUAGES[0]
    addresses = [page.relative_to(docs).with_suffix(".html").as_posix() for page in sorted(docs.rglob("*.md"))]
    outputs.write_root(root, site, os.environ.get("SITE_URL", ""), addresses)
    return addresses


def say(what: str) -> None:
    """Show on a terminal what is going on, in one line that the next replaces; nothing elsewhere."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{what}", end="", file=sys.stderr, flush=True)
