"""A small layer's cache, token by token, under five designs: what is kept, and what a window drops."""

from llmnotes.figures import Mechanism, Table, label
from llmnotes.quantities import count

# A latent half as wide as all heads, and a key that carries position, half as wide as a head.
HEADS, GROUPS, WINDOW, LATENT, ROTARY, STATE = 4, 2, 3, 2, 0.5, 16
STEPS = (1, 3, 4, 6)
CELL = 14
DESIGNS = {
    "mha": ("MHA", label(zh="每个头各一份", en="a pair a head")),
    "gqa": ("GQA", label(zh="两个头共用一份", en="a pair a group")),
    "window": (label(zh="窗口", en="window"), label(zh="只留最近 3 个", en="the last three")),
    "latent": ("MLA", label(zh="压缩向量加小键", en="latent, small key")),
    "state": ("state", label(zh="反复改写", en="overwritten")),
}
VECTORS = label(zh="个向量", en="vectors")


# --8<-- [start:compute]
def held(n_tokens):
    """Vectors as wide as a head that the layer keeps after so many tokens."""
    return {
        "mha": 2 * HEADS * n_tokens,
        "gqa": 2 * GROUPS * n_tokens,
        "window": 2 * HEADS * min(n_tokens, WINDOW),
        "latent": (LATENT + ROTARY) * n_tokens,
        "state": STATE,
    }


def compute():
    after = {str(step): count(held(step)) for step in STEPS}
    return {"after": after, "heads": count(HEADS), "last": count(STEPS[-1])}


# --8<-- [end:compute]


def draw(result, canvas):
    drawing = Mechanism(canvas, height=532 if canvas.narrow else 192)
    across, pitch = (2, 170) if canvas.narrow else (5, 144)
    for place, (kind, (title, note)) in enumerate(DESIGNS.items()):
        x, bottom = 14 + place % across * pitch, 156 + place // across * 190
        # On a phone the state, which is half as tall, stands alone in the last row.
        bottom -= 45 if canvas.narrow and kind == "state" else 0
        top = bottom - (68 if canvas.narrow and kind == "state" else 124)
        drawing.words(x, top - 22, title)
        drawing.words(x, top - 3, note, muted=True)
        if kind == "state":
            grid(drawing, x, bottom - 4 * CELL, 4, 4, color=3)
        else:
            tokens(drawing, kind, x, bottom)
        for at, after in enumerate(result["after"].values(), start=1):
            drawing.words(x, bottom + 18, f"{canvas.say(after[kind])} {canvas.say(VECTORS)}", steps=at)
    return drawing


def tokens(drawing, kind, x, bottom):
    """Columns of tokens, each there from the step that writes it until a window drops it."""
    rows, high = int(held(1)[kind]), held(1)[kind] * CELL
    top, written = bottom - rows * CELL, 0
    for birth, last in enumerate(STEPS, start=1):
        left, width = x + written * CELL, last - written
        gone = [at for at, now in enumerate(STEPS, start=1) if kind == "window" and now - WINDOW >= last]
        there = [at for at in range(birth, len(STEPS) + 1) if at not in gone]
        for row in range(rows):
            color = 2 if kind == "latent" else row % 2
            grid(drawing, left, top + row * CELL, 1, width, color=color, steps=there)
        for column in range(width if kind == "latent" else 0):
            drawing.box(left + column * CELL, bottom - high, CELL, ROTARY * CELL, color=0, steps=there)
        if gone:
            drawing.box(left, top, width * CELL, rows * CELL, dashed=True, steps=gone)
        written = last


def grid(drawing, x, y, rows, columns, **look):
    filled = [(row, column) for row in range(rows) for column in range(columns)]
    drawing.cells(x, y, rows=rows, columns=columns, size=CELL, filled=filled, **look)


def table(result):
    columns = ["tokens", *(title for title, _ in DESIGNS.values())]
    return Table(columns, [[count(int(step)), *held_then.values()] for step, held_then in result["after"].items()])


def steps(result):
    return (
        label(zh="第 1 个 token", en="token 1"),
        label(zh="第 3 个：窗口满了", en="token 3: window full"),
        label(zh="第 4 个：窗口扔掉最早的", en="token 4: the window drops token 1"),
        label(zh="第 6 个", en="token 6"),
    )
