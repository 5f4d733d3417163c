"""Which model a log is about, by the names of the registry: nothing else of a name or a path is kept."""

import re
from collections.abc import Iterable

from llmnotes.engines.logs.reading import Line

_NAMES = (
    re.compile(
        r"\b(?:model|model_path|model_tag|model-path|model_name|served_model_name)['\"]?\s*[=:]\s*['\"]([^'\"]{3,300})['\"]"
    ),
    re.compile(r"--model(?:-path|-dir|_dir)?[ =]([^\s'\"]{3,300})"),
    re.compile(r"\bvllm serve\s+([^\s'\"-][^\s'\"]{2,300})"),
    re.compile(r"(?<!\S)(?:-m|-hfr?)\s+([^\s'\"]{3,300})"),
    re.compile(r"general\.name\s+(?:str\s+)?=\s+(.{3,120})"),
    re.compile(r"\bmodel\s{2,}([A-Za-z0-9][\w.-]*/[\w.-]+)"),
)
MARKS = (
    "model=",
    "model'",
    'model"',
    "model:",
    "model  ",
    "_path",
    "_tag",
    "_name",
    "--model",
    "vllm serve",
    "general.name",
)
MARKS += (" -m ", " -hf")
_OTHER = ("distill", "draft", "eagle", "dflash", "reranker", "embedding", "-vl-", "omni", "mmproj", "assistant")
_WORD = re.compile(r"[a-z0-9.]+")


def named_models(lines: Iterable[Line], ids: Iterable[str]) -> list[str]:
    """Ids of the registry that names in the log mean; the most frequent first.

    >>> named_models([Line(1, "vllm serve Qwen/Qwen3-32B-FP8 -tp 2")], ["qwen3-32b", "qwen3-3b"])
    ['qwen3-32b']
    """
    known = sorted(((_WORD.findall(each), each) for each in ids), key=lambda pair: -len(pair[1]))
    votes: dict[str, int] = {}
    asked: dict[str, str | None] = {}
    for line in lines:
        if not any(mark in line.text for mark in MARKS):
            continue
        for pattern in _NAMES:
            for found in pattern.findall(line.text):
                if found not in asked:
                    asked[found] = _named(found, known)
                model = asked[found]
                if model is not None:
                    votes[model] = votes.get(model, 0) + 1
    return sorted(votes, key=lambda each: -votes[each])


def _named(text: str, known: list[tuple[list[str], str]]) -> str | None:
    """The id whose words stand in a row in a name; the longest."""
    name = re.split(r"[/\\]", text.strip().rstrip("/\\"))[-1].lower().replace("_", "-").replace(" ", "-")
    name = name.removesuffix(".gguf")
    if any(each in f"-{name}-" for each in _OTHER):
        return None
    words = _WORD.findall(name)
    for wanted, model in known:
        n = len(wanted)
        if any(words[start : start + n] == wanted for start in range(len(words) - n + 1)):
            return model
    return None
