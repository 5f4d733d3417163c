"""Words that the checks of prose know: names that hold digits, and what copy-editing leaves alone.

Models and chips come from the registry. Others stand in `docs/words.toml`:

    names = ["Qwen-2.5 Max"]       # a name whose digits are no quantity
    copyedit = ["C＋＋"]           # a text that stays as it is
    spelling = ["softmax"]        # a word that the English dictionary lacks
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from llmnotes.registry import DATA
from llmnotes.site.text.problem import Problem, SiteError

PLACE = "docs/words.toml"
KEYS = ("names", "copyedit", "spelling")
# Digits of a word that begins with a letter belong to its name: GPT-2, o200k, bf16, Llama-2-7B-32K.
WORD = r"[A-Za-z][A-Za-z0-9]*(?:[-._][A-Za-z0-9]+)*"
NAME = re.compile(r"^name\s*=.*$", re.M)
SIZE = re.compile(r"(?:\d+x)?\d+(?:\.\d+)?[BbM](?:-[A-Za-z]\w+)?")


@dataclass(frozen=True)
class Words:
    """What the checks know.

    Args:
        names: Matches every name that holds digits, longest first.
        copyedit: Texts that copy-editing leaves alone.
        spelling: Words that the English dictionary lacks.
    """

    names: re.Pattern[str]
    copyedit: tuple[str, ...]
    spelling: frozenset[str] = frozenset()


def load(root: Path) -> Words:
    """Return the words that a project knows.

    Raises:
        SiteError: If the list cannot be read.
    """
    lists: dict[str, list[str]] = {key: [] for key in KEYS}
    path = root / PLACE
    if path.is_file():
        try:
            said = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SiteError([Problem(PLACE, 0, f"is not TOML: {error}", "correct it")]) from None
        for key, value in said.items():
            if key not in KEYS or not isinstance(value, list) or not all(isinstance(word, str) for word in value):
                raise SiteError(
                    [Problem(PLACE, 0, f"has {key} = {value!r}", f"write lists of texts: {', '.join(KEYS)}")]
                )
            lists[key] = value
    return Words(
        _pattern({*_registered(), *lists["names"]}),
        tuple(sorted(lists["copyedit"], key=len, reverse=True)),
        frozenset(lists["spelling"]),
    )


@lru_cache(maxsize=1)
def _registered() -> frozenset[str]:
    """Return the names of models and chips, the names of their series, and the sizes that stand for a model.

    >>> {"Llama 3.1 8B", "Llama 3.1", "8B"} <= _registered()
    True
    """
    names: set[str] = set()
    for folder in ("models", "chips"):
        for file in sorted((DATA / folder).glob("*.toml")):
            # The one line that counts: to read all of it takes ten times as long.
            line = NAME.search(file.read_text(encoding="utf-8"))
            name = tomllib.loads(line.group())["name"] if line else ""
            names.add(name)
            parts = name.split()
            for index, part in enumerate(parts):
                if folder == "models" and SIZE.fullmatch(part):
                    names |= {part, " ".join(parts[:index])}
    return frozenset(name for name in names if re.search(r"\d", name))


def _pattern(names: set[str]) -> re.Pattern[str]:
    listed = (r"[ \u00a0-]".join(map(re.escape, name.split())) for name in sorted(names, key=len, reverse=True))
    # Only what holds a digit soon is worth comparing with every name.
    soon = rf"(?=[^\n]{{0,{max(map(len, names), default=0)}}}\d)(?:{'|'.join(listed)})"
    word = rf"(?=[A-Za-z._-]*\d){WORD}"
    return re.compile(rf"(?<![A-Za-z0-9.,])(?:{soon}|{word})(?![A-Za-z0-9]|[.,]\d)", re.IGNORECASE)
