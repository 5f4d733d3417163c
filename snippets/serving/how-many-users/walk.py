"""A request on its way: it waits for a slot, is read into it, gets a token with all others at every step, and leaves."""

from llmnotes import load_model
from llmnotes.figures import Mechanism, Table, label
from llmnotes.fitting import fit
from llmnotes.quantities import bytes_of, count

MODEL, CHIP, N_TOKENS, ROWS, COLUMNS = "llama-3.1-8b", "h100-sxm-80gb", 4_096, 3, 6
STEPS = (
    label(zh="发问，排队", en="it asks and queues"),
    label(zh="读进一个空位", en="it is read into a slot"),
    label(zh="每步各写一个", en="each step, a token for all"),
    label(zh="答完，空出来", en="it is answered and leaves"),
)


# --8<-- [start:compute]
def compute():
    found = fit(load_model(MODEL), CHIP, n_tokens=N_TOKENS)
    return {
        "slots": count(found.ideal.largest_batch),
        "n": count(N_TOKENS),
        "weights": bytes_of(found.weight_bytes),
        "drawn": count(ROWS * COLUMNS),
    }


# --8<-- [end:compute]


def draw(result, canvas):
    narrow = canvas.narrow
    drawing = Mechanism(canvas, height=96 + ROWS * (22 if canvas.narrow else 40) + 6)
    size, left, side = (22, 92, 68) if narrow else (40, 200, 130)
    top, inner = 92, left + 10
    right = inner + COLUMNS * size + 10
    taken = [(row, column) for row in range(ROWS) for column in range(COLUMNS) if (row, column) != (1, 5)]
    drawing.words(left, 12, label(zh="一张卡的显存", en="memory of the card"), muted=True)
    drawing.box(left, 26, right - left, top + ROWS * size - 18)
    drawing.box(inner, 36, COLUMNS * size, 40, label(zh="权重，大家共用", en="weights, for all"), color=0)
    drawing.cells(inner, top, rows=ROWS, columns=COLUMNS, size=size, filled=taken, color=1)
    drawing.words(0, 12, label(zh="排队", en="queue"), muted=True)
    drawing.box(0, top + size, side, size, label(zh="新来", en="new"), steps=1)
    drawing.arrow(side + 4, top + 1.5 * size, left - 2, top + 1.5 * size, steps=(1, 2))
    own = {"rows": 1, "columns": 1, "size": size, "filled": [(0, 0)]}
    drawing.cells(inner + 5 * size, top + size, **own, color=2, steps=(2, 3))
    drawing.words(right + 8, 12, label(zh="答案", en="answers"), muted=True)
    for row in range(ROWS):
        at = top + (row + 0.5) * size
        drawing.arrow(right + 2, at, right + 22, at, steps=3)
        drawing.cells(right + 26, at - 6, rows=1, columns=1, size=12, filled=[(0, 0)], color=2, steps=3)
    drawing.arrow(inner + 6 * size, top + 1.5 * size, right + 22, top + 1.5 * size, steps=4)
    drawing.box(right + 24, top + size, drawing.width - right - 26, size, label(zh="完", en="done"), steps=4)
    return drawing


def table(result):
    columns = [label(zh="步骤", en="step"), label(zh="占不占空位", en="holds a slot")]
    yes, no = label(zh="占", en="yes"), label(zh="不占", en="no")
    return Table(columns, [[said, holds] for said, holds in zip(STEPS, (no, yes, yes, no), strict=True)])


def steps(result):
    return STEPS
