"""Four tokens' keys with one loud channel, rounded to 4 bits: with a scale for each token, and one for each channel."""

import numpy as np

from llmnotes.figures import Mechanism, Table, label
from llmnotes.quantities import count, number

BITS, LOUD = 4, 2
KEYS = np.array(
    [
        [0.8, -0.5, 20.3, 0.3, -1.1, 0.6],
        [-0.4, 0.9, 18.7, -0.7, 0.2, 1.3],
        [1.2, 0.1, 21.9, -0.2, 0.5, -0.9],
        [-0.6, -1.0, 19.4, 1.0, 0.7, 0.4],
    ]
)
STEPS = {
    "keys": label(zh="原来的键", en="the keys"),
    "token": label(zh="逐 token 量化", en="a scale per token"),
    "channel": label(zh="逐通道量化", en="a scale per channel"),
}
AXES = label(zh="一行是一个 token，一列是一个通道", en="a row is a token, a column a channel")
OFF = label(zh="平常的数平均偏离 {}", en="ordinary numbers: off by {} on average")


# --8<-- [start:round]
def rounded(numbers, bits, axis):
    """Numbers that share a smallest and a largest along `axis`, each moved to the nearest of 2^bits even steps."""
    low, high = numbers.min(axis, keepdims=True), numbers.max(axis, keepdims=True)
    step = (high - low) / (2**bits - 1)
    return low + step * np.round((numbers - low) / step)


# --8<-- [end:round]


# --8<-- [start:compute]
def compute():
    kept = {"keys": KEYS, "token": rounded(KEYS, BITS, 1), "channel": rounded(KEYS, BITS, 0)}
    first, quiet = KEYS[0], np.delete(np.arange(KEYS.shape[1]), LOUD)
    steps = {"token": np.ptp(first) / (2**BITS - 1), "channel": np.ptp(KEYS[:, 0]) / (2**BITS - 1)}
    off = {key: np.mean(np.abs(kept[key] - KEYS)[:, quiet]) for key in steps}
    return {
        **{key: [number([round(float(one), 1) + 0.0 for one in row]) for row in rows] for key, rows in kept.items()},
        "step": number({key: round(float(size), 2) for key, size in steps.items()}),
        "off": number({key: round(float(size), 2) for key, size in off.items()}),
        "low": number(float(first.min())),
        "high": number(float(first.max())),
        "levels": count(2**BITS - 1),
        "bits": count(BITS),
    }


# --8<-- [end:compute]


def draw(result, canvas):
    drawing = Mechanism(canvas, height=222)
    wide, high, gap = (48, 30, 8) if canvas.narrow else (92, 30, 10)
    left = (drawing.width - 6 * wide - 5 * gap) / 2
    for step, key in enumerate(STEPS, start=1):
        for row in range(4 if key == "token" else 0):
            drawing.box(left - 5, 22 + row * 42, 6 * wide + 5 * gap + 10, high + 10, dashed=True, steps=step)
        for column in range(6 if key == "channel" else 0):
            drawing.box(left + column * (wide + gap) - 3, 20, wide + 6, 4 * 42 + 2, dashed=True, steps=step)
        for row, numbers in enumerate(result[key]):
            for column, one in enumerate(numbers):
                color, x, y = int(column == LOUD), left + column * (wide + gap), 27 + row * 42
                drawing.box(x, y, wide, high, f"{one.value:.1f}", color=color, steps=step)
        drawing.words(left, 9, AXES, muted=True, steps=step)
        if key != "keys":
            drawing.words(left, 210, canvas.say(OFF).format(canvas.say(result["off"][key])), steps=step)
    return drawing


def table(result):
    heads = [label(zh="第几个 token", en="token"), *(label(zh=name.zh, en=name.en) for name in STEPS.values())]
    said = {key: [", ".join(f"{one.value:.1f}" for one in row) for row in result[key]] for key in STEPS}
    return Table(heads, [[count(at + 1), *(said[key][at] for key in STEPS)] for at in range(4)])


def steps(result):
    return tuple(STEPS.values())
