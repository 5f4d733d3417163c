"""Six ways to get the cache wrong, each computed beside the right number."""

from llmnotes import count_params, kv_cache, load_model
from llmnotes.blocks.base import Window
from llmnotes.equations.kvcache import attention_cache_bytes
from llmnotes.quantities import bytes_of, count

N_TOKENS = 131_072


# --8<-- [start:compute]
def compute():
    wrong = {
        "params": ("deepseek-v3", scaled_by_params),
        "heads": ("llama-3.1-70b", lambda m, a: plain(m, n_kv_heads=a.n_heads, head_dim=a.head_dim)),
        "width": ("qwen3-32b", lambda m, a: plain(m, n_kv_heads=a.n_kv_heads, head_dim=m.d_model // a.n_heads)),
        "windows": ("gemma-3-27b", lambda m, a: plain(m, n_kv_heads=a.n_kv_heads, head_dim=a.head_dim)),
        "latent": ("deepseek-v3", lambda m, a: plain(m, n_kv_heads=a.n_heads, head_dim=m.d_model // a.n_heads)),
        "two": ("llama-2-7b", lambda m, a: plain(m, n_kv_heads=a.n_kv_heads, head_dim=a.head_dim) / 2),
    }
    rows = {mistake: row(load_model(model_id), estimate) for mistake, (model_id, estimate) in wrong.items()}
    return rows | {"gemma": by_kind(load_model("gemma-3-27b"))}


def by_kind(model):
    """Layers of each kind, and what one layer keeps of a token: enough for a pencil."""
    mixers = [layer.mixer for layer in model.layers]
    local = [mixer for mixer in mixers if isinstance(mixer.span, Window)]
    first = local[0]
    return {
        **count({"global": len(mixers) - len(local), "local": len(local), "window": first.span.size, "n": N_TOKENS}),
        "token": bytes_of(2 * first.n_kv_heads * first.head_dim * 2),
    }


def row(model, estimate):
    right, guess = bytes_of(kv_cache(model, N_TOKENS).ideal_bytes), bytes_of(estimate(model, model.layers[0].mixer))
    return {"wrong": guess, "right": right, "factor": guess / right}


def plain(model, **shape):
    return attention_cache_bytes(n_layers=model.n_layers, n_tokens=N_TOKENS, **shape)


def scaled_by_params(model, _):
    known = load_model("llama-3.1-8b")
    return kv_cache(known, N_TOKENS).ideal_bytes * count_params(model).total / count_params(known).total


# --8<-- [end:compute]
