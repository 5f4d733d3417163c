"""The package in the reader's browser: the modules that size a configuration, unchanged, as one script for Brython."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from llmnotes.config import FAMILIES
from llmnotes.site.root import project_root

ENTRIES = ("llmnotes.config.files", "llmnotes.profile", "llmnotes.report")


def modules(root: Path) -> dict[str, Path]:
    """Return the file of every module that `ENTRIES` need, by full name, sorted.

    Families are read by modules imported by name; those are entries too.
    """
    found: dict[str, Path] = {}
    pending = [*ENTRIES, *(f"llmnotes.config.{module}" for module in FAMILIES.values())]
    while pending:
        name = pending.pop()
        file = _file(root, name)
        if name in found or file is None:
            continue
        found[name] = file
        pending += [name.rpartition(".")[0], *imports(file)]
    return dict(sorted(found.items()))


def imports(file: Path) -> list[str]:
    """Return what a module imports when it runs, sorted: modules, and names of modules that may be modules."""
    return sorted(set(_imports(ast.parse(file.read_text(encoding="utf-8")).body)))


def script(root: Path | None = None) -> str:
    """Return the modules as a script that hands them to a loaded Brython.

    >>> "llmnotes.config.files" in script()
    True
    """
    root = root or project_root()
    files = {}
    for name, file in modules(root).items():
        entry: list[object] = [".py", file.read_text(encoding="utf-8"), imports(file)]
        files[name] = [*entry, 1] if file.name == "__init__.py" else entry
    return f"__BRYTHON__.update_VFS({json.dumps(files, ensure_ascii=False, separators=(',', ':'))});\n"


def _file(root: Path, name: str) -> Path | None:
    place = root.joinpath(*name.split("."))
    candidates = (place / "__init__.py", place.with_suffix(".py"))
    return next((file for file in candidates if name.split(".")[0] == "llmnotes" and file.is_file()), None)


def _imports(body: list[ast.stmt]) -> Iterator[str]:
    for statement in body:
        # `if TYPE_CHECKING:` is never run.
        if isinstance(statement, ast.If) and isinstance(statement.test, ast.Name):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
