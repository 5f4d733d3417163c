"""What a reader would stumble over in the built site, found before it replaces the last good one.

Nothing here trusts the builder, its plugins or the checks of the sources: it reads the finished files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

from llmnotes.site.cache import manifest
from llmnotes.site.cache.store import Entry, Store, code_digest, digest
from llmnotes.site.text import addresses, nav, searched
from llmnotes.site.text.pages import Page, load, sources
from llmnotes.site.text.problem import Problem
from llmnotes.site.verify.built_page import BuiltPage, Known, external, urls_in_css

AT_ROOT = ("index.html", "404.html", "robots.txt", "llms.txt")
REBUILD = "delete .cache and build again; if it stays, report it"


def verify(root: Path, site: Path, site_url: str) -> list[Problem]:
    """Return everything that does not hold in the tree `site`, built from the project `root`."""
    site = site.resolve()
    pages: dict[Path, BuiltPage] = {}
    written = {site / page.lang / f"{page.slug}.html": page for page in load(root)}
    held = Held(root)
    found: list[Problem] = []
    for path in sorted(site.glob("*/**/*.html")):
        pages[path], problems = held.judge(BuiltPage.read(root, site, path), written.get(path))
        found += problems
    targets = Targets(site)
    for page in pages.values():
        found += _links(targets, page, pages)
    found += _missing(root, site)
    found += _stylesheets(site)
    for lang in addresses.HTML_LANG:
        found += _search_index(targets, lang, pages)
    if site_url:
        found += _sitemap(site, site_url, pages)
    return found


class Held:
    """Pages that held when they were last verified, with their source: only what they lead to is asked again.

    Args:
        root: The project.
    """

    def __init__(self, root: Path) -> None:
        self.store = Store(root / ".cache" / "llmnotes")
        self.rules = digest(manifest.surroundings(root), code_digest())
        # Each page leads to every other: of the same address one is held, not one a page.
        self.shared: dict[tuple[str, bool], tuple[str, bool]] = {}

    def judge(self, page: BuiltPage, written: Page | None) -> tuple[BuiltPage, list[Problem]]:
        """Return a page with what is known of it, and what does not hold on it by itself."""
        slot = f"verified {page.source.as_posix()}"
        texts = [page.content, written.body.encode() if written else b""]
        recipe = digest(self.rules, [hashlib.sha256(text).hexdigest() for text in texts])
        kept = self.store.latest(slot, recipe, str)
        if kept is None:
            problems = [*page.problems(), *(_unshown(written, page) if written else ())]
            if problems:
                return page, problems
            kept = Entry({"ids": list(page.ids), "addresses": [list(one) for one in page.addresses]}, {})
            self.store.keep_latest(slot, recipe, kept)
        # Without its text: a large site would not fit into little memory.
        each = ((address, of_theme) for address, of_theme in kept.value["addresses"])
        known = Known(kept.value["ids"], [self.shared.setdefault(one, one) for one in each])
        return replace(page, content=b"", known=known), []


def _missing(root: Path, site: Path) -> Iterator[Problem]:
    """Every source has its page, every page its twin, and the root its files."""
    for lang in addresses.HTML_LANG:
        docs = root / "docs" / lang
        for source in sources(root, lang):
            address = source.relative_to(docs).with_suffix(".html")
            place = source.relative_to(root).as_posix()
            for made in (address, address.with_suffix(".md")):
                if not (site / lang / made).is_file():
                    yield Problem(place, 0, f"the built site has no {lang}/{made.as_posix()}", REBUILD)
        for other in addresses.HTML_LANG:
            for page in sorted((site / lang).rglob("*.html")):
                address = page.relative_to(site / lang)
                if not (site / other / address).is_file():
                    twin = (Path("docs") / other / address).with_suffix(".md").as_posix()
                    what = f"the page {lang}/{address.as_posix()} has no twin in the other language"
                    yield Problem(twin, 0, what, f"write {twin}; a first translation may be marked `stale: true`")
    for name in AT_ROOT:
        if not (site / name).is_file():
            yield Problem(f"docs/theme/root/{name}", 0, f"the built site has no {name}", REBUILD)


def _unshown(written: Page, built: BuiltPage) -> Iterator[Problem]:
    """Every figure, formula and filled-in number that an author wrote is on the page."""
    for show in written.shows:
        if (name := f"fig-{show.snippet.rsplit('/', 1)[-1]}") not in built.ids:
            yield Problem(written.place, show.line, f"the figure {name} is not on the page", REBUILD)
    marks = {
        "formulas": (written.source.formulas, "katex"),
        "filled-in numbers": (written.source.uses_outside_words, "ln-claim"),
    }
    for what, (wanted, mark) in marks.items():
        if (n := len(built.document.find_class(mark))) < len(wanted):
            message = f"{n} of {len(wanted)} {what} are on the page"
            yield written.problem(0, message, "keep llmnotes.site.markdown.extension in mkdocs.yml")


class Targets:
    """The files to which addresses lead; pages of one folder mostly lead to the same.

    Args:
        site: The tree.
    """

    def __init__(self, site: Path) -> None:
        self.site = site
        self._known: dict[tuple[Path, str], Path | None] = {}
        # Why an address leads nowhere, by the page or folder where it stands.
        self.dead: dict[tuple[Path, str], str] = {}

    def find(self, path: Path, address: str) -> Path | None:
        """Return the file to which an address on the page at `path` leads, None where there is none in the tree."""
        if not address:
            return path
        key = (path.parent, address)
        if key not in self._known:
            target = (path.parent / unquote(address)).resolve()
            self._known[key] = target if target.is_relative_to(self.site) and target.is_file() else None
        return self._known[key]


def _links(targets: Targets, page: BuiltPage, pages: dict[Path, BuiltPage]) -> Iterator[Problem]:
    """Every address on a page that stays within the site leads to a file and, where it names one, to an anchor."""
    for address, of_theme in page.addresses:
        if what := _dead(targets, page.path, address, pages):
            target, _, anchor = address.partition("#")
            if of_theme:
                yield Problem("docs/theme", 0, what.replace("../", ""), "vendor it below docs/theme")
                continue
            signs = [f"#{anchor}"] if anchor else [f"({target.removesuffix('.html')}.md"]
            yield page.problem(what, "correct the link, or write the page or heading that it names", signs)


def _dead(targets: Targets, path: Path, address: str, pages: dict[Path, BuiltPage]) -> str:
    """Return why an address on the page at `path` leads nowhere, or an empty text; each is asked once a folder."""
    key = (path if address.startswith(("#", "?")) else path.parent, address)
    if key not in targets.dead:
        targets.dead[key] = _why_dead(targets, path, address, pages)
    return targets.dead[key]


def _why_dead(targets: Targets, path: Path, address: str, pages: dict[Path, BuiltPage]) -> str:
    parts = urlsplit(address)
    if parts.scheme or external(address):
        return ""
    if parts.path.startswith("/"):
        return f"the link {address} starts at the host's root, so it breaks wherever the site lies deeper"
    target = targets.find(path, parts.path)
    if target is None:
        return f"the link {address} leads to no file"
    anchor = unquote(parts.fragment)
    # What a reader chose, as a script of the page keeps it in the address, is no anchor.
    if anchor and "=" not in anchor and target in pages and anchor not in pages[target].ids:
        return f"the link {address} leads to no anchor"
    return ""


def _stylesheets(site: Path) -> Iterator[Problem]:
    """Stylesheets load nothing from elsewhere, and what they load is there."""
    for sheet in sorted(site.rglob("*.css")):
        name = sheet.relative_to(site).as_posix()
        for address in urls_in_css(sheet.read_text(encoding="utf-8")):
            parts = urlsplit(address)
            if external(address):
                yield Problem(name, 0, f"the stylesheet loads {address}", "vendor it below docs/theme/assets")
            elif not parts.scheme and parts.path and not (sheet.parent / unquote(parts.path)).is_file():
                yield Problem(name, 0, f"the stylesheet names {address}, which is not there", "vendor it beside it")


def _search_index(targets: Targets, lang: str, pages: dict[Path, BuiltPage]) -> Iterator[Problem]:
    """Every hit of the search leads somewhere, and every page can be found."""
    site = targets.site
    if not (site / lang / searched.TEXTS).is_file():
        yield Problem(nav.CONFIGS[lang], 0, "the built site has no texts to search", "keep the search plugin")
        return
    seen: set[Path] = set()
    for location, *_ in searched.read(site / lang):
        if what := _dead(targets, site / lang / "index.html", location or "index.html", pages):
            yield Problem(nav.CONFIGS[lang], 0, f"in the texts to search, {what}", REBUILD)
        seen.add(site / lang / (location.partition("#")[0] or "index.html"))
    for path in pages:
        if path.is_relative_to(site / lang) and path not in seen:
            yield pages[path].problem("search does not know this page", "give it a heading and a sentence", [])


def _sitemap(site: Path, site_url: str, pages: Iterable[Path]) -> Iterator[Problem]:
    """The sitemap names every page, and each with every language."""
    if not (site / "sitemap.xml").is_file():
        yield Problem("sitemap.xml", 0, "the built site has none", REBUILD)
        return
    tree = ElementTree.parse(site / "sitemap.xml")
    named: dict[str, set[str]] = {}
    for url in tree.iter(f"{{{addresses.SITEMAP}}}url"):
        links = {link.get("href", "") for link in url.iter(f"{{{addresses.XHTML}}}link")}
        named[url.findtext(f"{{{addresses.SITEMAP}}}loc", "")] = links
    for page in pages:
        lang, _, address = page.relative_to(site).as_posix().partition("/")
        wanted = {f"{addresses.with_slash(site_url)}{one}/{address}" for one in addresses.HTML_LANG}
        if named.get(f"{addresses.with_slash(site_url)}{lang}/{address}") != wanted:
            yield Problem("sitemap.xml", 0, f"it lacks {lang}/{address} or one of its languages", REBUILD)
