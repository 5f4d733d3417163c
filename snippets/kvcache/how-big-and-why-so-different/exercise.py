"""An exercise: the cache of a model at a length, and what counting the wrong heads gives."""

from typing import Any

from llmnotes import kv_cache, load_model
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import bytes_of, count, number, tokens

# None has eight query heads for a KV head: counting those and counting bits would be the same mistake.
MODELS = [
    "qwen3-8b",
    "qwen3-0.6b",
    "qwen3-14b",
    "llama-3.1-8b",
    "mistral-nemo-12b",
    "llama-3.2-1b",
    "qwen2.5-7b",
    "phi-4",
]


def ask():
    return Ask(
        draws={"model": MODELS, "n_tokens": tokens([2**k for k in (13, 14, 15, 16)]), "kv_bits": number([16, 8])},
        solve=solve,
        hints={
            "query_heads": label(
                zh="你数的是 {{n_heads}} 个查询头。查询用完就丢，进缓存的是 {{n_kv_heads}} 个 KV 头。",
                en="You counted the {{n_heads}} query heads. Queries are not kept: the cache holds {{n_kv_heads}} KV heads.",
            ),
            "keys_only": label(
                zh="键和值各存一份，公式开头要乘 2。", en="Keys and values are both kept: the formula begins with a 2."
            ),
            "bits": label(zh="这是位数，不是字节数：再除以 8。", en="Those are bits; divide by 8 for bytes."),
        },
    )


def solve(*, model, n_tokens, kv_bits):
    spec = load_model(model)
    heads: Any = spec.layers[0].mixer
    size = kv_cache(spec, n_tokens, kv_bits=kv_bits).ideal_bytes
    wrong = {"query_heads": size * heads.n_heads / heads.n_kv_heads, "keys_only": size / 2, "bits": size * 8}
    shape = {"n_layers": spec.n_layers, "n_heads": heads.n_heads, "n_kv_heads": heads.n_kv_heads}
    return {**count({**shape, "head_dim": heads.head_dim}), "answer": bytes_of(size), **bytes_of(wrong)}
