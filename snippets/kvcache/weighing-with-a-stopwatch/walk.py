"""Time of one token at four depths, to scale: the weights take the same every time, the cache takes more and more."""

from llmnotes.figures import Mechanism, Table, label
from llmnotes.quantities import seconds, tokens
from llmnotes.timing.curves import depth_curve, line_through

RUN = {"model": "ministral-3-14b", "format": "bf16", "chip": "ryzen-ai-max-395-128gb", "version": "vulkan_radv"}
DEPTHS = (0, 16_384, 32_768, 65_536)
AFTER = label(zh="已有 {} 个 token", en="after {} tokens")


# --8<-- [start:compute]
def compute():
    curve = depth_curve(**RUN)
    line = line_through([*curve], [one.seconds for one in curve.values()])
    return {
        "n": {f"n{n}": tokens(n) for n in DEPTHS},
        "start": seconds(line.start),
        "cache": {f"n{n}": seconds(line.slope * n) for n in DEPTHS},
        "total": {f"n{n}": seconds(line.start + line.slope * n) for n in DEPTHS},
    }


# --8<-- [end:compute]


def draw(result, canvas):
    narrow = canvas.narrow
    drawing = Mechanism(canvas, height=322)
    room = drawing.width - (8 if narrow else 60)
    scale = room / max(one.value for one in result["total"].values())
    start = result["start"].value * scale
    for row, key in enumerate(result["n"]):
        top, shown = 4 + 74 * row, tuple(range(min(row, 2) + 1, 4))
        drawing.words(0, top + 10, canvas.say(AFTER).format(canvas.say(result["n"][key])), steps=shown)
        drawing.words(drawing.width, top + 10, result["total"][key], anchor="end", steps=shown)
        said = label(zh="读权重", en="reading weights")
        drawing.box(0, top + 22, start, 34, said, color=0, steps=shown)
        long = result["cache"][key].value * scale
        if long:
            drawing.box(start + 2, top + 22, long - 2, 34, "", color=1, steps=shown)
    say = label(
        zh="伸出来的一段：读缓存，长度和深度成正比", en="what sticks out is the cache, in proportion to the depth"
    )
    short = label(zh="伸出来的：读缓存", en="sticking out: the cache")
    drawing.words(drawing.width, 312, short if narrow else say, anchor="end", muted=True, steps=(3,))
    return drawing


def table(result):
    columns = [
        label(zh="深度", en="depth"),
        label(zh="权重等固定时间", en="weights and all that is fixed"),
        label(zh="读缓存", en="reading the cache"),
        label(zh="一个 token", en="a token"),
    ]
    return Table(
        columns,
        [[result["n"][key], result["start"], result["cache"][key], result["total"][key]] for key in result["n"]],
    )


def steps(result):
    return label(zh="空对话", en="empty"), label(zh="浅", en="shallow"), label(zh="深", en="deep")
