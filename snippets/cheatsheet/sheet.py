"""Every number of the cheat sheet: one model by parts, caches of six designs, formats, times and what fits which card."""

from typing import Any

from llmnotes import count_params, fit, kv_cache, load_model, registry
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import causal_flops
from llmnotes.cost.intensity import prompt_seconds, step_seconds
from llmnotes.quantities import bytes_of, count, flops, number, ratio, seconds, share, tokens
from llmnotes.registry import find_chip
from llmnotes.report import next_token_bytes
from llmnotes.weights.sizes import memory_precision, stored_weights

MODEL, N_TOKENS, PROMPT, BATCH = "llama-3.1-8b", 131_072, 8_192, 16
DESIGNS = {
    "mha": "llama-2-7b",
    "gqa": MODEL,
    "mqa": "falcon-7b",
    "window": "gemma-3-27b",
    "mla": "deepseek-v3",
    "state": "qwen3-next-80b-a3b",
}
FORMATS = {"bf16": "bf16", "fp8": "fp8", "q8": "Q8_0", "q4": "Q4_K_M", "mxfp4": "MXFP4"}
CARDS = {"r4090": "rtx-4090", "l40s": "l40s-48gb", "h100": "h100-sxm-80gb"}
SMALL_CARDS = {"r4060": "rtx-4060", "r3060": "rtx-3060", "r4060ti": "rtx-4060-ti-16gb"}
# The form of the weights; empty for that of the authors' own file.
FITTED = {
    "llama8": (MODEL, ""),
    "oss20": ("gpt-oss-20b", ""),
    "qwen32": ("qwen3-32b", "Q4_K_M"),
    "llama70": ("llama-3.3-70b", "Q4_K_M"),
    "oss120": ("gpt-oss-120b", ""),
}
FITTED_SMALL = {
    "llama8q4": (MODEL, "Q4_K_M"),
    "gemma12": ("gemma-3-12b", "Q4_K_M"),
    "qwen14": ("qwen3-14b", "Q4_K_M"),
    "oss20": FITTED["oss20"],
    "qwen30": ("qwen3-30b-a3b", "Q4_K_M"),
}
TRAP = "qwen3-32b"


# --8<-- [start:compute]
def design(model_id):
    model = load_model(model_id)
    return {
        "name": model.name,
        "each": bytes_of(next_token_bytes(model, N_TOKENS)),
        "whole": bytes_of(kv_cache(model, N_TOKENS).ideal_bytes),
    }


def stored(model, form):
    found = stored_weights(model, form)
    return {"bits": number(found.bits_per_param), "size": bytes_of(found.running_bytes)}


def longest(cards, model_id, form):
    """The context that each card holds, at most the one that the authors claim, or the bytes that miss for a single token."""
    entry = registry.find(model_id)
    bits = memory_precision(stored_weights(entry.spec, form or None))
    most = entry.context_advertised

    def at(card, n_tokens):
        return fit(entry.spec, card, weight_bits=bits.weights, expert_bits=bits.experts, n_tokens=n_tokens).ideal

    def on(card):
        if at(card, most).fits:
            return count(most)
        one = at(card, 1)
        return count(one.longest_context) if one.fits else bytes_of(-one.free_bytes)

    return {"name": entry.name, "claimed": tokens(most), **{key: on(card) for key, card in cards.items()}}


def times(card_id, profile):
    roof = find_chip(card_id).roof
    return {
        "prefill": seconds(prompt_seconds(profile, n_tokens=PROMPT, **roof)),
        "step": seconds(step_seconds(profile, n_tokens=PROMPT, **roof)),
        "step_batch": seconds(step_seconds(profile, n_tokens=PROMPT, batch_size=BATCH, **roof)),
    }


def compute():
    model, trap = load_model(MODEL), load_model(TRAP)
    counted, profile = count_params(model), cost_profile(model)
    heads: Any = trap.layers[0].mixer
    at = {key: causal_flops(profile, n_new=1, n_past=n, n_logits=1) for key, n in (("start", 0), ("end", N_TOKENS))}
    prompts = [causal_flops(profile, n_new=n, n_past=0, n_logits=1) for n in (PROMPT, 2 * PROMPT)]
    return {
        "model": model.name,
        "n": tokens(N_TOKENS),
        "prompt": tokens(PROMPT),
        "batch": count(BATCH),
        "total": count(counted.total),
        "parts": count(dict(counted.components)),
        "designs": {key: design(model_id) for key, model_id in DESIGNS.items()},
        "formats": {key: stored(model, form) for key, form in FORMATS.items()},
        "fits": {key: longest(CARDS, *case) for key, case in FITTED.items()},
        "small": {key: longest(SMALL_CARDS, *case) for key, case in FITTED_SMALL.items()},
        "times": {key: times(CARDS[key], profile) for key in ("r4090", "h100")},
        "token": flops(at),
        "attention": share(1 - at["start"] / at["end"]),
        "doubled": ratio(prompts[1] / prompts[0]),
        "trap_name": trap.name,
        "trap_width": count(trap.d_model // heads.n_heads),
        "trap_head": count(heads.head_dim),
        "trap_cache": share(trap.d_model / heads.n_heads / heads.head_dim),
        "decimal": bytes_of(2 * counted.total),
    }


# --8<-- [end:compute]
