"""The table of every registered model, on the page that leads to theirs."""

from __future__ import annotations

from collections.abc import Sequence

from llmnotes import units
from llmnotes.site.made.document import Cell, Table, table_html, table_markdown
from llmnotes.site.made.models import layers
from llmnotes.site.made.models.facts import Facts

SHORT, LONG = 8_192, 131_072
COLUMNS = {
    "zh": ("模型", "参数", "激活", "8K 缓存", "128K 缓存", "128K 全长", "结构", "位置上限", "发布", "机构"),
    "en": (
        "model",
        "params",
        "active",
        "cache at 8K",
        "at 128K",
        "128K full length",
        "kind",
        "positions",
        "released",
        "by",
    ),
}
TEXT = {
    "zh": {
        "label": "全部登记的模型",
        "find": "筛选",
        "hint": "名字、机构、结构：qwen、MLA、MoE、2026……",
        "found": "{} / {} 个模型",
        "sort": "按这一列排序",
    },
    "en": {
        "label": "All registered models",
        "find": "Filter",
        "hint": "name, maker, kind: qwen, MLA, MoE, 2026 …",
        "found": "{} of {} models",
        "sort": "sort by this column",
    },
}


def table(found: Sequence[Facts], lang: str) -> Table:
    """Return the table, the newest first."""
    newest = sorted(found, key=lambda facts: (str(facts.entry.released or ""), facts.id), reverse=True)
    return Table(TEXT[lang]["label"], COLUMNS[lang], [_row(facts, lang) for facts in newest])


def _row(facts: Facts, lang: str) -> list[Cell]:
    entry, counted = facts.entry, facts.counted
    short, long = facts.cache_at(SHORT), facts.cache_at(LONG)
    n_ctx = facts.spec.n_ctx
    sizes = (short.ideal_bytes, long.ideal_bytes, long.reserved_bytes)
    return [
        Cell(entry.name, href=f"models/{facts.id}.html"),
        Cell(units.format_count(counted.total, lang), counted.total),
        Cell(units.format_count(counted.active, lang), counted.active),
        *(Cell(units.format_bytes(size, lang), size) for size in sizes),
        Cell(" · ".join(layers.tags(facts.spec))),
        Cell("–" if n_ctx is None else units.format_tokens(n_ctx), n_ctx or 0),
        Cell(entry.released.isoformat()[:7] if entry.released else "–"),
        Cell(entry.org or "–"),
    ]


def as_html(found: Sequence[Facts], lang: str) -> str:
    """Return the table with what filters it; the script beside it shows that and makes the columns sort."""
    text = TEXT[lang]
    count = text["found"].format(len(found), len(found))
    return (
        f'<form class="ln-filter" role="search" data-found="{text["found"]}" data-sort="{text["sort"]}">'
        f'<label for="ln-filter">{text["find"]}</label>'
        f'<input id="ln-filter" type="search" placeholder="{text["hint"]}" autocomplete="off" spellcheck="false">'
        f'<output for="ln-filter">{count}</output></form>'
        f"{table_html(table(found, lang), kind='ln-sortable ln-models')}"
    )


def as_markdown(found: Sequence[Facts], lang: str) -> str:
    """Return the table as Markdown."""
    return table_markdown(table(found, lang))
