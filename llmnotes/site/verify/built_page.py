"""One finished page as its reader gets it, and what must hold on it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

import lxml.html
from lxml.html import HtmlElement
from lxml.html.defs import link_attrs

from llmnotes.site.text.addresses import HTML_LANG
from llmnotes.site.text.problem import Problem, line_of

ADDRESSES = "//@*[" + " or ".join(f"name() = '{name}'" for name in sorted(link_attrs)) + "]"
# Styles that may load something, for most of the many on formulas cannot.
STYLES = "//style/text() | //@style[contains(., 'url(')]"
# Links in a head that a browser does not follow by itself.
NOT_LOADED = {"alternate", "author", "canonical", "license", "me", "next", "prev"}
# Elements whose address is followed by a reader, not loaded by the browser.
FOLLOWED = {"a", "area", "form", "base", "blockquote", "q", "del", "ins"}
CSS_URL = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")
SCRIPT_FILE = re.compile(r"[\w./-]+\.js")
TRACEBACK = "Traceback (most recent call last)"
SIGNS_OF_MATH = ("$$", r"\(", r"\[", "{{")
RAW_MATH = re.compile(r"\$\$|\\\(|\\\[|(?<!\{)\{\{(?!\{)")
# What runs, loads or embeds, within the text.
TAGS = ("script", "iframe", "object", "embed", "meta", "base", "link", "style", "frame", "applet", "portal")
ACTIVE = (
    f"//article//*[{' or '.join(f'self::{tag}' for tag in TAGS)} or @*[starts-with(name(), 'on')]"
    " or @*[(name() = 'href' or name() = 'src' or name() = 'action')"
    " and starts-with(translate(normalize-space(.), 'JAVSCRIPT ', 'javscript'), 'javascript:')]]"
)
UNREAD_BY_READERS = {"code", "pre", "script", "style", "textarea"}


def external(address: str) -> bool:
    """Return whether an address leaves the site.

    >>> external("//cdn.example/a.js"), external("data:,"), external("../a.css")
    (True, False, False)
    """
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme in ("http", "https", "ws", "wss", "ftp")


def urls_in_css(text: str) -> list[str]:
    """Return what a stylesheet loads.

    >>> urls_in_css("@import 'a.css'; p { background: url( b.png ) }")
    ['a.css', 'b.png']
    """
    return [(first or second).strip() for first, second in CSS_URL.findall(text)]


@dataclass(frozen=True)
class Known:
    """What other pages ask of a page that holds: its ids, and where it leads."""

    ids: list[str]
    addresses: list[tuple[str, bool]]


@dataclass(frozen=True)
class BuiltPage:
    """A finished page.

    Args:
        root: The project.
        path: The HTML file, absolute.
        lang: Edition that it belongs to.
        source: Its Markdown, relative to the project; the file may be missing where a theme made the page.
        content: The file.
        known: What is known of it from an earlier time at which it was verified and held.
    """

    root: Path
    path: Path
    lang: str
    source: Path
    content: bytes
    known: Known | None = None

    @classmethod
    def read(cls, root: Path, site: Path, path: Path) -> BuiltPage:
        """Return the page at `path`."""
        lang, *rest = path.relative_to(site).with_suffix(".md").parts
        return cls(root, path, lang, Path("docs", lang, *rest), path.read_bytes())

    @cached_property
    def parser(self) -> lxml.html.HTMLParser:
        """What parsed the page and noted where it is no HTML."""
        return lxml.html.HTMLParser(encoding="utf-8")

    @cached_property
    def document(self) -> HtmlElement:
        """The parsed page."""
        return lxml.html.document_fromstring(self.content, parser=self.parser)

    @cached_property
    def ids(self) -> Counter[str]:
        """Every id on the page, and how often it stands there."""
        return Counter(self.known.ids) if self.known else Counter(str(one) for one in self.document.xpath("//@id"))

    @cached_property
    def addresses(self) -> list[tuple[str, bool]]:
        """Every address on the page that may be followed, and whether the theme put it there."""
        return self.known.addresses if self.known else sorted(set(self._addresses()))

    def problem(self, message: str, remedy: str, signs: Iterable[str]) -> Problem:
        """Return a problem of this page, at the first line of its source that holds one of the signs."""
        source = self.root / self.source
        line = line_of(source, list(signs)) if source.is_file() else 0
        return Problem(self.source.as_posix(), line, message, remedy)

    @cached_property
    def links(self) -> list[tuple[str, str]]:
        """Every element that names an address, by its tag, and the address; without links that nobody follows."""
        found = []
        for address in self.document.xpath(ADDRESSES):
            element = address.getparent()
            if not (element.tag == "link" and NOT_LOADED & set(element.get("rel", "").split())):
                found.append((element.tag, str(address)))
        return found + [("style", one) for css in self.document.xpath(STYLES) for one in urls_in_css(str(css))]

    def _addresses(self) -> Iterator[tuple[str, bool]]:
        for tag, address in self.links:
            yield address, tag in ("link", "script")
        # Scripts find here what they load later.
        for address in self.document.xpath("//@*[starts-with(name(), 'data-')]"):
            if SCRIPT_FILE.fullmatch(address):
                yield str(address), True

    def problems(self) -> Iterator[Problem]:
        """Yield what does not hold on this page, whatever the others are like."""
        yield from self._markup()
        yield from self._frame()
        yield from self._loads()
        yield from self._acts()
        yield from self._text()
        for figure in self.document.find_class("ln-figure"):
            yield from self._figure(figure)

    def _markup(self) -> Iterator[Problem]:
        """The page is valid HTML as far as a parser must correct nothing."""
        self.document.tag  # noqa: B018 - parsed when first asked for
        for error in self.parser.error_log:
            said = error.message.strip()
            yield self.problem(f"the page is no valid HTML: {said}", "close what is open, in its order", [])

    def _frame(self) -> Iterator[Problem]:
        """Language, the one title, unique ids."""
        lang = self.document.get("lang", "")
        if lang != HTML_LANG[self.lang]:
            remedy = f"make docs/theme write lang={HTML_LANG[self.lang]}"
            yield self.problem(f"the page says that its language is {lang!r}", remedy, [])
        if (n := len(self.document.findall(".//h1"))) != 1:
            yield self.problem(f"the page has {n} headings of the first level", "write exactly one line `# …`", ["# "])
        for name, n in sorted(self.ids.items()):
            if n > 1:
                what = f"the id {name} stands {n} times on the page"
                yield self.problem(what, "give each heading, figure and fence an id of its own", [f"#{name}", name])

    def _loads(self) -> Iterator[Problem]:
        """No browser fetches anything from elsewhere."""
        loaded = [address for tag, address in self.links if tag not in FOLLOWED]
        for srcset in self.document.xpath("//@srcset"):
            loaded += [one.split()[0] for one in str(srcset).split(",") if one.strip()]
        for address in sorted(set(filter(external, loaded))):
            yield self.problem(f"the page loads {address}", "vendor it below docs/theme/assets", [address])

    def _acts(self) -> Iterator[Problem]:
        """Nothing in the text of a page runs or embeds anything, however it came there."""
        for element in self.document.xpath(ACTIVE):
            name = element.tag if isinstance(element.tag, str) else "?"
            running = [key for key in map(str, element.attrib) if key.startswith("on")]
            what = f"the attribute {running[0]}" if running else f"the element <{name}> or a script as its address"
            yield self.problem(f"the text of the page has {what}", "take it out of the page", [f"<{name}", *running])

    def _text(self) -> Iterator[Problem]:
        """Nothing that failed, and nothing that was left unconverted, is shown as text."""
        for element in self.document.find_class("katex-error"):
            formula = element.text_content().strip()
            yield self.problem(f"the formula {formula} was not rendered", "correct the formula", [formula])
        whole = self.document.text_content()
        if TRACEBACK in whole:
            yield self.problem("the page shows a traceback", "mend the fence that raised it", ['exec="on"'])
        # Hardly any page has such a sign even in its code, and to walk the text of one takes as long as all the rest.
        for text in self.shown_text() if any(sign in whole for sign in SIGNS_OF_MATH) else ():
            if match := RAW_MATH.search(text):
                raw = " ".join(text[max(0, match.start() - 20) : match.end() + 20].split())
                what = f"the page shows markup that was not converted: {raw}"
                yield self.problem(what, "close the formula or the filled-in number", [match.group()])

    def shown_text(self) -> Iterator[str]:
        """Yield runs of text outside code."""
        todo = [self.document.body]
        while todo:
            element = todo.pop()
            if element.tail:
                yield element.tail
            if isinstance(element.tag, str) and element.tag not in UNREAD_BY_READERS:
                if element.text:
                    yield element.text
                todo += list(element)

    def _figure(self, figure: HtmlElement) -> Iterator[Problem]:
        """A figure has a title, a description and its numbers as a table."""
        name, alone = figure.get("id", "without an id"), "@class='ln-bars' or @class='ln-plain'"
        wanted = {
            "a title": ".//*[contains(@class, 'ln-figure__title')][normalize-space()]",
            "a drawing": f".//*[@class='ln-drawing']//svg | .//*[{alone}]//table",
            "a description": f".//*[@class='ln-drawing' or {alone}]/p[@hidden][normalize-space()]",
            "its numbers as a table": f".//*[self::details or {alone}]//table//tr[td or th[@scope='row']]",
        }
        for what, where in wanted.items():
            if not figure.xpath(where):
                remedy = "complete its snippet and the words of its figure, and build again"
                yield self.problem(f"the figure {name} lacks {what}", remedy, [name.removeprefix("fig-")])
