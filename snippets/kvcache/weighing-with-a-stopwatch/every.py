"""All published runs of one machine with three depths or more on the scale: how heavy it reads, and whether ever light."""

from collections import defaultdict
from statistics import median

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import ideal_cache_bytes
from llmnotes.quantities import count, ratio, share
from llmnotes.registry import find_chip
from llmnotes.timing.curves import line_of, line_through
from llmnotes.timing.points import DECODE, load_points

CHIP, FEWEST = "ryzen-ai-max-395-128gb", 3


# --8<-- [start:compute]
def runs():
    """Seconds of a token by depth, by what tells a run apart."""
    found = defaultdict(dict)
    for one in load_points():
        if one.kind == DECODE and one.chip == CHIP:
            found[one.model, one.format, one.version, one.path.rpartition("/")[0]][one.n_past] = one.seconds
    return {key: times for key, times in found.items() if len(times) >= FEWEST}


def compute():
    bandwidth, heavy = find_chip(CHIP).bandwidth_bytes_per_s, {}
    for key, times in runs().items():
        profile, line = cost_profile(load_model(key[0])), line_through([*times], [*times.values()])
        kept = line_of([*times], lambda n, profile=profile: ideal_cache_bytes(profile, n_tokens=n)).slope
        heavy[key] = (line.slope * bandwidth / kept, line.slope * max(times) / line.start)
    light = {key: one for key, one in heavy.items() if one[0] < 1}
    factors = [one for one, _ in heavy.values()]
    return {
        "n": count(len(heavy)),
        "light": count(len(light)),
        "least": ratio(min(factors)),
        "middle": ratio(median(factors)),
        "most": ratio(max(factors)),
        "rise": share(max((rise for _, rise in light.values()), default=0)),
    }


# --8<-- [end:compute]
