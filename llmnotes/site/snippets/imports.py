"""Import the package afresh for each run, and note which of its sources were used."""

from __future__ import annotations

import builtins
import contextlib
import dataclasses
import hashlib
import importlib
import importlib.abc
import importlib.machinery
import os
import sys
import types
from collections.abc import Callable, Generator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from llmnotes.site.cache.store import PACKAGE

_compiled: dict[str, types.CodeType] = {}


class ForbiddenError(PermissionError):
    """Something that a snippet may not do, with the remedy, and the line that did it where that is known."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.line = 0


def compile_package(folder: Path) -> None:
    """Compile what a run may import, so that workers forked later need not."""
    for file in sorted(folder.rglob("*.py")):
        if "site" not in file.relative_to(folder).parts:
            _compile(str(file))


def _compile(path: str) -> tuple[str, types.CodeType]:
    """Return the digest of a source as it is now, and its code."""
    source = Path(path).read_bytes()
    key = hashlib.sha256(source).hexdigest()
    memo = f"{key} {path}"
    if memo not in _compiled:
        _compiled[memo] = compile(source, path, "exec", dont_inherit=True)
    return key, _compiled[memo]


@cache
def _method(source: str) -> types.CodeType:
    """Return the code of a method that `dataclasses` writes: it is the same each time the package is imported, and
    compiling all of them takes four times as long as the rest of the import."""
    return compile(source, "<string>", "exec", dont_inherit=True)


def _exec(source: str, names: dict[str, Any], found: dict[str, Any]) -> None:
    exec(_method(source), names, found)


class _NotedLoader(importlib.machinery.SourceFileLoader):
    """Runs the source as it is now and notes what it read: a bytecode file can be stale within one second."""

    note: Callable[..., None]

    def get_code(self, fullname: str) -> types.CodeType:
        key, code = _compile(self.path)
        self.note(os.path.realpath(self.path), key)
        return code


class _Finder(importlib.abc.MetaPathFinder):
    """Finds `llmnotes`, and lets nothing of it go unnoted."""

    def __init__(self, note: Callable[..., None]) -> None:
        self.note = note

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.split(".")[0] != "llmnotes":
            return None
        if fullname.startswith("llmnotes.site"):
            raise ForbiddenError("imports llmnotes.site", "import from llmnotes, never from llmnotes.site")
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and type(spec.loader) is importlib.machinery.SourceFileLoader:
            loader = _NotedLoader(spec.loader.name, spec.loader.path)
            loader.note = self.note
            spec.loader = loader
        return spec


@contextlib.contextmanager
def fresh_package(root: Path, note: Callable[..., None]) -> Generator[None]:
    """Let a run import the package afresh, from the project folder where it has one.

    Args:
        root: The project folder.
        note: Is told path and digest of each source that was run, and the name of each other package it imports.
    """
    path, meta_path, argv, real_import = sys.path[:], sys.meta_path[:], sys.argv[:], builtins.__import__

    def noted_import(name: str, globals: Any = None, *rest: Any, **options: Any) -> Any:
        importer, imported = str((globals or {}).get("__name__")), name.split(".")[0]
        outside = imported not in sys.stdlib_module_names and imported not in ("", "llmnotes")
        if outside and importer.split(".")[0] in ("llmnotes", "__snippet__"):
            note(PACKAGE + imported)
        return real_import(name, globals, *rest, **options)

    own = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "llmnotes"}
    for name in own:
        del sys.modules[name]
    sys.argv = [""]
    if (root / "llmnotes").is_dir():
        sys.path.insert(0, str(root))
    sys.meta_path.insert(0, _Finder(note))
    builtins.__import__ = noted_import  # ty: ignore[invalid-assignment] - put back below
    vars(dataclasses)["exec"] = _exec
    importlib.invalidate_caches()
    try:
        yield
    finally:
        del vars(dataclasses)["exec"]
        builtins.__import__ = real_import
        for name in [name for name in sys.modules if name.split(".")[0] in ("llmnotes", "__snippet__")]:
            del sys.modules[name]
        sys.modules.update(own)
        sys.path[:], sys.meta_path[:], sys.argv = path, meta_path, argv
