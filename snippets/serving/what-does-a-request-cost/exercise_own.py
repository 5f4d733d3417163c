"""An exercise: what a million tokens cost on a rented card that writes for several people at once."""

from llmnotes import load_model
from llmnotes.equations.pricing import usd_per_million_tokens
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import count, seconds, usd
from llmnotes.registry import find_chip
from llmnotes.timing.estimate import Setup, decode_timing
from llmnotes.timing.plan import rents
from llmnotes.timing.runtimes import find_runtime

MODELS = ["llama-3.1-8b", "qwen3-8b", "qwen3-14b"]
CHIPS = ["h100-sxm-80gb", "a100-sxm-80gb", "l40s-48gb", "h200-sxm-141gb"]
N_TOKENS = 1_024


def ask():
    return Ask(
        draws={"model": MODELS, "chip": CHIPS, "batch": count([64, 8, 16, 32])},
        solve=solve,
        hints={
            "alone": label(
                zh="一遍写出 {{batch}} 个 token，不是 1 个。", en="A pass writes {{batch}} tokens, not one."
            ),
            "minutes": label(zh="一小时是 3,600 秒，不是 60。", en="An hour has 3,600 seconds, not 60."),
        },
    )


def solve(*, model, chip, batch):
    setup = Setup(find_chip(chip), find_runtime("vllm"))
    step = decode_timing(load_model(model), setup, n_past=N_TOKENS, batch_size=batch).expected
    rent = rents()[chip]
    cost = usd_per_million_tokens(n_chips=1, usd_per_chip_hour=rent, tokens_per_s=batch / step)
    wrong = {"alone": cost * batch, "minutes": cost * 60}
    return {"rent": usd(rent), "took": seconds(step), "answer": usd(cost), **usd(wrong)}
