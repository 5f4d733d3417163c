"""FLOPs counted in other ways: matrix products of real arrays, and another implementation's counter."""

import json
from pathlib import Path

import numpy as np

from llmnotes import forward_flops, from_config
from llmnotes.quantities import count, flops

MEASURED = Path(__file__).resolve().parents[3] / "tests" / "data" / "cases.json"
CASES = [
    "real-gpt2",
    "real-raw-Meta-Llama-3.1-70B",
    "real-Qwen2.5-72B",
    "real-gemma-3-27b-it",
    "real-Mixtral-8x22B-v0.1",
    "real-raw-Qwen3-30B-A3B",
]
SMALL = {
    "model_type": "llama",
    "num_hidden_layers": 2,
    "hidden_size": 10,
    "num_attention_heads": 3,
    "num_key_value_heads": 1,
    "head_dim": 4,
    "intermediate_size": 14,
    "vocab_size": 17,
    "tie_word_embeddings": False,
}
LENGTHS = [13, 26]


# --8<-- [start:arrays]
class Products:
    """Matrix products that are counted: two operations for each multiply-add."""

    def __init__(self):
        self.flops = 0

    def __call__(self, left, right):
        self.flops += 2 * left.shape[0] * left.shape[1] * right.shape[1]
        return left @ right


def counted_pass(config: dict, n_tokens: int) -> int:
    d, d_ff, width = config["hidden_size"], config["intermediate_size"], config["head_dim"]
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    times, random = Products(), np.random.default_rng(0)

    def weights(rows, columns):
        return random.standard_normal((rows, columns)) / np.sqrt(rows)

    x = random.standard_normal((n_tokens, d))
    for _ in range(config["num_hidden_layers"]):
        q = times(x, weights(d, heads * width))
        k, v = (times(x, weights(d, kv_heads * width)) for _ in range(2))
        sums = []
        for head in range(heads):
            shared = slice(head * kv_heads // heads * width, (head * kv_heads // heads + 1) * width)
            scores = times(q[:, head * width : (head + 1) * width], k[:, shared].T) / np.sqrt(width)
            raised = np.exp(np.where(np.tri(n_tokens) > 0, scores, -np.inf))
            sums.append(times(raised / raised.sum(axis=1, keepdims=True), v[:, shared]))
        x = x + times(np.concatenate(sums, axis=1), weights(heads * width, d))
        gate, up = (times(x, weights(d, d_ff)) for _ in range(2))
        x = x + times(np.tanh(gate) * up, weights(d_ff, d))
    times(x, weights(d, config["vocab_size"]))
    return times.flops


# --8<-- [end:arrays]


# --8<-- [start:compute]
def compute() -> dict:
    small = from_config(SMALL)
    rows = {f"{n} × 10": (counted_pass(SMALL, n), forward_flops(small, n).total) for n in LENGTHS}
    cases = {case["id"]: case for case in json.loads(MEASURED.read_text())["cases"]}
    for case_id in CASES:
        case, seen = cases[case_id], cases[case_id]["flops"][0]
        ours = forward_flops(from_config(case["config"]), seen["n"]).total
        rows[case_id.removeprefix("real-").removeprefix("raw-")] = (seen["flops"], ours)
    short, long = (rows[f"{n} × 10"][0] for n in LENGTHS)
    return {
        "n_rows": count(len(rows)),
        "n_measured": count(len(CASES)),
        "worst": count(max(abs(ours - theirs) for theirs, ours in rows.values())),
        "small": count({"short": LENGTHS[0], "long": LENGTHS[1]})
        | count({"layers": SMALL["num_hidden_layers"], "width": SMALL["hidden_size"]}),
        "doubled": flops(long) / flops(short),
        "m70": flops(rows["Meta-Llama-3.1-70B"][0]),
        "m70_n": count(cases["real-raw-Meta-Llama-3.1-70B"]["flops"][0]["n"]),
    }


# --8<-- [end:compute]
