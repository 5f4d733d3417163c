"""The package in the reader's browser: the modules that size a configuration, unchanged, and what runs them.

A page loads, in this order, Brython's `brython.js`, `library()` and `script()`.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from llmnotes.config import MODULES
from llmnotes.config.kinds import FOLDER as KINDS
from llmnotes.config.kinds import READERS
from llmnotes.site.cache.store import Store
from llmnotes.site.script.library import BRYTHON, standard_library
from llmnotes.site.script.translate import bare, translated
from llmnotes.site.text.root import project_root

ENTRIES = ("llmnotes.config.files", "llmnotes.described", "llmnotes.cost", "llmnotes.report")
LOG_ENTRIES = ("llmnotes.engines.logs.page",)


def modules(root: Path, entries: tuple[str, ...] = ENTRIES) -> dict[str, Path]:
    """Return the file of every module that `entries` need, by full name, sorted.

    Families are read by modules imported by name; those are entries too.
    """
    found: dict[str, Path] = {}
    pending = [
        *entries,
        *(f"llmnotes.config.{module}" for module in (*MODULES, "dense", "parts.wrappers", "parts.inputs")),
    ]
    pending += [f"{KINDS}.{module}" for module in READERS]
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
    """Return the modules, translated, as a script that hands them to a loaded Brython.

    >>> "llmnotes.config.files" in script()
    True
    """
    root = root or project_root()
    return _package(root, modules(root), "package")


def log_script(root: Path | None = None) -> str:
    """Return the further modules that explain a log, as `script` does.

    >>> "llmnotes.engines.vllm" in log_script()
    True
    """
    root = root or project_root()
    loaded = modules(root)
    return _package(
        root, {name: file for name, file in modules(root, LOG_ENTRIES).items() if name not in loaded}, "logs"
    )


def configurations() -> str:
    """Return every registered configuration as a script: the page that explains a log looks names up in it."""
    from llmnotes.registry import find, model_ids

    known = {model_id: find(model_id).published for model_id in model_ids()}
    return f"llmnotes.configs = {json.dumps(known, ensure_ascii=False, separators=(',', ':'))}\n"


def _package(root: Path, files: Mapping[str, Path], name: str) -> str:
    packages = {module for module, file in files.items() if file.name == "__init__.py"}
    sources = {module: bare(file.read_text(encoding="utf-8")) for module, file in files.items()}
    return _handed_over(translated(sources, packages, name, _store(root)), packages, {})


def library(root: Path | None = None) -> str:
    """Return what the package needs of the standard library as a script for a loaded Brython."""
    python, javascript = standard_library()
    packages = {name for name in python if any(other.startswith(f"{name}.") for other in python)}
    translations = translated(python, packages, "library", _store(root or project_root()))
    return "__BRYTHON__.use_VFS = true;\n" + _handed_over(translations, packages, javascript)


def files(root: Path) -> dict[str, str]:
    """Return the scripts of a page that runs the package, in their order of loading; the last two explain logs."""
    brython = (BRYTHON / "brython.js").read_bytes().decode()
    sized = {"brython.js": brython, "library.js": library(root), "package.js": script(root)}
    return {**sized, "logs.js": log_script(root), "configs.js": configurations()}


def _store(root: Path) -> Store:
    return Store(root / ".cache" / "llmnotes")


def _handed_over(translations: Mapping[str, str], packages: set[str], javascript: Mapping[str, str]) -> str:
    """A script that tells Brython which modules there are and gives it what they are in JavaScript."""
    # A module without its source: that would only be shown in a traceback, and nobody sees one.
    entries = {name: [".py", "", [], *([1] if name in packages else [])] for name in translations}
    known = json.dumps(entries | {name: [".js", text] for name, text in javascript.items()}, ensure_ascii=False)
    ready = json.dumps(translations, ensure_ascii=False)
    return f"__BRYTHON__.update_VFS({known});\nObject.assign(__BRYTHON__.precompiled, {ready});\n"


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
