"""Attention by tiles in numpy: how far its answer is from the plain one, and that it multiplies exactly as much."""

import math

import numpy as np

from llmnotes.numerics.attention import plain_attention, tiled_attention_keys_first, tiled_attention_queries_first
from llmnotes.quantities import at_most, count, flops

LENGTHS = [2**exponent for exponent in range(6, 12)]
WIDTHS = [64, 128]
N_ROWS, N_COLUMNS = 48, 80
SPACING = float(np.finfo(np.float64).eps)
BOUND = 8 * SPACING


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
def compute():
    apart, same_flops = [], []
    for d in WIDTHS:
        for n in LENGTHS:
            q, k, v = random_inputs(n, d)
            plain = plain_attention(q[None], k[None], v[None])
            tiled, _ = tiled_attention(q, k, v, N_ROWS, N_COLUMNS)
            apart.append(np.abs(tiled - plain.output[0]).max())
    for order in (tiled_attention_keys_first, tiled_attention_queries_first):
        run = order(q[None], k[None], v[None], n_rows=N_ROWS, n_columns=N_COLUMNS)
        same_flops.append(run.flops - plain.flops)
        apart.append(np.abs(run.output - plain.output).max())
    small = random_inputs(61, 16)
    by_hand = one_pair_at_a_time(*small)
    return {
        "n_rows": count(N_ROWS),
        "n_columns": count(N_COLUMNS),
        "worst": at_most(BOUND, max(apart)),
        "shortest": count(LENGTHS[0]),
        "longest": count(LENGTHS[-1]),
        "flops": flops(plain.flops),
        "flops_apart": count(max(map(abs, same_flops))),
        "n_by_hand": count(len(by_hand)),
        "by_hand": at_most(BOUND, np.abs(tiled_attention(*small, 7, 5)[0] - by_hand).max()),
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
