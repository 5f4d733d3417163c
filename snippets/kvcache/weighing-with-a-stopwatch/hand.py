"""Three published speeds of Ministral 3 14B on one machine, the line through them by hand, and what it weighs."""

from typing import Any

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import growing_bytes_per_token
from llmnotes.cost.weighing import cache_bandwidth, weighed_bytes
from llmnotes.quantities import bytes_of, count, number, ratio, seconds, share, tokens
from llmnotes.registry import find_chip
from llmnotes.timing.curves import depth_curve, line_through

RUN = {"model": "ministral-3-14b", "format": "bf16", "chip": "ryzen-ai-max-395-128gb", "version": "vulkan_radv"}


# --8<-- [start:compute]
def compute():
    curve, spec = depth_curve(**RUN), load_model(RUN["model"])
    depths, chip = [*curve], find_chip(RUN["chip"])
    first, last = depths[0], depths[-1]
    added = curve[last].seconds - curve[first].seconds
    slope = added / (last - first)
    fitted = line_through(depths, [curve[n].seconds for n in depths])
    kept = growing_bytes_per_token(cost_profile(spec))
    weighed = weighed_bytes(slope_s=slope, bandwidth_bytes_per_s=chip.bandwidth_bytes_per_s)
    read = {"kind": "reported", "source": curve[last].address}
    return {
        **shape(spec),
        **{f"at_{n}": {"n": count(n), "speed": number(curve[n].value, **read)} for n in depths},
        **{f"time_{n}": seconds(curve[n].seconds) for n in depths},
        "added": seconds(added),
        "deep": tokens(last),
        "deep_n": count(last),
        "slope": seconds(slope),
        "fitted": seconds(fitted.slope),
        "bandwidth": bytes_of(chip.bandwidth_bytes_per_s) / seconds(1),
        "weighed": bytes_of(weighed),
        "kept": bytes_of(kept),
        "heavy": ratio(weighed / kept),
        "cache": bytes_of(kept * last),
        "rate": bytes_of(cache_bandwidth(slope_bytes=kept, slope_s=slope)) / seconds(1),
        "of_peak": share(kept / weighed),
    }


def shape(spec):
    heads: Any = spec.layers[0].mixer
    return count({"layers": spec.n_layers, "kv_heads": heads.n_kv_heads, "head_dim": heads.head_dim})


# --8<-- [end:compute]
