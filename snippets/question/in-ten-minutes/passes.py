"""How often the weights are read: once for a prompt and the first written token, once more for each further one."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import read_weight_bytes
from llmnotes.figures import Mechanism, Table, label
from llmnotes.quantities import bytes_of, count

MODEL, N_PROMPT = "llama-3.1-8b", 8_192
N_DRAWN, N_PASSES = 8, 3


# --8<-- [start:compute]
def compute():
    read = bytes_of(read_weight_bytes(cost_profile(load_model(MODEL)), n_tokens=1))
    return {
        "read": read,
        "rows": [{"written": count(n), "read": read * n} for n in range(1, N_PASSES + 1)],
        "prompt": count(N_PROMPT),
    }


# --8<-- [end:compute]


def draw(result, canvas):
    narrow = canvas.narrow
    drawing = Mechanism(canvas, height=226)
    memory, chip, size = (130, 190, 30) if narrow else (250, 470, 44)
    drawing.words(0, 12, "memory", muted=True)
    drawing.words(chip, 12, "chip", muted=True)
    drawing.box(0, 26, memory, 64, label(zh="权重", en="weights"), color=0)
    drawing.arrow(memory + 4, 58, chip - 4, 58)
    drawing.arrow(chip - 4, 116, memory + 4, 116, steps=1)
    drawing.arrow(memory + 4, 116, chip - 4, 116, steps=(2, 3))
    drawing.words(0, 154, label(zh="提示词", en="prompt"), muted=True)
    drawing.words(N_DRAWN * size + 8, 154, label(zh="回答", en="answer"), muted=True)
    drawing.cells(0, 168, rows=1, columns=N_DRAWN, size=size, filled=[(0, at) for at in range(N_DRAWN)], color=2)
    for step, done in ((1, "8,192"), (2, "1"), (3, "1")):
        drawing.box(0, 98, memory - 32 + 10 * step, 34, "kv-cache", color=1, steps=step)
        work = label(zh=f"第 {step} 遍：算 {done} 个 token", en=f"pass {step}: {done} token{'s' if step == 1 else ''}")
        drawing.box(chip, 26, drawing.width - chip, 106, work, steps=step)
        written = [(0, at) for at in range(step)]
        drawing.cells(N_DRAWN * size + 8, 168, rows=1, columns=N_PASSES, size=size, filled=written, color=3, steps=step)
    return drawing


def table(result):
    columns = [
        label(zh="写出的 token", en="tokens written"),
        label(zh="权重一共读了", en="weights read"),
    ]
    return Table(columns, [[one["written"], one["read"]] for one in result["rows"]])


def steps(result):
    return [
        label(zh="预填充：读完，写出第一个", en="prefill: read all, write one"),
        label(zh="解码：写第二个", en="decode: write the second"),
        label(zh="解码：写第三个", en="decode: write the third"),
    ]
