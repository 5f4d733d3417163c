"""The glossary as a script: each term with the first sentence of its meaning, shown where a page links to it."""

from __future__ import annotations

import json
import re
from pathlib import Path

TERM = re.compile(r"^(?P<name>\S[^\n]*?)[ ]*\{:[ ]*#(?P<id>[\w-]+)[ ]*\}\n:[ ]+(?P<meaning>[^\n]+)", re.M)
# Where a first sentence ends: full stop and blank, or a Chinese one; a point within a number or a name ends none.
SENTENCE = re.compile(r".*?(?:[。！？]|[.!?](?=\s|$))")
CODE_OR_MATH = re.compile(r"`([^`]*)`|\$([^$]*)\$")
LINK = re.compile(r"\[([^\[\]]+)\](?:\([^()]*\)|\{[^{}]*\})")


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


def write(root: Path, lang: str, site_dir: Path) -> None:
    """Write `assets/terms.js` of an edition; one without a glossary has none."""
    glossary = root / "docs" / lang / "glossary.md"
    if glossary.is_file():
        known = json.dumps(terms(glossary.read_text(encoding="utf-8")), ensure_ascii=False, separators=(",", ":"))
        script = f"globalThis.llmnotes = globalThis.llmnotes || {{}};\nllmnotes.terms = {known};\n"
        (site_dir / "assets" / "terms.js").write_text(script, encoding="utf-8")


def _plain_math(tex: str) -> str:
    for command, sign in ((r"\times", "×"), (r"\cdot", "·"), (r"\le", "≤"), (r"\,", " ")):
        tex = tex.replace(command, sign)
    return re.sub(r"[{}\\]", "", tex)
