"""What the scale shows when it is read wrongly: whole times, speeds, prompts, one form for two, windows that fill."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import growing_bytes_per_token, ideal_cache_bytes
from llmnotes.quantities import bytes_of, count, number, ratio, share, tokens
from llmnotes.registry import find_chip
from llmnotes.timing.curves import depth_curve
from llmnotes.timing.points import PREFILL, load_points
from llmnotes.weights.kvtypes import BITS

RUN = {"model": "ministral-3-14b", "format": "bf16", "chip": "ryzen-ai-max-395-128gb", "version": "vulkan_radv"}
WINDOWED, LONG = "gemma-3-27b", 131_072


# --8<-- [start:compute]
def compute():
    curve, bandwidth = depth_curve(**RUN), find_chip(RUN["chip"]).bandwidth_bytes_per_s
    kept = growing_bytes_per_token(cost_profile(load_model(RUN["model"])))
    (first, middle, last), deep = curve.values(), [*curve][-1]
    whole = last.seconds * bandwidth / deep
    lost = first.value - middle.value
    stop = first.value / lost * middle.n_past
    slope = (last.seconds - first.seconds) / deep
    return {
        "whole": bytes_of(whole),
        "whole_heavy": ratio(whole / kept),
        "lost_first": number(lost),
        "lost_then": number(middle.value - last.value),
        "stop": count(round(stop, -3)),
        "there": number(1 / (first.seconds + slope * stop)),
        **prompts(bandwidth, kept),
        **forms(kept),
        **windows(),
    }


def prompts(bandwidth, kept):
    """What prompts of 2,048 tokens at the same depths would seem to weigh."""
    times = {
        one.n_past: one.seconds / one.n_new
        for one in load_points()
        if one.kind == PREFILL and all(getattr(one, key) == value for key, value in RUN.items())
    }
    weighed = (times[65_536] - times[0]) / 65_536 * bandwidth
    return {"prompt_share": share(weighed / kept)}


def forms(kept):
    """Keys in q8_0 and values in f16."""
    both = kept * (BITS["q8_0"] + BITS["f16"]) / 2 / 16
    return {
        "both": bytes_of(both),
        "keys_only": bytes_of(kept * BITS["q8_0"] / 16),
        "keys_off": share(1 - BITS["q8_0"] / 16 * kept / both),
    }


def windows():
    """A model of which five layers of six stop growing at their window."""
    profile = cost_profile(load_model(WINDOWED))
    early, late = ideal_cache_bytes(profile, n_tokens=1_024), ideal_cache_bytes(profile, n_tokens=LONG)
    return {
        "long": tokens(LONG),
        "early": bytes_of(early / 1_024),
        "late": bytes_of(growing_bytes_per_token(profile)),
        "said": bytes_of(early / 1_024 * LONG),
        "true": bytes_of(late),
    }


# --8<-- [end:compute]
