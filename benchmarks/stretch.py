"""Train the toy of `position/from-4k-to-128k`: two layers of attention that repeat what they have read.

A sequence is a row of tokens without repetition, begun again after its end: whoever has read the row once can say each
next token of the second reading. It takes a head that looks at the token before (a question of position) and a head
that finds an equal token far back (a question of content, which must not depend on the distance).

`OMP_NUM_THREADS=1 python -m benchmarks.stretch "machine in a few words"` trains at 64 tokens, then goes on training for
a while at 256 with each way of stretching, and writes `stretch.npz` and `stretch.json` beside this file. NumPy
alone; some minutes of one core.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from llmnotes.numerics import rope

OUT = Path("benchmarks/stretch")
SHAPE: dict[str, int] = {
    "vocab_size": 512,
    "d_model": 64,
    "n_heads": 2,
    "n_layers": 2,
    "n_ctx": 64,
    "rope_theta": 10_000,
}
HEAD_DIM = SHAPE["d_model"] // SHAPE["n_heads"]
FACTOR, SEED = 4, 20261201
STEPS, BATCH, RATE, WARM_UP = 3000, 64, 3e-3, 100
MORE_STEPS, MORE_BATCH, MORE_RATE = (0, 5, 10, 20, 40, 80, 160), 16, 1e-3
DECAYS, EPSILON = (0.9, 0.98), 1e-8

Weights = dict[str, Any]


def ways(factor: float) -> dict[str, rope.Frequencies]:
    """Frequencies of each way of stretching the toy, and as trained."""
    sizes = {"rope_theta": SHAPE["rope_theta"], "rotary_dim": HEAD_DIM}
    trained = rope.plain_frequencies(**sizes)
    theta = rope.ntk_aware_theta(**sizes, factor=factor)
    ramp = {"n_ctx": SHAPE["n_ctx"], "beta_fast": 32, "beta_slow": 1}
    return {
        "trained": trained,
        "pi": rope.interpolated_frequencies(trained, factor=factor),
        "ntk": rope.plain_frequencies(rope_theta=theta, rotary_dim=HEAD_DIM),
        "yarn": rope.yarn_frequencies(**sizes, factor=factor, **ramp, truncate=True),
    }


def rows(rng: np.random.Generator, *, batch_size: int, n_tokens: int) -> tuple[np.ndarray, np.ndarray]:
    """Sequences of `n_tokens` + 1 tokens and the length of the row that each begins again."""
    shortest = n_tokens // 8
    lengths = rng.integers(shortest, n_tokens - shortest, batch_size, endpoint=True)
    tokens = np.empty((batch_size, n_tokens + 1), dtype=np.int64)
    for place, length in enumerate(lengths):
        row = rng.permutation(SHAPE["vocab_size"])[:length]
        tokens[place] = np.resize(row, n_tokens + 1)
    return tokens, lengths


def fresh(rng: np.random.Generator) -> Weights:
    """Weights before training."""
    d, v, n = SHAPE["d_model"], SHAPE["vocab_size"], SHAPE["n_layers"]
    square = rng.normal(0, d**-0.5, (n, 4, d, d))
    return {
        "embedding": rng.normal(0, 1, (v, d)).astype(np.float32),
        "layers": (square * np.array([1, 1, 1, 0.3])[None, :, None, None]).astype(np.float32),
        "head": rng.normal(0, d**-0.5, (v, d)).astype(np.float32),
    }


def turned(x: np.ndarray, cos: np.ndarray, sin: np.ndarray) -> np.ndarray:
    """Heads `[batch, heads, tokens, head_dim]` rotated, the first half of each with the second."""
    a, b = np.split(x, 2, axis=-1)
    return np.concatenate([a * cos - b * sin, b * cos + a * sin], axis=-1)


def normed(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of length one a number, and what they were divided by."""
    size = np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6)
    return x / size, size


