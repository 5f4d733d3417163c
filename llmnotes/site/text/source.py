"""What stands where in a page's Markdown: code, formulas, headings, filled-in numbers, and the prose that remains."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

# Stands for what is not prose, so that text keeps its positions and its lines.
HIDDEN = "\ue000"

FENCE = re.compile(r"^(?P<indent>[ \t]*(?:>[ ]?)*)(?P<mark>`{3,}|~{3,})(?P<info>[^`\n]*)$")
OWN_COMMENT = re.compile(r"^[ ]{0,3}<!--.*?-->", re.M | re.S)
COMMENT = re.compile(r"<!--.*?-->", re.S)
# Keys to press and names of icons: `++ctrl+k++`, `:material-timer-outline:`.
KEYS = re.compile(r"\+\+[a-z0-9-]+(?:\+[a-z0-9-]+)*\+\+")
ICON = re.compile(r"(?<![\w:]):(?P<name>[a-z]+(?:-[a-z0-9]+)+):(?![\w:])")
# A line that begins a block of its own: no code span and no formula reaches into it.
BLOCK = r"\n[ \t]*(?:\n|[-*+][ ]|\d+[.)][ ]|#|\||>|!!!|\?\?\?|\[\^)"
CODE = re.compile(rf"(?<![\\`])(`+)(?!`)((?:(?!{BLOCK}).)+?)(?<!`)\1(?!`)", re.S)
DISPLAY = re.compile(r"^[ \t]*\$\$(?P<tex>(?:(?!\n[ \t]*\n|\$\$).)+?)\$\$[ \t]*$", re.M | re.S)
# Control characters are what Python-Markdown puts in the place of code.
INLINE = re.compile(r"(?<![\\$])\$(?![\s$])(?P<tex>(?:[^$\\\n\x02\x03]|\\[^\n]|\n(?![ \t]*\n))+?)(?<![\s])\$(?![\d$])")
LONE_DOLLAR = re.compile(r"(?<!\\)\$")
USE = re.compile(r"\{\{(?P<text>[^{}\n]*)\}\}")
NAMED_USE = re.compile(r"\s*([A-Za-z][\w-]*)\.([A-Za-z]\w*)(?::([a-z]+\d?))?\s*")
# The words of a figure: finding, caption, and what somebody hears who does not see it, a paragraph each.
WORDS = re.compile(
    r"^(?P<open>/{3,}[ \t]*figure[ \t]*\|[ \t]*(?P<name>[^\s|]*)[ \t]*)\n(?P<text>.*?)^(?P<close>/{3,})[ \t]*$",
    re.M | re.S,
)
# Words with attributes: `[words]{lang=en}`, `[128 × 1024]{.def}`.
SPAN = r"\[(?P<words>[^\[\]]+)\]\{:?[ ]*(?P<attributes>[.#a-z][^{}\n]*)\}"
HEADING = re.compile(r"^(?P<marks>#{1,6})[ \t]+(?P<text>.*?)[ \t]*#*[ \t]*$", re.M)
UNDERLINED = re.compile(r"^(?P<text>[^\s|#>:!?*+\-][^\n|]*)\n(?:=+|-+)[ \t]*$", re.M)
HEADING_ID = re.compile(r"\{:?[^}]*?#([^\s}]+)[^}]*\}[ \t]*$")
ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'}]+))""")


@dataclass(frozen=True)
class Fence:
    """A block of code.

    Args:
        line: Line of its first mark, from 1 within the text.
        info: What follows the mark: language and options.
        code: Its text, without the indent of the fence.
    """

    line: int
    info: str
    code: str

    @property
    def language(self) -> str:
        """Return the language, empty where none is given."""
        first = re.match(r"[ \t]*\{?[ \t]*\.?([\w+-]+)(?![\w=-])", self.info)
        return first.group(1).lower() if first else ""

    @cached_property
    def options(self) -> dict[str, str]:
        """Return `name="value"` pairs of the info."""
        return {found[1]: found[2] or found[3] or found[4] or "" for found in ATTRIBUTE.finditer(self.info)}

    @property
    def runs(self) -> bool:
        """Return whether the builder executes it."""
        return self.options.get("exec", "").lower() not in ("", "off", "false", "no", "0")


@dataclass(frozen=True)
class Heading:
    """A heading; `id` is empty where the text gives none."""

    line: int
    level: int
    text: str
    id: str


@dataclass(frozen=True)
class Formula:
    """What stands between dollar signs."""

    line: int
    tex: str
    display: bool


@dataclass(frozen=True)
class Use:
    """A number that the build fills in: `{{name.claim}}`. Both are empty where the text between braces is neither.

    `form` is how it is to be written, as in `{{name.claim:short}}`; empty for the form of its unit.
    """

    line: int
    text: str
    name: str
    claim: str
    form: str = ""


@dataclass(frozen=True)
class FigureWords:
    """What a page says of a figure, as it is written; `line` is that of the mark which opens the block.

    Args:
        line: Line of the mark which opens the block, from 1.
        name: The id of the fence.
        paragraphs: Finding, caption and description, if they are what is written.
        last_line: Line of the mark which closes the block.
    """

    line: int
    name: str
    paragraphs: tuple[str, ...]
    last_line: int


