"""A tile walks over the table of scores; one processor holds that tile and three running numbers for each of its rows."""

from llmnotes.figures import Mechanism, Table, label
from llmnotes.quantities import count

N_BLOCKS, SIZE = 4, 40
# The tiles that are in work at each step, counted row by row.
AT = (1, 2, 5, 16)


# --8<-- [start:compute]
def compute():
    steps = [{"tile": count(tile), "held": count(1), "dropped": count(tile - 1)} for tile in AT]
    return {"steps": steps, "tiles": count(N_BLOCKS**2)}


# --8<-- [end:compute]


def draw(result, canvas):
    narrow = canvas.narrow
    drawing = Mechanism(canvas, height=410 if narrow else 250)
    left, top = 48, 66
    drawing.words(left, 10, label(zh="键 K、值 V", en="keys K and values V"), muted=True)
    drawing.words(0, top + N_BLOCKS * SIZE + 16, label(zh="左边：查询 Q", en="on the left: queries Q"), muted=True)
    for step, tile in enumerate(AT, start=1):
        row, column = divmod(tile - 1, N_BLOCKS)
        drawing.cells(left, top, rows=N_BLOCKS, columns=N_BLOCKS, size=SIZE, filled=[(row, column)], steps=step)
        for place in (divmod(done, N_BLOCKS) for done in range(tile - 1)):
            x, y = left + SIZE * (place[1] + 0.5), top + SIZE * (place[0] + 0.5)
            drawing.words(x, y, "×", anchor="middle", muted=True, steps=step)
        drawing.cells(left - SIZE, top, rows=N_BLOCKS, columns=1, size=SIZE, filled=[(row, 0)], color=1, steps=step)
        drawing.cells(left, top - SIZE, rows=1, columns=N_BLOCKS, size=SIZE, filled=[(0, column)], color=2, steps=step)
    chip(drawing, *((0, 276) if narrow else (330, 30)))
    return drawing


def chip(drawing, x, y):
    """Draw what the processor holds; it is the same at every step."""
    drawing.box(x, y, 330, 124)
    drawing.words(x + 12, y + 18, label(zh="处理器的片上内存", en="on-chip memory of the processor"), muted=True)
    held = {
        0: label(zh="一块分数", en="one tile of scores"),
        1: label(zh="它那几行查询，每行三个数", en="its queries, three numbers a row"),
        2: label(zh="它那几列键和值", en="its keys and values"),
    }
    for color, words in held.items():
        drawing.cells(x + 12, y + 34 + 28 * color, rows=1, columns=1, size=18, filled=[(0, 0)], color=color)
        drawing.words(x + 40, y + 43 + 28 * color, words)


def table(result):
    columns = [
        label(zh="第几块", en="tile"),
        label(zh="手里的块", en="tiles held"),
        label(zh="算过就扔的块", en="tiles computed and dropped"),
    ]
    return Table(columns, [[one["tile"], one["held"], one["dropped"]] for one in result["steps"]])


def steps(result):
    return [
        label(zh="第一块", en="first tile"),
        label(zh="换下一块键和值", en="next keys and values"),
        label(zh="换下一块查询", en="next queries"),
        label(zh="最后一块", en="last tile"),
    ]
