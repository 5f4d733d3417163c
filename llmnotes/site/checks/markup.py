"""What a page's own HTML, attributes and links may do: show something, and nothing else.

The skeleton's policy makes scripts inert in a reader's browser; here they are refused before they are published, with
what would load something from elsewhere, hide words or lead nowhere.
"""

from __future__ import annotations

import difflib
import html
import posixpath
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from markdown.extensions.attr_list import get_attrs

from llmnotes.site.made.write import MAKERS
from llmnotes.site.markdown import icons
from llmnotes.site.text.pages import Page
from llmnotes.site.text.problem import Problem
from llmnotes.site.text.source import HIDDEN

ELEMENTS = (
    "a abbr b blockquote br caption code dd del details div dl dt em figcaption figure h2 h3 h4 hr i img ins kbd "
    "li mark ol p pre q s small span strong sub summary sup table tbody td tfoot th thead tr ul var wbr"
)
TAGS = frozenset(ELEMENTS.split())
NAMED = (
    "align alt class colspan data-made dir height href hreflang id lang loading markdown name open rel role "
    "rowspan scope src start title width"
)
ATTRIBUTES = frozenset(NAMED.split())
# Attributes that do something: run, load, hide.
DOES = re.compile(r"on[a-z]{3,}|style|src|srcset|srcdoc|href|action|formaction|ping|background|data", re.I)
SCHEMES = ("", "http", "https", "mailto")
ID = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]*")
ATTRIBUTE_LIST = re.compile(r"\{:?[ ]*(?P<attributes>[#.\w][^{}\n]*?)[ ]*\}")
LINK = re.compile(
    r"(?P<image>!?)\[(?P<words>(?:[^\[\]\n]|\[[^\[\]\n]*\]|\n(?!\n))*)\]"
    r"\(\s*(?:<(?P<angled>[^<>\n]*)>|(?P<address>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*))(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)"
)
REFERENCE = re.compile(r"^[ ]{0,3}\[(?!\^)[^\]\n]+\]:[ \t]*<?(?P<address>[^\s>]+)", re.M)
AUTOLINK = re.compile(r"<(?P<address>[A-Za-z][A-Za-z0-9+.&#;-]*:[^<>\s]*)>")
TAB = re.compile(r"^(?P<indent>[ \t]*)===[+!]?[ ]+[\"']", re.M)
SCISSORS = re.compile(r"^[ \t]*;?-+8<-+[ \t]*(?P<rest>.*)$")
# A browser takes each of these for the end of a comment, which Markdown and most readers do not.
ENDS_EARLY = re.compile("<!--+>|--!>")
IMAGE_BY_NAME = re.compile(r"!\[(?P<words>[^\[\]\n]*)\](?:[ ]?\[(?P<label>[^\[\]\n]*)\])?(?!\()")
ONE_INCLUDE = re.compile(r"""["'](?P<file>[^"':]+)(?::[^"']+)?["']""")
MOST_TABS = 10
# Files that both editions share.
AT_ROOT = ("docs/registry.json", "docs/claims.json", "docs/llms.txt", "docs/SKILL.md")
TEMPLATES = "docs/theme"
OWN_ID = re.compile(r"\bid\s*=\s*[\"']?(?P<raw>[^\s\"'>]+)|\{:?[^{}\n]*?#(?P<listed>[^\s{}]+)[^{}\n]*\}")


def of_page(root: Path, page: Page) -> Iterator[Problem]:
    """Yield what a page must not hold."""
    yield from _elements(page)
    yield from _attributes(page)
    for line, address, image in _addresses(page):
        yield from _scheme(page, line, address, image=image)
    yield from _twice(page)
    yield from _includes(root, page)
    yield from _refused(page)
    template = page.meta.get("template")
    known = {path.name for path in (root / TEMPLATES).glob("*.html")} - {"main.html", "404.html"}
    if template is not None and template not in known:
        yield page.meta_problem(
            "template", f"asks for the template {template}", f"there are {', '.join(sorted(known))}"
        )


