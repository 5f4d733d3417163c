"""An exercise: by how much the formula with the hidden size overrates or underrates a cache."""

from typing import Any

from llmnotes import load_model
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import count, ratio

MODELS = ["qwen3-32b", "qwen3-4b", "mistral-nemo-12b", "gemma-7b", "qwen3-30b-a3b", "qwen3-235b-a22b", "llama-3.1-70b"]


def ask():
    return Ask(
        draws={"model": MODELS},
        solve=solve,
        hints={
            "heads": label(
                zh="查询头比 KV 头，只在头维度等于隐藏维度 / 头数时才对；这里 `head_dim` 是 {{head_dim}}。",
                en="Query over KV heads is right only where head_dim is the hidden size over the heads; here it is {{head_dim}}.",
            ),
            "inverse": label(
                zh="倒过来了：问的是公式是真实值的几倍。", en="The other way round: the formula over the truth."
            ),
        },
    )


def solve(*, model):
    spec = load_model(model)
    heads: Any = spec.layers[0].mixer
    shape = {
        "d_model": spec.d_model,
        "n_heads": heads.n_heads,
        "n_kv_heads": heads.n_kv_heads,
        "head_dim": heads.head_dim,
    }
    over = spec.d_model / (heads.n_kv_heads * heads.head_dim)
    wrong = {"heads": heads.n_heads / heads.n_kv_heads, "inverse": 1 / over}
    return {**count(shape), "answer": ratio(over), **ratio(wrong)}
