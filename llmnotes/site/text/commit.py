"""Which commit a site is built from: the only source of dates, so that two builds of one commit are the same bytes."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from llmnotes.site.text.problem import Problem, SiteError

# What a site is made of; a change elsewhere leaves it what it was.
INPUTS = ("docs", "snippets", "llmnotes", "mkdocs.yml", "mkdocs.en.yml", "requirements.lock")


@dataclass(frozen=True)
class Commit:
    """The commit of the project folder.

    Args:
        short: First twelve digits of its id; empty without git.
        epoch: Seconds since 1970 of the commit; 0 without git.
        changed: Whether files differ from it.
    """

    short: str
    epoch: int
    changed: bool

    @property
    def date(self) -> str:
        """Day of the commit (UTC), or an empty text without git."""
        return datetime.fromtimestamp(self.epoch, UTC).date().isoformat() if self.epoch else ""


def read_commit(root: Path) -> Commit:
    """Return the commit of `root`; `SOURCE_DATE_EPOCH` overrides its time.

    Raises:
        SiteError: If that is not a number of seconds.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given is not None and not given.isdecimal():
        remedy = "give whole seconds since 1970, or unset it"
        raise SiteError([Problem("SOURCE_DATE_EPOCH", 0, f"{given!r} is not a time", remedy)])
    head = ask_git(root, "log", "-1", "--format=%H %ct").split()
    # An enclosing repository is not the project's.
    if not head or ask_git(root, "rev-parse", "--show-prefix").strip():
        return Commit(short="", epoch=int(given or 0), changed=True)
    epoch = int(given or head[1])
    return Commit(
        short=head[0][:12], epoch=epoch, changed=bool(ask_git(root, "status", "--porcelain", "--", *INPUTS).strip())
    )


def ask_git(root: Path, *arguments: str) -> str:
    """Return what git answers, nothing where there is no git or no repository."""
    try:
        return subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            # Names of files, whatever the code page of the terminal.
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
            stdin=subprocess.DEVNULL,
        ).stdout
    except FileNotFoundError:
        return ""
