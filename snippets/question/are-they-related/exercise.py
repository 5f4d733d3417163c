"""An exercise: what a table of learned positions would add to a model."""

from llmnotes import load_model
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import count, tokens

MODELS = ["gpt2-xl", "gpt2", "gpt3-175b", "llama-3.1-8b", "llama-3.1-70b", "qwen3-8b", "qwen3-32b", "gemma-7b"]


def ask():
    return Ask(
        draws={"model": MODELS, "n_tokens": tokens([2**k for k in (17, 12, 13, 14, 15, 16)])},
        solve=solve,
        hints={
            "every_layer": label(
                zh="位置表只在输入处加一次，不是 {{n_layers}} 层各有一张。",
                en="Positions are added once, at the input, and not in each of the {{n_layers}} layers.",
            ),
            "two_tables": label(
                zh="只有一张表：位置没有输出头。", en="There is one table: positions have no output head."
            ),
        },
    )


def solve(*, model, n_tokens):
    spec = load_model(model)
    table = spec.d_model * n_tokens
    wrong = {"every_layer": table * spec.n_layers, "two_tables": 2 * table}
    return {**count({"d_model": spec.d_model, "n_layers": spec.n_layers}), "answer": count(table), **count(wrong)}
