"""The pages of both editions as they are written: front matter, headings, fences, and what each shows."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml

from llmnotes.site.text import percent
from llmnotes.site.text.problem import Problem, SiteError
from llmnotes.site.text.source import Fence, FigureWords, Source, Use
from llmnotes.units import LANGUAGES

# What front matter may say, and of which type.
KEYS: dict[str, type] = {
    "title": str,
    "description": str,
    "translation_of": str,
    "source_hash": str,
    "stale": bool,
    "uses": dict,
    # Words that readers search for and the title does not say.
    "tags": list,
    # Read by the theme.
    "hide": list,
    "template": str,
}
FORMS: dict[type, str] = {str: "a text, in quotes", bool: "true or false", dict: "name: snippet pairs", list: "a list"}
FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?P<yaml>.*?\n)?---[ \t]*(?:\n|\Z)", re.S)
REQUIRED = ("title", "description")
# Names in a message.
MOST_OFFERED = 12
INCLUDE = re.compile(r"""^[ \t]*-+8<-+[ \t]+["'](?P<file>[^"':]+)(?::(?P<section>[^"']+))?["'][ \t]*$""")
# Ten times as fast where PyYAML was built with its library.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Show:
    """A fence that shows a snippet.

    Args:
        line: Line of the call in the file.
        id: The fence's id, by which prose names it.
        snippet: The snippet's name.
        lang: Language that the call asks for.
    """

    line: int
    id: str
    snippet: str
    lang: str


@dataclass(frozen=True)
class Page:
    """One page in one language.

    Args:
        lang: "zh" or "en".
        slug: Path below the language without the suffix, the same in both languages.
        place: File, relative to the project, with forward slashes.
        path: The same file on this machine.
        meta: The front matter.
        meta_lines: Line of each of its keys.
        body: What follows the front matter.
        first_line: Line of the file on which the body starts.
    """

    lang: str
    slug: str
    place: str
    path: Path
    meta: dict[str, Any]
    meta_lines: dict[str, int]
    body: str
    first_line: int

    @cached_property
    def source(self) -> Source:
        """What stands where in the body."""
        return Source(self.body)

    @cached_property
    def shows(self) -> list[Show]:
        """The snippets that fences show; fences that do anything else are left to `check`."""
        return [show for fence in self.source.fences if fence.runs and (show := self._show(fence))]

    @cached_property
    def snippets(self) -> dict[str, str]:
        """The snippet behind each name that prose may use: ids of fences, last parts of snippets, `uses`."""
        names = dict(self.meta.get("uses", {}))
        for show in reversed(self.shows):
            names[show.snippet.rsplit("/", 1)[-1]] = show.snippet
        return names | {show.id: show.snippet for show in self.shows if show.id}

    @property
    def twin(self) -> str:
        """Place of the same page in the other language."""
        return f"docs/{other(self.lang)}/{self.file}"

    @property
    def file(self) -> str:
        """Path of its file below the language."""
        return self.slug + self.path.suffix

    @property
    def stale(self) -> bool:
        """Whether the page says that it lags behind its original."""
        return self.meta.get("stale") is True

    def line(self, line_of_body: int) -> int:
        """Return the line in the file of a line of the body."""
        return self.first_line + line_of_body - 1

    def problem(self, line_of_body: int, message: str, remedy: str) -> Problem:
        """Return what is wrong at a line of the body; 0 where no line is to blame."""
        return Problem(self.place, self.line(line_of_body) if line_of_body else 0, message, remedy)

    def meta_problem(self, key: str, message: str, remedy: str) -> Problem:
        """Return what is wrong with a key of the front matter."""
        return Problem(self.place, self.meta_lines.get(key, 1), message, remedy)

    def fence_problem(self, fence: Fence, message: str, remedy: str) -> Problem:
        """Return what is wrong with a fence."""
        return self.problem(fence.line, message, remedy)

    def _show(self, fence: Fence) -> Show | None:
        call = shown(fence)
        if call is None:
            return None
        snippet, lang, row = call
        return Show(self.line(fence.line + row), fence.options.get("id", ""), self.full(snippet), lang or self.lang)

    def full(self, name: str) -> str:
        """Return the whole name of a snippet; one without a folder is of this page."""
        return name if "/" in name else f"{self.slug}/{name}"

    def words_of(self, snippet: str) -> FigureWords | None:
        """Return the words that the page has for a snippet which it shows."""
        names = {show.id for show in self.shows if show.snippet == snippet} | {snippet.rsplit("/", 1)[-1]}
        return next((words for words in self.source.words if words.name in names), None)


