"""A lab to take away: its text as Jupyter shows it, where there is neither this site nor what builds it."""

from __future__ import annotations

import html
import posixpath
import re
import textwrap

from llmnotes.site.figures.worded import worded
from llmnotes.site.markdown import twins
from llmnotes.site.snippets.runner import Runner
from llmnotes.site.text.pages import Page
from llmnotes.site.text.percent import FENCE_THAT_SHOWS

CALL = re.compile(r"""show\(["'](?P<name>[\w-]+)["']""")
FOLD = re.compile(r'^\?{3}\+?[ ]+\w+[ ]+"(?P<title>.+)"\n(?P<inside>(?:[ ]{4}.*(?:\n|\Z)|\n)*)', re.M)
# Code in front, so that nothing within it is taken for a link.
LINK = re.compile(
    r"```.*?```|`[^`]+`|(?<!!)\[(?P<words>[^\[\]]+)\]"
    r"\((?=[\w.#])(?P<page>[\w./-]+\.(?:md|py))?(?P<anchor>#[\w-]+)?(?:[ ]+\"[^\"]*\")?\)",
    re.S,
)
CODE = re.compile(r"`([^`]+)`")


def text_of_cell(text: str, page: Page, runner: Runner, site_url: str) -> str:
    """Return the text of a cell with numbers filled in, figures as their tables, folds as HTML, and links that lead
    from anywhere.

    Args:
        text: A cell of text, as the page has it.
        page: The lab as a page.
        runner: Answers for its numbers and figures.
        site_url: Where the edition will be; empty where nobody knows, then links are left as words.
    """
    figures = [CALL.search(found.group()) for found in FENCE_THAT_SHOWS.finditer(text)]
    pieces = [twins.prose(piece, page, runner) for piece in FENCE_THAT_SHOWS.split(text)]
    tables = [_figure(call["name"], page, runner) if call else "" for call in figures]
    made = "".join(piece + table for piece, table in zip(pieces, [*tables, ""], strict=True))
    made = FOLD.sub(lambda found: _fold(found["title"], found["inside"]), made)
    return LINK.sub(lambda found: _link(found, page.slug, site_url), made).strip()


def _figure(name: str, page: Page, runner: Runner) -> str:
    return twins.figure(worded(runner.get(page.snippets[name], page.lang), page, runner.get))


def _fold(title: str, inside: str) -> str:
    """Return a folded block as the HTML that Jupyter folds; Markdown stands in it between empty lines."""
    said = CODE.sub(r"<code>\1</code>", html.escape(title, quote=False))
    return f"<details>\n<summary>{said}</summary>\n\n{textwrap.dedent(inside).strip()}\n\n</details>\n\n"


def _link(found: re.Match[str], slug: str, site_url: str) -> str:
    if not found["words"]:
        return found.group()
    if not site_url or not found["page"]:
        return found["words"]
    place = posixpath.normpath(posixpath.join(posixpath.dirname(slug), found["page"]))
    return f"[{found['words']}]({site_url}{place.rpartition('.')[0]}.html{found['anchor'] or ''})"
