"""The backward pass by tiles: the same gradients, one product more, and n numbers kept instead of n squared."""

import numpy as np

from llmnotes.figures import SERIES, label_bars, new_figure
from llmnotes.units import format_exact, format_number, format_percent, format_ratio

TEXT = {
    "zh": {
        "title": "训练时分块多做一次乘法：{{tiled_total}} 次对 {{plain_total}} 次",
        "caption": "{{n_tokens}} 个 token、头宽 {{width}} 的数组上数到的矩阵乘法，每次都是同样大小的 2n²d 次运算。",
        "description": "两组横条。前向两边一样长；反向分块的那条长一截，因为分数要再算一遍。",
        "x": "矩阵乘法（次）",
        "plain": "普通",
        "tiled": "分块",
        "forward": "前向",
        "backward": "反向",
        "pass": "哪一趟",
    },
    "en": {
        "title": "In training, tiles take one product more: {{tiled_total}} against {{plain_total}}",
        "caption": "Matrix products counted on arrays of {{n_tokens}} tokens and head width {{width}}; each takes the "
        "same 2n²d operations.",
        "description": "Two groups of bars. Forward both are equally long; backward the tiled one is longer, because "
        "scores are computed once more.",
        "x": "matrix products",
        "plain": "plain",
        "tiled": "tiles",
        "forward": "forward",
        "backward": "backward",
        "pass": "pass",
    },
}

N_TOKENS, WIDTH, TILE = 96, 16, 24
STEP = 1e-5


class Products:
    def __init__(self):
        self.flops = 0

    def __call__(self, left, right):
        self.flops += 2 * left.shape[0] * left.shape[1] * right.shape[1]
        return left @ right


# --8<-- [start:backward]
def tiled_backward(times, q, k, v, output, log_sums, d_output, size):
    scale = 1 / np.sqrt(q.shape[1])
    d_q, d_k, d_v = np.zeros_like(q), np.zeros_like(k), np.zeros_like(v)
    overlap = (d_output * output).sum(axis=1, keepdims=True)
    for left in range(0, len(k), size):
        columns = slice(left, left + size)
        for top in range(0, len(q), size):
            rows = slice(top, top + size)
            weights = np.exp(times(q[rows] * scale, k[columns].T) - log_sums[rows])  # the scores once more
            d_v[columns] += times(weights.T, d_output[rows])
            d_weights = times(d_output[rows], v[columns].T)
            d_scores = weights * (d_weights - overlap[rows]) * scale
            d_q[rows] += times(d_scores, k[columns])
            d_k[columns] += times(d_scores.T, q[rows])
    return d_q, d_k, d_v


# --8<-- [end:backward]


# --8<-- [start:compute]
def compute() -> dict:
    q, k, v, d_output = np.random.default_rng(0).standard_normal((4, N_TOKENS, WIDTH))
    forward, plain, tiled = Products(), Products(), Products()
    output, weights, log_sums = plain_forward(forward, q, k, v)
    expected = plain_backward(plain, q, k, v, output, weights, d_output)
    found = tiled_backward(tiled, q, k, v, output, log_sums, d_output, TILE)
    one = 2 * N_TOKENS**2 * WIDTH
    counts = {
        "plain": [forward.flops / one, plain.flops / one],
        "tiled": [forward.flops / one, tiled.flops / one],
    }
    return {
        "n_tokens": N_TOKENS,
        "width": WIDTH,
        "counts": counts,
        "totals": {name: sum(count) for name, count in counts.items()},
        "more": sum(counts["tiled"]) / sum(counts["plain"]) - 1,
        "backward_over_forward": counts["tiled"][1] / counts["tiled"][0],
        "apart": max(float(np.abs(a - b).max()) for a, b in zip(found, expected, strict=True)),
        "slope_apart": abs(slope(q, k, v, d_output) - float(found[1][3, 5])),
        "kept_plain": weights.size,
        "kept_tiled": log_sums.size,
    }


def plain_forward(times, q, k, v):
    scores = times(q / np.sqrt(q.shape[1]), k.T)
    largest = scores.max(axis=1, keepdims=True)
    raised = np.exp(scores - largest)
    total = raised.sum(axis=1, keepdims=True)
    weights = raised / total
    return times(weights, v), weights, largest + np.log(total)


def plain_backward(times, q, k, v, output, weights, d_output):
    """The same gradients from the table of weights that the forward pass kept."""
    d_weights = times(d_output, v.T)
    d_scores = weights * (d_weights - (d_output * output).sum(axis=1, keepdims=True)) / np.sqrt(q.shape[1])
    return times(d_scores, k), times(d_scores.T, q), times(weights.T, d_output)


def slope(q, k, v, d_output) -> float:
    """How the loss answers when one number of the keys is moved a little both ways."""
    moved = np.zeros_like(k)
    moved[3, 5] = STEP
    up, down = (float((plain_forward(Products(), q, key, v)[0] * d_output).sum()) for key in (k + moved, k - moved))
    return (up - down) / (2 * STEP)


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    return {
        "n_tokens": format_exact(result["n_tokens"], lang),
        "width": format_exact(result["width"], lang),
        "plain_total": format_number(result["totals"]["plain"]),
        "tiled_total": format_number(result["totals"]["tiled"]),
        "plain_backward": format_number(result["counts"]["plain"][1]),
        "tiled_backward": format_number(result["counts"]["tiled"][1]),
        "more": format_percent(result["more"], lang),
        "backward_over_forward": format_ratio(result["backward_over_forward"], lang),
        "apart": scientific(result["apart"]),
        "slope_apart": scientific(result["slope_apart"]),
        "kept_plain": format_exact(result["kept_plain"], lang),
        "kept_tiled": format_exact(result["kept_tiled"], lang),
    }


def scientific(value: float) -> str:
    mantissa, power = f"{value:.1e}".split("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{format_number(float(mantissa), 2)} × 10{raised}"


def draw(result, text, width):
    fig, ax = new_figure(width, height=260)
    for place, (name, counts) in enumerate(result["counts"].items()):
        heights = [row + 0.4 * place for row in range(len(counts))]
        bars = ax.barh(heights, counts, 0.34, color=SERIES[place], label=text[name], hatch="//" if place else "")
        label_bars(ax, bars, [format_number(count) for count in counts])
    ax.set_yticks([0.2, 1.2], [text["forward"], text["backward"]])
    ax.invert_yaxis()
    ax.set(xlabel=text["x"])
    ax.legend()
    return fig


def table(result, text):
    rows = [
        [text[name], *(counts[place] for counts in result["counts"].values())]
        for place, name in enumerate(("forward", "backward"))
    ]
    return {"columns": [text["pass"], text["plain"], text["tiled"]], "rows": rows, "unit": text["x"]}


if __name__ == "__main__":
    print(compute())
