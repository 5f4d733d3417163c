"""What a finished edition is given besides the pages that people wrote: a page of each registered model.

A written page asks for it with a mark, an empty `<div class="ln-made" data-made="models"></div>`, which becomes the
table of all models; where no page asks, nothing is made. The pages are kept by the content of the package, the theme
and the configuration, so that editing prose makes none of them again.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from llmnotes.site.commit import read_commit
from llmnotes.site.problem import Problem, SiteError
from llmnotes.site.store import Entry, Store, digest, digest_path

MARK = '<div class="ln-made" data-made="{}"></div>'
FOLDER = "models"
INDEX = "search/search_index"
INDEX_SCRIPT = "var __index = "


def asks(root: Path, lang: str, name: str) -> bool:
    """Return whether the page `docs/<lang>/<name>.md` holds the mark."""
    page = root / "docs" / lang / f"{name}.md"
    return page.is_file() and MARK.format(name) in page.read_text(encoding="utf-8")


def write(root: Path, lang: str, config: Any, site_dir: Path) -> None:
    """Write the pages of all models into a finished edition, and the table of all into the page that asks for it.

    Args:
        root: The project.
        lang: Language of the edition.
        config: Its configuration, as MkDocs loaded it.
        site_dir: Where it was built.

    Raises:
        SiteError: If the finished page has lost its mark.
    """
    if not asks(root, lang, FOLDER):
        return
    made = kept(root, lang, config)
    for name, text in made["pages"].items():
        target = site_dir / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    fill(site_dir / f"{FOLDER}.html", FOLDER, made["table_html"])
    fill(site_dir / f"{FOLDER}.md", FOLDER, made["table_markdown"])
    add_to_search(site_dir, made["search"])


def kept(root: Path, lang: str, config: Any) -> dict[str, Any]:
    """Return the pages by their names, the table in both forms, and what search knows of them."""
    store = Store(root / ".cache" / "llmnotes")
    slot, recipe = f"pages of models {lang}", digest(config.site_url or "", asdict(read_commit(root)), inputs(root))
    if (found := store.latest(slot, recipe, str)) is not None:
        return found.value
    # Everything that counts models is loaded only to make them anew.
    from llmnotes.site.models.pages import make

    made = make(root, lang, config)
    store.keep_latest(slot, recipe, Entry(made, {}))
    return made


def inputs(root: Path) -> list[tuple[str, str]]:
    """Return the files that pages of models are made from, with their digests."""
    package = Path(__file__).resolve().parents[2]
    files = [path for pattern in ("*.py", "*.toml") for path in package.rglob(pattern)]
    files += (root / "docs" / "theme").rglob("*.html")
    files += sorted(root.glob("mkdocs*.yml"))
    return [(path.name + str(index), digest_path(root, str(path))) for index, path in enumerate(sorted(files))]


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
