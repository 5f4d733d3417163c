"""An exercise: the longest context that a card leaves room for."""

from llmnotes import fit, kv_cache, load_model
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import bytes_of, text, tokens
from llmnotes.registry import find_chip

MODELS = ["qwen3-8b", "llama-3.1-8b", "llama-3.2-1b", "qwen3-14b", "qwen3-32b", "llama-3.2-3b"]
CHIPS = ["rtx-4090", "rtx-5090", "l40s-48gb", "a100-sxm-80gb", "h100-sxm-80gb", "rtx-3090"]


def ask():
    return Ask(
        draws={"model": MODELS, "chip": CHIPS},
        solve=solve,
        hints={
            "no_headroom": label(
                zh="引擎要留一份余量，卡上的显存不能全用：先扣 {{headroom}}。",
                en="An engine keeps headroom: take {{headroom}} off the memory of the card first.",
            ),
            "no_weights": label(zh="权重也占着显存：{{weights}}。", en="The weights stand in memory too: {{weights}}."),
            "eight_bits": label(zh="缓存是 bf16，每个数两个字节。", en="The cache is in bf16, two bytes a number."),
        },
    )


def solve(*, model, chip):
    found = fit(load_model(model), chip, n_tokens=1)
    per_token, room = kv_cache(load_model(model), 1).ideal_bytes, found.ideal.free_bytes + found.ideal.cache_bytes
    if room <= 0:
        return None
    given = {"weights": found.weight_bytes, "headroom": found.overhead_bytes, "activations": found.activation_bytes}
    wrong = {
        "no_headroom": (room + found.overhead_bytes) // per_token,
        "no_weights": (room + found.weight_bytes) // per_token,
        "eight_bits": 2 * room // per_token,
    }
    memory = bytes_of({"memory": find_chip(chip).memory_bytes, **given, "per_token": per_token})
    # Said with so many digits that who works with what is printed gets the last digit of the answer.
    printed = {name: text(value, form="bytes7") for name, value in memory.items()}
    return {**printed, "answer": tokens(found.ideal.longest_context), **tokens(wrong)}
