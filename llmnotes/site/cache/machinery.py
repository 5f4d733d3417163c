"""Digests of the machinery that makes a result: a folder of the site and every module of the site that it imports."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

from llmnotes.site.cache.store import digest, digest_path
from llmnotes.site.places import DATA, PACKAGE

SITE = "llmnotes.site"


@lru_cache
def machinery_digest(*starts: str) -> str:
    """Digest of modules or folders of the site, of all that they import from it, and of the site's data files.

    A change to any of these files may change what they make, so it changes every key that holds this digest. What the
    files of the engine decide is known from what a run opened.

    Args:
        starts: Dotted names below `llmnotes.site`, of a module or of a folder, as `snippets` or `labs.execute`.
    """
    return digest([[name, digest_path(PACKAGE.parent, name)] for name in machinery_files(*starts)])


@lru_cache
def machinery_files(*starts: str) -> tuple[str, ...]:
    """Files that decide what the modules or folders make, sorted, as paths below the checkout."""
    waiting = [file for start in starts for file in _modules(f"{SITE}.{start}", whole=True)]
    found: set[Path] = set()
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += [module for name in _imports(file.read_bytes()) for module in _modules(name, whole=False)]
    data = [file for file in DATA.iterdir() if file.is_file()]
    return tuple(sorted(file.relative_to(PACKAGE.parent).as_posix() for file in [*found, *data]))


def _modules(name: str, *, whole: bool) -> list[Path]:
    """Files of a module, or of a folder: all of it, or what importing it loads."""
    place = PACKAGE.parent.joinpath(*name.split("."))
    # Importing a module runs what its folders say of themselves, up to the site's own.
    above = [folder / "__init__.py" for folder in place.parents if folder.is_relative_to(PACKAGE / "site")]
    if place.with_suffix(".py").is_file():
        return [*above, place.with_suffix(".py")]
    if not place.is_dir():
        return []
    return [*above, *(sorted(place.rglob("*.py")) if whole else [place / "__init__.py"])]


@cache
def _imports(source: bytes) -> tuple[str, ...]:
    """Names below the site that a source imports, wherever it does; a name may be a module or something in one."""
    return tuple(name for name in _imported(source) if name.startswith(SITE))


def _imported(source: bytes) -> Iterable[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
