"""An exercise: how many pairs of a head never complete a turn within a length."""

from math import pi

from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.numerics.rope import plain_frequencies
from llmnotes.quantities import count, tokens
from llmnotes.registry import find

MODELS = ["llama-3.1-8b", "llama-2-7b", "qwen3-8b", "gemma-7b", "mistral-7b-v0.3", "llama-3.2-1b"]


def ask():
    return Ask(
        draws={"model": MODELS, "n_tokens": tokens([8_192, 2_048, 4_096, 32_768])},
        solve=solve,
        hints={
            "turning": label(
                zh="这是转满一圈的对数；问的是转不满的。", en="Those complete a turn; the question is which do not."
            ),
            "numbers": label(zh="两个数算一对：再除以 2。", en="Two numbers make a pair: divide by 2."),
            "radians": label(
                zh="一圈是 2π 弧度：波长是 2π / 频率，不是 1 / 频率。",
                en="A turn is 2π radians: the wavelength is 2π / frequency.",
            ),
        },
        tolerance=0.004,
    )


def solve(*, model, n_tokens):
    config = find(model).config
    dim = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
    theta = config.get("rope_theta", 10_000)
    all_of = plain_frequencies(rope_theta=theta, rotary_dim=dim)
    never = sum(2 * pi / one > n_tokens for one in all_of)
    radians = sum(1 / one > n_tokens for one in all_of)
    wrong = {"turning": len(all_of) - never, "numbers": 2 * never, "radians": radians}
    return {"theta": count(int(theta)), "dim": count(dim), "answer": count(never), **count(wrong)}
