"""An exercise: a prompt longer than the line above which a list charges more for all of it."""

from typing import Any

from llmnotes.bills import bill
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import count, usd
from llmnotes.registry import find_price

LISTS = ("gpt-5.4", "gemini-3.1-pro-preview", "gpt-5.5", "qwen3.6-plus", "grok-4.3", "gemini-2.5-pro")
PRICES = {find_price(one).name: find_price(one) for one in LISTS}


def ask():
    return Ask(
        draws={"list": [*PRICES], "n_prompt": count([300_000, 400_000, 500_000])},
        solve=solve,
        hints={
            "excess": label(
                zh="你只给超出的那段加了价。这不是累进税：过了 {{edge}}，整段提示词都按 {{long_input}}收。",
                en="You charged more for the excess alone. It is no progressive tax: above {{edge}}, the whole prompt costs {{long_input}} a million.",
            ),
            "unaware": label(
                zh="这段提示词超过了 {{edge}}，不再按 {{input}}收。",
                en="This prompt is longer than {{edge}}, so {{input}} no longer holds.",
            ),
        },
    )


def solve(*, list, n_prompt):
    price: Any = PRICES[list]
    edge, usual, dear = (
        price.long_prompt_tokens,
        price.usd_per_million_input_tokens,
        price.usd_per_million_input_tokens_long,
    )
    costs = {
        "answer": bill(price, n_prompt=n_prompt, n_output=0),
        "excess": (edge * usual + (n_prompt - edge) * dear) / 1e6,
        "unaware": n_prompt * usual / 1e6,
    }
    return {"edge": count(edge), "priced": str(price.priced), **usd({"input": usual, "long_input": dear, **costs})}
