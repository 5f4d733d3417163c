"""What one card holds of Qwen3 8B in three formats: weights, activations, headroom, and the context that is left."""

from typing import Any

from llmnotes import count_params, fit, kv_cache, load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.assumptions import PREFILL_CHUNK, USABLE_SHARE
from llmnotes.cost.intensity import step_bytes
from llmnotes.engines import vllm
from llmnotes.engines.outline import outline_of
from llmnotes.figures import label, name, stacked_bars
from llmnotes.quantities import bytes_of, count, share
from llmnotes.registry import find_chip
from llmnotes.weights.ggml import BLOCKS
from llmnotes.weights.sizes import memory_precision, stored_weights

MODEL, CHIP, N_TOKENS = "qwen3-8b", "rtx-4090", 32_768
FORMS = {"bf16": "bf16", "eight": "q8_0", "four": "q4_k_m"}


# --8<-- [start:compute]
def compute():
    model, card = load_model(MODEL), find_chip(CHIP)
    rows = {}
    for key, form in FORMS.items():
        stored = stored_weights(model, form)
        found = fit(model, CHIP, weight_bits=memory_precision(stored).weights)
        room = found.ideal.free_bytes + found.ideal.cache_bytes
        parts = {"weights": found.weight_bytes, "activations": found.activation_bytes, "headroom": found.overhead_bytes}
        rows[key] = {**bytes_of({**parts, "room": room}), "longest": count(found.ideal.longest_context)}
    return {
        "model": model.name,
        "chip": card.name,
        **rows,
        "logged": count(logged(model, card)),
        **assumed(model),
        **challenge(model),
    }


# --8<-- [end:compute]


def logged(model, card):
    """Tokens of the pool by vLLM's rules, which take what it does not see, runs outside PyTorch or records off it."""
    seen, settings = outline_of(model), vllm.Settings(model.n_ctx)
    weight_bytes = fit(model, CHIP).weight_bytes
    room = vllm.available_bytes(
        seen,
        settings,
        memory_bytes=card.memory_bytes,
        weight_bytes=weight_bytes,
        utilization=USABLE_SHARE,
        graph_bytes=vllm.GRAPH_BYTES,
    )
    return vllm.pool(seen, settings).n_blocks(room) * settings.block_size


def assumed(model):
    """What the steps take for granted: the block of Q8_0, an engine's share of the card, a chunk of a prompt."""
    numbers, n_bytes = BLOCKS["Q8_0"]
    block = {"block": numbers, "block_bytes": n_bytes, "scale_bits": 8 * (n_bytes - numbers)}
    return {**count({**block, "chunk": PREFILL_CHUNK, "positions": model.n_ctx}), "usable": share(USABLE_SHARE)}


def challenge(model):
    """The shape of DeepSeek-V2-Lite that the last part states, and what its solution finds."""
    lite = load_model("deepseek-v2-lite")
    latent: Any = lite.layers[0].mixer
    experts: Any = lite.layers[-1].feed_forward
    cache, kept = (kv_cache(one, N_TOKENS).ideal_bytes for one in (lite, model))
    shape = {"experts": experts.n_experts, "visited": experts.top_k}
    heads = {"nope": latent.qk_nope_head_dim, "rope": latent.qk_rope_head_dim}
    return {
        **count({**shape, **heads, "n": N_TOKENS}),
        "lite_params": count(count_params(lite).total),
        "lite_cache": bytes_of(cache),
        "lite_over": share(cache / kept),
        "lite_read": bytes_of(step_bytes(cost_profile(lite), n_tokens=N_TOKENS)),
        "lite_weights": bytes_of(stored_weights(lite).checkpoint_bytes),
        "read": bytes_of(step_bytes(cost_profile(model), n_tokens=N_TOKENS)),
    }


def draw(result):
    names = {
        "weights": label(zh="权重", en="weights"),
        "activations": "activations",
        "headroom": label(zh="引擎保留的余量", en="headroom"),
        "room": label(zh="留给缓存", en="left to the cache"),
    }
    titles = {"bf16": name("bf16"), "eight": name("Q8_0"), "four": name("Q4_K_M")}
    rows = {titles[key]: {names[part]: result[key][part] for part in names} for key in FORMS}
    return stacked_bars(rows, x="memory", rows=label(zh="权重的格式", en="format of the weights"))
