"""Where the angles of a slow and of a fast pair lie: as trained, on a text four times as long, and stretched."""

from llmnotes.figures import Mechanism, Table, label
from llmnotes.quantities import count, ratio

FACTOR, SHOWN = 4, 4
STEPS = (
    label(zh="训练时的长度", en="the trained length"),
    label(zh="四倍长，照原样", en="four times as long, as it is"),
    label(zh="PI：全都放慢", en="PI: everything slower"),
    label(zh="YaRN：只放慢慢的", en="YaRN: only the slow one"),
)
# Marks of the slow pair, and how many times closer those of each pair stand, step by step.
MARKS, SLOW, FAST = (SHOWN, SHOWN * FACTOR, SHOWN * FACTOR, SHOWN * FACTOR), (1, 1, FACTOR, FACTOR), (1, 1, FACTOR, 1)


# --8<-- [start:compute]
def compute():
    return {"factor": ratio(FACTOR), "marks": count(MARKS), "slow": ratio(SLOW), "fast": ratio(FAST)}


# --8<-- [end:compute]


def draw(result, canvas):
    drawing = Mechanism(canvas, height=190)
    wide = (drawing.width - 12) / FACTOR
    slow, fast = (
        label(zh="慢的一对：角度", en="a slow pair: angles"),
        label(zh="快的一对：相邻 token", en="a fast pair: neighbors"),
    )
    drawing.words(0, 12, canvas.say(slow))
    drawing.box(2, 28, wide, 44, label(zh="训练见过", en="trained on"))
    drawing.words(0, 108, canvas.say(fast))
    drawing.box(2, 124, drawing.width - 8, 44)
    for step, (marks, by, turned) in enumerate(zip(MARKS, SLOW, FAST, strict=True), start=1):
        for at in range(marks):
            place = 4 + wide * (at + 0.5) / SHOWN / by
            drawing.cells(place, 60, rows=1, columns=1, size=5, filled=[(0, 0)], color=int(place > wide), steps=step)
        for at in range(SHOWN):
            place = 8 + 0.9 * wide * at / turned
            drawing.cells(place, 138, rows=1, columns=1, size=16, filled=[(0, 0)], color=2, steps=step)
    return drawing


def table(result):
    columns = [
        label(zh="哪一步", en="step"),
        label(zh="画出的位置", en="positions drawn"),
        label(zh="慢的一对转慢", en="slow pair slower"),
        label(zh="快的一对转慢", en="fast pair slower"),
    ]
    return Table(
        columns, [list(row) for row in zip(STEPS, result["marks"], result["slow"], result["fast"], strict=True)]
    )


def steps(result):
    return STEPS
