"""An exercise: how many people keep a card busy, by Little's law."""

from llmnotes import fit, load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.intensity import prompt_seconds, step_seconds
from llmnotes.equations.serving import request_hours, sequences_in_flight
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import count, number, seconds
from llmnotes.registry import find_chip

MODELS = ["qwen3-8b", "llama-3.1-8b", "qwen3-14b", "llama-3.2-3b"]
CHIPS = ["h100-sxm-80gb", "a100-sxm-80gb", "l40s-48gb", "h200-sxm-141gb"]
PROMPT, OUTPUT = 3_584, 512


def ask():
    return Ask(
        draws={"model": MODELS, "chip": CHIPS, "pause": seconds([60, 90, 120])},
        solve=solve,
        hints={
            "served": label(
                zh="这只是正在等回答的人；另外还有人在看、在想。",
                en="Those are only the people who wait for an answer; others are reading and thinking.",
            ),
            "pausing": label(
                zh="这只是正在看、在想的人；还要加上占着空位的 {{served}} 个。",
                en="Those are only the people who pause; add the {{served}} whose requests hold a slot.",
            ),
        },
    )


def solve(*, model, chip, pause):
    profile, card = cost_profile(load_model(model)), find_chip(chip)
    slots = fit(load_model(model), chip, n_tokens=PROMPT + OUTPUT).ideal.largest_batch
    prompt = prompt_seconds(profile, n_tokens=PROMPT, **card.roof)
    step = step_seconds(profile, n_tokens=PROMPT + OUTPUT // 2, batch_size=slots, **card.roof)
    each = 3_600 * request_hours(prompt_seconds=prompt, step_seconds=step, n_output=OUTPUT, n_sequences=slots)
    people = {
        "answer": sequences_in_flight(requests_per_s=1 / each, seconds_each=slots * each + pause),
        "served": slots,
        "pausing": sequences_in_flight(requests_per_s=1 / each, seconds_each=pause),
    }
    return {
        "per_s": number(1 / each),
        "whole": seconds(slots * each),
        **count({name: round(n) for name, n in people.items()}),
    }
