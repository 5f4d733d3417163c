"""What a page's fence prints: the figure of a snippet, its numbers, its code and where they come from."""

from __future__ import annotations

import html
from typing import Any

from llmnotes.site import panel
from llmnotes.site.figure import name_drawing
from llmnotes.site.figure_files import code_address
from llmnotes.site.root import project_root
from llmnotes.site.runner import runner_of
from llmnotes.site.shown import WIDTHS, Shown
from llmnotes.units import format_number

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
        "missing": "–",
        "yes": "是",
        "no": "否",
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
        "missing": "–",
        "yes": "yes",
        "no": "no",
    },
}
LARGEST_PLAIN = 10_000_000_000_000
DIGEST_DIGITS = 12


def show(name: str, *, lang: str) -> str:
    """Return the figure of a snippet as HTML.

    What the build has prepared is taken from the store; what is missing (a plain `mkdocs build`) is run now.

    Args:
        name: The snippet, below `snippets/`, without the suffix.
        lang: "zh" or "en".

    Raises:
        SiteError: If the snippet fails.
    """
    if lang not in LABELS:
        raise ValueError(f"lang is {lang!r}: show takes one of {', '.join(LABELS)}")
    return figure_html(runner_of(project_root()).get(name, lang))


def figure_html(shown: Shown) -> str:
    """Return what is shown as HTML, without empty lines (Markdown would end the block at one)."""
    labels = LABELS[shown.lang]
    drawings = "".join(
        f'<div class="ln-{width}">{name_drawing(svg, f"{shown.id}-{width}", shown.title, shown.description)}</div>'
        for width, svg in zip(WIDTHS, (shown.svg_wide, shown.svg_narrow), strict=True)
    )
    name, lang = f"fig-{shown.id}", "zh-Hans" if shown.lang == "zh" else "en"
    play = " data-play" if shown.play else ""
    # In HTML a caption is the first or the last child of its figure, so it holds all that follows the drawing.
    return (
        f'<figure class="ln-figure" id="{name}" lang="{lang}" aria-labelledby="{name}-title"'
        f' data-figure="{shown.name}"{play}>'
        f'<p class="ln-figure__title" id="{name}-title">{html.escape(shown.title, quote=False)}</p>'
        f'<div class="ln-drawing" data-search-exclude>{drawings}</div>{panel.html_of(shown)}'
        f'<figcaption><p class="ln-figure__caption">{html.escape(shown.caption, quote=False)}</p>'
        f'<details class="ln-data" data-search-exclude><summary>{labels["data"]}</summary>'
        f"{_table(shown)}{_csv_button(shown)}</details>"
        f'<details class="ln-code" data-search-exclude><summary>{labels["code"]}</summary>'
        f'<p><a href="{code_address(shown.name)}">{html.escape(shown.id)}.py</a></p></details>'
        f"{_provenance(shown)}</figcaption></figure>"
    )


def cell_text(cell: Any, lang: str) -> str:
    """Return a cell as people read it: thousands grouped, four significant digits after the point.

    >>> [cell_text(cell, "en") for cell in (131072, 0.0144118, 12345.678, None, "GQA")]
    ['131,072', '0.01441', '12,346', '–', 'GQA']
    """
    if cell is None or isinstance(cell, bool):
        return LABELS[lang]["missing" if cell is None else "yes" if cell else "no"]
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, float):
        whole = abs(cell) >= 1000
        return f"{cell:,.0f}" if whole and abs(cell) < LARGEST_PLAIN else format_number(cell, 4)
    return str(cell)


def _table(shown: Shown) -> str:
    head = "".join(f'<th scope="col">{html.escape(name, quote=False)}</th>' for name in shown.table.columns)
    rows = "".join(
        "<tr>" + "".join(_cell(cell, shown.lang, first=index == 0) for index, cell in enumerate(row)) + "</tr>"
        for row in shown.table.rows
    )
    caption = f"<caption>{html.escape(shown.table.unit, quote=False)}</caption>" if shown.table.unit else ""
    table = f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return _scroll(table, f"{LABELS[shown.lang]['data']}: {shown.title}")


def _cell(cell: Any, lang: str, *, first: bool) -> str:
    text = cell_text(cell, lang)
    number = isinstance(cell, int | float) and not isinstance(cell, bool)
    attributes = ' class="ln-number"' if number else ""
    content = html.escape(text, quote=False)
    return f'<th scope="row"{attributes}>{content}</th>' if first else f"<td{attributes}>{content}</td>"


def _scroll(inner: str, label: str) -> str:
    """Return a box that scrolls sideways on a phone and that a keyboard can reach."""
    return f'<div class="ln-scroll" tabindex="0" role="region" aria-label="{html.escape(label)}">{inner}</div>'


def _csv_button(shown: Shown) -> str:
    # The numbers in full come with a script, when asked for. Without scripts there is no button.
    name = f"{html.escape(shown.id)}.csv"
    return f'<button class="ln-csv" type="button" data-name="{name}" hidden>{LABELS[shown.lang]["csv"]}</button>'


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
