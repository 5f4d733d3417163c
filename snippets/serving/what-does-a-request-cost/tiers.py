"""The price of a request over the length of its prompt, by lists that charge long prompts more and one that does not."""

from llmnotes.bills import bill
from llmnotes.figures import label, lines, name
from llmnotes.quantities import count, ratio, usd
from llmnotes.registry import find_price

LISTS = ("claude-opus-4-8", "gpt-5.4", "gemini-3.1-pro-preview", "grok-4.3", "qwen3.7-plus")
OUTPUT = 1_000
EVEN = [*range(50_000, 500_001, 50_000)]


# --8<-- [start:compute]
def compute():
    lists = {price_id: find_price(price_id) for price_id in LISTS}
    edges = {one.long_prompt_tokens for one in lists.values() if one.long_prompt_tokens}
    over = sorted({*EVEN, *edges, *(edge + 1 for edge in edges)})
    curves = {one.name: [bill(one, n_prompt=n, n_output=OUTPUT) for n in over] for one in lists.values()}
    qwen = lists["qwen3.7-plus"]
    jump = {
        key: (one.usd_per_million_input_tokens_long or 0) / one.usd_per_million_input_tokens
        for key, one in lists.items()
        if one.long_prompt_tokens
    }
    return {
        "over": count(over),
        "curves": {key: usd(curve) for key, curve in curves.items()},
        "output": count(OUTPUT),
        "qwen": qwen.name,
        "qwen_below": usd(bill(qwen, n_prompt=qwen.long_prompt_tokens or 0, n_output=OUTPUT)),
        "qwen_above": usd(bill(qwen, n_prompt=(qwen.long_prompt_tokens or 0) + 1, n_output=OUTPUT)),
        "qwen_jump": ratio(jump["qwen3.7-plus"]),
        "jump": ratio(min(jump.values())),
    }


# --8<-- [end:compute]


def draw(result):
    curves = {name(key): curve for key, curve in result["curves"].items()}
    return lines(
        result["over"],
        curves,
        x=label(zh="提示词的 token", en="tokens of the prompt"),
        y=label(zh="一次请求", en="one request"),
        key=True,
        points=False,
    )
