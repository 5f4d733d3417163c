"""Reading a prompt and writing a token: bytes and operations of both, for three models on one card."""

from typing import Any

from llmnotes import count_params, kv_cache, load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.coefficients import CostProfile
from llmnotes.cost.costs import causal_flops, ideal_cache_bytes, read_weight_bytes
from llmnotes.equations.serving import roofline_seconds
from llmnotes.figures import bars, label
from llmnotes.figures.play import Bar, Number, Play, chip, model, tokens
from llmnotes.quantities import bytes_of, count, flops, ratio, seconds
from llmnotes.quantities import tokens as of_tokens
from llmnotes.registry import find_chip
from llmnotes.report import next_token_bytes

CHIP, N_TOKENS, N_WRITTEN = "h100-sxm-80gb", 8_192, 500
CARD, SMALL_CARD = find_chip(CHIP), find_chip("rtx-4090")
MODEL, OTHERS = "llama-3.1-8b", {"qwen": "qwen3-8b", "oss": "gpt-oss-20b"}
# Experts of gpt-oss as published: MXFP4, 4 bits and a scale of 8 for every 32 numbers.
EXPERT_BITS = {"gpt-oss-20b": 4 + 8 / 32}


# --8<-- [start:formulas]
def prefill_seconds(
    profile: CostProfile,
    *,
    n_tokens: int,
    peak_flops_per_s: float,
    bandwidth_bytes_per_s: float,
    expert_bits: float = 16,
) -> float:
    """Read the whole prompt at once: the weights once, all the arithmetic."""
    return roofline_seconds(
        n_flops=causal_flops(profile, n_new=n_tokens, n_past=0, n_logits=1),
        n_bytes=read_weight_bytes(profile, n_tokens=n_tokens, expert_bits=expert_bits),
        flops_per_s=peak_flops_per_s,
        bytes_per_s=bandwidth_bytes_per_s,
    )


def decode_seconds(
    profile: CostProfile,
    *,
    n_tokens: int,
    peak_flops_per_s: float,
    bandwidth_bytes_per_s: float,
    expert_bits: float = 16,
) -> float:
    """Write one token after them: the weights once more, and the cache."""
    weights = read_weight_bytes(profile, n_tokens=1, expert_bits=expert_bits)
    return roofline_seconds(
        n_flops=causal_flops(profile, n_new=1, n_past=n_tokens, n_logits=1),
        n_bytes=weights + ideal_cache_bytes(profile, n_tokens=n_tokens),
        flops_per_s=peak_flops_per_s,
        bytes_per_s=bandwidth_bytes_per_s,
    )


# --8<-- [end:formulas]


# --8<-- [start:compute]
def row(model_id):
    spec, bits = load_model(model_id), EXPERT_BITS.get(model_id, 16)
    profile, counted = cost_profile(spec), count_params(spec)
    prefill = seconds(prefill_seconds(profile, n_tokens=N_TOKENS, expert_bits=bits, **CARD.roof))
    write = seconds(decode_seconds(profile, n_tokens=N_TOKENS, expert_bits=bits, **CARD.roof))
    experts = counted.components.get("experts_routed", 0)
    return {
        "model": spec.name,
        "params": count(counted.total),
        "weights": bytes_of(2 * (counted.total - experts) + experts * bits / 8),
        "read": bytes_of(read_weight_bytes(profile, n_tokens=1, expert_bits=bits)),
        "per_token": bytes_of(next_token_bytes(spec, N_TOKENS)),
        "cache": bytes_of(kv_cache(spec, n_tokens=N_TOKENS).ideal_bytes),
        "prefill": prefill,
        "read_each": prefill / N_TOKENS,
        "write": write,
        "ratio": write / (prefill / N_TOKENS),
    }


def compute():
    spec, main = load_model(MODEL), row(MODEL)
    profile, components = cost_profile(spec), count_params(spec).components
    attention: Any = spec.layers[0].mixer
    slow_read = prefill_seconds(profile, n_tokens=N_TOKENS, **SMALL_CARD.roof) / main["prefill"].value
    slow_write = decode_seconds(profile, n_tokens=N_TOKENS, **SMALL_CARD.roof) / main["write"].value
    return {
        **main,
        **{name: row(model_id) for name, model_id in OTHERS.items()},
        "qwen_rows": count(load_model(OTHERS["qwen"]).vocab_size),
        "long": of_tokens(4 * N_TOKENS),
        "long_cache": bytes_of(kv_cache(spec, n_tokens=4 * N_TOKENS).ideal_bytes),
        **count({"n": N_TOKENS, "layers": spec.n_layers, "written": N_WRITTEN}),
        **count({"heads": attention.n_heads, "kv_heads": attention.n_kv_heads, "head_dim": attention.head_dim}),
        "embedding": count(components["embedding_token"]),
        "used": count(main["params"].value - components["embedding_token"]),
        "in_layers": count(main["params"].value - components["embedding_token"] - components["lm_head"]),
        "token_flops": flops(causal_flops(profile, n_new=1, n_past=N_TOKENS, n_logits=1)),
        "attention_flops": flops(4 * spec.n_layers * attention.n_heads * attention.head_dim * N_TOKENS),
        # The first of the prompt sees one token, the last all of them.
        "attention_mean": flops(2 * spec.n_layers * attention.n_heads * attention.head_dim * (N_TOKENS + 1)),
        "prefill_flops": flops(causal_flops(profile, n_new=N_TOKENS, n_past=0, n_logits=1)),
        "peak": flops(CARD.peak_flops_per_s["bf16"]) / seconds(1),
        "bandwidth": bytes_of(CARD.bandwidth_bytes_per_s) / seconds(1),
        "all_written": N_WRITTEN * main["write"],
        "by_reading": N_WRITTEN * main["read_each"],
        **ratio({"slow_read": slow_read, "slow_write": slow_write}),
        "alone": seconds(prefill_seconds(profile, n_tokens=1, **CARD.roof)),
    }


# --8<-- [end:compute]


def draw(result):
    read = label(zh="读一个（预填充，平均）", en="read one (prefill, average)", id="read_each")
    write = label(zh="写一个（解码）", en="write one (decode)", id="write")
    return bars(
        {read: result["read_each"], write: result["write"]},
        rows=label(zh="每个 token", en="each token"),
        x=label(zh="每个 token 至少要的时间", en="time per token, at least"),
        form=None,
        until=0.012,
    )


def read_each(*, prefill: float, n_tokens: int) -> float:
    return prefill / n_tokens


def play(result):
    return Play(
        controls=[model(MODEL), chip(CHIP), tokens(N_TOKENS)],
        values={"prefill": prefill_seconds},
        marks={"read_each": Bar(read_each), "write": Bar(decode_seconds)},
        numbers={
            "prefill": Number(prefill_seconds, "seconds"),
            "write": Number(decode_seconds, "seconds"),
            "cache": Number(ideal_cache_bytes, "bytes"),
        },
        sentence=label(
            zh="{{model}}，{{chip}}，{{n_tokens}} 个 token：读完整段至少 {{prefill}}，之后每写一个 token 至少 {{write}}，这时缓存 {{cache}}。",
            en="{{model}} on {{chip}}, {{n_tokens}} tokens: at least {{prefill}} to read them all, then at least "
            "{{write}} for each token written; the cache is {{cache}} by then.",
        ),
    )