class _Reader(HTMLParser):
    """Notes the elements of a text with their lines."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str, list[tuple[str, str]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.found.append((self.getpos()[0], tag, [(name, value or "") for name, value in attrs]))

    # What closes nothing is as much of an element.
    handle_startendtag = handle_starttag

    def handle_endtag(self, tag: str) -> None:
        """Note what was closed, for what was never opened may be opened by the page around it."""
        self.found.append((self.getpos()[0], tag, []))

    def handle_decl(self, decl: str) -> None:
        """Note a declaration."""
        self.found.append((self.getpos()[0], "!", []))

    def unknown_decl(self, data: str) -> None:
        """Note a declaration that HTML does not know."""
        self.found.append((self.getpos()[0], "!", []))

    def handle_pi(self, data: str) -> None:
        """Note an instruction."""
        self.found.append((self.getpos()[0], "?", []))

    # The text of these is read on: nothing in it may pass unseen.
    def set_cdata_mode(self, elem: str, **_: object) -> None:
        """Read on."""


def _read(page: Page) -> list[tuple[int, str, list[tuple[str, str]]]]:
    """Return the elements of a page's own HTML, with their lines and attributes."""
    reader = _Reader()
    # A link in angle brackets is no element.
    text = AUTOLINK.sub(lambda link: HIDDEN * len(link.group()), page.source.prose)
    # An instruction is refused wherever it ends: of many that never do, the reader would look for each end anew.
    if (position := text.find("<?")) >= 0:
        reader.found.append((page.source.line_at(position), "?", []))
    reader.feed(text.replace("<?", HIDDEN * 2))
    reader.close()
    return reader.found


def _elements(page: Page) -> Iterator[Problem]:
    # All others are hidden by now.
    if (position := page.source.prose.find("<!--")) >= 0:
        line = page.source.line_at(position)
        yield page.problem(line, "has a comment that never ends, which hides all that follows", "end it with -->")
    for found in ENDS_EARLY.finditer(page.body):
        line = page.first_line + page.body.count("\n", 0, found.start())
        remedy = "write <!-- words -->: a browser reads on where this stands, and the page's checks do not"
        yield Problem(page.place, line, f"has a comment that ends early: {found.group()}", remedy)
    for line, tag, attributes in _read(page):
        if tag not in TAGS:
            remedy = "take it out; docs/en/writing.md shows what a page may hold, and `…` quotes it as code"
            yield page.problem(line, f"has the element <{tag[:20]}>, which is not for pages", remedy)
            continue
        for name, value in attributes:
            yield from _attribute(page, line, name, value)


def _attributes(page: Page) -> Iterator[Problem]:
    """Attributes that Markdown gives to an element: `[words]{onclick=…}`."""
    lists = [(page.source.line_at(found.start()), found) for found in ATTRIBUTE_LIST.finditer(page.source.prose)]
    lists += [(fence.line, found) for fence in page.source.fences for found in ATTRIBUTE_LIST.finditer(fence.info)]
    for line, found in lists:
        for name, value in get_attrs(found["attributes"]):
            # Words in braces are no attributes; what has a value is.
            if (
                name in ("id", ".", "class")
                or name.lower() == "hidden"
                or (DOES.fullmatch(name) and f"{name}=" in found["attributes"])
            ):
                yield from _attribute(page, line, name, value or "")


def _attribute(page: Page, line: int, name: str, value: str) -> Iterator[Problem]:
    name = name.lower()
    if name == "id" and not ID.fullmatch(value):
        remedy = "write it with English letters, digits and hyphens"
        yield page.problem(line, f"has the id {ascii(value)[1:-1]}, which holds other characters", remedy)
    elif name in (".", "class"):
        for one in value.split():
            if one.startswith("md-") and not one.startswith("md-button"):
                yield page.problem(line, f"has the class {one[:30]} of the theme's own parts", "take it out")
    elif name == "aria-hidden" or (name not in ATTRIBUTES and not name.startswith("aria-")):
        does = (
            "hides words"
            if name in ("style", "hidden", "aria-hidden")
            else "runs a script"
            if name.startswith("on")
            else "is not for pages"
        )
        yield page.problem(line, f"has the attribute {name[:30]}, which {does}", "take it out")
    elif name in ("href", "src"):
        yield from _scheme(page, line, value, image=name == "src")


