"""Four models called 7B, counted by component, and what rules of thumb make of them."""

from typing import Any

from llmnotes import count_params, registry
from llmnotes.figures import MUTED, SERIES, new_figure
from llmnotes.units import GB, format_bytes_decimal, format_exact, format_number, format_percent, format_ratio

TEXT = {
    "zh": {
        "title": "都叫 7B：从 {{llama_b}} 到 {{gemma_b}}",
        "caption": "四个模型的全部参数，按部件。Gemma 7B 的嵌入兼做输出头，只算一次。",
        "description": "四根横条，越往下越长。Llama 2 7B 的注意力最长，Gemma 7B 的嵌入和前馈最长，Qwen2.5 7B 有一段很长的输出头。",
        "embedding_token": "嵌入",
        "lm_head": "输出头",
        "attention": "注意力",
        "mlp": "前馈",
        "norm": "归一化",
        "x": "参数（B，即十亿）",
        "model": "模型",
        "total": "总数",
    },
    "en": {
        "title": "All four are called 7B: from {{llama_b}} to {{gemma_b}}",
        "caption": "All parameters of four models, by component. Gemma 7B’s embedding is its output head too and counts once.",
        "description": "Four bars, each longer than the one above. Llama 2 7B has the most attention, Gemma 7B the "
        "largest embedding and feed-forward, Qwen2.5 7B a long output head.",
        "embedding_token": "embedding",
        "lm_head": "output head",
        "attention": "attention",
        "mlp": "feed-forward",
        "norm": "norms",
        "x": "parameters (B, 10⁹)",
        "model": "model",
        "total": "total",
    },
}
PARTS = ("embedding_token", "lm_head", "attention", "mlp", "norm")
MODELS = {"llama": "llama-2-7b", "mistral": "mistral-7b-v0.1", "qwen": "qwen2.5-7b", "gemma": "gemma-7b"}
WORDS = {"embedding_token": "embedding", "lm_head": "head", "attention": "attention", "mlp": "mlp", "norm": "norm"}
SIZES = {
    "layers": "num_hidden_layers",
    "width": "hidden_size",
    "heads": "num_attention_heads",
    "kv_heads": "num_key_value_heads",
    "ffn": "intermediate_size",
    "vocab": "vocab_size",
}


# --8<-- [start:compute]
def compute() -> dict:
    rows: dict[str, dict[str, Any]] = {}
    for name, model_id in MODELS.items():
        entry = registry.find(model_id)
        counted = count_params(entry.spec)
        config = entry.config
        mixer: Any = entry.spec.layers[0].mixer
        parts = {part: counted.components.get(part, 0) for part in PARTS}
        layers = parts["attention"] + parts["mlp"]
        rule = 12 * config["num_hidden_layers"] * config["hidden_size"] ** 2
        # The published configuration of Llama 2 7B leaves the KV heads out: as many as query heads.
        sizes = {size: config.get(key, config["num_attention_heads"]) for size, key in SIZES.items()}
        rows[name] = {
            "name": entry.name,
            "total": counted.total,
            "parts": parts,
            "sizes": sizes | {"head_dim": mixer.head_dim},
            "bytes": 2 * counted.total,
            "over_nominal": counted.total / 7e9,
            "rule": rule,
            "layers": layers,
            "rule_ratio": rule / layers,
        }
    llama, mistral, qwen, gemma = (rows[name] for name in MODELS)
    return {
        "rows": rows,
        "ffn_times": [row["sizes"]["ffn"] / row["sizes"]["width"] for row in rows.values()],
        "nominal_bytes": 2 * 7 * GB,
        "spread": gemma["total"] / llama["total"] - 1,
        "kv_saving": llama["parts"]["attention"] - mistral["parts"]["attention"],
        "ffn_extra": mistral["parts"]["mlp"] - llama["parts"]["mlp"],
        "mistral_extra": mistral["total"] - llama["total"],
        "qwen_tables": qwen["parts"]["embedding_token"] + qwen["parts"]["lm_head"],
        "qwen_tied": qwen["total"] - qwen["parts"]["lm_head"],
        "llama_tables": llama["parts"]["embedding_token"] + llama["parts"]["lm_head"],
        "gemma_twice": gemma["total"] + gemma["parts"]["embedding_token"],
        "gemma_divided": gemma["sizes"]["width"] // gemma["sizes"]["heads"],
        "gemma_small_vocab": gemma["total"]
        - (gemma["sizes"]["vocab"] - llama["sizes"]["vocab"]) * gemma["sizes"]["width"],
        "gemma_narrow": narrow_attention(gemma["sizes"]),
    }


def narrow_attention(sizes) -> int:
    """Gemma's attention with the head width that dividing the width by the heads would give."""
    return sizes["layers"] * 4 * sizes["width"] * sizes["heads"] * (sizes["width"] // sizes["heads"])


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    found = {
        "nominal": format_bytes_decimal(result["nominal_bytes"], lang),
        "ffn_least": format_ratio(min(result["ffn_times"]), lang),
        "ffn_most": format_ratio(max(result["ffn_times"]), lang),
        "spread": format_percent(result["spread"], lang),
        "gemma_divided": format_exact(result["gemma_divided"], lang),
        **{
            key: format_exact(result[key], lang)
            for key in (
                "kv_saving",
                "ffn_extra",
                "mistral_extra",
                "qwen_tables",
                "qwen_tied",
                "llama_tables",
                "gemma_twice",
                "gemma_small_vocab",
                "gemma_narrow",
            )
        },
    }
    for name, row in result["rows"].items():
        found |= {f"{name}_{WORDS[part]}": format_exact(size, lang) for part, size in row["parts"].items()}
        found |= {f"{name}_{size}": format_exact(value, lang) for size, value in row["sizes"].items()}
        found |= {
            f"{name}_total": format_exact(row["total"], lang),
            f"{name}_b": f"{format_number(row['total'] / 1e9)} B",
            f"{name}_bytes": format_bytes_decimal(row["bytes"], lang),
            f"{name}_over": format_ratio(row["over_nominal"], lang),
            f"{name}_rule": format_exact(row["rule"], lang),
            f"{name}_in_layers": format_exact(row["layers"], lang),
            f"{name}_rule_ratio": format_ratio(row["rule_ratio"], lang),
        }
    return found


def draw(result, text, width):
    rows = list(result["rows"].values())
    fig, ax = new_figure(width, height=330)
    start = [0.0] * len(rows)
    for part, color in zip(PARTS, (*SERIES[:4], MUTED), strict=True):
        sizes = [row["parts"][part] / 1e9 for row in rows]
        ax.barh(range(len(rows)), sizes, 0.6, start, color=color, label=text[part])
        start = [begin + size for begin, size in zip(start, sizes, strict=True)]
    ax.set_yticks(range(len(rows)), [row["name"] for row in rows])
    ax.invert_yaxis()
    ax.set(xlabel=text["x"])
    ax.legend()
    return fig


def table(result, text):
    rows = [[row["name"], row["total"], *(row["parts"][part] for part in PARTS)] for row in result["rows"].values()]
    return {"columns": [text["model"], text["total"], *(text[part] for part in PARTS)], "rows": rows, "unit": ""}


if __name__ == "__main__":
    print(compute())