def normed_back(grad: np.ndarray, y: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Gradient before `normed`, from that after it."""
    return (grad - y * (grad * y).mean(-1, keepdims=True)) / size


def split(x: np.ndarray) -> np.ndarray:
    """`[batch, tokens, d_model]` by heads."""
    return x.reshape(*x.shape[:2], SHAPE["n_heads"], HEAD_DIM).transpose(0, 2, 1, 3)


def joined(x: np.ndarray) -> np.ndarray:
    """The heads side by side again."""
    return x.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1)


def gradients(
    weights: Weights, tokens: np.ndarray, lengths: np.ndarray, frequencies: rope.Frequencies
) -> tuple[float, Weights]:
    """Mean loss over the second reading, in nats a token, and its gradients."""
    inputs, targets = tokens[:, :-1], tokens[:, 1:]
    n = inputs.shape[1]
    angles = np.arange(n)[:, None] * np.array(frequencies)
    cos, sin = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
    hidden = np.triu(np.full((n, n), -np.inf, dtype=np.float32), 1)
    x, kept = weights["embedding"][inputs], []
    for wq, wk, wv, wo in weights["layers"]:
        y, size = normed(x)
        q, k, v = turned(split(y @ wq), cos, sin), turned(split(y @ wk), cos, sin), split(y @ wv)
        scores = q @ k.swapaxes(-1, -2) * np.float32(HEAD_DIM**-0.5) + hidden
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        p = scores / scores.sum(-1, keepdims=True)
        o = joined(p @ v)
        kept.append((y, size, q, k, v, p, o))
        x = x + o @ wo
    y, size = normed(x)
    asked = np.arange(n)[None, :] >= lengths[:, None]
    picked, wanted = y[asked], targets[asked]
    logits = picked @ weights["head"].T
    logits -= logits.max(-1, keepdims=True)
    logits -= np.log(np.exp(logits).sum(-1, keepdims=True))
    loss = -logits[np.arange(len(wanted)), wanted].mean()
    g = np.exp(logits)
    g[np.arange(len(wanted)), wanted] -= 1
    g /= len(wanted)
    found = {"head": g.T @ picked, "layers": np.empty_like(weights["layers"])}
    gy = np.zeros_like(y)
    gy[asked] = g @ weights["head"]
    gx = normed_back(gy, y, size)
    flat = lambda a: a.reshape(-1, a.shape[-1])  # noqa: E731
    for index in reversed(range(SHAPE["n_layers"])):
        wq, wk, wv, wo = weights["layers"][index]
        y, size, q, k, v, p, o = kept[index]
        go = split(gx @ wo.T)
        gp = go @ v.swapaxes(-1, -2)
        gs = p * (gp - (gp * p).sum(-1, keepdims=True)) * np.float32(HEAD_DIM**-0.5)
        # Turning back is turning the other way.
        gq = joined(turned(gs @ k, cos, -sin))
        gk = joined(turned(gs.swapaxes(-1, -2) @ q, cos, -sin))
        gv = joined(p.swapaxes(-1, -2) @ go)
        found["layers"][index] = [flat(y).T @ flat(one) for one in (gq, gk, gv)] + [flat(o).T @ flat(gx)]
        gx = gx + normed_back(gq @ wq.T + gk @ wk.T + gv @ wv.T, y, size)
    found["embedding"] = np.zeros_like(weights["embedding"])
    np.add.at(found["embedding"], inputs.ravel(), flat(gx))
    return float(loss), found


class Adam:
    """Adam, with the step size given at each step."""

    def __init__(self, weights: Weights) -> None:
        self.first = {name: np.zeros_like(one) for name, one in weights.items()}
        self.second = {name: np.zeros_like(one) for name, one in weights.items()}
        self.n = 0

    def step(self, weights: Weights, found: Weights, rate: float) -> None:
        """Move the weights."""
        self.n += 1
        one, two = DECAYS
        for name, g in found.items():
            self.first[name] += (1 - one) * (g - self.first[name])
            self.second[name] += (1 - two) * (g * g - self.second[name])
            mean = self.first[name] / (1 - one**self.n)
            weights[name] -= rate * mean / (np.sqrt(self.second[name] / (1 - two**self.n)) + EPSILON)


def accuracy(weights: Weights, frequencies: rope.Frequencies, *, n_tokens: int, batch_size: int = 32) -> float:
    """Share of the tokens of the second reading that are foreseen, on sequences that training never draws."""
    tokens, lengths = rows(np.random.default_rng(1), batch_size=batch_size, n_tokens=n_tokens)
    angles = np.arange(n_tokens)[:, None] * np.array(frequencies)
    cos, sin = np.cos(angles), np.sin(angles)
    x = weights["embedding"][tokens[:, :-1]].astype(np.float64)
    hidden = np.triu(np.full((n_tokens, n_tokens), -np.inf), 1)
    for wq, wk, wv, wo in weights["layers"]:
        y, _ = normed(x)
        q, k = turned(split(y @ wq), cos, sin), turned(split(y @ wk), cos, sin)
        scores = q @ k.swapaxes(-1, -2) * HEAD_DIM**-0.5 + hidden
        p = np.exp(scores - scores.max(-1, keepdims=True))
        x = x + joined(p / p.sum(-1, keepdims=True) @ split(y @ wv)) @ wo
    asked = np.arange(n_tokens)[None, :] >= lengths[:, None]
    said = (normed(x)[0][asked] @ weights["head"].T).argmax(-1)
    return float((said == tokens[:, 1:][asked]).mean())


def trained(rng: np.random.Generator) -> Weights:
    """Weights after training at the short length."""
    weights, frequencies = fresh(rng), ways(1)["trained"]
    adam = Adam(weights)
    for step in range(STEPS):
        rate = RATE * min((step + 1) / WARM_UP, 1) * (0.5 + 0.5 * np.cos(np.pi * step / STEPS))
        loss, found = gradients(weights, *rows(rng, batch_size=BATCH, n_tokens=SHAPE["n_ctx"]), frequencies)
        adam.step(weights, found, rate)
        if step % 100 == 0:
            print(step, f"{loss:.3f}", flush=True)
    return weights


def trained_on(weights: Weights, frequencies: rope.Frequencies, rng: np.random.Generator) -> list[float]:
    """Accuracy at the long length after each number of further steps there."""
    weights = {name: one.copy() for name, one in weights.items()}
    adam, found = Adam(weights), []
    n_tokens = FACTOR * SHAPE["n_ctx"]
    for step in range(max(MORE_STEPS) + 1):
        if step in MORE_STEPS:
            found.append(round(accuracy(weights, frequencies, n_tokens=n_tokens), 3))
        batch = rows(rng, batch_size=MORE_BATCH, n_tokens=n_tokens)
        adam.step(weights, gradients(weights, *batch, frequencies)[1], MORE_RATE)
    return found


def main(machine: str) -> None:
    """Train, go on training, and write both files."""
    started = time.process_time()
    weights = trained(np.random.default_rng(SEED))
    minutes = (time.process_time() - started) / 60
    weights = {name: one.astype(np.float16) for name, one in weights.items()}
    as_stored = {name: one.astype(np.float32) for name, one in weights.items()}
    more = {way: trained_on(as_stored, one, np.random.default_rng(SEED + 1)) for way, one in ways(FACTOR).items()}
    np.savez(OUT.with_suffix(".npz"), **weights)
    said = {
        "made_by": "benchmarks/stretch.py",
        "machine": machine,
        "date": datetime.now(UTC).date().isoformat(),
        "seed": SEED,
        "numpy": np.__version__,
        "cpu_minutes": round(minutes, 1),
        "steps": STEPS,
        "batch_size": BATCH,
        **SHAPE,
        "further_steps": list(MORE_STEPS),
        "further_batch_size": MORE_BATCH,
        "accuracy": more,
    }
    OUT.with_suffix(".json").write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]) or "machine not named")
