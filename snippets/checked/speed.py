"""Published decode steps against the time that constants fitted to half of them give."""

import json
from pathlib import Path
from typing import Any

from llmnotes import load_model
from llmnotes.figures import GRID, MUTED, PAPER, SERIES, new_figure
from llmnotes.registry import find_chip
from llmnotes.speed import decode_step
from llmnotes.units import format_exact, format_number, format_percent, format_ratio

TEXT = {
    "zh": {
        "title": "没参与拟合的 {{held_out}} 个解码步，{{within}} 个的误差在 {{tolerance}} 以内",
        "caption": "横轴是公布的一步用时，纵轴是算出的一步用时；灰带是 ±{{tolerance}}。"
        "圆圈参与了拟合；实心点没有，叉是其中没落进灰带的。",
        "description": "散点沿对角线排开，多数落在灰带里；带外的叉多数在 B200 上，上下两侧都有。",
        "fitted": "参与拟合",
        "held out": "没参与",
        "missed": "超出 {tolerance}",
        "x": "公布的一步用时（毫秒）",
        "y": "算出的一步用时（毫秒）",
        "chip": "芯片",
        "model": "模型",
        "n_chips": "卡数",
        "batch": "序列数",
        "n_past": "已有 token",
        "published": "公布（毫秒）",
        "computed": "算出（毫秒）",
        "ratio": "算出 / 公布",
        "half": "哪一半",
        "unit": "每一行的来源都是 ML.ENERGY Leaderboard，提交 0cd52da；16 位，vLLM",
    },
    "en": {
        "title": "Of {{held_out}} decode steps kept out of the fit, {{within}} are met within {{tolerance}}",
        "caption": "Across: the published time of a step. Up: the computed one. The band is ±{{tolerance}}. "
        "Rings took part in the fit; solid marks did not, and crosses are those of them outside the band.",
        "description": "Marks follow the diagonal, most within the band; crosses outside it, on both sides, are mostly "
        "steps of the B200.",
        "fitted": "fitted",
        "held out": "held out",
        "missed": "beyond {tolerance}",
        "x": "published time of a step (ms)",
        "y": "computed time of a step (ms)",
        "chip": "chip",
        "model": "model",
        "n_chips": "chips",
        "batch": "sequences",
        "n_past": "tokens held",
        "published": "published (ms)",
        "computed": "computed (ms)",
        "ratio": "computed / published",
        "half": "half",
        "unit": "source of every row: the ML.ENERGY Leaderboard at commit 0cd52da; 16 bits, vLLM",
    },
}

KIND = "reported"
DATA = Path(__file__).resolve().parents[2] / "tests" / "data" / "decode_points.json"
# The page tells of one pair of runs: the newer chip takes longer.
REVERSED = {"model": "llama-3.1-8b", "n_chips": 1, "batch": 128}


# --8<-- [start:compute]
def compute() -> dict:
    published = json.loads(DATA.read_text(encoding="utf-8"))
    models = {model_id: load_model(model_id) for model_id in {run["model"] for run in published["points"]}}
    points: list[dict[str, Any]] = []
    for run in published["points"]:
        # An answer is on average half written; the length of the prompts was not published.
        n_past = published["prompt_tokens_assumed"] + run["output_tokens"] // 2
        batch = round(run["batch"])
        step: Any = decode_step(models[run["model"]], run["chip"], run["n_chips"], n_past=n_past, batch_size=batch)
        points.append(
            {
                "chip": run["chip"],
                "half": run["half"],
                "model": run["model"],
                "name": models[run["model"]].name,
                "n_chips": run["n_chips"],
                "batch": batch,
                "n_past": n_past,
                "published_ms": run["step_ms"],
                "computed_ms": 1000 * step.expected_seconds,
                "least_ms": 1000 * step.seconds,
            }
        )
    chips: dict[str, Any] = {chip_id: find_chip(chip_id) for chip_id in sorted({point["chip"] for point in points})}
    constants = {
        chip_id: {"efficiency": chip.efficiency, "each_us": 1e6 * chip.seconds_per_sequence}
        for chip_id, chip in chips.items()
    }
    return {
        "points": points,
        "tolerance": published["tolerance"],
        "prompt_tokens": published["prompt_tokens_assumed"],
        "constants": constants,
        "reversed": REVERSED,
        "names": {chip_id: chip.name.removeprefix("NVIDIA ") for chip_id, chip in chips.items()},
    }


# --8<-- [end:compute]


def ratio(point):
    return point["computed_ms"] / point["published_ms"]


def missed(result, chip=None):
    return [
        point
        for point in result["points"]
        if point["half"] == "held out" and abs(ratio(point) - 1) > result["tolerance"] and chip in (None, point["chip"])
    ]


