"""Requests a second of one card at most, over the sequences that it runs at once."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.assumptions import PREFILL_CHUNK, USABLE_SHARE
from llmnotes.cost.coefficients import CostProfile
from llmnotes.cost.intensity import prompt_seconds, step_seconds
from llmnotes.cost.inverses import largest_batch
from llmnotes.equations.serving import request_hours
from llmnotes.figures import label, lines
from llmnotes.figures.play import Number, Play, batch, chip, curves, kv_bits, model, tokens, weight_bits
from llmnotes.quantities import count, number
from llmnotes.registry import find_chip

MODEL, CHIP, N_TOKENS, OUTPUT, HALF, BATCH = "llama-3.1-8b", "h100-sxm-80gb", 4_096, 512, 256, 64
SIZES = [2**exponent for exponent in range(10)]


# --8<-- [start:formulas]
def prompt_tokens(*, n_tokens: int) -> int:
    return n_tokens - OUTPUT


def halfway_tokens(*, n_tokens: int) -> int:
    """Tokens of a sequence on average while its answer is written."""
    return n_tokens - HALF


def ceiling(*, prompt_seconds: float, batch_size: int) -> float:
    """Requests a second if writing took no time, for any number of sequences."""
    return 1 / prompt_seconds


def rate(*, prompt_seconds: float, step_seconds: float, batch_size: int) -> float:
    """Requests a second, at most, of a card that is never idle."""
    hours = request_hours(
        prompt_seconds=prompt_seconds, step_seconds=step_seconds, n_output=OUTPUT, n_sequences=batch_size
    )
    return 1 / (3600 * hours)


def each(*, per_s: float, batch_size: int) -> float:
    """Tokens a second of each user."""
    return OUTPUT * per_s / batch_size


def fits(profile: CostProfile, *, n_tokens: int, memory_bytes: float, weight_bits: float, kv_bits: float) -> float:
    return largest_batch(
        profile,
        n_tokens=n_tokens,
        n_chips=1,
        weight_bits=weight_bits,
        expert_bits=weight_bits,
        kv_bits=kv_bits,
        memory_bytes=memory_bytes,
        usable_share=USABLE_SHARE,
        prefill_chunk=PREFILL_CHUNK,
    )


# --8<-- [end:formulas]


# --8<-- [start:compute]
def compute():
    profile, card = cost_profile(load_model(MODEL)), find_chip(CHIP)
    prompt = prompt_seconds(profile, n_tokens=prompt_tokens(n_tokens=N_TOKENS), **card.roof)
    length = halfway_tokens(n_tokens=N_TOKENS)
    steps = {size: step_seconds(profile, n_tokens=length, batch_size=size, **card.roof) for size in SIZES}
    rates = [rate(prompt_seconds=prompt, step_seconds=step, batch_size=size) for size, step in steps.items()]
    return {
        "sizes": count(SIZES),
        "rates": number(rates),
        "ceiling": number([ceiling(prompt_seconds=prompt, batch_size=1)] * len(SIZES)),
        "one": number(rates[0]),
        "here": number(rates[SIZES.index(BATCH)]),
        "twice": number(rates[SIZES.index(2 * BATCH)]),
        "batch": count(BATCH),
        "n": count(N_TOKENS),
        "output": count(OUTPUT),
        "fits": count(fits(profile, n_tokens=N_TOKENS, memory_bytes=card.memory_bytes, weight_bits=16, kv_bits=16)),
    }


# --8<-- [end:compute]


def draw(result):
    own = label(zh="读和写都算", en="reading and writing")
    return lines(
        result["sizes"],
        {own: result["rates"], label(zh="只读提示词", en="reading prompts alone", id="ceiling"): result["ceiling"]},
        x=label(zh="同时服务的序列", en="sequences at once"),
        y=label(zh="每秒最多的请求", en="requests a second, at most"),
        log="x",
        own=own,
        here=result["batch"],
        height=400,
    )


def play(result):
    return Play(
        controls=[
            model(MODEL),
            chip(CHIP),
            batch(BATCH, high=SIZES[-1]),
            tokens(N_TOKENS, low=1_024, high=2**17),
            weight_bits(16, options=(16, 8, 4.5)),
            kv_bits(16),
        ],
        values={
            "prompt_seconds": (prompt_seconds, {"n_tokens": prompt_tokens}),
            "step_seconds": (step_seconds, {"n_tokens": halfway_tokens}),
            "per_s": rate,
        },
        marks=curves("batch_size", own=rate, ceiling=ceiling),
        numbers={"rate": Number(rate, "number"), "each": Number(each, "number"), "room": Number(fits, "exact")},
        sentence=label(
            zh="{{model}} 在 {{chip}} 上，同时 {{batch_size}} 个序列，每个请求 {{n_tokens}} 个 token（最后 512 个是回答）：每秒最多 "
            "{{rate}} 个请求，每人每秒 {{each}} 个 token。显存放得下这样的序列：{{room}} 个。",
            en="{{model}} on {{chip}}, sequences at once: {{batch_size}}, tokens of a request: {{n_tokens}}, of which 512 are "
            "the answer. At most {{rate}} requests a second, and {{each}} tokens a second for each user. Sequences that "
            "fit the memory: {{room}}.",
        ),
    )
