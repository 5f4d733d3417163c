"""Every page as plain Markdown beside its HTML, with its numbers filled in: for machines, and for whoever quotes."""

from __future__ import annotations

import json
import re
from pathlib import Path

from llmnotes.site.cache import manifest
from llmnotes.site.cache.store import Entry, code_digest, digest, digest_path
from llmnotes.site.figures.figure_table import cell_text
from llmnotes.site.figures.present import DIGEST_DIGITS, LABELS
from llmnotes.site.figures.worded import said, worded
from llmnotes.site.snippets.runner import Runner, runner_of
from llmnotes.site.text.addresses import HTML_LANG
from llmnotes.site.text.pages import Page, includes, load
from llmnotes.site.text.shown import Shown
from llmnotes.site.text.source import CODE, HEADING_ID, NAMED_USE, SPAN, USE, WORDS, Fence, use_of

FILLED = re.compile(f"{CODE.pattern}|{USE.pattern}|{SPAN}", re.S)
INCLUDE = re.compile(r'^(?P<indent>[ \t]*)--8<--[ \t]+"(?P<file>[^":]+)(?::(?P<section>[\w-]+))?"[ \t]*$', re.M)


def write(root: Path, lang: str, site_dir: Path) -> set[str]:
    """Write the twin of every page of an edition beside it; return the snippets that its pages show or use."""
    runner = runner_of(root)
    rules = digest(manifest.surroundings(root), code_digest())
    snippets: set[str] = set()
    for page in load(root):
        if page.lang == lang:
            text, names = kept_twin(root, page, runner, rules)
            (site_dir / page.slug).with_suffix(".md").write_text(text, encoding="utf-8")
            snippets |= set(names)
    return snippets


def kept_twin(root: Path, page: Page, runner: Runner, rules: str) -> tuple[str, list[str]]:
    """Return the twin of a page and the snippets it names, from the store if nothing changed on which they rest."""
    slot, recipe = f"twin {page.place}", digest(rules, page.place, repr(page.meta), page.body)
    if kept := runner.store.latest(slot, recipe, runner.digest_of):
        return kept.value["text"], kept.value["snippets"]
    text, snippets = twin(root, page, runner), sorted(set(page.snippets.values()))
    inputs = runner.inputs_of(page.snippets.values(), [page.lang])
    inputs |= {place: digest_path(root, place) for _, file, _ in includes(page) for place in [f"snippets/{file}"]}
    if all(inputs.values()):
        runner.store.keep_latest(slot, recipe, Entry({"text": text, "snippets": snippets}, inputs))
    return text, snippets


def twin(root: Path, page: Page, runner: Runner) -> str:
    """Return a page as Markdown that needs neither the snippets nor the builder."""
    head = {
        "title": page.meta["title"],
        "description": page.meta["description"],
        "lang": HTML_LANG[page.lang],
        "html": f"{page.path.stem}.html",
    }
    rows = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items()]
    if page.stale:
        rows.append("stale: true")
    front = "\n".join(["---", *rows, "---", ""])
    lines = page.body.splitlines()
    parts: list[str] = []
    done = 0
    for fence in page.source.fences:
        end = fence.line + fence.code.count("\n") + 1
        parts += [
            prose("\n".join(lines[done : fence.line - 1]), page, runner),
            _fence(root, page, fence, lines, runner),
        ]
        done = end
    parts.append(prose("\n".join(lines[done:]), page, runner))
    return front + "\n".join(parts).rstrip() + "\n"


def prose(text: str, page: Page, runner: Runner) -> str:
    """Return prose with its numbers filled in and without marks that mean something to the builder only."""

    def fill(found: re.Match[str]) -> str:
        if found["words"]:
            return found["words"]
        named = NAMED_USE.fullmatch(found["text"] or "")
        if named is None or named[1] not in page.snippets:
            return found.group()
        return said(use_of(found["text"], 0), page, runner.get)

    # The words of figures stand in these.
    rows = FILLED.sub(fill, WORDS.sub("", text)).split("\n")
    return "\n".join(HEADING_ID.sub("", row).rstrip() if row.startswith("#") else row for row in rows)


def _fence(root: Path, page: Page, fence: Fence, lines: list[str], runner: Runner) -> str:
    """Return a block of code as it is, with what it includes, or the figure that it shows."""
    if not fence.runs:
        end = fence.line + fence.code.count("\n") + 1
        return INCLUDE.sub(lambda found: _included(root, found), "\n".join(lines[fence.line - 1 : end]))
    names = [
        show.snippet
        for show in page.shows
        if page.line(fence.line) < show.line <= page.line(fence.line) + fence.code.count("\n")
    ]
    return "\n\n".join(figure(worded(runner.get(name, page.lang), page, runner.get)) for name in names)


def _included(root: Path, found: re.Match[str]) -> str:
    """Return the section of a snippet that a page includes."""
    text = (root / "snippets" / found["file"]).read_text(encoding="utf-8")
    if name := found["section"]:
        mark = r"^[ \t]*# --8<-- \[{}:{}\][ \t]*\n"
        text = re.split(mark.format("start", name), text, flags=re.M)[1]
        text = re.split(mark.format("end", name), text, flags=re.M)[0]
    return "\n".join(found["indent"] + row for row in text.strip("\n").splitlines())


def figure(shown: Shown) -> str:
    """Return a figure as what it finds, what it shows, and its numbers."""
    labels = LABELS[shown.lang]
    columns = [_cell(column) for column in shown.table.columns]
    rows = [[_cell(cell_text(cell, shown.lang)) for cell in row] for row in shown.table.rows]
    table = [columns, ["---"] * len(columns), *rows]
    parts = [
        f"**{shown.title}**",
        shown.description,
        "\n".join(f"{at}. {said}" for at, said in enumerate(shown.steps, start=1)),
        "\n".join(f"| {' | '.join(row)} |" for row in table),
        shown.table.unit,
        f"*{shown.caption}*",
        f"({labels[shown.kind]}, llmnotes {shown.version}, {labels['inputs']} sha-{shown.digest[:DIGEST_DIGITS]})",
    ]
    return "\n\n".join(filter(None, parts))


def _cell(text: str) -> str:
    """Return what a cell of a Markdown table can hold."""
    return text.replace("|", r"\|").replace("\n", " ")
