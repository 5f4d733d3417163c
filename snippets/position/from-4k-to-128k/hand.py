"""Llama 2 7B from 4,096 tokens to 131,072, by hand: what its fastest and its slowest pair do, a new base, and a factor copied."""

from math import pi

from llmnotes.numerics import rope
from llmnotes.quantities import count, number, ratio, share, tokens
from llmnotes.registry import find

THETA, DIM, TRAINED, LONG = 10_000, 128, 4_096, 131_072
NOTICED = 65_536  # where the engineers saw it (tenstorrent/tt-metal, issue 15737)
FIRST = find("llama-3.1-8b").config["rope_scaling"]["original_max_position_embeddings"]


# --8<-- [start:compute]
def compute():
    factor = LONG / TRAINED
    trained = rope.plain_frequencies(rope_theta=THETA, rotary_dim=DIM)
    slow, unturned = trained[-1], sum(2 * pi / one > TRAINED for one in trained)
    theta = rope.ntk_aware_theta(rope_theta=THETA, factor=factor, rotary_dim=DIM)
    ramp = {"n_turns": 1, "rope_theta": THETA, "rotary_dim": DIM, "n_ctx": TRAINED}
    right, copied = (find(one).config["rope_scaling"]["factor"] for one in ("llama-3.2-1b", "llama-3.1-8b"))
    reach = LONG * copied / right
    return {
        "theta": count(THETA),
        "dim": count(DIM),
        "pairs": count(DIM // 2),
        "trained": tokens(TRAINED),
        "long": tokens(LONG),
        "factor": ratio(factor),
        "slow": {
            "exponent": number((DIM - 2) / DIM),
            "wavelength": count(round(2 * pi / slow)),
            "trained": number(slow * TRAINED / (2 * pi)),
            "long": number(slow * LONG / (2 * pi)),
            "squeezed": number(slow * LONG / factor / (2 * pi)),
        },
        "fast": {"wavelength": number(2 * pi), "squeezed": number(1 / factor)},
        "unturned": count(unturned),
        "unturned_share": share(unturned / len(trained)),
        "turns_once": number(rope.turning_pair(**ramp)),
        "ntk": {"theta": count(round(theta)), "wrong": count(round(THETA * factor))},
        "ntk_last": ratio(trained[-1] / (theta ** (-(DIM - 2) / DIM))),
        "ntk_wrong_last": ratio(trained[-1] / ((THETA * factor) ** (-(DIM - 2) / DIM))),
        "set": {**number({"right": right, "copied": copied}), "times": ratio(right / copied)},
        "reach": tokens(round(reach)),
        "noticed": tokens(NOTICED),
        "beyond": share((1 - reach / NOTICED) ** 2),
        "first_trained": tokens(FIRST),
        "home": tokens(round(FIRST * copied)),
        "sharper": ratio(rope.yarn_attention_factor(factor=factor)),
        "sharper_scores": ratio(rope.yarn_attention_factor(factor=factor) ** 2),
    }


# --8<-- [end:compute]
