"""A small attention run twice: all tokens at once, and one by one with a cache."""

import numpy as np

from llmnotes.figures import bars, label
from llmnotes.quantities import at_most, count

N_TOKENS, WIDTH = 61, 32


# --8<-- [start:attention]
def softmax(scores):
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def prefill(x, query, key, value):
    """All tokens at once; a token may not look at later ones."""
    q, k, v = x @ query, x @ key, x @ value
    scores = q @ k.T / np.sqrt(WIDTH)
    later = np.triu(np.ones_like(scores, dtype=bool), 1)
    return softmax(np.where(later, -np.inf, scores)) @ v, len(k)


def decode(x, query, key, value):
    """One token at a time; keys and values stay in a cache."""
    keys, values, out, rows = np.empty((0, WIDTH)), np.empty((0, WIDTH)), [], 0
    for token in x:
        keys, values = np.vstack([keys, token @ key]), np.vstack([values, token @ value])
        rows += 1
        out.append(softmax(keys @ (token @ query) / np.sqrt(WIDTH)) @ values)
    return np.array(out), rows


# --8<-- [end:attention]


def without_cache(x, query, key, value):
    """One token at a time; everything before it is projected again."""
    out, rows = [], 0
    for n in range(1, len(x) + 1):
        whole, projected = prefill(x[:n], query, key, value)
        out.append(whole[-1])
        rows += projected
    return np.array(out), rows


# --8<-- [start:compute]
def compute():
    random = np.random.default_rng(0)
    x = random.normal(size=(N_TOKENS, WIDTH))
    weights = [random.normal(size=(WIDTH, WIDTH)) / np.sqrt(WIDTH) for _ in range(3)]
    at_once, rows = prefill(x, *weights)
    cached, rows_cached = decode(x, *weights)
    again, rows_again = without_cache(x, *weights)
    rows = count({"prefill": rows, "cached": rows_cached, "recomputed": rows_again})
    return {
        "n": count(N_TOKENS),
        "width": count(WIDTH),
        "below": at_most(1e-13, max(np.abs(at_once - other).max() for other in (cached, again))),
        "rows": rows,
        "ratio": rows["recomputed"] / rows["cached"],
    }


# --8<-- [end:compute]


def draw(result):
    ways = {
        "prefill": "prefill",
        "cached": label(zh="解码，带缓存", en="decode, with cache"),
        "recomputed": label(zh="解码，每次重算", en="decode, recomputing"),
    }
    return bars(
        {words: result["rows"][way] for way, words in ways.items()},
        rows=label(zh="做法", en="way"),
        x=label(zh="算了多少行键和值", en="rows of keys and values computed"),
    )
