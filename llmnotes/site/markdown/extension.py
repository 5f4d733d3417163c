"""A Python-Markdown extension with what articles need: filled-in numbers, formulas, boxes that scroll, marked words.

Named in `mkdocs.yml` as `llmnotes.site.markdown.extension`. What it refuses is a `SiteError` of one line.

- `{{name.quantity}}` outside code and formulas becomes what the snippet's result says, and is marked as such.
- `/// figure | name` holds the words of a figure that a fence shows: finding, caption, description.
- `$…$` and `$$…$$` become HTML and MathML; a closing mark after a formula never starts a line.
- `[words]{lang=en}` and `[128 × 1024]{.def}` become a `span` with these attributes.
- Tables and display formulas scroll sideways in a box that a keyboard can reach.
- A flag such as `--n-cpu-moe` stays on one line.
- A folded question that states numbers of an exercise becomes one that grades answers.
- A page that is marked `stale: true` says so at its top.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from markdown import Markdown
from markdown.blockprocessors import BlockProcessor
from markdown.extensions import Extension
from markdown.extensions.attr_list import get_attrs
from markdown.inlinepatterns import InlineProcessor
from markdown.postprocessors import Postprocessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from llmnotes.site.figures import figure_files, worded
from llmnotes.site.markdown import boxes, exercises, katex, notes
from llmnotes.site.script.ask_part import PREFIX
from llmnotes.site.text import pages
from llmnotes.site.text.pages import Page
from llmnotes.site.text.problem import Problem, SiteError
from llmnotes.site.text.root import project_root
from llmnotes.site.text.source import DISPLAY, INLINE, SPAN, USE, WORDS, use_of

# A break between a formula and these is ugly, and wrong in Chinese.
OPENING, CLOSING = "（「『《〈【“‘(", "，。、；：！？）」』》〉】”’…％,.;:!?)"
TIED_MATH = re.compile(rf"(?P<before>[{OPENING}]*){INLINE.pattern}(?P<after>[{CLOSING}]*)")
LONE = r"\$"
TASK = re.compile(r'(<label class="task-list-control"><input type="checkbox" disabled)( checked)?(?=/>)')
# Inline code that begins with a hyphen, short enough for the line of a phone.
FLAG = re.compile(r"(?<!<pre>)(?<!<pre><span></span>)<code>(?=-[^<\n]{1,27}</code>)")
# A part of a formula within which KaTeX never breaks a line.
BASE = '<span class="katex-base">'


def _runner(root: Path) -> Any:
    """Return the runner of this process."""
    from llmnotes.site.snippets.runner import runner_of

    return runner_of(root)


class Articles(Extension):
    """What articles need beyond Markdown."""

    def __init__(self, **settings: Any) -> None:
        self.config = {"page": ["", "File of the page, relative to the project, where the builder does not tell"]}
        super().__init__(**settings)

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the name that Python-Markdown calls
        """Register every part."""
        writing = Writing(md, self.getConfig("page"))
        md.registerExtension(self)
        md.ESCAPED_CHARS.append("$")
        # Before pymdownx.snippets (32) and fences (25), so that it sees the page as it is written.
        md.preprocessors.register(_Begin(md, writing), "ln-begin", 100)
        # After fences (25), which stand for themselves by then.
        md.preprocessors.register(_Words(md), "ln-words", 24)
        md.parser.blockprocessors.register(_Display(md.parser, writing), "ln-display", 85)
        # Code (190) comes first; escapes (180), links (160) and emphasis come after.
        md.inlinePatterns.register(_Inline(md, writing), "ln-math", 188)
        md.inlinePatterns.register(_Fill(USE.pattern, md, writing), "ln-fill", 186)
        md.inlinePatterns.register(_Lone(LONE, md, writing), "ln-lone", 179)
        md.inlinePatterns.register(_Span(SPAN, md, writing), "ln-span", 175)
        # Inline patterns run at 20, attribute lists at 8.
        md.treeprocessors.register(_Cells(md), "ln-cells", 30)
        md.treeprocessors.register(_Boxes(md, writing), "ln-boxes", 7)
        # The extension of the notes finishes them at 15.
        md.treeprocessors.register(_Notes(md, writing), "ln-notes", 6)
        # Finished HTML takes its place at 30.
        md.postprocessors.register(_Tasks(md, writing), "ln-tasks", 20)
        md.postprocessors.register(_Flags(md), "ln-flags", 19)


def makeExtension(**settings: Any) -> Articles:  # noqa: N802 - the name that Python-Markdown calls
    """Return the extension."""
    return Articles(**settings)


class Writing:
    """The page that is being converted, as far as the builder says which it is."""

    def __init__(self, md: Markdown, place: str) -> None:
        self.md = md
        self.place = place
        self.page: Page | None = None
        self.n_formulas = 0

    def begin(self) -> None:
        """Start a page."""
        self.n_formulas = 0
        self.page = None
        # MkDocs hands the file to the processor that rewrites links, and to nobody else.
        if "relpath" in self.md.treeprocessors:
            links: Any = self.md.treeprocessors["relpath"]
            path = Path(links.file.abs_src_path)
            self.page = pages.read(_root_of(path), path)
        elif self.place:
            self.page = pages.read(project_root(), project_root() / self.place)

    @property
    def lang(self) -> str:
        """Language of the page; English where the builder does not say."""
        return self.page.lang if self.page else "en"

    def error(self, line: int, message: str, remedy: str) -> SiteError:
        """Return what stops the build; `line` is one of the body."""
        if self.page is None:
            return SiteError([Problem("page", 0, message, remedy)])
        return SiteError([self.page.problem(line, message, remedy)])

    def math(self, tex: str, *, display: bool) -> str:
        """Return a formula as HTML.

        Raises:
            SiteError: If KaTeX refuses it.
        """
        try:
            return katex.render(tex, display=display)
        except katex.FormulaError as error:
            formulas = self.page.source.formulas if self.page else []
            line = next((formula.line for formula in formulas if formula.tex == tex), 0)
            raise self.error(line, *katex.complaint(tex, str(error))) from None

    def number(self, text: str) -> ElementTree.Element:
        """Return a filled-in number.

        Raises:
            SiteError: If the page does not show such a snippet, or the snippet has no such claim.
        """
        if self.page is None:
            message = f"{{{{{text}}}}} cannot be filled in: which page this is, the builder does not say"
            raise self.error(0, message, "build with MkDocs, or give the extension its setting page")
        use = next((use for use in self.page.source.uses if use.text == text), use_of(text, 0))
        get = _runner(project_root()).get
        value = worded.said(use, self.page, get)
        snippet = self.page.snippets[use.name]
        shown = get(snippet, self.lang)
        kind = shown.kind_of(use.claim)
        kind = "" if kind == "computed" else f" ln-kind--{kind}"
        element = ElementTree.Element("span", {"class": f"ln-claim{kind}"})
        if figure_files.says_more(shown.quantities.get(use.claim)):
            element.set("data-said", f"{snippet} {use.claim}")
        if shown.ask and use.claim.startswith(PREFIX):
            element.set(exercises.NAMED, use.claim.removeprefix(PREFIX))
            element.set(exercises.SNIPPET, snippet)
        if shown.play and not use.form and use.claim in shown.play["follows"]:
            element.set("data-follow", f"{snippet} {use.claim}")
        element.text = AtomicString(value)
        return element


def _root_of(path: Path) -> Path:
    """Return the project in which a page lies."""
    root = project_root()
    return root if path.is_relative_to(root) else root.resolve()


class _Begin(Preprocessor):
    def __init__(self, md: Markdown, writing: Writing) -> None:
        super().__init__(md)
        self.writing = writing

    def run(self, lines: list[str]) -> list[str]:
        self.writing.begin()
        pages.current.set(self.writing.page)
        return lines


class _Words(Preprocessor):
    """Takes the words of figures out of the text: the figures that fences show have said them."""

    def run(self, lines: list[str]) -> list[str]:
        text = "\n".join(lines)
        return WORDS.sub("", text).split("\n") if "///" in text else lines


class _Inline(InlineProcessor):
    def __init__(self, md: Markdown, writing: Writing) -> None:
        super().__init__(TIED_MATH.pattern, md)
        self.writing = writing

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str, int, int]:  # type: ignore[override]  # noqa: N802
        formula = (
            f'<span class="ln-math" data-search-exclude>{self.writing.math(m["tex"].strip(), display=False)}</span>'
        )
        before, after = html.escape(m["before"]), html.escape(m["after"])
        if before or after:
            # The theme forbids breaks within a tie; between its parts a long formula may still break.
            first, base, rest = formula.partition(BASE)
            formula = f'<span class="ln-tie">{before}{first}{base}{rest.replace(BASE, "<wbr>" + BASE)}{after}</span>'
        return self.writing.md.htmlStash.store(formula), m.start(0), m.end(0)


class _Fill(InlineProcessor):
    def __init__(self, pattern: str, md: Markdown, writing: Writing) -> None:
        super().__init__(pattern, md)
        self.writing = writing

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[ElementTree.Element, int, int]:  # type: ignore[override]  # noqa: N802
        return self.writing.number(m["text"]), m.start(0), m.end(0)


class _Lone(InlineProcessor):
    def __init__(self, pattern: str, md: Markdown, writing: Writing) -> None:
        super().__init__(pattern, md)
        self.writing = writing

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[None, None, None]:  # type: ignore[override]  # noqa: N802
        lines = self.writing.page.source.lone_dollars() if self.writing.page else []
        raise self.writing.error(lines[0] if lines else 0, *katex.LONE)


class _Span(InlineProcessor):
    def __init__(self, pattern: str, md: Markdown, writing: Writing) -> None:
        super().__init__(pattern, md)
        self.writing = writing

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[ElementTree.Element, int, int]:  # type: ignore[override]  # noqa: N802
        element = ElementTree.Element("span")
        for key, value in get_attrs(m["attributes"]):
            if key == ".":
                element.set("class", f"{element.get('class', '')} ln-{value}".strip())
            else:
                element.set(key, value or key)
        element.text = m["words"]
        return element, m.start(0), m.end(0)


class _Display(BlockProcessor):
    """Formulas on lines of their own, within a paragraph, a list or an admonition."""

    def __init__(self, parser: Any, writing: Writing) -> None:
        super().__init__(parser)
        self.writing = writing

    def test(self, parent: ElementTree.Element, block: str) -> bool:
        return DISPLAY.search(block) is not None

    def run(self, parent: ElementTree.Element, blocks: list[str]) -> None:
        block = blocks.pop(0)
        found = DISPLAY.search(block)
        assert found is not None
        if before := block[: found.start()].rstrip("\n"):
            self.parser.parseBlocks(parent, [before])
        self.writing.n_formulas += 1
        box = ElementTree.SubElement(parent, "div", boxes.formula(self.writing.lang, self.writing.n_formulas))
        html_text = self.writing.math(found["tex"].strip(), display=True)
        box.text = self.writing.md.htmlStash.store(f'<span class="ln-math" data-search-exclude>{html_text}</span>')
        if after := block[found.end() :].lstrip("\n"):
            blocks.insert(0, after)


class _Cells(Treeprocessor):
    """Within a table a formula writes `\\|` for a bar, or the bar would end the cell."""

    def run(self, root: ElementTree.Element) -> None:
        for tag in ("td", "th"):
            for cell in root.iter(tag):
                if cell.text and r"\|" in cell.text:
                    cell.text = INLINE.sub(lambda formula: formula.group().replace(r"\|", "|"), cell.text)


class _Notes(Treeprocessor):
    """Notes in the order of their marks."""

    def __init__(self, md: Markdown, writing: Writing) -> None:
        super().__init__(md)
        self.writing = writing

    def run(self, root: ElementTree.Element) -> None:
        notes.arrange(root, self.writing.lang)


class _Tasks(Postprocessor):
    """Boxes of tasks say to those who do not see them whether they are done."""

    def __init__(self, md: Markdown, writing: Writing) -> None:
        super().__init__(md)
        self.writing = writing

    def run(self, text: str) -> str:
        return TASK.sub(
            lambda box: f'{box[1]} aria-label="{boxes.task(self.writing.lang, bool(box[2]))}"{box[2] or ""}', text
        )


class _Flags(Postprocessor):
    """Flags of a command, at whose hyphens a browser would break the line."""

    def run(self, text: str) -> str:
        return FLAG.sub('<code class="ln-flag">', text)


class _Boxes(Treeprocessor):
    """Boxes around tables, and the banner of a stale page."""

    def __init__(self, md: Markdown, writing: Writing) -> None:
        super().__init__(md)
        self.writing = writing

    def run(self, root: ElementTree.Element) -> None:
        boxes.around_tables(root, self.writing.lang)
        boxes.name_kinds(root, self.writing.lang)
        exercises.box(root)
        if self.writing.page and self.writing.page.stale:
            title = next((index for index, child in enumerate(root) if child.tag == "h1"), -1)
            banner = ElementTree.Element("div", {"class": "admonition warning ln-stale", "role": "note"})
            # As finished HTML: links in the tree must lead to a page of the same edition.
            banner.text = self.writing.md.htmlStash.store(boxes.banner(self.writing.page))
            root.insert(title + 1, banner)
