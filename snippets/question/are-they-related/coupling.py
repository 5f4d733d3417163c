"""Parameters against the cache after 131,072 tokens: the total does not tell the cache, the architecture does."""

from typing import Any

from llmnotes import count_params, forward_flops, kv_cache, registry
from llmnotes.cost import CostProfile
from llmnotes.cost.costs import growing_bytes_per_token, ideal_cache_bytes, total_params
from llmnotes.figures import INK, SERIES, log2_axis, new_figure
from llmnotes.figures.play import Dot, Number, Play, kv_bits, model, tokens
from llmnotes.units import GIB, format_bytes, format_exact, format_percent, format_ratio, format_tokens

N_TOKENS = 131_072
OWN = "llama-3.1-70b"  # the model that the reader changes, as built
RULE = "llama-3.1-8b"  # the model on which a "bytes of cache per parameter" rule is calibrated, to show where it leads
# Where each name stands: offset from its point and the side of the text that touches it.
MODELS = {
    "llama-3.2-1b": ((10, -5), "left"),
    "phi-3-mini-128k": ((-9, 8), "right"),
    "llama-2-7b": ((10, -1), "left"),
    "llama-3.1-8b": ((10, -5), "left"),
    "qwen3-32b": ((-10, -5), "right"),
    "llama-3.1-70b": ((10, -5), "left"),
    "gpt-oss-120b": ((10, -5), "left"),
    "gpt3-175b": ((10, -5), "left"),
    "llama-3.1-405b": ((-10, -5), "right"),
    "deepseek-v3": ((-10, -5), "right"),
    "kimi-k2": ((0, 10), "center"),
}
NARROW = ("llama-2-7b", "llama-3.1-70b", "deepseek-v3", "gpt3-175b", "llama-3.2-1b")

TEXT = {
    "zh": {
        "title": "参数多，缓存不一定大：最大的几个模型，缓存比 Llama 2 7B 还小",
        "caption": "一个序列装 131,072 个 token 时的 KV 缓存，bf16，只算模型真正要用的。"
        "方块没有发布过这么长的上下文，只是按形状算。",
        "description": "散点图，横轴参数，纵轴缓存，都是对数。点不成一条线："
        "DeepSeek-V3 和 Kimi K2 参数最多，缓存排在后面；GPT-3 形状的缓存最大。",
        "x": "参数（个）",
        "y": "128K 时的 KV 缓存（GiB）",
        "model": "模型",
        "published": "标称 128K 以上",
        "shape": "只按形状算",
        "kind": "口径",
        "own": "你选的模型",
        "says": "{{model}}：{{params}}参数，{{n_tokens}} 个 token 的缓存 {{cache}}，多一个 token 多 {{per_token}}。",
    },
    "en": {
        "title": "More parameters need not mean more cache: the largest models hold less than Llama 2 7B",
        "caption": "KV cache of one sequence of 131,072 tokens in bf16, as much as the model needs. Squares never had "
        "such a context: shape only.",
        "description": "A scatter plot of parameters against cache, both axes logarithmic. The dots form no line: "
        "DeepSeek-V3 and Kimi K2 have the most parameters and a small cache; the shape of GPT-3 has the largest.",
        "x": "parameters",
        "y": "KV cache at 128K (GiB)",
        "model": "model",
        "published": "claims 128K or more",
        "shape": "shape only",
        "kind": "kind",
        "own": "your choice",
        "says": "{{model}}: {{params}} parameters, {{cache}} of cache after {{n_tokens}} tokens, {{per_token}} for one more.",
    },
}


