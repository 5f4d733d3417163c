"""Pin a translation to its original: somebody has compared the two."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from llmnotes.site.checks.pairs import body_hash, original_and_translation
from llmnotes.site.text import pages
from llmnotes.site.text.pages import Page
from llmnotes.site.text.problem import Problem, SiteError


def sync(root: Path, places: Iterable[str | Path]) -> list[str]:
    """Re-pin `source_hash` of the translation in each pair and drop its `stale`; return the files that changed.

    Where neither page of a pair says that it is a translation, the one that is named becomes it.

    Args:
        root: The project.
        places: Pages, of either language, relative to the project or to the current folder.

    Raises:
        SiteError: If a page is not there, has no twin, or is no clear pair. Nothing is written.
    """
    problems: list[Problem] = []
    texts: dict[Path, str] = {}
    for place in places:
        try:
            path, text = _pinned(root, place)
            texts[path] = text
        except SiteError as error:
            problems += error.problems
    if problems:
        raise SiteError(problems)
    changed = [path for path, text in texts.items() if path.read_text(encoding="utf-8") != text]
    for path in changed:
        path.write_text(texts[path], encoding="utf-8")
    return [path.relative_to(root).as_posix() for path in changed]


def _pinned(root: Path, place: str | Path) -> tuple[Path, str]:
    """Return the translation's file and its text, pinned."""
    here = pages.read(root, _find(root, place))
    twin = root / here.twin
    if not twin.is_file():
        raise SiteError([here.problem(0, f"has no twin {here.twin}", f"write {here.twin}")])
    there = pages.read(root, twin)
    if "translation_of" in here.meta and "translation_of" in there.meta:
        remedy = "take translation_of out of one of the two"
        raise SiteError([here.problem(0, f"and {there.place} both say that they are translations", remedy)])
    original, translation = original_and_translation(here, there) or (there, here)
    return translation.path, pinned(translation, original)


def pinned(translation: Page, original: Page) -> str:
    """Return the text of a translation with its front matter pinned to an original; other lines stay as they are."""
    rows = translation.path.read_text(encoding="utf-8").splitlines(keepends=True)
    # In a notebook each line of the front matter is a comment.
    mark = "# " if translation.path.suffix == ".py" else ""
    head, rest = rows[: translation.first_line - 1], rows[translation.first_line - 1 :]
    values = {"translation_of": original.lang, "source_hash": body_hash(original.body)}
    kept = [row for row in head[1:-1] if not re.match(rf"{mark}({'|'.join(values)}|stale)[ ]*:", row)]
    pins = [f"{mark}{key}: {value}\n" for key, value in values.items()]
    return "".join([f"{mark}---\n", *kept, *pins, f"{mark}---\n", *rest])


def _find(root: Path, place: str | Path) -> Path:
    """Return the file that is meant."""
    for path in (root / place, Path(place)):
        resolved = path.resolve()
        inside = any(resolved.is_relative_to((root / "docs" / lang).resolve()) for lang in pages.LANGUAGES)
        if path.is_file() and path.suffix in (".md", ".py") and inside:
            return root / resolved.relative_to(root.resolve())
    remedy = "name a page, as docs/en/question/are-they-related.md"
    raise SiteError([Problem(str(place), 0, "is no page of this site", remedy)])
