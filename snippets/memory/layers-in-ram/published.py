"""Published speeds and memory of partly loaded models that no constant was set with, beside what is expected."""

from statistics import median

from llmnotes import load_model
from llmnotes.figures import Table, label, name
from llmnotes.quantities import bytes_of, count, number, ratio, share
from llmnotes.registry import find_chip
from llmnotes.timing.formats import precision_of
from llmnotes.timing.offload import EVERY_LAYER, OFFLOAD_HIGH, OFFLOAD_LOW, offloaded, weigh

# --8<-- [start:reported]
BENCH, MIXED = "https://github.com/AlexsJones/llmfit/pull/774", "https://github.com/AlexsJones/llmfit/pull/775"
SNAPSHOT = "https://reddit.sentinel-team.org/posts/1rei65v/snapshots/2026-02-25T19%3A22%3A50.330313Z"
# Model, form, chip, -ngl, --n-cpu-moe, RAM [GB/s], tokens a second.
ROWS = (
    ("gemma-3-12b", "Q4_K_M", "rtx-2080", 44, 0, 102, 26.1, BENCH),
    ("qwen3-14b", "Q4_K_M", "rtx-2080", 32, 0, 102, 16.9, BENCH),
    ("phi-4", "Q4_K_M", "rtx-2080", 32, 0, 102, 16.7, BENCH),
    ("gpt-oss-20b", None, "rtx-2080", EVERY_LAYER, 12, 102, 36.4, MIXED),
    ("qwen3.5-35b-a3b", "Q4_K_M", "rtx-5080", EVERY_LAYER, 40, 76.8, 51.0, SNAPSHOT),
    ("qwen3.5-35b-a3b", "Q4_K_M", "rtx-5080", EVERY_LAYER, 24, 76.8, 69.6, SNAPSHOT),
    ("qwen3.5-35b-a3b", "Q8_0", "rtx-5080", EVERY_LAYER, 40, 76.8, 35.7, SNAPSHOT),
)
ALL_AWAY, SOME_AWAY = 7217, 14874  # MB of video memory: all experts in RAM, and those of 24 of 40 layers


# --8<-- [end:reported]


# --8<-- [start:compute]
def row(model_id, form, chip_id, *flags_and_more):
    n_gpu_layers, n_cpu_moe, ram, measured, source = flags_and_more
    model, chip = load_model(model_id), find_chip(chip_id)
    _, step = offloaded(model, chip, form, n_past=512, ram_bytes_per_s=1e9 * ram, flags=(n_gpu_layers, n_cpu_moe))
    low, high = 1 / (step.expected * OFFLOAD_HIGH), 1 / (step.expected * OFFLOAD_LOW)
    return {
        "name": f"{model.name} · {form or 'MXFP4'}",
        "on": chip.name.removeprefix("GeForce "),
        **count({"on_card": n_gpu_layers, "experts_away": n_cpu_moe}),
        "measured": number(measured, kind="reported", source=source),
        "expected": number(1 / step.expected),
        "off": share(1 / step.expected / measured - 1),
        "within": count(int(low <= measured <= high)),
    }


def compute():
    rows = [row(*one) for one in ROWS]
    model = load_model("qwen3.5-35b-a3b")
    layers = weigh(model, "Q4_K_M", precision_of(model, "Q4_K_M")).layers
    errors = [abs(one["off"].value) for one in rows]
    unseen = [abs(one["off"].value) for one in rows if one["on"] == "RTX 5080"]
    moved = sum(layer.experts for layer in layers[24:])
    return {
        "rows": rows,
        "n": count(len(rows)),
        "median": share(median(errors)),
        "worst": share(max(errors)),
        **share({"unseen_least": min(unseen), "unseen_most": max(unseen)}),
        "within": count(sum(one["within"].value for one in rows)),
        **ratio({"fast": 1 / OFFLOAD_LOW, "slow": 1 / OFFLOAD_HIGH}),
        "moved": bytes_of(moved),
        "grown": bytes_of(1e6 * (SOME_AWAY - ALL_AWAY), kind="reported", source=SNAPSHOT),
    }


# --8<-- [end:compute]


def table(result):
    columns = [
        label(zh="模型、卡、参数", en="model, card, flag"),
        label(zh="实测", en="measured"),
        label(zh="预计", en="expected"),
        label(zh="偏离", en="off by"),
    ]
    return Table(columns, [cells(one) for one in result["rows"]])


def cells(one):
    away = one["experts_away"].value
    flag = f"--n-cpu-moe {away}" if away else f"-ngl {one['on_card'].value}"
    return [name(f"{one['name']}, {one['on']}, {flag}"), one["measured"], one["expected"], one["off"]]
