"""An exercise: what one request costs by a list, reasoning included."""

from llmnotes.bills import bill
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import count, usd
from llmnotes.registry import find_price

LISTS = ("gpt-5.4", "claude-opus-4-8", "gemini-3.1-pro-preview", "deepseek-v4-pro", "kimi-k2.6", "claude-haiku-4-5")
PRICES = {find_price(one).name: find_price(one) for one in LISTS}
VISIBLE = 500


def ask():
    return Ask(
        draws={"list": [*PRICES], "n_prompt": count([20_000, 8_000, 40_000]), "hidden": count([5_000, 3_000, 15_000])},
        solve=solve,
        hints={
            "no_thinking": label(
                zh="思考的 {{hidden}} 个 token 也按输出计费。",
                en="The {{hidden}} tokens of reasoning are billed as output too.",
            ),
            "as_input": label(
                zh="输出有自己的价：每百万 {{output}}。", en="Output has its own price: {{output}} a million."
            ),
            "no_prompt": label(zh="提示词的 token 也要付钱。", en="The tokens of the prompt are paid for too."),
        },
    )


def solve(*, list, n_prompt, hidden):
    price, n_output = PRICES[list], VISIBLE + hidden
    costs = {
        "answer": bill(price, n_prompt=n_prompt, n_output=n_output),
        "no_thinking": bill(price, n_prompt=n_prompt, n_output=VISIBLE),
        "as_input": bill(price, n_prompt=n_prompt + n_output, n_output=0),
        "no_prompt": bill(price, n_prompt=0, n_output=n_output),
    }
    rates = {"input": price.usd_per_million_input_tokens, "output": price.usd_per_million_output_tokens}
    return {"visible": count(VISIBLE), "priced": str(price.priced), **usd(rates), **usd(costs)}