def other(lang: str) -> str:
    """Return the other language.

    >>> other("zh")
    'en'
    """
    return LANGUAGES[1 - LANGUAGES.index(lang)]


SHOW_FORM = 'from llmnotes.site import show, then print(show("<name>"))'
# The page that is being converted, for what its fences print.
current: ContextVar[Page | None] = ContextVar("current", default=None)


def shown(fence: Fence) -> tuple[str, str, int] | None:
    """Return snippet, language (empty where it is that of the page) and row of the only call of a fence.

    None where the fence holds anything else.
    """
    try:
        tree = ast.parse(fence.code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    rest = [node for node in tree.body if ast.unparse(node) != "from llmnotes.site import show"]
    if len(rest) != 1:
        return None
    try:
        snippet, lang = _call_of_show(rest[0])
    except (AttributeError, ValueError):
        return None
    return snippet, lang, rest[0].lineno


def _call_of_show(node: Any) -> tuple[str, str]:
    """Return the arguments of `print(show("…"))`, with `lang="…"` or without; raises where it is anything else."""
    (inner,) = node.value.args
    (name,) = inner.args
    called = (node.value.func.id, node.value.keywords, inner.func.id, [word.arg for word in inner.keywords])
    if called not in (("print", [], "show", []), ("print", [], "show", ["lang"])):
        raise ValueError(ast.unparse(node))
    given = [name.value, *(word.value.value for word in inner.keywords), ""][:2]
    if not all(isinstance(text, str) for text in given):
        raise ValueError(ast.unparse(node))
    return given[0], given[1]


def sources(root: Path, lang: str) -> list[Path]:
    """Return the files of an edition that become pages: Markdown, and the notebooks below `labs/`."""
    docs = root / "docs" / lang
    # What begins with a dot is an editor's, such as the lock of a file that is open.
    return sorted(path for path in (*docs.rglob("*.md"), *docs.glob("labs/*.py")) if path.name[0] != ".")


def load(root: Path) -> list[Page]:
    """Return every page of both editions, sorted by language and slug.

    Raises:
        SiteError: With all front matter that cannot be read.
    """
    pages: list[Page] = []
    problems: list[Problem] = []
    for lang in LANGUAGES:
        for path in sources(root, lang):
            try:
                pages.append(read(root, path))
            except SiteError as error:
                problems += error.problems
    if problems:
        raise SiteError(problems)
    return pages


def read(root: Path, path: Path) -> Page:
    """Return the page in a file.

    Raises:
        SiteError: If it is no UTF-8 text or its front matter cannot be read.
    """
    place = path.relative_to(root).as_posix()
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise SiteError([Problem(place, 0, "is not UTF-8 text", "save it as UTF-8")]) from None
    return parse(path, place, percent.as_markdown(text, place) if path.suffix == ".py" else text)


@lru_cache(maxsize=2048)
def parse(path: Path, place: str, text: str) -> Page:
    """Return the page that a text is; `place` is below `docs/<lang>/`.

    Raises:
        SiteError: As in `read`.
    """
    _, lang, slug = place.removesuffix(path.suffix).split("/", 2)
    found = FRONT_MATTER.match(text)
    if found is None:
        remedy = "begin the file with ---, title: …, description: …, ---, each on a line of its own"
        raise SiteError([Problem(place, 1, "has no front matter", remedy)])
    rows = found["yaml"] or ""
    try:
        meta = yaml.load(rows, LOADER) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = " ".join(str(getattr(error, "problem", error)).split())
        line = mark.line + 2 if mark else 1
        raise SiteError([Problem(place, line, f"its front matter is not YAML: {what}", "quote the value")]) from None
    if not isinstance(meta, dict):
        raise SiteError([Problem(place, 2, "its front matter has no keys", "write key: value on each line")])
    lines = {row.partition(":")[0].strip(): number for number, row in enumerate(rows.splitlines(), 2) if ":" in row}
    page = Page(lang, slug, place, path, meta, lines, text[found.end() :], found.group().count("\n") + 1)
    if problems := list(_meta_problems(page, rows)):
        raise SiteError(problems)
    return page


def _meta_problems(page: Page, rows: str) -> Iterator[Problem]:
    """Yield what is wrong with front matter, so that everything else may rely on its types."""
    keys = [row.partition(":")[0].strip() for row in rows.splitlines() if re.match(r"[\w-]+[ ]*:", row)]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield page.meta_problem(key, f"says {key} twice", "keep one of the two lines")
    for key, value in page.meta.items():
        if key not in KEYS:
            yield page.meta_problem(str(key), f"has an unknown key {key}", f"known keys are {', '.join(KEYS)}")
        elif not isinstance(value, KEYS[key]):
            yield page.meta_problem(key, f"has {key} = {value!r}", f"write {FORMS[KEYS[key]]}")
        elif isinstance(value, str) and not value.strip():
            yield page.meta_problem(key, f"has an empty {key}", f"fill in {key}")
        elif isinstance(value, str) and "{{" in value:
            remedy = "type the number as the claim gives it: check compares the two"
            yield page.meta_problem(key, f"has {{{{…}}}} in {key}, which is not filled in there", remedy)
    if isinstance(tags := page.meta.get("tags"), list):
        for tag in tags:
            if not isinstance(tag, str) or not tag.strip():
                yield page.meta_problem("tags", f"has {tag!r} among its tags", "write words, each in quotes if need be")
    for key in REQUIRED:
        if key not in page.meta:
            yield page.meta_problem(key, f"has no {key}", f"add {key}: … to its front matter")
    if isinstance(uses := page.meta.get("uses"), dict):
        for name, snippet in uses.items():
            if not (isinstance(name, str) and isinstance(snippet, str) and re.fullmatch(r"[A-Za-z][\w-]*", name, re.A)):
                yield page.meta_problem("uses", f"uses {name!r}: {snippet!r}", "write name: chapter/slug/snippet")


def includes(page: Page) -> Iterator[tuple[int, str, str]]:
    """Yield line, file and section of what a page includes, within fences or not."""
    for line, row in enumerate(page.body.splitlines(), 1):
        if found := INCLUDE.match(row):
            yield line, found["file"], found["section"] or ""


def missing(page: Page, use: Use, claims: dict[str, str]) -> tuple[str, str]:
    """Return message and remedy for a `{{…}}` that nothing fills."""
    if not use.name:
        return (
            f"has {{{{{use.text}}}}}, which names no claim",
            "write {{name.claim}}: name is the id of a fence that shows a snippet",
        )
    if use.name not in page.snippets:
        known = f"the page shows {', '.join(page.snippets)}" if page.snippets else "the page shows no snippet"
        remedy = f"{known}; show it, or add `uses: {{{use.name}: {page.slug}/{use.name}}}` to the front matter"
        return f"uses {{{{{use.text}}}}}, but nothing here is called {use.name}", remedy
    snippet = page.snippets[use.name]
    close = difflib.get_close_matches(use.claim, claims, n=3, cutoff=0.5) or sorted(claims)[:MOST_OFFERED]
    remedy = f"did you mean {' or '.join(close)}?" if claims else "return it from compute"
    return f"uses {{{{{use.text}}}}}, but snippets/{snippet}.py gives no {use.claim}", remedy
