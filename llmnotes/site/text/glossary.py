"""The terms of the glossary: name, short name for drawings, and first sentence of the meaning, by id."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

TERM = re.compile(r"^(?P<name>\S[^\n]*?)[ ]*\{:[ ]*#(?P<id>[\w-]+)[ ]*\}\n:[ ]+(?P<meaning>[^\n]+)", re.M)
# Where a first sentence ends: full stop and blank, or a Chinese one; a point within a number or a name ends none.
SENTENCE = re.compile(r".*?(?:[。！？]|[.!?](?=\s|$))")
CODE_OR_MATH = re.compile(r"`([^`]*)`|\$([^$]*)\$")
LINK = re.compile(r"\[([^\[\]]+)\](?:\([^()]*\)|\{[^{}]*\})")
# The name in the other language, and an abbreviation.
BESIDE = re.compile(r"\s*[(（].*$|,\s.*$|，.*$")


def terms(glossary: str) -> dict[str, dict[str, str]]:
    """Return name and first sentence of every term of a glossary in Markdown, by id.

    >>> terms("Layer (层) {: #layer }\\n:   One `mixer` of [width](#d) $d_{ff}$. Many are stacked.\\n")
    {'layer': {'name': 'Layer (层)', 'meaning': 'One mixer of width d_ff.'}}
    """
    found = {}
    for entry in TERM.finditer(glossary):
        text = plain(entry["meaning"])
        first = SENTENCE.match(text)
        found[entry["id"]] = {"name": plain(entry["name"]), "meaning": first[0] if first else text}
    return found


def plain(markdown: str) -> str:
    """Return a line of Markdown as a reader would say it.

    >>> plain("At most $V \\\\times d$ numbers, **not** [more](#x).")
    'At most V × d numbers, not more.'
    """
    text = CODE_OR_MATH.sub(lambda found: found[1] or _plain_math(found[2]), LINK.sub(r"\1", markdown))
    return text.replace("**", "").strip()


def short(name: str) -> str:
    """Return the name of a term as a label: without the other language, and small where it is no abbreviation.

    >>> [short(name) for name in ("Layer (层)", "KV cache (KV 缓存)", "Query latent, QL", "层（layer）")]
    ['layer', 'KV cache', 'query latent', '层']
    """
    own = BESIDE.sub("", name)
    return own[:1].lower() + own[1:] if own[1:2].islower() or len(own) == 1 else own


@lru_cache(maxsize=8)
def _labels(text: str) -> dict[str, str]:
    return {id: short(term["name"]) for id, term in terms(text).items()}


def labels(root: Path, lang: str) -> dict[str, str]:
    """Return the short name of every term of an edition by id; none where it has no glossary."""
    glossary = root / "docs" / lang / "glossary.md"
    return _labels(glossary.read_text(encoding="utf-8")) if glossary.is_file() else {}


def _plain_math(tex: str) -> str:
    for command, sign in ((r"\times", "×"), (r"\cdot", "·"), (r"\le", "≤"), (r"\,", " ")):
        tex = tex.replace(command, sign)
    return re.sub(r"[{}\\]", "", tex)
