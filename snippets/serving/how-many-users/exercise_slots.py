"""An exercise: how many requests of a length a card holds at once."""

from llmnotes import fit, kv_cache, load_model
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import bytes_of, count

MODELS = ["llama-3.1-8b", "qwen3-8b", "qwen3-14b", "llama-3.2-3b", "qwen3-32b", "mistral-7b-v0.3"]
CHIPS = ["h100-sxm-80gb", "a100-sxm-80gb", "rtx-4090", "h200-sxm-141gb", "l40s-48gb"]
LENGTHS = [4_096, 2_000, 16_384]


def ask():
    return Ask(
        draws={"model": MODELS, "chip": CHIPS, "n_tokens": count(LENGTHS)},
        solve=solve,
        hints={
            "no_headroom": label(
                zh="引擎保留的 {{headroom}} 不归缓存，先扣掉。",
                en="The engine keeps {{headroom}} free: take that off first.",
            ),
            "no_weights": label(zh="权重也在卡上：{{weights}}。", en="The weights are on the card too: {{weights}}."),
            "positions": label(
                zh="这是按模型的最长上下文数的；这些请求各只有 {{n_tokens}} 个 token。",
                en="That is with the longest context of the model; these requests have {{n_tokens}} tokens each.",
            ),
        },
    )


def solve(*, model, chip, n_tokens):
    spec = load_model(model)
    found = fit(spec, chip, n_tokens=n_tokens)
    slots = found.ideal.largest_batch
    if slots < 4:
        return None
    room, cache = found.ideal.free_bytes + found.ideal.cache_bytes, kv_cache(spec, n_tokens).ideal_bytes
    given = {"memory": found.memory_bytes, "headroom": found.overhead_bytes, "weights": found.weight_bytes}
    wrong = {
        "no_headroom": (room + found.overhead_bytes) // cache,
        "no_weights": (room + found.weight_bytes) // cache,
        "positions": fit(spec, chip).ideal.largest_batch,
    }
    sizes = bytes_of({**given, "activations": found.activation_bytes, "cache": cache})
    return {**sizes, "answer": count(slots), **count(wrong)}
