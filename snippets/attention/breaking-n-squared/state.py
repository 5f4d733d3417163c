"""A state of two rows and two columns is written four times: linear attention adds, the delta rule overwrites."""

import numpy as np

from llmnotes.figures import Mechanism, Table, label, name
from llmnotes.numerics.linear_attention import gated_delta_recurrent, linear_attention_recurrent
from llmnotes.quantities import number, text

KEYS = [(1.0, 0.0), (0.0, 1.0), (1.0, 0.0), (0.6, 0.8)]
VALUES = [(2.0, 1.0), (3.0, 4.0), (7.0, 6.0), (5.0, 0.0)]
RULES = {
    "linear": label(zh="线性注意力：相加", en="linear attention: adds"),
    "delta": label(zh="delta 规则：改写", en="delta rule: overwrites"),
}
KEY, VALUE = label(zh="键", en="key"), label(zh="值", en="value")
READS = label(zh="键 (1, 0) 读出", en="key (1, 0) reads")


# --8<-- [start:compute]
def compute():
    rows = [row(n) for n in range(1, len(KEYS) + 1)]
    return {"rows": rows, "again": said(rows[2]), "third": said(rows[3])}


def row(n):
    """State of both rules after the first n pairs, each written with full strength and without decay."""
    keys, values = np.array(KEYS[:n]), np.array(VALUES[:n])
    delta = gated_delta_recurrent(keys, keys, values, decay=np.ones(n), strength=np.ones(n)).state
    linear = linear_attention_recurrent(keys, keys, values).state
    pair = {"key": number(KEYS[n - 1]), "value": number(VALUES[n - 1])}
    return pair | {rule: number(state.tolist()) for rule, state in {"linear": linear, "delta": delta}.items()}


def said(row):
    """What the key (1, 0) reads: the first row of the state."""
    return {rule: vector(row[rule][0]) for rule in RULES}


def vector(numbers):
    return f"({', '.join(text(one) for one in numbers)})"


# --8<-- [end:compute]


def draw(result, canvas):
    drawing = Mechanism(canvas, height=500 if canvas.narrow else 250)
    corners = [(20, 0), (20, 250)] if canvas.narrow else [(20, 0), (380, 0)]
    for (left, top), title in zip(corners, RULES.values(), strict=True):
        drawing.words(left + 140, top + 14, title, anchor="middle")
        for x, y, what in ((45, 124, KEY), (110, 52, VALUE), (110, 226, READS)):
            drawing.words(left + x, top + y, what, anchor="end", muted=True)
        drawing.arrow(left + 187, top + 166, left + 187, top + 204, muted=True)
        for x, y, width, height in ((54, 84, 50, 80), (120, 36, 136, 32), (120, 210, 136, 32)):
            drawing.box(left + x, top + y, width, height, dashed=True)
        for cell in range(4):
            drawing.box(left + 120 + 68 * (cell % 2), top + 84 + 40 * (cell // 2), 68, 40)
    for at, row in enumerate(result["rows"], 1):
        before = result["rows"][at - 2] if at > 1 else None
        for (left, top), rule in zip(corners, RULES, strict=True):
            for i in range(2):
                drawing.words(left + 79, top + 104 + 40 * i, row["key"][i], anchor="middle", steps=at)
                for y, numbers in ((52, row["value"]), (226, row[rule][0])):
                    drawing.words(left + 154 + 68 * i, top + y, numbers[i], anchor="middle", steps=at)
                for j, one in enumerate(row[rule][i]):
                    if one.value == (before[rule][i][j].value if before else 0):
                        drawing.words(left + 154 + 68 * j, top + 104 + 40 * i, one, anchor="middle", steps=at)
                    else:
                        drawing.box(left + 120 + 68 * j, top + 84 + 40 * i, 68, 40, one, color=0, steps=at)
    return drawing


def table(result):
    columns = [KEY, VALUE, *(label(zh=f"{one.zh}，{READS.zh}", en=f"{one.en}, {READS.en}") for one in RULES.values())]
    rows = [
        [name(vector(one[part])) for part in ("key", "value")] + [name(vector(one[rule][0])) for rule in RULES]
        for one in result["rows"]
    ]
    return Table(columns, rows)


def steps(result):
    return [
        label(zh="写第一个键", en="first key"),
        label(zh="写第二个键", en="second key"),
        label(zh="第一个键再写一次", en="first key again"),
        label(zh="第三个方向", en="a third direction"),
    ]
