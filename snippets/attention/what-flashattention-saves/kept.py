"""One layer's table of scores for a 32K prompt, what tiles keep instead, and what does not change."""

from llmnotes import forward_flops, kv_cache, load_model
from llmnotes.engines import llamacpp
from llmnotes.engines.outline import outline_of
from llmnotes.figures import dumbbells, label, name
from llmnotes.quantities import bytes_of, count, flops, ratio, tokens

N_TOKENS, SHORT = 32_768, 2_048
MODELS = ("gpt3-175b", "deepseek-v3", "gpt-oss-120b", "llama-3.1-8b", "gemma-3-27b", "qwen3-next-80b-a3b")
EXAMPLE = "llama-3.1-8b"


# --8<-- [start:compute]
def row(model):
    n_heads = max(layer.mixer.n_heads for layer in model.layers if layer.mixer.reads())
    scores = n_heads * N_TOKENS * N_TOKENS
    return {
        "name": model.name,
        "heads": count(n_heads),
        "table": bytes_of(2 * scores),
        "kept": bytes_of(4 * n_heads * N_TOKENS),
    }


def n_log_n(n_tokens):
    return n_tokens * (n_tokens.bit_length() - 1)


def llama_cpp(model):
    """Tokens of one pass of llama.cpp, and its compute buffer with and without `-fa`."""
    on, off = (llamacpp.Settings(N_TOKENS, flash_attn=fused) for fused in (True, False))
    buffers = {name: llamacpp.compute_bytes(outline_of(model), one) for name, one in (("fused", on), ("plain", off))}
    return {"pass": count(on.n_ubatch), "buffer": bytes_of(buffers)}


def compute():
    rows = [row(load_model(model_id)) for model_id in MODELS]
    example = load_model(EXAMPLE)
    prompt, shorter = (flops(forward_flops(example, n, causal=True).attention) for n in (N_TOKENS, SHORT))
    grows, claimed = prompt / shorter, ratio(n_log_n(N_TOKENS) / n_log_n(SHORT))
    return {
        "rows": rows,
        "score_bits": count(16),
        "kept_bits": count(32),
        "example": row(example),
        "n": tokens(N_TOKENS),
        "n_exact": count(N_TOKENS),
        "short": tokens(SHORT),
        "least": min(one["table"] for one in rows),
        "most": max(one["table"] for one in rows),
        "flops": prompt,
        "grows": grows,
        "n_log_n": claimed,
        **llama_cpp(example),
        "cache": bytes_of(kv_cache(example, N_TOKENS).ideal_bytes),
    }


# --8<-- [end:compute]


def draw(result):
    values = {name(one["name"]): (one["kept"], one["table"]) for one in result["rows"]}
    return dumbbells(
        values,
        x=label(zh="一层占的显存", en="memory of one layer"),
        solid=label(zh="分块：每行一个数", en="tiles: one number a row"),
        hollow=label(zh="分数表", en="table of scores"),
        rows="model",
        log=True,
    )
