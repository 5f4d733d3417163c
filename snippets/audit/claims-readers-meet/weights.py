"""What pages say of weights, as they print it, beside what is counted."""

from llmnotes import count_params, forward_flops, kv_cache, load_model
from llmnotes.equations.training import training_state_bytes
from llmnotes.quantities import bytes_of, count, flops, ratio, tokens
from llmnotes.registry import find_chip
from llmnotes.units import GIB
from llmnotes.weights.sizes import stored_weights

LONG = 131_072


# --8<-- [start:compute]
def params(model_id):
    return count_params(load_model(model_id)).total


def cache(model_id, n_tokens=LONG):
    return kv_cache(load_model(model_id), n_tokens).ideal_bytes


def said(given, right):
    return bytes_of({"said": given, "right": right}) | {"off": ratio(given / right)}


def compute():
    llama70, per_token = 2 * params("llama-3.1-70b"), cache("llama-3.1-70b", 1)
    active, mixtral = count_params(load_model("deepseek-v3")).active, count_params(load_model("mixtral-8x7b"))
    return {
        "laptop": said(12 * GIB, 2 * params("llama-3.1-8b")),
        "fifth": said(168e9, llama70 + cache("llama-3.1-70b"))
        | {"weights": bytes_of(llama70), "room": tokens((168e9 - 140e9) // per_token)},
        "modal": said(42e9, stored_weights(load_model("llama-3.1-70b"), "q4_k_m").checkpoint_bytes)
        | {"room": tokens((42e9 - 35e9) // per_token)},
        "adam": said(4 * 2 * params("mistral-7b-v0.1"), training_state_bytes(n_params=params("mistral-7b-v0.1"))),
        "mixture": count({"total": mixtral.total, "active": mixtral.active})
        | {"off": ratio(mixtral.total / mixtral.active)},
        "half": said(23.4e9, stored_weights(load_model("mixtral-8x7b"), "q4_k_m").checkpoint_bytes),
        "dense": count({"said": params("deepseek-v3"), "right": active})
        | {"off": ratio(params("deepseek-v3") / active)},
        "fp8": said(671e9, stored_weights(load_model("deepseek-v3")).checkpoint_bytes),
        "oss": {
            size: bytes_of(stored_weights(load_model(f"gpt-oss-{size}")).checkpoint_bytes) for size in ("20b", "120b")
        }
        | {"card": bytes_of(find_chip("h100-sxm-80gb").memory_bytes)},
        "resident": said(17e9 / 2, params("llama-4-scout") / 2),
        "two": said(4.5e9, stored_weights(load_model("llama-3.1-8b"), "q4_k_m").checkpoint_bytes),
        "token": {
            "cache": bytes_of(cache("llama-2-7b", 1)),
            "flops": flops(forward_flops(load_model("llama-2-7b"), 1).total),
        },
    }


# --8<-- [end:compute]
