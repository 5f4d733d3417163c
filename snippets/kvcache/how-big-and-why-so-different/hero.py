"""The cache that the same 131,072 tokens need in one model after another."""

from typing import Any

from llmnotes import count_params, kv_cache, registry
from llmnotes.blocks.attention import Attention
from llmnotes.blocks.base import EVERY_TOKEN
from llmnotes.blocks.latent import MLA
from llmnotes.figures import SERIES, label_bars, log2_axis, new_figure, text_width
from llmnotes.units import GIB, KIB, MIB, format_bytes, format_count, format_exact, format_ratio, format_tokens

TEXT = {
    "zh": {
        "title": "同样 131,072 个 token，缓存从 {{smallest}} 到 {{largest}}，相差 {{spread}}",
        "caption": "理想缓存，bf16，一个序列。实心：作者公布的上下文至少有这么长；空心：只借它的形状来算。",
        "description": "一行一个模型，按缓存从大到小排。参数多的不一定缓存大：次序由注意力的设计决定。",
        "x": "KV 缓存（GiB，对数刻度）",
        "model": "模型",
        "params": "参数（个）",
        "design": "设计",
        "layers": "层",
        "kv_heads": "KV 头",
        "head_dim": "头宽",
        "next": "再加一个 token（KiB）",
        "state": "状态（MiB）",
        "context": "公布的上下文（token）",
        "lang": "zh",
        "count": "{}参数",
        "published": "公布的上下文",
        "shape": "只借形状",
        "ideal": "理想（GiB）",
        "reserved": "预留（GiB）",
        "mha": "MHA",
        "gqa": "GQA",
        "latent": "潜在注意力",
        "window": "GQA + 局部层",
        "hybrid": "GQA + 状态",
        "latent_hybrid": "潜在注意力 + 状态",
    },
    "en": {
        "title": "The same 131,072 tokens: {{smallest}} in one model, {{largest}} in another, {{spread}} apart",
        "caption": "Ideal cache, bf16, one sequence. Solid: the authors publish a context at least this long. "
        "Hollow: only the shape is borrowed.",
        "description": "One row a model, from the largest cache to the smallest. More parameters do not mean "
        "more cache: "
        "the design of attention sets the order.",
        "x": "KV cache (GiB, log scale)",
        "model": "model",
        "params": "parameters",
        "design": "design",
        "layers": "layers",
        "kv_heads": "KV heads",
        "head_dim": "head width",
        "next": "one more token (KiB)",
        "state": "state (MiB)",
        "context": "published context (tokens)",
        "lang": "en",
        "count": "{} params",
        "published": "published context",
        "shape": "shape only",
        "ideal": "ideal (GiB)",
        "reserved": "reserved (GiB)",
        "mha": "MHA",
        "gqa": "GQA",
        "latent": "latent",
        "window": "GQA + local layers",
        "hybrid": "GQA + state",
        "latent_hybrid": "latent + state",
    },
}

N_TOKENS = 131_072
MODELS = [
    "gpt3-175b",
    "command-r-v01",
    "llama-2-7b",
    "llama-3.1-405b",
    "phi-3-mini-128k",
    "llama-3.1-70b",
    "qwen3-32b",
    "llama-3.1-8b",
    "qwen3.8-2.4t-a95b",
    "gemma-3-27b",
    "kimi-k2",
    "deepseek-v3",
    "gpt-oss-120b",
    "qwen3-next-80b-a3b",
    "nemotron-3-ultra-550b",
    "kimi-linear-48b-a3b",
    "nemotron-3-nano-30b",
]
# What the page's own table shows, by the name its claims start with.
TABLED = {
    "gpt3-175b": "gpt3",
    "command-r-v01": "command_r",
    "phi-3-mini-128k": "phi3",
    "llama-3.1-70b": "llama70",
    "qwen3-32b": "qwen32",
    "gemma-3-27b": "gemma3",
    "kimi-k2": "kimi",
    "deepseek-v3": "v3",
    "gpt-oss-120b": "gpt_oss",
    "qwen3-next-80b-a3b": "next",
    "nemotron-3-ultra-550b": "ultra",
}


# --8<-- [start:compute]
def compute() -> dict:
    rows = sorted((measure(registry.find(model_id)) for model_id in MODELS), key=lambda row: -row["ideal"])
    published = [row["ideal"] for row in rows if row["published"]]
    params = {row["id"]: row["params"] for row in rows}
    sizes = {row["id"]: row["ideal"] for row in rows}
    return {
        "rows": rows,
        "n_tokens": N_TOKENS,
        "largest": rows[0]["ideal"],
        "smallest": rows[-1]["ideal"],
        "largest_name": rows[0]["name"],
        "smallest_name": rows[-1]["name"],
        "published_largest_name": next(row["name"] for row in rows if row["published"]),
        "spread": rows[0]["ideal"] / rows[-1]["ideal"],
        "published_largest": published[0],
        "published_smallest": published[-1],
        "published_spread": published[0] / published[-1],
        "v3_over_70b": params["deepseek-v3"] / params["llama-3.1-70b"],
        "phi3_over_kimi": sizes["phi-3-mini-128k"] / sizes["kimi-k2"],
    }


