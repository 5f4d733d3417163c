"""What published rope settings do to the pairs of a head, and how far our frequencies are from the reference's."""

import json
from pathlib import Path
from typing import Any

from llmnotes.figures import Table, label, name
from llmnotes.numerics.rope import plain_frequencies
from llmnotes.numerics.rope_settings import rope_from_config
from llmnotes.quantities import count, number, ratio, tokens
from llmnotes.registry import find

REFERENCE = Path(__file__).resolve().parents[3] / "tests" / "data" / "rope_values.json"
MODELS = ["llama-2-7b-32k", "llama-3.1-8b", "qwen3-8b", "deepseek-v3", "kimi-k2", "gpt-oss-20b"]
# Its configuration has none: Qwen's documentation says what to put there for 131,072 tokens.
SWITCHED_ON: dict[str, dict[str, Any]] = {
    "qwen3-8b": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32_768}
}
WAYS = {"linear": "PI", "llama3": "Llama 3.1", "yarn": "YaRN"}


# --8<-- [start:compute]
def compute():
    cases = json.loads(REFERENCE.read_text(encoding="utf-8"))["cases"]
    apart = [worst(case) for case in cases]
    return {
        "models": [row(find(one)) for one in MODELS],
        "cases": count(len(cases)),
        "apart": number(max(apart)),
    }


def row(entry):
    scaling = SWITCHED_ON.get(entry.id) or entry.config["rope_scaling"]
    rope = rope_from_config(entry.config | {"rope_scaling": scaling})
    theta, factor = entry.config.get("rope_theta", 10_000), scaling["factor"]
    trained = plain_frequencies(rope_theta=theta, rotary_dim=2 * len(rope.frequencies))
    slower = [old / new for old, new in zip(trained, rope.frequencies, strict=True)]
    kept, whole = sum(one < 1.0001 for one in slower), sum(one > 0.9999 * factor for one in slower)
    n_ctx = scaling.get("original_max_position_embeddings") or entry.config["max_position_embeddings"] // int(factor)
    return {
        "name": entry.name,
        "way": WAYS[rope.kind],
        "theta": count(int(theta)),
        "n_ctx": tokens(n_ctx),
        "factor": ratio(factor),
        "pairs": count({"kept": kept, "between": len(slower) - kept - whole, "whole": whole}),
    }


def worst(case):
    made = rope_from_config(case["config"], n_tokens=case["n_tokens"], layer_type=case["layer_type"]).frequencies
    return max(abs(a - b) / b if b else abs(a) for a, b in zip(made, case["frequencies"], strict=True))


# --8<-- [end:compute]


def table(result):
    columns = [
        label(zh="模型", en="model"),
        label(zh="办法", en="way"),
        label(zh="rope_theta", en="rope_theta"),
        label(zh="原来", en="trained"),
        label(zh="倍数", en="factor"),
        label(zh="不动的对", en="pairs kept"),
        label(zh="混合", en="blended"),
        label(zh="整倍放慢", en="slowed in full"),
    ]
    rows = [
        [name(one["name"]), name(one["way"]), one["theta"], one["n_ctx"], one["factor"], *one["pairs"].values()]
        for one in result["models"]
    ]
    return Table(columns, rows)
