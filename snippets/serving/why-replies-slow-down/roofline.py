"""Measured steps on the rooflines of two chips: operations a second over operations a byte."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import ideal_cache_bytes
from llmnotes.cost.intensity import step_flops
from llmnotes.figures import Table, label, name, roofline
from llmnotes.quantities import count, flops, number, seconds, share
from llmnotes.timing.compare import chip_of, precision_of_point
from llmnotes.timing.points import DECODE, STEP, load_points
from llmnotes.timing.terms import dense_bytes, expert_bytes

KIND = "reported"
ROOFS = {"h100-sxm-80gb": "H100", "ryzen-ai-max-395-128gb": "Ryzen AI Max+ 395"}
SETS = {
    "batch": (STEP, "h100-sxm-80gb", "llama-3.1-8b", "bf16", None),
    "llama2": (DECODE, "ryzen-ai-max-395-128gb", "llama-2-7b", "Q4_0", "vulkan_radv"),
    "ministral": (DECODE, "ryzen-ai-max-395-128gb", "ministral-3-14b", "bf16", "vulkan_radv"),
}
TITLES = {
    "batch": label(zh="H100，Llama 3.1 8B，批 8 到 255", en="H100, Llama 3.1 8B, batch 8 to 255"),
    "llama2": label(zh="Ryzen，Llama 2 7B，0 到 64K", en="Ryzen, Llama 2 7B, 0 to 64K"),
    "ministral": label(zh="Ryzen，Ministral 3 14B，0 到 64K", en="Ryzen, Ministral 3 14B, 0 to 64K"),
}
INTENSITIES = (0.5, 2_000)


# --8<-- [start:compute]
def place(point):
    """Operations a byte and operations a second of a measured step."""
    profile, bits = cost_profile(load_model(point.model)), precision_of_point(point)
    done = step_flops(profile, n_tokens=point.n_past, batch_size=point.batch_size)
    read = dense_bytes(profile, weight_bits=bits.weights)
    read += expert_bytes(profile, n_tokens=point.batch_size, expert_bits=bits.expert_bits)
    read += point.batch_size * ideal_cache_bytes(profile, n_tokens=point.n_past)
    roof = min(chip_of(point.chip).peak_flops_per_s["bf16"], done / read * chip_of(point.chip).bandwidth_bytes_per_s)
    return {
        "n": count(point.n_past),
        "size": count(round(point.batch_size)),
        "intensity": number(done / read),
        "rate": flops(done / point.seconds) / seconds(1),
        "of_roof": share(done / point.seconds / roof),
    }


def chosen(kind, chip, model, form, version):
    wanted = (kind, chip, model, form)
    found = [one for one in load_points() if (one.kind, one.chip, one.model, one.format) == wanted]
    found = [one for one in found if version in (None, one.version)]
    return [place(one) for one in sorted(found, key=lambda one: (one.batch_size, one.n_past))]


def compute():
    sets = {key: chosen(*what) for key, what in SETS.items()}
    return {
        "sets": sets,
        **{key: {"first": rows[0], "last": rows[-1]} for key, rows in sets.items()},
        "n": count(sum(map(len, sets.values()))),
    }


# --8<-- [end:compute]


def draw(result):
    roofs = {name(title): chip_of(chip_id).roof for chip_id, title in ROOFS.items()}
    points = {TITLES[key]: [(one["intensity"], one["rate"]) for one in rows] for key, rows in result["sets"].items()}
    under = {TITLES[key]: name(ROOFS[SETS[key][1]]) for key in SETS}
    return roofline(roofs, points, under=under, span=INTENSITIES, height=450)


def table(result):
    columns = [
        label(zh="实测", en="measured"),
        label(zh="序列", en="sequences"),
        label(zh="已有 token", en="tokens held"),
        label(zh="每字节的 FLOP", en="FLOPs a byte"),
        label(zh="每秒的 FLOP", en="FLOPs a second"),
        label(zh="占屋顶", en="of the roof"),
    ]
    return Table(
        columns,
        [
            [TITLES[key], one["size"], one["n"], one["intensity"], one["rate"], one["of_roof"]]
            for key, rows in result["sets"].items()
            for one in rows
        ],
    )
