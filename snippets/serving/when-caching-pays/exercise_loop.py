"""An exercise: what an agent's prompts cost over a loop, each kept for the next."""

from typing import Any

from llmnotes.bills import agent_loop
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import count, usd
from llmnotes.registry import find_price

LISTS = ("claude-opus-4-8", "claude-sonnet-5", "minimax-m2.7", "claude-haiku-4-5")
PRICES = {find_price(one).name: find_price(one) for one in LISTS}


def ask():
    return Ask(
        draws={
            "list": [*PRICES],
            "steps": count([20, 10, 30]),
            "start": count([12_000, 20_000]),
            "added": count([3_000, 1_000]),
        },
        solve=solve,
        hints={
            "new_only": label(
                zh="前面的也不白送：每一步都要为找到的 token 付 {{read}}。",
                en="What was sent before is not free: each step pays {{read}} a million for what it finds.",
            ),
            "plain": label(
                zh="这是不开缓存的价钱：{{sent}} 个 token 全按输入价。",
                en="That is without caching: all {{sent}} tokens at the price of input.",
            ),
            "last": label(
                zh="这只是最后一步的提示词；每一步都把全文再发一遍。",
                en="That is the prompt of the last step alone; every step sends everything again.",
            ),
        },
    )


def solve(*, list, steps, start, added):
    price: Any = PRICES[list]
    turns = agent_loop(n_steps=steps, n_start=start, n_added=added, n_output=0)
    new = sum(turn.n_new for turn in turns)
    rates = {
        "write": price.usd_per_million_cache_write_tokens,
        "read": price.usd_per_million_cached_tokens,
    }
    costs = {
        "answer": sum(turn.usd(price) for turn in turns),
        "new_only": new * rates["write"] / 1e6,
        "plain": sum(turn.usd(price, caching=False) for turn in turns),
        "last": turns[-1].usd(price, caching=False),
    }
    sent = sum(turn.n_prompt for turn in turns)
    return {
        **count({"sent": sent, "new": new, "again": sent - new}),
        "priced": str(price.priced),
        **usd({**rates, **costs}),
    }
