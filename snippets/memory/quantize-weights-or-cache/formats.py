"""Bits of a stored number in formats of weights and of caches, scales and zero points included."""

from llmnotes import load_model
from llmnotes.engines.formats import torch
from llmnotes.quantities import number
from llmnotes.weights.formats import NAMED
from llmnotes.weights.kvtypes import BITS
from llmnotes.weights.sizes import stored_weights

SIDE, HEAD_DIM = 4_096, 128
MIXES = ("Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_K_S", "Q3_K_S")
README = "https://github.com/ggml-org/llama.cpp/blob/311c2c9/tools/quantize/README.md"
PRINTED = {"Q8_0": 8.5008, "Q6_K": 6.5633, "Q5_K_M": 5.7036, "Q4_K_M": 4.8944, "Q4_K_S": 4.6672, "Q3_K_S": 3.6429}


# --8<-- [start:compute]
def compute():
    matrix = {name: form.bits_per_number(SIDE, SIDE) for name, form in NAMED.items()}
    whole = {name: stored_weights(load_model("llama-3.1-8b"), name).bits_per_param for name in MIXES}
    heads = {name: 8 * torch(name).head_bytes(HEAD_DIM) / HEAD_DIM for name in ("fp8", "nvfp4", "int8_per_token_head")}
    blocks = {name: BITS[name] for name in ("q8_0", "q5_1", "q4_0", "mxfp4")}
    return {
        "matrix": number({key(name): round(bits, 3) for name, bits in matrix.items()}),
        "whole": number({key(name): round(bits, 4) for name, bits in whole.items()}),
        "printed": number({key(name): bits for name, bits in PRINTED.items()}, kind="reported", source=README),
        "cache": number({**heads, **blocks}),
        "most_off": number(max(abs(round(whole[name], 4) - PRINTED[name]) for name in MIXES)),
    }


def key(name):
    return name.lower().replace("-", "_")


# --8<-- [end:compute]
