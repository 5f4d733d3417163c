"""Your model on your card: what one sequence or many take, and how long a context the rest allows."""

from llmnotes import fit, load_model
from llmnotes.cost.assumptions import PREFILL_CHUNK, USABLE_SHARE
from llmnotes.cost.coefficients import CostProfile
from llmnotes.cost.inverses import context_is_unlimited, longest_context
from llmnotes.cost.parallel import chip_activation_bytes, chip_cache_bytes, chip_room_bytes, chip_weight_bytes
from llmnotes.equations.memory import overhead_bytes
from llmnotes.figures import bars, label
from llmnotes.figures.play import Bar, Number, Play, Words, batch, chip, kv_bits, model, tokens, weight_bits
from llmnotes.quantities import bytes_of, count
from llmnotes.quantities import tokens as tokens_of
from llmnotes.registry import find_chip
from llmnotes.units import GIB

MODEL, CHIP, N_TOKENS = "llama-3.1-8b", "rtx-4090", 32_768


# --8<-- [start:compute]
def compute():
    found = fit(load_model(MODEL), CHIP, n_tokens=N_TOKENS)
    sizes = {
        "memory": find_chip(CHIP).memory_bytes,
        "headroom": found.overhead_bytes,
        "weights": found.weight_bytes,
        "activations": found.activation_bytes,
        "cache": found.ideal.cache_bytes,
    }
    return {"sizes": bytes_of(sizes), "longest": count(found.ideal.longest_context), "length": tokens_of(N_TOKENS)}


# --8<-- [end:compute]


def draw(result):
    names = {
        "memory": label(zh="显存", en="memory", id="memory"),
        "headroom": label(zh="余量", en="headroom", id="headroom"),
        "weights": label(zh="权重", en="weights", id="weights"),
        "activations": "activations",
        "cache": label(zh="KV 缓存", en="KV cache", id="cache"),
    }
    values = {names[part]: size for part, size in result["sizes"].items()}
    return bars(values, rows=label(zh="哪一份", en="part"), x="memory", form=None, height=260, until=100 * GIB)


# --8<-- [start:formulas]
def memory(*, memory_bytes: float) -> float:
    return memory_bytes


def headroom(*, memory_bytes: float) -> float:
    return overhead_bytes(memory_bytes=memory_bytes, usable_share=USABLE_SHARE)


def weights(profile: CostProfile, *, weight_bits: float) -> float:
    return chip_weight_bytes(profile, n_chips=1, weight_bits=weight_bits, expert_bits=weight_bits)


def activations(profile: CostProfile, *, batch_size: int) -> float:
    return chip_activation_bytes(profile, n_chips=1, batch_size=batch_size, prefill_chunk=PREFILL_CHUNK)


def cache(profile: CostProfile, *, n_tokens: int, batch_size: int, kv_bits: float) -> float:
    return chip_cache_bytes(profile, n_tokens=n_tokens, n_chips=1, batch_size=batch_size, kv_bits=kv_bits)


def needed(*, headroom: float, weights: float, activations: float, cache: float) -> float:
    return headroom + weights + activations + cache


def fits(*, needed: float, memory_bytes: float) -> float:
    return 1 if needed <= memory_bytes else 0


def longest(profile: CostProfile, *, memory_bytes: float, weight_bits: float, batch_size: int, kv_bits: float) -> float:
    """The longest context; no number where the cache stops growing before the card is full."""
    room = chip_room_bytes(
        profile,
        n_chips=1,
        batch_size=batch_size,
        weight_bits=weight_bits,
        expert_bits=weight_bits,
        memory_bytes=memory_bytes,
        usable_share=USABLE_SHARE,
        prefill_chunk=PREFILL_CHUNK,
    )
    if context_is_unlimited(profile, room_bytes=room, n_chips=1, batch_size=batch_size, kv_bits=kv_bits):
        raise ValueError("the cache stops growing before the card is full")
    return longest_context(profile, room_bytes=room, n_chips=1, batch_size=batch_size, kv_bits=kv_bits)


# --8<-- [end:formulas]


def play(result):
    parts = {"headroom": headroom, "weights": weights, "activations": activations, "cache": cache}
    return Play(
        controls=[
            model(MODEL),
            chip(CHIP),
            tokens(N_TOKENS),
            batch(1),
            weight_bits(16, options=(16, 8.5, 8, 4.8, 4.5, 4.25)),
            kv_bits(16),
        ],
        values={**parts, "needed": needed},
        marks={name: Bar(formula) for name, formula in {"memory": memory, **parts}.items()},
        numbers={
            "verdict": Words(fits, yes=label(zh="装得下", en="it fits"), no=label(zh="装不下", en="it does not fit")),
            "needed": Number(needed, "bytes"),
            "has": Number(memory, "bytes"),
            "longest": Number(longest, "exact"),
        },
        sentence=label(
            zh="{{model}} 在 {{chip}} 上，{{batch_size}} 个序列，各 {{n_tokens}} 个 token：要 {{needed}}，卡上有 {{has}}，"
            "{{verdict}}。最长能到 {{longest}} 个 token。",
            en="{{model}} on {{chip}}, sequences: {{batch_size}}, tokens in each: {{n_tokens}}. It takes {{needed}}, the card "
            "has {{has}}: {{verdict}}. It could reach {{longest}} tokens.",
        ),
    )
