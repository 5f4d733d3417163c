"""An exercise: parameters of an adapter beside query and value."""

from typing import Any

from llmnotes import fine_tuning, load_model
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import count

MODELS = ["qwen3-8b", "llama-3.1-8b", "qwen3-32b", "llama-3.2-3b", "qwen3-14b", "llama-3.1-70b"]


def ask():
    return Ask(
        draws={"model": MODELS, "rank": count([8, 16, 32, 64])},
        solve=solve,
        hints={
            "square": label(
                zh="value 的输出只有 {{kv_heads}} 个 KV 头，不是 {{heads}} 个。",
                en="The value's matrix has rows for {{kv_heads}} KV heads only, not for {{heads}}.",
            ),
            "one_layer": label(zh="一共有 {{layers}} 层。", en="There are {{layers}} layers."),
            "one_factor": label(
                zh="适配器是两个矩阵，只数了乘以输入的那个：秩 × (行数 + 列数)。",
                en="An adapter is two matrices, and you counted the one that takes the input: rank × (rows + columns).",
            ),
        },
        tolerance=0.005,
    )


def solve(*, model, rank):
    spec = load_model(model)
    attention: Any = spec.layers[0].mixer
    n_layers, width = spec.n_layers, spec.d_model
    answer = fine_tuning(spec, n_tokens=1, rank=rank, targets=("q_proj", "v_proj")).n_params
    shape = {"heads": attention.n_heads, "kv_heads": attention.n_kv_heads, "head_dim": attention.head_dim}
    wrong = {
        "square": 2 * n_layers * rank * (width + attention.n_heads * attention.head_dim),
        "one_layer": answer // n_layers,
        "one_factor": 2 * n_layers * rank * width,
    }
    return count({"layers": n_layers, "d": width, **shape, "answer": answer, **wrong})
