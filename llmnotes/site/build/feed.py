"""A feed of new and corrected articles for each language: what a reader subscribes to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from llmnotes.site.text import nav
from llmnotes.site.text.addresses import HTML_LANG, with_slash
from llmnotes.site.text.commit import ask_git
from llmnotes.site.text.pages import Page

ATOM = "http://www.w3.org/2005/Atom"
NAME = "feed.{}.xml"
MOST = 40
TITLES = {"zh": "llmnotes：新写的和改过的文章", "en": "llmnotes: new and corrected articles"}


def write(root: Path, site: Path, site_url: str, pages: Sequence[Page]) -> None:
    """Write the feed of each language; without an address or without git there is none, as both are what it says."""
    days = committed(root) if site_url else {}
    for lang in HTML_LANG:
        articles = [page for page in pages if page.lang == lang and not page.stale and page.place in days]
        articles = [page for page in articles if page.slug.partition("/")[0] in nav.CHAPTERS]
        if articles:
            (site / NAME.format(lang)).write_bytes(feed(lang, site_url, articles, days))


def committed(root: Path) -> dict[str, tuple[str, str]]:
    """Return first and last moment at which each file below `docs` was committed, as Atom writes it."""
    log = ask_git(root, "-c", "core.quotePath=false", "log", "--format=%x01%cI", "--name-only", "--no-renames", "docs")
    found: dict[str, tuple[str, str]] = {}
    for commit in log.split("\x01")[1:]:
        when, _, files = commit.partition("\n")
        for file in filter(None, files.split("\n")):
            # Commits come with the newest in front.
            found[file] = when.strip(), found.get(file, ("", when.strip()))[1]
    return found


def feed(lang: str, site_url: str, pages: Sequence[Page], days: dict[str, tuple[str, str]]) -> bytes:
    """Return the feed of a language, what changed last in front.

    Args:
        lang: "zh" or "en".
        site_url: Where the site will be.
        pages: Articles of that language.
        days: First and last moment of each, by its file.
    """
    ElementTree.register_namespace("", ATOM)
    start = with_slash(site_url)
    newest = sorted(pages, key=lambda page: (days[page.place][1], page.slug), reverse=True)[:MOST]
    whole = ElementTree.Element(f"{{{ATOM}}}feed", {"xml:lang": HTML_LANG[lang]})
    _add(whole, "title", TITLES[lang])
    _add(whole, "id", f"{start}{NAME.format(lang)}")
    _add(whole, "updated", days[newest[0].place][1])
    ElementTree.SubElement(whole, f"{{{ATOM}}}link", {"rel": "self", "href": f"{start}{NAME.format(lang)}"})
    ElementTree.SubElement(whole, f"{{{ATOM}}}link", {"href": f"{start}{lang}/index.html"})
    _add(ElementTree.SubElement(whole, f"{{{ATOM}}}author"), "name", "llmnotes")
    for page in newest:
        first, last = days[page.place]
        entry = ElementTree.SubElement(whole, f"{{{ATOM}}}entry")
        address = f"{start}{lang}/{page.slug}.html"
        _add(entry, "title", page.meta["title"])
        _add(entry, "id", address)
        ElementTree.SubElement(entry, f"{{{ATOM}}}link", {"href": address})
        _add(entry, "published", first)
        _add(entry, "updated", last)
        ElementTree.SubElement(entry, f"{{{ATOM}}}category", {"term": "new" if first == last else "corrected"})
        _add(entry, "summary", page.meta["description"])
    ElementTree.indent(whole)
    return ElementTree.tostring(whole, encoding="UTF-8", xml_declaration=True) + b"\n"


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, f"{{{ATOM}}}{name}").text = text
