"""Five models fine-tuned on 2,048 tokens in three ways; on how many H100s at least, if each reads a text of its own."""

from math import ceil
from typing import Any

from llmnotes import count_params, fine_tuning, load_model
from llmnotes.cost.assumptions import USABLE_SHARE
from llmnotes.finetuning import METHODS
from llmnotes.quantities import bytes_of, count
from llmnotes.registry import find_chip

N_TOKENS, ATTENTION = 2_048, ("q_proj", "k_proj", "v_proj", "o_proj")
MODELS = {
    "llama1": "llama-3.2-1b",
    "qwen8": "qwen3-8b",
    "gemma27": "gemma-3-27b",
    "qwen30": "qwen3-30b-a3b",
    "llama70": "llama-3.3-70b",
}


# --8<-- [start:compute]
def row(model_id):
    model = load_model(model_id)
    found = {method: fine_tuning(model, method, n_tokens=N_TOKENS) for method in METHODS}
    room = find_chip("h100-sxm-80gb").memory_bytes * USABLE_SHARE
    logits = found["lora"].parts[-1]
    each = found["full"].total_bytes - found["full"].state_bytes
    return {
        "params": count(count_params(model).whole),
        "adapter": count(found["lora"].n_params),
        **bytes_of({method: one.total_bytes for method, one in found.items()}),
        "logits": bytes_of(logits.bytes),
        "cards": count(ceil(found["full"].state_bytes / (room - each))),
    }


def compute():
    experts: Any = load_model(MODELS["qwen30"]).layers[0].feed_forward
    return {
        **{key: row(model_id) for key, model_id in MODELS.items()},
        "n": count(N_TOKENS),
        "experts": count(experts.n_experts),
        "attention": count(fine_tuning(load_model(MODELS["qwen30"]), n_tokens=1, targets=ATTENTION).n_params),
    }


# --8<-- [end:compute]
