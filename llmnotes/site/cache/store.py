"""What has been computed and drawn, kept by the content of everything it was made from."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from llmnotes.site import places
from llmnotes.site.cache.workspace import locked

ABSENT = "absent"
# Marks an input that is an installed package instead of a file.
PACKAGE = "package:"
STALE_SCRATCH_S = 3600
LOCKED_S = 60
# What the file is not to blame for: somebody writes for longer than we wait, or there is no room.
SOUND = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_CANTOPEN")
TABLE = "CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, seal TEXT, body TEXT)"


@dataclass(frozen=True)
class Entry:
    """One kept value.

    Args:
        value: Plain JSON.
        inputs: Every file, folder (with a trailing slash) and package (marked) it was made from, with its digest.
    """

    value: Any
    inputs: dict[str, str]


class Store:
    """Entries in a folder that is safe to delete and safe to be killed over.

    A recipe (code, arguments, versions) is known before a run, the files that the run opens only after it. So a recipe
    leads to the list of files it opened last time, and recipe and digests of these files together to the value. All of
    it is one SQLite file, which several builds may use at once; it must lie on a disk of this machine, not on a network
    drive.

    Args:
        folder: Where entries are kept; made when the first is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opened: tuple[tuple[int, int], sqlite3.Connection] | None = None

    def find(self, recipe: str, digest_of: Callable[[str], str]) -> Entry | None:
        """Return the value of a recipe for the files as they are now, or None."""
        inputs = self.inputs(recipe, digest_of)
        if inputs is None:
            return None
        kept = self._read("values", digest(recipe, inputs))
        return Entry(kept["value"], inputs) if isinstance(kept, dict) and "value" in kept else None

    def inputs(self, recipe: str, digest_of: Callable[[str], str]) -> dict[str, str] | None:
        """Return what a recipe opened last time, with digests as they are now; None where it is not known."""
        listed = self._read("inputs", recipe)
        return {path: digest_of(path) for path in listed} if isinstance(listed, list) else None

    def keep(self, recipe: str, entry: Entry) -> None:
        """Keep an entry; whoever is killed here leaves the store as it was."""
        self._write("values", digest(recipe, entry.inputs), {"value": entry.value})
        self._write("inputs", recipe, sorted(entry.inputs))

    def latest(self, slot: str, recipe: str, digest_of: Callable[[str], str]) -> Entry | None:
        """Return what was last kept in a slot, if it was made by this recipe and from the files as they are now."""
        kept = self._read("latest", digest(slot))
        if not isinstance(kept, dict) or kept.get("recipe") != recipe:
            return None
        if any(digest_of(path) != was for path, was in kept["inputs"].items()):
            return None
        return Entry(kept["value"], kept["inputs"])

    def has_latest(self, slot: str) -> bool:
        """Return whether anything was ever kept in a slot."""
        return self._read("latest", digest(slot)) is not None

    def keep_latest(self, slot: str, recipe: str, entry: Entry) -> None:
        """Put an entry into a slot in the place of what was there: for what is large and seldom wanted again."""
        self._write("latest", digest(slot), {"recipe": recipe, "inputs": entry.inputs, "value": entry.value})

    def once(self, slot: str, recipe: str, make: Callable[[], Any]) -> Any:
        """Return what is in a slot for a recipe, made and put there where there is nothing.

        Both editions ask at once: the second waits for what the first makes.
        """
        if (kept := self.latest(slot, recipe, str)) is not None:
            return kept.value
        self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder / f"{digest(slot)}.lock", wait=True):
            kept = self.latest(slot, recipe, str)
            if kept is None:
                kept = Entry(make(), {})
                self.keep_latest(slot, recipe, kept)
        return kept.value

    def scratch(self) -> Path:
        """Return a new folder for work in progress, after removing what killed builds left."""
        base = self.folder / "scratch"
        base.mkdir(parents=True, exist_ok=True)
        for old in base.iterdir():
            try:
                if time.time() - old.stat().st_mtime <= STALE_SCRATCH_S:
                    continue
                if old.is_dir():
                    shutil.rmtree(old, ignore_errors=True)
                else:
                    old.unlink()
            except OSError:  # another build removed it first
                continue
        return Path(tempfile.mkdtemp(dir=base))

    def _read(self, kind: str, key: str) -> Any:
        """Return the JSON kept under a key; None where it is missing or not what was written."""
        if not self._file.is_file():
            return None
        name = f"{kind} {key}"
        row = self._ask("SELECT seal, body FROM kept WHERE name = ?", name)
        return json.loads(row[1]) if row and row[0] == _seal(name, row[1]) else None

    def _write(self, kind: str, key: str, value: Any) -> None:
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        name = f"{kind} {key}"
        self._ask("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", name, _seal(name, body), body)

    def _ask(self, statement: str, *values: str) -> Any:
        """Return the first row of an answer; a file that is no database, or a broken one, is begun anew."""
        try:
            return self._connection().execute(statement, values).fetchone()
        except sqlite3.DatabaseError as error:
            if (error.sqlite_errorname or "").startswith(SOUND):
                raise
            self._begin_anew()
            return self._connection().execute(statement, values).fetchone()

    def _connection(self) -> sqlite3.Connection:
        """Return what this process has opened; a fork opens its own, and so does who finds the folder deleted."""
        if self._opened is None or self._opened[0] != self._place():
            self.folder.mkdir(parents=True, exist_ok=True)
            opened = sqlite3.connect(self._file, timeout=LOCKED_S, isolation_level=None, check_same_thread=False)
            # Bytes that are no text were not written by us; the seal tells.
            opened.text_factory = lambda stored: stored.decode("utf-8", "replace")
            # Setting the mode of a new file waits for nobody: of several at once all but one would fail.
            with locked(self.folder / "opening.lock", wait=True):
                opened.execute("PRAGMA journal_mode = WAL")
                # What a power failure takes is made again; a kill takes nothing.
                opened.execute("PRAGMA synchronous = OFF")
                opened.execute(TABLE)
            self._opened = self._place(), opened
        return self._opened[1]

    def _place(self) -> tuple[int, int]:
        return os.getpid(), self._file.stat().st_ino if self._file.is_file() else 0

    def _begin_anew(self) -> None:
        if self._opened is not None:
            self._opened[1].close()
            self._opened = None
        for end in ("", "-wal", "-shm"):
            self._file.with_name(f"{self._file.name}{end}").unlink(missing_ok=True)

    @property
    def _file(self) -> Path:
        return self.folder / "kept.sqlite"