# --8<-- [start:compute]
def compute() -> dict:
    models: dict[str, dict] = {}
    for model_id in MODELS:
        entry = registry.find(model_id)
        models[model_id] = {
            "name": entry.name,
            "params": count_params(entry.spec).total,
            "cache": kv_cache(entry.spec, n_tokens=N_TOKENS).ideal_bytes,
            "published": (entry.context_advertised or 0) >= N_TOKENS,
            "attention_share": forward_flops(entry.spec, n_new=1, n_past=N_TOKENS - 1).attention_share,
        }
    cache_per_parameter = models[RULE]["cache"] / models[RULE]["params"]
    for row in models.values():
        row["guess"] = cache_per_parameter * row["params"]
        row["guess_ratio"] = row["guess"] / row["cache"]
    deepseek, llama = models["deepseek-v3"], models["llama-3.1-70b"]
    shared = registry.find("llama-3.1-405b").config
    return {
        "n_tokens": N_TOKENS,
        "models": models,
        "heads_per_kv_head": shared["num_attention_heads"] // shared["num_key_value_heads"],
        "params_ratio": deepseek["params"] / llama["params"],
        "llama2_params_share": models["llama-2-7b"]["params"] / models["llama-3.1-405b"]["params"],
    }


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    models = result["models"]
    found = {
        "n_tokens": format_exact(result["n_tokens"], lang),
        "length": format_tokens(result["n_tokens"], lang),
        "params_ratio": format_ratio(result["params_ratio"], lang),
        "llama2_params_share": format_percent(result["llama2_params_share"], lang),
        "heads_per_kv_head": format_exact(result["heads_per_kv_head"], lang),
        "m405_cache": format_bytes(models["llama-3.1-405b"]["cache"], lang),
    }
    for model_id, name in (("llama-3.1-8b", "m8"), ("llama-3.1-70b", "m70"), ("llama-3.1-405b", "m405")):
        found[f"{name}_share"] = format_percent(models[model_id]["attention_share"], lang)
    for model_id, name in (("llama-2-7b", "m7"), ("llama-3.1-70b", "m70"), ("deepseek-v3", "v3")):
        found[f"{name}_cache"] = format_bytes(models[model_id]["cache"], lang)
        found[f"{name}_guess"] = format_bytes(models[model_id]["guess"], lang)
        found[f"{name}_guess_ratio"] = format_ratio(models[model_id]["guess_ratio"], lang)
    return found


def draw(result, text, width):
    fig, ax = new_figure(width, height=440)
    for marker, key, colour in (("o", "published", SERIES[0]), ("s", "shape", SERIES[1])):
        points = [row for row in result["models"].values() if row["published"] == (key == "published")]
        x, y = [row["params"] for row in points], [row["cache"] / GIB for row in points]
        ax.plot(x, y, marker, color=colour, label=text[key], markersize=9)
    for model_id, row in result["models"].items():
        if width == "wide" or model_id in NARROW:
            point = (row["params"], row["cache"] / GIB)
            offset, side = MODELS[model_id]
            ax.annotate(row["name"], point, xytext=offset, textcoords="offset points", ha=side)
    own = result["models"][OWN]
    ring: dict[str, Any] = {
        "markerfacecolor": "none",
        "markeredgewidth": 2.5,
        "markersize": 17,
        "color": INK,
        "label": text["own"],
    }
    ax.plot([own["params"]], [own["cache"] / GIB], "o", gid="own", **ring)
    ax.set_xscale("log")
    ax.minorticks_off()
    ax.set_xticks([1e9, 1e10, 1e11, 1e12], ["1B", "10B", "100B", "1000B"])
    log2_axis(ax.yaxis)
    ax.set(xlabel=text["x"], ylabel=text["y"], xlim=(7e8, 3e12))
    ax.legend()
    return fig


def table(result, text):
    rows = []
    for row in result["models"].values():
        kind = text["published" if row["published"] else "shape"]
        rows.append([row["name"], row["params"], round(row["cache"] / GIB, 2), kind])
    return {"columns": [text["model"], text["x"], text["y"], text["kind"]], "rows": rows, "unit": ""}


def params(profile: CostProfile) -> float:
    return total_params(profile)


def cache_gib(profile: CostProfile, *, n_tokens: int, kv_bits: float) -> float:
    return ideal_cache_bytes(profile, n_tokens=n_tokens, kv_bits=kv_bits) / GIB


def play(result, text):
    return Play(
        controls=[model(OWN), tokens(N_TOKENS), kv_bits()],
        marks={"own": Dot(params, cache_gib)},
        numbers={
            "params": Number(total_params, "count"),
            "cache": Number(ideal_cache_bytes, "bytes"),
            "per_token": Number(growing_bytes_per_token, "bytes"),
        },
        sentence=text["says"],
    )


if __name__ == "__main__":
    print(compute())
