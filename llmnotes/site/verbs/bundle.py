"""The site as one zip to carry away: the published tree as people read it, the same bytes whenever it is packed."""

from __future__ import annotations

import os
import re
import tomllib
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from os.path import relpath
from pathlib import Path

from llmnotes.site.text.commit import read_commit
from llmnotes.site.text.problem import Problem, SiteError

# The oldest day that a zip can hold.
NO_DATE = datetime(1980, 1, 1, tzinfo=UTC)
# Rules of a style sheet: selectors, declarations.
RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
FAMILY = re.compile(r"KaTeX_\w+")
LAST_CLASS = re.compile(r"\.([\w-]+)[^.]*$")
# They lead programs to the Markdown twins; all models as one file, for programs at its lasting address.
GUIDES = ("llms.txt", "SKILL.md")
REGISTRY = "registry.json"
# Data of models that both editions hold the same: carried with the first, where pages of the other find them.
SHARED = ("models.js", "plans.js")
# A link to it, around the words that stay.
TO_REGISTRY = re.compile(rb'<a href="(?:\.\./)*registry\.json">(.*?)</a>')


def bundle(root: Path) -> Path:
    """Pack `site/` into `dist/` and return the zip, which opens by a double click on its `index.html`.

    Raises:
        SiteError: If there is no site to pack.
    """
    site = root / "site"
    if not (site / "index.html").is_file():
        raise SiteError([Problem("site", 0, "there is no built site", "python -m llmnotes.site build")])
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    target = root / "dist" / f"llmnotes-offline-{version}.zip"
    target.parent.mkdir(exist_ok=True)
    unfinished = target.with_suffix(".part")
    when = max(NO_DATE, datetime.fromtimestamp(read_commit(root).epoch, UTC)).timetuple()[:6]
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for inside, content in carried(site):
            entry = zipfile.ZipInfo(f"llmnotes-{version}/{inside}", when)
            entry.compress_type = zipfile.ZIP_DEFLATED
            # A plain file that everyone may read, whatever the packer's own habit.
            entry.external_attr = 0o100644 << 16
            entry.create_system = 3
            archive.writestr(entry, content)
    unfinished.replace(target)
    return target


def carried(site: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each file that is packed, by its path: all but what programs read online, twins of pages and their guides,
    data that the other edition holds too, and letters that no formula has.

    Twins were a sixth of the zip, and the registry as one file more than a hundredth, said on the pages of models
    again. A page that leads to its twin is packed without that link, one that leads to the registry with its words.
    """
    left = {site / name for name in (*GUIDES, REGISTRY)}.union(*(unused_fonts(edition) for edition in site.iterdir()))
    moved = dict(shared(site))
    left |= moved.keys()
    for path in sorted(site.rglob("*")):
        if not path.is_file() or path in left or (path.suffix == ".md" and path.with_suffix(".html").is_file()):
            continue
        content = path.read_bytes()
        if path.suffix == ".html":
            twin = re.escape(path.with_suffix(".md").name.encode())
            content = re.sub(rb'<a href="%s">[^<]*</a>' % twin, b"", content)
            content = TO_REGISTRY.sub(rb"\1", content)
            content = led_to(content, path, moved)
        yield path.relative_to(site).as_posix(), content


def shared(site: Path) -> Iterator[tuple[Path, Path]]:
    """Yield data of an edition, and the same data in an earlier one."""
    for name in SHARED:
        first: dict[bytes, Path] = {}
        for path in sorted(site.glob(f"*/assets/{name}")):
            kept = first.setdefault(path.read_bytes(), path)
            if kept != path:
                yield path, kept


def led_to(content: bytes, page: Path, moved: dict[Path, Path]) -> bytes:
    """Return a page whose scripts are those that are carried."""
    for path, kept in moved.items():
        there, here = (relpath(script, page.parent).replace(os.sep, "/") for script in (path, kept))
        content = content.replace(b'src="%s"' % there.encode(), b'src="%s"' % here.encode())
    return content


def unused_fonts(edition: Path) -> set[Path]:
    """Return the fonts of formulas that no page of an edition asks for by a class, as `mathfrak` and `mathscr` do."""
    folder = edition / "assets/vendor/katex"
    if not folder.is_dir():
        return set()
    asking: dict[str, set[str]] = {}
    for selectors, declarations in RULE.findall((folder / "katex.min.css").read_text(encoding="utf-8")):
        # A face declares its family and asks for nothing.
        classes = {found[1] for selector in selectors.split(",") if (found := LAST_CLASS.search(selector))}
        for family in FAMILY.findall(declarations) if classes else ():
            asking.setdefault(family, set()).update(classes)
    pages = [path.read_text(encoding="utf-8") for path in edition.rglob("*.html")]
    return {
        font
        for family, classes in asking.items()
        if not any(name in page for page in pages for name in classes)
        for font in (folder / "fonts").glob(f"{family}-*")
    }
