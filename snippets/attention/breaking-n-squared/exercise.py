"""An exercise: what share of the pairs of full causal attention a windowed layer still looks at."""

from typing import Any

from llmnotes import load_model
from llmnotes.blocks.base import Window
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import count, share, tokens

MODELS = ["gemma-3-27b", "mistral-7b-v0.1", "gpt-oss-20b", "gemma-3-1b", "gemma-2-27b"]


def ask():
    return Ask(
        draws={"model": MODELS, "n_tokens": tokens([32_768, 16_384, 65_536, 131_072])},
        solve=solve,
        hints={
            "square": label(
                zh="分母用了整个 n²。全局注意力也有因果掩码，只看一半。",
                en="You divided by the whole n². Full attention is causal too and sees half of it.",
            ),
            "inverse": label(zh="这是没有看的那部分。", en="That is the share that is left out."),
        },
    )


def solve(*, model, n_tokens):
    layers: Any = load_model(model).layers
    window = next(layer.mixer.span.size for layer in layers if isinstance(layer.mixer.span, Window))
    every = n_tokens * (n_tokens + 1) // 2
    seen = window * (window + 1) // 2 + (n_tokens - window) * window
    wrong = {"square": seen / n_tokens**2, "inverse": 1 - seen / every}
    return {"window": count(window), "answer": share(seen / every), **share(wrong)}
