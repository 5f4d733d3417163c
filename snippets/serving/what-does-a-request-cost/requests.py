"""What six requests cost by one price list, cut into input, input read from a cache, and output."""

from llmnotes.bills import bill
from llmnotes.figures import label, stacked_bars
from llmnotes.quantities import count, usd
from llmnotes.registry import find_price

PRICE = find_price("gpt-5.4")
# Tokens of the prompt, those of them found in the cache, and of the answer with its reasoning.
REQUESTS = {
    "chat": (800, 0, 400),
    "summary": (20_000, 0, 800),
    "reasoning": (1_500, 0, 8_000),
    "agent": (60_000, 58_000, 500),
    "below": (270_000, 0, 1_000),
    "above": (300_000, 0, 1_000),
}
NAMES = {
    "chat": label(zh="闲聊一句", en="a chat turn"),
    "summary": label(zh="总结一份文档", en="summarize a document"),
    "reasoning": label(zh="推理题", en="a problem, with reasoning"),
    "agent": label(zh="智能体第 26 步", en="step 26 of an agent"),
    "below": label(zh="一本书，27 万", en="a book of 270,000"),
    "above": label(zh="一本书，30 万", en="a book of 300,000"),
}
PARTS = {
    "input": label(zh="输入", en="input"),
    "found": label(zh="命中缓存的输入", en="input read from the cache"),
    "output": label(zh="输出", en="output"),
}


# --8<-- [start:compute]
def cut(n_prompt, n_cached, n_output):
    whole = bill(PRICE, n_prompt=n_prompt, n_cached=n_cached, n_output=n_output)
    silent = bill(PRICE, n_prompt=n_prompt, n_cached=n_cached, n_output=0)
    found = n_cached * (PRICE.usd_per_million_cached_tokens or 0) / 1e6
    return usd({"input": silent - found, "found": found, "output": whole - silent})


def compute():
    return {
        "cut": {key: cut(*tokens) for key, tokens in REQUESTS.items()},
        "prompt": count({key: tokens[0] for key, tokens in REQUESTS.items()}),
        "output": count({key: tokens[2] for key, tokens in REQUESTS.items()}),
        "cost": {key: sum(cut(*tokens).values()) for key, tokens in REQUESTS.items()},
        "model": PRICE.name,
    }


# --8<-- [end:compute]


def draw(result):
    rows = {NAMES[key]: {PARTS[part]: cost for part, cost in parts.items()} for key, parts in result["cut"].items()}
    return stacked_bars(
        rows,
        x=label(zh="一次请求", en="one request"),
        rows=label(zh="请求", en="request"),
        total=label(zh="一共", en="in all"),
        beside={
            label(zh="提示词", en="prompt"): {NAMES[key]: one for key, one in result["prompt"].items()},
            label(zh="输出", en="output"): {NAMES[key]: one for key, one in result["output"].items()},
        },
    )
