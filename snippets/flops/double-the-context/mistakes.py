"""Six ways to get the compute of a longer context wrong, each computed beside the right number."""

from llmnotes import count_params, forward_flops, load_model
from llmnotes.equations import flops as equations
from llmnotes.quantities import flops, ratio, tokens

LONG = 131_072
EARLY, LATE = 2_048, 32_768


# --8<-- [start:compute]
def compute() -> dict:
    gpt3, m8, m70 = (load_model(model_id) for model_id in ("gpt3-175b", "llama-3.1-8b", "llama-3.1-70b"))
    qwen, gemma2 = load_model("qwen3-235b-a22b"), load_model("gemma-2-27b")
    right_70 = forward_flops(m70, LONG, causal=True).attention
    layer = next(one for one in gemma2.layers if first_square(one))
    prompt = forward_flops(m8, LONG, causal=True, logits="last").total
    return {
        "square": row("GPT-3", ratio((LATE / EARLY) ** 2), ratio(spent(gpt3, LATE) / spent(gpt3, EARLY))),
        "no_attention": row(m8.name, flops(2 * count_params(m8).total * LONG), flops(prompt)),
        "kv_heads": row(m70.name, flops(right_70 * kv_heads_over_heads(m70)), flops(right_70)),
        "total": row(qwen.name, tokens(by_total(qwen)), tokens(crossover(qwen))),
        "twelve": row(qwen.name, tokens(12 * qwen.d_model), tokens(crossover(qwen))),
        "eight": row(gemma2.name, tokens(8 * gemma2.d_model), tokens(first_square(layer))),
        "gemma2_windows": tokens(crossover(gemma2)),
    }


def row(model, wrong, right) -> dict:
    return {"model": model, "wrong": wrong, "right": right, "factor": wrong / right}


def spent(model, n_tokens) -> int:
    count = forward_flops(model, n_tokens, causal=True)
    return count.linear + count.attention


def crossover(model) -> int:
    low, high = 0, 2**30
    while high - low > 1:
        middle = (low + high) // 2
        count = forward_flops(model, middle, causal=True)
        low, high = (low, middle) if count.attention > count.linear else (middle, high)
    return high


def kv_heads_over_heads(model) -> float:
    return model.layers[0].mixer.n_kv_heads / model.layers[0].mixer.n_heads


def by_total(model) -> int:
    attention = model.layers[0].mixer
    return round(count_params(model).total / model.n_layers / (attention.n_heads * attention.head_dim))


def first_square(layer) -> int:
    """Keys at which scores and sums cost as much as the weights of this layer: full squares, no window."""
    attention = layer.mixer
    pair = equations.pair_flops(n_heads=attention.n_heads, head_dim=attention.head_dim, v_head_dim=attention.head_dim)
    return equations.matrix_flops(n_params=sum(block.token_matrices() for block in layer.blocks)) // pair


# --8<-- [end:compute]
