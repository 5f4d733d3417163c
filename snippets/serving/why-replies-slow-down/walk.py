"""What one token makes the chip read, to scale: the weights as ever, and the cache of all that came before."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import ideal_cache_bytes
from llmnotes.cost.intensity import prompt_bytes, step_bytes
from llmnotes.figures import Mechanism, Table, label
from llmnotes.quantities import bytes_of, seconds, tokens
from llmnotes.registry import find_chip

MODEL, CHIP = "llama-3.1-8b", "h100-sxm-80gb"
LENGTHS = {"early": 1_024, "later": 32_768, "late": 131_072}
AFTER = label(zh="前面有 {} 个 token", en="after {} tokens")


# --8<-- [start:compute]
def compute():
    profile, card = cost_profile(load_model(MODEL)), find_chip(CHIP)
    times = {key: step_bytes(profile, n_tokens=n) / card.bandwidth_bytes_per_s for key, n in LENGTHS.items()}
    return {
        "n": tokens(LENGTHS),
        "weights": bytes_of(prompt_bytes(profile, n_tokens=1)),
        "cache": bytes_of({key: ideal_cache_bytes(profile, n_tokens=n) for key, n in LENGTHS.items()}),
        "time": seconds(times),
    }


# --8<-- [end:compute]


def draw(result, canvas):
    narrow = canvas.narrow
    drawing = Mechanism(canvas, height=292)
    room, chip, side = (206, 62, 14) if narrow else (470, 140, 22)
    scale = room / (result["weights"] + result["cache"]["late"]).value
    weights, left = result["weights"].value * scale, drawing.width - chip
    drawing.words(0, 10, label(zh="为一个 token 从显存读", en="read from memory for one token"), muted=True)
    drawing.words(left, 10, "chip", muted=True)
    for row, key in enumerate(LENGTHS):
        top, steps = 26 + 90 * row, tuple(range(row + 1, 4))
        drawing.words(0, top + 10, canvas.say(AFTER).format(canvas.say(result["n"][key])), steps=steps)
        drawing.box(0, top + 24, weights, 46, label(zh="权重", en="weights"), color=0, steps=steps)
        cache = max(result["cache"][key].value * scale, 2)
        said = "kv-cache" if cache > 90 else ""
        drawing.box(weights + 2, top + 24, cache, 46, said, color=1, steps=steps)
        drawing.arrow(weights + cache + 6, top + 47, left - 4, top + 47, steps=steps)
        drawing.box(left, top + 24, chip, 46, steps=steps)
        drawing.cells(
            left + 6, top + 47 - side / 2, rows=1, columns=1, size=side, filled=[(0, 0)], color=2, steps=steps
        )
        drawing.words(drawing.width, top + 10, result["time"][key], anchor="end", steps=steps)
    return drawing


def table(result):
    columns = [
        label(zh="前面的 token", en="tokens before"),
        label(zh="读权重", en="weights read"),
        label(zh="读缓存", en="cache read"),
        label(zh="至少要", en="time, at least"),
    ]
    return Table(
        columns, [[result["n"][key], result["weights"], result["cache"][key], result["time"][key]] for key in LENGTHS]
    )


def steps(result):
    return label(zh="刚开始", en="early on"), label(zh="聊了一阵", en="later"), label(zh="聊了很久", en="much later")
