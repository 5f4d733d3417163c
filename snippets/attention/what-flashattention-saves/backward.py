"""The backward pass by tiles: the same gradients, one product more, and n numbers kept instead of n squared."""

import numpy as np

from llmnotes.quantities import at_most, count, number, share

N_TOKENS, WIDTH, TILE = 96, 16, 24
STEP = 1e-2  # large enough that what is left is curvature: what rounding leaves changes with the processor


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
def compute():
    q, k, v, d_output = np.random.default_rng(0).standard_normal((4, N_TOKENS, WIDTH))
    forward, plain, tiled = Products(), Products(), Products()
    output, weights, log_sums = plain_forward(forward, q, k, v)
    expected = plain_backward(plain, q, k, v, output, weights, d_output)
    found = tiled_backward(tiled, q, k, v, output, log_sums, d_output, TILE)
    one = 2 * N_TOKENS**2 * WIDTH
    products = {
        "plain": {"forward": forward.flops / one, "backward": plain.flops / one},
        "tiled": {"forward": forward.flops / one, "backward": tiled.flops / one},
    }
    totals = {name: sum(each.values()) for name, each in products.items()}
    return {
        "n_tokens": count(N_TOKENS),
        "products": count(products),
        "totals": count(totals),
        "more": share(totals["tiled"] / totals["plain"] - 1),
        "apart": at_most(1e-14, max(np.abs(a - b).max() for a, b in zip(found, expected, strict=True))),
        "slope_apart": number(round(abs(slope(q, k, v, d_output) - float(found[1][3, 5])), 8)),
        "kept_plain": count(weights.size),
        "kept_tiled": count(log_sums.size),
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
