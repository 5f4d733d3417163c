"""What goes wrong, in numbers: a cache forgotten, scales forgotten, query heads, active parameters; and two exercises."""

from llmnotes import count_params, kv_cache, load_model, registry
from llmnotes.cost import cost_profile, inverses
from llmnotes.quantities import bytes_of, count, ratio, share
from llmnotes.weights.kvtypes import BITS
from llmnotes.weights.sizes import stored_weights

WINDOW = 131_072


# --8<-- [start:compute]
def even(model_id, weight_bytes, users=1):
    room = {"room_bytes": weight_bytes, "n_chips": 1, "batch_size": users, "kv_bits": 16}
    return inverses.longest_context(cost_profile(load_model(model_id)), **room)


def compute():
    llama, mixture = load_model("llama-3.1-8b"), load_model("qwen3-30b-a3b")
    small, plain = (stored_weights(llama, form).running_bytes for form in ("Q4_K_M", "bf16"))
    cache, shape = kv_cache(llama, WINDOW).ideal_bytes, registry.find("llama-3.1-8b").config
    all_heads = 2 * shape["num_hidden_layers"] * shape["hidden_size"] * 2
    active, whole = 2 * count_params(mixture).active, stored_weights(mixture).running_bytes
    latent = stored_weights(load_model("deepseek-v3")).running_bytes
    return {
        "forgotten": bytes_of({"weights": small, "cache": cache}),
        "cache_share": share(cache / (cache + small)),
        **share({"q4_0": BITS["q4_0"] / 16, "q8_0": BITS["q8_0"] / 16}),
        "quarter": bytes_of({"said": cache / 4, "real": cache * BITS["q4_0"] / 16}),
        "heads": count(int(plain // all_heads)),
        "heads_over": ratio(all_heads / kv_cache(llama, 1).ideal_bytes),
        "active": count({"wrong": even("qwen3-30b-a3b", active), "right": even("qwen3-30b-a3b", whole)}),
        "busy": busy("qwen3-32b", 16_384, 32),
        # Users of full contexts until halving their caches frees more than halving the weights.
        "latent": count(next(n for n in range(1, 999) if even("deepseek-v3", latent, n) < WINDOW)),
    }


def busy(model_id, n_tokens, users):
    model = load_model(model_id)
    weights, cache = stored_weights(model).running_bytes, users * kv_cache(model, n_tokens).ideal_bytes
    sizes = bytes_of({"weights": weights, "cache": cache, "weights_half": weights / 2, "cache_half": cache / 2})
    return {**sizes, "even": count(even(model_id, weights, users))}


# --8<-- [end:compute]
