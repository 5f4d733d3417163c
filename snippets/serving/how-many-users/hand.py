"""Slots, requests a second and people that one card serves with Llama 3.1 8B, by hand; what mistakes and exercises ask."""

from typing import Any

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.assumptions import PREFILL_CHUNK, USABLE_SHARE
from llmnotes.cost.costs import causal_flops, ideal_cache_bytes
from llmnotes.cost.intensity import prompt_bytes, step_seconds
from llmnotes.cost.inverses import largest_batch
from llmnotes.cost.parallel import chip_activation_bytes, chip_room_bytes, chip_weight_bytes
from llmnotes.equations.serving import request_hours, roofline_seconds, sequences_in_flight
from llmnotes.quantities import bytes_of, count, flops, number, ratio, seconds, share
from llmnotes.registry import find_chip

MODEL, CHIP, PROMPT, OUTPUT, PAUSE, SHARED = "llama-3.1-8b", "h100-sxm-80gb", 3_584, 512, 60, 2_048
PROFILE, CARD = cost_profile(load_model(MODEL)), find_chip(CHIP)
PAUSES = (10, 30, 60, 300)
SPEEDS = {"flops_per_s": CARD.peak_flops_per_s["bf16"], "bytes_per_s": CARD.bandwidth_bytes_per_s}
MEMORY: dict[str, Any] = {"n_chips": 1, "weight_bits": 16, "expert_bits": 16, "usable_share": USABLE_SHARE}
MEMORY |= {"prefill_chunk": PREFILL_CHUNK}


# --8<-- [start:compute]
def slots(n_tokens, kv_bits=16, held_bytes=0):
    """Sequences that fit beside so many bytes that all of them share."""
    memory = CARD.memory_bytes - held_bytes / USABLE_SHARE
    return largest_batch(PROFILE, n_tokens=n_tokens, kv_bits=kv_bits, memory_bytes=memory, **MEMORY)


def times(n_prompt, n_output, batch_size, n_past=0, kv_bits=16):
    """Least seconds of reading the new part of a prompt, of a step half-way through the answers, and of a request."""
    half = n_past + n_prompt + n_output // 2
    n_flops = causal_flops(PROFILE, n_new=n_prompt, n_past=n_past, n_logits=1)
    prompt = roofline_seconds(n_flops=n_flops, n_bytes=prompt_bytes(PROFILE, n_tokens=n_prompt), **SPEEDS)
    step = step_seconds(PROFILE, n_tokens=half, batch_size=batch_size, kv_bits=kv_bits, **CARD.roof)
    each = request_hours(prompt_seconds=prompt, step_seconds=step, n_output=n_output, n_sequences=batch_size) * 3_600
    return prompt, step, each


def served(n_prompt, n_output, batch_size, **more):
    """Little's law from the capacity of a card that is never idle."""
    prompt, step, each = times(n_prompt, n_output, batch_size, **more)
    whole = batch_size * each
    return {
        "slots": count(batch_size),
        **seconds({"prompt": prompt, "step": step, "each": each, "whole": whole}),
        "share_step": seconds(n_output * step / batch_size),
        "per_s": number(1 / each),
        "speed": number(n_output / whole),
        "people": count(int(sequences_in_flight(requests_per_s=1 / each, seconds_each=PAUSE + whole))),
    }


def compute():
    n_tokens = PROMPT + OUTPUT
    fits = slots(n_tokens)
    room = chip_room_bytes(PROFILE, batch_size=fits, memory_bytes=CARD.memory_bytes, **MEMORY)
    held = ideal_cache_bytes(PROFILE, n_tokens=SHARED)
    with_prefix = served(PROMPT - SHARED, OUTPUT, slots(n_tokens - SHARED, held_bytes=held), n_past=SHARED)
    base = served(PROMPT, OUTPUT, fits)
    half = PROMPT + OUTPUT // 2
    return {
        # What a reader with a pencil needs for room, prompt and step.
        **bytes_of({"usable": CARD.memory_bytes * USABLE_SHARE, "token": ideal_cache_bytes(PROFILE, n_tokens=1)}),
        "weights": bytes_of(chip_weight_bytes(PROFILE, n_chips=1, weight_bits=16, expert_bits=16)),
        "activations": bytes_of(
            chip_activation_bytes(PROFILE, n_chips=1, batch_size=fits, prefill_chunk=PREFILL_CHUNK)
        ),
        "prompt_flops": flops(causal_flops(PROFILE, n_new=PROMPT, n_past=0, n_logits=1)),
        "peak": flops(CARD.peak_flops_per_s["bf16"]) / seconds(1),
        "half": count(half),
        "read_weights": bytes_of(prompt_bytes(PROFILE, n_tokens=fits)),
        "read_caches": bytes_of(fits * ideal_cache_bytes(PROFILE, n_tokens=half)),
        **count({"prompt_tokens": PROMPT, "output": OUTPUT, "n": n_tokens, "shared": SHARED}),
        **bytes_of({"room": room, "cache": ideal_cache_bytes(PROFILE, n_tokens=n_tokens)}),
        "pause": seconds(PAUSE),
        "bandwidth": bytes_of(CARD.bandwidth_bytes_per_s) / seconds(1),
        "memory": bytes_of(CARD.memory_bytes),
        "full_step": seconds(CARD.memory_bytes / CARD.bandwidth_bytes_per_s),
        "base": base,
        "prefix": with_prefix,
        "prefix_more": ratio(with_prefix["people"].value / base["people"].value),
        "prefix_held": bytes_of(held),
        "pauses": {f"s{pause}": people(base, pause) for pause in PAUSES},
        **settings(fits, base),
    }


def people(base, pause):
    """People whom a full card serves if each pauses so long after an answer."""
    whole = base["whole"].value + pause
    found = sequences_in_flight(requests_per_s=1 / base["each"].value, seconds_each=whole)
    return {"pause": seconds(pause), "people": count(int(found))}


# --8<-- [end:compute]


def settings(fits, base):
    """What goes wrong, and what the exercises ask."""
    one, long, eight = served(PROMPT, OUTPUT, 1), slots(32_768), slots(PROMPT + OUTPUT, kv_bits=8)
    narrow = served(PROMPT, OUTPUT, eight, kv_bits=8)
    return {
        "alone": one,
        "alone_faster": ratio(one["speed"].value / base["speed"].value),
        "batch_more": ratio(base["per_s"].value / one["per_s"].value),
        "long": count(32_768),
        "long_slots": count(long),
        "full": count(131_072),
        "full_slots": count(slots(131_072)),
        "eight_slots": count(eight),
        "eight_people": narrow["people"],
        "eight_slots_more": ratio(eight / fits),
        "eight_people_more": ratio(narrow["people"].value / base["people"].value),
        "read_share": share(base["prompt"].value / base["each"].value),
        "slow": number(2),
        "slow_seconds": seconds(30),
        "slow_flight": count(round(sequences_in_flight(requests_per_s=2, seconds_each=30))),
    }
