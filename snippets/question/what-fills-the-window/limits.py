"""Windows and caps on output as they were announced for the API, and the windows of the ChatGPT plans."""

from typing import Any

from llmnotes.figures import INK, SERIES, log2_axis, new_figure
from llmnotes.registry import find, find_price
from llmnotes.units import format_exact, format_percent, format_ratio

TEXT = {
    "zh": {
        "title": "API 的窗口从 {{smallest}} 到 {{largest}}，ChatGPT 套餐从 {{free}} 到 {{pro}}",
        "caption": "圆点是窗口，方块是一次输出的上限。API 的数来自官方文章和 2026-07-02 的 models.dev 快照；"
        "带 * 的套餐只有二手来源，没有找到官方页面。",
        "description": "一行一个圆点，API 的行还有一个方块；横轴每格翻倍。ChatGPT 的点都靠左，没有方块。",
        "x": "token",
        "name": "模型或套餐",
        "window": "窗口",
        "input": "输入最多",
        "output": "输出最多",
        "none": "未公布",
        "free": "ChatGPT 免费版*",
        "plus": "ChatGPT Plus*",
        "pro": "ChatGPT Pro*",
    },
    "en": {
        "title": "Windows of the API run from {{smallest}} to {{largest}}, those of ChatGPT plans from {{free}} to {{pro}}",
        "caption": "Circles are windows, squares the cap on output. The API's numbers come from official posts and the models.dev "
        "snapshot of 2026-07-02; plans with * have secondary sources only, no official page was found.",
        "description": "Rows with a circle each, and a square for rows of the API; the axis doubles. The circles of ChatGPT "
        "lie to the left and have no square.",
        "x": "tokens",
        "name": "model or plan",
        "window": "window",
        "input": "input at most",
        "output": "output at most",
        "none": "not published",
        "free": "ChatGPT Free*",
        "plus": "ChatGPT Plus*",
        "pro": "ChatGPT Pro*",
    },
}

SOLD = ("gpt-3.5-turbo", "gpt-4-turbo", "gpt-5.4", "claude-opus-4-8")
OPEN = {"oss": "gpt-oss-120b", "llama": "llama-3.1-8b", "v3": "deepseek-v3"}
# Introducing GPT-5 for developers, 2025-08-07.
GPT_5: dict[str, Any] = {"name": "GPT-5", "window": 400_000, "input": 272_000, "output": 128_000}
# Secondary: Free 8,192 or 16,000; Plus 32,000; Pro 128,000. The lower number of Free is drawn.
PLANS = {"free": 8_192, "plus": 32_000, "pro": 128_000}
FREE_OTHERWISE = 16_000
UNSAID = ("gpt35_output", "gpt35_window", "opus_window", "opus_output")
# --8<-- [start:published]
# OpenAI's guide to reasoning: the usage of one call. cline 5474: a prompt that was refused. claude-code 13717: /context.
USAGE = {"input": 75, "output": 1_186, "reasoning": 1_024, "total": 1_261}
REFUSED = 289_650
CONTEXT = {"system": 3_200, "tools": 16_100, "mcp": 98_700, "memory": 3_000, "free": 34_000, "compact": 45_000}
CONTEXT_WINDOW = 200_000
# --8<-- [end:published]