def miss_key(point):
    """Name a missed step as the pages do: a miss that they do not mention fails the build."""
    model = "".join(c if c.isalnum() else "_" for c in point["model"])
    return f"{point['chip'].partition('-')[0]}_{model}_{point['n_chips']}x{point['batch']}"


def setting(point, lang):
    if lang == "zh":
        return f"{point['n_chips']} 张卡、{point['batch']} 个序列"
    return f"{point['n_chips']} chip{'s' * (point['n_chips'] > 1)}, {point['batch']} sequences"


def claims(result, lang):
    held_out = [point for point in result["points"] if point["half"] == "held out"]
    split = [point for point in missed(result) if point["n_chips"] > 1]
    slowdowns = [point["published_ms"] / point["least_ms"] for point in result["points"]]
    found = {
        "points": format_exact(len(result["points"])),
        "held_out": format_exact(len(held_out)),
        "within": format_exact(len(held_out) - len(missed(result))),
        "misses": format_exact(len(missed(result))),
        "tolerance": format_percent(result["tolerance"], lang),
        "prompt": format_exact(result["prompt_tokens"]),
        "fastest": format_ratio(min(slowdowns), lang),
        "slowest": format_ratio(max(slowdowns), lang),
        "split": format_exact(len(split)),
        "split_short": format_exact(sum(ratio(point) < 1 for point in split)),
        "reversed_batch": format_exact(result["reversed"]["batch"]),
    }
    for chip_id, constants in result["constants"].items():
        chip = chip_id.partition("-")[0]
        mine = [point for point in held_out if point["chip"] == chip_id]
        found |= {
            f"{chip}_efficiency": format_percent(constants["efficiency"], lang),
            f"{chip}_each": format_number(constants["each_us"]),
            f"{chip}_held_out": format_exact(len(mine)),
            f"{chip}_within": format_exact(len(mine) - len(missed(result, chip_id))),
        }
        (reversed_run,) = [
            p for p in result["points"] if p["chip"] == chip_id and result["reversed"].items() <= p.items()
        ]
        found[f"{chip}_reversed"] = format_number(reversed_run["published_ms"])
    for point in missed(result):
        found |= {
            miss_key(point): format_ratio(ratio(point), lang),
            f"{miss_key(point)}_setting": setting(point, lang),
        }
    return found


def draw(result, text, width):
    fig, ax = new_figure(width, height=430 if width == "wide" else 400)
    tolerance = result["tolerance"]
    ends = [3, 80]
    low, high = ([end * (1 + sign * tolerance) for end in ends] for sign in (-1, 1))
    ax.fill_between(ends, low, high, color=GRID, linewidth=0)
    ax.plot(ends, ends, "-", color=MUTED, linewidth=1)
    out = missed(result)
    fitted = [point for point in result["points"] if point["half"] == "fitted"]
    groups: list[tuple[str, list, dict[str, Any]]] = [
        (text["fitted"], fitted, {"marker": "o", "color": MUTED, "markerfacecolor": PAPER, "markeredgewidth": 1})
    ]
    for (chip_id, name), marker, color in zip(result["names"].items(), ("s", "o"), SERIES[::2], strict=False):
        points = [
            point
            for point in result["points"]
            if point["half"] == "held out" and point["chip"] == chip_id and point not in out
        ]
        groups.append((f"{text['held out']}: {name}", points, {"marker": marker, "color": color}))
    groups.append((text["missed"].format(tolerance=f"{100 * tolerance:g}%"), out, {"marker": "X", "color": SERIES[1]}))
    for label, points, style in groups:
        across, up = ([point[key] for point in points] for key in ("published_ms", "computed_ms"))
        ax.plot(across, up, linestyle="none", label=label, markersize=6, **style)
    ticks = [4, 8, 16, 32, 64]
    for axis, scale in ((ax.xaxis, ax.set_xscale), (ax.yaxis, ax.set_yscale)):
        scale("log", base=2)
        axis.set_ticks(ticks, [str(tick) for tick in ticks])
    ax.set(xlabel=text["x"], ylabel=text["y"], xlim=ends, ylim=ends)
    ax.legend()
    return fig


def table(result, text):
    keys = ("chip", "model", "n_chips", "batch", "n_past", "published", "computed", "ratio", "half")
    rows = [
        [
            result["names"][point["chip"]],
            point["name"],
            point["n_chips"],
            point["batch"],
            point["n_past"],
            point["published_ms"],
            round(point["computed_ms"], 2),
            round(ratio(point), 2),
            text[point["half"]],
        ]
        for point in result["points"]
    ]
    return {"columns": [text[key] for key in keys], "rows": rows, "unit": text["unit"]}


if __name__ == "__main__":
    print(compute())
