"""Time that depth adds to a token: Qwen3.6 27B, and Qwen3.6 35B-A3B with weights of two sizes, nine depths each."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import ideal_cache_bytes
from llmnotes.figures import label, lines
from llmnotes.quantities import bytes_of, seconds, share, tokens
from llmnotes.registry import find_chip
from llmnotes.timing.curves import depth_curve, line_through

CHIP, BUILD = "ryzen-ai-max-395-128gb", "10246 ROCm"
RUNS = {
    "dense": ("qwen3.6-27b", "UD-Q8_K_XL", "Qwen3.6 27B, Q8"),
    "eight": ("qwen3.6-35b-a3b", "UD-Q8_K_XL", "Qwen3.6 35B-A3B, Q8"),
    "four": ("qwen3.6-35b-a3b", "UD-Q4_K_XL", "Qwen3.6 35B-A3B, Q4"),
}


# --8<-- [start:compute]
def run(model_id, form):
    curve = depth_curve(model=model_id, format=form, chip=CHIP, version=BUILD)
    times, profile = {n: one.seconds for n, one in curve.items()}, cost_profile(load_model(model_id))
    bytes_at = {n: ideal_cache_bytes(profile, n_tokens=n) for n in times}
    line = line_through([*times], [*times.values()])
    rates = [(bytes_at[n] - bytes_at[0]) / (times[n] - times[0]) for n in (16_384, 32_768, 65_536)]
    return {
        "added": seconds([times[n] - times[0] for n in times], kind="reported", source=curve[0].address),
        "slope": seconds(line.slope),
        "start": seconds(line.start),
        "most_off": share(line.most_off),
        "rates": [bytes_of(rate) / seconds(1) for rate in rates],
    }


def compute():
    runs = {key: run(model_id, form) for key, (model_id, form, _) in RUNS.items()}
    rates = [rate for one in runs.values() for rate in one["rates"]]
    return {
        **runs,
        "depths": tokens([*depth_curve(model=RUNS["dense"][0], chip=CHIP, version=BUILD)]),
        "least": min(rates),
        "most": max(rates),
        "bandwidth": bytes_of(find_chip(CHIP).bandwidth_bytes_per_s) / seconds(1),
        "starts_apart": share(runs["eight"]["start"].value / runs["four"]["start"].value - 1),
        "slopes_apart": share(abs(runs["eight"]["slope"].value / runs["four"]["slope"].value - 1)),
    }


# --8<-- [end:compute]


def draw(result):
    return lines(
        result["depths"],
        {title: result[key]["added"] for key, (_, _, title) in RUNS.items()},
        x=label(zh="深度", en="depth"),
        y=label(zh="比空对话多花的时间", en="time added to a token"),
        key=True,
        height=400,
    )
