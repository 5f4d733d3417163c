"""Where a site will be published, as the build is told by its environment, and the tree that goes there."""

from __future__ import annotations

import shutil
from pathlib import Path

from llmnotes.site.text.problem import Problem, SiteError
from llmnotes.units import LANGUAGES

ZIP = "llmnotes-offline.zip"


def settings(repository: str, server: str) -> dict[str, str]:
    """Return the environment of a build for the pages of a repository.

    >>> settings("ann/notes", "https://github.com")["SITE_URL"]
    'https://ann.github.io/notes/'
    >>> settings("Ann/ann.github.io", "https://github.com")["SITE_URL"]
    'https://ann.github.io/'
    """
    owner, _, name = repository.partition("/")
    host = f"{owner.lower()}.github.io"
    site = f"https://{host}/" if name.lower() == host else f"https://{host}/{name}/"
    return {
        "SITE_URL": site,
        "SOURCE_URL": f"{server}/{repository}",
        "OFFLINE_URL": f"{site}{ZIP}",
        "BOOK_URL": f"{site}llmnotes",
    }


def published(root: Path) -> Path:
    """Put site, zip and PDFs together into `dist/published/`, as they are served, and return that folder.

    Raises:
        SiteError: If one of them is not there.
    """
    dist, target = root / "dist", root / "dist" / "published"
    zips, books = sorted(dist.glob("llmnotes-offline-*.zip")), [dist / f"llmnotes-{lang}.pdf" for lang in LANGUAGES]
    missing = [str(book.relative_to(root)) for book in books if not book.is_file()]
    if len(zips) != 1 or missing or not (root / "site/index.html").is_file():
        what = f"{len(zips)} zips and no {', '.join(missing)}" if missing else f"{len(zips)} zips, one is wanted"
        raise SiteError([Problem("dist", 0, what, "make clean, then make offline")])
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(root / "site", target)
    shutil.copyfile(zips[0], target / ZIP)
    for book in books:
        shutil.copyfile(book, target / book.name)
    return target
