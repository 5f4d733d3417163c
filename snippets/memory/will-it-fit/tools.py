"""What three widely used answers say about the same model at the same length, beside the parts added up."""

from llmnotes import count_params, fit, load_model, registry
from llmnotes.cost import cost_profile, inverses
from llmnotes.equations import memory
from llmnotes.figures import SERIES, label_bars, log2_axis, new_figure
from llmnotes.registry import find_chip
from llmnotes.units import GIB, format_bytes, format_exact, format_ratio, format_tokens

TEXT = {
    "zh": {
        "title": "Llama 3.1 8B 读 {{length}}：四个答案，从 {{llama8_twenty}} 到 {{llama8_gpu_poor}}",
        "caption": "bf16，一个序列，131,072 个 token，不含引擎留空。公式照各自的源代码写出来算。",
        "description": "三个模型，每个四根横条：各部分相加、权重加两成、cookbook 脚本、gpu_poor。"
        "加两成的都偏短，gpu_poor 的都长出一截。",
        "x": "需要的显存（GiB，对数刻度）",
        "parts": "各部分相加",
        "twenty": "权重加两成",
        "cookbook": "cookbook 脚本",
        "gpu_poor": "gpu_poor",
        "model": "模型",
        "tokens": "加两成刚好够的长度（token）",
    },
    "en": {
        "title": "Llama 3.1 8B with {{length}}: four answers, from {{llama8_twenty}} to {{llama8_gpu_poor}}",
        "caption": "bf16, one sequence of 131,072 tokens, without what an engine leaves alone. Each formula as its "
        "source code has it.",
        "description": "Three models with four bars each: parts added up, weights and a fifth, the cookbook script, "
        "gpu_poor. A fifth is always too little, gpu_poor always far too much.",
        "x": "memory needed (GiB, log scale)",
        "parts": "parts added up",
        "twenty": "weights and a fifth",
        "cookbook": "cookbook script",
        "gpu_poor": "gpu_poor",
        "model": "model",
        "tokens": "where a fifth is right (tokens)",
    },
}

N_TOKENS = 131_072
MODELS = {"llama8": "llama-3.1-8b", "gemma27": "gemma-3-27b", "llama70": "llama-3.1-70b"}
# What the page says of each.
SAID = {
    "llama8": ("parts", "twenty", "cookbook", "gpu_poor"),
    "gemma27": ("parts", "twenty"),
    "llama70": ("parts", "cookbook"),
}
ANSWERS = ("parts", "twenty", "cookbook", "gpu_poor")


# --8<-- [start:tools]
def weights_and_a_fifth(weight_bytes):
    """P x Q/8 x 1.2: the context is not in it."""
    return 1.2 * weight_bytes


def cookbook_infer(config, n):
    """EleutherAI/cookbook 827ee3b, calc_transformer_mem.py --infer with -ff, -nl 3, -kv and -s n."""
    d, n_layers, vocab = config["hidden_size"], config["num_hidden_layers"], config["vocab_size"]
    kv_ratio = config["num_key_value_heads"] / config["num_attention_heads"]
    params = 2 * vocab * d + d * n + 8 * d * n_layers + 2 * d
    params += 2 * (1 + kv_ratio) * n_layers * d**2 + 3 * n_layers * d * config["intermediate_size"]
    one_layer = n * d * (16 * 2 + 2)
    cache = 2 * d * n_layers * (n + 1)  # bytes per number; the 2 for key and value is missing, and so are KV heads
    return 2 * params + one_layer + cache


def gpu_poor(config, n):
    """RahulSChand/gpu_poor 24f6c5f, src/App.js, inference without quantisation."""
    d, n_layers, heads = config["hidden_size"], config["num_hidden_layers"], config["num_attention_heads"]
    params = 2 * config["vocab_size"] * d + 4 * n_layers * d**2 + 3 * n_layers * d * config["intermediate_size"]
    cache = 2 * n * 2 * 2 * d * n_layers  # one factor of 2 too many, and the width of all query heads
    scores = 5 * 2 * n * d + 2 * n**2 * heads  # the whole table of scores of a layer
    return 2 * params + cache + scores + 650 * 2**20


# --8<-- [end:tools]


