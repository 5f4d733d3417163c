"""A toy trained at 64 tokens, run at longer lengths as it is and stretched in three ways: the share it foresees."""

from pathlib import Path

import numpy as np

from llmnotes.figures import label, lines
from llmnotes.numerics import rope
from llmnotes.numerics.position import rotated_halves
from llmnotes.quantities import count, share, tokens

WEIGHTS = Path(__file__).resolve().parents[3] / "benchmarks" / "stretch.npz"
N_CTX, HEADS, SIZES = 64, 2, {"rope_theta": 10_000, "rotary_dim": 32}
LENGTHS, SEQUENCES, AT_ONCE = (64, 128, 256, 448), 32, 8
AS_TRAINED = label(zh="照原样", en="as trained")
NAMES = {"plain": AS_TRAINED, "pi": "PI", "ntk": "NTK", "yarn": "YaRN"}


# --8<-- [start:compute]
def ways(factor):
    trained, theta = rope.plain_frequencies(**SIZES), rope.ntk_aware_theta(**SIZES, factor=factor)
    ramp = {"n_ctx": N_CTX, "beta_fast": 32, "beta_slow": 1}
    return {
        "plain": trained,
        "pi": rope.interpolated_frequencies(trained, factor=factor),
        "ntk": rope.plain_frequencies(rope_theta=theta, rotary_dim=SIZES["rotary_dim"]),
        "yarn": rope.yarn_frequencies(**SIZES, factor=factor, **ramp, truncate=True),
    }


def foreseen(weights, frequencies, n):
    """Whether each token of a second reading is the likeliest, over sequences that repeat a row of random tokens."""
    tokens_read, lengths = rows(np.random.default_rng(1), n)
    right = []
    for begin in range(0, SEQUENCES, AT_ONCE):
        batch, length = tokens_read[begin : begin + AT_ONCE], lengths[begin : begin + AT_ONCE]
        x = weights["embedding"][batch[:, :-1]]
        for wq, wk, wv, wo in weights["layers"]:
            y = x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6)
            q, k = (rotated_halves(heads(y @ w), frequencies=frequencies, positions=range(n)) for w in (wq, wk))
            scores = q @ k.swapaxes(-1, -2) / np.sqrt(SIZES["rotary_dim"]) + np.triu(np.full((n, n), -np.inf), 1)
            p = np.exp(scores - scores.max(-1, keepdims=True))
            out = (p / p.sum(-1, keepdims=True)) @ heads(y @ wv)
            x = x + out.swapaxes(1, 2).reshape(x.shape) @ wo
        again = np.arange(n) >= length[:, None]
        y = x[again] / np.sqrt((x[again] ** 2).mean(-1, keepdims=True) + 1e-6)
        right.append((y @ weights["head"].T).argmax(-1) == batch[:, 1:][again])
    return float(np.concatenate(right).mean())


def heads(x):
    return x.reshape(*x.shape[:2], HEADS, -1).swapaxes(1, 2)


def rows(rng, n):
    lengths = rng.integers(n // 8, n - n // 8, SEQUENCES, endpoint=True)
    return np.array([np.resize(rng.permutation(512)[:length], n + 1) for length in lengths]), lengths


def compute():
    weights = {name: one.astype(np.float64) for name, one in np.load(WEIGHTS).items()}
    found = {way: [] for way in NAMES}
    for n in LENGTHS:
        for way, frequencies in ways(n / N_CTX).items():
            found[way].append(round(foreseen(weights, frequencies, n), 2))
    return {
        "n": tokens(LENGTHS),
        "found": share(found),
        "params": count(sum(one.size for one in weights.values())),
        "trained": tokens(N_CTX),
        "long": tokens(LENGTHS[2]),
        "times": count(LENGTHS[2] // N_CTX),
        "sequences": count(SEQUENCES),
        "short": share(found["plain"][0]),
        "at": {way: share(values[2]) for way, values in found.items()},
    }


# --8<-- [end:compute]


def draw(result):
    said = {NAMES[way]: values for way, values in result["found"].items()}
    return lines(result["n"], said, x="context-length", y=label(zh="答对的比例", en="predicted"), log="x", span=(0, 1))
