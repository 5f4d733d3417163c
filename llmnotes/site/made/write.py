"""What a finished edition is given besides the pages that people wrote: models, formulas,
chips, prices.

A written page asks for them with a mark, an empty `<div class="ln-made" data-made="models"></div>`, in whose place a
table of contents is put; where no page asks, nothing is made. What is made is kept by the content of the package, the
theme and the configuration, so that editing prose makes none of it again.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from llmnotes.site.cache.store import Store, digest, digest_path
from llmnotes.site.places import PACKAGE
from llmnotes.site.snippets.runner import runner_of
from llmnotes.site.text import pages
from llmnotes.site.text.commit import read_commit
from llmnotes.site.text.problem import Problem, SiteError

MARK = '<div class="ln-made" data-made="{}"></div>'
INDEX = "search/search_index"
INDEX_SCRIPT = "var __index = "
# What makes pages, as module and function, by the name of the page that asks. Each takes the root of the project, the
# language and the configuration of the edition, and returns `html` and `markdown` (what takes the mark's place),
# and where it has them `pages` (text by name) and `search` (entries).
MAKERS = {
    "models": ("llmnotes.site.made.models.pages", "make"),
    "formulas": ("llmnotes.site.made.equations.pages", "make"),
    "chips": ("llmnotes.site.made.listed.chips", "make"),
    "prices": ("llmnotes.site.made.listed.prices", "make"),
    "measured": ("llmnotes.site.made.measured.pages", "make"),
    "shelf-life": ("llmnotes.site.made.shelf.pages", "make"),
    "help-wanted": ("llmnotes.site.made.wanted", "make"),
    "audit/which-claims-are-wrong": ("llmnotes.site.made.claims.pages", "seed"),
    "audit/claims-readers-meet": ("llmnotes.site.made.claims.pages", "met"),
}


def asks(root: Path, lang: str, name: str) -> bool:
    """Return whether the page `docs/<lang>/<name>.md` holds the mark."""
    page = root / "docs" / lang / f"{name}.md"
    return page.is_file() and MARK.format(name) in page.read_text(encoding="utf-8")


def write(root: Path, lang: str, config: Any, site_dir: Path) -> None:
    """Write into a finished edition what its pages ask for.

    Args:
        root: The project.
        lang: Language of the edition.
        config: Its configuration, as MkDocs loaded it.
        site_dir: Where it was built.

    Raises:
        SiteError: If a finished page has lost its mark.
    """
    asking = [name for name in MAKERS if asks(root, lang, name)]
    if not asking:
        return
    waiting = [(page.place, page.meta["title"]) for page in pages.load(root) if page.stale]
    shared = digest(config.site_url or "", asdict(read_commit(root)), inputs(root), waiting)
    for name in asking:
        made = kept(root, lang, config, name, shared)
        for file, text in made.get("pages", {}).items():
            target = site_dir / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        fill(site_dir / f"{name}.html", name, made["html"])
        fill(site_dir / f"{name}.md", name, made["markdown"])
        add_to_search(site_dir, made.get("search", []))


def kept(root: Path, lang: str, config: Any, name: str, shared: str) -> dict[str, Any]:
    """Return what is made, from the store where nothing changed that it is made of.

    Args:
        root: The project.
        lang: Language of the edition.
        config: Its configuration, as MkDocs loaded it.
        name: The page that asks.
        shared: Digest of what everything that is made is made of.
    """
    runner, page = runner_of(root), pages.read(root, root / "docs" / lang / f"{name}.md")
    # What is made may hold numbers of the snippets that the page shows or uses.
    recipe = digest(shared, runner.inputs_of(page.snippets.values(), [lang]))
    # What makes pages is loaded only to make them anew.
    module, function = MAKERS[name]
    make = lambda: getattr(import_module(module), function)(root, lang, config)  # noqa: E731
    return Store(root / ".cache" / "llmnotes").once(f"made {name} {lang}", recipe, make)


def inputs(root: Path) -> list[tuple[str, str]]:
    """Return what pages are made from, with digests: package, theme, configuration, locked libraries."""
    files = [*below(PACKAGE, ".py", ".toml", ".json"), *below(root / "docs" / "theme", ".html")]
    files += [str(path) for path in (*root.glob("mkdocs*.yml"), root / "requirements.lock")]
    return [(os.path.basename(path) + str(index), digest_path(root, path)) for index, path in enumerate(sorted(files))]


def below(folder: Path, *endings: str) -> list[str]:
    """Return the files with such an ending in a folder and in those below it."""
    return [
        os.path.join(place, name) for place, _, names in os.walk(folder) for name in names if name.endswith(endings)
    ]


def fill(page: Path, name: str, content: str) -> None:
    """Put what was made in the place of its mark.

    Raises:
        SiteError: If the mark does not stand there exactly once.
    """
    text = page.read_text(encoding="utf-8")
    mark = MARK.format(name)
    if text.count(mark) != 1:
        what = f"the mark {mark} stands {text.count(mark)} times on the finished page"
        raise SiteError([Problem(f"docs/*/{name}.md", 0, what, "write it exactly once, on a line of its own")])
    replacement = page.with_name(f"{page.name}.new")
    replacement.write_text(text.replace(mark, content), encoding="utf-8")
    replacement.replace(page)


def add_to_search(site_dir: Path, entries: list[dict[str, str]]) -> None:
    """Let search find pages by title and id: the index stays small."""
    path = site_dir / f"{INDEX}.json"
    index = json.loads(path.read_text(encoding="utf-8"))
    index["docs"] += entries
    text = json.dumps(index, sort_keys=True, separators=(",", ":"))
    path.write_text(text, encoding="utf-8")
    path.with_suffix(".js").write_text(INDEX_SCRIPT + text, encoding="utf-8")
