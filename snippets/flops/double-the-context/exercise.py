"""An exercise: what doubling a prompt costs, from the crossover of the model."""

from typing import Any

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import causal_attention_flops, linear_flops
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import count, ratio, tokens

MODELS = ["qwen3-8b", "gpt3-175b", "llama-3.1-8b", "llama-3.1-70b", "qwen3-32b", "llama-3.2-1b"]


def ask():
    return Ask(
        draws={"model": MODELS, "n_tokens": tokens([65_536, 32_768, 16_384, 131_072])},
        solve=solve,
        hints={
            "square": label(
                zh="四倍只是注意力那一项；权重那一项只翻一倍。",
                en="Only attention grows four times; the work on weights doubles.",
            ),
            "line": label(
                zh="两倍没有算注意力；起点和交叉长度相比已经不短。",
                en="Twice leaves attention out, and the start is not short beside the crossover.",
            ),
            "upside_down": label(
                zh="x 要用翻倍前的长度除以交叉长度，你倒过来了。",
                en="x is the shorter prompt over the crossover, not the other way round.",
            ),
        },
    )


def solve(*, model, n_tokens):
    spec: Any = load_model(model)
    profile, layer = cost_profile(spec), spec.layers[0]
    weights = sum(block.token_matrices() for block in layer.blocks)
    crossover = weights / (layer.mixer.n_heads * layer.mixer.head_dim)
    grown = prefill(profile, 2 * n_tokens) / prefill(profile, n_tokens)
    turned = 2 * (1 + 2 * crossover / n_tokens) / (1 + crossover / n_tokens)
    wrong = {"square": 4, "line": 2, "upside_down": turned}
    return {"crossover": count(round(crossover)), "answer": ratio(grown), **ratio(wrong)}


def prefill(profile, n):
    return linear_flops(profile, n_new=n) + causal_attention_flops(profile, n_new=n, n_past=0)
