"""Where help is wanted: pages that one language lacks, families counted by reading alone, numbers to read again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llmnotes.site.made.document import Cell, Section, Table, Words, as_html, as_markdown
from llmnotes.site.text import pages
from llmnotes.site.text.pages import Page

# Families that were counted by reading their code alone: help is wanted, and none may join them.
UNCONFIRMED = frozenset(
    """
    arctic bailing_moe deepseek grok-1 maincoder nemotron-nas openelm phi-msft phi3small plamo plm rwkv5 rwkv6
    smallthinker
    """.split()  # noqa: SIM905 - so many words read better as a paragraph
)
TEXT = {
    "zh": {
        "translate": "等人翻译的页面",
        "how": "打开原文，写成另一种语言的页面，去掉 stale: true，再运行 make sync PAGE=… COMPARED=1。",
        "page": "页面",
        "lacks": "缺",
        "file": "要写的文件",
        "languages": {"zh": "中文", "en": "英文"},
        "measure": "等人实测的模型家族",
        "why": "下列家族的参数量是读它们的代码得出的，还没有在真正的模型类上数过。谁能装上它们的代码，就能"
        "补上一条：把各张量的元素数加起来，写进 tests/data，再把名字从 llmnotes/site/made/wanted.py 的名单里去掉。",
        "family": "model_type",
    },
    "en": {
        "translate": "Pages to translate",
        "how": "Open the original, write the page in the other language, take out stale: true, then run "
        "make sync PAGE=… COMPARED=1.",
        "page": "page",
        "lacks": "lacks",
        "file": "file to write",
        "languages": {"zh": "Chinese", "en": "English"},
        "measure": "Families to measure",
        "why": "The parameters of these families were counted by reading their code, and not yet on the real class. "
        "Whoever can install that code can add a case: sum the elements of its tensors, write the sum into tests/data, "
        "and take the name out of the list in llmnotes/site/made/wanted.py.",
        "family": "model_type",
    },
}


def make(root: Path, lang: str, config: Any) -> dict[str, Any]:
    """Return what `made.write` asks of a maker."""
    whole = sections(stale(root), lang)
    return {"html": as_html(whole), "markdown": as_markdown(whole)}


def stale(root: Path) -> list[Page]:
    """Return the pages that wait for a translator."""
    return [page for page in pages.load(root) if page.stale]


def sections(waiting: Sequence[Page], lang: str) -> list[Section]:
    """Return the lists, each with what to do; a list without an item has no section."""
    text: Any = TEXT[lang]
    rows = [
        [
            Cell(str(page.meta["title"]), href=f"{page.slug}.html", lang="" if page.lang == lang else page.lang),
            Cell(text["languages"][page.lang]),
            Cell(page.place),
        ]
        for page in waiting
    ]
    table = Table(text["translate"], (text["page"], text["lacks"], text["file"]), rows)
    families = Table(text["measure"], (text["family"],), [[Cell(name)] for name in sorted(UNCONFIRMED)])
    return [
        *([Section("translate", text["translate"], (Words(text["how"]), table))] if rows else []),
        Section("measure", text["measure"], (Words(text["why"]), families)),
    ]
