"""Published models of each kind: how their attention grows when the prompt doubles, and what they keep."""

from llmnotes import forward_flops, from_config, kv_cache, load_model, registry
from llmnotes.quantities import bytes_of, ratio, share, tokens

HALF, KEPT = 524_288, 131_072
MODELS = {
    "full": "llama-3.1-70b",
    "window": "mistral-7b-v0.1",
    "some_windows": "gemma-3-27b",
    "alternating": "gpt-oss-120b",
    "indexed": "deepseek-v3.2",
    "compressed": "deepseek-v4-pro",
    "delta": "qwen3-next-80b-a3b",
    "kimi": "kimi-linear-48b-a3b",
    "mamba": "nemotron-3-nano-30b",
}


# --8<-- [start:compute]
def compute():
    lengths = tokens({"half": HALF, "whole": 2 * HALF, "kept_at": KEPT})
    rows = {kind: row(load_model(model_id)) for kind, model_id in MODELS.items()}
    return {**lengths, **rows, "kimi_saves": share(saved_by_kimi())}


def row(model):
    short, long = (forward_flops(model, n, causal=True) for n in (HALF, 2 * HALF))
    return {
        "model": model.name,
        "attention": ratio(long.attention / short.attention),
        "all": ratio((long.attention + long.linear) / (short.attention + short.linear)),
        "kept": bytes_of(kv_cache(model, KEPT).ideal_bytes),
    }


def saved_by_kimi():
    """Cache that Kimi Linear saves against itself with full attention in every layer."""
    config = dict(registry.find(MODELS["kimi"]).config)
    linear = config["linear_attn_config"]
    layers = sorted([*linear["full_attn_layers"], *linear["kda_layers"]])
    everything = config | {"linear_attn_config": linear | {"full_attn_layers": layers, "kda_layers": []}}
    hybrid, full = (
        kv_cache(spec, 2 * HALF).ideal_bytes for spec in (load_model(MODELS["kimi"]), from_config(everything))
    )
    return 1 - hybrid / full


# --8<-- [end:compute]
