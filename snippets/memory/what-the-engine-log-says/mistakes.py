"""Lines of logs read wrongly, with the number that each reading gives beside the right one."""

from llmnotes import load_model
from llmnotes.engines import sglang, tensorrt_llm, vllm
from llmnotes.engines.outline import outline_of
from llmnotes.engines.parts import Parallel
from llmnotes.quantities import bytes_of, count, number, ratio, share
from llmnotes.units import GIB, MIB

PIPELINE = "https://github.com/vllm-project/vllm/issues/34076"
COMPARED = "https://github.com/vllm-project/vllm/issues/21348"
GEMMA = "https://github.com/vllm-project/vllm/issues/49878"
# --8<-- [start:printed]
# vLLM 34076: Qwen3 Coder 30B-A3B, 16 layers on one card and 32 on the other.
NEEDED, AVAILABLE, LENGTH, LONGEST, HELD = 24.0, 3.18, 262_144, 34_736, 16
# vLLM 21348: SGLang on four cards.
KEYS, TOKENS = 8.23, 367_404
# vLLM 49878: Gemma 4 31B in 0.26, one request of 262,144 tokens, --max-num-batched-tokens 32768.
BATCHED, SINCE = 32_768, 70.79
# gpustack/runner 251: graphs are taken off the pool; vLLM 47728: two passes may be under way.
GRAPHS_SINCE, IN_FLIGHT_SINCE = "0.21", "0.26"


# --8<-- [end:printed]


# --8<-- [start:compute]
def compute():
    latent = outline_of(load_model("deepseek-v3")).entries[0]
    llama = tensorrt_llm.token_bytes(outline_of(load_model("llama-2-7b")), tensorrt_llm.Settings())
    return {
        "pipeline": pipeline(),
        "keys": keys(),
        "states": states(),
        "versions": versions(),
        "latent_width": count(latent.key_dim),
        "trt_token": count(int(llama)),
        "rules": vllm.VERSION,
        "from": {"graphs": GRAPHS_SINCE, "flight": IN_FLIGHT_SINCE},
    }


def pipeline():
    pool = vllm.pool(outline_of(load_model("qwen3-30b-a3b")), settings := vllm.Settings(max_model_len=LENGTH))
    n_layers = len(outline_of(load_model("qwen3-30b-a3b")).layers)
    block = pool.block_bytes * HELD / n_layers
    right = int(AVAILABLE * GIB // block) * pool.block_size
    return {
        **bytes_of({"needed": NEEDED * GIB, "available": AVAILABLE * GIB}, kind="reported", source=PIPELINE),
        **count({"length": LENGTH, "longest": LONGEST}, kind="reported", source=PIPELINE),
        "derived": bytes_of(pool.blocks(LENGTH, settings) * pool.block_bytes),
        "missing": bytes_of((NEEDED - AVAILABLE) * GIB),
        "own": bytes_of(pool.blocks(LENGTH, settings) * block),
        "right": count(right),
        **count({"held": HELD, "layers": n_layers}),
        "over": ratio(right / LONGEST),
    }


def keys():
    four = sglang.Settings(parallel=Parallel(tensor=4))
    model = outline_of(load_model("qwen3-235b-a22b"))
    of_keys, _ = sglang.key_value_bytes(model, four, TOKENS)
    one = of_keys / (TOKENS + four.page_size)
    decimal = KEYS * 1e9 / one
    return {
        "said": number(KEYS, kind="reported", source=COMPARED),
        "tokens": count(TOKENS, kind="reported", source=COMPARED),
        "decimal": count(int(decimal)),
        "short": share(1 - decimal / TOKENS),
        "card": bytes_of(2 * of_keys),
        "cards": bytes_of(8 * of_keys),
        "over": ratio(8 * of_keys / (KEYS * GIB)),
        "per_token": bytes_of(sglang.token_bytes(model, four)),
    }


def states():
    """299.25 MiB for two requests, by the layers that the line names and by those that have a state."""
    model = outline_of(load_model("qwen3.6-27b"))
    said, slots = 299.25 * MIB, 2
    return {
        "said": bytes_of(said, kind="reported", source="https://github.com/ggml-org/llama.cpp/pull/23792"),
        "wrong": bytes_of(said / slots / len(model.layers)),
        "right": bytes_of(said / slots / len(model.states)),
        **count({"layers": len(model.layers), "states": len(model.states), "slots": slots}),
    }


def versions():
    """The same request in two versions: one pass under way, then two."""
    model, needed = outline_of(load_model("gemma-4-31b")), {}
    for key, passes in {"before": 1, "since": 2}.items():
        settings = vllm.Settings(LENGTH, max_num_batched_tokens=BATCHED, n_passes=passes)
        pool = vllm.pool(model, settings)
        needed[key] = pool.blocks(LENGTH, settings) * pool.block_bytes
    logged = {"since": SINCE * GIB}
    return {"logged": bytes_of(logged, kind="reported", source=GEMMA), "derived": bytes_of(needed)}


# --8<-- [end:compute]
