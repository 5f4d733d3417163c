"""A Python-Markdown extension with the marks of an editor, as Material's reference writes them (CriticMarkup).

`{++added++}`, `{--dropped--}`, `{~~old~>new~~}`, `{==this==}`, `{>>a remark<<}`. The extension of pymdownx that has the
same name looks before code is known, so that it would edit a page's examples too; these are inline and leave code as it
is.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor

MARKS = (
    r"\{(?:\+\+(?P<ins>[^{}]+?)\+\+|--(?P<del>[^{}]+?)--|~~(?P<old>[^{}]+?)~>(?P<new>[^{}]+?)~~"
    r"|==(?P<mark>[^{}]+?)==|>>(?P<span>[^{}]+?)<<)\}"
)


class Critic(Extension):
    """The marks of an editor."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the name that Python-Markdown calls
        """Register them before marked, inserted and deleted words, whose signs they hold."""
        md.inlinePatterns.register(_Marks(MARKS, md), "ln-critic", 178)


def makeExtension(**settings: Any) -> Critic:  # noqa: N802 - the name that Python-Markdown calls
    """Return the extension."""
    return Critic(**settings)


class _Marks(InlineProcessor):
    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Element, int, int]:  # type: ignore[override]  # noqa: N802
        if m["old"] is not None:
            both = Element("span")
            SubElement(both, "del", {"class": "critic"}).text = m["old"]
            SubElement(both, "ins", {"class": "critic"}).text = m["new"]
            return both, m.start(0), m.end(0)
        tag = next(name for name in ("ins", "del", "mark", "span") if m[name] is not None)
        element = Element(tag, {"class": "critic comment" if tag == "span" else "critic"})
        element.text = m[tag]
        return element, m.start(0), m.end(0)
