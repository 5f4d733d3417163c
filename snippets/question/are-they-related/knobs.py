"""One dimension of Llama 3.1 8B changed at a time: what it does to the parameters and to the cache of one token."""

from llmnotes import count_params, from_config, kv_cache, registry
from llmnotes.figures import label_bars, new_figure
from llmnotes.units import format_bytes, format_exact, format_percent, format_ratio, format_tokens

TEXT = {
    "zh": {
        "title": "KV 头从 {{kv_from}} 加到 {{kv_to}}，缓存变成 {{kv_heads_cache}}，参数只多 {{kv_heads_extra}}；"
        "改上下文上限，两边都不动",
        "caption": "从 Llama 3.1 8B 出发，一次只改一个数。条长是改后除以改前。",
        "description": "五组横条。改上下文上限，参数和每个 token 的缓存都不变；词表和前馈只动参数；"
        "KV 头主要动缓存；层数加倍，两边都大涨。",
        "max_position_embeddings": "上下文 8K → 128K",
        "vocab_size": "词表 ×2",
        "intermediate_size": "前馈宽度 ×2",
        "num_hidden_layers": "层数 ×2",
        "num_key_value_heads": "KV 头 8 → 32",
        "x": "改后 ÷ 改前",
        "params": "参数总数",
        "cache": "每个 token 的缓存",
        "knob": "改了什么",
        "n_params": "参数（个）",
        "cache_bytes": "每个 token 的缓存（字节）",
    },
    "en": {
        "title": "KV heads from {{kv_from}} to {{kv_to}}: {{kv_heads_cache}} the cache, "
        "{{kv_heads_extra}} more parameters; a longer context limit: no change in either",
        "caption": "Llama 3.1 8B with one number changed at a time. A bar is after divided by before.",
        "description": "Five pairs of bars. A longer context limit changes neither parameters nor cache per token; "
        "vocabulary and feed-forward move parameters only; KV heads mostly the cache; twice the layers raise both.",
        "max_position_embeddings": "context 8K → 128K",
        "vocab_size": "vocabulary ×2",
        "intermediate_size": "feed-forward ×2",
        "num_hidden_layers": "layers ×2",
        "num_key_value_heads": "KV heads 8 → 32",
        "x": "after ÷ before",
        "params": "parameter total",
        "cache": "cache per token",
        "knob": "what changes",
        "n_params": "parameters",
        "cache_bytes": "cache per token (bytes)",
    },
}
EXERCISE = {
    "model_type": "llama",
    "hidden_size": 5_120,
    "num_hidden_layers": 40,
    "num_attention_heads": 40,
    "num_key_value_heads": 4,
    "head_dim": 128,
    "intermediate_size": 13_824,
    "vocab_size": 100_000,
    "tie_word_embeddings": False,
}
EXERCISE_SIZES = ("layers", "width", "heads", "kv_heads", "head_dim", "ffn", "vocab")


# --8<-- [start:compute]
def compute() -> dict:
    config = dict(registry.find("llama-3.1-8b").config)
    changes = {
        "max_position_embeddings": (8_192, 131_072),
        "vocab_size": (config["vocab_size"], 2 * config["vocab_size"]),
        "intermediate_size": (config["intermediate_size"], 2 * config["intermediate_size"]),
        "num_hidden_layers": (config["num_hidden_layers"], 2 * config["num_hidden_layers"]),
        "num_key_value_heads": (config["num_key_value_heads"], config["num_attention_heads"]),
    }
    rows = {}
    for key, values in changes.items():
        before, after = (from_config(config | {key: value}) for value in values)
        params = [count_params(model).total for model in (before, after)]
        cache = [kv_cache(model, n_tokens=1).growing_bytes_per_token for model in (before, after)]
        rows[key] = {
            "params": params[1],
            "cache": cache[1],
            "params_ratio": params[1] / params[0],
            "params_extra": params[1] / params[0] - 1,
            "cache_ratio": cache[1] / cache[0],
        }
    mine = from_config(EXERCISE | {"max_position_embeddings": 131_072})
    exercise = {
        "long": 1_048_576,
        "layers": mine.n_layers,
        "width": EXERCISE["hidden_size"],
        "heads": EXERCISE["num_attention_heads"],
        "kv_heads": EXERCISE["num_key_value_heads"],
        "head_dim": EXERCISE["head_dim"],
        "ffn": EXERCISE["intermediate_size"],
        "vocab": EXERCISE["vocab_size"],
        "params": count_params(mine).total,
        "per_token": kv_cache(mine, n_tokens=1).ideal_bytes,
        "cache_128k": kv_cache(mine, n_tokens=131_072).ideal_bytes,
        "cache_1m": kv_cache(mine, n_tokens=1_048_576).ideal_bytes,
    }
    return {"rows": rows, "kv_heads": changes["num_key_value_heads"], "exercise": exercise}


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    rows, mine = result["rows"], result["exercise"]
    return {
        "kv_from": format_exact(result["kv_heads"][0], lang),
        "kv_to": format_exact(result["kv_heads"][1], lang),
        "kv_heads_cache": format_ratio(rows["num_key_value_heads"]["cache_ratio"], lang),
        "kv_heads_extra": format_percent(rows["num_key_value_heads"]["params_extra"], lang),
        "ffn_extra": format_percent(rows["intermediate_size"]["params_extra"], lang),
        **{f"mine_{key}": format_exact(mine[key], lang) for key in EXERCISE_SIZES},
        "mine_params": format_exact(mine["params"], lang),
        "mine_per_token": format_bytes(mine["per_token"], lang),
        "mine_128k": format_bytes(mine["cache_128k"], lang),
        "mine_long": format_tokens(mine["long"], lang),
        "mine_1m": format_bytes(mine["cache_1m"], lang),
    }


def draw(result, text, width):
    fig, ax = new_figure(width, height=340)
    keys = list(result["rows"])
    for offset, kind in ((-0.19, "params"), (0.19, "cache")):
        ratios = [result["rows"][key][f"{kind}_ratio"] for key in keys]
        bars = ax.barh([row + offset for row in range(len(keys))], ratios, height=0.34, label=text[kind])
        label_bars(ax, bars, [f"×{ratio:.3g}" for ratio in ratios])
    ax.set_yticks(range(len(keys)), [text[key] for key in keys])
    ax.invert_yaxis()
    ax.set(xlabel=text["x"], xticks=range(5))
    ax.legend()
    return fig


def table(result, text):
    rows = [[text[key], values["params"], int(values["cache"])] for key, values in result["rows"].items()]
    return {"columns": [text["knob"], text["n_params"], text["cache_bytes"]], "rows": rows, "unit": ""}


if __name__ == "__main__":
    print(compute())
