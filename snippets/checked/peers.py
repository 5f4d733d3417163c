"""What other tools say of the measured configurations: recorded by benchmarks/peers.py, summed up here."""

import json
from pathlib import Path
from statistics import median

from llmnotes.figures import label_bars, new_figure, series
from llmnotes.units import format_exact, format_number, format_percent

TEXT = {
    "zh": {
        "title": "同样 {{published}} 份公布的配置：别的工具常常差得多",
        "caption": "每根横条是答案与实测相差不到 {{slack}} 的配置占比，拒绝回答算没对上；各工具用自己的读取程序读同一份配置。"
        "没有横条的一格，是没有向这个工具问这一项。",
        "description": "四组横条，每组最多三根：参数、缓存、浮点运算。第一组 llmnotes 三根都到顶，其余各组都短，有的缺一根。",
        "params": "参数",
        "cache": "缓存",
        "flops": "浮点运算",
        "x": "与实测相差不到 1% 的配置（%）",
        "tool": "工具",
        "quantity": "算什么",
        "answered": "给出答案",
        "equal": "相等",
        "close": "相差 ≤ 1%",
        "median": "偏差中位数（%）",
        "worst": "最大偏差（%）",
        "unit": "公布的模型配置；偏差只算给出答案的",
    },
    "en": {
        "title": "The same {{published}} published configurations: other tools are often far off",
        "caption": "Each bar is the share of configurations for which an answer is within {{slack}} of the measurement; a "
        "refusal does not agree. Every tool reads the same configuration by its own reader. Where a bar is missing, the tool "
        "was not asked for that quantity.",
        "description": "Four groups of up to three bars: parameters, cache, FLOPs. All three of llmnotes, the first group, "
        "are full; those of the others are shorter, and some are missing.",
        "params": "parameters",
        "cache": "cache",
        "flops": "FLOPs",
        "x": "configurations within 1 % of the measurement (%)",
        "tool": "tool",
        "quantity": "quantity",
        "answered": "answered",
        "equal": "equal",
        "close": "within 1 %",
        "median": "median error (%)",
        "worst": "largest error (%)",
        "unit": "published models; errors of the answers that were given",
    },
}

KIND = "measured"
RECORD = Path(__file__).resolve().parents[2] / "benchmarks" / "peers.json"
SLACK = 0.01
QUANTITIES = ("params", "cache", "flops")


# --8<-- [start:compute]
def compute() -> dict:
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    published = {name: truth for name, truth in record["measured"].items() if truth["kind"] == "real"}
    return {
        "date": record["date"],
        "machine": record["machine"],
        "versions": record["versions"],
        "slack": SLACK,
        "n_all": len(record["measured"]),
        "n_published": len(published),
        "tools": {tool: judge(answers, published) for tool, answers in record["answers"].items()},
    }


def judge(answers, published):
    """How far the answers of one tool are from what was measured, by quantity, and how long they took."""
    seconds = [said["seconds"] for said in answers.values() if "refused" not in said]
    verdict = {"refused": sum("refused" in said for said in answers.values()), "ms": 1000 * median(seconds)}
    for quantity in QUANTITIES:
        asked = [name for name, truth in published.items() if quantity in truth]
        errors = [
            abs(answers[name][quantity] / published[name][quantity] - 1) for name in asked if quantity in answers[name]
        ]
        if errors:
            verdict[quantity] = {
                "asked": len(asked),
                "answered": len(errors),
                "equal": sum(error == 0 for error in errors),
                "close": sum(error <= SLACK for error in errors),
                "median": median(errors),
                "worst": max(errors),
            }
    return verdict


# --8<-- [end:compute]


def claims(result, lang):
    found = {
        "published": format_exact(result["n_published"]),
        "all": format_exact(result["n_all"]),
        "slack": format_percent(result["slack"], lang),
        "date": result["date"],
        "machine": result["machine"],
    }
    for tool, verdict in result["tools"].items():
        found[f"{tool.replace('-', '_')}_ms"] = format_number(verdict["ms"], 2)
    for tool in ("llm-analysis", "calflops", "llm-cal"):
        name, verdict = tool.replace("-", "_"), result["tools"][tool]
        found[f"{name}_version"] = result["versions"][tool]
        found[f"{name}_refused"] = format_exact(verdict["refused"])
        quantity = "flops" if tool == "calflops" else "cache"
        found[f"{name}_{quantity}_equal"] = format_exact(verdict[quantity]["equal"])
        found[f"{name}_{quantity}_asked"] = format_exact(verdict[quantity]["asked"])
    return found | {"calflops_flops_close": format_exact(result["tools"]["calflops"]["flops"]["close"])}


def draw(result, text, width):
    fig, ax = new_figure(width, height=300)
    tools = list(result["tools"])
    for place, quantity in enumerate(QUANTITIES):
        rows = [index for index, tool in enumerate(tools) if quantity in result["tools"][tool]]
        counted = [result["tools"][tools[index]][quantity] for index in rows]
        shares = [100 * row["close"] / row["asked"] for row in counted]
        places = [index + 0.26 * (place - 1) for index in rows]
        bars = ax.barh(places, shares, height=0.23, color=series(place)["color"], label=text[quantity])
        label_bars(ax, bars, [f"{row['close']}/{row['asked']}" for row in counted])
    ax.set_yticks(range(len(tools)), tools)
    ax.set(xlabel=text["x"], xlim=(0, 118))
    ax.invert_yaxis()
    ax.legend()
    return fig


def table(result, text):
    rows = [
        [
            tool,
            text[quantity],
            f"{row['answered']}/{row['asked']}",
            row["equal"],
            row["close"],
            round(100 * row["median"], 2),
            round(100 * row["worst"], 1),
        ]
        for tool, verdict in result["tools"].items()
        for quantity in QUANTITIES
        if (row := verdict.get(quantity))
    ]
    columns = [text[key] for key in ("tool", "quantity", "answered", "equal", "close", "median", "worst")]
    return {"columns": columns, "rows": rows, "unit": text["unit"]}


if __name__ == "__main__":
    print(compute())
