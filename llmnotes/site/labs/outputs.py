"""What the cells of a lab put out, as mkdocs-jupyter renders it, cut down to what a page of this site needs."""

from __future__ import annotations

import html
import re
import tempfile
from pathlib import Path
from typing import Any

import lxml.html
import nbformat
import nbformat.v4 as form
from mkdocs_jupyter.convert import nb2html

from llmnotes.figures.style import PROPERTIES
from llmnotes.site.drawing import figure
from llmnotes.site.labs import execute, taken
from llmnotes.site.labs.execute import Outputs
from llmnotes.site.labs.in_kernel import SVG
from llmnotes.site.snippets.runner import Runner
from llmnotes.site.text import percent
from llmnotes.site.text.pages import Page
from llmnotes.site.text.percent import Cell
from llmnotes.site.text.problem import Problem, SiteError

WORDS = {
    "zh": {"output": "第 {} 格的输出", "measured": "实测", "source": "下载这个实验（Jupyter 笔记本）"},
    "en": {"output": "Output of cell {}", "measured": "measured", "source": "Download this lab (Jupyter notebook)"},
}


def made(
    page: Page, text: str, outputs: Outputs, record: dict[str, Any], runner: Runner, site_url: str
) -> dict[str, Any]:
    """Return what `shown` shows.

    Args:
        page: The lab as a page.
        text: Its file.
        outputs: What each cell puts out.
        record: Machine and date of what was measured.
        runner: Answers for the numbers in its text.
        site_url: Where the edition will be, or empty: links of the notebook begin with it.

    Raises:
        SiteError: If a drawing has no description or cannot follow light and dark.
    """
    notebook = percent.as_notebook(text, lambda cell: taken.text_of_cell(cell, page, runner, site_url))
    return {
        "outputs": rendered(page.lang, page.place, percent.cells(text), outputs, record),
        "notebook": nbformat.writes(notebook) + "\n",
        "link": WORDS[page.lang]["source"],
    }


def rendered(lang: str, place: str, cells: list[Cell], outputs: Outputs, record: dict[str, Any]) -> list[str]:
    """Return, for each cell, its output as HTML; empty where it puts out nothing."""
    texts = _texts(outputs)
    found: list[str] = []
    for number, (cell, out) in enumerate(zip(cells, outputs, strict=True), 1):
        drawings = [output["data"][SVG] for output in out if SVG in output.get("data", {})]
        parts = [text for text in texts[number - 1] if text.strip()]
        shown = [f"<pre>{html.escape(text.rstrip(), quote=False)}</pre>" for text in parts]
        shown += [_drawing(place, cell, svg, f"lab-{number}-{index}") for index, svg in enumerate(drawings)]
        if not shown:
            found.append("")
            continue
        label = WORDS[lang]["output"].format(number)
        note = f'<p class="ln-provenance">{_measured(lang, record)}</p>' if cell.measured else ""
        box = f'<div class="ln-scroll" tabindex="0" role="region" aria-label="{label}">{"".join(shown)}</div>'
        found.append(f'<div class="ln-output" data-search-exclude>{box}{note}</div>')
    return found


def executed(root: Path, page: Page, texts: list[str]) -> str:
    """Return a lab as a notebook with its outputs, the file that mkdocs-jupyter's plugin renders.

    Args:
        root: The project.
        page: The lab as a page.
        texts: Its text as HTML: before, between and behind its cells of code.
    """
    name, source = page.slug, page.path.read_text(encoding="utf-8")
    cells, record = percent.cells(source), execute.measured(root, name, execute.read(root, name))
    notebook = percent.as_notebook("", str)
    notebook.cells = [_text_cell(texts[0])]
    for cell, out, text in zip(cells, execute.outputs(root, name), texts[1:], strict=True):
        code = form.new_code_cell(cell.code, outputs=[_output(output) for output in out])
        if cell.measured:
            note = {"text/html": f'<p class="ln-provenance">{_measured(page.lang, record)}</p>'}
            code.outputs.append(form.new_output("display_data", note))
        notebook.cells += [code, _text_cell(text)]
    for index, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{index}"
        if cell.cell_type == "code":
            cell["execution_count"] = index // 2 + 1
    return nbformat.writes(notebook) + "\n"


def _text_cell(text: str) -> Any:
    """Return HTML as a cell of Markdown: one block, which an empty line would end."""
    pieces = re.split(r"(<pre\b.*?</pre>)", text, flags=re.S)
    joined = [piece.replace("\n", "&#10;" if piece.startswith("<pre") else " ") for piece in pieces]
    return form.new_markdown_cell(f"<div>{''.join(joined)}</div>")


def _measured(lang: str, record: dict[str, Any]) -> str:
    kind = f'<span class="ln-kind ln-kind--measured">{WORDS[lang]["measured"]}</span>'
    where = html.escape(f"{record['machine']} · Python {record['python']} · numpy {record['numpy']}", quote=False)
    return f'{kind} · {where} · <time datetime="{record["date"]}">{record["date"]}</time>'


def _texts(outputs: Outputs) -> list[list[str]]:
    """Return the texts that each cell shows, as mkdocs-jupyter (nbconvert) decides what to show of an output."""
    spec = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    notebook = form.new_notebook(metadata=spec)
    for index, out in enumerate(outputs):
        cell = form.new_code_cell("", id=f"cell-{index}")
        # A drawing is inlined by this site; its text names an object in memory.
        cell.outputs = [_output(output) for output in out if SVG not in output.get("data", {})]
        notebook.cells.append(cell)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "executed.ipynb")
        nbformat.write(notebook, str(path))
        document = lxml.html.document_fromstring(nb2html(str(path), execute=False, allow_errors=False))
    found: list[list[str]] = [[] for _ in outputs]
    for index, cell in enumerate(document.find_class("jp-Notebook-cell")[1::2]):
        for text in cell.xpath(".//*[contains(@class, 'jp-RenderedText')]/pre"):
            found[index].append(text.text_content())
    return found


def _output(output: dict[str, Any]) -> Any:
    fields = {key: value for key, value in output.items() if key != "output_type"}
    return form.new_output(output["output_type"], **fields)


def _drawing(place: str, cell: Cell, svg: str, prefix: str) -> str:
    if not cell.description:
        message, remedy = "draws a figure without a description", 'write description="…" on the line of its # %%'
        raise SiteError([Problem(place, cell.line, message, remedy)])
    try:
        drawn = figure.inline(svg.encode(), prefix, PROPERTIES)
    except figure.FigureError as error:
        raise SiteError([Problem(place, cell.line, str(error), error.remedy)]) from None
    return figure.named(drawn, cell.description)
