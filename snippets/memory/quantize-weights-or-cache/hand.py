"""The context at which half of a cache is as much as half of the weights, worked out in the open."""

from llmnotes import count_params, kv_cache, registry
from llmnotes.blocks.attention import Attention
from llmnotes.cost import cost_profile, inverses
from llmnotes.engines.formats import ggml
from llmnotes.quantities import bytes_of, count, share, tokens
from llmnotes.weights.sizes import stored_weights

MODEL, USERS = "llama-3.1-8b", 32


# --8<-- [start:compute]
def even(profile, saved_bytes, cut, users=1):
    """Tokens a user up to which a cache of bf16, cut by this share, frees no more than `saved_bytes`."""
    room = {"room_bytes": saved_bytes / cut, "n_chips": 1, "batch_size": users, "kv_bits": 16}
    return inverses.longest_context(profile, **room)


def compute():
    entry = registry.find(MODEL)
    profile, attention = cost_profile(entry.spec), entry.config
    sizes = {form: stored_weights(entry.spec, form).running_bytes for form in ("bf16", "Q8_0", "Q4_K_M", "Q3_K_M")}
    plain, small = sizes["bf16"], sizes["Q4_K_M"]
    cut = 1 - ggml("q8_0").row_bytes(1) / 2
    per_token, window = kv_cache(entry.spec, 1).ideal_bytes, entry.context_advertised
    return {
        "model": entry.name,
        "params": count(count_params(entry.spec).total),
        "layers": count(attention["num_hidden_layers"]),
        "kv_heads": count(attention["num_key_value_heads"]),
        "head_dim": count(next(one.head_dim for one in entry.spec.layers[0].blocks if isinstance(one, Attention))),
        "query_heads": count(attention["num_attention_heads"]),
        "window": tokens(window),
        "users": count(USERS),
        **{f"{name}_exact": count(value) for name, value in {"weights": plain, "per_token": per_token}.items()},
        "small": bytes_of(small),
        "even": count(even(profile, plain / 2, 1 / 2)),
        "even_many": count(even(profile, plain / 2, 1 / 2, USERS)),
        # From bf16 to Q4_K_M against a cache in q8_0; and what comes next when the weights are there already.
        "mixed": count(even(profile, plain - small, cut)),
        "next": count(even(profile, small - sizes["Q3_K_M"], cut)),
        **bytes_of({"q4_frees": plain - small, "q3_frees": small - sizes["Q3_K_M"]}),
        "q4_cut": share(1 - small / plain),
        "q8_cut": share(cut),
    }


# --8<-- [end:compute]
