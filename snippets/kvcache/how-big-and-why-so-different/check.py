"""The cache counted three other ways: real arrays, another implementation's memory, published tables."""

import json
from pathlib import Path

import numpy as np

from llmnotes import from_config, kv_cache, load_model
from llmnotes.quantities import count, ratio

MEASURED = Path(__file__).resolve().parents[3] / "tests" / "data" / "cases.json"
CASES = {
    "gpt2": "real-gpt2",
    "llama70": "real-raw-Meta-Llama-3.1-70B",
    "qwen72": "real-Qwen2.5-72B",
    "oss": "real-raw-gpt-oss-20b",
    "gemma3": "real-gemma-3-27b-it",
}
SMALL = {
    "model_type": "gpt_oss",
    "num_hidden_layers": 5,
    "layer_types": ["sliding_attention", "full_attention"] * 2 + ["sliding_attention"],
    "sliding_window": 11,
    "num_attention_heads": 6,
    "num_key_value_heads": 3,
    "head_dim": 7,
    "hidden_size": 13,
    "intermediate_size": 17,
    "num_local_experts": 2,
    "num_experts_per_tok": 1,
    "vocab_size": 19,
    "tie_word_embeddings": False,
}
PUBLISHED = {"v3": ("deepseek-v3", 70_272), "llama405": ("llama-3.1-405b", 516_096)}  # arXiv:2505.09343, Table 1


# --8<-- [start:arrays]
def bytes_of_arrays(config, n_tokens):
    key_and_value = (2, config["num_key_value_heads"], config["head_dim"])
    total = 0
    for kind in config["layer_types"]:
        kept = []
        for _ in range(n_tokens):
            kept.append(np.zeros(key_and_value, np.float16))
            if kind == "sliding_attention":
                kept = kept[-config["sliding_window"] :]
        total += sum(array.nbytes for array in kept)
    return total


# --8<-- [end:arrays]


# --8<-- [start:compute]
def compute():
    small, lengths = from_config(SMALL), (5, 11, 40)
    pairs = {f"small_{n}": (kv_cache(small, n).ideal_bytes, bytes_of_arrays(SMALL, n)) for n in lengths}
    cases = {case["id"]: case for case in json.loads(MEASURED.read_text())["cases"]}
    for key, case_id in CASES.items():
        case, held = cases[case_id], cases[case_id]["kv"][-2]
        pairs[key] = (kv_cache(from_config(case["config"]), held["n"]).ideal_bytes, held["bytes"])
    pairs |= {key: (kv_cache(load_model(id), 1).ideal_bytes, printed) for key, (id, printed) in PUBLISHED.items()}
    if unequal := [key for key in (*PUBLISHED, "qwen72") if pairs[key][0] != pairs[key][1]]:
        raise ValueError(f"the page says that these are equal to the byte: {', '.join(unequal)}")
    exact = sum(ours == theirs for ours, theirs in pairs.values())
    mistral = kv_cache(load_model("mistral-7b-v0.1"), 32_768)
    return {
        "small_40": count(pairs["small_40"][0]),
        "n_small": count(lengths[-1]),
        "n_measured": count(cases[CASES["gemma3"]]["kv"][-2]["n"]),
        "gemma3_more": count(pairs["gemma3"][0] - pairs["gemma3"][1]),
        "n_rows": count(len(pairs)),
        "n_exact": count(exact),
        "n_off": count(len(pairs) - exact),
        "mistral": ratio(mistral.reserved_bytes / mistral.ideal_bytes),
    }


# --8<-- [end:compute]
