"""Pairs counted on real masks, products counted on real arrays, and what another implementation measured."""

import json
import math
from pathlib import Path

import numpy as np

from llmnotes import forward_flops, from_config
from llmnotes.equations import flops
from llmnotes.numerics import linear_attention as linear
from llmnotes.quantities import at_most, count, ratio

MEASURED = Path(__file__).resolve().parents[3] / "tests" / "data" / "cases.json"
CASES = ("real-gemma-3-27b-it", "real-raw-NVIDIA-Nemotron-3-Nano-30B-A3B-BF16")
N, WIDTH, CHUNK = 1_000, 16, 40


# --8<-- [start:masks]
def masks(n):
    queries, keys = np.arange(n)[:, None], np.arange(n)
    past, stride = keys <= queries, math.isqrt(n)
    near = past & (keys > queries - stride)
    return {
        "full": past,
        "window": past & (keys > queries - 128),
        "sparse": near | (past & ((keys + 1) % stride == 0) & (keys <= queries - stride)),
    }


# --8<-- [end:masks]


# --8<-- [start:compute]
def compute():
    stride = math.isqrt(N)
    near = flops.window_causal_pairs(n_new=N, n_past=0, window=stride)
    pairs = {
        "full": flops.causal_pairs(n_new=N, n_past=0),
        "window": flops.window_causal_pairs(n_new=N, n_past=0, window=128),
        "sparse": near + flops.entries_before(n_tokens=N - stride, stride=stride, top_k=0),
    }
    (line, line_slow), (rule, rule_slow) = run_linear(N), run_delta(N)
    shape = {"n_heads": 1, "key_head_dim": WIDTH, "value_head_dim": WIDTH}
    per_block = flops.lightning_block_flops(width=WIDTH, block=CHUNK)
    of_line = N * flops.lightning_token_flops(width=WIDTH, head_dim=WIDTH) + N // CHUNK * per_block
    rows = [(int(mask.sum()), pairs[kind]) for kind, mask in masks(N).items()]
    rows += [(line.flops, of_line), (rule.flops, N // CHUNK * flops.gated_delta_chunk_flops(**shape, chunk=CHUNK))]
    cases = {case["id"]: case for case in json.loads(MEASURED.read_text())["cases"]}
    for case_id in CASES:
        seen = cases[case_id]["flops"][0]
        rows.append((seen["flops"], forward_flops(from_config(cases[case_id]["config"]), seen["n"]).total))
    return {
        "n_rows": count(len(rows)),
        "worst": count(max(abs(counted - formula) for counted, formula in rows)),
        "n_small": count(N),
        "linear_doubles": ratio(run_linear(2 * N)[0].flops / line.flops),
        "delta_doubles": ratio(run_delta(2 * N)[0].flops / rule.flops),
        "apart": at_most(2e-14, max(abs(a.output - b.output).max() for a, b in ((line, line_slow), (rule, rule_slow)))),
    }


def run_linear(n):
    q, k, v = np.random.default_rng(0).standard_normal((3, n, WIDTH)) / WIDTH
    return linear.linear_attention_chunked(q, k, v, chunk=CHUNK), linear.linear_attention_recurrent(q, k, v)


def run_delta(n):
    random = np.random.default_rng(0)
    q, k, v = random.standard_normal((3, n, WIDTH))
    k /= np.linalg.norm(k, axis=1, keepdims=True)
    gates = {"decay": random.uniform(0.9, 1, n), "strength": random.uniform(0, 1, n)}
    return linear.gated_delta_chunked(q, k, v, **gates, chunk=CHUNK), linear.gated_delta_recurrent(q, k, v, **gates)


# --8<-- [end:compute]
