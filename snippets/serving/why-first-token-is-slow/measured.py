"""Published speeds of reading prompts under the roofs of three chips, by the length of a pass and by what came before."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import causal_flops, ideal_cache_bytes
from llmnotes.figures import Table, label, name, roofline
from llmnotes.quantities import count, flops, number, ratio, seconds, share
from llmnotes.timing.compare import chip_of, precision_of_point
from llmnotes.timing.points import PREFILL, load_points
from llmnotes.timing.terms import dense_bytes, expert_bytes

KIND = "reported"
ROOFS = {"rx-9070-xt": "RX 9070 XT", "rx-7900-xtx": "RX 7900 XTX", "ryzen-ai-max-395-128gb": "Ryzen AI Max+ 395"}
SETS = {
    "dense": ("rx-9070-xt", "qwen2.5-1.5b", "f16", ""),
    "mixture": ("rx-7900-xtx", "gpt-oss-20b", "MXFP4_MOE", ""),
    "ministral": ("ryzen-ai-max-395-128gb", "ministral-3-14b", "bf16", "rocm7-nightlies"),
    "gemma": ("ryzen-ai-max-395-128gb", "gemma-4-31b", "bf16", "rocm7-nightlies"),
}
TITLES = {
    "dense": label(zh="9070 XT，Qwen2.5 1.5B，每遍 128 到 512", en="9070 XT, Qwen2.5 1.5B, 128 to 512 a pass"),
    "mixture": label(zh="7900 XTX，gpt-oss-20b，每遍 128 到 1024", en="7900 XTX, gpt-oss-20b, 128 to 1,024 a pass"),
    "ministral": label(zh="Ryzen，Ministral 3 14B，0 到 64K 之后", en="Ryzen, Ministral 3 14B, after 0 to 64K"),
    "gemma": label(zh="Ryzen，Gemma 4 31B，0 到 64K 之后", en="Ryzen, Gemma 4 31B, after 0 to 64K"),
}
INTENSITIES = (30, 6_000)


# --8<-- [start:compute]
def place(point):
    """Operations a byte and a second of a measured prompt; every pass over a part of it reads the weights and the past."""
    profile, bits = cost_profile(load_model(point.model)), precision_of_point(point)
    done = causal_flops(profile, n_new=point.n_new, n_past=point.n_past, n_logits=1)
    each = min(point.micro_batch, point.n_new)
    read = dense_bytes(profile, weight_bits=bits.weights)
    read += expert_bytes(profile, n_tokens=each, expert_bits=bits.expert_bits)
    read += ideal_cache_bytes(profile, n_tokens=point.n_past)
    rate, intensity = done / point.seconds, done / (read * point.n_new / each)
    chip = chip_of(point.chip)
    peak = chip.peak_flops_per_s["bf16"]
    return {
        "past": count(point.n_past),
        "each": count(each),
        "speed": number(point.value),
        "token_flops": flops(done / point.n_new, kind="computed"),
        "intensity": number(intensity),
        "rate": flops(rate) / seconds(1),
        "mfu": share(rate / peak),
        "of_roof": share(rate / min(peak, intensity * chip.bandwidth_bytes_per_s)),
    }


def chosen(chip, model, form, version):
    wanted = (PREFILL, chip, model, form, version)
    found = [one for one in load_points() if (one.kind, one.chip, one.model, one.format, one.version) == wanted]
    rows = [place(one) for one in sorted(found, key=lambda one: (one.n_past, one.micro_batch))]
    for row in rows:  # the speed, had the chip kept the operations a second of the first row
        row["same_rate"] = number(rows[0]["rate"].value / row["token_flops"].value, kind="computed")
    return rows


def compute():
    sets = {key: chosen(*what) for key, what in SETS.items()}
    every, (first, *_, last) = [one for rows in sets.values() for one in rows], sets["ministral"]
    return {
        "sets": sets,
        **{key: {str(index): one for index, one in enumerate(rows)} for key, rows in sets.items()},
        "n": count(len(every)),
        "machine": chip_of(SETS["ministral"][0]).name.partition(" (")[0],
        "best": max(one["of_roof"] for one in every),
        "slower": ratio(first["speed"].value / last["speed"].value),
        "more": ratio(last["token_flops"].value / first["token_flops"].value),
    }


# --8<-- [end:compute]


def draw(result):
    roofs = {name(title): chip_of(chip_id).roof for chip_id, title in ROOFS.items()}
    points = {TITLES[key]: [(one["intensity"], one["rate"]) for one in rows] for key, rows in result["sets"].items()}
    under = {TITLES[key]: name(ROOFS[SETS[key][0]]) for key in SETS}
    return roofline(roofs, points, under=under, span=INTENSITIES, height=470)


def table(result):
    columns = [
        label(zh="实测", en="measured"),
        label(zh="已有 token", en="tokens held"),
        label(zh="每遍 token", en="tokens a pass"),
        label(zh="每秒 token 数", en="tokens a second"),
        label(zh="每字节的 FLOP", en="FLOPs a byte"),
        label(zh="占峰值", en="of the peak"),
    ]
    keys = ("past", "each", "speed", "intensity", "mfu")
    return Table(
        columns, [[TITLES[key], *(one[what] for what in keys)] for key, rows in result["sets"].items() for one in rows]
    )
