"""Attention by tiles in numpy: how far its answer is from the plain one, and that it multiplies exactly as much."""

import math

import numpy as np

from llmnotes.figures import MUTED, label_lines, log2_axis, new_figure, series
from llmnotes.numerics.attention import plain_attention, tiled_attention_keys_first, tiled_attention_queries_first
from llmnotes.units import format_exact, format_flops, format_number

TEXT = {
    "zh": {
        "title": "分块算出来的是同一个答案：最多差 {{worst}}",
        "caption": "float64，一个头，随机的查询、键和值；块是 {{n_rows}} 个查询乘 {{n_columns}} 个键。"
        "虚线是 float64 在 1 附近的间隔。",
        "description": "两条贴着底部的线，头宽不同，都在 float64 的间隔上下；长度加大几十倍，误差不跟着长。",
        "x": "token",
        "y": "和普通注意力的最大差（10⁻¹⁶）",
        "width": "头宽 {d}",
        "spacing": "float64 的间隔",
    },
    "en": {
        "title": "Tiles give the same answer: at most {{worst}} apart",
        "caption": "float64, one head, random queries, keys and values; a tile is {{n_rows}} queries by {{n_columns}} "
        "keys. The dotted line is the spacing of float64 near 1.",
        "description": "Two lines near the bottom, one for each head width, both around the spacing of float64; as the "
        "length grows, the error does not.",
        "x": "tokens",
        "y": "largest difference from plain attention (10⁻¹⁶)",
        "width": "head width {d}",
        "spacing": "spacing of float64",
    },
}

LENGTHS = [2**exponent for exponent in range(6, 12)]
WIDTHS = [64, 128]
N_ROWS, N_COLUMNS = 48, 80


# --8<-- [start:tiled]
def tiled_attention(q, k, v, n_rows, n_columns):
    output, log_sums = np.empty((len(q), v.shape[1])), np.empty((len(q), 1))
    for top in range(0, len(q), n_rows):
        rows = slice(top, top + n_rows)
        query = q[rows] / np.sqrt(q.shape[1])
        largest, total = np.full((len(query), 1), -np.inf), np.zeros((len(query), 1))
        weighted = np.zeros((len(query), v.shape[1]))
        for left in range(0, len(k), n_columns):
            columns = slice(left, left + n_columns)
            scores = query @ k[columns].T  # the only scores that exist: one tile
            larger = np.maximum(largest, scores.max(axis=1, keepdims=True))
            raised, shrink = np.exp(scores - larger), np.exp(largest - larger)
            total = shrink * total + raised.sum(axis=1, keepdims=True)
            weighted = shrink * weighted + raised @ v[columns]
            largest = larger
        output[rows] = weighted / total
        log_sums[rows] = largest + np.log(total)
    return output, log_sums


# --8<-- [end:tiled]


# --8<-- [start:compute]
def compute() -> dict:
    apart, same_flops = {}, []
    for d in WIDTHS:
        apart[str(d)] = []
        for n in LENGTHS:
            q, k, v = random_inputs(n, d)
            plain = plain_attention(q[None], k[None], v[None])
            tiled, _ = tiled_attention(q, k, v, N_ROWS, N_COLUMNS)
            apart[str(d)].append(float(np.abs(tiled - plain.output[0]).max()))
    for order in (tiled_attention_keys_first, tiled_attention_queries_first):
        run = order(q[None], k[None], v[None], n_rows=N_ROWS, n_columns=N_COLUMNS)
        same_flops.append(run.flops - plain.flops)
        apart[str(d)][-1] = max(apart[str(d)][-1], float(np.abs(run.output - plain.output).max()))
    small = random_inputs(61, 16)
    by_hand = one_pair_at_a_time(*small)
    return {
        "lengths": LENGTHS,
        "n_rows": N_ROWS,
        "n_columns": N_COLUMNS,
        "apart": apart,
        "worst": max(max(line) for line in apart.values()),
        "spacing": float(np.finfo(np.float64).eps),
        "longest": LENGTHS[-1],
        "flops": plain.flops,
        "flops_apart": max(map(abs, same_flops)),
        "n_by_hand": len(by_hand),
        "by_hand": float(np.abs(tiled_attention(*small, 7, 5)[0] - by_hand).max()),
    }


def random_inputs(n_tokens, width):
    return np.random.default_rng(0).standard_normal((3, n_tokens, width))


def one_pair_at_a_time(q, k, v):
    """Attention by loops over single pairs, with exact sums."""
    output = np.zeros_like(v)
    for i, query in enumerate(q):
        raised = [math.exp(math.fsum(query * key) / math.sqrt(len(query))) for key in k]
        for weight, value in zip(raised, v, strict=True):
            output[i] += weight / math.fsum(raised) * value
    return output


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    return {
        "n_rows": format_exact(result["n_rows"], lang),
        "n_columns": format_exact(result["n_columns"], lang),
        "worst": scientific(result["worst"]),
        "longest": format_exact(result["longest"], lang),
        "flops": format_flops(result["flops"], lang),
        "flops_apart": format_exact(result["flops_apart"], lang),
        "n_by_hand": format_exact(result["n_by_hand"], lang),
        "by_hand": scientific(result["by_hand"]),
    }


def scientific(value: float) -> str:
    mantissa, power = f"{value:.1e}".split("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{format_number(float(mantissa), 2)} × 10{raised}"


def draw(result, text, width):
    fig, ax = new_figure(width, height=300)
    for place, (d, line) in enumerate(result["apart"].items()):
        ax.plot(result["lengths"], [gap * 1e16 for gap in line], label=text["width"].format(d=d), **series(place))
    ax.plot(
        result["lengths"], [result["spacing"] * 1e16] * len(result["lengths"]), ":", color=MUTED, label=text["spacing"]
    )
    log2_axis(ax.xaxis)
    ax.set(xlabel=text["x"], ylabel=text["y"], ylim=(0, 14))
    label_lines(ax)
    return fig


def table(result, text):
    columns = [text["x"], *(text["width"].format(d=d) for d in result["apart"])]
    return {"columns": columns, "rows": zip(result["lengths"], *result["apart"].values(), strict=True), "unit": ""}


if __name__ == "__main__":
    print(compute())
