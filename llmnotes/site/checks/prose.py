"""No number stands in prose without an origin.

A number is filled in (`{{name.claim}}`), or equals the claim of a snippet that the page shows, unit included, or stands
in a sentence with a citation (a footnote that names a source, a link out, arXiv, DOI), or is marked as a definition:
`[128K = 131,072]{.def}`, at most a tenth of a page's numbers. Names (GPT-2, Llama 3.1 8B), dates, list marks and
references (section 3, 表 2) hold digits and no quantity. Code and formulas are not prose.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from llmnotes.site.checks import claims, words
from llmnotes.site.checks.claims import Runner
from llmnotes.site.checks.copyedit import copyedit, correction
from llmnotes.site.checks.spelling import of_snippet, spelling
from llmnotes.site.checks.words import Words
from llmnotes.site.snippets import snippet
from llmnotes.site.text import pages
from llmnotes.site.text.pages import Page
from llmnotes.site.text.problem import Problem, SiteError
from llmnotes.site.text.source import HIDDEN

KINDS = ("filled", "typed", "cited", "defined", "unexplained")
LARGEST_SHARE_DEFINED = 0.1
# Characters of context in a message.
AROUND = 12
REMEDY = "fill it in with {{name.claim}}, cite the source in its sentence, or mark what you set yourself: [128K]{.def}"

NUMBER = re.compile(
    r"(?<![A-Za-z0-9_])\d+(?:,\d{3})*(?:\.\d+)?(?:[ \u00a0]?(?:[A-Za-z%％‰×]+(?:/[A-Za-z]+)?|[\u4e00-\u9fff]))?"
)
LINK = re.compile(r"\]\((?P<address>[^()\s]*(?:\([^()]*\)[^()]*)*)(?:\s+\"[^\"]*\")?\)")
FOOTNOTE = re.compile(r"^\[\^(?P<name>[^\]]+)\]:(?P<text>.*(?:\n(?:[ \t]+.*|[ \t]*(?=\n[ \t]+\S)))*)", re.M)
REFERENCE = re.compile(r"\[\^(?P<name>[^\]\s]+)\](?!:)")
OUTSIDE = re.compile(r"https?://|arXiv:|\bdoi\b", re.I)
DEFINED = re.compile(r"\[(?P<words>[^\[\]]+)\]\{:?[ ]*[^{}\n]*\.def\b[^{}\n]*\}")
TITLE = re.compile(r"\A\s*#[ ].*")
FOOTNOTE_MARK = re.compile(r"\[\^[^\]]+\]")
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
# Digits that are no quantity.
NOT_COUNTED = [
    # The mark of an annotation.
    re.compile(r"\(\d{1,2}\)(?=[^\n]*(?:\n[^\n]+)*\n\{:?[ ]*\.annotate)"),
    re.compile(r"<[A-Za-z/][^<>]*>"),
    re.compile(r"\{:?[ ]*[#.A-Za-z][^{}\n]*\}"),
    re.compile(r"^\[[^\]^]+\]:[ ]+\S+.*$", re.M),
    re.compile(r"https?://[^\s)>\]]+"),
    re.compile(r"arXiv:\s?\d{4}\.\d{4,5}(?:v\d+)?|\b\d{4}\.\d{5}(?:v\d+)?\b|\b10\.\d{4,9}/\S+", re.I),
    re.compile(r"^[ \t>]*(?:\*\*)?\d+[.)、](?=\s|\*\*)", re.M),
    re.compile(r"(?<=[\"“])\d+[.)、](?=\s)"),
    re.compile(r"\b\d{4}-\d\d(?:-\d\d)?\b|\d{4}\s?年(?:\s?\d+\s?月)?(?:\s?\d+\s?日)?|(?<!\d)\d+\s?月\s?\d+\s?日"),
    re.compile(rf"(?:\b\d{{1,2}}\s)?(?:{MONTHS})(?:\s\d{{1,2}},?)?\s\d{{4}}\b"),
    re.compile(r"\b(?:in|since|until|by|of|before|after|from|to|et al\.,?)\s\(?(?:19|20)\d\d\b(?![,.]\d)", re.I),
    re.compile(r"\b\d+\.\d+\.\d+\b|(?:Python|CUDA|HTTP|IPv|version|版本)\s?\d+(?:\.\d+)*", re.I),
    re.compile(
        r"(?:sections?|tables?|figures?|theorems?|algorithms?|appendix|chapters?|equations?|steps?|exercises?|rows?|pages?)"
        r"\s\d+(?:\.\d+)*(?:(?:\s?[-–,]|\sand|\sto)\s?\d+(?:\.\d+)*)*|§\s?\d+(?:\.\d+)*",
        re.I,
    ),
    re.compile(
        r"(?:表|图|式|定理|算法|附录|练习)\s?\d+(?:\.\d+)*|第\s?\d+(?:\.\d+)*\s?(?:章|节|步|行|列|页|题|表|图|版|条)"
    ),
]
# Where a sentence ends; what closes it and its footnotes belong to it.
END = re.compile(
    r"(?:[。！？]|(?<!e\.g)(?<!i\.e)(?<!vs)(?<!cf)(?<!al)(?<!Fig)[.!?](?=[\s\"'”)\]\[*_]|$))"
    r"[”’」』）)\"'*_]*(?:\[\^[^\]]+\])*"
    r"|\n(?=[ \t]*(?:\n|[-*+][ ]|\d+[.)][ ]|\||#|!!!|\?\?\?|:[ ]{2,}|\[\^|>))"
)


@dataclass
class Report:
    """The numbers of one page.

    Args:
        place: The page.
        counts: How many there are of each kind.
        definitions: What is marked as a definition.
    """

    place: str
    counts: Counter[str] = field(default_factory=Counter)
    definitions: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        said = ", ".join(f"{self.counts[kind]} {kind}" for kind in KINDS)
        return f"{self.place}: {said}" + "".join(f"\n    defined: {words}" for words in self.definitions)


def check(root: Path, runner: Runner) -> list[Problem]:
    """Return the numbers without an origin, pages with too many definitions, and what copy-editing corrects.

    Raises:
        SiteError: If a page or the list of words cannot be read.
    """
    return of_pages(root, pages.load(root), snippet.names(root), runner)


def of_pages(root: Path, found: Iterable[Page], names: Iterable[str], runner: Runner) -> list[Problem]:
    """Return what `check` does of these pages and of the words of these snippets."""
    known = words.load(root)
    problems: list[Problem] = []
    for page in found:
        # Nobody is blocked for lack of the other language: a stale page says that it may be wrong.
        problems += [] if page.stale else judge(page, known, runner)[1]
        problems += copyedit(page, known, claims.filled(page, runner))
        problems += spelling(page, known)
    return [*problems, *figures(root, names, known, runner)]


def figures(root: Path, names: Iterable[str], known: Words, runner: Runner) -> Iterator[Problem]:
    """Yield the misspelt words of figures, and those set against the rules of Chinese type."""
    for name in names:
        try:
            read = snippet.load(root, name)
        except SiteError:
            continue
        yield from of_snippet(read, known)
        for line, label in read.labels:
            if said := correction(label.get("zh", ""), known):
                yield read.problem(line, *said)


def reports(root: Path, runner: Runner) -> list[Report]:
    """Return how many numbers of each kind every page holds."""
    known = words.load(root)
    return [judge(page, known, runner)[0] for page in pages.load(root)]


def judge(page: Page, known: Words, runner: Runner) -> tuple[Report, list[Problem]]:
    """Return what kinds of numbers a page holds, and those without an origin."""
    report = Report(page.place, Counter(filled=len(page.source.uses)))
    problems: list[Problem] = []
    typed = _tokens(claims.texts(page, runner))
    description = page.meta["description"]
    for number in _explained(description, known, typed, report)[1]:
        report.counts["unexplained"] += 1
        message = f"has {_context(description, number)} in its description without an origin"
        problems.append(page.meta_problem("description", message, "type it as a claim gives it, or say it in words"))
    # The title is the reader's question: its numbers are the reader's.
    text = _hide(TITLE, page.source.prose)
    for match in DEFINED.finditer(text):
        report.definitions.append(match["words"].strip())
        report.counts["defined"] += len(NUMBER.findall(match["words"])) or 1
    text = _hide(DEFINED, text)
    cited = _cited_spans(text)
    text, left = _explained(text, known, typed, report)
    for number in left:
        if any(begin <= number.start() < end for begin, end in cited):
            report.counts["cited"] += 1
            continue
        report.counts["unexplained"] += 1
        line = page.source.line_at(number.start())
        problems.append(page.problem(line, f"has {_context(page.body, number)} without an origin", REMEDY))
    if len(report.definitions) > 1 and report.counts["defined"] > LARGEST_SHARE_DEFINED * report.counts.total():
        share = f"{report.counts['defined']} of {report.counts.total()}"
        message = f"marks {share} numbers as definitions, the last one “{report.definitions[-1]}”"
        problems.append(page.problem(0, message, "let a snippet claim them: at most a tenth may be definitions"))
    return report, problems


def _explained(text: str, known: Words, typed: list[str], report: Report) -> tuple[str, list[re.Match[str]]]:
    """Return a text with what needs no origin hidden, and the numbers left; count those that claims explain."""
    if not re.search(r"\d", text):
        return text, []
    text = LINK.sub(lambda link: "](" + HIDDEN * (len(link.group()) - 3) + ")", text)
    for pattern in (*NOT_COUNTED, FOOTNOTE_MARK):
        text = _hide(pattern, text)
    for claim in typed:
        if claims.may_hold(text, claim):
            text, n_typed = claims.token(claim).subn(_hidden, text)
            report.counts["typed"] += n_typed
    text = _hide(known.names, text)
    return text, list(NUMBER.finditer(text))


def _tokens(texts: Iterable[str]) -> list[str]:
    """Return the claims that may be typed, the longest first: “16 GiB per token” is not “16 GiB”."""
    return sorted({text for text in texts if claims.typable(text)}, key=lambda text: (-len(text), text))


def _cited_spans(text: str) -> list[tuple[int, int]]:
    """Return where the sentences lie that carry a citation."""
    sources = {found["name"] for found in FOOTNOTE.finditer(text) if OUTSIDE.search(found["text"])}
    spans = [found.span() for found in FOOTNOTE.finditer(text) if OUTSIDE.search(found["text"])]
    for begin, end in _sentences(text):
        sentence = text[begin:end]
        if OUTSIDE.search(sentence) or any(found["name"] in sources for found in REFERENCE.finditer(sentence)):
            spans.append((begin, end))
    return spans


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each sentence begins and ends.

    >>> text = "One of 5. Two 3.5 [^a]. 三。四[^b]。[^c]\\n- five"
    >>> [text[begin:end].strip() for begin, end in _sentences(text)]
    ['One of 5.', 'Two 3.5 [^a].', '三。', '四[^b]。[^c]', '', '- five']
    """
    begin = 0
    for found in END.finditer(text):
        yield begin, found.end()
        begin = found.end()
    if begin < len(text):
        yield begin, len(text)


def _hide(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(_hidden, text)


def _hidden(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", HIDDEN, found.group())


def _context(text: str, number: re.Match[str]) -> str:
    """Return a number with its unit, and some of the words around it, from the text as it was written."""
    whole = NUMBER.match(text, number.start()) or number
    row_begin, row_end = text.rfind("\n", 0, whole.start()) + 1, text.find("\n", whole.end())
    begin = max(row_begin, whole.start() - AROUND)
    end = min(row_end if row_end >= 0 else len(text), whole.end() + AROUND)
    return f"{whole.group().strip()} (“{text[begin:end].strip()}”)"
