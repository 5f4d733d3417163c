"""What of a prompt is read from the cache and what written to it: four requests, and what each of them pays."""

from llmnotes.bills import bill
from llmnotes.figures import Mechanism, Table, label
from llmnotes.quantities import count, usd
from llmnotes.registry import find_price

PRICE = find_price("claude-opus-4-8")
START, ADDED = 10_000, 2_000
STEPS = {
    "first": label(zh="第一次", en="first request"),
    "next": label(zh="下一次", en="the next"),
    "late": label(zh="过期以后", en="after it expires"),
    "top": label(zh="开头变了", en="changed beginning"),
}
PARTS = {
    "found": label(zh="命中缓存", en="cache read"),
    "kept": label(zh="新算并写入", en="cache write"),
}
WHAT = {
    "system": label(zh="系统提示、工具、任务", en="instructions, tools, task"),
    "answer": label(zh="回答、工具结果", en="answer, tool result"),
    "clock": label(zh="时刻", en="time"),
}


# --8<-- [start:compute]
def request(found, kept):
    cost = bill(PRICE, n_prompt=found + kept, n_output=0, n_cached=found, n_written=kept)
    return {**count({"found": found, "kept": kept, "prompt": found + kept}), "cost": usd(cost)}


def compute():
    return {
        "first": request(0, START),
        "next": request(START, ADDED),
        "late": request(0, START + ADDED),
        "top": request(0, START + ADDED),
        "model": PRICE.name,
    }


# --8<-- [end:compute]


def draw(result, canvas):
    narrow = canvas.narrow
    drawing = Mechanism(canvas, height=214)
    clock, split, end = (52, 224, 338) if narrow else (70, 470, 718)
    for step, key in enumerate(STEPS, start=1):
        hit = key == "next"
        left = clock + 4 if key == "top" else 0
        if key == "top":
            drawing.box(0, 30, clock, 56, WHAT["clock"], color=1, steps=step)
        drawing.box(left, 30, split - left, 56, WHAT["system"], color=2 if hit else 0, steps=step)
        drawing.words(0, 12, PARTS["found" if hit else "kept"], muted=True, steps=step)
        if key != "first":
            drawing.box(split + 4, 30, end - split - 4, 56, WHAT["answer"], color=0, steps=step)
            drawing.words(split + 4, 12, PARTS["kept"], muted=True, steps=step)
        for row, part in enumerate(PARTS):
            y = 116 + 30 * row
            drawing.words(0, y, PARTS[part], steps=step)
            drawing.words(split, y, result[key][part], anchor="end", steps=step)
        drawing.words(0, 190, label(zh="输入的价钱", en="price of the input"), steps=step)
        drawing.words(split, 190, result[key]["cost"], anchor="end", steps=step)
    return drawing


def table(result):
    columns = [label(zh="请求", en="request"), *PARTS.values(), label(zh="输入的价钱", en="price of the input")]
    rows = [[said, *(result[key][part] for part in (*PARTS, "cost"))] for key, said in STEPS.items()]
    return Table(columns, rows)


def steps(result):
    return tuple(STEPS.values())
