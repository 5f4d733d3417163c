"""An exercise: the parameters of all feed-forwards of a model."""

from typing import Any

from llmnotes import load_model
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import count

MODELS = [
    "qwen3-8b",
    "llama-3.1-8b",
    "llama-3.1-70b",
    "llama-2-7b",
    "llama-3.2-3b",
    "mistral-7b-v0.3",
    "gemma-7b",
    "qwen2.5-7b",
    "qwen3-32b",
    "qwen3-0.6b",
    "phi-4",
]


def ask():
    return Ask(
        draws={"model": MODELS},
        solve=solve,
        hints={
            "two": label(
                zh="带门控的前馈有三个矩阵：门、上投影、下投影。你数了两个。",
                en="A gated feed-forward has three matrices, gate, up and down; you counted two.",
            ),
            "one_layer": label(
                zh="这是一层的，共有 {{n_layers}} 层。", en="That is one layer; there are {{n_layers}}."
            ),
            "by_rule": label(
                zh="8d² 假设中间层是 4d、没有门控；这个模型写的是 {{d_ff}}。",
                en="8d² assumes an intermediate size of 4d without a gate; this model says {{d_ff}}.",
            ),
        },
    )


def solve(*, model):
    spec: Any = load_model(model)
    shape = {"n_layers": spec.n_layers, "d_model": spec.d_model, "d_ff": spec.layers[0].feed_forward.d_ff}
    held = 3 * shape["d_model"] * shape["d_ff"] * spec.n_layers
    wrong = {"two": held * 2 / 3, "one_layer": held / spec.n_layers, "by_rule": 8 * spec.d_model**2 * spec.n_layers}
    return {**count(shape), "answer": count(held), **count(wrong)}
