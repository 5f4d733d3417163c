"""How a page is built: headings with ids, fences that only show, snippets that exist, a place in the navigation."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import pairwise
from pathlib import Path

from llmnotes.site.figures.worded import FORM, PARAGRAPHS, counted
from llmnotes.site.snippets import snippet
from llmnotes.site.text import nav, pages, percent
from llmnotes.site.text.pages import LANGUAGES, Page, includes
from llmnotes.site.text.problem import Problem, SiteError
from llmnotes.site.text.source import Fence

# The sections of an article, in their order; an article may leave some out and add its own between them.
SECTIONS = ("predict", "derive", "run", "check", "mistakes", "limits", "exercises", "sources")
ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

ASSERTED = re.compile(r"^[ ]*assert\b", re.M)


def check(root: Path) -> list[Problem]:
    """Return everything that is wrong with how pages are built.

    Raises:
        SiteError: If a page cannot be read.
    """
    found = pages.load(root)
    return of_pages(root, found) + of_site(root, found, names_in(found))


def of_pages(root: Path, found: Iterable[Page]) -> list[Problem]:
    """Return what is wrong with each of these pages by itself."""
    return [
        problem
        for page in found
        for problem in (*_headings(page), *_fences(page), *_snippets(root, page), *_words(root, page), *_lab(page))
    ]


def of_site(root: Path, found: Sequence[Page], names: Set[str]) -> list[Problem]:
    """Return what is wrong with the pages together; `names` are the snippets that any of them names."""
    return [*_orphans(root, names), *_navigation(root, found)]


def names_in(found: Iterable[Page]) -> set[str]:
    """Return the snippets that pages show, use or include."""
    names: set[str] = set()
    for page in found:
        names |= set(page.snippets.values()) | {file.removesuffix(".py") for _, file, _ in includes(page)}
    return names


def _headings(page: Page) -> Iterator[Problem]:
    """One title, then headings with an id in English, none skipped, the sections of an article in their order."""
    headings = page.source.headings
    if not headings or headings[0].level != 1:
        line = headings[0].line if headings else 0
        yield page.problem(line, "does not begin with a title", "write `# …`, the reader's question, above everything")
    for heading in headings[1:]:
        if heading.level == 1:
            yield page.problem(heading.line, f"has a second title, “{heading.text}”", "write ## for a section")
        elif not heading.id:
            remedy = f"write `{'#' * heading.level} {heading.text} {{ #some-words }}`, in both languages the same id"
            yield page.problem(heading.line, f"has a heading without id, “{heading.text}”", remedy)
        elif not ID.fullmatch(heading.id):
            remedy = "write lower-case English words joined by hyphens"
            yield page.problem(heading.line, f"has the heading id #{heading.id}", remedy)
    for before, heading in pairwise(headings):
        if heading.level > before.level + 1:
            remedy = f"write {'#' * (before.level + 1)}"
            yield page.problem(heading.line, f"goes from level {before.level} to {heading.level}", remedy)
    ids = Counter(heading.id for heading in headings if heading.id)
    for heading in headings:
        if ids.pop(heading.id, 0) > 1:
            yield page.problem(heading.line, f"has the id #{heading.id} twice", "give one of the two another id")
    here = [heading for heading in headings if heading.id in SECTIONS]
    for before, heading in pairwise(here):
        if SECTIONS.index(heading.id) < SECTIONS.index(before.id):
            remedy = f"move it: the order is {', '.join(SECTIONS)}"
            yield page.problem(heading.line, f"has #{heading.id} after #{before.id}", remedy)


def _fences(page: Page) -> Iterator[Problem]:
    """A fence that runs does nothing but show one snippet in the language of the page."""
    if page.source.unclosed:
        yield page.problem(
            page.source.unclosed, "has a fence that never ends", "close it with the marks that opened it"
        )
    ids = Counter(fence.options.get("id") for fence in page.source.fences if fence.runs)
    for fence in page.source.fences:
        if "session" in fence.options:
            remedy = "take session= out: a block that depends on another cannot be moved"
            yield page.fence_problem(fence, "has a fence with a session", remedy)
        if fence.runs:
            yield from _running(page, fence)
            if (name := fence.options.get("id")) and ids.pop(name, 0) > 1:
                yield page.fence_problem(fence, f"has two fences with id {name}", "give one of the two another id")


def _running(page: Page, fence: Fence) -> Iterator[Problem]:
    call = pages.shown(fence)
    if call is None:
        remedy = f"write {pages.SHOW_FORM}; what computes belongs into a snippet"
        yield page.fence_problem(fence, "has a fence that runs and does more than show a snippet", remedy)
        return
    name, lang, row = call
    if lang and lang != page.lang:
        yield page.problem(fence.line + row, f'shows in lang="{lang}"', f'write print(show("{name}"))')
    if fence.language != "python" or fence.options.get("html") != "on":
        yield page.fence_problem(
            fence, "has a fence that shows, but not as HTML", 'write ```python exec="on" html="on"'
        )
    wanted = fence.options.get("id", "")
    if not re.fullmatch(r"[A-Za-z][\w-]*", wanted, re.A):
        remedy = f'write id="{name.rsplit("/", 1)[-1]}" after html="on": errors and prose name the fence by it'
        yield page.fence_problem(fence, "has a fence that shows, without an id", remedy)


def _lab(page: Page) -> Iterator[Problem]:
    """Yield a notebook that believes itself: what it prints is compared with nothing."""
    if page.path.suffix == ".py":
        found = percent.cells(page.path.read_text(encoding="utf-8"))
        if found and not any(ASSERTED.search(cell.code) for cell in found):
            remedy = "assert in a cell that what it computed equals what was counted or published elsewhere"
            yield page.problem(found[-1].line, "compares what it computes with nothing", remedy)


def _snippets(root: Path, page: Page) -> Iterator[Problem]:
    """What a page shows, uses or includes is there."""
    for show in page.shows:
        if not _exists(root, show.snippet):
            yield Problem(
                page.place, show.line, f"shows {show.snippet}, which is no snippet", _did_you_mean(root, show.snippet)
            )
    for name, used in page.meta.get("uses", {}).items():
        if not _exists(root, used):
            message = f"uses {name}: {used}, which is no snippet"
            yield page.meta_problem("uses", message, _did_you_mean(root, used))
    for line, file, section in includes(page):
        path = root / "snippets" / file
        if ".." in file or not path.is_file():
            remedy = _did_you_mean(root, file.removesuffix(".py"))
            yield page.problem(line, f"includes snippets/{file}, which is not there", remedy)
        elif section and f"--8<-- [start:{section}]" not in path.read_text(encoding="utf-8"):
            remedy = f"mark it there with `# --8<-- [start:{section}]` and `# --8<-- [end:{section}]`"
            yield page.problem(line, f"includes a section {section} that snippets/{file} does not have", remedy)


def _words(root: Path, page: Page) -> Iterator[Problem]:
    """Each figure has its words, which stand in its snippet or on the page, and no words stand alone."""
    names = [name for name in page.snippets if name not in page.meta.get("uses", {})]
    for words in page.source.words:
        if words.name not in names:
            known = f"the page shows {', '.join(names)}" if names else "the page shows no figure"
            yield page.problem(words.line, f"has words for a figure {words.name!r}, which it does not show", known)
        elif len(words.paragraphs) != len(PARAGRAPHS):
            yield page.problem(words.line, *counted(words))
        elif any("](" in paragraph for paragraph in words.paragraphs):
            message = f"has a link in the words of the figure {words.name}, which are shown as plain text"
            yield page.problem(words.line, message, "put the link into the text of the page")
    for name, n_words in Counter(words.name for words in page.source.words).items():
        if n_words > 1:
            line = [words.line for words in page.source.words if words.name == name][1]
            yield page.problem(line, f"has words for {name} twice", "keep one of them")
    for show in page.shows:
        words = page.words_of(show.snippet)
        try:
            read = snippet.load(root, show.snippet)
        except SiteError:
            # Reported where it is run.
            continue
        if not read.shows:
            remedy = f"add draw(result) to snippets/{show.snippet}.py, or name it under `uses` in the front matter"
            yield Problem(page.place, show.line, f"shows {show.snippet}, which draws nothing", remedy)
        elif words is None:
            name = show.id or show.snippet.rsplit("/", 1)[-1]
            yield Problem(page.place, show.line, f"shows {name} without words", FORM.format(name))


def _orphans(root: Path, known: Set[str]) -> Iterator[Problem]:
    """Every snippet is shown, used or included somewhere."""
    for name in snippet.names(root):
        if name not in known:
            what = f'show it (print(show("{name}", lang=…))) or delete it'
            yield Problem(f"snippets/{name}.py", 0, "is shown by no page", what)


def _navigation(root: Path, found: Iterable[Page]) -> Iterator[Problem]:
    """Every page stands in the navigation of its edition, and nothing else does."""
    for lang in LANGUAGES:
        listed = nav.listed(root, lang)
        if listed is None:
            continue
        there = {page.file for page in found if page.lang == lang}
        for file in sorted(there - set(listed)):
            remedy = f"add `- Title: {file}` to nav in {nav.CONFIGS[lang]}"
            yield Problem(f"docs/{lang}/{file}", 0, f"is not in the navigation of {nav.CONFIGS[lang]}", remedy)
        for file in sorted(set(listed) - there):
            remedy = f"write docs/{lang}/{file}, or take the line out"
            yield Problem(
                nav.CONFIGS[lang], nav.line_of_page(root, lang, file), f"lists {file}, which is not there", remedy
            )


def _exists(root: Path, name: str) -> bool:
    return ".." not in name and (root / "snippets" / f"{name}.py").is_file()


def _did_you_mean(root: Path, name: str) -> str:
    close = difflib.get_close_matches(name, snippet.names(root), n=3, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?" if close else f"write snippets/{name}.py"
