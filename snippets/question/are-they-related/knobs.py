"""One dimension of Llama 3.1 8B changed at a time: what it does to the parameters and to the cache of one token."""

from llmnotes import count_params, from_config, kv_cache, registry
from llmnotes.figures import grouped_bars, label
from llmnotes.quantities import bytes_of, count, ratio, share, tokens

ROWS = {
    "max_position_embeddings": label(zh="上下文 8K → 128K", en="context 8K → 128K"),
    "vocab_size": label(zh="词表 ×2", en="vocabulary ×2"),
    "intermediate_size": label(zh="中间层维度 ×2", en="feed-forward ×2"),
    "num_hidden_layers": label(zh="层数 ×2", en="layers ×2"),
    "num_key_value_heads": label(zh="KV 头 8 → 32", en="KV heads 8 → 32"),
}
MINE = {
    "hidden_size": 5_120,
    "num_hidden_layers": 40,
    "num_attention_heads": 40,
    "num_key_value_heads": 4,
    "head_dim": 128,
    "intermediate_size": 13_824,
    "vocab_size": 100_000,
}


# --8<-- [start:compute]
def costs(config):
    model = from_config(config)
    return count_params(model).total, kv_cache(model, n_tokens=1).growing_bytes_per_token


def compute():
    config = dict(registry.find("llama-3.1-8b").config) | {"max_position_embeddings": 8_192}
    changed = {key: 2 * config[key] for key in ROWS} | {
        "max_position_embeddings": 131_072,
        "num_key_value_heads": config["num_attention_heads"],
    }
    before = costs(config)
    after = {key: costs(config | {key: value}) for key, value in changed.items()}
    mine = from_config(MINE | {"model_type": "llama", "tie_word_embeddings": False, "max_position_embeddings": 131_072})
    cache = {str(n): bytes_of(kv_cache(mine, n_tokens=n).ideal_bytes) for n in (1, 131_072, 1_048_576)}
    return {
        "rows": {key: {"params": ratio(p / before[0]), "cache": ratio(c / before[1])} for key, (p, c) in after.items()},
        "extra": {key: share(params / before[0] - 1) for key, (params, _) in after.items()},
        "kv_from": count(config["num_key_value_heads"]),
        "kv_to": count(changed["num_key_value_heads"]),
        "mine": count(MINE) | {"params": count(count_params(mine).total), "cache": cache, "long": tokens(1_048_576)},
    }


# --8<-- [end:compute]


def draw(result):
    names = {
        "params": label(zh="参数总数", en="parameter total"),
        "cache": label(zh="每个 token 的缓存", en="cache per token"),
    }
    values = {ROWS[key]: {names[kind]: one for kind, one in row.items()} for key, row in result["rows"].items()}
    return grouped_bars(
        values,
        x=label(zh="改后 ÷ 改前", en="after ÷ before"),
        rows=label(zh="改了什么", en="what changes"),
    )
