"""Three starts of one server, each line of its log worked out from the lines before it."""

from llmnotes import count_params, load_model, registry
from llmnotes.engines import vllm
from llmnotes.engines.outline import outline_of
from llmnotes.quantities import bytes_of, count, number, ratio
from llmnotes.units import GIB

LOG = "https://github.com/vllm-project/vllm/issues/10517"
MODEL = "llama-3.1-8b"
# As printed, GiB, on an RTX 3090 (2024-12-02).
VISIBLE, UTILIZATION, REST, WEIGHTS = 23.58, 0.9, 0.35, 14.9888
# --8<-- [start:starts]
# max_model_len: peak of PyTorch's memory, and the tokens of the pass that was measured (all of them up to 32K, where
# that version begins to read prompts in chunks of 512).
STARTS = {"short": (20_000, 17.06, 20_000), "refused": (29_000, 17.98, 29_000), "long": (35_000, 15.05, 512)}
BLOCKS = {"short": 1_952, "refused": 1_478}
# The three lines that versions of today print (2025-10-03): GiB of the pool, its tokens, the longest request.
TODAY_LOG = "https://github.com/LMCache/LMCache/issues/1739"
TODAY, TODAY_POOL, TODAY_TOKENS, TODAY_LENGTH = "qwen3-14b", 6.51, 42_656, 32_768


# --8<-- [end:starts]


# --8<-- [start:compute]
def start(seen, length, peak, batched):
    settings = vllm.Settings(max_model_len=length, max_num_batched_tokens=batched)
    pool, room = vllm.pool(seen, settings), VISIBLE * UTILIZATION - peak - REST
    blocks = pool.n_blocks(room * GIB)
    return {
        "length": count(length),
        "batched": count(batched),
        "peak": number(peak, kind="reported", source=LOG),
        **number({"room": room, "passes": peak - WEIGHTS}),
        "formula": number(vllm.activation_bytes(seen, settings) / GIB),
        "blocks": count(blocks),
        "tokens": count(blocks * pool.block_size),
        "needed": count(pool.blocks(length, settings)),
        "concurrency": ratio(pool.concurrency(blocks, settings)),
    }


def today():
    """From the memory of the pool to its tokens, and to the longest requests that it holds."""
    shape, seen = registry.find(TODAY).config, outline_of(load_model(TODAY))
    settings = vllm.Settings(max_model_len=TODAY_LENGTH)
    pool = vllm.pool(seen, settings)
    blocks = pool.n_blocks(TODAY_POOL * GIB)
    return {
        "model": load_model(TODAY).name,
        "pool": number(TODAY_POOL, kind="reported", source=TODAY_LOG),
        "logged": count(TODAY_TOKENS, kind="reported", source=TODAY_LOG),
        **count({"layers": shape["num_hidden_layers"], "kv_heads": shape["num_key_value_heads"]}),
        **count({"head_dim": seen.entries[0].key_dim, "per_token": pool.block_bytes / pool.block_size}),
        **count({"block_size": pool.block_size, "blocks": blocks, "tokens": blocks * pool.block_size}),
        "length": count(TODAY_LENGTH),
        "concurrency": ratio(pool.concurrency(blocks, settings)),
    }


def compute():
    entry = registry.find(MODEL)
    weights = 2 * count_params(entry.spec).total
    seen, shape = outline_of(load_model(MODEL)), entry.config
    pool = vllm.pool(seen, vllm.Settings(max_model_len=20_000))
    more = pool.n_blocks((VISIBLE * 0.95 - STARTS["short"][1] - REST) * GIB)
    return {
        "model": entry.name,
        "layers": count(shape["num_hidden_layers"]),
        "kv_heads": count(shape["num_key_value_heads"]),
        "width": count(shape["hidden_size"]),
        "inner": count(shape["intermediate_size"]),
        "head_dim": count(seen.entries[0].key_dim),
        **bytes_of({"weights": weights, "more_weights": WEIGHTS * GIB - weights}),
        "per_token_exact": count(pool.block_bytes / pool.block_size),
        "block_size": count(pool.block_size),
        "block": bytes_of(pool.block_bytes),
        "hundredth": count(round(0.01 * GIB / pool.block_bytes)),
        "off": count(round(0.005 * GIB / pool.block_bytes)),
        **number({"visible": VISIBLE, "rest": REST, "logged_weights": WEIGHTS}, kind="reported", source=LOG),
        "usable": number(VISIBLE * UTILIZATION),
        "logged_blocks": count(BLOCKS, kind="reported", source=LOG),
        "logged_tokens": count({key: 16 * blocks for key, blocks in BLOCKS.items()}),
        **{key: start(seen, *case) for key, case in STARTS.items()},
        "today": today(),
        # An exercise: a utilization of 0.95 instead.
        "more": {"blocks": count(more), "tokens": count(16 * more), "concurrency": ratio(16 * more / 20_000)},
    }


# --8<-- [end:compute]
