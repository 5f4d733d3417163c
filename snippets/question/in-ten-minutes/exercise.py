"""An exercise: the least time in which a card writes one token for one user."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import count, flops, seconds
from llmnotes.registry import find_chip

MODELS = ["qwen3-8b", "llama-3.1-8b", "llama-3.2-1b", "qwen3-32b", "llama-3.1-70b"]
CHIPS = ["rtx-4090", "h100-sxm-80gb", "a100-sxm-80gb", "rtx-3090", "rtx-5090", "l40s-48gb"]


def ask():
    return Ask(
        draws={"model": MODELS, "chip": CHIPS},
        solve=solve,
        hints={
            "one_byte": label(zh="bf16 的一个参数是两个字节。", en="In bf16 a parameter takes two bytes."),
            "by_compute": label(
                zh="这是算力要的时间。一个人用的时候，等的是把权重读一遍。",
                en="That is the time of the arithmetic. With one user, the wait is for reading the weights.",
            ),
        },
    )


def solve(*, model, chip):
    # An embedding that is only looked up is not read; one that is the head as well is.
    n, card = cost_profile(load_model(model)).read_params, find_chip(chip)
    speed, peak = card.bandwidth_bytes_per_s, card.peak_flops_per_s["bf16"]
    # In GB, every digit: rounded to three, the bandwidth would give another last digit than the answer has.
    given = {"n_read": count(n), "bandwidth_gb": count(speed / 1e9), "peak": flops(peak) / seconds(1)}
    return {**given, "answer": seconds(2 * n / speed), **seconds({"one_byte": n / speed, "by_compute": 2 * n / peak})}
