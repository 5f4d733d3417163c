"""One turn of a coding agent, counted token by token in the vocabulary and the message format of gpt-oss."""

import tomllib
from pathlib import Path

from llmnotes.figures import grouped_bars, label
from llmnotes.numerics.vocabularies import load_vocabulary
from llmnotes.quantities import count, ratio, share
from llmnotes.registry import find

PARTS = ("system", "tools", "history", "question", "reasoning", "call", "result", "answer")
WRITTEN = ("reasoning", "call", "answer")
MARKS = ("<|channel|>", "<|constrain|>")
MODEL, CHARACTERS_PER_TOKEN = "gpt-oss-120b", 4  # the rule of thumb that the page tries


# --8<-- [start:compute]
def header_tokens(vocabulary, header):
    """Tokens from <|start|> to <|message|>: each mark is one, the words between them are counted."""
    words = [header]
    for mark in MARKS:
        words = [piece for word in words for piece in word.split(mark)]
    return 2 + len(words) - 1 + sum(vocabulary.count(word) for word in words)


def message_tokens(vocabulary, message, before):
    """Tokens that a message adds; one without header goes on with the text before, whose end is counted already."""
    if not message["header"]:
        return vocabulary.count(before + message["text"]) - vocabulary.count(before)
    return header_tokens(vocabulary, message["header"]) + vocabulary.count(message["text"]) + 1


def messages_of(lang):
    """Messages of the conversation in a language, each with its tokens; the last begins the next turn."""
    text = Path(__file__).with_name(f"turn.{lang}.toml").read_text(encoding="utf-8")
    found, vocabulary, before = tomllib.loads(text)["messages"], load_vocabulary("o200k"), ""
    for message in found:
        message["tokens"] = message_tokens(vocabulary, message, before)
        before = message["text"]
    return found


def turn(lang):
    messages = [message for message in messages_of(lang) if message["part"] != "next"]
    sizes = {part: sum(one["tokens"] for one in messages if one["part"] == part) for part in PARTS}
    total, written = sum(sizes.values()), sum(sizes[part] for part in WRITTEN)
    vocabulary = load_vocabulary("o200k")
    characters = sum(len(message["text"]) for message in messages)
    question = next(message["text"] for message in messages if message["part"] == "question")
    asked = vocabulary.count(question)
    return {
        **count(sizes),
        "total": count(total),
        "start": count(sizes["system"] + sizes["tools"]),
        "written": count(written),
        "share": share(
            {part: sizes[part] / total for part in PARTS} | {"written": written / total, "asked": asked / total}
        ),
        "thought": share(sizes["reasoning"] / written),
        "marks": count(total - sum(vocabulary.count(message["text"]) for message in messages)),
        "of_window": share(total / (find(MODEL).context_advertised or 0)),
        "exchanges": count(sum(one["part"] == "history" and one["header"] == "user" for one in messages)),
        "tools_shown": count(sum(message["text"].count("\ntype ") for message in messages)),
        "by_rule": count(round(characters / CHARACTERS_PER_TOKEN)),
        "rule_ratio": ratio(total / (characters / CHARACTERS_PER_TOKEN)),
        "asked": count(asked),
        "asked_by_rule": count(len(question) / CHARACTERS_PER_TOKEN),
    }


def compute():
    return {lang: turn(lang) for lang in ("zh", "en")} | {"window": count(find(MODEL).context_advertised or 0)}


# --8<-- [end:compute]


def draw(result):
    named = {
        "system": label(zh="系统提示", en="system prompt"),
        "tools": label(zh="工具定义", en="tool definitions"),
        "history": label(zh="历史", en="history"),
        "question": label(zh="这次的问题", en="this question"),
        "reasoning": label(zh="思考（写）", en="reasoning (written)"),
        "call": label(zh="工具调用（写）", en="tool call (written)"),
        "result": label(zh="工具结果", en="tool result"),
        "answer": label(zh="回答（写）", en="answer (written)"),
    }
    languages = {"zh": label(zh="中文对话", en="in Chinese"), "en": label(zh="英文对话", en="in English")}
    return grouped_bars(
        {named[part]: {words: result[lang][part] for lang, words in languages.items()} for part in PARTS},
        x="tokens",
        rows=label(zh="窗口里的东西", en="what is in the window"),
    )
