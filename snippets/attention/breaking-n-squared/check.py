"""Pairs counted on real masks, products counted on real arrays, and what another implementation measured."""

import json
import math
from pathlib import Path

import numpy as np

from llmnotes import forward_flops, from_config
from llmnotes.equations import flops
from llmnotes.figures import SERIES, label_bars, new_figure
from llmnotes.numerics.linear_attention import (
    gated_delta_chunked,
    gated_delta_recurrent,
    linear_attention_chunked,
    linear_attention_recurrent,
)
from llmnotes.units import format_exact, format_number, format_ratio

TEXT = {
    "zh": {
        "title": "{{n_rows}} 项核对，最多相差 {{worst}}",
        "caption": "掩码：真的画出 {{n_small}} × {{n_small}} 的掩码，数里面的对。数组：真的跑一遍，数矩阵乘法。"
        "实测：transformers 5.23.0 在 torch 的 FlopCounterMode 下跑一段提示词。",
        "description": "每行一项核对，标出数到的和公式的差；全都是零。",
        "x": "数到的减公式",
        "what": "核对",
        "counted": "数到的",
        "formula": "公式",
        "difference": "相差",
        "mask": "掩码",
        "arrays": "数组",
        "measured": "实测",
    },
    "en": {
        "title": "{{n_rows}} checks, at most {{worst}} apart",
        "caption": "Masks: a real mask of {{n_small}} × {{n_small}} is drawn and its pairs are counted. Arrays: run, and "
        "matrix products counted. Measured: transformers 5.23.0 reads a prompt under torch's FlopCounterMode.",
        "description": "One row a check, with the difference between count and formula; all are zero.",
        "x": "counted minus formula",
        "what": "check",
        "counted": "counted",
        "formula": "formula",
        "difference": "difference",
        "mask": "masks",
        "arrays": "arrays",
        "measured": "measured",
    },
}

MEASURED = Path(__file__).resolve().parents[3] / "tests" / "data" / "cases.json"
CASES = {"gemma-3-27b-it": "real-gemma-3-27b-it", "Nemotron 3 Nano": "real-raw-NVIDIA-Nemotron-3-Nano-30B-A3B-BF16"}
N, WIDTH, CHUNK = 1_000, 16, 40


# --8<-- [start:masks]
def masks(n: int) -> dict:
    queries, keys = np.arange(n)[:, None], np.arange(n)
    past, stride = keys <= queries, math.isqrt(n)
    near = past & (keys > queries - stride)
    return {
        "full": past,
        "window": past & (keys > queries - 128),
        "sparse": near | (past & ((keys + 1) % stride == 0) & (keys <= queries - stride)),
    }


# --8<-- [end:masks]


# --8<-- [start:compute]
def compute() -> dict:
    drawn, stride = masks(N), math.isqrt(N)
    near = flops.window_causal_pairs(n_new=N, n_past=0, window=stride)
    formulas = {
        "full": flops.causal_pairs(n_new=N, n_past=0),
        "window": flops.window_causal_pairs(n_new=N, n_past=0, window=128),
        "sparse": near + flops.entries_before(n_tokens=N - stride, stride=stride, top_k=0),
    }
    rows = [row("mask", kind, int(drawn[kind].sum()), formulas[kind]) for kind in drawn]
    shape = {"n_heads": 1, "key_head_dim": WIDTH, "value_head_dim": WIDTH}
    per_token = flops.lightning_token_flops(width=WIDTH, head_dim=WIDTH)
    per_block = flops.lightning_block_flops(width=WIDTH, block=CHUNK)
    chunks = N // CHUNK
    line, line_slow = run_linear(N)
    rule, rule_slow = run_delta(N)
    rows += [
        row("arrays", "linear", line.flops, N * per_token + chunks * per_block),
        row("arrays", "delta", rule.flops, chunks * flops.gated_delta_chunk_flops(**shape, chunk=CHUNK)),
    ]
    cases = {case["id"]: case for case in json.loads(MEASURED.read_text())["cases"]}
    for name, case_id in CASES.items():
        case, seen = cases[case_id], cases[case_id]["flops"][0]
        rows.append(row("measured", name, seen["flops"], forward_flops(from_config(case["config"]), seen["n"]).total))
    return {
        "rows": rows,
        "n_rows": len(rows),
        "worst": max(abs(one["difference"]) for one in rows),
        "n_small": N,
        "linear_doubles": run_linear(2 * N)[0].flops / line.flops,
        "delta_doubles": run_delta(2 * N)[0].flops / rule.flops,
        "apart": max(float(np.abs(a.output - b.output).max()) for a, b in ((line, line_slow), (rule, rule_slow))),
    }


def run_linear(n: int):
    q, k, v = np.random.default_rng(0).standard_normal((3, n, WIDTH)) / WIDTH
    return linear_attention_chunked(q, k, v, chunk=CHUNK), linear_attention_recurrent(q, k, v)


def run_delta(n: int):
    random = np.random.default_rng(0)
    q, k, v = random.standard_normal((3, n, WIDTH))
    k /= np.linalg.norm(k, axis=1, keepdims=True)
    gates = {"decay": random.uniform(0.9, 1, n), "strength": random.uniform(0, 1, n)}
    return gated_delta_chunked(q, k, v, **gates, chunk=CHUNK), gated_delta_recurrent(q, k, v, **gates)


def row(source, kind, counted, formula) -> dict:
    return {
        "source": source,
        "kind": kind,
        "counted": counted,
        "formula": formula,
        "difference": counted - formula,
    }


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    return {
        "n_rows": format_exact(result["n_rows"], lang),
        "worst": format_exact(result["worst"], lang),
        "n_small": format_exact(result["n_small"], lang),
        "linear_doubles": format_ratio(result["linear_doubles"], lang),
        "delta_doubles": format_ratio(result["delta_doubles"], lang),
        "apart": scientific(result["apart"]),
    }


def scientific(value: float) -> str:
    mantissa, power = f"{value:.1e}".split("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{format_number(float(mantissa), 2)} × 10{raised}"


def draw(result, text, width):
    rows = result["rows"]
    fig, ax = new_figure(width, height=70 + 26 * len(rows))
    bars = ax.barh(range(len(rows)), [one["difference"] for one in rows], 0.6, color=SERIES[1])
    label_bars(ax, bars, [format_exact(one["difference"]) for one in rows])
    ax.set_yticks(range(len(rows)), [f"{text[one['source']]}: {one['kind']}" for one in rows])
    ax.invert_yaxis()
    ax.set(xlabel=text["x"], xlim=(-1, 1))
    return fig


def table(result, text):
    rows = [
        [f"{text[one['source']]}: {one['kind']}", one["counted"], one["formula"], one["difference"]]
        for one in result["rows"]
    ]
    return {"columns": [text[name] for name in ("what", "counted", "formula", "difference")], "rows": rows, "unit": ""}


if __name__ == "__main__":
    print(compute())
