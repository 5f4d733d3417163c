"""One finished page as its reader gets it, and what must hold on it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import lxml.html
from lxml.html import HtmlElement

from llmnotes.site.outputs import HTML_LANG
from llmnotes.site.problem import Problem, line_of

# Links in a head that a browser does not follow by itself.
NOT_LOADED = {"alternate", "author", "canonical", "license", "me", "next", "prev"}
CSS_URL = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")
SCRIPT_FILE = re.compile(r"[\w./-]+\.js")
RAW_MATH = re.compile(r"\$\$|\\\(|\\\[|(?<!\{)\{\{(?!\{)")
UNREAD_BY_READERS = {"code", "pre", "script", "style", "annotation", "textarea"}


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
class BuiltPage:
    """A parsed page.

    Args:
        root: The project.
        path: The HTML file, absolute.
        lang: Edition that it belongs to.
        source: Its Markdown, relative to the project; the file may be missing where a theme made the page.
        document: The parsed page.
        ids: Every id on it.
    """

    root: Path
    path: Path
    lang: str
    source: Path
    document: HtmlElement
    ids: Counter[str]

    @classmethod
    def read(cls, root: Path, site: Path, path: Path) -> BuiltPage:
        """Parse the page at `path`."""
        lang, *rest = path.relative_to(site).with_suffix(".md").parts
        document = lxml.html.document_fromstring(path.read_bytes(), parser=lxml.html.HTMLParser(encoding="utf-8"))
        ids = Counter(str(one) for one in document.xpath("//@id"))
        return cls(root, path, lang, Path("docs", lang, *rest), document, ids)

    def problem(self, message: str, remedy: str, signs: Iterable[str]) -> Problem:
        """Return a problem of this page, at the first line of its source that holds one of the signs."""
        source = self.root / self.source
        line = line_of(source, list(signs)) if source.is_file() else 0
        return Problem(self.source.as_posix(), line, message, remedy)

    def addresses(self) -> Iterator[tuple[str, bool]]:
        """Yield every address on the page that a reader or a browser may follow, and whether the theme put it there."""
        for element, _, address, _ in self.document.iterlinks():
            if not (element.tag == "link" and NOT_LOADED & set(element.get("rel", "").split())):
                yield address, element.tag in ("link", "script")
        # Scripts find here what they load later.
        for address in self.document.xpath("//@*[starts-with(name(), 'data-')]"):
            if SCRIPT_FILE.fullmatch(address):
                yield str(address), True

    def problems(self) -> Iterator[Problem]:
        """Yield what does not hold on this page, whatever the others are like."""
        yield from self._frame()
        yield from self._loads()
        yield from self._text()
        for figure in self.document.find_class("ln-figure"):
            yield from self._figure(figure)

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
        loaded = []
        for element, _, address, _ in self.document.iterlinks():
            follows = element.tag in ("a", "area", "form", "base", "blockquote", "q", "del", "ins")
            if not follows and not (element.tag == "link" and NOT_LOADED & set(element.get("rel", "").split())):
                loaded.append(address)
        for css in self.document.xpath("//style/text()"):
            loaded += urls_in_css(str(css))
        for srcset in self.document.xpath("//@srcset"):
            loaded += [one.split()[0] for one in str(srcset).split(",") if one.strip()]
        for address in sorted(set(filter(external, loaded))):
            yield self.problem(f"the page loads {address}", "vendor it below docs/theme/assets", [address])

    def _text(self) -> Iterator[Problem]:
        """Nothing that failed, and nothing that was left unconverted, is shown as text."""
        for element in self.document.find_class("katex-error"):
            formula = element.text_content().strip()
            yield self.problem(f"the formula {formula} was not rendered", "correct the formula", [formula])
        if "Traceback (most recent call last)" in self.document.text_content():
            yield self.problem("the page shows a traceback", "mend the fence that raised it", ['exec="on"'])
        for text in self.shown_text():
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
        name = figure.get("id", "without an id")
        wanted = {
            "a title": ".//*[contains(@class, 'ln-figure__title')][normalize-space()]",
            "a drawing": ".//svg",
            "a title in its drawing": ".//svg/title[normalize-space()]",
            "a description": ".//svg/desc[normalize-space()]",
            "its numbers as a table": ".//details[contains(@class, 'ln-data')]//table//tr[td or th[@scope='row']]",
        }
        for what, where in wanted.items():
            if not figure.xpath(where):
                remedy = "complete its snippet (TEXT and table) and build again"
                yield self.problem(f"the figure {name} lacks {what}", remedy, [name.removeprefix("fig-")])
