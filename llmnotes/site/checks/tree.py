"""What lies in the folders of pages and snippets: plain files with plain names, of kinds that a page can show.

Asked before anything is read or built: a link out of the project would publish a file of the machine.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from llmnotes.site.text.problem import Problem, SiteError
from llmnotes.units import LANGUAGES

# Folders whose files somebody writes, with the kinds of files that belong there.
IMAGES = ("svg", "png", "jpg", "jpeg", "webp", "avif", "gif")
KINDS = {
    **{f"docs/{lang}": ("md", "py", *IMAGES, "csv", "json", "txt") for lang in LANGUAGES},
    "docs/measured": ("json",),
    "llmnotes/data": ("toml", "json"),
    "snippets": ("py", "json", "toml", "csv", "txt"),
}
SETTINGS = ("mkdocs.yml", "mkdocs.en.yml", "docs/words.toml")
NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
# What turns the direction of text or is not seen at all, so that an editor shows something else than what is there.
UNSEEN = re.compile(
    "[\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c\u180e\u2060-\u2064\u206a-\u206f\x00-\x08\x0b\x0e-\x1f\x7f]"
)
# An image that is opened by itself is a page of the site.
ACTIVE = re.compile(
    rb"<script|<foreignobject|javascript:|[\s/\"']on[a-z]+\s*=|<!entity|href\s*=\s*[\"']?\s*(?:https?:)?//", re.I
)
LARGEST_PAGE = 500_000
# Top-level names that MkDocs reads; another is a misspelt one.
SETTING_NAMES = (
    "INHERIT copyright dev_addr docs_dir draft_docs edit_uri edit_uri_template exclude_docs extra extra_css "
    "extra_javascript extra_templates hooks markdown_extensions nav not_in_nav plugins remote_branch remote_name "
    "repo_name repo_url site_author site_description site_dir site_name site_url strict theme use_directory_urls "
    "validation watch"
)


def refuse(root: Path) -> None:
    """Look at the folders of pages and snippets before anything in them is read.

    Raises:
        SiteError: If there is a symbolic link, a name that is no address, or a file that no page may be.
    """
    if problems := [
        problem for place in KINDS for path in _walk(root / place) for problem in _of_file(root, place, path)
    ]:
        raise SiteError(problems)


def unseen(root: Path) -> list[Problem]:
    """Return characters in pages, snippets and settings that nobody sees, and settings that nothing reads."""
    problems: list[Problem] = []
    for place in KINDS:
        for path in _walk(root / place):
            if path.suffix in (".md", ".py"):
                problems += _of_text(path, path.relative_to(root).as_posix())
    for name in SETTINGS:
        if (root / name).is_file():
            problems += [
                *_of_text(root / name, name),
                *(_of_settings(root / name, name) if name.endswith("yml") else ()),
            ]
    return problems


def _walk(folder: Path) -> Iterator[Path]:
    """Yield files and links below a folder, without following links, and no compiled Python.

    Files whose name begins with a dot are an editor's: they are no pages, and MkDocs publishes none of them.
    """
    for here, folders, names in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(here, name))]
        folders[:] = sorted(name for name in folders if name not in ("__pycache__", *links))
        yield from (Path(here, name) for name in sorted([*names, *links]) if name[0] != ".")
        yield from (Path(here, name) for name in folders if not NAME.fullmatch(name))


def _of_file(root: Path, place: str, path: Path) -> Iterator[Problem]:
    name = _shown(path.relative_to(root).as_posix())
    if path.is_symlink():
        yield Problem(name, 0, "is a symbolic link", "put the file itself there: a link may lead out of the project")
        return
    if not NAME.fullmatch(path.name) and path.name != "__init__.py":
        remedy = "use lower-case English letters, digits, hyphens and dots: the name is a part of the address"
        yield Problem(name, 0, "has a name that is no address", remedy)
    if path.is_dir():
        return
    kind = path.suffix.removeprefix(".")
    if kind not in KINDS[place]:
        remedy = f"take it away; here lie {', '.join(KINDS[place])}"
        yield Problem(name, 0, f"is a file of a kind that is not published: {path.suffix or 'no suffix'}", remedy)
    elif kind == "svg" and (found := ACTIVE.search(data := path.read_bytes())):
        line = data.count(b"\n", 0, found.start()) + 1
        yield Problem(name, line, "is a drawing that runs or loads something", "save it as plain SVG, of shapes alone")
    elif kind in ("md", "py"):
        size = path.stat().st_size
        if size > LARGEST_PAGE:
            yield Problem(
                name, 0, f"has {size:,} bytes", f"part it: {LARGEST_PAGE:,} are the most that a page may have"
            )


def _of_text(path: Path, name: str) -> Iterator[Problem]:
    # What is no UTF-8 is said where the file is read.
    text = path.read_text(encoding="utf-8", errors="replace")
    for found in UNSEEN.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        remedy = "delete it: it changes what is seen and not what is there"
        yield Problem(name, line, f"holds the unseen character U+{ord(found.group()):04X}", remedy)


def _of_settings(path: Path, name: str) -> Iterator[Problem]:
    for line, row in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        found = re.match(r"([\w-]+)[ ]*:", row)
        if found and found[1] not in SETTING_NAMES.split():
            close = difflib.get_close_matches(found[1], SETTING_NAMES.split(), n=1)
            remedy = f"did you mean {close[0]}?" if close else "take the line out"
            yield Problem(name, line, f"has an unknown setting {found[1]}", remedy)


def _shown(name: str) -> str:
    """Return a file's name as a terminal can print it.

    >>> _shown(os.fsdecode(b"docs/en/\\xff.md"))
    'docs/en/\\\\xff.md'
    """
    return os.fsencode(name).decode("utf-8", "backslashreplace")
