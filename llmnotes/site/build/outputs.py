"""What stands beside the two editions: language chooser, 404 page, sitemap, robots.txt and llms.txt."""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from llmnotes.site.build import feed
from llmnotes.site.cache.store import Store, digest, folder_digest, package_digest, whole_package_digest
from llmnotes.site.places import VENDOR
from llmnotes.site.text.addresses import HTML_LANG, SITEMAP, XHTML, with_slash
from llmnotes.site.text.pages import Page

TEMPLATES = ("index.html", "404.html", "llms.txt", "SKILL.md")
REGISTRY = "registry.json"
REGISTRY_SCHEMA = "registry.schema.json"
CLAIMS = "claims.json"
CLAIMS_SCHEMA = "claims.schema.json"
CLAIMS_PAGE = "audit/which-claims-are-wrong"
# Templates of pages that run the package in Brython, on a reader's own configuration or log.
ASKS_FOR_OWN = ("calculator.html", "explain.html", "planner.html")
SCRIPT = re.compile(r"<script>(.*?)</script>", re.S)
# Folders of pages that the build makes.
MADE = ("models", "formulas")


def own_scripts(root: Path, pages: Sequence[Page]) -> dict[str, str]:
    """Return what runs the package in a page, by the name of its file; nothing where no page asks for it."""
    if not any(page.meta.get("template") in ASKS_FOR_OWN for page in pages):
        return {}
    made_of = {"package": folder_digest(root / "llmnotes"), "brython": package_digest("brython"), "by": _builder()}
    return Store(root / ".cache" / "llmnotes").once("own", digest(made_of), lambda: _own(root))


def _builder() -> str:
    """Return a digest of what all is built by."""
    return digest(sys.version, whole_package_digest())


def write_root(root: Path, site: Path, site_url: str, pages: Sequence[Page]) -> None:
    """Write what both editions share.

    Args:
        root: The project; `docs/theme/root` holds the templates.
        site: The tree with `zh/` and `en/` in it.
        site_url: Where the site will be, or empty: then there is no sitemap, which cannot do without.
        pages: Of both editions.
    """
    templates = root / "docs" / "theme" / "root"
    environment = Environment(loader=FileSystemLoader(templates), undefined=StrictUndefined, autoescape=False)
    known: dict[str, object] = {
        "style": (templates / "root.css").read_text(encoding="utf-8"),
        # Where the host serves the site; only the 404 page needs it, and only without JavaScript.
        "base": urlsplit(with_slash(site_url)).path or "/",
    }
    known["pages"] = {lang: [page for page in pages if page.lang == lang] for lang in HTML_LANG}
    known["registry"] = any(page.slug == "models" for page in pages)
    known["claims"] = any(page.slug == CLAIMS_PAGE for page in pages)
    for name in TEMPLATES:
        template = environment.get_template(name)
        allowed = script_hash(template.render(known, script=""))
        (site / name).write_text(template.render(known, script=allowed) + "\n", encoding="utf-8")
    if known["registry"]:
        for name, text in Store(root / ".cache" / "llmnotes").once(REGISTRY, _builder(), _registry).items():
            (site / name).write_text(text, encoding="utf-8")
    if known["claims"]:
        for name, text in _claims(root).items():
            (site / name).write_text(text, encoding="utf-8")
    feed.write(root, site, site_url, pages)
    robots = "User-agent: *\nAllow: /\n"
    if site_url:
        robots += f"Sitemap: {with_slash(site_url)}sitemap.xml\n"
        written = {f"{page.slug}.html" for page in pages}
        made = {f"{folder}/{path.name}" for folder in MADE for path in site.glob(f"*/{folder}/*.html")}
        (site / "sitemap.xml").write_bytes(sitemap(site_url, written | made))
    (site / "robots.txt").write_text(robots, encoding="utf-8")
    for name, text in own_scripts(root, pages).items():
        (site / "own").mkdir(exist_ok=True)
        (site / "own" / name).write_bytes(text.encode())


def _registry() -> dict[str, str]:
    from llmnotes.site.made import schemas
    from llmnotes.site.made.models import registry_file

    return {REGISTRY: registry_file.text(), REGISTRY_SCHEMA: schemas.registry(registry_file.FORMAT)}


def _claims(root: Path) -> dict[str, str]:
    from llmnotes.site.made import schemas
    from llmnotes.site.made.claims import claims_file

    return {CLAIMS: claims_file.text(root), CLAIMS_SCHEMA: schemas.claims(claims_file.FORMAT)}


def _own(root: Path) -> dict[str, str]:
    from llmnotes.site.script import browser

    # Brython's package carries no licence; its terms ask that they travel with it.
    terms = (VENDOR / "brython" / "LICENSE").read_text(encoding="utf-8")
    return browser.files(root) | {"LICENSE.txt": terms}


def script_hash(page: str) -> str:
    """Return how a policy allows the one script that stands in a page; it may name no file, as it does not know where.

    >>> script_hash("<script>1</script>")
    'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='
    """
    found = SCRIPT.search(page)
    digest = hashlib.sha256((found[1] if found else "").encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def sitemap(site_url: str, addresses: Iterable[str]) -> bytes:
    """Return a sitemap in which each page names its twin."""
    ElementTree.register_namespace("", SITEMAP)
    ElementTree.register_namespace("xhtml", XHTML)
    urlset = ElementTree.Element(f"{{{SITEMAP}}}urlset")
    for address in sorted(addresses):
        places = {lang: f"{with_slash(site_url)}{lang}/{address}" for lang in HTML_LANG}
        for place in places.values():
            url = ElementTree.SubElement(urlset, f"{{{SITEMAP}}}url")
            ElementTree.SubElement(url, f"{{{SITEMAP}}}loc").text = place
            for lang, href in places.items():
                alternate = {"rel": "alternate", "hreflang": HTML_LANG[lang], "href": href}
                ElementTree.SubElement(url, f"{{{XHTML}}}link", alternate)
    ElementTree.indent(urlset)
    return ElementTree.tostring(urlset, encoding="UTF-8", xml_declaration=True) + b"\n"
