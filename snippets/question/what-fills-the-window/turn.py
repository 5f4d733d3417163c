"""One turn of a coding agent, counted token by token in the vocabulary and the message format of gpt-oss."""

import tomllib
from pathlib import Path

from llmnotes.figures import SERIES, label_bars, new_figure
from llmnotes.numerics.tokens import Vocabulary
from llmnotes.numerics.vocabularies import load_vocabulary
from llmnotes.registry import find
from llmnotes.units import format_exact, format_percent, format_ratio

TEXT = {
    "zh": {
        "title": "这一轮 {{total}} 个 token，你打的字占 {{question_share}}",
        "caption": "gpt-oss 的消息格式和 o200k 词表，对话是本页自己写的。橙色是模型这一轮写出来的，蓝色是它读进去的。",
        "description": "八行横条，从上到下：系统提示、工具定义、历史、这次的问题、思考、工具调用、工具结果、回答。",
        "part": "窗口里的东西",
        "tokens": "token",
        "share": "占比（%）",
        "characters": "字符",
        "read": "读进去",
        "written": "写出来",
        "system": "系统提示",
        "tools": "工具定义",
        "history": "历史",
        "question": "这次的问题",
        "reasoning": "思考",
        "call": "工具调用",
        "result": "工具结果",
        "answer": "回答",
    },
    "en": {
        "title": "{{total}} tokens in one turn; what the user typed is {{question_share}}",
        "caption": "In the message format and vocabulary (o200k) of gpt-oss, on a conversation written for this page. "
        "Orange is what the model wrote in this turn, blue what it read.",
        "description": "Eight bars from top to bottom: system prompt, tool definitions, history, this question, reasoning, "
        "tool call, tool result, answer.",
        "part": "what is in the window",
        "tokens": "tokens",
        "share": "share (%)",
        "characters": "characters",
        "read": "read",
        "written": "written",
        "system": "system prompt",
        "tools": "tool definitions",
        "history": "history",
        "question": "this question",
        "reasoning": "reasoning",
        "call": "tool call",
        "result": "tool result",
        "answer": "answer",
    },
}

PARTS = ("system", "tools", "history", "question", "reasoning", "call", "result", "answer")
WRITTEN = ("reasoning", "call", "answer")
MODEL = "gpt-oss-120b"
MARKS = ("<|channel|>", "<|constrain|>")
# What the page says of the whole turn.
SAID = ("total", "written", "first_input", "second_input", "billed", "marks", "window", "n_tools", "n_exchanges")
SAID += ("chinese", "english", "by_rule", "chinese_by_rule", "english_by_rule")
CHARACTERS_PER_TOKEN = 4  # the rule of thumb that the page tries


# --8<-- [start:compute]
def header_tokens(vocabulary: Vocabulary, header: str) -> int:
    """Tokens from <|start|> to <|message|>: each mark is one, the words between them are counted."""
    words = [header]
    for mark in MARKS:
        words = [piece for word in words for piece in word.split(mark)]
    return 2 + len(words) - 1 + sum(vocabulary.count(word) for word in words)


def message_tokens(vocabulary: Vocabulary, message: dict, before: str) -> int:
    """Tokens that a message adds; one without header goes on with the text before, whose end is counted already."""
    if not message["header"]:
        return vocabulary.count(before + message["text"]) - vocabulary.count(before)
    return header_tokens(vocabulary, message["header"]) + vocabulary.count(message["text"]) + 1


def compute() -> dict:
    turn = tomllib.loads(Path(__file__).with_name("turn.toml").read_text(encoding="utf-8"))
    messages, vocabulary = turn["messages"], load_vocabulary("o200k")
    sizes = [
        message_tokens(vocabulary, message, before["text"])
        for before, message in zip([{"text": ""}, *messages], messages, strict=False)
    ]
    tokens, characters = dict.fromkeys(PARTS, 0), dict.fromkeys(PARTS, 0)
    for message, size in zip(messages, sizes, strict=True):
        tokens[message["part"]] += size
        characters[message["part"]] += len(message["text"])
    total = sum(tokens.values())
    call_ends = [message["part"] for message in messages].index("result")
    first_input = sum(tokens[part] for part in ("system", "tools", "history", "question"))
    second_input = sum(sizes[: call_ends + 1])
    texts = [message["text"] for message in messages]
    question = next(message["text"] for message in messages if message["part"] == "question")
    return {
        "tokens": tokens,
        "characters": characters,
        "total": total,
        "written": sum(tokens[part] for part in WRITTEN),
        "first_input": first_input,
        "second_input": second_input,
        "billed": first_input + second_input + sum(tokens[part] for part in WRITTEN),
        "marks": sum(sizes) - sum(vocabulary.count(text) for text in texts),
        "window": find(MODEL).context_advertised or 0,
        "n_tools": sum(text.count("\ntype ") for text in texts),
        "n_exchanges": sum(m["part"] == "history" and m["header"] == "user" for m in messages),
        "by_rule": sum(characters.values()) / CHARACTERS_PER_TOKEN,
        "chinese": vocabulary.count(turn["question_zh"]),
        "chinese_by_rule": len(turn["question_zh"]) / CHARACTERS_PER_TOKEN,
        "english": vocabulary.count(question),
        "english_by_rule": len(question) / CHARACTERS_PER_TOKEN,
    }


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    total, tokens = result["total"], result["tokens"]
    found = {part: format_exact(tokens[part], lang) for part in PARTS if part != "call"}
    found |= {f"{part}_share": format_percent(tokens[part] / total, lang) for part in ("history", "question", "result")}
    found |= {name: format_exact(round(result[name]), lang) for name in SAID}
    return found | {
        "written_share": format_percent(result["written"] / total, lang),
        "reasoning_of_written": format_percent(tokens["reasoning"] / result["written"], lang),
        "rest_share": format_percent(1 - (tokens["question"] + tokens["answer"]) / total, lang),
        "of_window": format_percent(total / result["window"], lang),
        "billed_ratio": format_ratio(result["billed"] / total, lang),
        "rule_error": format_percent(result["by_rule"] / total - 1, lang),
        "chinese_ratio": format_ratio(result["chinese"] / result["chinese_by_rule"], lang),
    }


def draw(result, text, width):
    sizes = [result["tokens"][part] for part in PARTS]
    fig, ax = new_figure(width, height=70 + 36 * len(PARTS))
    colors = [SERIES[1] if part in WRITTEN else SERIES[0] for part in PARTS]
    bars = ax.barh(range(len(PARTS)), sizes, 0.6, color=colors)
    label_bars(ax, bars, [format_exact(size, "en") for size in sizes])
    ax.set_yticks(range(len(PARTS)), [text[part] for part in PARTS])
    ax.set(ylim=(len(PARTS) - 0.4, -0.6), xlabel=text["tokens"], xlim=(0, 1.15 * max(sizes)))
    return fig


def table(result, text):
    total = result["total"]
    rows = [
        [text[part], text["written" if part in WRITTEN else "read"], size, characters, 100 * size / total]
        for (part, size), characters in zip(result["tokens"].items(), result["characters"].values(), strict=True)
    ]
    columns = [text["part"], f"{text['read']} / {text['written']}", text["tokens"], text["characters"], text["share"]]
    return {"columns": columns, "rows": rows, "unit": text["tokens"]}


if __name__ == "__main__":
    print(compute())
