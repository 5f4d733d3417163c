"""How fast each of several users is served by vLLM on one card, alone, far below the turn, at it, and on a full card."""

from math import ceil

from llmnotes import fit, load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import ideal_cache_bytes, read_weight_bytes
from llmnotes.quantities import count, ratio
from llmnotes.registry import find_chip
from llmnotes.timing.estimate import Setup, decode_timing
from llmnotes.timing.runtimes import find_runtime

MODEL, CHIP, N_TOKENS = "llama-3.1-8b", "h100-sxm-80gb", 4_096


# --8<-- [start:compute]
def compute():
    model, profile = load_model(MODEL), cost_profile(load_model(MODEL))
    knee = ceil(read_weight_bytes(profile, n_tokens=1) / ideal_cache_bytes(profile, n_tokens=N_TOKENS))
    sizes = {"alone": 1, "fifth": ceil(knee / 5), "knee": knee, "full": fits(model)}
    steps = {key: step(model, size) for key, size in sizes.items()}
    alone = steps["alone"]
    return {
        "n": count(N_TOKENS),
        **{
            key: {
                "size": count(sizes[key]),
                "user": count(round(1 / one.expected)),
                "card": count(round(sizes[key] / one.expected)),
                **ratio({"bound": one.bound / alone.bound, "slower": one.expected / alone.expected}),
            }
            for key, one in steps.items()
        },
    }


def fits(model):
    return fit(model, CHIP, n_tokens=N_TOKENS).ideal.largest_batch


def step(model, batch_size):
    setup = Setup(find_chip(CHIP), find_runtime("vllm"))
    return decode_timing(model, setup, n_past=N_TOKENS, batch_size=batch_size)


# --8<-- [end:compute]
