"""One token of Llama 3.1 8B after 0 to 131,072 others, by hand on one card, and what mistakes and exercises ask."""

from typing import Any

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import growing_bytes_per_token, ideal_cache_bytes
from llmnotes.cost.intensity import knee_tokens, prompt_bytes, step_bytes, step_flops
from llmnotes.equations.serving import tokens_per_second
from llmnotes.quantities import bytes_of, count, number, ratio, seconds, share, tokens
from llmnotes.registry import find_chip

MODEL, CHIP, PEOPLE, LONGEST = "llama-3.1-8b", "h100-sxm-80gb", 32, 131_072
LENGTHS = {"start": 0, "short": 8_192, "middle": 32_768, "long": LONGEST}


# --8<-- [start:compute]
def compute():
    spec, card = load_model(MODEL), find_chip(CHIP)
    profile, attention = cost_profile(spec), spec.layers[0].mixer
    per_token, weights = growing_bytes_per_token(profile), prompt_bytes(profile, n_tokens=1)
    return {
        **shape(spec, attention),
        "weights": bytes_of(weights),
        "bandwidth": bytes_of(card.bandwidth_bytes_per_s) / seconds(1),
        "per_token": bytes_of(per_token),
        "thousand": seconds(1_000 * per_token / card.bandwidth_bytes_per_s),
        **{name: at(profile, card, n_tokens) for name, n_tokens in LENGTHS.items()},
        "longest": tokens(LONGEST),
        "slower": ratio(step_bytes(profile, n_tokens=LONGEST) / weights),
        "knee": count(knee_tokens(profile)),
        "people": count(PEOPLE),
        "crowd_knee": count(knee_tokens(profile, batch_size=PEOPLE)),
        **settings(profile, weights),
    }


def shape(spec, attention: Any):
    return count({"layers": spec.n_layers, "kv_heads": attention.n_kv_heads, "head_dim": attention.head_dim})


def at(profile, card, n_tokens):
    """One user's token after so many."""
    cache, read = ideal_cache_bytes(profile, n_tokens=n_tokens), step_bytes(profile, n_tokens=n_tokens)
    least = read / card.bandwidth_bytes_per_s
    return {
        "n": count(n_tokens),
        "cache": bytes_of(cache),
        **seconds({"cache_time": cache / card.bandwidth_bytes_per_s, "time": least}),
        "speed": number(tokens_per_second(n_sequences=1, step_seconds=least)),
    }


# --8<-- [end:compute]


def settings(profile, weights):
    """What goes wrong, and what the exercises ask."""
    large, half = cost_profile(load_model("llama-3.1-70b")), LONGEST // 2
    four = {"weight_bits": 4.5}

    def slower(model, n_tokens=LONGEST, **bits):
        return ratio(step_bytes(model, n_tokens=n_tokens, **bits) / step_bytes(model, n_tokens=0, **bits))

    short = step_bytes(profile, n_tokens=8_192)
    return {
        "half": tokens(half),
        "doubled": ratio(step_bytes(profile, n_tokens=LONGEST) / step_bytes(profile, n_tokens=half)),
        "flops_more": ratio(step_flops(profile, n_tokens=LONGEST) / step_flops(profile, n_tokens=0)),
        "compute_share": share(
            step_flops(profile, n_tokens=LONGEST)
            / find_chip(CHIP).peak_flops_per_s["bf16"]
            / (step_bytes(profile, n_tokens=LONGEST) / find_chip(CHIP).bandwidth_bytes_per_s)
        ),
        "large_slower": slower(large),
        "four_slower": slower(profile, **four),
        "four_knee": count(knee_tokens(profile, **four)),
        "four_faster": ratio(step_bytes(profile, n_tokens=LONGEST) / step_bytes(profile, n_tokens=LONGEST, **four)),
        "eight_bit_short": share(1 - step_bytes(profile, n_tokens=8_192, kv_bits=8) / short),
        "eight_bit_long": share(
            1 - step_bytes(profile, n_tokens=LONGEST, kv_bits=8) / step_bytes(profile, n_tokens=LONGEST)
        ),
        "eight_knee": count(knee_tokens(profile, weight_bits=8, kv_bits=8)),
        "mixed_knee": count(knee_tokens(profile, weight_bits=8)),
    }
