"""The words of a docstring as HTML: paragraphs, code, emphasis, formulas set by KaTeX."""

from __future__ import annotations

import html
import re

from llmnotes.site.markdown import boxes, katex

INLINE = re.compile(r"`(?P<code>[^`]+)`|\$(?P<tex>[^$]+)\$|(?<![\w*])\*(?P<em>[^*\s][^*]*)\*(?![\w*])")
DISPLAY = re.compile(r"\$\$(?P<tex>.+?)\$\$", re.S)


class Writer:
    """Writes the words of one page; it counts the formulas, whose boxes are numbered.

    Args:
        lang: Language of the page, in which boxes are named.
        foreign: Attribute of English words on it, empty on an English page.
    """

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.foreign = "" if lang == "en" else ' lang="en"'
        self.n_formulas = 0

    def paragraphs(self, text: str) -> str:
        """Return sentences and formulas."""
        parts = []
        for block in re.split(r"\n\s*\n", text.strip()):
            display = DISPLAY.fullmatch(block.strip())
            parts.append(self.formula(display["tex"]) if display else f"<p{self.foreign}>{inline(block)}</p>")
        return "\n".join(parts)

    def formula(self, tex: str) -> str:
        """Return a formula on a line of its own, in a box that scrolls."""
        self.n_formulas += 1
        marks = "".join(
            f' {key}="{html.escape(value)}"' for key, value in boxes.formula(self.lang, self.n_formulas).items()
        )
        return f'<div{marks}><span class="ln-math">{katex.render(tex.strip(), display=True)}</span></div>'


def inline(text: str) -> str:
    """Return a paragraph's words.

    >>> inline("`a` < *b*")
    '<code>a</code> &lt; <em>b</em>'
    """
    parts, done = [], 0
    for found in INLINE.finditer(text):
        parts.append(html.escape(text[done : found.start()], quote=False))
        if found["code"]:
            parts.append(f"<code>{html.escape(found['code'], quote=False)}</code>")
        elif found["tex"]:
            parts.append(f'<span class="ln-math">{katex.render(found["tex"], display=False)}</span>')
        else:
            parts.append(f"<em>{html.escape(found['em'], quote=False)}</em>")
        done = found.end()
    return " ".join(("".join(parts) + html.escape(text[done:], quote=False)).split())
