"""One turn of an agent, cut by a published vocabulary piece by piece; the file it reads is the real one."""

import inspect
import json

from llmnotes.equations import kvcache
from llmnotes.figures import SERIES, label_bars, new_figure
from llmnotes.numerics.vocabularies import load_vocabulary
from llmnotes.units import format_exact, format_percent

TEXT = {
    "zh": {
        "title": "用户只写了 {{user}} 个 token，这一轮占 {{total}} 个：工具结果占 {{result_share}}",
        "caption": "o200k 词表。工具结果是本站 kvcache.py 的全文；系统提示、工具说明、问题、思考和回答为本页所写。对话模板的标记没有算。",
        "description": "六根横条，工具结果最长，用户的话最短。",
        "system": "系统提示",
        "tools": "工具说明",
        "user": "用户的话",
        "result": "工具结果",
        "reasoning": "思考和调用",
        "answer": "回答",
        "x": "token 数",
        "part": "部分",
    },
    "en": {
        "title": "The user wrote {{user}} tokens, the turn takes {{total}}: {{result_share}} is the tool’s result",
        "caption": "Vocabulary o200k. The tool’s result is the whole of this site’s kvcache.py; instructions, tools, "
        "question, reasoning and answer were written for this page. The marks of a chat template are left out.",
        "description": "Six bars; the tool’s result is the longest, the user’s words are the shortest.",
        "system": "instructions",
        "tools": "tools",
        "user": "user",
        "result": "tool’s result",
        "reasoning": "reasoning, call",
        "answer": "answer",
        "x": "tokens",
        "part": "part",
    },
}
SYSTEM = """You are a coding assistant working in a repository. Read files before you answer. Quote the lines you rely on.
Never guess a number: compute it or say that you cannot. Keep answers short. Do not edit files unless asked to."""
TOOLS = [
    {
        "name": name,
        "description": description,
        "parameters": {"type": "object", "properties": {"path": {"type": "string", "description": what}}},
    }
    for name, description, what in (
        ("read_file", "Return the text of one file of the repository.", "Path from the root of the repository."),
        ("list_files", "Return the names of the files in a folder.", "Folder, from the root of the repository."),
        ("run_tests", "Run the tests in a file and return their output.", "Path of the test file."),
    )
]
USER = "Which factor do people forget in the size of the KV cache?"
CALL = {"name": "read_file", "arguments": {"path": "llmnotes/equations/kvcache.py"}}
REASONING = """The user asks about the size of the KV cache. The equation must be in llmnotes/equations/kvcache.py. I should read it
rather than answer from memory. The usual formula is two times layers times KV heads times head width times tokens times
bytes. People may forget the two, or take query heads for KV heads. The docstring will say which."""
ANSWER = """The factor 2: each token leaves one key and one value. The docstring of `attention_cache_bytes` says so, and
adds that query heads do not appear, because they are never cached."""
PARTS = ("system", "tools", "user", "result", "reasoning", "answer")


# --8<-- [start:compute]
def compute() -> dict:
    vocabulary = load_vocabulary("o200k")
    texts = {
        "system": SYSTEM,
        "tools": json.dumps(TOOLS),
        "user": USER,
        "result": inspect.getsource(kvcache),
        "reasoning": REASONING + json.dumps(CALL),
        "answer": ANSWER,
    }
    parts = {part: vocabulary.count(texts[part]) for part in PARTS}
    total = sum(parts.values())
    return {
        "parts": parts,
        "total": total,
        "result_share": parts["result"] / total,
        "by_four": len(texts["result"]) / 4,
        "four_error": len(texts["result"]) / 4 / parts["result"] - 1,
        "ten": total + 9 * parts["result"],
    }


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    return {
        **{part: format_exact(result["parts"][part], lang) for part in ("user", "result")},
        **{key: format_exact(result[key], lang) for key in ("total", "ten")},
        **{key: format_percent(result[key], lang) for key in ("result_share", "four_error")},
        "by_four": format_exact(round(result["by_four"]), lang),
    }


def draw(result, text, width):
    fig, ax = new_figure(width, height=320)
    for place, size in enumerate(result["parts"].values()):
        bars = ax.barh([place], [size], 0.6, color=SERIES[0])
        label_bars(ax, bars, [f"{size:,}"])
    ax.set_yticks(range(len(result["parts"])), [text[part] for part in result["parts"]])
    ax.invert_yaxis()
    ax.set(xlabel=text["x"])
    return fig


def table(result, text):
    rows = [[text[part], size] for part, size in result["parts"].items()]
    return {"columns": [text["part"], text["x"]], "rows": rows, "unit": ""}


if __name__ == "__main__":
    print(compute())
