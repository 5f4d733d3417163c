"""The window of the counted turn request by request: what is found in a prefix cache, computed, written, dropped."""

import runpy
from pathlib import Path

from llmnotes.figures import Mechanism, Table, label
from llmnotes.quantities import count, share

ROWS = ("start", "history", "question", "reasoning1", "call", "result", "reasoning2", "answer", "next")
# What happens to each row at each step; a row that is missing is not there yet.
FOUND = dict.fromkeys(ROWS[:3], "found")
STEPS = {
    "first": dict.fromkeys(ROWS[:3], "new") | dict.fromkeys(ROWS[3:5], "written"),
    "second": FOUND | dict.fromkeys(ROWS[3:6], "new") | dict.fromkeys(ROWS[6:8], "written"),
    "dropped": FOUND | dict.fromkeys(ROWS[3:9], "new") | dict.fromkeys(("reasoning1", "reasoning2"), "dropped"),
    "kept": dict.fromkeys(ROWS[:6], "found") | dict.fromkeys(ROWS[6:9], "new"),
}


# --8<-- [start:compute]
def sizes_of(lang):
    """Tokens of each row in the order in which they stand in the window."""
    messages = runpy.run_path(str(Path(__file__).with_name("turn.py")))["messages_of"](lang)
    sizes, thoughts = dict.fromkeys(ROWS, 0), 0
    for message in messages:
        part = {"system": "start", "tools": "start"}.get(message["part"], message["part"])
        if part == "reasoning":
            thoughts += 1
            part = f"reasoning{thoughts}"
        sizes[part] += message["tokens"]
    return sizes


def step(sizes, fates):
    sums = {fate: sum(sizes[row] for row, one in fates.items() if one == fate) for fate in WORDS}
    read = sums["found"] + sums["new"]
    return {**count(sums), "read": count(read), "window": count(read + sums["written"])}


def turn(lang):
    sizes = sizes_of(lang)
    steps = {name: step(sizes, fates) for name, fates in STEPS.items()}
    bill = sum((steps[name]["read"] for name in ("first", "second")), count(0))
    written = sum((steps[name]["written"] for name in ("first", "second")), count(0))
    return {
        "sizes": count(sizes),
        **steps,
        "bill": bill + written,
        "bill_ratio": (bill + written) / steps["second"]["window"],
        "again": share(steps["second"]["found"].value / steps["second"]["read"].value),
    }


WORDS = {
    "found": label(zh="缓存里有", en="found in cache"),
    "new": label(zh="现在算", en="computed now"),
    "written": label(zh="写出来", en="written"),
    "dropped": label(zh="丢掉", en="dropped"),
}


def compute():
    return {lang: turn(lang) for lang in ("zh", "en")}


# --8<-- [end:compute]

NAMES = {
    "start": label(zh="系统提示、工具", en="system, tools"),
    "history": label(zh="历史", en="history"),
    "question": label(zh="问题", en="question"),
    "reasoning1": label(zh="思考", en="reasoning"),
    "call": label(zh="工具调用", en="tool call"),
    "result": label(zh="工具结果", en="tool result"),
    "reasoning2": label(zh="再思考", en="reasoning"),
    "answer": label(zh="回答", en="answer"),
    "next": label(zh="下一个问题", en="next question"),
}
TITLES = {
    "first": label(zh="第一次请求", en="first request"),
    "second": label(zh="带上工具结果", en="with the result"),
    "dropped": label(zh="下一轮，旧思考丢掉", en="next turn, reasoning dropped"),
    "kept": label(zh="下一轮，旧思考留着", en="next turn, reasoning kept"),
}
COLORS = {"found": 2, "new": 0, "written": 1, "dropped": None}


def draw(result, canvas):
    found, narrow = result[canvas.speaker.lang], canvas.narrow
    drawing = Mechanism(canvas, height=38 * len(ROWS) + 34)
    wide, number, fate = (150, 212, 226) if narrow else (300, 400, 430)
    for place, row in enumerate(ROWS):
        fates = {at: fates[row] for at, fates in enumerate(STEPS.values(), 1) if row in fates}
        y = 38 * place
        for what in dict.fromkeys(fates.values()):
            at = [step for step, one in fates.items() if one == what]
            drawing.box(0, y + 1, wide, 32, NAMES[row], color=COLORS[what], dashed=what == "dropped", steps=at)
            drawing.words(fate, y + 17, WORDS[what], muted=True, steps=at)
        drawing.words(number, y + 17, found["sizes"][row], anchor="end", steps=[*fates])
    y = 38 * len(ROWS) + 18
    drawing.words(0, y, label(zh="窗口里一共", en="in the window"))
    for at, name in enumerate(STEPS, 1):
        drawing.words(number, y, found[name]["window"], anchor="end", steps=at)
    return drawing


def table(result):
    columns = [label(zh="请求", en="request"), *WORDS.values(), label(zh="窗口里", en="in the window")]
    rows = [
        [
            label(zh=f"{title.zh}（{spoken}）", en=f"{title.en} ({written})"),
            *(result[lang][name][fate] for fate in WORDS),
            result[lang][name]["window"],
        ]
        for lang, spoken, written in (("zh", "中文", "Chinese"), ("en", "英文", "English"))
        for name, title in TITLES.items()
    ]
    return Table(columns, rows)


def steps(result):
    return [*TITLES.values()]
