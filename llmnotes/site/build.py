"""From pages and snippets to `site/`: both editions side by side, what they share, verification, and the swap."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from llmnotes.site import edition, manifest, outputs, workspace
from llmnotes.site.commit import read_commit
from llmnotes.site.problem import Problem, SiteError
from llmnotes.site.verify import verify


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
    inputs = manifest.inputs_of(root)
    try:
        with workspace.scratch(root, "build") as folder:
            finished = folder / "site"
            addresses = build_tree(root, finished)
            workspace.swap_in(root, finished)
    finally:
        say("")
    n_pages = len(addresses) * len(outputs.HTML_LANG)
    manifest.keep(root, inputs, n_pages)
    commit = read_commit(root)
    notes = [] if commit.short else ["no commit found, so pages carry no date"]
    if not os.environ.get("SITE_URL"):
        notes.append("no sitemap: set SITE_URL to where the site will be")
    return Built(n_pages, time.monotonic() - begun, tuple(notes))


def build_tree(root: Path, site: Path) -> list[str]:
    """Build the whole site into an empty folder and verify it; return the addresses of its pages within an edition.

    Raises:
        SiteError: With everything that is wrong.
    """
    site_url = os.environ.get("SITE_URL", "")
    site.mkdir()
    say("building 中文 and English")
    _, problems = editions(root, site, outputs.HTML_LANG)
    addresses = page_addresses(root)
    if not problems:
        outputs.write_root(root, site, site_url, addresses)
        say("verifying")
        problems = verify(root, site, site_url)
    if problems:
        raise SiteError(problems)
    return addresses


def editions(root: Path, site: Path, languages: Iterable[str]) -> tuple[bool, list[Problem]]:
    """Build editions side by side into `site`; return whether every page was written, and what is wrong."""
    commit = read_commit(root)
    running = [edition.start(root, lang, site, commit) for lang in languages]
    try:
        done = [edition.wait(one) for one in running]
    finally:
        for one in running:
            one.process.kill()
    return all(complete for complete, _ in done), [problem for _, problems in done for problem in problems]


def page_addresses(root: Path) -> list[str]:
    """Return the address of each page within an edition."""
    docs = root / "docs" / "zh"
    return [page.relative_to(docs).with_suffix(".html").as_posix() for page in sorted(docs.rglob("*.md"))]


def say(what: str) -> None:
    """Show on a terminal what is going on, in one line that the next replaces; nothing elsewhere."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{what}", end="", file=sys.stderr, flush=True)