def _scheme(page: Page, line: int, address: str, *, image: bool) -> Iterator[Problem]:
    # As a browser reads it: entities resolved, blanks and control characters left out.
    plain = re.sub(r"[\x00-\x20\x7f]", "", html.unescape(address)).replace("\\", "/")
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", plain)
    if (scheme[1].lower() if scheme else "") not in SCHEMES:
        yield page.problem(
            line, f"has an address that is none of the web: {plain[:40]}", "write https://… or a page of this site"
        )
    elif image and (scheme or plain.startswith("//")):
        yield page.problem(line, f"loads {plain[:80]} from elsewhere", "put the file beside the page")
    elif plain.startswith("/"):
        yield page.problem(
            line, f"has a link '{plain[:80]}', which starts at the host's root", "write it relative to the page"
        )


def _addresses(page: Page) -> Iterator[tuple[int, str, bool]]:
    """Yield line and address of each link and image that is written in Markdown, and whether it is loaded."""
    text = page.source.prose
    for found in LINK.finditer(text):
        address = found["address"] if found["angled"] is None else found["angled"]
        yield page.source.line_at(found.start()), address, bool(found["image"])
        for inner in LINK.finditer(found["words"]) if "![" in found["words"] else ():
            address = inner["address"] if inner["angled"] is None else inner["angled"]
            yield page.source.line_at(found.start()), address, True
    shown = {(found["label"] or found["words"]).lower() for found in IMAGE_BY_NAME.finditer(text)}
    for found in REFERENCE.finditer(text):
        label = found.group().partition("]:")[0].strip()[1:].lower()
        yield page.source.line_at(found.start()), found["address"], label in shown
    for found in AUTOLINK.finditer(text):
        yield page.source.line_at(found.start()), found["address"], False


def known(page: Page) -> dict[str, Any]:
    """Return, as JSON, what other pages ask of a page (its ids) and it of them (line, path and anchor of links)."""
    links = [(line, address) for line, address, _ in _addresses(page)]
    # What HTML links to is a finished page.
    links += [
        (line, re.sub(r"\.html(?=#|$)", "", value))
        for line, _, attributes in _read(page)
        for name, value in attributes
        if name in ("href", "src")
    ]
    inside = []
    for line, written in links:
        parts = urlsplit(html.unescape(written))
        if not (parts.scheme or parts.netloc or parts.path.startswith("/") or HIDDEN in written):
            inside.append([page.line(line), unquote(parts.path), unquote(parts.fragment)])
    ids = {heading.id for heading in page.source.headings}
    ids |= {match["raw"] or match["listed"] for match in OWN_ID.finditer(page.source.prose)}
    ids |= {f"fig-{name}" for show in page.shows for name in (show.id, show.snippet.rsplit("/", 1)[-1])}
    # The build gives such a page more anchors than its text says.
    grows = "data-made=" in page.body or "template" in page.meta
    return {"ids": sorted(filter(None, ids)), "links": inside, "grows": grows}


def dead_links(root: Path, found: Mapping[str, Mapping[str, Any]]) -> list[Problem]:
    """Return the links of pages that lead to no page, file or anchor.

    Args:
        root: The project.
        found: What is known of each page, by its place.
    """
    return [problem for place in found for problem in _dead(root, place, found)]


