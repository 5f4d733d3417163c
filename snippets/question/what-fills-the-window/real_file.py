"""One turn of an agent, cut by a published vocabulary piece by piece; the file it reads is the real one."""

import inspect
import json

from llmnotes.equations import kvcache
from llmnotes.figures import bars, label
from llmnotes.numerics.vocabularies import load_vocabulary
from llmnotes.quantities import count, ratio, share

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
def compute():
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
    total, by_four = sum(parts.values()), len(texts["result"]) / 4
    return {
        **count(parts),
        "result_share": share(parts["result"] / total),
        "over_rule": ratio(parts["result"] / by_four),
        "ten": count(total + 9 * parts["result"]),
    }


# --8<-- [end:compute]


def draw(result):
    names = {
        "system": label(zh="系统提示", en="instructions"),
        "tools": label(zh="工具说明", en="tools"),
        "user": label(zh="用户的话", en="user"),
        "result": label(zh="工具结果", en="tool result"),
        "reasoning": label(zh="思考和调用", en="reasoning, call"),
        "answer": label(zh="回答", en="answer"),
    }
    return bars({names[part]: result[part] for part in PARTS}, rows=label(zh="部分", en="part"), x="tokens")
