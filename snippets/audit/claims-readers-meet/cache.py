"""What pages say of caches, by their own formulas or as they print it, beside the cache that is counted."""

from llmnotes import count_params, kv_cache, load_model, registry
from llmnotes.equations.kvcache import expanded_elements_per_token
from llmnotes.quantities import bytes_of, count, ratio, share
from llmnotes.units import GIB

LONG, ROUND, MILLION = 131_072, 100_000, 1_000_000


# --8<-- [start:compute]
def cache(model_id, n_tokens=LONG):
    return kv_cache(load_model(model_id), n_tokens).ideal_bytes


def by_width(model_id, n_tokens, layers=True):
    """2 x layers x hidden_size x tokens x 2 bytes: every query head keeps its own keys and values."""
    config = registry.find(model_id).config
    return 4 * config["hidden_size"] * n_tokens * (config["num_hidden_layers"] if layers else 1)


def said(given, right):
    return bytes_of({"said": given, "right": right}) | {"off": ratio(given / right)}


def compute():
    k128, k10m, fourteen = 128_000, 10 * 2**20, count_params(load_model("qwen3-14b")).total
    return {
        "pulse": said(by_width("llama-3.1-70b", LONG), cache("llama-3.1-70b")),
        "local": said(by_width("llama-3.1-70b", LONG), cache("llama-3.1-70b"))
        | {"tokens": count(ROUND), "shorter": bytes_of(by_width("llama-3.1-70b", ROUND))},
        "vivi": said(by_width("llama-3.1-70b", 8_192), cache("llama-3.1-70b", 8_192)),
        "layers": said(by_width("qwen2.5-14b", 4 * 2_048, layers=False), 4 * cache("qwen2.5-14b", 2_048)),
        "zhichai": said(by_width("llama-2-7b", 4_096, layers=False), cache("llama-2-7b", 4_096)),
        "mintlify": said(1.5e6, cache("llama-2-13b", 1)),
        "blog": said(123.05 * GIB, cache("llama-3.1-405b", k128)),
        "blog8": said(15.62 * GIB, cache("llama-3.1-8b", k128)),
        "layer": said(4_096, cache("llama-3.1-8b", 1)) | {"all": bytes_of(cache("llama-3.1-8b"))},
        "several": bytes_of({"small": cache("llama-2-7b", 1), "large": cache("llama-3.1-70b", 1)})
        | {"most": bytes_of(max(kv_cache(load_model(m), LONG).growing_bytes_per_token for m in registry.model_ids()))},
        "eight": said(40e9, 8 * cache("llama-3.1-70b", 32_768)),
        "double": {"growth": ratio(cache("llama-3.1-8b") / cache("llama-3.1-8b", LONG // 2))},
        "tenk": said(5e9, cache("llama-2-7b", 10_000)) | {"new": bytes_of(cache("qwen2.5-7b", 10_000))},
        "latent": latent(),
        "german": said(64 * GIB, cache("llama-2-70b")) | {"alone": bytes_of(by_width("llama-2-70b", LONG))},
        "scout": said(18.8e12, cache("llama-4-scout", k10m)),
        "full": said(kv_cache(load_model("llama-4-scout"), k10m).reserved_bytes, cache("llama-4-scout", k10m)),
        "window": said(cache("llama-2-7b", 4_096), cache("mistral-7b-v0.1", 32_768)),
        "gemma": said(kv_cache(load_model("gemma-3-27b"), 65_536).reserved_bytes, cache("gemma-3-27b", 65_536)),
        "fourteen": said(15 * GIB, 2 * fourteen) | {"eight": bytes_of(fourteen)},
        "million": said(320e9, cache("llama-3.1-70b", MILLION)) | {"table": bytes_of(2 * 64 * MILLION**2)},
        "exceeds": exceeds(),
        "slower": slower(),
    }


def latent():
    """DeepSeek-V3: its latents, what its own heads would keep, and the model to which 516 KB belong."""
    config = registry.find("deepseek-v3").config
    names = ("qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim")
    n_heads, (plain, rotary, value) = config["num_attention_heads"], (config[key] for key in names)
    elements = expanded_elements_per_token(
        n_heads=n_heads, qk_nope_head_dim=plain, qk_rope_head_dim=rotary, v_head_dim=value
    )
    own = 2 * config["num_hidden_layers"] * elements
    sizes = {"own": own, "kept": cache("deepseek-v3", 1), "other": cache("llama-3.1-405b", 1)}
    shape = count({"heads": n_heads, "key": plain + rotary, "rotary": rotary, "value": value})
    return bytes_of(sizes) | shape | {"off": ratio(own / cache("llama-3.1-405b", 1))}


def exceeds():
    """Models whose cache at the claimed context is larger than their weights in bf16, one sequence."""
    claimed = {model_id: registry.find(model_id).context_advertised or 0 for model_id in registry.model_ids()}
    read = {model_id: n_tokens for model_id, n_tokens in claimed.items() if n_tokens}
    larger = [m for m, n_tokens in read.items() if cache(m, n_tokens) > 2 * count_params(load_model(m)).total]
    return count({"of": len(read), "larger": len(larger)}) | {"share": share(len(larger) / len(read))}


def slower():
    """Bytes that a step of Llama 2 7B reads late and early: weights once, and the cache."""
    weights = 2 * count_params(load_model("llama-2-7b")).total
    return {"growth": ratio((weights + cache("llama-2-7b", 4_096)) / (weights + cache("llama-2-7b", 256)))}


# --8<-- [end:compute]
