"""What others measured: a server under load, prompts read together, a budget of tokens."""

import tomllib

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.intensity import prompt_flops
from llmnotes.quantities import count, number, ratio, seconds, share
from llmnotes.registry import DATA, find_chip

# vLLM, pull request 33743 (closed): Gemma 3 27B, 16 prompts of 1,024 tokens sent at once; mean and 99th percentile of
# the first token in ms, as many prompts in a step as fit, and with a limit on them.
TOGETHER, ONE_BY_ONE, N_PROMPTS = (3974.59, 4218.85), (2633.55, 4610.48), 16
PULL = "https://github.com/vllm-project/vllm/pull/33743"
# vLLM, issue 52906, comment of 2026-08-30: GB10, Qwen3.6-35B-A3B in fp8, prompts of 16K among answers; tokens of prompts
# in a step, ms between two tokens of an answer, and median seconds to the first token.
SWEEP = {2048: (441, 27.2), 1024: (282, 34.4), 512: (232, 54.9), 256: (179, 80.0)}
ISSUE, UNDISTURBED = "https://github.com/vllm-project/vllm/issues/52906", 37.6


# --8<-- [start:compute]
def served():
    """First tokens of a published server by the requests it had at once, beside the bound of reading one prompt."""
    table = tomllib.loads((DATA / "timing" / "served.toml").read_text(encoding="utf-8"))
    of, rows = table["setup"], {int(at_once): row[0] for at_once, row in table["at_once"].items()}
    peak = of["n_chips"] * find_chip(of["chip"]).peak_flops_per_s["fp8"]
    least = prompt_flops(cost_profile(load_model(of["model"])), n_tokens=of["n_prompt"]) / peak
    return {
        "model": load_model(of["model"]).name,
        "prompt": count(of["n_prompt"]),
        "least": seconds(least, kind="computed"),
        "mfu": share(least / rows[1]),
        "longer": ratio(rows[100] / rows[1]),
        **seconds({f"at_{n}": first for n, first in rows.items()}, kind="reported", source=table["source"]["at_once"]),
    }


def compute():
    return {
        "served": served(),
        "prompts": count(N_PROMPTS),
        **{
            key: {
                "mean": seconds(mean / 1000, kind="reported", source=PULL),
                "last": seconds(last / 1000, kind="reported", source=PULL),
            }
            for key, (mean, last) in {"together": TOGETHER, "one_by_one": ONE_BY_ONE}.items()
        },
        "undisturbed": seconds(UNDISTURBED / 1000, kind="reported", source=ISSUE),
        **{
            f"budget_{size}": {
                "size": count(size),
                "between": seconds(between / 1000, kind="reported", source=ISSUE),
                "first": number(first, kind="reported", source=ISSUE),
            }
            for size, (between, first) in SWEEP.items()
        },
        "sweep_longer": ratio(SWEEP[256][1] / SWEEP[2048][1]),
        "sweep_smoother": ratio(SWEEP[2048][0] / SWEEP[256][0]),
    }


# --8<-- [end:compute]
