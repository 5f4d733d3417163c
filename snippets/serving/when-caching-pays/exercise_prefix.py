"""An exercise: what a prefix costs that several requests share, kept once and found afterwards."""

from llmnotes.bills import bill
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import count, usd
from llmnotes.registry import find_price

LISTS = ("claude-opus-4-8", "minimax-m2.7", "claude-sonnet-5", "qwen3.7-max", "claude-haiku-4-5", "claude-sonnet-4-6")
PRICES = {find_price(one).name: find_price(one) for one in LISTS}


def ask():
    return Ask(
        draws={"list": [*PRICES], "prefix": count([50_000, 10_000, 120_000]), "times": count([5, 3, 10])},
        solve=solve,
        hints={
            "no_write": label(
                zh="第一次要存，存按 {{write}}收，不按输入价。",
                en="The first request keeps it, at {{write}} a million and not at the price of input.",
            ),
            "found_first": label(
                zh="第一次还没有东西可找；它要存。", en="The first request has nothing to find; it has to keep."
            ),
            "plain": label(zh="这是不开缓存的价钱。", en="That is the price without caching."),
        },
        tolerance=0.01,
    )


def solve(*, list, prefix, times):
    price = PRICES[list]
    usual, read, write = (
        price.usd_per_million_input_tokens,
        price.usd_per_million_cached_tokens,
        price.usd_per_million_cache_write_tokens,
    )
    found = (times - 1) * bill(price, n_prompt=prefix, n_output=0, n_cached=prefix)
    first = bill(price, n_prompt=prefix, n_output=0)
    costs = {
        "answer": bill(price, n_prompt=prefix, n_output=0, n_written=prefix) + found,
        "no_write": first + found,
        "found_first": found / (times - 1) * times,
        "plain": times * first,
    }
    return {"priced": str(price.priced), **usd({"input": usual, "write": write, "read": read, **costs})}
