"""Whether anything changed since the site was built, known without loading what builds it.

A site is a function of the project's files, the commit, the interpreter, the installed packages and a few environment
variables. All of them go into one digest; the files of the built site are told by size and time.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from llmnotes.site.text.commit import read_commit
from llmnotes.units import LANGUAGES

# Made by tools and builds; everything else in the project may be read by a page, a snippet or the theme.
NOT_INPUTS = {"site", "site-others", "dist", "node_modules"}
ENVIRONMENT = ("SITE_URL", "SOURCE_URL", "OFFLINE_URL", "BOOK_URL")


def path_of(root: Path) -> Path:
    """Return where the manifest lies."""
    return root / ".cache" / "llmnotes" / "site.json"


def built_pages(root: Path) -> int | None:
    """Return how many pages the standing site has where it is what a build would make, else None."""
    try:
        kept = json.loads(path_of(root).read_text(encoding="utf-8"))
        if kept["outputs"] == outputs_of(root / "site") and kept["inputs"] == inputs_of(root):
            return int(kept["n_pages"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None


def standing_editions(root: Path, inputs: dict[str, str]) -> list[str]:
    """Return the editions of the standing site that are what a build would make: only the others' pages changed."""
    try:
        kept = json.loads(path_of(root).read_text(encoding="utf-8"))
        if kept["outputs"] != outputs_of(root / "site"):
            return []
        return [lang for lang in LANGUAGES if kept["inputs"][lang] == inputs[lang]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def keep(root: Path, inputs: dict[str, str], outputs: dict[str, list[int]], n_pages: int) -> None:
    """Note that a site was built from these inputs; nothing is noted where they changed since.

    Another build may have put its own in the place of this one meanwhile, so its files are counted before it stands.
    """
    if inputs != inputs_of(root):
        return
    path = path_of(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    kept = {"inputs": inputs, "outputs": outputs, "n_pages": n_pages}
    fresh.write_text(json.dumps(kept), encoding="utf-8")
    fresh.replace(path)


def inputs_of(root: Path) -> dict[str, str]:
    """Return digests of all that a build depends on, and that each edition does, which needs no page of the others."""
    # What overrides the time of the commit is in there.
    circumstances = surroundings(root) | {"commit": [str(part) for part in vars(read_commit(root)).values()]}
    start = json.dumps(circumstances, sort_keys=True).encode()
    wholes = {name: hashlib.sha256(start) for name in ("site", *LANGUAGES)}
    for name, path in files(root):
        owner = next((lang for lang in LANGUAGES if name.startswith(f"docs/{lang}/")), "")
        # Editors leave links that lead nowhere; a build does not read them either.
        with suppress(FileNotFoundError):
            told = f"\0{name}\0".encode() + hashlib.sha256(path.read_bytes()).digest()
            for reader in ("site", owner) if owner else wholes:
                wholes[reader].update(told)
    return {name: whole.hexdigest() for name, whole in wholes.items()}


def surroundings(root: Path) -> dict[str, Any]:
    """Return what a build depends on besides the project's files and its commit."""
    packages = sysconfig.get_path("purelib")
    texts = (config.read_text(encoding="utf-8") for config in configurations(root))
    named = {*ENVIRONMENT, *(name for text in texts for name in re.findall(r"!ENV\s*\[?\s*(\w+)", text))}
    return {
        "python": sys.version,
        "platform": [sys.platform, platform.machine()],
        "packages": sorted(name for name in os.listdir(packages) if name.endswith("-info")),
        "environment": {name: os.environ.get(name) for name in sorted(named)},
    }


def configurations(root: Path) -> list[Path]:
    """Return the files that configure the editions."""
    return [config for config in sorted(root.glob("mkdocs*.yml")) if config.is_file()]


def files(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield the project's files with their names, in one order everywhere."""
    for folder, folders, names in os.walk(root):
        at_top = Path(folder) == root
        folders[:] = sorted(
            name
            for name in folders
            if name != "__pycache__" and not (at_top and (name[0] == "." or name in NOT_INPUTS))
        )
        for name in sorted(names):
            path = Path(folder, name)
            yield path.relative_to(root).as_posix(), path


def outputs_of(site: Path) -> dict[str, list[int]]:
    """Return size and time of every file of a built site."""
    shown = {}
    for folder, _, names in os.walk(site):
        for name in names:
            path = Path(folder, name)
            status = path.stat()
            shown[path.relative_to(site).as_posix()] = [status.st_size, status.st_mtime_ns]
    return shown
