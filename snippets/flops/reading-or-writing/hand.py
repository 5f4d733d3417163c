"""Reading 1,024 tokens and writing one after them, by hand on one card; what other settings of chip and batch give."""

from math import ceil
from typing import Any

from llmnotes import count_params, fit, load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import causal_attention_flops, ideal_cache_bytes, linear_flops, read_weight_bytes
from llmnotes.cost.intensity import prompt_flops, step_bytes, step_flops
from llmnotes.equations.serving import balanced_batch, roofline_seconds
from llmnotes.quantities import bytes_of, count, flops, number, ratio, seconds, share
from llmnotes.registry import find_chip

MODEL, CHIP, N_TOKENS, LONG, PEOPLE = "llama-3.1-8b", "h100-sxm-80gb", 1_024, 4_096, 64


def speeds(card_id):
    card = find_chip(card_id)
    return {"flops_per_s": card.peak_flops_per_s["bf16"], "bytes_per_s": card.bandwidth_bytes_per_s}


# --8<-- [start:compute]
def compute():
    spec, card = load_model(MODEL), speeds(CHIP)
    profile, attention = cost_profile(spec), spec.layers[0].mixer
    weights, cache = read_weight_bytes(profile, n_tokens=1), ideal_cache_bytes(profile, n_tokens=N_TOKENS)
    read, write = prompt_flops(profile, n_tokens=N_TOKENS), step_flops(profile, n_tokens=N_TOKENS)
    read_seconds = roofline_seconds(n_flops=read, n_bytes=weights, **card)
    write_seconds = roofline_seconds(n_flops=write, n_bytes=weights + cache, **card)
    return {
        **shape(spec, attention),
        "n": count(N_TOKENS),
        "peak": flops(card["flops_per_s"]) / seconds(1),
        "bandwidth": bytes_of(card["bytes_per_s"]) / seconds(1),
        "weights": bytes_of(weights),
        "cache": bytes_of(cache),
        "blocks": flops(linear_flops(profile, n_new=1)),
        "logits": flops(profile.logits_flops),
        "pairs": count(N_TOKENS * (N_TOKENS + 1) // 2),
        "write_pairs": count(N_TOKENS + 1),
        "read_attention": flops(causal_attention_flops(profile, n_new=N_TOKENS, n_past=0)),
        "write_attention": flops(causal_attention_flops(profile, n_new=1, n_past=N_TOKENS)),
        "read": flops(read),
        "write": flops(write),
        "more": ratio(write / (read / N_TOKENS)),
        "read_compute": seconds(read / card["flops_per_s"]),
        "weights_time": seconds(weights / card["bytes_per_s"]),
        "write_compute": seconds(write / card["flops_per_s"]),
        "write_time": seconds(write_seconds),
        "read_one": seconds(read_seconds / N_TOKENS),
        "all_written": seconds(N_TOKENS * write_seconds),
        "times": ratio(write_seconds / (read_seconds / N_TOKENS)),
        **shared(profile, card, read_seconds / N_TOKENS),
        "read_intensity": number(read / weights),
        "write_intensity": number(write / (weights + cache)),
        "balance": number(card["flops_per_s"] / card["bytes_per_s"]),
        **settings(spec, profile, card, weights),
    }


def shared(profile, card, read_one):
    """Written over read where PEOPLE share the weights, and where so many do that only the caches count."""
    step = step_bytes(profile, n_tokens=N_TOKENS, batch_size=PEOPLE) / card["bytes_per_s"]
    cache = ideal_cache_bytes(profile, n_tokens=N_TOKENS) / card["bytes_per_s"]
    return ratio({"times_shared": step / PEOPLE / read_one, "times_least": cache / read_one})


def shape(spec, attention: Any):
    used = count_params(spec).total - count_params(spec).components["embedding_token"]
    sizes = {"layers": spec.n_layers, "heads": attention.n_heads, "head_dim": attention.head_dim}
    return count(sizes | {"kv_heads": attention.n_kv_heads, "used": used, "d": spec.d_model, "vocab": spec.vocab_size})


# --8<-- [end:compute]


def settings(spec, profile, card, weights):
    """What goes wrong, and what the exercises ask."""
    mixer: Any = spec.layers[0].mixer
    narrowest = mixer.n_kv_heads * mixer.head_dim
    # A critical batch is the first whole number of sequences that suffices.
    free, per_token = ceil(balanced_batch(weight_bits=16, **card)), ideal_cache_bytes(profile, n_tokens=1)
    one, many = (step_bytes(profile, n_tokens=LONG, batch_size=size) for size in (1, free))
    h20, h100 = speeds("h20-96gb"), card
    narrow = {"weight_bits": 4.5}
    return {
        "long": count(LONG),
        "critical": count(free),
        "many_step": ratio(many / one),
        "many_cache": bytes_of(many - weights),
        "many_fit": count(fit(spec, CHIP, n_tokens=LONG).ideal.largest_batch),
        "knee": count(ceil(weights / (LONG * per_token))),
        "sparse": number(2 * card["flops_per_s"] / card["bytes_per_s"]),
        "four_write": share(step_bytes(profile, n_tokens=N_TOKENS, **narrow) / step_bytes(profile, n_tokens=N_TOKENS)),
        "four_critical": count(ceil(balanced_batch(**card, **narrow))),
        "key_width": count(narrowest),
        "key_limit": number(narrowest * spec.d_model / (narrowest + spec.d_model)),
        "h20_balance": number(h20["flops_per_s"] / h20["bytes_per_s"]),
        "h20_critical": count(ceil(balanced_batch(weight_bits=16, **h20))),
        "h20_peak": flops(h20["flops_per_s"]) / seconds(1),
        "h20_bandwidth": bytes_of(h20["bytes_per_s"]) / seconds(1),
        "h20_read": ratio(h100["flops_per_s"] / h20["flops_per_s"]),
        "h20_write": ratio(h20["bytes_per_s"] / h100["bytes_per_s"]),
        "per_token": bytes_of(per_token),
        "asked": count(PEOPLE),
        "equal": count(int(weights / (PEOPLE * per_token))),
    }
