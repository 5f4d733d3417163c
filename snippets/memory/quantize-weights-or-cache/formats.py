"""Bits of a stored number in formats of weights and of caches, scales and zero points included."""

from llmnotes import count_params, load_model
from llmnotes.engines.formats import torch
from llmnotes.quantities import bytes_of, number, share
from llmnotes.weights.formats import NAMED
from llmnotes.weights.kvtypes import BITS
from llmnotes.weights.sizes import stored_weights

SIDE, HEAD_DIM = 4_096, 128
MIXES = ("Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_K_S", "Q3_K_S")
# In these the table of tokens and the output head stay in 16 bits, except in mlx-4.
FILES = ("awq", "gptq-4-128", "bnb-nf4", "nvfp4", "mlx-4")
# The two files of weights of the AWQ checkpoint by Hugging Quants, as its page of files gives their sizes.
AWQ = "https://huggingface.co/hugging-quants/Meta-Llama-3.1-8B-Instruct-AWQ-INT4/tree/62c1d84"
AWQ_BYTES = 4.68e9 + 1.05e9
README = "https://github.com/ggml-org/llama.cpp/blob/311c2c9/tools/quantize/README.md"
PRINTED = {"Q8_0": 8.5008, "Q6_K": 6.5633, "Q5_K_M": 5.7036, "Q4_K_M": 4.8944, "Q4_K_S": 4.6672, "Q3_K_S": 3.6429}


# --8<-- [start:compute]
def compute():
    matrix = {name: form.bits_per_number(SIDE, SIDE) for name, form in NAMED.items()}
    stored = {name: stored_weights(load_model("llama-3.1-8b"), name) for name in (*MIXES, *FILES)}
    whole = {name: one.bits_per_param for name, one in stored.items()}
    large = {name: stored_weights(load_model("llama-3.1-70b"), name).bits_per_param for name in ("awq", "Q4_K_M")}
    heads = {name: 8 * torch(name).head_bytes(HEAD_DIM) / HEAD_DIM for name in ("fp8", "nvfp4", "int8_per_token_head")}
    blocks = {name: BITS[name] for name in ("q8_0", "q5_1", "q4_0", "mxfp4")}
    return {
        "matrix": number({key(name): round(bits, 3) for name, bits in matrix.items()}),
        "whole": number({key(name): round(bits, 4) for name, bits in whole.items()}),
        "large": number({key(name): bits for name, bits in large.items()}),
        "tables": share(tables("llama-3.1-8b")),
        "tables_large": share(tables("llama-3.1-70b")),
        "awq_ours": bytes_of(stored["awq"].checkpoint_bytes),
        "awq_published": bytes_of(AWQ_BYTES, kind="reported", source=AWQ),
        "printed": number({key(name): bits for name, bits in PRINTED.items()}, kind="reported", source=README),
        "cache": number({**heads, **blocks}),
    }


def tables(model_id):
    """Share of the parameters that is the table of tokens and the output head."""
    counted = count_params(load_model(model_id))
    return sum(counted.components[part] for part in ("embedding_token", "lm_head")) / counted.total


def key(name):
    return name.lower().replace("-", "_")


# --8<-- [end:compute]
