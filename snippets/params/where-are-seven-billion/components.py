"""The share of every component in the parameters of eleven models, from GPT-2 to 2026."""

from llmnotes import count_params, registry
from llmnotes.figures import label, name, stacked_bars
from llmnotes.quantities import count, share

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
    "embedding": ("embedding_token",),
    "head": ("lm_head",),
    "mixing": ("attention", "mixer_recurrent"),
    "mlp": ("mlp",),
    "experts": ("router", "experts_routed", "experts_shared"),
}


# --8<-- [start:compute]
def row(model_id):
    entry = registry.find(model_id)
    counted = count_params(entry.spec)
    parts = {group: sum(counted.components.get(key, 0) for key in keys) for group, keys in GROUPS.items()}
    parts["rest"] = counted.total - sum(parts.values())
    return {
        "name": entry.name,
        "total": count(counted.total),
        **{group: share(size / counted.total) for group, size in parts.items()},
    }


def compute():
    rows = {model_id: row(model_id) for model_id in MODELS}
    # What works on each token by itself: the feed-forward, or the experts in its place.
    fed = [one["mlp"] + one["experts"] for one in rows.values()]
    return {"n_models": count(len(rows)), "mlp_least": min(fed), "mlp_most": max(fed), "rows": rows}


# --8<-- [end:compute]

LABELS = {
    "embedding": "embedding",
    "head": "lm-head",
    "mixing": label(zh="注意力或循环层", en="attention or recurrence"),
    "mlp": "feed-forward",
    "experts": label(zh="专家和路由", en="experts, router"),
    "rest": label(zh="归一化和位置表", en="norms, positions"),
}


def draw(result):
    rows = {name(one["name"]): one for one in result["rows"].values()}
    return stacked_bars(
        {title: {words: one[group] for group, words in LABELS.items()} for title, one in rows.items()},
        x=label(zh="占全部参数", en="share of all parameters"),
        rows="model",
        rest=LABELS["rest"],
        until=1,
        beside={"parameter-count": {title: one["total"] for title, one in rows.items()}},
    )
