"""When the files of the project were last committed, and which have changes that are not."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from llmnotes.site.text.commit import ask_git


class History:
    """What git knows of the files of a project, asked once.

    Args:
        root: The project folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def date(self, paths: Iterable[str]) -> str:
        """Return the day of the last commit that touched any of the paths; empty where git does not know."""
        return max((self._dates.get(path.rstrip("/"), "") for path in paths), default="")

    def changed(self, paths: Iterable[str]) -> bool:
        """Return whether any of the paths has changes that are not committed."""
        return any(path.rstrip("/") in self._changed for path in paths)

    @cached_property
    def _dates(self) -> dict[str, str]:
        if ask_git(self.root, "rev-parse", "--show-prefix").strip():  # the repository of an enclosing project
            return {}
        cut = ask_git(self.root, "rev-parse", "--is-shallow-repository").strip() == "true"
        log = ask_git(
            self.root, "-c", "core.quotePath=false", "log", "--format=%x01%cs %p", "--name-only", "--no-renames"
        )
        dates: dict[str, str] = {}
        for commit in log.split("\x01")[1:]:
            head, _, files = commit.partition("\n")
            date, _, parents = head.partition(" ")
            if cut and not parents:  # where a shallow clone ends, every file looks as if it came with this commit
                continue
            for file in files.split("\n"):
                dates[file] = max(date, dates.get(file, ""))
        dates.pop("", None)
        return dates

    @cached_property
    def _changed(self) -> frozenset[str]:
        status = ask_git(self.root, "status", "--porcelain", "-z", "--untracked-files=all", "--no-renames")
        return frozenset(entry[3:] for entry in status.split("\0") if entry)
