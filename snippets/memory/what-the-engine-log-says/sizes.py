"""What one pool is called in tokens: three starts of one server that logged it, and the rule at every length."""

from llmnotes import load_model, registry
from llmnotes.engines import vllm
from llmnotes.engines.logs import state_bits_of
from llmnotes.engines.outline import outline_of
from llmnotes.figures import label, lines, name
from llmnotes.quantities import bytes_of, count, ratio, tokens
from llmnotes.units import GIB

NOTES = "https://github.com/epsilonagentx/intel_arc_gpu_llm/blob/3ee798b/UPSTREAM_VLLM_NOTES.md"
# --8<-- [start:logged]
# Gemma 4 26B-A4B in vLLM 0.29 on an Arc Pro B60, --max-num-batched-tokens 2496: tokens by --max-model-len.
POOL_GIB, LOGGED, LONGEST = 4.25, {32_768: 78_433, 65_536: 116_025, 131_072: 152_592}, 162_496
# Since 0.26 two passes may be under way at once, and windowed layers keep room for both.
BATCHED, PASSES = 2_496, 2
# club-3090, issue 612: the pool that the second log of vLLM names, and its --max-model-len.
HYBRID, HYBRID_POOL_GIB, HYBRID_LENGTH = "qwen3.6-35b-a3b", 5.98, 131_072


# --8<-- [end:logged]
GEMMA, MODELS = "gemma-4-26b-a4b", ("gemma-4-26b-a4b", "gpt-oss-20b", "qwen3.6-35b-a3b", "llama-3.1-8b")
LENGTHS = [2**exponent for exponent in range(12, 18)]
AS_LOGGED = label(zh="日志里的 Gemma 4", en="Gemma 4, as logged")


# --8<-- [start:compute]
def sized(model_id, length, pool_bytes=POOL_GIB * GIB):
    """Blocks of the pool, blocks of one request of this length, and the tokens that vLLM prints."""
    bits = state_bits_of(registry.find(model_id).config) or 16
    settings = vllm.Settings(length, max_num_batched_tokens=BATCHED, n_passes=PASSES, state_bits=bits)
    pool = vllm.pool(outline_of(load_model(model_id)), settings)
    blocks = pool.n_blocks(pool_bytes)
    return {
        "blocks": blocks,
        "each": pool.blocks(length, settings),
        "printed": pool.tokens_by_concurrency(blocks, settings),
        "longest": pool.longest_request(blocks, settings),
        "concurrency": pool.concurrency(blocks, settings),
    }


def compute():
    starts = {key: sized(GEMMA, length) for key, length in zip(("short", "middle", "long"), LOGGED, strict=True)}
    logged = dict(zip(starts, LOGGED.values(), strict=True))
    curves = {model_id: [sized(model_id, length) for length in LENGTHS] for model_id in MODELS}
    per_token = POOL_GIB * GIB / logged["short"]
    growing = sized(GEMMA, 2**20)["each"] - sized(GEMMA, 2**20 - 2**15)["each"]
    page = vllm.pool(outline_of(load_model(GEMMA)), vllm.Settings(max_model_len=1)).block_bytes
    return {
        "pool": bytes_of(POOL_GIB * GIB, kind="reported", source=NOTES),
        "logged": count(logged, kind="reported", source=NOTES),
        "length": count(dict(zip(starts, LOGGED, strict=True))),
        "ceiling": count(LONGEST, kind="reported", source=NOTES),
        "longest": count(starts["short"]["longest"]),
        **{key: count({part: int(value) for part, value in found.items()}) for key, found in starts.items()},
        "requests": ratio({key: found["concurrency"] for key, found in starts.items()}),
        "by_hand": by_hand(),
        "hybrid": hybrid(),
        "per_token": bytes_of({"said": per_token, "real": growing * page / 2**15}),
        "per_token_over": ratio(per_token / (growing * page / 2**15)),
        "lengths": tokens(LENGTHS),
        # A line ends where one request no longer fits: vLLM then refuses to start.
        "curves": {
            registry.find(model_id).name: [
                tokens(found["printed"]) if found["each"] <= found["blocks"] else None for found in curve
            ]
            for model_id, curve in curves.items()
        },
    }


def by_hand():
    """Blocks of one request at the shortest of the three lengths, group by group."""
    settings = vllm.Settings(max_model_len=min(LOGGED), max_num_batched_tokens=BATCHED, n_passes=PASSES)
    pool = vllm.pool(outline_of(load_model(GEMMA)), settings)
    windowed = [group for group in pool.groups if group.kind == vllm.WINDOW]
    (full,) = (group for group in pool.groups if group.kind == vllm.FULL)
    token = {bool(entry.window): (entry.n_heads, entry.key_dim) for entry in outline_of(load_model(GEMMA)).entries}
    window_blocks = windowed[0].blocks(settings.max_model_len, settings)
    return count(
        {
            "block_bytes": int(pool.block_bytes),
            "groups": len(windowed),
            "layers": windowed[0].n_layers,
            "window": windowed[0].size,
            "window_tokens": windowed[0].block_size,
            "window_heads": token[True][0],
            "window_dim": token[True][1],
            "full_heads": token[False][0],
            "full_dim": token[False][1],
            "window_token": 4 * token[True][0] * token[True][1],
            "full_token": 4 * token[False][0] * token[False][1],
            "window_blocks": window_blocks,
            "window_held": window_blocks - 1,
            "full_tokens": full.block_size,
            "full_blocks": full.blocks(settings.max_model_len, settings),
            "in_flight": PASSES * BATCHED,
            "batched": BATCHED,
        }
    )


def hybrid():
    """What stands behind “567,978 tokens” of the log of Qwen3.6 35B-A3B: its pool and one longest request in blocks."""
    bits = state_bits_of(registry.find(HYBRID).config) or 16
    settings = vllm.Settings(HYBRID_LENGTH, kv_cache_dtype="fp8", state_bits=bits)
    pool = vllm.pool(outline_of(load_model(HYBRID)), settings)
    states = [group for group in pool.groups if group.kind == vllm.STATE]
    return count(
        {
            "blocks": pool.n_blocks(HYBRID_POOL_GIB * GIB),
            "each": pool.blocks(HYBRID_LENGTH, settings),
            "full": pool.groups[0].blocks(HYBRID_LENGTH, settings),
            "groups": len(states),
            "state": states[0].blocks(HYBRID_LENGTH, settings),
            "length": HYBRID_LENGTH,
        }
    )


# --8<-- [end:compute]


def draw(result):
    said = dict(zip(LOGGED, tokens(list(LOGGED.values())), strict=True))
    drawn = {name(model): curve for model, curve in result["curves"].items()}
    drawn[AS_LOGGED] = [said.get(length.value) for length in result["lengths"]]
    x, y = label(zh="--max-model-len", en="--max-model-len"), label(zh="日志里的 token 数", en="tokens in the log")
    return lines(result["lengths"], drawn, x=x, y=y, log="xy", key=True, unjoined=AS_LOGGED, height=420)
