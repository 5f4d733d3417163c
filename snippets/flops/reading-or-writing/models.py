"""The intensity of writing that no batch exceeds, over the context, for models whose attention differs."""

from typing import Any

from llmnotes import count_params, load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import ideal_cache_bytes, read_weight_bytes
from llmnotes.cost.intensity import critical_batch, step_flops
from llmnotes.figures import label, lines
from llmnotes.halving import most_that
from llmnotes.quantities import bytes_of, count, flops, number, ratio, share, tokens
from llmnotes.registry import find_chip

CHIP, AT, PEOPLE = "h100-sxm-80gb", 1_024, 32
LENGTHS = [2**exponent for exponent in range(7, 18)]
MODELS = {
    "llama": ("llama-3.1-8b", "Llama 3.1 8B"),
    "gemma": ("gemma-3-27b", "Gemma 3 27B"),
    "qwen": ("qwen3-30b-a3b", "Qwen3 30B-A3B"),
    "v3": ("deepseek-v3", "DeepSeek-V3"),
}
CARD = find_chip(CHIP)
BALANCE = CARD.peak_flops_per_s["bf16"] / CARD.bandwidth_bytes_per_s


# --8<-- [start:compute]
def most(profile, n_tokens):
    """With so many sequences that the weights no longer count, a step reads the caches alone."""
    return step_flops(profile, n_tokens=n_tokens) / ideal_cache_bytes(profile, n_tokens=n_tokens)


def last_context(profile):
    """Longest context at which enough sequences make the step wait for compute."""
    return most_that(lambda n_tokens: most(profile, n_tokens) >= BALANCE, LENGTHS[-1])


def row(model_id):
    profile = cost_profile(load_model(model_id))
    one, every = (read_weight_bytes(profile, n_tokens=size) for size in (1, 10**9))
    many = read_weight_bytes(profile, n_tokens=PEOPLE)
    short, long = (critical_batch(profile, n_tokens=n, **CARD.roof) for n in (0, 256))
    return {
        "write": flops(step_flops(profile, n_tokens=AT)),
        **bytes_of({"one": one, "many": many, "cache": ideal_cache_bytes(profile, n_tokens=AT)}),
        "seen": share(many / every),
        "wrong": ratio(many / one),
        "short": count(short),
        "at_256": count(long),
        "last": count(last_context(profile)),
        "most": number(most(profile, AT)),
        "at_128k": number(most(profile, LENGTHS[-1])),
        "curve": number([most(profile, n) for n in LENGTHS]),
    }


def compute():
    shared: Any = load_model("deepseek-v3").layers[0].mixer
    return {
        **{key: row(model_id) for key, (model_id, _) in MODELS.items()},
        "lengths": count(LENGTHS),
        "at": count(AT),
        "people": count(PEOPLE),
        "balance": number([BALANCE] * len(LENGTHS)),
        "longest": tokens(LENGTHS[-1]),
        "v3_heads": count(shared.n_heads),
        "qwen_active": count(count_params(load_model("qwen3-30b-a3b")).active),
    }


# --8<-- [end:compute]


def draw(result):
    curves = {title: result[key]["curve"] for key, (_, title) in MODELS.items()}
    return lines(
        result["lengths"],
        curves | {label(zh="H100 的平衡点", en="balance of an H100"): result["balance"]},
        x="context-length",
        y=label(zh="写，每字节最多多少 FLOP", en="writing: FLOPs a byte, at most"),
        log="xy",
        key=True,
        height=430,
    )
