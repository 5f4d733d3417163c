"""Where the time to the first token goes, to scale: a queue, a prompt read whole, one in chunks, and a cached one."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import causal_flops
from llmnotes.figures import Mechanism, Table, label
from llmnotes.quantities import count, seconds, tokens
from llmnotes.registry import find_chip

PROFILE, CHIP = cost_profile(load_model("llama-3.1-8b")), find_chip("h100-sxm-80gb")
PROMPT, CHUNK, CACHED = 32_768, 8_192, 0.9
STEPS = {
    "queue": label(zh="先排队", en="queue first"),
    "whole": label(zh="一口气读完", en="read whole"),
    "chunks": label(zh="分块读", en="read in chunks"),
    "cached": label(zh="九成有缓存", en="90% cached"),
}
FIRST = label(zh="第一个 token：{}", en="first token after {}")
PAUSE = label(zh="最长停 {}", en="longest pause {}")
YOURS, THEIRS = label(zh="你的提示词", en="your prompt"), label(zh="别人正在写的回答", en="an answer to somebody else")
OTHER = label(zh="别人的提示词", en="another prompt")


# --8<-- [start:compute]
def passes(*tokens_each, past=0):
    """Least time of each pass over a prompt, one after the other."""
    found = []
    for n in tokens_each:
        found.append(causal_flops(PROFILE, n_new=n, n_past=past, n_logits=1) / CHIP.peak_flops_per_s["bf16"])
        past += n
    return found


def compute():
    past = round(CACHED * PROMPT)
    runs = {
        "queue": 2 * passes(PROMPT),
        "whole": passes(PROMPT),
        "chunks": passes(*[CHUNK] * (PROMPT // CHUNK)),
        "cached": passes(PROMPT - past, past=past),
    }
    return {
        "prompt": tokens(PROMPT),
        "chunk": count(CHUNK),
        "passes": {key: seconds(run) for key, run in runs.items()},
        "first": {key: seconds(sum(run)) for key, run in runs.items()},
        "pause": {key: seconds(max(run)) for key, run in runs.items()},
    }


# --8<-- [end:compute]


def draw(result, canvas):
    narrow = canvas.narrow
    drawing = Mechanism(canvas, height=190)
    size = 10 if narrow else 14
    scale = (drawing.width - 2 * size) / result["first"]["queue"].value
    drawing.words(0, 12, YOURS, muted=True)
    drawing.words(0, 112, THEIRS, muted=True)
    for step, key in enumerate(STEPS, start=1):
        at = 0.0
        for index, each in enumerate(result["passes"][key]):
            wide, waits = each.value * scale, key == "queue" and index == 0
            said = OTHER if waits else YOURS if key in ("queue", "whole") else ""
            drawing.box(at, 26, wide - 2, 40, said, color=None if waits else 0, dashed=waits, steps=step)
            taken = size + 2 if index else 0  # by the token of the pass before
            drawing.box(at + taken, 126, wide - 2 - taken, size, dashed=True, steps=step)
            at += wide
            drawing.cells(at, 126, rows=1, columns=1, size=size, filled=[(0, 0)], color=1, steps=step)
        drawing.cells(at, 46 - size / 2, rows=1, columns=1, size=size, filled=[(0, 0)], color=2, steps=step)
        first, pause = canvas.say(result["first"][key]), canvas.say(result["pause"][key])
        drawing.words(0, 82, canvas.say(FIRST).format(first), steps=step)
        drawing.words(0, 164, canvas.say(PAUSE).format(pause), steps=step)
        if key != "queue":  # one small cell for each of the tokens that follow undisturbed
            room = int((drawing.width - at - 2 * size) / (size + 3))
            for index in range(min(room, 8)):
                left = at + (index + 1) * (size + 3)
                drawing.cells(left, 126, rows=1, columns=1, size=size, filled=[(0, 0)], color=1, steps=step)
    return drawing


def table(result):
    columns = [
        label(zh="步骤", en="step"),
        label(zh="你的第一个 token", en="your first token"),
        label(zh="别人最长停多久", en="longest pause of the other"),
    ]
    return Table(columns, [[said, result["first"][key], result["pause"][key]] for key, said in STEPS.items()])


def steps(result):
    return tuple(STEPS.values())
