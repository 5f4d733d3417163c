"""What decides a run of a snippet but the files that it opens: code, words, result, packages, and what runs it."""

from __future__ import annotations

import platform
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from llmnotes.site.shown import Step
from llmnotes.site.snippet import Snippet
from llmnotes.site.store import digest, digest_path, package_digest

# What runs and rewrites, besides the snippet itself and the package: a change there makes every entry anew.
MACHINERY = (
    *("worker.py", "sandbox.py", "imports.py", "parts.py", "snippet.py", "statements.py"),
    *("playing.py", "play_part.py", "emit.py"),
)
DRAWING_MACHINERY = (*MACHINERY, "figure.py", "shapes.py", "data/metrics.ttf")


def of_step(read: Snippet, step: Step, result: Any = None) -> str:
    """Return the digest of all that decides a step, which works with a result unless it computes one."""
    parts: dict[str, Any] = {"kind": step.kind, "place": read.place, **_circumstances()}
    if step.kind == "compute":
        return digest(parts, read.codes["compute"], _machinery(MACHINERY))
    parts |= {"result": digest(result), "lang": step.lang, "text": read.text[step.lang]}
    if step.kind == "draw":
        return digest(parts | {"width": step.width}, read.codes["draw"], _machinery(DRAWING_MACHINERY))
    return digest(parts, read.codes["words"], _machinery(MACHINERY))


def of_all(source: str) -> str:
    """Return the digest of all that decides every step of the snippet that `source` is."""
    return digest(source, _circumstances(), _machinery(DRAWING_MACHINERY))


@lru_cache(maxsize=1)
def _circumstances() -> dict[str, Any]:
    """Return what runs snippets besides our code."""
    return {
        "python": platform.python_version(),
        "platform": [sys.implementation.name, sys.platform, platform.machine()],
        "packages": [package_digest(name) for name in ("numpy", "matplotlib")],
    }


@lru_cache
def _machinery(files: tuple[str, ...]) -> str:
    here = Path(__file__).parent
    return digest([digest_path(here, file) for file in files])