class Source:
    """The parts of a page's Markdown.

    Args:
        text: The body, without front matter.

    >>> source = Source("# A { #a }\\n\\nSize $x$ is {{growth.size}}, not `{{code}}`.\\n")
    >>> source.headings, source.uses[0].claim, [formula.tex for formula in source.formulas]
    ([Heading(line=1, level=1, text='A', id='a')], 'size', ['x'])
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.fences: list[Fence] = []
        self.formulas: list[Formula] = []
        self.uses: list[Use] = []
        # Line of a fence that never ends; 0 where all do.
        self.unclosed = 0
        self._left = _without(text, *self._read_fences())
        self.words = [self._read_words(found) for found in WORDS.finditer(self._left)]
        for found in reversed([*WORDS.finditer(self._left)]):
            self._left = _without(self._left, found.span("open"), found.span("close"))
        # A comment of its own comes before code, one within a line after it, as the builder reads them.
        for pattern in (OWN_COMMENT, CODE, COMMENT):
            self._take(pattern)
        self._take(KEYS)
        self.icons = [(self.line_at(found.start()), found["name"]) for found in self._take(ICON)]
        for pattern in (DISPLAY, INLINE):
            for found in self._take(pattern):
                tex = found["tex"]
                if self._in_table(found.start()):
                    tex = tex.replace(r"\|", "|")
                self.formulas.append(Formula(self.line_at(found.start("tex")), tex.strip(), pattern is DISPLAY))
        for found in self._take(USE):
            self.uses.append(use_of(found["text"], self.line_at(found.start())))

    @property
    def prose(self) -> str:
        """Return the text with code, formulas, comments and filled-in numbers hidden, as long as the text itself."""
        return self._left

    @property
    def uses_outside_words(self) -> list[Use]:
        """Return the numbers that are filled in, those in the words of figures left out."""
        spans = [(words.line, words.last_line) for words in self.words]
        return [use for use in self.uses if not any(first < use.line < last for first, last in spans)]

    @cached_property
    def headings(self) -> list[Heading]:
        """Return the headings in their order."""
        found = [(match, len(match["marks"])) for match in HEADING.finditer(self.prose)]
        found += [
            (match, 1 if "=" in match.group().rsplit("\n", 1)[1] else 2) for match in UNDERLINED.finditer(self.prose)
        ]
        headings = []
        for match, level in sorted(found, key=lambda pair: pair[0].start()):
            text = self.text[match.start("text") : match.end("text")]
            named = HEADING_ID.search(text)
            plain = HEADING_ID.sub("", text).strip()
            headings.append(Heading(self.line_at(match.start()), level, plain, named.group(1) if named else ""))
        return headings

    def lone_dollars(self) -> list[int]:
        """Return the lines on which a dollar sign neither begins nor ends a formula nor is escaped."""
        return [self.line_at(found.start()) for found in LONE_DOLLAR.finditer(self.prose)]

    def line_at(self, position: int) -> int:
        """Return the line, from 1, of a position in the text."""
        return self.text.count("\n", 0, position) + 1

    def _read_words(self, found: re.Match[str]) -> FigureWords:
        paragraphs = [
            part.strip() for part in re.split(r"\n[ \t]*\n", self.text[found.start("text") : found.end("text")])
        ]
        joined = tuple(_on_one_line(part) for part in paragraphs if part)
        return FigureWords(self.line_at(found.start()), found["name"], joined, self.line_at(found.start("close")))

    def _in_table(self, position: int) -> bool:
        line = self.text[self.text.rfind("\n", 0, position) + 1 :].lstrip()
        return line.startswith("|")

    def _take(self, pattern: re.Pattern[str]) -> list[re.Match[str]]:
        """Return what matches and hide it from those that look next."""
        found = list(pattern.finditer(self._left))
        self._left = _without(self._left, *(match.span() for match in found))
        return found

    def _read_fences(self) -> Iterator[tuple[int, int]]:
        """Note the fences and yield where they lie."""
        position = 0
        opening: re.Match[str] | None = None
        begin = begin_line = 0
        code: list[str] = []
        for line, row in enumerate(self.text.splitlines(keepends=True), 1):
            found = FENCE.match(row.rstrip("\r\n"))
            if opening is None:
                if found:
                    opening, begin, begin_line, code = found, position, line, []
            elif found and found["mark"].startswith(opening["mark"]) and not found["info"].strip():
                self.fences.append(Fence(begin_line, opening["info"].strip(), "".join(code)))
                yield begin, position + len(row)
                opening = None
            else:
                code.append(row.removeprefix(opening["indent"]) if row.strip() else "\n")
            position += len(row)
        if opening is not None:
            self.unclosed = begin_line


def _without(text: str, *spans: tuple[int, int]) -> str:
    """Return the text with these stretches, in their order, hidden and its line ends kept."""
    parts, at = [], 0
    for begin, end in spans:
        parts += [text[at:begin], re.sub(r"[^\n]", HIDDEN, text[begin:end])]
        at = end
    return "".join([*parts, text[at:]])


def _on_one_line(paragraph: str) -> str:
    """Return a paragraph without line ends; between Chinese characters no blank takes their place.

    >>> _on_one_line("一行\\n两行"), _on_one_line("one\\ntwo")
    ('一行两行', 'one two')
    """
    return re.sub(r"[ \t]*\n[ \t]*", " ", re.sub(r"(?<=[\u3000-\uffef])\n[ \t]*(?=[\u3000-\uffef])", "", paragraph))


def use_of(text: str, line: int) -> Use:
    """Return what stands between double braces.

    >>> use_of(" growth.size ", 3)
    Use(line=3, text=' growth.size ', name='growth', claim='size', form='')
    >>> use_of("growth.size:exact", 3).form
    'exact'
    """
    named = NAMED_USE.fullmatch(text)
    name, claim, form = named.groups() if named else ("", "", "")
    return Use(line, text, name, claim, form or "")
