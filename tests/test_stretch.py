"""The toy of `position/from-4k-to-128k`: its gradients are slopes, and page and record foresee the same."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from benchmarks import stretch

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / stretch.OUT


def test_gradients_are_the_slopes_of_the_loss():
    rng = np.random.default_rng(0)
    weights = {name: one.astype(np.float64) for name, one in stretch.fresh(rng).items()}
    batch, frequencies = stretch.rows(rng, batch_size=2, n_tokens=16), stretch.ways(1)["trained"]
    _, found = stretch.gradients(weights, *batch, frequencies)
    token = int(batch[0][0, 0])
    for name, place in (
        ("layers", (0, 0, 3, 5)),
        ("layers", (1, 1, 7, 2)),
        ("layers", (0, 3, 4, 9)),
        ("embedding", (token, 3)),
    ):
        step = 1e-4
        losses = []
        for side in (step, -step):
            moved = {key: one.copy() for key, one in weights.items()}
            moved[name][place] += side
            losses.append(stretch.gradients(moved, *batch, frequencies)[0])
        slope = (losses[0] - losses[1]) / (2 * step)
        assert found[name][place] == pytest.approx(slope, rel=2e-2, abs=2e-6), (name, place)


def test_page_and_record_foresee_the_same():
    record = json.loads(OUT.with_suffix(".json").read_text(encoding="utf-8"))
    page = runpy.run_path(str(ROOT / "snippets" / "position" / "from-4k-to-128k" / "toy.py"))
    weights = {name: one.astype(np.float64) for name, one in np.load(OUT.with_suffix(".npz")).items()}
    found = {way: page["foreseen"](weights, one, 256) for way, one in page["ways"](4).items()}
    for way, key in (("plain", "trained"), ("pi", "pi"), ("ntk", "ntk"), ("yarn", "yarn")):
        assert found[way] == pytest.approx(record["accuracy"][key][0], abs=2e-3), way
        # Rounded for the page: no build may fall on the other side of a half.
        assert abs(found[way] * 100 % 1 - 0.5) > 1e-4
    assert OUT.with_suffix(".npz").stat().st_size < 300_000
