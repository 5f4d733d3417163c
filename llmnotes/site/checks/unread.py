"""What a snippet computes and nobody reads: no page, no claim, and none of the parts that show its result."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from llmnotes.claims import load_claims
from llmnotes.site.checks import claims
from llmnotes.site.script.ask_part import ANSWER, MARK, PREFIX
from llmnotes.site.snippets import snippet
from llmnotes.site.snippets.runner import Runner
from llmnotes.site.snippets.snippet import SIGNATURES, Snippet
from llmnotes.site.text import pages
from llmnotes.site.text.pages import Page
from llmnotes.site.text.problem import Problem
from llmnotes.site.text.source import USE

# A number that a reader changes is compared with the result of that name.
SHOWING = tuple(part for part in SIGNATURES if part != "compute")


def check(root: Path, runner: Runner) -> list[Problem]:
    """Return the results of snippets that nobody reads. Pages, claims and snippets must hold by themselves."""
    found = pages.load(root)
    showing: dict[str, list[Page]] = {}
    for page in found:
        for name in set(page.snippets.values()):
            showing.setdefault(name, []).append(page)
    stated = _stated(found)
    return [
        problem
        for name in snippet.names(root)
        for problem in _of_snippet(snippet.load(root, name), stated.get(name, set()), showing.get(name, []), runner)
    ]


def _stated(found: Sequence[Page]) -> dict[str, set[str]]:
    """What pages and claims state by name, by snippet."""
    uses = [(page, use.name, use.claim) for page in found for use in page.source.uses]
    by_slug = {page.slug: page for page in found}
    for claim in load_claims().values():
        texts = [text for words in claim.words.values() for text in (words.says, words.holds, words.shows)]
        for named in (claim.evidence, *(use["text"] for text in texts for use in USE.finditer(text))):
            name, _, quantity = named.partition(":")[0].partition(".")
            uses += [(by_slug[claim.page], name, quantity)] if claim.page in by_slug else []
    stated: dict[str, set[str]] = {}
    for page, name, quantity in uses:
        stated.setdefault(page.snippets.get(name, ""), set()).add(quantity)
    return stated


def _of_snippet(read: Snippet, stated: set[str], showing: Sequence[Page], runner: Runner) -> Iterator[Problem]:
    names = _Names(read.part(*SHOWING))
    result = runner.result(read.name)
    # A part may be asked for by what another part lists.
    names.words |= {
        text for value in result.values() if isinstance(value, list) for text in value if isinstance(text, str)
    }
    for key, value in result.items():
        called = [*_called(key, value)]
        if not (names.hold(key, *called) or stated & {*called} or _typed(read.name, called, showing, runner)):
            what = f"computes {key!r}, which no page, claim or drawing reads"
            said = f"state {{{{{read.id}.{called[0]}}}}} on a page" if called else "draw it"
            yield read.problem(_line(read, key), what, f"take it out of compute, or {said}")
    # What the snippet itself takes from a row is read too.
    subscripts = [node.slice for node in ast.walk(ast.parse(read.source)) if isinstance(node, ast.Subscript)]
    taken = {one.value for one in subscripts if isinstance(one, ast.Constant)}
    for key, called in dict(_columns(result)).items():
        known = names.hold(key) or key in taken or any(f"_{_slug(key)}_" in f"_{one}_" for one in stated)
        if not known and not _typed(read.name, called, showing, runner):
            what = f"computes {key!r} in {len(called)} rows, which no page, claim or drawing reads"
            yield read.problem(_line(read, key), what, f"take it out, or state {{{{{read.id}.{called[0]}}}}} on a page")
    if ask := runner.get(read.name, pages.LANGUAGES[0]).ask:
        marks = MARK.findall(" ".join(hint for hint, _ in ask["mistakes"]))
        known = {ANSWER, *ask["draws"], *marks, *_hinted(read.part("ask"))}
        for name in ask["names"]:
            if name not in known and PREFIX + name not in stated:
                remedy = f"take it out of solve, or state {{{{{read.id}.{PREFIX}{name}}}}}"
                yield read.problem(_line(read, name), f"solves for {name!r}, which no page and no hint reads", remedy)


def _hinted(tree: ast.Module) -> Iterator[str]:
    """Yield the mistakes to which an exercise has a hint."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "hints" and isinstance(node.value, ast.Dict):
            yield from (str(key.value) for key in node.value.keys if isinstance(key, ast.Constant))


class _Names:
    """The names that the parts which show a result write: a part of a result is read by the text of its key."""

    def __init__(self, tree: ast.Module) -> None:
        texts = [
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        self.words = {word for text in texts for word in (text, *re.findall(r"\w+", text))}
        joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
        self.patterns = [re.compile("".join(map(_pattern, node.values))) for node in joined]

    def hold(self, *names: str) -> bool:
        """Return whether one of these names is written, or put together from parts."""
        return any(name in self.words or any(one.fullmatch(name) for one in self.patterns) for name in names)


def _pattern(part: ast.expr) -> str:
    return re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+"


def _called(key: str, value: Any) -> Iterator[str]:
    """Yield the names by which prose asks for a part of a result; see `quantities.named`."""
    if _is_number(value) or not isinstance(value, dict | list):
        yield _slug(key)
    elif isinstance(value, dict):
        yield from (f"{_slug(key)}_{rest}" for inner, part in value.items() for rest in _called(inner, part))


def _columns(part: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, list[str]]]:
    """Yield what several rows of a result have, and by which names: a row holds numbers of more than one kind."""
    if _is_number(part) or not isinstance(part, dict | list):
        return
    inner = [(_slug(key), one) for key, one in part.items()] if isinstance(part, dict) else [("", one) for one in part]
    found: dict[str, list[str]] = {}
    for name, one in inner:
        if isinstance(one, dict) and not _is_number(one) and len({_kind(value) for value in one.values()}) > 1:
            for key in one:
                found.setdefault(key, []).append("_".join((*path, name, _slug(key))))
        yield from _columns(one, (*path, name))
    yield from ((key, called) for key, called in found.items() if len(called) > 1)


def _is_number(value: Any) -> bool:
    return isinstance(value, dict) and {*value} >= {"v", "u"}


def _kind(value: Any) -> str:
    return value["u"] if _is_number(value) else type(value).__name__


def _slug(key: str) -> str:
    return re.sub(r"\W+", "_", key).strip("_").lower()


def _typed(name: str, called: Iterable[str], showing: Sequence[Page], runner: Runner) -> bool:
    """Return whether a page types one of these numbers instead of naming it."""
    for page in showing:
        shown = runner.get(name, page.lang)
        texts = [shown.claims[one] for one in called if one in shown.claims]
        if any(claims.typable(text) and claims.token(text).search(page.body) for text in texts):
            return True
    return False


def _line(read: Snippet, key: str) -> int:
    """The line that writes a key; that of the part which computes where it is put together."""
    keys = [node for node in ast.walk(ast.parse(read.source)) if isinstance(node, ast.Constant) and node.value == key]
    return keys[0].lineno if keys else read.lines.get("compute", 1)
