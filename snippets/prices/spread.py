"""Prices of input and output on every registered list."""

from statistics import median

from llmnotes.figures import label, name, scatter
from llmnotes.quantities import count, ratio, usd
from llmnotes.registry import find_price, price_ids


# --8<-- [start:compute]
def compute():
    lists = [find_price(price_id) for price_id in price_ids()]
    ratios = [one.usd_per_million_output_tokens / one.usd_per_million_input_tokens for one in lists]
    cheap, dear = (pick(lists, key=lambda one: one.usd_per_million_output_tokens) for pick in (min, max))
    return {
        "lists": count(len(lists)),
        "makers": count(len({one.org for one in lists})),
        "first": str(min(one.priced for one in lists)),
        "cheap": cheap.name,
        "dear": dear.name,
        "cheap_output": usd(cheap.usd_per_million_output_tokens),
        "dear_output": usd(dear.usd_per_million_output_tokens),
        "apart": ratio(dear.usd_per_million_output_tokens / cheap.usd_per_million_output_tokens),
        "middle": ratio(median(ratios)),
        "tiered": count(sum(one.long_prompt_tokens is not None for one in lists)),
        "points": {
            one.name: usd({"input": one.usd_per_million_input_tokens, "output": one.usd_per_million_output_tokens})
            for one in lists
        },
    }


# --8<-- [end:compute]


def draw(result):
    points = {name(key): (one["input"], one["output"]) for key, one in result["points"].items()}
    return scatter(
        points,
        x=label(zh="每百万输入", en="a million of input"),
        y=label(zh="每百万输出", en="a million of output"),
        rows="model",
        groups={label(zh="价目", en="lists"): [*points]},
        log="xy",
    )
