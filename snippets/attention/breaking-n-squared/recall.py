"""What each kind of attention recalls of key and value pairs, and three more small tasks."""

import math

import numpy as np

from llmnotes.figures import label, lines
from llmnotes.numerics.linear_attention import gated_delta_chunked, linear_attention_chunked
from llmnotes.quantities import count, number, share

WIDTH, WINDOW, TOP_K, INDEX_WIDTH, N_TRIALS = 64, 64, 64, 16, 3
STRENGTH = 0.3  # how far the delta rule corrects: one strength for all tasks, between holding much and overwriting
LENGTHS = [2**exponent for exponent in range(3, 10)]
WIDER, MOST = 128, 512
SHARP = 2e4  # softmax so steep that the best key takes all
N_KEYS, N_WRITES, N_VOTES, MARGIN, N_HOPS = 32, 8, 512, 16, 256  # the other tasks
TIE = 1e-9  # as many votes on either side: what rounding leaves of a sum is no answer


def softmax_read(queries, keys, values, seen):
    scores = np.where(seen, SHARP * queries @ keys.T, -np.inf)
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True) @ values


def full(queries, keys, values):
    return softmax_read(queries, keys, values, np.ones(len(keys), bool))


def window(queries, keys, values):
    return softmax_read(queries, keys, values, np.arange(len(keys)) >= len(keys) - WINDOW)


def sparse(queries, keys, values):
    stride, places = math.isqrt(len(keys)), np.arange(len(keys))
    return softmax_read(queries, keys, values, (places >= len(keys) - stride) | ((places + 1) % stride == 0))


# --8<-- [start:readers]
def indexed(queries, keys, values):
    smaller = np.random.default_rng(1).standard_normal((keys.shape[1], INDEX_WIDTH))
    scores = queries @ smaller @ (keys @ smaller).T  # every pair is scored: this part stays quadratic
    chosen = np.argsort(-scores, axis=1, kind="stable")[:, :TOP_K]
    seen = np.zeros(scores.shape, bool)
    np.put_along_axis(seen, chosen, True, axis=1)
    return softmax_read(queries, keys, values, seen)


def linear(queries, keys, values):
    return queries @ linear_attention_chunked(keys, keys, values, chunk=64).state


def delta(queries, keys, values, strength=STRENGTH):
    gates = {"decay": np.ones(len(keys)), "strength": np.broadcast_to(strength, len(keys))}
    return queries @ gated_delta_chunked(keys, keys, values, **gates, chunk=64).state


# --8<-- [end:readers]


def best(queries, keys, values):
    """The state of this size that recalls best: least squares over all pairs at once, which no rule can write."""
    return queries @ np.linalg.pinv(keys) @ values


READERS = (full, window, sparse, indexed, linear, delta)


# --8<-- [start:compute]
def compute():
    recalled = {reader.__name__: [share_right(recalls, reader, n, WIDTH) for n in LENGTHS] for reader in READERS}
    at_most = LENGTHS.index(MOST)
    sizes = {"width": WIDTH, "n_window": WINDOW, "top_k": TOP_K, "n_trials": N_TRIALS, "n_most": MOST, "wider": WIDER}
    tasks = {"n_keys": N_KEYS, "n_writes": N_WRITES, "n_votes": N_VOTES, "n_hops": N_HOPS}
    hops = {reader.__name__: share_right(hops_twice, reader, reader) for reader in READERS}
    return {
        **count(sizes | tasks),
        "more_votes": count((N_VOTES + MARGIN) // 2),
        "strength": number(STRENGTH),
        "lengths": count(LENGTHS),
        "recalled": share(recalled),
        **share({name: line[at_most] for name, line in recalled.items()}),
        "best": share({f"n{n}": share_right(recalls, best, n, WIDTH) for n in (2 * WIDTH, 4 * WIDTH, MOST)}),
        "at_wider": share(share_right(recalls, linear, MOST, WIDER)),
        "latest": share({reader.__name__: share_right(finds_latest, reader) for reader in READERS}),
        "counted": share({reader.__name__: share_right(counts, reader, n_trials=50 * N_TRIALS) for reader in READERS}),
        "two_hops": share(hops | {"hybrid": share_right(hops_twice, delta, full)}),
    }


def share_right(task, *arguments, n_trials=N_TRIALS) -> float:
    return float(np.mean([task(np.random.default_rng(seed), *arguments) for seed in range(n_trials)]))


def nearest(answers, values):
    return np.argmax(answers @ values.T, axis=1)


def recalls(random, reader, n_pairs, width):
    keys, values = unit_rows(random.standard_normal((2, n_pairs, width)))
    return nearest(reader(keys, keys, values), values) == np.arange(n_pairs)


def finds_latest(random, reader):
    """Each key is written several times; the last value is asked for. Softmax sees how late a key stands, too."""
    keys = np.linalg.qr(random.standard_normal((WIDTH, WIDTH)))[0][:N_KEYS]
    order = np.concatenate([random.permutation(N_KEYS) for _ in range(N_WRITES)])
    values = unit_rows(random.standard_normal((len(order), WIDTH)))
    late = np.linspace(0, 0.5, len(order))[:, None] * (reader not in (linear, delta))
    written, asked = np.hstack([keys[order], late]), np.hstack([keys, np.ones((N_KEYS, 1))])
    last = len(order) - 1 - np.argmax(order[::-1] == np.arange(N_KEYS)[:, None], axis=1)
    return nearest(reader(asked, written, values), values) == last


def counts(random, reader):
    """Votes of plus and minus one under one key; which are more? The delta rule corrects by one over the place."""
    keys, mean = np.ones((N_VOTES, 1)), {"strength": 1 / np.arange(1, N_VOTES + 1)} if reader is delta else {}
    votes = np.where(np.arange(N_VOTES) < (N_VOTES + MARGIN) // 2, 1.0, -1.0)
    return reader(keys[:1], keys, random.permutation(votes)[:, None], **mean) > TIE


def hops_twice(random, first, second):
    """A leads to B, B to C: two layers, and between them the answer is set to the nearest symbol."""
    symbols, leads = unit_rows(random.standard_normal((N_HOPS, WIDTH))), random.permutation(N_HOPS)
    between = nearest(first(symbols, symbols, symbols[leads]), symbols)
    return nearest(second(symbols[between], symbols, symbols[leads]), symbols) == leads[leads]


def unit_rows(arrays):
    return arrays / np.linalg.norm(arrays, axis=-1, keepdims=True)


# --8<-- [end:compute]


def draw(result):
    names = {
        "full": label(zh="全局", en="full"),
        "window": label(zh="窗口", en="window"),
        "sparse": label(zh="块稀疏", en="block-sparse"),
        "indexed": label(zh="索引", en="indexed"),
        "linear": label(zh="线性", en="linear"),
        "delta": label(zh="delta", en="delta"),
    }
    series = {names[name]: line for name, line in result["recalled"].items()}
    y = label(zh="答对的", en="recalled")
    return lines(result["lengths"], series, x=label(zh="键值对", en="pairs"), y=y, log="x", key=True, height=420)