# --8<-- [start:compute]
def compute() -> dict:
    rows: dict[str, dict] = {}
    for name, model_id in MODELS.items():
        entry = registry.find(model_id)
        config, model = entry.config, entry.spec
        found = fit(model, "h100-sxm-80gb", n_tokens=N_TOKENS)
        weights = 2 * count_params(model).total
        rows[name] = {
            "model": entry.name,
            "answers": {
                "parts": found.weight_bytes + found.activation_bytes + found.ideal.cache_bytes,
                "twenty": weights_and_a_fifth(weights),
                "cookbook": cookbook_infer(config, N_TOKENS),
                "gpu_poor": gpu_poor(config, N_TOKENS),
            },
            "right_at": right_at(model_id),
        }
        rows[name]["ratio"] = {
            key: size / rows[name]["answers"]["parts"] for key, size in rows[name]["answers"].items()
        }
    table_of_scores = 2 * N_TOKENS**2 * registry.find("llama-3.1-8b").config["num_attention_heads"]
    chip, sparse = find_chip("l40s-48gb"), count_params(load_model("gpt-oss-120b"))
    return {
        "n_tokens": N_TOKENS,
        "rows": rows,
        "scores": table_of_scores,
        "llama2_right_at": right_at("llama-2-7b"),
        "next_right_at": right_at("qwen3-next-80b-a3b"),
        "phantom": 48 * GIB - chip.memory_bytes,
        "real": chip.memory_bytes,
        "phantom_tokens": longest_cache(load_model("llama-3.1-70b"), 48 * GIB - chip.memory_bytes),
        "active_only": memory.weight_bytes(n_params=sparse.active, weight_bits=4.25),
    }


def right_at(model_id):
    model = load_model(model_id)
    weights = 2 * count_params(model).total
    passes = fit(model, "h100-sxm-80gb", n_tokens=N_TOKENS).activation_bytes
    return longest_cache(model, weights_and_a_fifth(weights) - weights - passes)


def longest_cache(model, n_bytes):
    """The number of tokens whose cache takes so many bytes."""
    room = {"room_bytes": n_bytes, "n_chips": 1, "batch_size": 1, "kv_bits": 16}
    return inverses.longest_context(cost_profile(model), **room)


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    found = {
        "length": format_tokens(result["n_tokens"], lang),
        "scores": format_bytes(result["scores"], lang),
        "llama2_right_at": format_exact(result["llama2_right_at"], lang),
        "next_right_at": format_exact(result["next_right_at"], lang),
        "phantom": format_bytes(result["phantom"], lang),
        "real": format_bytes(result["real"], lang),
        "phantom_tokens": format_exact(result["phantom_tokens"], lang),
        "active_only": format_bytes(result["active_only"], lang),
    }
    for name, answers in SAID.items():
        found |= {f"{name}_{key}": format_bytes(result["rows"][name]["answers"][key], lang) for key in answers}
    llama = result["rows"]["llama8"]
    found |= {f"{key}_ratio": format_ratio(llama["ratio"][key], lang) for key in ANSWERS[1:3]}
    found["right_at"] = format_exact(llama["right_at"], lang)
    return found


def draw(result, text, width):
    rows = list(result["rows"].values())
    fig, ax = new_figure(width, height=90 + 122 * len(rows))
    for index, answer in enumerate(ANSWERS):
        places = [5.2 * place + index for place in range(len(rows))]
        sizes = [row["answers"][answer] / GIB for row in rows]
        bars = ax.barh(places, sizes, 0.78, color=SERIES[index], label=text[answer])
        label_bars(ax, bars, [format_bytes(row["answers"][answer]) for row in rows])
    for place, row in enumerate(rows):
        ax.text(0, 5.2 * place - 0.85, row["model"], transform=ax.get_yaxis_transform(), va="center")
    ax.set_yticks([])
    log2_axis(ax.xaxis, label="{:g}".format)
    ax.set(ylim=(5.2 * len(rows) - 1.5, -1.5), xlim=(8, 2**12), xlabel=text["x"])
    ax.legend()
    return fig


def table(result, text):
    rows = [
        [row["model"], *(row["answers"][answer] / GIB for answer in ANSWERS), row["right_at"]]
        for row in result["rows"].values()
    ]
    return {"columns": [text["model"], *(text[a] for a in ANSWERS), text["tokens"]], "rows": rows, "unit": "GiB"}


if __name__ == "__main__":
    print(compute())