def _seal(name: str, body: str) -> str:
    """Return what proves that a body belongs to a name and is whole."""
    return hashlib.sha256(f"{name} {body}".encode()).hexdigest()


def digest(*parts: Any) -> str:
    """Return a digest of plain JSON values.

    >>> digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})
    True
    """
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def digest_path(root: Path, path: str) -> str:
    """Return the digest of a file's bytes, of a folder's list of names, or the version of a package.

    Args:
        root: The project folder, against which a relative path counts.
        path: As an entry names it.
    """
    if path.startswith(PACKAGE):
        return package_digest(path.removeprefix(PACKAGE))
    place = root / path
    try:
        if path.endswith("/"):
            return digest(sorted(visible(os.listdir(place))))
        return hashlib.sha256(place.read_bytes()).hexdigest()
    except OSError:
        return ABSENT


def folder_digest(folder: Path) -> str:
    """Return the digest of every file below a folder."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = visible(folders)
        found += [Path(place, name) for name in names]
    return digest(sorted([file.relative_to(folder).as_posix(), digest_path(folder, str(file))] for file in found))


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Return the digest of what checks, converts and builds, asked once: a process runs what it has loaded."""
    return folder_digest(places.SITE)


@lru_cache(maxsize=1)
def whole_package_digest() -> str:
    """Return the digest of the package that runs, with its data, asked once."""
    return folder_digest(places.PACKAGE)


@lru_cache
def package_digest(module: str) -> str:
    """Return the version of the installed package that a module belongs to."""
    try:
        return importlib.metadata.version(module)
    except importlib.metadata.PackageNotFoundError:
        owners = importlib.metadata.packages_distributions().get(module, ())
        return " ".join(f"{owner} {importlib.metadata.version(owner)}" for owner in sorted(owners)) or ABSENT


def visible(names: Iterable[str]) -> list[str]:
    """Return the names of a folder that a build does not make itself."""
    return [name for name in names if name != "__pycache__"]
