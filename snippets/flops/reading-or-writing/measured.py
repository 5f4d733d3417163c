"""Published steps of vLLM with Llama 3.1 8B on an H100, beside the bound and what `llmnotes.timing` expects."""

from llmnotes import load_model
from llmnotes.figures import label, lines
from llmnotes.quantities import count, number, ratio, seconds, share
from llmnotes.registry import find_chip
from llmnotes.timing.compare import compare
from llmnotes.timing.estimate import Setup, decode_timing, prefill_timing
from llmnotes.timing.points import STEP, load_points
from llmnotes.timing.runtimes import find_runtime

KIND = "reported"
SOURCE = "https://github.com/ml-energy/leaderboard/blob/0cd52da/public/data/tasks/lm-arena-chat.json"
MODEL, CHIP, LENGTH = "llama-3.1-8b", "h100-sxm-80gb", 1_024
# XiongjieDai, GPU-Benchmarks-on-LLM-Inference at 00dd2bd: llama.cpp of May 2024, Llama 3 8B in 16 bits, one card,
# tokens a second over 1,024 read and over 1,024 written.
TABLE = "https://github.com/XiongjieDai/GPU-Benchmarks-on-LLM-Inference/blob/00dd2bd/README.md"
SPEEDS = {"rtx-3090": (4239.64, 46.51), "rtx-4080": (6758.90, 40.29), "rtx-4090": (9056.26, 54.34)}


# --8<-- [start:compute]
def compute():
    model, setup = load_model(MODEL), Setup(find_chip(CHIP), find_runtime("vllm"))
    points = [one for one in load_points() if (one.kind, one.model, one.chip) == (STEP, MODEL, CHIP)]
    points.sort(key=lambda one: one.batch_size)
    compared = [compare(one) for one in points]
    timed = [decode_timing(model, setup, n_past=one.n_past, batch_size=round(one.batch_size)) for one in points]
    few, many = points[0], points[-1]
    read, write = prefill_timing(model, setup, n_new=LENGTH), decode_timing(model, setup, n_past=LENGTH)
    return {
        "sizes": count([one.batch_size for one in points]),
        "measured": reported([one.seconds for one in points]),
        "expected": seconds([one.expected for one in compared]),
        "bound": seconds([one.bound for one in timed]),
        "held": count(few.n_past),
        "few": count(round(few.batch_size)),
        "many": count(round(many.batch_size)),
        "few_step": reported(few.seconds),
        "many_step": reported(many.seconds),
        "longer": ratio(many.seconds / few.seconds),
        "faster": ratio(many.batch_size / few.batch_size / (many.seconds / few.seconds)),
        "over": {"few": ratio(few.seconds / timed[0].bound), "many": ratio(many.seconds / timed[-1].bound)},
        "each": seconds(timed[-1].parts["per_sequence"]),
        "whole": seconds(compared[-1].expected),
        "read_1k": seconds(read.expected),
        "write_1k": seconds(write.expected),
        "reply": seconds(LENGTH * write.expected),
        "expected_times": ratio(write.expected / (read.expected / LENGTH)),
        "read_over": ratio(read.expected / read.bound),
        "write_over": ratio(write.expected / write.bound),
        "cards": {card: speeds(card) for card in SPEEDS},
    }


def reported(value):
    return seconds(value, kind=KIND, source=SOURCE)


def speeds(card_id):
    card, (read, write) = find_chip(card_id), SPEEDS[card_id]
    balance = card.peak_flops_per_s["bf16"] / card.bandwidth_bytes_per_s
    return {
        "name": card.name.removeprefix("GeForce "),
        **number({"read": read, "write": write}, kind=KIND, source=TABLE),
        "ratio": ratio(read / write, kind=KIND, source=TABLE),
        "balance": number(balance),
        # llama.cpp has these cards add up in 16 bits, where they have twice the registered peak.
        "balance_16": number(2 * balance),
        "of_balance": share(read / write / (2 * balance)),
    }


# --8<-- [end:compute]


def draw(result):
    curves = {
        label(zh="vLLM，公布的实测", en="vLLM, measured (reported)"): result["measured"],
        label(zh="llmnotes.timing 的预计", en="expected by llmnotes.timing"): result["expected"],
        label(zh="下限", en="at least"): result["bound"],
    }
    return lines(
        result["sizes"],
        curves,
        x=label(zh="同时写的序列", en="sequences at once"),
        y=label(zh="一步的时间", en="time of a step"),
        key=True,
        span=(0, 0.032),
    )
