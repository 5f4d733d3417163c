"""Counts and limits that others published, and whether they add up."""

from llmnotes.figures import Table, label
from llmnotes.quantities import count, ratio, share
from llmnotes.registry import find, find_price

KIND = "reported"
# --8<-- [start:published]
# OpenAI's guide to reasoning: the usage of one call.
USAGE = {"input": 75, "output": 1_186, "reasoning": 1_024, "total": 1_261}
# Introducing GPT-5 for developers, 2025-08-07; cline 5474: a prompt that was refused.
GPT_5 = {"window": 400_000, "input": 272_000, "output": 128_000, "refused": 289_650}
# claude-code 13717: /context.
CONTEXT = {"system": 3_200, "tools": 16_100, "mcp": 98_700, "memory": 3_000, "free": 34_000, "compact": 45_000}
CONTEXT_WINDOW = 200_000
# Secondary: Free 8,192 or 16,000; Plus 32,000; Pro 128,000.
PLANS = {"free": 8_192, "free_otherwise": 16_000, "plus": 32_000, "pro": 128_000}
# --8<-- [end:published]
OPEN = {"oss": "gpt-oss-120b", "llama": "llama-3.1-8b", "v3": "deepseek-v3"}


# --8<-- [start:compute]
def compute():
    turbo, gpt54 = find_price("gpt-4-turbo"), find_price("gpt-5.4")
    window, output = turbo.context_advertised or 0, turbo.output_limit or 0
    of_54 = {
        "window": gpt54.context_advertised or 0,
        "input": gpt54.input_limit or 0,
        "output": gpt54.output_limit or 0,
    }
    return {
        "usage": count(USAGE | {"sum": USAGE["input"] + USAGE["output"], "seen": USAGE["output"] - USAGE["reasoning"]}),
        "reasoning_share": share(USAGE["reasoning"] / USAGE["output"]),
        "gpt5": count(GPT_5 | {"sum": GPT_5["input"] + GPT_5["output"], "over": GPT_5["refused"] - GPT_5["input"]}),
        "gpt5_wrong": ratio(GPT_5["window"] / GPT_5["input"]),
        "gpt54": count(of_54 | {"sum": of_54["input"] + of_54["output"]}),
        "console": count(CONTEXT | {"sum": sum(CONTEXT.values()), "window": CONTEXT_WINDOW}),
        "console_left_share": share(CONTEXT["free"] / CONTEXT_WINDOW),
        "console_mcp_share": share(CONTEXT["mcp"] / CONTEXT_WINDOW),
        "plans": count(PLANS),
        "turbo": count({"window": window, "output": output, "input": window - output}),
        "api_over_plus": ratio(window / PLANS["plus"]),
        "open": count({name: find(model_id).context_advertised or 0 for name, model_id in OPEN.items()}),
    }


# --8<-- [end:compute]


def table(result):
    rows = [
        [label(zh="一次调用", en="one call"), result["usage"]["sum"], result["usage"]["total"]],
        ["GPT-5", result["gpt5"]["sum"], result["gpt5"]["window"]],
        ["GPT-5.4", result["gpt54"]["sum"], result["gpt54"]["window"]],
        ["/context", result["console"]["sum"], result["console"]["window"]],
    ]
    columns = [label(zh="公布的", en="published"), label(zh="相加", en="sum"), label(zh="写的是", en="stated")]
    return Table(columns, rows, bars="log")
