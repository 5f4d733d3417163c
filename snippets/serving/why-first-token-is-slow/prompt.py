"""The least time to the first token over the length of a prompt, with and without a cached beginning, on any chip."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.coefficients import CostProfile
from llmnotes.cost.costs import causal_attention_flops, causal_flops, linear_flops
from llmnotes.cost.intensity import prompt_bytes
from llmnotes.equations.serving import roofline_seconds
from llmnotes.figures import label, lines
from llmnotes.figures.play import Number, Play, chip, choice, curves, model, tokens
from llmnotes.quantities import seconds, share
from llmnotes.quantities import tokens as tokens_of
from llmnotes.registry import find_chip

MODEL, CHIP, HERE, CACHED = "llama-3.1-8b", "h100-sxm-80gb", 131_072, 90
LENGTHS = [2**exponent for exponent in range(8, 21)]


# --8<-- [start:formulas]
def wait(
    profile: CostProfile, *, n_tokens: int, cached: int, peak_flops_per_s: float, bandwidth_bytes_per_s: float
) -> float:
    """Least time of reading what is not cached: computing it, or fetching the weights once, whichever is longer."""
    past = n_tokens * cached // 100
    return roofline_seconds(
        n_flops=causal_flops(profile, n_new=n_tokens - past, n_past=past, n_logits=1),
        n_bytes=prompt_bytes(profile, n_tokens=n_tokens - past),
        flops_per_s=peak_flops_per_s,
        bytes_per_s=bandwidth_bytes_per_s,
    )


def weights_alone(
    profile: CostProfile, *, n_tokens: int, peak_flops_per_s: float, bandwidth_bytes_per_s: float
) -> float:
    """The same with nothing cached and without attention."""
    return roofline_seconds(
        n_flops=linear_flops(profile, n_new=n_tokens) + profile.logits_flops,
        n_bytes=prompt_bytes(profile, n_tokens=n_tokens),
        flops_per_s=peak_flops_per_s,
        bytes_per_s=bandwidth_bytes_per_s,
    )


def attention_share(profile: CostProfile, *, n_tokens: int) -> float:
    """Attention's part of all FLOPs of a prompt of which nothing is cached."""
    attention = causal_attention_flops(profile, n_new=n_tokens, n_past=0)
    return attention / (linear_flops(profile, n_new=n_tokens) + attention)


# --8<-- [end:formulas]


# --8<-- [start:compute]
def compute():
    profile, card = cost_profile(load_model(MODEL)), find_chip(CHIP)

    def curve(cached):
        return seconds([wait(profile, n_tokens=n, cached=cached, **card.roof) for n in LENGTHS])

    return {
        "lengths": tokens_of(LENGTHS),
        "whole": curve(0),
        "own": curve(CACHED),
        "weights": seconds([weights_alone(profile, n_tokens=n, **card.roof) for n in LENGTHS]),
        "here": tokens_of(HERE),
        "cached": share(CACHED / 100),
        "one": seconds(wait(profile, n_tokens=HERE, cached=0, **card.roof)),
        "left": seconds(wait(profile, n_tokens=HERE, cached=CACHED, **card.roof)),
    }


# --8<-- [end:compute]


def draw(result):
    own = label(zh="开头有缓存", en="beginning cached")
    return lines(
        result["lengths"],
        {
            label(zh="全部现读", en="nothing cached", id="whole"): result["whole"],
            own: result["own"],
            label(zh="不算注意力", en="without attention", id="weights"): result["weights"],
        },
        x=label(zh="提示词长度", en="length of the prompt"),
        y=label(zh="第一个 token 至少要", en="the first token takes at least"),
        log="xy",
        own=own,
        here=result["here"],
        height=430,
    )


def play(result):
    return Play(
        controls=[
            model(MODEL),
            chip(CHIP),
            tokens(HERE, low=LENGTHS[0], high=LENGTHS[-1]),
            choice("cached", CACHED, options=(0, 50, 90, 99), label=label(zh="开头已缓存 %", en="beginning cached, %")),
        ],
        marks=curves("n_tokens", own=wait, whole=(wait, {"cached": 0}), weights=weights_alone),
        numbers={
            "left": Number(wait, "seconds"),
            "one": Number(wait, "seconds", fixed={"cached": 0}),
            "share": Number(attention_share, "percent"),
        },
        sentence=label(
            zh="{{model}} 在 {{chip}} 上读 {{n_tokens}} 个 token：至少 {{one}}，其中注意力占运算的 {{share}}；开头 {{cached}}% 已经缓存，还要 "
            "{{left}}。",
            en="{{model}} on {{chip}} reads {{n_tokens}} tokens in at least {{one}}; attention is {{share}} of the "
            "operations. With the first {{cached}}% cached, at least {{left}} remain.",
        ),
    )
