"""Writes tests/data/rope_values.json: rope frequencies as transformers makes them for published configurations.

Needs the extra [truth]; run from the project's folder: `python tests/truth/rope_values.py`.
"""

import importlib
import inspect
import json
from pathlib import Path

import torch
import transformers
from transformers import AutoConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.bloom import modeling_bloom as bloom
from transformers.models.gptj import modeling_gptj as gptj
from transformers.models.llama import modeling_llama as llama

from llmnotes.registry import find

OUT = Path("tests/data/rope_values.json")
SHAPE = {
    "head_dim",
    "global_head_dim",
    "hidden_size",
    "num_attention_heads",
    "qk_rope_head_dim",
    "max_position_embeddings",
    "n_embd",
    "n_head",
    "original_max_position_embeddings",
    "rope_theta",
    "rope_scaling",
    "rope_parameters",
    "rope_local_base_freq",
    "rotary_pct",
    "rotary_emb_base",
    "rotary_dim",
    "partial_rotary_factor",
    "n_positions",
    "layer_types",
    "sliding_window",
}
REGISTRY = [
    "llama-2-7b",
    "llama-3-8b",
    "llama-3.1-8b",
    "llama-3.2-1b",
    "llama-2-7b-32k",
    "llama-4-scout",
    "mistral-7b-v0.1",
    "gemma-7b",
    "phi-2",
    "gpt-neox-20b",
    "glm-4.5",
    "minimax-m2.5",
    "qwen3-next-80b-a3b",
    "qwen3.5-27b",
    "gpt-oss-20b",
    "olmo-3.1-32b",
    "deepseek-v3",
    "kimi-k2",
    "ministral-3-14b",
    "devstral-2-123b",
    "gemma-3-1b",
    "gemma-4-31b",
    "laguna-s-2.1",
]
BY_LAYER = ("olmo-3.1-32b", "gemma-3-1b", "gemma-4-31b", "laguna-s-2.1")
SMALL = {
    "model_type": "llama",
    "hidden_size": 96,
    "num_attention_heads": 4,
    "rope_theta": 10_000.0,
    "max_position_embeddings": 4096,
}
LONGROPE = {
    "rope_type": "longrope",
    "factor": 8.0,
    "short_factor": [1 + i / 24 for i in range(12)],
    "long_factor": [1 + i * i / 3 for i in range(12)],
    "original_max_position_embeddings": 512,
}
MADE = {
    "dynamic, short": (SMALL | {"rope_scaling": {"rope_type": "dynamic", "factor": 2.0}}, 100),
    "dynamic, four times": (SMALL | {"rope_scaling": {"rope_type": "dynamic", "factor": 2.0}}, 16_384),
    "longrope, short": (SMALL | {"rope_scaling": LONGROPE}, 512),
    "longrope, long": (SMALL | {"rope_scaling": LONGROPE}, 4096),
}


def digits(number) -> float:
    """As many digits as single precision has."""
    return float(f"{float(number):.9g}")


def measured(frequencies, attention_factor) -> dict:
    return {"frequencies": [digits(f) for f in frequencies], "attention_factor": digits(attention_factor)}


def of_model(config: dict, layer_type: str | None) -> dict:
    """What the model's own rotary embedding holds."""
    aliases = {"kimi_k2": "deepseek_v3"}
    published = dict(config, model_type=aliases.get(config["model_type"], config["model_type"]))
    made = AutoConfig.for_model(**published)
    modeling = importlib.import_module(type(made).__module__.replace("configuration", "modeling"))
    classes = [
        cls
        for name, cls in inspect.getmembers(modeling, inspect.isclass)
        if name.endswith("RotaryEmbedding") and cls.__module__ == modeling.__name__ and "Vision" not in name
    ]
    rotary = classes[0](made)
    prefix = f"{layer_type}_" if hasattr(rotary, f"{layer_type}_inv_freq") else ""
    return measured(getattr(rotary, f"{prefix}inv_freq"), getattr(rotary, f"{prefix}attention_scaling"))


def of_function(config: dict, n_tokens: int) -> dict:
    made = AutoConfig.for_model(**config)
    made.standardize_rope_params()
    return measured(*ROPE_INIT_FUNCTIONS[made.rope_parameters["rope_type"]](made, "cpu", seq_len=n_tokens))


def rotations() -> list[dict]:
    """One vector of eight at position 5, rotated by the code of Llama (halves) and of GPT-J (neighbours)."""
    vector = torch.arange(1, 9, dtype=torch.float64).reshape(1, 1, 1, 8)
    angles = 5 * 100.0 ** (-torch.arange(0, 4, dtype=torch.float64) / 4)
    both = torch.cat([angles, angles]).reshape(1, 1, 8)
    halves, _ = llama.apply_rotary_pos_emb(vector, vector, both.cos(), both.sin())
    one = angles.reshape(1, 1, 4)
    neighbours = gptj.apply_rotary_pos_emb(vector, one.sin(), one.cos())
    return [
        {"layout": layout, "rotated": [float(x) for x in result.flatten()]}
        for layout, result in (("halves", halves), ("neighbours", neighbours))
    ]


def slopes(n_heads: int) -> list[float]:
    bias = bloom.build_alibi_tensor(torch.ones(1, 2), n_heads, torch.float32)
    return [digits(slope) for slope in bias[:, 0, 1]]


def main() -> None:
    cases = []
    layers = dict.fromkeys(BY_LAYER, ("full_attention", "sliding_attention"))
    for name, layer_type in ((model, kind) for model in REGISTRY for kind in layers.get(model, (None,))):
        published = dict(find(name).config)
        config = {key: published[key] for key in published if key in SHAPE | {"model_type"}}
        result = of_model(published, layer_type)
        label = f"{name}, {layer_type}" if layer_type else name
        cases.append({"id": label, "config": config, "layer_type": layer_type, "n_tokens": None} | result)
    for name, (config, n_tokens) in MADE.items():
        result = of_function(config, n_tokens)
        cases.append({"id": name, "config": config, "layer_type": None, "n_tokens": n_tokens} | result)
    head = {
        "made_by": "tests/truth/rope_values.py",
        "made_with": {"transformers": transformers.__version__, "torch": torch.__version__},
        "rotations": rotations(),
        "alibi_slopes": {str(n_heads): slopes(n_heads) for n_heads in (8, 12, 40)},
    }
    lines = [json.dumps({key: value}, sort_keys=True)[1:-1] for key, value in head.items()]
    listed = ",\n".join(json.dumps(case, sort_keys=True) for case in cases)
    OUT.write_text("{" + ",\n".join([*lines, f'"cases": [\n{listed}\n]']) + "}\n")


if __name__ == "__main__":
    main()
