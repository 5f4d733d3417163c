"""An exercise: from the speeds of an empty chat and after 32K tokens, tell the one after 64K; then see the published one."""

from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import number, seconds
from llmnotes.timing.curves import depth_curve

CHIP, HALF = "ryzen-ai-max-395-128gb", 32_768
MODELS = {
    "ministral-3-14b": "bf16",
    "gpt-oss-20b": "MXFP4_MOE",
    "glm-4.7-flash": "UD-Q8_K_XL",
    "qwen3.6-35b-a3b": "UD-Q8_K_XL",
}
BUILDS = ["vulkan_radv", "rocm6_4_4", "rocm-7_2_3"]


def ask():
    return Ask(
        draws={"model": [*MODELS], "build": BUILDS},
        solve=solve,
        hints={
            "straight": label(
                zh="你让每秒的 token 数直线下降；直线上升的是每个 token 的时间。",
                en="You let the tokens a second fall in a straight line; what rises in one is the time of a token.",
            ),
            "proportional": label(
                zh="深度加倍，时间并不加倍：空对话的那一段不变。",
                en="Twice the depth is not twice the time: the part of an empty chat stays as it is.",
            ),
        },
    )


def solve(*, model, build):
    curve = depth_curve(model=model, format=MODELS[model], chip=CHIP, version=build)
    empty, half, full = curve[0], curve[HALF], curve[2 * HALF]
    time = empty.seconds + 2 * (half.seconds - empty.seconds)
    return {
        "empty": f"{empty.value:g}",
        "half": f"{half.value:g}",
        "published": f"{full.value:g}",
        "start": seconds(empty.seconds),
        "added": seconds(half.seconds - empty.seconds),
        "time": seconds(time),
        "answer": number(1 / time),
        "straight": number(2 * half.value - empty.value),
        "proportional": number(half.value / 2),
    }