def measure(entry) -> dict:
    model = entry.spec
    cache, one_more = kv_cache(model, N_TOKENS), kv_cache(model, N_TOKENS + 1)
    attention = next(layer.mixer for layer in model.layers if isinstance(layer.mixer, Attention | MLA))
    latent = isinstance(attention, MLA)
    return {
        "id": entry.id,
        "name": entry.name,
        "params": count_params(model).total,
        "context": entry.context_advertised,
        "published": (entry.context_advertised or 0) >= N_TOKENS,
        "design": design(model),
        "layers": model.n_layers,
        "kv_heads": 1 if latent else attention.n_kv_heads,
        "head_dim": attention.kv_lora_rank + attention.qk_rope_head_dim if latent else attention.head_dim,
        "next": one_more.ideal_bytes - cache.ideal_bytes,
        "state": cache.state_bytes,
        "ideal": cache.ideal_bytes,
        "reserved": cache.reserved_bytes,
    }


def design(model) -> str:
    mixers = {layer.mixer for layer in model.layers} - {None}
    heads = [mixer for mixer in mixers if isinstance(mixer, Attention)]
    latents = [mixer for mixer in mixers if isinstance(mixer, MLA)]
    if latents:
        return "latent" if len(latents) == len(mixers) else "latent_hybrid"
    if len(heads) < len(mixers):
        return "hybrid"
    if any(mixer.span != EVERY_TOKEN and mixer.span.size < N_TOKENS for mixer in heads):
        return "window"
    return "mha" if heads[0].n_kv_heads == heads[0].n_heads else "gqa"


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    sizes = ("largest", "smallest", "published_largest", "published_smallest")
    ratios = ("spread", "published_spread", "v3_over_70b", "phi3_over_kimi")
    found = {name: format_bytes(result[name], lang) for name in sizes}
    found |= {name: format_ratio(result[name], lang) for name in ratios}
    found |= {name: result[name] for name in ("largest_name", "smallest_name", "published_largest_name")}
    found |= {"n_tokens": format_exact(result["n_tokens"], lang), "n_short": format_tokens(result["n_tokens"], lang)}
    for row in result["rows"]:
        if row["id"] in TABLED:
            found |= row_claims(TABLED[row["id"]], row, lang)
    return found


def row_claims(name, row, lang) -> dict[str, str]:
    found = {name: format_bytes(row["ideal"], lang), f"{name}_params": format_count(row["params"], lang)}
    for column in ("layers", "kv_heads", "head_dim"):
        found[f"{name}_{column}"] = format_exact(row[column], lang)
    for column in ("next", "state", "reserved"):
        if row[column]:
            found[f"{name}_{column}"] = format_bytes(row[column], lang)
    return found


def draw(result, text, width):
    rows = result["rows"]
    fig, ax = new_figure(width, height=70 + 25 * len(rows))
    shortest = result["smallest"] / GIB / 2
    for basis, published, fill in (("published", True, SERIES[0]), ("shape", False, "none")):
        places = [place for place, row in enumerate(rows) if row["published"] is published]
        lengths = [rows[place]["ideal"] / GIB - shortest for place in places]
        look: dict[str, Any] = {"facecolor": fill, "edgecolor": SERIES[0], "linewidth": 1.5, "label": text[basis]}
        bars = ax.barh(places, lengths, 0.62, shortest, **look)
        label_bars(ax, bars, [end_label(rows[place], text, width) for place in places])
    fig.room_right = 5 + text_width(end_label(rows[0], text, width), width)  # shorter bars leave their labels more room
    ax.set_yticks(range(len(rows)), [short_name(row, width) for row in rows])
    ax.invert_yaxis()
    log2_axis(ax.xaxis, label="{:g}".format)
    ax.set(xlabel=text["x"], xlim=(shortest, 1.1 * result["largest"] / GIB))
    ax.legend()
    return fig


def short_name(row, width):
    """On a phone "Qwen3.5 397B-A17B" is Qwen3.5; the table has the whole name."""
    name, _, size = row["name"].rpartition(" ")
    return name if width == "narrow" and "-A" in size else row["name"]


def end_label(row, text, width):
    size = format_bytes(row["ideal"])
    params = text["count"].format(format_count(row["params"], text["lang"]))
    return f"{size} · {text[row['design']]} · {params}" if width == "wide" else size


def table(result, text):
    columns = ["model", "params", "design", "layers", "kv_heads", "head_dim", "next", "state", "ideal", "reserved"]
    columns.append("context")
    rows = [[cell(row, column, text) for column in columns] for row in result["rows"]]
    return {"columns": [text[column] for column in columns], "rows": rows, "unit": ""}


def cell(row, column, text):
    if column in ("next", "state", "ideal", "reserved"):
        return row[column] / {"next": KIB, "state": MIB}.get(column, GIB)
    return {"model": row["name"], "design": text[row["design"]]}.get(column, row.get(column))


if __name__ == "__main__":
    print(compute())
