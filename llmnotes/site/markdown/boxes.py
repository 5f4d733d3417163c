"""Boxes that scroll sideways and that a keyboard can reach, with a label each, and the banner of a stale page."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from llmnotes.site.text.pages import Page, other

LABELS = {
    "zh": {"formula": "公式", "table": "表", "sep": "、", "stale": "译文未同步", "done": "完成", "open": "未完成"},
    "en": {
        "formula": "Formula",
        "table": "Table",
        "sep": ", ",
        "stale": "This translation lags behind",
        "done": "done",
        "open": "not done",
    },
}
STALE = {
    "zh": '这一页还没有和现在的<a href="{}" hreflang="en">英文原文</a>核对过。两者不同的地方，以原文为准。',
    "en": 'This page was not compared with its <a href="{}" hreflang="zh-Hans">Chinese original</a> as it is now. '
    "Where the two differ, the original is right.",
}
# What an admonition without a title is called in Chinese.
KINDS = {
    "note": "注意", "abstract": "摘要", "info": "信息", "tip": "提示", "success": "完成", "question": "问题",
    "warning": "当心", "failure": "失败", "danger": "危险", "bug": "缺陷", "example": "例子", "quote": "引用",
}  # fmt: skip
# What Python-Markdown puts in the place of finished HTML.
PLACEHOLDER = re.compile(r"\x02.*?\x03")


def formula(lang: str, number: int) -> dict[str, str]:
    """Return the attributes of the box around a display formula.

    It is a group and no region: a page with forty formulas would have forty landmarks.
    """
    return _box("group", f"{LABELS[lang]['formula']} {number}") | {"class": "ln-scroll ln-formula"}


def around_tables(root: ElementTree.Element, lang: str) -> None:
    """Put every table of a page into a box whose label says what the columns are, unlike any other on the page."""
    words, labels = LABELS[lang], list[str]()
    for parent in list(root.iter()):
        for index, child in enumerate(parent):
            if child.tag == "table":
                heads = (PLACEHOLDER.sub("", "".join(cell.itertext())).strip() for cell in child.iter("th"))
                label = f"{words['table']}: {words['sep'].join(filter(None, heads))}"
                labels.append(label)
                again = labels.count(label)
                box = ElementTree.Element("div", _box("region", label if again == 1 else f"{label} ({again})"))
                box.tail, child.tail = child.tail, "\n"
                box.append(child)
                parent[index] = box


def banner(page: Page) -> str:
    """Return what a stale page says of itself."""
    lang = other(page.lang)
    original = f"{'../' * (page.slug.count('/') + 1)}{lang}/{page.slug}.html"
    title = LABELS[page.lang]["stale"]
    return f'<p class="admonition-title">{title}</p><p>{STALE[page.lang].format(original)}</p>'


def name_kinds(root: ElementTree.Element, lang: str) -> None:
    """Give admonitions and folds without a title the name of their kind in the language of the page."""
    for box in root.iter() if lang == "zh" else ():
        kind = next((name for name in box.get("class", "").split() if name in KINDS), "")
        title = box[0] if len(box) else None
        if kind and title is not None and (title.tag == "summary" or title.get("class") == "admonition-title"):
            title.text = KINDS[kind] if title.text == kind.capitalize() else title.text


def task(lang: str, done: bool) -> str:
    """Return what the box of a task says."""
    return LABELS[lang]["done" if done else "open"]


def _box(role: str, label: str) -> dict[str, str]:
    return {"class": "ln-scroll", "tabindex": "0", "role": role, "aria-label": label}
