"""An exercise: the latent cache of a model at a length, with and without what is often forgotten."""

from typing import Any

from llmnotes import kv_cache, load_model
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import bytes_of, count, tokens

MODELS = ["deepseek-v3", "kimi-k2", "deepseek-v2-lite", "glm-4.7-flash"]


def ask():
    return Ask(
        draws={"model": MODELS, "n_tokens": tokens([2**k for k in (17, 13, 14, 15, 16)])},
        solve=solve,
        hints={
            "no_rotary": label(zh="漏了旋转键：它也要进缓存。", en="The rotary key is missing: it is cached too."),
            "twice": label(
                zh="键和值出自同一份潜在向量，不用乘 2。",
                en="Key and value come from the same latent: there is no factor of 2.",
            ),
            "heads": label(
                zh="潜在向量由所有头共用，不乘头数。", en="All heads share the latent: do not multiply by heads."
            ),
        },
    )


def solve(*, model, n_tokens):
    spec = load_model(model)
    mla: Any = spec.layers[0].mixer
    size = kv_cache(spec, n_tokens).ideal_bytes
    shape = {"n_layers": spec.n_layers, "rank": mla.kv_lora_rank, "rotary": mla.qk_rope_head_dim}
    kept = mla.kv_lora_rank + mla.qk_rope_head_dim
    wrong = {"no_rotary": size * mla.kv_lora_rank / kept, "twice": 2 * size, "heads": size * mla.n_heads}
    return {**count(shape), "answer": bytes_of(size), **bytes_of(wrong)}
