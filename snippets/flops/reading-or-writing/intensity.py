"""FLOPs for every byte that a pass reads, over its tokens: a prompt, a batch that writes, and what the chip asks for."""

from itertools import count as naturals
from typing import Any

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.coefficients import CostProfile
from llmnotes.cost.intensity import critical_batch, prompt_intensity, prompt_seconds, step_intensity, step_seconds
from llmnotes.equations.serving import balanced_batch
from llmnotes.figures import label, lines
from llmnotes.figures.play import Number, Play, Words, batch, chip, curves, kv_bits, model, tokens, weight_bits
from llmnotes.quantities import count, number
from llmnotes.registry import find_chip

MODEL, CHIP, N_TOKENS, BATCH = "llama-3.1-8b", "h100-sxm-80gb", 256, 32
PASSES = [2**exponent for exponent in range(14)]


# --8<-- [start:compute]
def compute():
    profile, card = cost_profile(load_model(MODEL)), find_chip(CHIP)
    asks = balance(batch_size=1, **card.roof)
    writing = [step_intensity(profile, n_tokens=N_TOKENS, batch_size=size) for size in PASSES]
    return {
        "passes": count(PASSES),
        "reading": number([prompt_intensity(profile, n_tokens=size) for size in PASSES]),
        "writing": number(writing),
        "balance": number([asks] * len(PASSES)),
        "chip": number(asks),
        "batch": count(BATCH),
        "crossing": count(next(n for n in naturals(1) if prompt_intensity(profile, n_tokens=n) >= asks)),
        "critical": count(critical_batch(profile, n_tokens=N_TOKENS, **card.roof)),
        "n": count(N_TOKENS),
    }


# --8<-- [end:compute]


def draw(result):
    reading = label(zh="读：提示词的 token", en="reading: tokens of a prompt", id="reading")
    writing = label(zh="写：序列", en="writing: sequences")
    balance = label(zh="芯片的平衡点", en="balance of the chip", id="balance")
    return lines(
        result["passes"],
        {reading: result["reading"], balance: result["balance"], writing: result["writing"]},
        x=label(zh="一遍里的 token", en="tokens in one pass"),
        y=label(zh="每字节的 FLOP", en="FLOPs a byte"),
        log="xy",
        own=writing,
        here=result["batch"],
        height=430,
    )


# --8<-- [start:formulas]
def balance(*, batch_size: float, peak_flops_per_s: float, bandwidth_bytes_per_s: float) -> float:
    """The same for every pass: in 16 bits a weight takes two bytes and two FLOPs a token."""
    return balanced_batch(flops_per_s=peak_flops_per_s, bytes_per_s=bandwidth_bytes_per_s, weight_bits=16)


def reading(profile: CostProfile, *, batch_size: Any, weight_bits: float) -> float:
    """Between two whole numbers of tokens the line is straight."""
    low = batch_size // 1
    part = batch_size - low
    below = prompt_intensity(profile, n_tokens=low, weight_bits=weight_bits)
    above = prompt_intensity(profile, n_tokens=low + 1, weight_bits=weight_bits)
    return (1 - part) * below + part * above


def waits(*, does: float, asks: float) -> float:
    return 1 if does < asks else 0


def times(*, step: float, prompt: float, batch_size: float, n_tokens: int) -> float:
    """Least time of a written token of the batch over that of a read one, on average, of a prompt as long."""
    return step / batch_size / (prompt / n_tokens)


# --8<-- [end:formulas]


def play(result):
    return Play(
        controls=[
            model(MODEL),
            chip(CHIP),
            batch(BATCH, high=PASSES[-1]),
            tokens(N_TOKENS, low=64, high=2**17),
            weight_bits(16, options=(16, 8, 4.5)),
            kv_bits(16),
        ],
        values={
            "does": step_intensity,
            "asks": balance,
            "step": step_seconds,
            "prompt": prompt_seconds,
        },
        marks=curves("batch_size", own=step_intensity, reading=reading, balance=balance),
        numbers={
            "does": Number(step_intensity, "number"),
            "asks": Number(balance, "number"),
            "verdict": Words(
                waits, yes=label(zh="等显存", en="waits for memory"), no=label(zh="等算力", en="waits for compute")
            ),
            "critical": Number(critical_batch, "exact"),
            "critical_said": Words(
                critical_batch, yes=label(zh="{{critical}}", en="{{critical}}"), no=label(zh="没有", en="none")
            ),
            "times": Number(times, "ratio"),
        },
        sentence=label(
            zh="{{model}} 在 {{chip}} 上，{{batch_size}} 个序列，各 {{n_tokens}} 个 token：写一步，每字节做 {{does}} FLOP，芯片要 "
            "{{asks}}，所以{{verdict}}。临界批量：{{critical_said}}。按两边的下限算，写一个 token 的时间是读一个的 {{times}}。",
            en="{{model}} on {{chip}}, sequences: {{batch_size}}, tokens in each: {{n_tokens}}. A step does {{does}} FLOPs a "
            "byte, the chip asks for {{asks}}: it {{verdict}}. Critical batch size: {{critical_said}}. By the bounds "
            "of both, writing a token takes {{times}} the time of reading one.",
        ),
    )
