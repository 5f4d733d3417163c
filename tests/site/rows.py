"""What a store holds, as another process reads and damages it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def _opened(root: Path) -> Generator[sqlite3.Connection]:
    with closing(sqlite3.connect(root / ".cache/llmnotes/kept.sqlite", timeout=60, isolation_level=None)) as opened:
        yield opened


def rows(root: Path, kind: str) -> dict[str, tuple[int, str]]:
    """Return what is kept of a kind ("values", "inputs", "latest"), by name: which writing it was, and its JSON."""
    if not (root / ".cache/llmnotes/kept.sqlite").is_file():
        return {}
    with _opened(root) as store:
        # The file is there before its table is.
        if not store.execute("SELECT 1 FROM sqlite_master WHERE name = 'kept'").fetchone():
            return {}
        found = store.execute("SELECT name, rowid, body FROM kept WHERE name LIKE ? ORDER BY name", (f"{kind} %",))
        return {name: (written, body) for name, written, body in found}


def rewrite(root: Path, name: str, change: Callable[[str], Any]) -> None:
    """Change what is kept under a name, behind the back of the store."""
    with _opened(root) as store:
        (body,) = store.execute("SELECT body FROM kept WHERE name = ?", (name,)).fetchone()
        store.execute("UPDATE kept SET body = ? WHERE name = ?", (change(body), name))
