"""What a figure has beyond its page: its table and code in full, and what follows its controls, loaded when asked for.

A page that lies on a disk may not fetch, so `assets/figures/<snippet>.js` is a script; `.txt` beside it is the code for
those who read without scripts.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmnotes.site.cache.store import Entry, code_digest
from llmnotes.site.text.shown import Shown

if TYPE_CHECKING:
    from llmnotes.site.snippets.runner import Runner


FOLDER = "figures"
# How a fragment that does not know its page names the folder of the edition's assets; the template fills it in.
ASSETS = "assets:"
# What the page has already, or what the build alone needs.
NOT_LOADED = ("script", "names", "said", "follows")
# Names, punctuation, operators and blanks, which the page shows in the colour of the text.
PLAIN_TOKEN = re.compile(r'<span class="(?:n|p|o|w)">([^<]*)</span>')


def write(runner: Runner, lang: str, site_dir: Path, names: Iterable[str]) -> None:
    """Write the files of every figure of an edition.

    Args:
        runner: Answers for snippets.
        lang: Language of the edition.
        site_dir: Where it was built.
        names: The snippets that its pages show or use.
    """
    for name in sorted(names):
        slot = f"figure files {lang} {name}"
        kept = runner.store.latest(slot, code_digest(), runner.digest_of)
        if kept is None:
            shown = runner.get(name, lang)
            data = {"csv": csv_text(shown), "code": highlighted(shown.source), "said": said(shown)}
            data |= {"ask": shown.ask} if shown.ask else {}
            kept = Entry([script(name, data, shown.play), shown.source], runner.inputs_of([name], [lang]))
            runner.store.keep_latest(slot, code_digest(), kept)
        file = site_dir / "assets" / FOLDER / f"{name}.js"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(kept.value[0], encoding="utf-8")
        file.with_suffix(".txt").write_text(kept.value[1], encoding="utf-8")


def says_more(value: Any) -> bool:
    """Return whether a page can say more of a number than it writes: a quantity, and not a length that was chosen.

    >>> says_more({"v": 8, "u": "bytes"}), says_more({"v": 8192, "u": "tokens"}), says_more("Qwen3 32B")
    (True, False, False)
    """
    if not isinstance(value, dict) or "v" not in value:
        return False
    return value["u"] != "tokens" or any(value.get(key) for key in ("name", "formula", "source"))


def said(shown: Shown) -> dict[str, Any]:
    """Return what a page can say of the numbers of a snippet, by name: quantities as JSON, their kind made explicit."""
    return {
        name: {**value, "kind": shown.kind_of(name), "date": shown.date}
        for name, value in shown.quantities.items()
        if says_more(value)
    }


def code_address(name: str) -> str:
    """Return where the code of a snippet lies, as a fragment of a page names it."""
    return f"{ASSETS}{FOLDER}/{name}.txt"


def script(name: str, data: Mapping[str, Any], play: Mapping[str, Any] | None) -> str:
    """Return what a page runs to know a figure: its data, and its functions by name where it has controls."""
    known = json.dumps(name)
    head = (
        f"globalThis.llmnotes = globalThis.llmnotes || {{}};\n(llmnotes.figures = llmnotes.figures || {{}})[{known}] = "
    )
    if play is None:
        return f"{head}{_json(data)};\n"
    loaded = {**data, **{key: value for key, value in play.items() if key not in NOT_LOADED}}
    functions = f"(() => {{\n{play['script']}\nreturn {{{', '.join(play['names'])}}};\n}})()"
    return f"{head}Object.assign({_json(loaded)}, {{formulas: {functions}}});\n"


def csv_text(shown: Shown) -> str:
    """Return the table of a figure as a file, every number in full."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(shown.table.columns)
    writer.writerows([["" if cell is None else cell for cell in row] for row in shown.table.rows])
    return file.getvalue()


def highlighted(source: str) -> str:
    """Return Python code as HTML in which names, punctuation and blanks have no colour of their own."""
    from pygments import highlight
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers.python import PythonLexer

    return PLAIN_TOKEN.sub(r"\1", highlight(source, PythonLexer(), HtmlFormatter(nowrap=True)).rstrip("\n"))


def _json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
