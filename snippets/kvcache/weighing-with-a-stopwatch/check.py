"""The same weighing on a second machine, where two models of a family are balanced, and with weights of three sizes."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import ideal_cache_bytes
from llmnotes.figures import Table, label, name
from llmnotes.quantities import bytes_of, number, ratio, seconds, share
from llmnotes.registry import find_chip
from llmnotes.timing.curves import depth_curve, line_of, line_through

OTHER, HERE = "gb10-128gb", "ryzen-ai-max-395-128gb"
RUNS = {
    "small": ("gpt-oss-20b", "gpt-oss-20b"),
    "large": ("gpt-oss-120b", "gpt-oss-120b"),
    "coder": ("qwen3-coder-30b-a3b", "Qwen3-Coder 30B-A3B"),
}
FORMS = {"four": "UD-Q4_K_XL", "eight": "UD-Q8_K_XL", "whole": "bf16"}


# --8<-- [start:compute]
def row(**run):
    curve, profile = depth_curve(**run), cost_profile(load_model(run["model"]))
    line = line_through([*curve], [one.seconds for one in curve.values()])
    kept = line_of([*curve], lambda n: ideal_cache_bytes(profile, n_tokens=n)).slope
    bandwidth = find_chip(run["chip"]).bandwidth_bytes_per_s
    said = {"kind": "reported", "source": curve[0].address}
    return {
        "empty": number(curve[0].value, **said),
        "deep": number([*curve.values()][-1].value, **said),
        "slope": seconds(line.slope),
        "start": seconds(line.start),
        "kept": bytes_of(kept),
        "of_peak": share(kept / line.slope / bandwidth),
        "weighed": bytes_of(line.slope * bandwidth),
    }


def compute():
    rows = {key: row(model=model_id, chip=OTHER) for key, (model_id, _) in RUNS.items()}
    forms = {
        key: row(model="qwen3.6-35b-a3b", format=form, chip=HERE, version="vulkan_radv") for key, form in FORMS.items()
    }
    slopes = [one["slope"].value for one in forms.values()]
    return {
        **rows,
        **forms,
        "bandwidth": bytes_of(find_chip(OTHER).bandwidth_bytes_per_s) / seconds(1),
        "balance": number(rows["large"]["slope"].value / rows["small"]["slope"].value),
        "by_shape": number(rows["large"]["kept"].value / rows["small"]["kept"].value),
        "starts": ratio(forms["whole"]["start"].value / forms["four"]["start"].value),
        "slopes": share(max(slopes) / min(slopes) - 1),
    }


# --8<-- [end:compute]


def table(result):
    columns = [
        "model",
        label(zh="斜率", en="slope"),
        label(zh="称出", en="weighed"),
        label(zh="按结构", en="by shape"),
        label(zh="读缓存用到带宽的", en="share of bandwidth"),
        label(zh="每秒 token，空对话", en="tokens a second, empty"),
        label(zh="32K 之后", en="after 32K"),
    ]
    keys = ("slope", "weighed", "kept", "of_peak", "empty", "deep")
    return Table(columns, [[name(title), *(result[key][what] for what in keys)] for key, (_, title) in RUNS.items()])
