"""What other tools say of the measured configurations: recorded by benchmarks/peers.py, summed up here."""

import json
from pathlib import Path
from statistics import median

from llmnotes.figures import Table, grouped_bars, label, name
from llmnotes.quantities import count, seconds, share

KIND = "measured"
RECORD = Path(__file__).resolve().parents[2] / "benchmarks" / "peers.json"
SLACK = 0.01
QUANTITIES = ("params", "cache", "flops")


# --8<-- [start:compute]
def compute() -> dict:
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    published = {title: truth for title, truth in record["measured"].items() if truth["kind"] == "real"}
    tools = {tool: judge(answers, published) for tool, answers in record["answers"].items()}
    return {
        "date": record["date"],
        "machine": record["machine"],
        "slack": share(SLACK),
        "all": count(len(record["measured"])),
        "published": count(len(published)),
        **{tool: verdict | {"version": record["versions"].get(tool, "")} for tool, verdict in tools.items()},
        "tools": [*tools],
    }


def judge(answers, published):
    """How far the answers of one tool are from what was measured, by quantity, and how long they took."""
    times = [said["seconds"] for said in answers.values() if "refused" not in said]
    verdict = {"refused": count(sum("refused" in said for said in answers.values())), "time": seconds(median(times))}
    for quantity in QUANTITIES:
        asked = [title for title, truth in published.items() if quantity in truth]
        errors = [
            abs(answers[title][quantity] / published[title][quantity] - 1)
            for title in asked
            if quantity in answers[title]
        ]
        if errors:
            counted = {"asked": len(asked), "answered": len(errors), "equal": sum(error == 0 for error in errors)}
            counted["close"] = sum(error <= SLACK for error in errors)
            verdict[quantity] = count(counted) | share({"median": median(errors), "worst": max(errors)})
    return verdict


# --8<-- [end:compute]

LABELS = {"params": "parameter-count", "cache": "kv-cache", "flops": "flop"}


def draw(result):
    rows = {name(tool): {words: result[tool].get(q) for q, words in LABELS.items()} for tool in result["tools"]}
    return grouped_bars(
        {
            tool: {words: one and share(one["close"] / one["asked"]) for words, one in row.items()}
            for tool, row in rows.items()
        },
        x=label(zh="与实测相差不到 1% 的配置", en="configurations within 1 % of the measurement"),
        ends={
            tool: {words: one and fraction(one, "close") for words, one in row.items()} for tool, row in rows.items()
        },
        until=1.18,
    )


def fraction(one, part) -> str:
    return f"{one[part].value}/{one['asked'].value}"


def table(result):
    columns = [
        label(zh="工具", en="tool"),
        label(zh="算什么", en="quantity"),
        label(zh="给出答案", en="answered"),
        label(zh="相等", en="equal"),
        label(zh="相差 ≤ 1%", en="within 1 %"),
        label(zh="偏差中位数", en="median error"),
        label(zh="最大偏差", en="largest error"),
    ]
    rows = [
        [name(tool), words, fraction(one, "answered"), one["equal"], one["close"], one["median"], one["worst"]]
        for tool in result["tools"]
        for q, words in LABELS.items()
        if (one := result[tool].get(q))
    ]
    return Table(columns, rows)
