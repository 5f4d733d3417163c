"""What the page searches: the texts that the search plugin wrote, as one script of plain rows.

The index is built in the page (`docs/theme/assets/search.js`), from `search/texts.js`, which loads over http and from
the disk alike and is asked for when search is opened. The plugin's own index, in two copies, is not kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from html import unescape
from pathlib import Path
from typing import Any

from llmnotes.site.text.terms import terms

TEXTS = "search/texts.js"
INDEX = "search/search_index"
BEGIN = "globalThis.llmnotes = globalThis.llmnotes || {};\nllmnotes.texts = "
# The number of a note says nothing where the note is not.
NOTE = re.compile(r"<sup>\d+</sup>")
# Only these part two words.
BLOCK = re.compile(r"</?(?:p|li|ul|ol|pre|h\d|div|tr|td|th|table|br|dd|dt|dl|blockquote)\b[^>]*>")
TAG = re.compile(r"<[^>]+>")
# Marks of headings and of the way back from a note, and marks that nobody sees.
SIGNS = re.compile(r"[¶↩\u200b\ufeff]")

Row = tuple[str, str, str, list[str]]


def plain(html: str) -> str:
    """Return HTML as the words that a reader sees.

    >>> plain("<p>Cache<sup>3</sup> &lt; <code>8 GiB</code></p><p>More</p>")
    'Cache < 8 GiB More'
    """
    text = TAG.sub("", BLOCK.sub(" ", NOTE.sub("", html)))
    return " ".join(SIGNS.sub("", unescape(text)).split())


def rows(entries: Iterable[Mapping[str, Any]], glossary: str) -> list[Row]:
    """Return the rows of an edition: what the plugin knows of its pages and sections, and each term of the glossary.

    The plugin repeats a page's tags at every section; they are kept with the page.
    """
    found: list[Row] = []
    for entry in entries:
        place = entry["location"]
        tags = [] if "#" in place else entry.get("tags", [])
        found.append((place, plain(entry["title"]), plain(entry["text"]), tags))
    for key, term in terms(glossary).items():
        found.append((f"glossary.html#{key}", term["name"], term["meaning"], []))
    return found


def write(root: Path, lang: str, site_dir: Path) -> None:
    """Write the texts of an edition in the place of the plugin's index."""
    index = site_dir / f"{INDEX}.json"
    glossary = root / "docs" / lang / "glossary.md"
    entries = json.loads(index.read_text(encoding="utf-8"))["docs"]
    found = rows(entries, glossary.read_text(encoding="utf-8") if glossary.is_file() else "")
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    # What ends a line in JavaScript only ends none in JSON.
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    (site_dir / TEXTS).write_text(f"{BEGIN}{text};\n", encoding="utf-8")
    index.unlink()
    index.with_suffix(".js").unlink(missing_ok=True)


def read(site_dir: Path) -> list[Row]:
    """Return the rows of an edition: location, title, text, tags."""
    text = (site_dir / TEXTS).read_text(encoding="utf-8")
    return [tuple(row) for row in json.loads(text.removeprefix(BEGIN).rstrip(";\n"))]
