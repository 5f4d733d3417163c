"""Pin a translation to its original, and say that it was compared only where somebody says so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from llmnotes.site.checks.pairs import body_hash, original_and_translation
from llmnotes.site.text import pages
from llmnotes.site.text.pages import Page
from llmnotes.site.text.problem import Problem, SiteError


def sync(root: Path, places: Iterable[str | Path], *, compared: bool = False) -> list[str]:
    """Re-pin `source_hash` of the translation in each pair; return a line for each file that changed.

    Where neither page of a pair says that it is a translation, it is the one that is marked `stale`, or else the one
    that is named. A mark `stale` stays, and a pair that is new gets one, unless somebody has compared the two.

    Args:
        root: The project.
        places: Pages, of either language, relative to the project or to the current folder.
        compared: Somebody has, and they say the same.

    Raises:
        SiteError: If a page is not there, has no twin, or is no clear pair. Nothing is written.
    """
    problems: list[Problem] = []
    texts: dict[Path, tuple[str, bool]] = {}
    for place in places:
        try:
            path, text, stale = _pinned(root, place, compared=compared)
            texts[path] = text, stale
        except SiteError as error:
            problems += error.problems
    if problems:
        raise SiteError(problems)
    said = []
    for path, (text, stale) in texts.items():
        if path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            kept = ", still marked stale: once the two are compared, run sync with --compared" if stale else ""
            said.append(f"{path.relative_to(root).as_posix()}: pinned{kept}")
    return said


def _pinned(root: Path, place: str | Path, *, compared: bool) -> tuple[Path, str, bool]:
    """Return the translation's file, its text, pinned, and whether it is stale."""
    here = pages.read(root, _find(root, place))
    twin = root / here.twin
    if not twin.is_file():
        raise SiteError([here.problem(0, f"has no twin {here.twin}", f"write {here.twin}")])
    there = pages.read(root, twin)
    if "translation_of" in here.meta and "translation_of" in there.meta:
        remedy = "take translation_of out of one of the two"
        raise SiteError([here.problem(0, f"and {there.place} both say that they are translations", remedy)])
    pair = original_and_translation(here, there)
    named = (here, there) if there.stale and not here.stale else (there, here)
    original, translation = pair or named
    stale = not compared and (translation.stale or pair is None)
    return translation.path, pinned(translation, original, stale=stale), stale


def pinned(translation: Page, original: Page, *, stale: bool) -> str:
    """Return the text of a translation with its front matter pinned to an original; other lines stay as they are."""
    rows = translation.path.read_text(encoding="utf-8").splitlines(keepends=True)
    # In a notebook each line of the front matter is a comment.
    mark = "# " if translation.path.suffix == ".py" else ""
    head, rest = rows[: translation.first_line - 1], rows[translation.first_line - 1 :]
    values = {"translation_of": original.lang, "source_hash": body_hash(original.body)}
    values |= {"stale": "true"} if stale else {}
    kept = [row for row in head[1:-1] if not re.match(rf"{mark}(translation_of|source_hash|stale)[ ]*:", row)]
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
