"""Which files are opened while something runs, told by the interpreter: an input that nobody thought of is one too."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from llmnotes.site.cache.store import digest_path
from llmnotes.site.places import PACKAGE

# Made by builds and tools: never an input.
NOT_INPUTS = (".cache", ".scratch", ".git", ".venv", "site")
_OF_PACKAGE = str(PACKAGE) + os.sep

_data: set[str] = set()
_active: Opened | None = None


class Opened:
    """The files of a project that were opened, each with its digest when it was.

    Args:
        root: The project; files elsewhere do not count.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.first: dict[str, str] = {}
        self._inside = str(root) + os.sep

    def note(self, path: str) -> None:
        """Note a file that is about to be opened."""
        if not path.startswith(self._inside):
            return
        name = path.removeprefix(self._inside).replace(os.sep, "/")
        if name.partition("/")[0] in NOT_INPUTS or "__pycache__" in name or name in self.first:
            return
        with paused():
            self.first[name] = digest_path(self.root, name)

    def steady(self) -> bool:
        """Return whether every file still is what it was when it was opened."""
        return all(digest_path(self.root, name) == first for name, first in self.first.items())


@contextmanager
def recording(root: Path) -> Generator[Opened, None, None]:
    """Note what is opened while the context lasts."""
    global _active
    _active = Opened(root)
    try:
        yield _active
    finally:
        _active = None


@contextmanager
def paused() -> Generator[None, None, None]:
    """Note nothing for a while."""
    global _active
    before, _active = _active, None
    try:
        yield
    finally:
        _active = before


def of_package() -> list[str]:
    """Return the files of the package, those of the site aside, that this process has loaded so far: code and data."""
    modules = {
        str(getattr(module, "__file__", None) or "")
        for name, module in list(sys.modules.items())
        if name.split(".")[0] == "llmnotes" and not name.startswith("llmnotes.site")
    }
    return sorted(filter(None, modules | _data))


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and isinstance(arguments[0], str):
        path = arguments[0]
        if path.startswith(_OF_PACKAGE) and path.endswith(".toml"):
            _data.add(path)
        if _active is not None:
            _active.note(os.path.realpath(path))


sys.addaudithook(_hook)
