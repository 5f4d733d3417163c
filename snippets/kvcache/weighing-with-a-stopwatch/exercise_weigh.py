"""An exercise: weigh the cache of a published run from two of its speeds."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import growing_bytes_per_token
from llmnotes.cost.weighing import weighed_bytes
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import bytes_of, count, ratio, seconds
from llmnotes.registry import find_chip
from llmnotes.timing.curves import depth_curve

CHIP = "ryzen-ai-max-395-128gb"
RUNS = {
    "gpt-oss-20b": "MXFP4_MOE",
    "qwen3.6-27b": "UD-Q8_K_XL",
    "minimax-m2.7": "UD-Q3_K_S",
    "llama-2-7b": "Q4_0",
    "gemma-4-31b": "bf16",
    "qwen3.6-35b-a3b": "UD-Q4_K_XL",
}


def ask():
    return Ask(
        draws={"model": [*RUNS], "depth": count([32_768, 65_536])},
        solve=solve,
        hints={
            "whole": label(
                zh="你用了整个时间。先减掉空对话的那一段：它不是缓存。",
                en="That is the whole time. Take off the time of an empty chat first: it is no cache.",
            ),
            "all": label(
                zh="这是全部缓存；再除以 {{depth}} 才是一个 token 的。",
                en="That is the whole cache; divide it by {{depth}} for one token.",
            ),
        },
    )


def solve(*, model, depth):
    curve = depth_curve(model=model, format=RUNS[model], chip=CHIP, version="vulkan_radv")
    empty, deep, bandwidth = curve[0], curve[int(depth)], find_chip(CHIP).bandwidth_bytes_per_s
    slope = (deep.seconds - empty.seconds) / depth
    answer = weighed_bytes(slope_s=slope, bandwidth_bytes_per_s=bandwidth)
    kept = growing_bytes_per_token(cost_profile(load_model(model)))
    return {
        "empty": f"{empty.value:g}",
        "deep": f"{deep.value:g}",
        "bandwidth": bytes_of(bandwidth) / seconds(1),
        "added": seconds(deep.seconds - empty.seconds),
        "kept": bytes_of(kept),
        "heavy": ratio(answer / kept),
        "answer": bytes_of(answer),
        "whole": bytes_of(deep.seconds * bandwidth / depth),
        "all": bytes_of(answer * depth),
    }
