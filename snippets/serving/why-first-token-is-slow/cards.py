"""Published speeds of one engine reading the same prompts on four cards, and what share of each peak they reach."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.intensity import prompt_flops
from llmnotes.quantities import count, flops, number, ratio, seconds, share
from llmnotes.registry import find_chip

# XiongjieDai, GPU-Benchmarks-on-LLM-Inference at aa72e0e: llama.cpp of May 2024, Llama 3 8B in 16 bits, one card, tokens
# a second over prompts of 1,024 and of 8,192.
TABLE = "https://github.com/XiongjieDai/GPU-Benchmarks-on-LLM-Inference/blob/aa72e0e/README.md"
CARDS = {
    "rtx-3090": (4239.64, 2667.14),
    "rtx-4090": (9056.26, 4744.18),
    "a100-pcie-80gb": (7504.24, 4849.11),
    "h100-pcie-80gb": (10342.63, 6191.45),
}
LENGTHS = {"short": 1_024, "long": 8_192}
# llama.cpp has cuBLAS add up in 16 bits (CUBLAS_COMPUTE_16F), at which the GeForce cards peak at twice the registered
# figure, that of sums in 32 bits; on an A100 and an H100 both are the same.
FASTER = {"rtx-3090": 2, "rtx-4090": 2, "a100-pcie-80gb": 1, "h100-pcie-80gb": 1}
PROFILE = cost_profile(load_model("llama-3-8b"))


# --8<-- [start:compute]
def row(card_id):
    card, speeds = find_chip(card_id), dict(zip(LENGTHS, CARDS[card_id], strict=True))
    peak = peak_of(card_id)
    each = {key: prompt_flops(PROFILE, n_tokens=n) / n for key, n in LENGTHS.items()}
    return {
        "name": card.name.removeprefix("GeForce ").removeprefix("NVIDIA "),
        "peak": flops(peak) / seconds(1),
        **number(speeds, kind="reported", source=TABLE),
        **share({f"{key}_mfu": speed * each[key] / peak for key, speed in speeds.items()}),
        "peak_over": ratio(peak / peak_of("rtx-3090")),
        "speed_over": ratio(speeds["short"] / CARDS["rtx-3090"][0]),
    }


def peak_of(card_id):
    return FASTER[card_id] * find_chip(card_id).peak_flops_per_s["bf16"]


def compute():
    short, long = (prompt_flops(PROFILE, n_tokens=n) / n for n in LENGTHS.values())
    return {
        **count(LENGTHS),
        "more": share(long / short - 1),
        **{card_id.replace("-", "_"): row(card_id) for card_id in CARDS},
    }


# --8<-- [end:compute]
