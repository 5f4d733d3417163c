"""Parameters counted from real arrays, with rotary and with learned positions, at two context lengths."""

import numpy as np

from llmnotes import count_params, from_config, load_model
from llmnotes.quantities import count

# Totals that KerasHub publishes beside its weights (keras_hub/src/models/*/*_presets.py, read 2026-11-23).
PUBLISHED = {
    "gpt2": 124_439_808,
    "gpt2-medium": 354_823_168,
    "gpt2-xl": 1_557_611_200,
    "llama-2-7b": 6_738_415_616,
    "llama-3-8b": 8_030_261_248,
    "llama-3.1-8b": 8_030_261_248,
    "llama-3.2-1b": 1_498_482_688,
    "llama-3.2-3b": 3_606_752_256,
    "phi-3-mini-4k": 3_821_079_552,
    "phi-3-mini-128k": 3_821_079_552,
}
UNEQUAL = ["llama-3.2-1b", "llama-3.2-3b"]
D, VOCAB, N_LAYERS, HEADS, KV_HEADS, HEAD_DIM, D_FF = 24, 101, 3, 6, 2, 4, 37


# --8<-- [start:shapes]
def rotary_shapes(n_ctx):
    """All weights of a small Llama: n_ctx is asked for and used nowhere."""
    query, key = (D, HEADS * HEAD_DIM), (D, KV_HEADS * HEAD_DIM)
    value, output = key, query[::-1]
    feed_forward, norms = [(D, D_FF), (D, D_FF), (D_FF, D)], 2 * [(D,)]
    layer = [query, key, value, output, *feed_forward, *norms]
    return [(VOCAB, D), *N_LAYERS * layer, (D,), (D, VOCAB)]


def learned_shapes(n_ctx):
    """All weights of a small GPT-2: one more row for every position."""
    attention = [(D, 3 * D), (3 * D,), (D, D), (D,)]
    feed_forward = [(D, 4 * D), (4 * D,), (4 * D, D), (D,)]
    layer = [*attention, *feed_forward, *4 * [(D,)]]
    return [(VOCAB, D), (n_ctx, D), *N_LAYERS * layer, (D,), (D,)]


def arrays(shapes):
    return sum(np.zeros(shape, np.float16).size for shape in shapes)


# --8<-- [end:shapes]

ROTARY = {
    "model_type": "llama",
    "hidden_size": D,
    "vocab_size": VOCAB,
    "num_hidden_layers": N_LAYERS,
    "num_attention_heads": HEADS,
    "num_key_value_heads": KV_HEADS,
    "head_dim": HEAD_DIM,
    "intermediate_size": D_FF,
    "tie_word_embeddings": False,
}
LEARNED = {"model_type": "gpt2", "n_embd": D, "vocab_size": VOCAB, "n_layer": N_LAYERS, "n_head": HEADS}


# --8<-- [start:compute]
def both(shapes, config):
    """Numbers in the arrays, once the counter has said the same."""
    found, counted = arrays(shapes), count_params(from_config(config)).total
    if found != counted:
        raise ValueError(f"the arrays hold {found} numbers, the counter says {counted}")
    return count(found)


def compute():
    lengths = {"short": 64, "long": 128}
    rotary = {at: both(rotary_shapes(n), ROTARY | {"max_position_embeddings": n}) for at, n in lengths.items()}
    learned = {at: both(learned_shapes(n), LEARNED | {"n_positions": n}) for at, n in lengths.items()}
    counted = {model_id: count_params(load_model(model_id)) for model_id in PUBLISHED}
    unequal = [model_id for model_id, total in PUBLISHED.items() if counted[model_id].total != total]
    if unequal != UNEQUAL:
        raise ValueError(f"the page explains {UNEQUAL}, and {unequal} differ")
    small = counted[UNEQUAL[0]]
    return {
        "n": count(lengths),
        "rotary": rotary,
        "learned": learned,
        "published": count(len(PUBLISHED)),
        "equal": count(len(PUBLISHED) - len(unequal)),
        "gap": count(PUBLISHED[UNEQUAL[0]] - small.total),
        "tied_table": count(small.components["embedding_token"]),
    }


# --8<-- [end:compute]
