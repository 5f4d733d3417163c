"""What decides a run of a snippet but the files that it opens: code, words, result, packages, and what runs it."""

from __future__ import annotations

import platform
import sys
from functools import lru_cache
from typing import Any

from llmnotes.site.cache.machinery import machinery_digest
from llmnotes.site.cache.store import digest, package_digest
from llmnotes.site.snippets.snippet import Snippet
from llmnotes.site.text.shown import Step


def of_step(read: Snippet, step: Step, result: Any = None) -> str:
    """Return the digest of all that decides a step, which works with a result unless it computes one."""
    parts: dict[str, Any] = {"kind": step.kind, "place": read.place, **_circumstances()}
    if step.kind == "compute":
        return digest(parts, read.codes["compute"], machinery_digest("snippets"))
    parts |= {"result": digest(result), "lang": step.lang}
    if step.kind == "draw":
        return digest(parts | {"width": step.width}, read.codes["draw"], machinery_digest("snippets"))
    return digest(parts, read.codes["words"], machinery_digest("snippets"))


def of_all(source: str) -> str:
    """Return the digest of all that decides every step of the snippet that `source` is."""
    return digest(source, _circumstances(), machinery_digest("snippets"))


@lru_cache(maxsize=1)
def _circumstances() -> dict[str, Any]:
    """Return what runs snippets besides our code."""
    return {
        "python": platform.python_version(),
        "platform": [sys.implementation.name, sys.platform, platform.machine()],
        "packages": [package_digest(name) for name in ("numpy", "matplotlib")],
    }