# --8<-- [start:compute]
def compute() -> dict:
    sold = [find_price(price_id) for price_id in SOLD]
    rows: list[dict[str, Any]] = [
        {"name": p.name, "window": p.context_advertised, "input": p.input_limit, "output": p.output_limit} for p in sold
    ]
    by_name: dict[str, dict[str, Any]] = dict(zip(("gpt35", "gpt4t", "gpt54", "opus"), rows, strict=True)) | {
        "gpt5": GPT_5
    }
    for name, model in ((name, find(model_id)) for name, model_id in OPEN.items()):
        by_name[name] = {"name": model.name, "window": model.context_advertised, "input": None, "output": None}
    turbo, gpt5 = by_name["gpt4t"], by_name["gpt5"]
    return {
        "rows": by_name,
        "plans": PLANS,
        "free_otherwise": FREE_OTHERWISE,
        "usage": USAGE,
        "context_window": CONTEXT_WINDOW,
        "refused": REFUSED,
        "turbo_input": turbo["window"] - turbo["output"],
        "gpt5_sum": gpt5["input"] + gpt5["output"],
        "gpt5_wrong": gpt5["window"] / gpt5["input"],
        "gpt54_sum": by_name["gpt54"]["input"] + by_name["gpt54"]["output"],
        "usage_sum": USAGE["input"] + USAGE["output"],
        "reasoning_share": USAGE["reasoning"] / USAGE["output"],
        "visible": USAGE["output"] - USAGE["reasoning"],
        "context_sum": sum(CONTEXT.values()),
        "context_left": CONTEXT["free"] / CONTEXT_WINDOW,
        "context_mcp": CONTEXT["mcp"] / CONTEXT_WINDOW,
        "refused_over": REFUSED - gpt5["input"],
        "api_over_plus": turbo["window"] / PLANS["plus"],
    }


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    rows = result["rows"]
    windows = [row["window"] for row in rows.values()]
    found = {
        f"{name}_{key}": format_exact(row[key], lang)
        for name, row in rows.items()
        for key in ("window", "input", "output")
        if row[key] and f"{name}_{key}" not in UNSAID
    }
    found |= {f"usage_{key}": format_exact(value, lang) for key, value in result["usage"].items()}
    exact = (
        "free_otherwise",
        "turbo_input",
        "gpt5_sum",
        "gpt54_sum",
        "usage_sum",
        "visible",
        "context_sum",
        "refused_over",
    )
    return (
        found
        | {name: format_exact(result[name], lang) for name in exact}
        | {name: format_exact(value, lang) for name, value in result["plans"].items()}
        | {
            "smallest": format_exact(min(windows), lang),
            "largest": format_exact(max(windows), lang),
            "gpt5_wrong": format_ratio(result["gpt5_wrong"], lang),
            "reasoning_share": format_percent(result["reasoning_share"], lang),
            "context_window": format_exact(result["context_window"], lang),
            "context_left": format_percent(result["context_left"], lang),
            "context_mcp": format_percent(result["context_mcp"], lang),
            "refused": format_exact(result["refused"], lang),
            "api_over_plus": format_ratio(result["api_over_plus"], lang),
        }
    )


def draw(result, text, width):
    rows = [(row["name"], row["window"], row["output"]) for row in result["rows"].values()]
    rows += [(text[plan], size, None) for plan, size in result["plans"].items()]
    fig, ax = new_figure(width, height=70 + 36 * len(rows))
    capped = [(output, place) for place, (_, _, output) in enumerate(rows) if output]
    ax.plot([row[1] for row in rows], range(len(rows)), "o", color=SERIES[0], markersize=9, label=text["window"])
    ax.plot([x for x, _ in capped], [y for _, y in capped], "s", color=SERIES[1], markersize=8, label=text["output"])
    log2_axis(ax.xaxis)
    ax.axhline(len(result["rows"]) - 0.5, color=INK, linewidth=0.6)
    ax.set_yticks(range(len(rows)), [row[0] for row in rows])
    ax.set(ylim=(len(rows) - 0.4, -0.6), xlabel=text["x"], xlim=(2**11, 2**21))
    ax.legend()
    return fig


def table(result, text):
    keys = ("window", "input", "output")
    rows = [[row["name"], *(row[key] or text["none"] for key in keys)] for row in result["rows"].values()]
    rows += [[text[plan], size, text["none"], text["none"]] for plan, size in result["plans"].items()]
    return {"columns": [text["name"], *(text[key] for key in keys)], "rows": rows, "unit": text["x"]}


if __name__ == "__main__":
    print(compute())
