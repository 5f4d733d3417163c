"""Icons and emoji by name for `pymdownx.emoji`: icons are Material's files, emoji are characters of the page's font.

Material's index reads ten thousand file names before the first page, and pymdownx loads the pictures of emoji from
elsewhere; this index opens the one file that a page names, and nothing else.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

# As Material names its folders: `material-timer-outline` is material/timer-outline.svg.
ICON = re.compile(r":(?:material|octicons|fontawesome-(?:brands|regular|solid)|simple)-[a-z0-9-]+:")


def index(options: Any, md: Any) -> dict[str, Any]:
    """Return what `pymdownx.emoji` asks for a name (its setting `emoji_index`)."""
    return {"name": "twemoji", "emoji": _Icons(), "aliases": {}}


def show(index: str, shortname: str, alias: str, uc: str | None, alt: str, *rest: Any) -> Element:
    """Return an icon or an emoji as an element of the page (the setting `emoji_generator`)."""
    if uc:
        element = Element(
            "span", {"class": "emoji", "role": "img", "aria-label": shortname.strip(":").replace("_", " ")}
        )
        element.text = alt
        return element
    element = Element("span", {"class": index, "aria-hidden": "true"})
    element.text = rest[-1].htmlStash.store(drawing(shortname))
    return element


@lru_cache
def drawing(shortname: str) -> str:
    """Return an icon as SVG, empty where there is none of this name.

    >>> drawing(":material-timer-outline:").startswith("<svg ")
    True
    >>> drawing(":material-../x:"), drawing(":material-no-such-thing:")
    ('', '')
    """
    material = find_spec("material")
    if material is None or material.origin is None or not ICON.fullmatch(shortname):
        return ""
    icons = Path(material.origin).parent / "templates" / ".icons"
    folder, *words = shortname.strip(":").split("-")
    if folder == "fontawesome":
        folder = f"fontawesome/{words.pop(0)}"
    path = icons / folder / f"{'-'.join(words)}.svg"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


class _Icons:
    """A mapping of which only `get` is asked."""

    def get(self, shortname: str, default: Any = None) -> Any:
        """Return what is known of an icon or an emoji."""
        if ICON.fullmatch(shortname):
            return {"name": shortname, "category": "icon"} if drawing(shortname) else default
        from pymdownx import twemoji_db

        return twemoji_db.emoji.get(twemoji_db.aliases.get(shortname, shortname), default)
