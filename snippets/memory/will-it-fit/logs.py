"""What engines printed when they started, beside the same quantity computed here; no coefficient is fitted to them."""

from llmnotes import load_model
from llmnotes.cost.assumptions import Engine, Precision
from llmnotes.engines import allocate
from llmnotes.engines.capacity import capacity
from llmnotes.engines.outline import outline_of
from llmnotes.engines.parts import Parallel
from llmnotes.fitting import fit_memory
from llmnotes.quantities import count, number, share
from llmnotes.units import GIB, MIB

# --8<-- [start:logs]
# vLLM 10511: Llama 3 8B on a card of 79.22 GiB of which 0.90 may be used. vLLM 21348: Qwen3 235B on four cards.
# LM Studio 1862: Qwen3.6 27B in llama.cpp, 262,144 cells for four sequences.
PRINTED = {"weights": 14.96, "weights_2": 7.48, "passes": 1.26, "room": 53.29, "tokens": 178_880}
PRINTED_MIB = {"cache": 16_384, "state": 598.5}
NOT_TORCH = 1.79  # GiB, the log's own line: what the driver and the libraries hold outside of torch


# --8<-- [end:logs]


# --8<-- [start:compute]
def compute():
    llama, qwen = load_model("llama-3-8b"), load_model("qwen3.6-27b")
    engine = Engine(usable_share=0.9, prefill_chunk=8192)
    on_one, on_two = (fit_memory(llama, 79.22 * GIB, n, 0, 256, Precision(), engine) for n in (1, 2))
    held = allocate(qwen, engine="llama.cpp", n_tokens=262_144 // 4, n_seqs=4)
    room = capacity(
        outline_of(load_model("qwen3-235b-a22b")),
        engine="vllm",
        room_bytes=8.11 * GIB,
        n_tokens=32_768,
        n_seqs=1,
        parallel=Parallel(tensor=4),
    )
    computed = {
        "weights": on_one.weight_bytes / GIB,
        "weights_2": on_two.weight_bytes / 2 / GIB,
        "passes": on_one.activation_bytes / GIB,
        "room": on_one.ideal.free_bytes / GIB - NOT_TORCH,
        "tokens": room.longest_context or 0,
        "cache": held.bytes_of("cache") / MIB,
        "state": held.bytes_of("state") / MIB,
    }
    printed = PRINTED | PRINTED_MIB
    off = sorted(abs(computed[key] / printed[key] - 1) for key in printed)
    return {
        "printed": {key: tagged(key, value) for key, value in printed.items()},
        "computed": {key: tagged(key, computed[key]) for key in printed},
        "worst": share(off[-1]),
        "second": share(off[-2]),
    }


def tagged(key, value):
    return count(value) if key == "tokens" else number(value)


# --8<-- [end:compute]
