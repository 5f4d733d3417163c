"""Cache of one more token: models with latent attention, and MHA and GQA with the layers and heads of DeepSeek-V3."""

from typing import Any

from llmnotes import kv_cache, load_model
from llmnotes.equations import kvcache
from llmnotes.figures import bars, label, name
from llmnotes.quantities import bytes_of, count, ratio, share

N_TOKENS, N_BYTES = 131_072, 2
MODELS = {
    "lite": "deepseek-v2-lite",
    "flash": "glm-4.7-flash",
    "v2": "deepseek-v2",
    "v3": "deepseek-v3",
    "kimi": "kimi-k2",
    "glm": "glm-5",
}
GQA_GROUPS, LARGE_HEADS = 8, 56


# --8<-- [start:compute]
def row(model_id):
    model = load_model(model_id)
    mixer: Any = model.layers[0].mixer
    shape = {"n_heads": mixer.n_heads, "qk_nope": mixer.qk_nope_head_dim, "rotary": mixer.qk_rope_head_dim}
    shape |= {"layers": model.n_layers, "rank": mixer.kv_lora_rank, "v": mixer.v_head_dim}
    one_more = kv_cache(model, N_TOKENS + 1).ideal_bytes - kv_cache(model, N_TOKENS).ideal_bytes
    per_head = {"head_dim": mixer.qk_nope_head_dim, "v_head_dim": mixer.v_head_dim}
    mha = of_layers(model, kvcache.attention_elements_per_token(n_kv_heads=mixer.n_heads, **per_head))
    own = kvcache.latent_elements_per_token(kv_lora_rank=mixer.kv_lora_rank, qk_rope_head_dim=mixer.qk_rope_head_dim)
    return {
        "name": model.name,
        **count(shape),
        "own": count(own),
        "all_layers": count(own * model.n_layers),
        "kept": count(sum(keep.elements_per_token for keep in mixer.keeps())),
        "cache": bytes_of(one_more),
        "mha": bytes_of(mha),
        "factor": ratio(mha / one_more),
    }


def of_layers(model, elements):
    return N_BYTES * model.n_layers * elements


def compute():
    rows = {key: row(model_id) for key, model_id in MODELS.items()}
    v3, lite = load_model("deepseek-v3"), load_model("deepseek-v2-lite")
    small_mixer: Any = lite.layers[0].mixer
    mixer: Any = v3.layers[0].mixer
    per_head = {"head_dim": mixer.qk_nope_head_dim, "v_head_dim": mixer.v_head_dim}
    gqa = of_layers(v3, kvcache.attention_elements_per_token(n_kv_heads=GQA_GROUPS, **per_head))
    full = kvcache.expanded_elements_per_token(
        n_heads=mixer.n_heads,
        qk_nope_head_dim=mixer.qk_nope_head_dim,
        qk_rope_head_dim=mixer.qk_rope_head_dim,
        v_head_dim=mixer.v_head_dim,
    )
    mqa = kvcache.attention_elements_per_token(n_kv_heads=1, **per_head)
    small = kvcache.attention_elements_per_token(n_kv_heads=small_mixer.n_heads, **per_head)
    return {
        **rows,
        "bits": count(8 * N_BYTES),
        "groups": count(GQA_GROUPS),
        "gqa": bytes_of(gqa),
        "gqa_factor": ratio(gqa / rows["v3"]["cache"].value),
        "gqa_kept": count(kvcache.attention_elements_per_token(n_kv_heads=GQA_GROUPS, **per_head)),
        "mha_kept": count(kvcache.attention_elements_per_token(n_kv_heads=mixer.n_heads, **per_head)),
        "equal_groups": count(rows["v3"]["own"].value / (2 * mixer.v_head_dim)),
        "expanded_factor": ratio(full / rows["v3"]["own"].value),
        "small_mha": count(lite.n_layers * small),
        # The MHA model of the paper's Table 9; 56 heads is our reading of its 860.2K, the paper does not say.
        "large_factor": ratio(2 * LARGE_HEADS * mixer.v_head_dim / rows["v2"]["own"].value),
        "less_than_mha": share(1 - rows["v2"]["cache"].value / rows["v2"]["mha"].value),
        "mqa": bytes_of(of_layers(v3, mqa)),
        "mqa_kept": count(mqa),
        "mqa_factor": ratio(mqa / rows["v3"]["own"].value),
    }


# --8<-- [end:compute]


def draw(result):
    rows = {name(result[key]["name"]): result[key] for key in MODELS}
    beside = {
        label(zh="层数", en="layers"): "layers",
        label(zh="头数", en="heads"): "n_heads",
        name("kv_lora_rank"): "rank",
        name("qk_rope_head_dim"): "rotary",
        label(zh="MHA 是它的", en="MHA, times this"): "factor",
    }
    return bars(
        {title: one["cache"] for title, one in rows.items()},
        x=label(zh="再加一个 token 的缓存", en="cache of one more token"),
        rows="model",
        beside={words: {title: one[key] for title, one in rows.items()} for words, key in beside.items()},
    )
