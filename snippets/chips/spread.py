"""Memory and bandwidth of every registered chip, and how far apart they are in compute for each byte they read."""

from llmnotes.cost.assumptions import USABLE_SHARE
from llmnotes.figures import label, name, scatter
from llmnotes.quantities import bytes_of, count, ratio, seconds, share
from llmnotes.registry import chip_ids, find_chip


# --8<-- [start:compute]
def compute():
    chips = [find_chip(chip_id) for chip_id in chip_ids()]
    balance = {
        chip.name: chip.peak_flops_per_s["bf16"] / chip.bandwidth_bytes_per_s
        for chip in chips
        if "bf16" in chip.peak_flops_per_s
    }
    low, high = min(balance, key=balance.__getitem__), max(balance, key=balance.__getitem__)
    most = max(chips, key=lambda chip: chip.bandwidth_bytes_per_s)
    return {
        "chips": count(len(chips)),
        "vendors": count(len({chip.vendor for chip in chips})),
        "low": low,
        "high": high,
        "usable": share(USABLE_SHARE),
        "apart": ratio(balance[high] / balance[low]),
        "fastest": most.name,
        "fastest_bandwidth": bytes_of(most.bandwidth_bytes_per_s) / seconds(1),
        "points": {
            chip.name: {
                "vendor": chip.vendor,
                "memory": bytes_of(chip.memory_bytes),
                "bandwidth": bytes_of(chip.bandwidth_bytes_per_s) / seconds(1),
            }
            for chip in chips
        },
    }


# --8<-- [end:compute]

GROUPS = ("NVIDIA", "AMD", "Apple")
OTHERS = label(zh="别的厂商", en="other makers")


def draw(result):
    points = {name(key): (one["memory"], one["bandwidth"]) for key, one in result["points"].items()}
    vendors = {key: one["vendor"] for key, one in result["points"].items()}
    groups = {name(vendor): [name(key) for key, one in vendors.items() if one == vendor] for vendor in GROUPS}
    groups[OTHERS] = [name(key) for key, one in vendors.items() if one not in GROUPS]
    return scatter(
        points,
        x=label(zh="显存", en="memory"),
        y=label(zh="带宽", en="bandwidth"),
        rows=label(zh="芯片", en="chip"),
        groups=groups,
        log="xy",
    )
