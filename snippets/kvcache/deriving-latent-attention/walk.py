"""What a layer keeps and what it computes with it, in five steps from MHA to MLA."""

from llmnotes.figures import Mechanism, Table, label
from llmnotes.quantities import count

HEADS, GROUPS, LATENT, TOKENS, CELL = 4, 2, 2, 15, 16
KEPT = (2 * HEADS, 2 * GROUPS, LATENT, LATENT, LATENT + 0.5)
NAMES = (
    "MHA",
    "GQA",
    label(zh="低秩", en="low rank"),
    label(zh="吸收", en="absorbed"),
    label(zh="旋转键分开", en="rotary key apart"),
)
REBUILT = label(zh="W_UK、W_UV：为每个 token 还原键和值", en="W_UK, W_UV: keys and values of every token")
SUMMED = label(zh="加权和 × W_UV", en="weighted sum × W_UV")
WORDS = (
    label(zh="每个头存自己的键和值。", en="Every head keeps a key and a value of its own."),
    label(zh="两个头共用一份键和值。", en="Two heads share one key and one value."),
    label(
        zh="只存一个潜在向量，每一步都为每个 token 还原出所有头的键和值。",
        en="One latent is kept. At every step, keys and values of all heads are rebuilt for every token.",
    ),
    label(
        zh="同一个矩阵改乘在查询上：只乘一次，查询直接和潜在向量比对。",
        en="The same matrix meets the query instead, once, and the query meets the latents themselves.",
    ),
    label(
        zh="带位置的小键另存一份，所有头共用；它不经过 W_UK。",
        en="A small key that carries position is kept beside it for all heads; it does not pass W_UK.",
    ),
)


# --8<-- [start:compute]
def compute():
    return {"kept": count(list(KEPT)), "heads": count(HEADS), "mha": count(KEPT[0]), "mla": count(KEPT[-1])}


# --8<-- [end:compute]


def draw(result, canvas):
    drawing = Mechanism(canvas, height=420 if canvas.narrow else 306)
    left, wide, top = 12, TOKENS * CELL, 166
    for head in range(HEADS):
        x = left + head * 62
        middle = x + 27
        drawing.box(x, 12, 54, 28, f"q{'₁₂₃₄'[head]}", color=0)
        drawing.arrow(middle, 42, middle, top - 4, steps=(1, 2))
        drawing.arrow(middle, 42, middle, 72, steps=(3, 4, 5))
        drawing.arrow(middle, top - 4, middle, 132, steps=3)
        drawing.arrow(middle, 130, middle, top - 4, steps=(4, 5))
        drawing.arrow(middle, 224, middle, 244, steps=(4, 5))
    drawing.box(left, 76, wide, 52, REBUILT, dashed=True, steps=3)
    drawing.box(left, 76, wide, 52, "q × W_UK", color=4, steps=(4, 5))
    drawing.box(left, 248, wide, 34, SUMMED, color=4, steps=(4, 5))
    drawing.words(left + wide + 10, top + 10, label(zh="缓存", en="cache"))
    for step, rows in enumerate((2 * HEADS, 2 * GROUPS, LATENT, LATENT, LATENT), start=1):
        for row in range(rows):
            fill(drawing, left, top + row * CELL, 2 if step > 2 else row % 2, step)
        said = f"{canvas.say(result['kept'][step - 1])} {canvas.say(label(zh='个向量', en='vectors'))}"
        drawing.words(left + wide + 10, top + 28, said, muted=True, steps=step)
    fill(drawing, left, top + LATENT * CELL + 4, 3, 5)
    place = (12, 310, 316, 96) if canvas.narrow else (376, 60, 330, 96)
    for step, words in enumerate(WORDS, start=1):
        drawing.box(*place, words, steps=step)
    return drawing


def fill(drawing, x, y, color, step):
    cells = [(0, column) for column in range(TOKENS)]
    drawing.cells(x, y, rows=1, columns=TOKENS, size=CELL, filled=cells, color=color, steps=step)


def table(result):
    columns = [label(zh="哪一步", en="step"), label(zh="每个 token 存几个向量", en="vectors kept for a token")]
    return Table(columns, [[step, kept] for step, kept in zip(NAMES, result["kept"], strict=True)])


def steps(result):
    return NAMES
