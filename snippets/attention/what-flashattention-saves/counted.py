"""Traffic counted element by element on real arrays, beside the formulas."""

import numpy as np

from llmnotes.equations.attention_traffic import (
    keys_first_traffic_elements,
    plain_traffic_elements,
    queries_first_traffic_elements,
)
from llmnotes.figures import SERIES, label_bars, new_figure
from llmnotes.numerics.attention import plain_attention, tiled_attention_keys_first, tiled_attention_queries_first
from llmnotes.units import format_exact, format_ratio

TEXT = {
    "zh": {
        "title": "{{n_rows}} 次实跑，一个元素不差",
        "caption": "每次读或写慢速内存就数元素；公式不看数组。长度故意取成块除不尽的。",
        "description": "每行一次实跑，标出数到的和公式的差；全都是零。",
        "x": "数到的减公式（元素）",
        "order": "顺序",
        "n": "token",
        "d": "头宽",
        "tile": "块",
        "counted": "数到的",
        "formula": "公式",
        "difference": "相差",
        "plain": "普通",
        "first": "第一篇",
        "second": "第二篇",
    },
    "en": {
        "title": "{{n_rows}} runs, not one element off",
        "caption": "Each read from and write to slow memory is counted; the formula never sees an array. Lengths are "
        "chosen so that tiles do not divide them.",
        "description": "One row a run, with the difference between count and formula; all are zero.",
        "x": "counted minus formula (elements)",
        "order": "order",
        "n": "tokens",
        "d": "head width",
        "tile": "tile",
        "counted": "counted",
        "formula": "formula",
        "difference": "difference",
        "plain": "plain",
        "first": "first paper",
        "second": "second paper",
    },
}

CASES = [(509, 64, 200), (509, 128, 100), (1021, 64, 96), (1021, 256, 50)]
HALVES = (960, 64, 96)


# --8<-- [start:compute]
def compute() -> dict:
    rows = []
    for n, d, tile in CASES:
        q, k, v = np.random.default_rng(0).standard_normal((3, 1, n, d))
        sizes = {"n_tokens": n, "head_dim": d}
        rows += [
            row("plain", n, d, tile, plain_attention(q, k, v).traffic, plain_traffic_elements(**sizes)),
            row(
                *("first", n, d, tile, tiled_attention_keys_first(q, k, v, n_rows=tile, n_columns=tile).matrix_traffic),
                keys_first_traffic_elements(**sizes, n_columns=tile),
            ),
            row(
                *(
                    "second",
                    n,
                    d,
                    tile,
                    tiled_attention_queries_first(q, k, v, n_rows=tile, n_columns=tile).matrix_traffic,
                ),
                queries_first_traffic_elements(**sizes, n_rows=tile),
            ),
        ]
    n, d, tile = HALVES
    q, k, v = np.random.default_rng(0).standard_normal((3, 1, n, d))
    small, large = (passes(q, k, v, size) for size in (tile // 2, tile))
    return {
        "rows": rows,
        "n_rows": len(rows),
        "worst": max(abs(one["difference"]) for one in rows),
        "halved": small / large,
    }


def passes(q, k, v, tile) -> int:
    """Elements moved beyond the one pass over queries and output that any order makes."""
    run = tiled_attention_queries_first(q, k, v, n_rows=tile, n_columns=tile)
    return run.matrix_traffic - q.size - run.output.size


def row(order, n, d, tile, counted, formula) -> dict:
    found = {"order": order, "n": n, "d": d, "tile": tile, "counted": counted, "formula": formula}
    return found | {"difference": counted - formula}


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    return {
        "n_rows": format_exact(result["n_rows"], lang),
        "worst": format_exact(result["worst"], lang),
        "halved": format_ratio(result["halved"], lang),
    }


def draw(result, text, width):
    rows = result["rows"]
    fig, ax = new_figure(width, height=70 + 26 * len(rows))
    bars = ax.barh(range(len(rows)), [one["difference"] for one in rows], 0.6, color=SERIES[1])
    label_bars(ax, bars, [format_exact(one["difference"]) for one in rows])
    ax.set_yticks(range(len(rows)), [f"{text[one['order']]}: {one['n']} × {one['d']}" for one in rows])
    ax.invert_yaxis()
    ax.set(xlabel=text["x"], xlim=(-1, 1))
    return fig


def table(result, text):
    columns = ["order", "n", "d", "tile", "counted", "formula", "difference"]
    rows = [[text[one["order"]], *(one[column] for column in columns[1:])] for one in result["rows"]]
    return {"columns": [text[column] for column in columns], "rows": rows, "unit": ""}


if __name__ == "__main__":
    print(compute())
