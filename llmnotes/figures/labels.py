"""Words of a drawing: glossary ids, labels in both languages, quantities, and proper names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from llmnotes import quantities
from llmnotes.quantities import Quantity, QuantityError

# What looks like this is meant as an id of the glossary; any other text is a proper name: "Llama 3.1 8B", "GQA".
ID = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")

# Words that charts and tables need and no reader looks up: beside the glossary, and asked for as its terms are.
COMMON = {
    "model": ("模型", "model"),
    "models": ("模型", "models"),
    "chip": ("芯片", "chip"),
    "component": ("部件", "component"),
    "total": ("总数", "total"),
    "rest": ("其余", "rest"),
    "computed": ("算出", "computed"),
    "measured": ("实测", "measured"),
    "published": ("公布", "published"),
    "reported": ("别人报告", "reported"),
    "source": ("来源", "source"),
    "formula": ("公式", "formula"),
    "mistake": ("错法", "mistake"),
    "right": ("对的", "right"),
    "wrong": ("错的", "wrong"),
    "difference": ("相差", "difference"),
    "time": ("时间", "time"),
    "memory": ("显存", "memory"),
    "cost": ("花费", "cost"),
    "share": ("占比", "share"),
    "tokens": ("token 数", "tokens"),
    "year": ("年份", "year"),
}

REMEDY = "write an id of docs/en/glossary.md, a word of llmnotes.figures.labels.COMMON, label(zh=…, en=…), or name(…)"


class LabelError(ValueError):
    """A label that the page cannot write in its language; `word` is how the snippet writes it."""

    def __init__(self, message: str, remedy: str, word: str) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.word = word


@dataclass(frozen=True)
class Label:
    """A label that no glossary has, in both languages; `id` is how `play` calls what is drawn for it."""

    zh: str
    en: str
    id: str = ""


def label(*, zh: str, en: str, id: str = "") -> Label:
    """Label in both languages, for what the glossary does not name.

    >>> label(zh="缓存", en="cache").en
    'cache'
    """
    return Label(zh, en, id)


def name(text: str) -> Label:
    """Proper name, the same in both languages, that may look like an id: gpt-oss-20b, bf16.

    >>> name("gpt-oss-20b")
    Label(zh='gpt-oss-20b', en='gpt-oss-20b', id='')
    """
    return Label(text, text)


@dataclass(frozen=True)
class Speaker:
    """Writes labels and quantities in one language.

    Args:
        lang: "zh" or "en".
        term: Gives the short name of a glossary id, or None where there is no such id.
    """

    lang: str
    term: Callable[[str], str | None]

    def say(self, what: Any, form: str = "") -> str:
        """Text of a label, a glossary id, a proper name or a quantity.

        Args:
            what: One of these.
            form: Of a quantity, as prose asks for it: `short`, `exact`.

        Raises:
            LabelError: If it looks like an id and no glossary has it.
        """
        if isinstance(what, Label):
            return getattr(what, self.lang)
        if isinstance(what, Quantity):
            return quantities.text(what, self.lang, form)
        if not isinstance(what, str):
            raise QuantityError(f"{what!r} stands in a drawing without a unit", quantities.REMEDY)
        if not ID.fullmatch(what):
            return what
        found = COMMON[what][self.lang == "en"] if what in COMMON else self.term(what)
        if found is None:
            message = f"uses the label {what!r}, which no glossary has"
            raise LabelError(message, REMEDY, what)
        return found

    def with_unit(self, what: Any, unit: str) -> str:
        """Text of a label with its unit in brackets, as Chinese or English sets them; no brackets without a unit."""
        if not unit:
            return self.say(what)
        return f"{self.say(what)}（{unit}）" if self.lang == "zh" else f"{self.say(what)} ({unit})"
