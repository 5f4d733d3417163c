"""What pages say of shapes: heads, widths, and for how many registered models a formula holds."""

from llmnotes import count_params, forward_flops, kv_cache, load_model, registry
from llmnotes.halving import most_that
from llmnotes.quantities import count, flops, number, ratio, share
from llmnotes.registry import find_chip

LONG = 131_072


# --8<-- [start:compute]
def compute():
    return {
        "embedding": census(by_width),
        "formula": census(by_heads),
        "qwen": count(
            {"said": 12_288, "right": width("qwen2.5-14b"), "next": width("qwen3-14b"), "widest": widest("qwen")}
        )
        | {"off": ratio(12_288 / width("qwen2.5-14b"))},
        "fewer": ratio({m: fewer(f"llama-3.1-{m}") for m in ("8b", "70b", "405b")} | {"first": fewer("llama-3-8b")}),
        "falcon": count({"said": 1, "right": registry.find("falcon-180b").config["num_kv_heads"]}),
        "root": root(),
        "words": number({"said": 0.75, "right": 65_536 / 50_000}),
        "chip": chip(),
        "windowed_crossover": count(1 + most_that(lambda n: cheaper_attention(load_model("gemma-2-27b"), n), 2**30)),
    }


def cheaper_attention(model, n):
    """Whether attention, windows and the causal mask respected, still costs less than all the rest of a prompt."""
    spent = forward_flops(model, n, causal=True)
    return spent.attention <= spent.linear


def by_width(entry):
    return 2 * 2 * entry.spec.n_layers * entry.spec.d_model * LONG


def by_heads(entry):
    config, n_heads = entry.config, heads(entry)
    n_kv = config.get("num_key_value_heads") or (1 if config.get("multi_query") else n_heads)
    return 2 * 2 * entry.spec.n_layers * n_kv * (config.get("head_dim") or entry.spec.d_model // n_heads) * LONG


def heads(entry):
    return entry.config.get("num_attention_heads") or entry.config.get("n_head") or 1


def census(formula):
    """For how many registered models a formula gives the cache that is counted."""
    entries = [registry.find(model_id) for model_id in registry.model_ids()]
    holds = sum(abs(formula(one) / kv_cache(one.spec, LONG).ideal_bytes - 1) < 1e-9 for one in entries)
    return count({"of": len(entries), "holds": holds}) | {"share": share(holds / len(entries))}


def width(model_id):
    return registry.find(model_id).spec.d_model


def widest(family):
    return max(width(model_id) for model_id in registry.model_ids() if model_id.startswith(family))


def fewer(model_id):
    """Query heads for each KV head: how many times less grouping keeps."""
    config = registry.find(model_id).config
    return config["num_attention_heads"] / config["num_key_value_heads"]


def root():
    """The square root of parameters over six times the layers, for a width."""
    spec = registry.find("llama-3.1-8b").spec
    guess = round((count_params(spec).total / (6 * spec.n_layers)) ** 0.5)
    return count({"said": guess, "right": spec.d_model}) | {"off": ratio(guess / spec.d_model)}


def chip():
    peak = find_chip("h20-96gb").peak_flops_per_s["fp8"]
    return flops({"said": 3_958e12, "right": peak}) | {"off": ratio(3_958e12 / peak)}


# --8<-- [end:compute]
