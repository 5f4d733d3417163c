"""Five published models that claim 128K, from the smallest to the largest, and the cache that each keeps there."""

from llmnotes import count_params, kv_cache, registry
from llmnotes.figures import bars, label
from llmnotes.quantities import bytes_of, count, ratio, text, tokens

N_TOKENS = 131_072
MODELS = {
    "phi": "phi-3-mini-128k",
    "llama8": "llama-3.1-8b",
    "llama70": "llama-3.1-70b",
    "llama405": "llama-3.1-405b",
    "deepseek": "deepseek-v3",
}


# --8<-- [start:compute]
def row(entry):
    params, cache = count(count_params(entry.spec).total), bytes_of(kv_cache(entry.spec, N_TOKENS).ideal_bytes)
    return {"name": entry.name, "params": params, "cache": cache}


def compute():
    rows = {key: row(registry.find(model_id)) for key, model_id in MODELS.items()}
    small, large = rows["phi"], rows["deepseek"]
    return {
        **rows,
        "n_tokens": tokens(N_TOKENS),
        "params_ratio": ratio(large["params"].value / small["params"].value),
        "cache_ratio": small["cache"] / large["cache"],
    }


# --8<-- [end:compute]


def draw(result):
    rows = {}
    for one in (result[key] for key in MODELS):
        title, params = one["name"], one["params"]
        zh, en = (f"{title} · {text(params, lang, 'short')}" for lang in ("zh", "en"))
        rows[label(zh=zh, en=en)] = one["cache"]
    return bars(rows, x="kv-cache", rows=label(zh="模型 · 参数", en="model · parameters"), height=270)
