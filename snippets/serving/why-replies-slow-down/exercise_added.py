"""An exercise: the time that a thousand further tokens of chat add to every token that is written."""

from typing import Any

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import growing_bytes_per_token
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import bytes_of, count, seconds
from llmnotes.registry import find_chip

MODELS = ["llama-3.1-8b", "qwen3-8b", "qwen3-14b", "llama-3.2-3b", "mistral-7b-v0.3", "llama-3.2-1b"]
CHIPS = ["rtx-4090", "h100-sxm-80gb", "a100-sxm-80gb", "rtx-3090", "l40s-48gb", "rtx-5090"]
MORE = 1_000


def ask():
    return Ask(
        draws={"model": MODELS, "chip": CHIPS},
        solve=solve,
        hints={
            "half": label(
                zh="少了一半：每个 KV 头存一个键和一个值，bf16 的数占两个字节。",
                en="Half is missing: each KV head keeps a key and a value, and a number in bf16 takes two bytes.",
            ),
            "heads": label(
                zh="你数的是查询头；缓存里只有 {{kv_heads}} 个 KV 头。",
                en="Those are the query heads; only {{kv_heads}} KV heads are cached.",
            ),
            "one": label(
                zh="这是多 1 个 token 的，不是 1,000 个的。", en="That is for one more token, not for a thousand."
            ),
        },
    )


def solve(*, model, chip):
    spec, bandwidth = load_model(model), find_chip(chip).bandwidth_bytes_per_s
    attention: Any = spec.layers[0].mixer
    per_token = growing_bytes_per_token(cost_profile(spec))
    added = MORE * per_token / bandwidth
    wrong = {"half": added / 2, "heads": added * attention.n_heads / attention.n_kv_heads, "one": added / MORE}
    shape = {"layers": spec.n_layers, "kv_heads": attention.n_kv_heads, "head_dim": attention.head_dim}
    return {
        **count(shape),
        "bandwidth": bytes_of(bandwidth) / seconds(1),
        "per_token": bytes_of(per_token),
        "answer": seconds(added),
        **seconds(wrong),
    }
