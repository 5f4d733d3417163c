"""The least time to the first token, by hand on one chip; what a cached prefix leaves of it, and what mistakes give."""

from itertools import count as naturals
from typing import Any

from llmnotes import count_params, load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import causal_attention_flops, causal_flops, linear_flops
from llmnotes.cost.intensity import prompt_bytes, prompt_flops, step_bytes
from llmnotes.equations.flops import causal_pairs
from llmnotes.quantities import bytes_of, count, flops, ratio, seconds, share, tokens
from llmnotes.registry import find_chip
from llmnotes.timing.estimate import Setup, prefill_timing
from llmnotes.timing.runtimes import find_runtime

MODEL, MIXTURE, CHIP = "llama-3.1-8b", "qwen3-30b-a3b", find_chip("h100-sxm-80gb")
LENGTHS = {"chat": 1_024, "short": 8_192, "long": 32_768, "half": 65_536, "full": 131_072}
CACHED, BATCH, PAUSE = 0.9, 8, 0.05
PEAK = CHIP.peak_flops_per_s["bf16"]


# --8<-- [start:compute]
def row(profile, n):
    """Reading a prompt of `n` tokens: FLOPs of both parts, and the time of their sum at the full peak."""
    weights, attention = linear_flops(profile, n_new=n), causal_attention_flops(profile, n_new=n, n_past=0)
    past = round(CACHED * n)
    left = causal_flops(profile, n_new=n - past, n_past=past, n_logits=1)
    whole = prompt_flops(profile, n_tokens=n)
    return {
        "n": tokens(n),
        "exact": count(n),
        "pairs": count(causal_pairs(n_new=n, n_past=0)),
        "weights": flops(weights),
        "attention": flops(attention),
        "whole": flops(whole),
        "time": seconds(whole / PEAK),
        "share": share(attention / (weights + attention)),
        "cached_time": seconds(left / PEAK),
        "cached_left": share(left / whole),
    }


def waits_for_compute(profile, n):
    """Whether a prompt of `n` tokens takes longer to compute than its weights to fetch."""
    return prompt_flops(profile, n_tokens=n) / PEAK >= prompt_bytes(profile, n_tokens=n) / CHIP.bandwidth_bytes_per_s


def compute():
    spec, profile = load_model(MODEL), cost_profile(load_model(MODEL))
    attention: Any = spec.layers[0].mixer
    rows = {key: row(profile, n) for key, n in LENGTHS.items()}
    half = causal_flops(profile, n_new=LENGTHS["half"], n_past=LENGTHS["half"], n_logits=1)
    return {
        **rows,
        **count({"layers": spec.n_layers, "heads": attention.n_heads, "head_dim": attention.head_dim}),
        "peak": flops(PEAK) / seconds(1),
        "block_params": count(profile.token_flops // 2),
        "token_flops": flops(profile.token_flops),
        "pair": count(profile.pair_flops),
        "logits": flops(profile.logits_flops),
        "crossover": count(round(2 * profile.token_flops / profile.pair_flops)),
        "read": seconds(prompt_bytes(profile, n_tokens=1) / CHIP.bandwidth_bytes_per_s),
        "read_bytes": bytes_of(prompt_bytes(profile, n_tokens=1)),
        "bandwidth": bytes_of(CHIP.bandwidth_bytes_per_s) / seconds(1),
        "computes_from": count(next(n for n in naturals(1) if waits_for_compute(profile, n))),
        "doubled": ratio(rows["full"]["time"].value / rows["half"]["time"].value),
        "cached": share(CACHED),
        "cached_weights": share(1 - CACHED),
        "cached_pairs": share(1 - CACHED**2),
        "pause": seconds(PAUSE),
        # The last chunk looks back at the whole prompt.
        "pause_chunk": count(int(PAUSE * PEAK / (profile.token_flops + profile.pair_flops * LENGTHS["long"]))),
        "half_left": share(half / prompt_flops(profile, n_tokens=LENGTHS["full"])),
        **wrong(spec, profile, rows),
    }


# --8<-- [end:compute]


def wrong(spec, profile, rows):
    """What mistakes give."""
    setup, n = Setup(CHIP, find_runtime("vllm")), LENGTHS["long"]
    step = step_bytes(profile, n_tokens=n) / CHIP.bandwidth_bytes_per_s
    expected = prefill_timing(spec, setup, n_new=LENGTHS["full"])
    mixture, short = cost_profile(load_model(MIXTURE)), LENGTHS["short"]
    every = 2 * count_params(load_model(MIXTURE)).total * short / PEAK
    one = rows["short"]["time"].value
    return {
        "step": seconds(step),
        "decode_wait": seconds(n * step),
        "decode_over": ratio(n * step / rows["long"]["time"].value),
        "expected": seconds(expected.expected),
        "low": seconds(expected.low),
        "high": seconds(expected.high),
        "mfu": share(rows["full"]["time"].value / expected.expected),
        "two_n": seconds(2 * count_params(spec).total * LENGTHS["full"] / PEAK),
        "two_n_share": share(2 * count_params(spec).total * LENGTHS["full"] / PEAK / rows["full"]["time"].value),
        "total_params": count(count_params(load_model(MIXTURE)).total),
        "mixture_wrong": seconds(every),
        "mixture": seconds(prompt_flops(mixture, n_tokens=short) / PEAK),
        "mixture_over": ratio(every / (prompt_flops(mixture, n_tokens=short) / PEAK)),
        "batch": count(BATCH),
        "batch_all": seconds(BATCH * one),
        "batch_mean": seconds(one * (BATCH + 1) / 2),
    }
