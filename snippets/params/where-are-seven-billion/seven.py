"""Four models called 7B, counted by component, and what rules of thumb make of them."""

from typing import Any

from llmnotes import count_params, registry
from llmnotes.figures import stacked_bars
from llmnotes.quantities import bytes_of, count, ratio, share

MODELS = {"llama": "llama-2-7b", "mistral": "mistral-7b-v0.1", "qwen": "qwen2.5-7b", "gemma": "gemma-7b"}
# Part of the count by the glossary's name for it.
PARTS = {
    "embedding": "embedding_token",
    "lm-head": "lm_head",
    "attention": "attention",
    "feed-forward": "mlp",
    "norm": "norm",
}
NOMINAL = 7e9


# --8<-- [start:compute]
def row(model_id):
    entry = registry.find(model_id)
    counted, config = count_params(entry.spec), entry.config
    layers, width, heads = (config[key] for key in ("num_hidden_layers", "hidden_size", "num_attention_heads"))
    mixer: Any = entry.spec.layers[0].mixer
    parts = count({part: counted.components.get(key, 0) for part, key in PARTS.items()})
    in_layers, rule = parts["attention"] + parts["feed-forward"], count(12 * layers * width**2)
    return {
        "name": entry.name,
        "total": count(counted.total),
        "bytes": bytes_of(2 * counted.total),
        "over": ratio(counted.total / NOMINAL),
        "rule": rule,
        "in_layers": in_layers,
        "rule_share": share((rule / in_layers).value),
        "layers": count(layers),
        "width": count(width),
        "heads": count(heads),
        # The published configuration of Llama 2 7B leaves the KV heads out: as many as query heads.
        "kv_heads": count(config.get("num_key_value_heads", heads)),
        "head_dim": count(mixer.head_dim),
        "ffn": count(config["intermediate_size"]),
        "vocab": count(config["vocab_size"]),
        "parts": parts,
    }


def compute():
    rows = {name: row(model_id) for name, model_id in MODELS.items()}
    llama, mistral, qwen, gemma = rows.values()
    wider = [one["ffn"] / one["width"] for one in rows.values()]
    head_of_rule = gemma["width"].value // gemma["heads"].value
    return {
        **rows,
        "ffn_least": min(wider),
        "ffn_most": max(wider),
        "nominal": bytes_of(2 * NOMINAL),
        "spread": share(gemma["total"] / llama["total"] - 1),
        "kv_saving": llama["parts"]["attention"] - mistral["parts"]["attention"],
        "ffn_extra": mistral["parts"]["feed-forward"] - llama["parts"]["feed-forward"],
        "mistral_extra": mistral["total"] - llama["total"],
        "qwen_tables": qwen["parts"]["embedding"] + qwen["parts"]["lm-head"],
        "qwen_biases": qwen["layers"] * (qwen["heads"] + 2 * qwen["kv_heads"]).value * qwen["head_dim"].value,
        "qwen_tied": qwen["total"] - qwen["parts"]["lm-head"],
        "llama_tables": llama["parts"]["embedding"] + llama["parts"]["lm-head"],
        "gemma_twice": gemma["total"] + gemma["parts"]["embedding"],
        "gemma_divided": count(head_of_rule),
        "gemma_small_vocab": gemma["total"] - (gemma["vocab"] - llama["vocab"]) * gemma["width"].value,
        "gemma_narrow": gemma["layers"] * 4 * gemma["width"].value * gemma["heads"].value * head_of_rule,
    }


# --8<-- [end:compute]


def draw(result):
    rows = [result[name] for name in MODELS]
    return stacked_bars(
        {one["name"]: one["parts"] for one in rows}, x="parameter-count", rows="model", total="total", rest="norm"
    )
