"""Traffic counted element by element on real arrays, beside the formulas."""

import numpy as np

from llmnotes.equations.attention_traffic import (
    keys_first_traffic_elements,
    plain_traffic_elements,
    queries_first_traffic_elements,
)
from llmnotes.figures import Table, label
from llmnotes.numerics.attention import plain_attention, tiled_attention_keys_first, tiled_attention_queries_first
from llmnotes.quantities import count, ratio

CASES = ((509, 64, 200), (509, 128, 100), (1021, 64, 96), (1021, 256, 50))
HALVES = (960, 64, 96)


# --8<-- [start:compute]
def rows_of(n, d, tile):
    """Elements that each order moves on arrays of this shape, counted and by the formula."""
    q, k, v = np.random.default_rng(0).standard_normal((3, 1, n, d))
    shape = {"n_tokens": n, "head_dim": d}
    first = tiled_attention_keys_first(q, k, v, n_rows=tile, n_columns=tile).matrix_traffic
    second = tiled_attention_queries_first(q, k, v, n_rows=tile, n_columns=tile).matrix_traffic
    runs = {
        "plain": (plain_attention(q, k, v).traffic, plain_traffic_elements(**shape)),
        "first": (first, keys_first_traffic_elements(**shape, n_columns=tile)),
        "second": (second, queries_first_traffic_elements(**shape, n_rows=tile)),
    }
    return [{"order": order, "shape": f"{n} × {d}", "runs": both} for order, both in runs.items()]


def passes(tile):
    """Elements moved beyond the one pass over queries and output that any order makes."""
    n, d, _ = HALVES
    q, k, v = np.random.default_rng(0).standard_normal((3, 1, n, d))
    run = tiled_attention_queries_first(q, k, v, n_rows=tile, n_columns=tile)
    return run.matrix_traffic - q.size - run.output.size


def compute():
    rows = [row for case in CASES for row in rows_of(*case)]
    tile = HALVES[2]
    return {
        "rows": [one | {"runs": count(list(one["runs"]))} for one in rows],
        "n_rows": count(len(rows)),
        "worst": count(max(abs(counted - formula) for counted, formula in (one["runs"] for one in rows))),
        "halved": ratio(passes(tile // 2) / passes(tile)),
    }


# --8<-- [end:compute]


def table(result):
    orders = {"plain": ("普通", "plain"), "first": ("FlashAttention",) * 2, "second": ("FlashAttention-2",) * 2}
    rows = []
    for one in result["rows"]:
        zh, en = orders[one["order"]]
        rows.append([label(zh=f"{zh}，{one['shape']}", en=f"{en}, {one['shape']}"), *one["runs"]])
    return Table(
        [label(zh="顺序和数组", en="order and arrays"), label(zh="数到的", en="counted"), "formula"], rows, bars="log"
    )
