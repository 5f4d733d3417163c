"""The cache that the same 131,072 tokens need in one model after another."""

from llmnotes import count_params, kv_cache, registry
from llmnotes.blocks.attention import Attention
from llmnotes.figures import bars, label, name
from llmnotes.quantities import bytes_of, count, ratio, tokens

N_TOKENS = 131_072
MODELS = {
    "gpt3": "gpt3-175b",
    "command_r": "command-r-v01",
    "llama2": "llama-2-7b",
    "llama405": "llama-3.1-405b",
    "phi3": "phi-3-mini-128k",
    "llama70": "llama-3.1-70b",
    "qwen32": "qwen3-32b",
    "llama8": "llama-3.1-8b",
    "gemma3": "gemma-3-27b",
    "kimi": "kimi-k2",
    "v3": "deepseek-v3",
    "gpt_oss": "gpt-oss-120b",
    "next": "qwen3-next-80b-a3b",
    "ultra": "nemotron-3-ultra-550b",
    "linear": "kimi-linear-48b-a3b",
}


# --8<-- [start:compute]
def row(entry):
    held, one_more = (kv_cache(entry.spec, n) for n in (N_TOKENS, N_TOKENS + 1))
    heads = next((layer.mixer for layer in entry.spec.layers if isinstance(layer.mixer, Attention)), None)
    return {
        "name": entry.name,
        "params": count(count_params(entry.spec).total),
        "published": int((entry.context_advertised or 0) >= N_TOKENS),
        "layers": count(entry.spec.n_layers),
        # A latent has no heads: the compressed vector and the key that carries position stand in the configuration.
        "kv_heads": heads and count(heads.n_kv_heads),
        "head_dim": heads and count(heads.head_dim),
        "next": bytes_of(one_more.ideal_bytes - held.ideal_bytes),
        "state": bytes_of(held.state_bytes),
        "ideal": bytes_of(held.ideal_bytes),
    }


def compute():
    found = {key: row(registry.find(model_id)) for key, model_id in MODELS.items()}
    rows = dict(sorted(found.items(), key=lambda one: -one[1]["ideal"].value))
    ordered = [*rows.values()]
    llama, v3 = (registry.find(MODELS[key]).config for key in ("llama8", "v3"))
    published = [one for one in ordered if one["published"]]
    return {
        **rows,
        "order": [*rows],
        "n_tokens": tokens(N_TOKENS),
        "n_models": count(len(rows)),
        "largest": ordered[0]["ideal"],
        "smallest": ordered[-1]["ideal"],
        "published_spread": published[0]["ideal"] / published[-1]["ideal"],
        "llama8_width": count(llama["hidden_size"]),
        "llama8_heads": count(llama["num_attention_heads"]),
        "v3_rank": count(v3["kv_lora_rank"]),
        "v3_rope": count(v3["qk_rope_head_dim"]),
        "v3_over_8b": ratio(rows["v3"]["params"].value / rows["llama8"]["params"].value),
        "phi3_over_kimi": rows["phi3"]["ideal"] / rows["kimi"]["ideal"],
    }


# --8<-- [end:compute]


def draw(result):
    rows = {name(result[key]["name"].split(" 550B")[0]): result[key] for key in result["order"]}
    groups = {
        label(zh="作者公布的上下文够长", en="context published"): [
            title for title, one in rows.items() if one["published"]
        ],
        label(zh="只按结构算", en="shape only"): [title for title, one in rows.items() if not one["published"]],
    }
    beside = {
        "parameter-count": "params",
        label(zh="层数", en="layers"): "layers",
        label(zh="KV 头", en="KV heads"): "kv_heads",
        label(zh="头维度", en="head dimension"): "head_dim",
        label(zh="再加一个 token", en="one more token"): "next",
        "state": "state",
    }
    return bars(
        {title: one["ideal"] for title, one in rows.items()},
        x="kv-cache",
        rows="model",
        log=True,
        height=470,
        groups=groups,
        beside={words: {title: one[key] for title, one in rows.items()} for words, key in beside.items()},
    )
