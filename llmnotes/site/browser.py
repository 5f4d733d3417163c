"""The package in the reader's browser: the modules that size a configuration, unchanged, and what runs them.

A page loads, in this order, Brython's `brython.js`, `standard_library()` and `script()`.
"""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import brython

from llmnotes.config import FAMILIES
from llmnotes.site.root import project_root

ENTRIES = ("llmnotes.config.files", "llmnotes.described", "llmnotes.profile", "llmnotes.report")
BRYTHON = Path(brython.__file__).parent / "data"
# What Brython has loaded once the package has sized every registered model: a tenth of what its library holds.
LIBRARY = """
_ast _codecs _collections _collections_abc _colorize _frozen_importlib _functools _imp _io _io_classes _json
_operator _py_abc _thread _typing _weakref _weakrefset abc annotationlib ast browser builtins codecs collections
copy copyreg dataclasses difflib enum errno functools genericpath heapq importlib importlib._bootstrap
importlib._bootstrap_external itertools json json.encoder keyword marshal math operator os posix posixpath python_re
re reprlib stat sys types typing weakref
""".split()  # noqa: SIM905 - a list literal would fill a screen


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


def write(root: Path, folder: Path) -> None:
    """Write the three scripts of a page that sizes a reader's own configuration, in the order of their names here."""
    folder.mkdir(parents=True)
    shutil.copy(BRYTHON / "brython.js", folder)
    (folder / "library.js").write_text(standard_library(), encoding="utf-8")
    (folder / "package.js").write_text(script(root), encoding="utf-8")


@lru_cache(maxsize=1)
def standard_library() -> str:
    """Return the modules of Brython's standard library that the package needs, as a script for a loaded Brython.

    Raises:
        KeyError: If this Brython lacks one of `LIBRARY`.
    """
    text = (BRYTHON / "brython_stdlib.js").read_text(encoding="utf-8")
    every, _ = json.JSONDecoder().raw_decode(text, text.index("{"))
    chosen = {name: every[name] for name in LIBRARY}
    return f"__BRYTHON__.use_VFS = true;\n__BRYTHON__.update_VFS({json.dumps(chosen, separators=(',', ':'))});\n"


def _file(root: Path, name: str) -> Path | None:
    """The file of a module of the package; `None` for anything else."""
    if name.split(".")[0] != "llmnotes":
        return None
    place = root.joinpath(*name.split("."))
    return next((file for file in (place / "__init__.py", place.with_suffix(".py")) if file.is_file()), None)


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
