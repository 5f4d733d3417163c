"""Least steps of Llama 2 13B on eight TPU v5e with 8,192 tokens each, as Austin and others publish them, and ours."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.intensity import step_bytes
from llmnotes.quantities import count, seconds, share
from llmnotes.registry import find_chip

SOURCE = "https://github.com/jax-ml/scaling-book/blob/04d8de5/inference.md"
N_TOKENS, N_CHIPS = 8_192, 8
# "Theoretical Step Time (ms)", by batch size.
PUBLISHED = {1: 4.98, 16: 20.30, 240: 249.09}


# --8<-- [start:compute]
def compute():
    profile = cost_profile(load_model("llama-2-13b"))
    bandwidth = N_CHIPS * find_chip("tpu-v5e-16gb").bandwidth_bytes_per_s
    ours = {size: step_bytes(profile, n_tokens=N_TOKENS, batch_size=size) / bandwidth for size in PUBLISHED}
    off = {size: abs(ours[size] / (1e-3 * PUBLISHED[size]) - 1) for size in PUBLISHED}
    return {
        "n": count(N_TOKENS),
        "chips": count(N_CHIPS),
        **{
            f"with_{size}": {
                "published": seconds(1e-3 * published, kind="reported", source=SOURCE),
                "ours": seconds(ours[size]),
            }
            for size, published in PUBLISHED.items()
        },
        "most_off": share(max(off.values())),
    }


# --8<-- [end:compute]
