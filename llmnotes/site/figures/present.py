"""What a page's fence prints: the figure of a snippet, its numbers, its code and where they come from."""

from __future__ import annotations

import html
import re

from llmnotes.site.drawing.figure import named_by
from llmnotes.site.figures import panel
from llmnotes.site.figures.figure_files import code_address
from llmnotes.site.figures.figure_table import table_html
from llmnotes.site.figures.worded import worded
from llmnotes.site.snippets.runner import runner_of
from llmnotes.site.text.pages import current
from llmnotes.site.text.root import project_root
from llmnotes.site.text.shown import PLAIN, WIDTHS, Shown

LABELS = {
    "zh": {
        "data": "数据",
        "csv": "下载 CSV",
        "code": "代码",
        "computed": "构建时计算",
        "measured": "实测",
        "reported": "引自来源",
        "inputs": "输入摘要",
        "date": "最近改动 {}",
        "changed": "有未提交的改动",
        "undated": "没有提交日期",
        "in_full": "名字写全",
        "steps": "一步一步看",
    },
    "en": {
        "data": "Data",
        "csv": "Download CSV",
        "code": "Code",
        "computed": "computed at build",
        "measured": "measured",
        "reported": "reported by a source",
        "inputs": "inputs",
        "date": "last changed {}",
        "changed": "uncommitted changes",
        "undated": "no commit date",
        "in_full": "Names in full",
        "steps": "Step by step",
    },
}
DIGEST_DIGITS = 12


def show(name: str, *, lang: str = "") -> str:
    """Return the figure of a snippet as HTML.

    What the build has prepared is taken from the store; what is missing (a plain `mkdocs build`) is run now.

    Args:
        name: The snippet: its last part where it belongs to the page, else its path below `snippets/`.
        lang: "zh" or "en"; by default that of the page which is being converted.

    Raises:
        SiteError: If the snippet fails, or the page does not say the words of its figure.
    """
    page = current.get()
    lang = lang or (page.lang if page else "")
    if lang not in LABELS:
        raise ValueError(f"lang is {lang!r}: show takes one of {', '.join(LABELS)}")
    get = runner_of(project_root()).get
    shown = get(page.full(name) if page else name, lang)
    return figure_html(worded(shown, page, get) if page else shown)


def figure_html(shown: Shown) -> str:
    """Return what is shown as HTML, without empty lines (Markdown would end the block at one)."""
    labels = LABELS[shown.lang]
    name, lang = f"fig-{shown.id}", "zh-Hans" if shown.lang == "zh" else "en"
    play = " data-play" if shown.play else ""
    drawn, fold = _barred(shown, name) if shown.table.bars else _drawn(shown, name)
    # In HTML a caption is the first or the last child of its figure, so it holds all that follows the drawing.
    return (
        f'<figure class="ln-figure" id="{name}" lang="{lang}" aria-labelledby="{name}-title"'
        f' data-figure="{shown.name}"{play}>'
        f'<p class="ln-figure__title" id="{name}-title">{_inline(shown.title)}</p>'
        f"{drawn}{panel.html_of(shown)}"
        f'<figcaption><p class="ln-figure__caption">{_inline(shown.caption)}</p>{fold}'
        f'<details class="ln-code" data-search-exclude><summary>{labels["code"]}</summary>'
        f'<p><a href="{code_address(shown.name)}">{html.escape(shown.id)}.py</a></p></details>'
        f"{_provenance(shown)}</figcaption></figure>"
    )


def _inline(words: str) -> str:
    """Return words as HTML, in which code stands between backticks.

    >>> _inline("from `n` to `2n` < 5")
    'from <code>n</code> to <code>2n</code> &lt; 5'
    """
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(words, quote=False))


def _drawn(shown: Shown, name: str) -> tuple[str, str]:
    """Return both drawings of a figure, and its numbers as a fold."""
    drawings = "".join(
        f'<div class="ln-{width}">{named_by(svg, f"{name}-title", f"{name}-desc")}</div>'
        for width, svg in zip(WIDTHS, (shown.svg_wide, shown.svg_narrow), strict=True)
    )
    label = LABELS[shown.lang]["data"]
    table = _scroll(table_html(shown.table, shown.lang), f"{label}: {shown.title}")
    inner = f"{_description(shown, name)}{_steps(shown, name)}{drawings}"
    drawn = f'<div class="ln-drawing" data-search-exclude>{inner}</div>'
    return drawn, _fold(shown, label, table)


def _steps(shown: Shown, name: str) -> str:
    """Return the steps of a mechanism as buttons of which one is chosen; the style sheet shows that step alone."""
    buttons = "".join(
        f'<label><input type="radio" name="{name}-step" value="{at}"{" checked" if at == 1 else ""}>'
        f"<span>{at}. {html.escape(said, quote=False)}</span></label>"
        for at, said in enumerate(shown.steps, start=1)
    )
    legend = f"<legend>{LABELS[shown.lang]['steps']}</legend>"
    return f'<fieldset class="ln-steps">{legend}{buttons}</fieldset>' if buttons else ""


def _barred(shown: Shown, name: str) -> tuple[str, str]:
    """Return the table that is a figure, and a fold; that of a table with bars, when open, writes its names in full."""
    table = table_html(shown.table, shown.lang).replace("<table", f'<table aria-describedby="{name}-desc"', 1)
    if shown.table.bars == PLAIN:
        table = _scroll(table, shown.title)
        drawn = f'<div class="ln-plain" data-search-exclude>{_description(shown, name)}{table}</div>'
        return drawn, _fold(shown, LABELS[shown.lang]["data"], "")
    drawn = f'<div class="ln-bars" data-search-exclude>{_description(shown, name)}{table}</div>'
    return drawn, _fold(shown, LABELS[shown.lang]["in_full"], "")


def _description(shown: Shown, name: str) -> str:
    return f'<p id="{name}-desc" hidden>{html.escape(shown.description, quote=False)}</p>'


def _fold(shown: Shown, label: str, table: str) -> str:
    # The numbers in full come with a script, when asked for. Without scripts there is no button.
    file = f"{html.escape(shown.id)}.csv"
    button = f'<button class="ln-csv" type="button" data-name="{file}" hidden>{LABELS[shown.lang]["csv"]}</button>'
    return f'<details class="ln-data" data-search-exclude><summary>{label}</summary>{table}{button}</details>'


def _scroll(inner: str, label: str) -> str:
    """Return a box that scrolls sideways on a phone and that a keyboard can reach."""
    return f'<div class="ln-scroll" tabindex="0" role="region" aria-label="{html.escape(label)}">{inner}</div>'


def _provenance(shown: Shown) -> str:
    labels = LABELS[shown.lang]
    when = (
        labels["date"].format(f'<time datetime="{shown.date}">{shown.date}</time>') if shown.date else labels["undated"]
    )
    parts = [
        f'<span class="ln-kind ln-kind--{shown.kind}">{labels[shown.kind]}</span>',
        f"llmnotes {html.escape(shown.version)}",
        f"{labels['inputs']} <code>sha-{shown.digest[:DIGEST_DIGITS]}</code>",
        labels["changed"] if shown.changed else when,
    ]
    return f'<p class="ln-provenance">{" · ".join(parts)}</p>'
