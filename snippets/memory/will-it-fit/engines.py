"""The longest context that two engines reach on a card, by their own account of what stands beside the cache."""

from llmnotes import fit, load_model
from llmnotes.cost.assumptions import USABLE_SHARE
from llmnotes.engines import VERSIONS, llamacpp, vllm
from llmnotes.engines.capacity import capacity
from llmnotes.engines.outline import outline_of
from llmnotes.quantities import bytes_of, count
from llmnotes.registry import find_chip
from llmnotes.weights.sizes import memory_precision, stored_weights

N_TOKENS = 131_072
CASES = {
    "llama8": ("rtx-4090", "llama-3.1-8b"),
    "oss20": ("rtx-4090", "gpt-oss-20b"),
    "oss120": ("h100-sxm-80gb", "gpt-oss-120b"),
}


# --8<-- [start:compute]
def row(card, model_id):
    model, memory = load_model(model_id), find_chip(card).memory_bytes
    stored = stored_weights(model)
    bits, seen, weights = memory_precision(stored), outline_of(model), stored.running_bytes
    found = fit(model, card, weight_bits=bits.weights, expert_bits=bits.experts, n_tokens=N_TOKENS)
    # llama.cpp takes all that the driver shows; vLLM a share of it, less its own runtime and the pass that it measures.
    rooms = {
        llamacpp.ENGINE: vllm.visible_bytes(memory) - weights,
        vllm.ENGINE: vllm.available_bytes(
            seen, vllm.Settings(max_model_len=1), memory_bytes=memory, weight_bytes=weights
        ),
    }
    reached = {
        engine: capacity(seen, engine=engine, room_bytes=room, n_tokens=N_TOKENS, n_seqs=1).longest_context or 0
        for engine, room in rooms.items()
    }
    lengths = {"ideal": found.ideal.longest_context or 0, "full": found.reserved.longest_context or 0, **reached}
    return {**count(lengths), "room": bytes_of(rooms)}


def compute():
    memory = find_chip(CASES["llama8"][0]).memory_bytes
    taken = {
        "driver": USABLE_SHARE * (memory - vllm.visible_bytes(memory)),
        "runtime": vllm.runtime_bytes(vllm.Settings(max_model_len=1).parallel),
    }
    return {**{key: row(*case) for key, case in CASES.items()}, "versions": VERSIONS, "taken": bytes_of(taken)}


# --8<-- [end:compute]
