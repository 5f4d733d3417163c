"""What lies in the folders of pages and snippets: plain files with plain names, of kinds that a page can show.

Asked before anything is read or built: a link out of the project would publish a file of the machine.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from llmnotes.site.checks import settings
from llmnotes.site.text.nav import CONFIGS
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
SETTINGS = (*CONFIGS.values(), "docs/words.toml")
NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
# What turns the direction of text or is not seen at all, so that an editor shows something else than what is there.
# Signs that say how a picture is drawn stand behind one, and one that joins pictures stands between two.
PICTURE = "\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff"
UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0d\uffa0\ufff0-\ufffb\ue000-\uf8ff\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
    rf"|(?<![{PICTURE}#*0-9])[\ufe0e\ufe0f]|(?<![{PICTURE}\ufe0f])\u200d|\u200d(?![{PICTURE}])|(?<=.)\ufeff",
    re.S,
)
# Letters that look English and are others: no reader sees it, and no search finds the word.
LOOKALIKE = "\u0400-\u052f\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf"
HOMOGLYPH = re.compile(
    rf"(?<=[A-Za-z])[{LOOKALIKE}]|[{LOOKALIKE}](?=[A-Za-z])|[\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d6a3]"
)
# An image that is opened by itself is a page of the site.
ACTIVE = re.compile(
    rb"<script|<foreignobject|javascript:|[\s/\"']on[a-z]+\s*=|<!entity|href\s*=\s*[\"']?\s*(?:https?:)?//", re.I
)
LARGEST_PAGE = 100_000
# No page comes near; what reads text may take a time that grows with the square of these.
LONGEST_RUN, LONGEST_BLANK = 2_000, 1_000
UNBROKEN = re.compile(rf"\S{{{LONGEST_RUN + 1}}}|[^\S\n]{{{LONGEST_BLANK + 1}}}|\n{{{LONGEST_BLANK + 1}}}")


def refuse(root: Path) -> None:
    """Look at the configurations and at the folders of pages and snippets before anything in them is read.

    Raises:
        SiteError: If there is a symbolic link, a name that is no address, a file that no page may be, or a
            setting that is not this site's.
    """
    # What lies behind a link is not looked at.
    places = [place for place in KINDS if (root / place).resolve() == root.resolve() / place]
    problems = [problem for place in places for path in _walk(root / place) for problem in _of_file(root, place, path)]
    # MkDocs runs what a configuration names as soon as it reads it.
    configs = [name for name in CONFIGS.values() if (root / name).is_file() and not (root / name).is_symlink()]
    problems += [problem for name in configs for problem in settings.of_file(root / name, name)]
    if problems := [*_links(root), *problems]:
        raise SiteError(problems)


def _links(root: Path) -> Iterator[Problem]:
    """Yield the links among what a build reads or publishes: those folders, what lies in them, settings."""
    found = [root / place for place in ("docs", "snippets", "llmnotes/data", *SETTINGS)]
    for top in ("docs", "snippets", "llmnotes/data"):
        for here, folders, names in os.walk(root / top):
            folders[:] = sorted(name for name in folders if name[0] != ".")
            found += [Path(here, name) for name in (*folders, *sorted(names)) if name[0] != "."]
    for path in found:
        if path.is_symlink():
            remedy = "put the file itself there: a link may lead out of the project"
            yield Problem(_shown(path.relative_to(root).as_posix()), 0, "is a symbolic link", remedy)


def unseen(root: Path) -> list[Problem]:
    """Return the characters in pages, snippets and settings that nobody sees."""
    problems: list[Problem] = []
    for place in KINDS:
        for path in _walk(root / place):
            if path.suffix in (".md", ".py", ".toml"):
                problems += _of_text(path, path.relative_to(root).as_posix())
    for name in SETTINGS:
        if (root / name).is_file():
            problems += _of_text(root / name, name)
    return problems


def _walk(folder: Path) -> Iterator[Path]:
    """Yield files and links below a folder, without following links, and no compiled Python.

    Files whose name begins with a dot are an editor's: they are no pages, and MkDocs publishes none of them.
    """
    for here, folders, names in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(here, name))]
        folders[:] = sorted(name for name in folders if name not in ("__pycache__", *links))
        yield from (Path(here, name) for name in sorted([*names, *links]) if name[0] != ".")
        yield from (Path(here, name) for name in folders if not NAME.fullmatch(name) or "." in name)


def _of_file(root: Path, place: str, path: Path) -> Iterator[Problem]:
    name = _shown(path.relative_to(root).as_posix())
    if not NAME.fullmatch(path.name) and path.name != "__init__.py":
        remedy = "use lower-case English letters, digits, hyphens and dots: the name is a part of the address"
        yield Problem(name, 0, "has a name that is no address", remedy)
    kind = path.suffix.removeprefix(".")
    if path.is_symlink():
        return
    if path.is_dir():
        if path.suffix:
            yield Problem(name, 0, "is a folder with the name of a file", "leave the dot out of its name")
        return
    if not path.is_file():
        yield Problem(name, 0, "is neither a file nor a folder", "take it away")
        return
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
        elif found := UNBROKEN.search(text := path.read_text(encoding="utf-8", errors="replace")):
            kind = "blanks" if found.group().isspace() else "characters without a blank"
            most = LONGEST_BLANK if found.group().isspace() else LONGEST_RUN
            line = text.count("\n", 0, found.start()) + 1
            yield Problem(name, line, f"has more than {most:,} {kind} in a row", "break or shorten it")


def _of_text(path: Path, name: str) -> Iterator[Problem]:
    # What is no UTF-8 is said where the file is read.
    text = path.read_text(encoding="utf-8", errors="replace")
    for found in UNSEEN.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        remedy = "delete it: it changes what is seen and not what is there"
        yield Problem(name, line, f"holds the unseen character U+{ord(found.group()):04X}", remedy)
    for found in HOMOGLYPH.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        message = f"holds U+{ord(found.group()):04X}, which looks like an English letter and is another"
        yield Problem(name, line, message, "type the word with English letters")


def _shown(name: str) -> str:
    """Return a file's name as a terminal can print it.

    >>> _shown(os.fsdecode(b"docs/en/\\xff.md"))
    'docs/en/\\\\xff.md'
    """
    return os.fsencode(name).decode("utf-8", "backslashreplace")
