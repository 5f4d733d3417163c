"""A long prompt among people who are being answered: read whole or in chunks, step by step, each step at its bound."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import causal_flops, ideal_cache_bytes
from llmnotes.cost.intensity import prompt_bytes, step_bytes, step_flops
from llmnotes.equations.serving import roofline_seconds
from llmnotes.figures import label, lines
from llmnotes.quantities import count, ratio, seconds, tokens
from llmnotes.registry import find_chip

PROFILE, CHIP = cost_profile(load_model("llama-3.1-8b")), find_chip("h100-sxm-80gb")
PROMPT, WRITERS, HELD, SHORT = 32_768, 32, 4_096, 256
CHUNKS = [2**exponent for exponent in range(7, 16)]
NAMED = {"tiny": 128, "small": 512, "middle": 2_048, "whole": PROMPT}


# --8<-- [start:compute]
def step(chunk, past, writers=WRITERS):
    """Least time of a pass over one chunk after `past`, in which everybody who is being answered gets a token."""
    fetched = prompt_bytes(PROFILE, n_tokens=chunk + writers) + ideal_cache_bytes(PROFILE, n_tokens=past)
    return roofline_seconds(
        n_flops=causal_flops(PROFILE, n_new=chunk, n_past=past, n_logits=1)
        + step_flops(PROFILE, n_tokens=HELD, batch_size=writers),
        n_bytes=fetched + ideal_cache_bytes(PROFILE, n_tokens=HELD, batch_size=writers),
        flops_per_s=CHIP.peak_flops_per_s["bf16"],
        bytes_per_s=CHIP.bandwidth_bytes_per_s,
    )


def run(chunk):
    """The prompt comes at 0; everybody's next token is out at the end of each step."""
    steps = [step(min(chunk, PROMPT - past), past) for past in range(0, PROMPT, chunk)]
    behind = sum(steps) + step(SHORT, 0)
    return {
        "chunk": count(chunk),
        "first_token": seconds(sum(steps)),
        "first_step": seconds(steps[0]),
        "gap": seconds(max(steps)),
        # A short prompt comes next. It waits for the whole long one, or its tokens go along with the second chunk.
        "behind": seconds(behind),
        "between": seconds(behind if len(steps) == 1 else steps[0] + step(chunk + SHORT, chunk)),
    }


def compute():
    runs = [run(chunk) for chunk in CHUNKS]
    named = {key: runs[CHUNKS.index(chunk)] for key, chunk in NAMED.items()}
    alone = step_bytes(PROFILE, n_tokens=HELD, batch_size=WRITERS) / CHIP.bandwidth_bytes_per_s
    return {
        **named,
        **count({"writers": WRITERS, "held": HELD, "short_prompt": SHORT}),
        "prompt": tokens(PROMPT),
        "chunks": count(CHUNKS),
        "first_tokens": [one["first_token"] for one in runs],
        "gaps": [one["gap"] for one in runs],
        "alone": seconds(alone),
        "whole_over": ratio(named["whole"]["gap"].value / alone),
        "tiny_slower": ratio(named["tiny"]["first_token"].value / named["whole"]["first_token"].value),
        "last_over": ratio(named["middle"]["gap"].value / named["middle"]["first_step"].value),
    }


# --8<-- [end:compute]


def draw(result):
    return lines(
        result["chunks"],
        {
            label(zh="长提示词的第一个 token", en="first token of the long prompt"): result["first_tokens"],
            label(zh="别人最长停多久", en="longest pause of the others"): result["gaps"],
        },
        x=label(zh="一块多少 token", en="tokens in a chunk"),
        y="time",
        log="xy",
        key=True,
        height=400,
    )