def _dead(root: Path, place: str, found: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    folder, edition = posixpath.dirname(place), "/".join(place.split("/")[:2])
    for line, path, anchor in found[place]["links"]:
        written = posixpath.normpath(posixpath.join(folder, path)) if path else place
        target = next((one for one in (written, f"{written}.md", f"{written}.py") if one in found), written)
        if target not in found and target not in AT_ROOT and not _is_there(root, target, edition):
            names = [posixpath.relpath(name, folder) for name in found if name.startswith(f"{edition}/")]
            close = difflib.get_close_matches(path, names, n=1, cutoff=0.7)
            remedy = f"did you mean {close[0]}?" if close else "correct the link, or write the page that it names"
            yield Problem(place, line, f"has a link '{path[:80]}', which leads to no page or file of {edition}", remedy)
        # What a reader chose, as a script of the page keeps it in the address, is no anchor.
        elif anchor and "=" not in anchor and target in found and _lacks(found[target], anchor):
            close = difflib.get_close_matches(anchor, found[target]["ids"], n=1)
            remedy = f"did you mean #{close[0]}?" if close else "write the heading that it names, or leave #… out"
            yield Problem(place, line, f"has a link to #{anchor[:60]}, which {target} does not have", remedy)


def _lacks(page: Mapping[str, Any], anchor: str) -> bool:
    return anchor not in page["ids"] and not page["grows"]


def _is_there(root: Path, target: str, edition: str) -> bool:
    """Return whether a target is a file of the edition, or made by the build: a page of a model or of formulas."""
    made = target.removeprefix(f"{edition}/").partition("/")[0] in MAKERS
    return target.startswith(f"{edition}/") and (made or (root / target).is_file())


def _twice(page: Page) -> Iterator[Problem]:
    """Yield the ids of words and elements that something else on the page has too; of headings, `structure` does."""
    headings = {heading.line: heading.id for heading in page.source.headings}
    seen = set(headings.values())
    for found in OWN_ID.finditer(page.source.prose):
        line, id = page.source.line_at(found.start()), found["raw"] or found["listed"]
        if line not in headings and id in seen:
            yield page.problem(line, f"has the id #{id[:60]} twice", "give one of the two another id")
        seen.add(id)


def _includes(root: Path, page: Page) -> Iterator[Problem]:
    """What a page includes lies below snippets/, and each include is one line."""
    base = (root / "snippets").resolve()
    for line, row in enumerate(page.body.splitlines(), 1):
        found = SCISSORS.match(row)
        if not found or row.lstrip().startswith(";"):
            continue
        one = ONE_INCLUDE.fullmatch(found["rest"].strip())
        if one is None:
            remedy = 'write --8<-- "chapter/slug/name.py:section"'
            yield page.problem(line, "includes something in another form than one line", remedy)
        # What leads up, or to no file, is named where the structure of pages is judged.
        elif ".." not in one["file"] and not (base / one["file"]).resolve().is_relative_to(base):
            yield page.problem(
                line, f"includes {one['file'][:80]}, which is not below snippets/", "name a file below snippets/"
            )


def _refused(page: Page) -> Iterator[Problem]:
    """What Material's reference has and this site has not."""
    for fence in page.source.fences:
        if fence.language == "mermaid":
            remedy = (
                "draw it with Mechanism in a snippet, or write a list: Material loads a script from elsewhere for it"
            )
            yield page.fence_problem(fence, "has a diagram in mermaid", remedy)
    for line, name in page.source.icons:
        if icons.ICON.fullmatch(f":{name}:") and not icons.drawing(f":{name}:"):
            yield page.problem(
                line, f"names the icon :{name}:, which does not exist", "look it up in Material's reference"
            )
    lines: dict[str, int] = {}
    for row_number, row in enumerate(page.source.prose.splitlines(), 1):
        found = TAB.match(row)
        if found:
            lines[found["indent"]] = lines.get(found["indent"], 0) + 1
            if lines[found["indent"]] == MOST_TABS + 1:
                yield page.problem(
                    row_number, f"has more than {MOST_TABS} tabs side by side", "show a table or sections instead"
                )
        elif row.strip():
            indent = len(row) - len(row.lstrip())
            lines = {key: n for key, n in lines.items() if len(key) < indent}
