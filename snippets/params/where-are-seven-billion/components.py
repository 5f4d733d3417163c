"""The share of every component in the parameters of eleven models, from GPT-2 to 2026."""

from llmnotes import count_params, registry
from llmnotes.figures import MUTED, SERIES, new_figure
from llmnotes.units import format_exact, format_percent

TEXT = {
    "zh": {
        "title": "词表占 GPT-2 small 的 {{gpt2_tables}}，只占 GPT-3 的 {{gpt3_tables}}；{{n_models}} 个模型里前馈和专家占 {{mlp_least}} 到 {{mlp_most}}",
        "caption": "每条都是一个模型的全部参数。共用的词表只算一次，算在嵌入里。",
        "description": "十一根等长的横条，从上到下按发布日期，分成嵌入、输出头、注意力、前馈、专家和其余六段；前馈或专家总是最长。",
        "tables": "嵌入和位置",
        "head": "输出头",
        "mixing": "注意力或循环层",
        "mlp": "前馈",
        "experts": "专家和路由",
        "rest": "归一化",
        "x": "占全部参数（%）",
        "model": "模型",
        "total": "参数（个）",
    },
    "en": {
        "title": "The tables take {{gpt2_tables}} of GPT-2 small and {{gpt3_tables}} of GPT-3; in {{n_models}} models feed-forward or experts take "
        "{{mlp_least}} to {{mlp_most}}",
        "caption": "Each bar is all of one model. A table that embedding and output head share counts once, as embedding.",
        "description": "Eleven bars of equal length, by date of release, cut into embedding, output head, attention, "
        "feed-forward, experts and norms; feed-forward or experts are always the longest.",
        "tables": "embedding, positions",
        "head": "output head",
        "mixing": "attention or recurrence",
        "mlp": "feed-forward",
        "experts": "experts, router",
        "rest": "norms",
        "x": "share of all parameters (%)",
        "model": "model",
        "total": "parameters",
    },
}
MODELS = (
    "gpt2",
    "gpt3-175b",
    "llama-2-7b",
    "mistral-7b-v0.1",
    "gemma-7b",
    "llama-3.1-8b",
    "qwen2.5-7b",
    "deepseek-v3",
    "gpt-oss-20b",
    "ministral-3-8b",
    "qwen3.8-27b",
)
GROUPS = {
    "tables": ("embedding_token", "embedding_position"),
    "head": ("lm_head",),
    "mixing": ("attention", "mixer_recurrent"),
    "mlp": ("mlp",),
    "experts": ("router", "experts_routed", "experts_shared"),
}


# --8<-- [start:compute]
def compute() -> dict:
    rows = {}
    for model_id in MODELS:
        entry = registry.find(model_id)
        counted = count_params(entry.spec)
        parts = {group: sum(counted.components.get(key, 0) for key in keys) for group, keys in GROUPS.items()}
        parts["rest"] = counted.total - sum(parts.values())
        shares = {group: size / counted.total for group, size in parts.items()}
        rows[model_id] = {"name": entry.name, "total": counted.total, "shares": shares}
    return {"n_models": len(rows), "rows": rows, "wide": [fed(row) for row in rows.values()]}


def fed(row) -> float:
    """What works on each token by itself: the feed-forward, or the experts in its place."""
    return row["shares"]["mlp"] + row["shares"]["experts"]


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    rows = result["rows"]
    shown = {
        "gpt2": ("gpt2", ["tables"]),
        "gpt3": ("gpt3-175b", ["tables"]),
        "llama2": ("llama-2-7b", ["mlp", "mixing", "head"]),
        "v3": ("deepseek-v3", ["experts", "mixing"]),
        "qwen38": ("qwen3.8-27b", ["mixing", "mlp"]),
    }
    return {
        "n_models": format_exact(result["n_models"], lang),
        "mlp_least": format_percent(min(result["wide"]), lang),
        "mlp_most": format_percent(max(result["wide"]), lang),
        **{
            f"{name}_{group}": format_percent(rows[model_id]["shares"][group], lang)
            for name, (model_id, groups) in shown.items()
            for group in groups
        },
    }


def draw(result, text, width):
    rows = list(result["rows"].values())
    fig, ax = new_figure(width, height=90 + 44 * len(rows))
    start = [0.0] * len(rows)
    for group, color in zip((*GROUPS, "rest"), (*SERIES[:5], MUTED), strict=True):
        sizes = [100 * row["shares"][group] for row in rows]
        ax.barh(range(len(rows)), sizes, 0.62, start, color=color, label=text[group])
        start = [begin + size for begin, size in zip(start, sizes, strict=True)]
    ax.set_yticks(range(len(rows)), [row["name"] for row in rows])
    ax.invert_yaxis()
    ax.set(xlabel=text["x"], xlim=(0, 100))
    ax.legend()
    return fig


def table(result, text):
    groups = (*GROUPS, "rest")
    rows = [
        [row["name"], row["total"], *(100 * row["shares"][group] for group in groups)]
        for row in result["rows"].values()
    ]
    return {"columns": [text["model"], text["total"], *(text[group] for group in groups)], "rows": rows, "unit": "%"}


if __name__ == "__main__":
    print(compute())
