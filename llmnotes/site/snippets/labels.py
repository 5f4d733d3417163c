"""Short names of glossary terms for drawings, each an input of what uses it."""

from __future__ import annotations

from pathlib import Path

from llmnotes.site.cache.store import ABSENT, digest
from llmnotes.site.text import glossary

# Marks an input that is the short name of a term in a language.
TERM = "term:"


class Labels:
    """The names of terms in one language, and which of them were asked for.

    Args:
        root: The project.
        lang: "zh" or "en"; empty where nothing is said.
    """

    def __init__(self, root: Path, lang: str) -> None:
        self.lang = lang
        self.used: dict[str, str] = {}
        self._known = glossary.labels(root, lang) if lang else {}

    def term(self, id: str) -> str | None:
        """Return the short name of a term, whose id may be written as in code: `kv_cache`."""
        id = id.replace("_", "-")
        found = self._known.get(id)
        self.used[f"{TERM}{self.lang}:{id}"] = _digest(found)
        return found


def digest_of(root: Path, path: str) -> str:
    """Return the digest of an input that is a term."""
    lang, _, id = path.removeprefix(TERM).partition(":")
    return _digest(glossary.labels(root, lang).get(id))


def _digest(name: str | None) -> str:
    return ABSENT if name is None else digest(name)
