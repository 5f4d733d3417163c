"""An exercise: what plain attention must move beside tiles, with the heads of a model."""

from typing import Any

from llmnotes import load_model
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import count, ratio, tokens

MODELS = ["qwen3-8b", "gpt2", "gemma-7b", "llama-3.2-1b", "mistral-7b-v0.3", "phi-2"]


def ask():
    return Ask(
        draws={"model": MODELS, "n_tokens": tokens([8_192, 1_024, 2_048, 4_096, 16_384])},
        solve=solve,
        hints={
            "hidden_size": label(
                zh="除的是头维度 {{head_dim}}，不是隐藏维度：每个头各有一张表。",
                en="Divide by the head dimension, {{head_dim}}, not the hidden size: each head has a table.",
            ),
            "once": label(
                zh="那张表先写分数、读回来，再写权重、读回来，一共过四趟。",
                en="The table goes four times: scores written and read, weights written and read.",
            ),
        },
    )


def solve(*, model, n_tokens):
    spec = load_model(model)
    heads: Any = spec.layers[0].mixer
    d = heads.head_dim
    plain = 1 + n_tokens / d
    wrong = {"hidden_size": 1 + n_tokens / spec.d_model, "once": 1 + n_tokens / (4 * d)}
    return {"head_dim": count(d), "answer": ratio(plain), **ratio(wrong)}
