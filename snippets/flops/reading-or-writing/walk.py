"""Whom one reading of the weights serves: a whole prompt, one written token, one token of each sequence of a batch."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import ideal_cache_bytes, read_weight_bytes
from llmnotes.cost.intensity import prompt_intensity, step_intensity
from llmnotes.figures import Mechanism, Table, label
from llmnotes.quantities import bytes_of, count, number

MODEL, N_TOKENS, BATCH = "llama-3.1-8b", 1_024, 4
READ = label(zh="读提示词", en="read a prompt")
WRITE = label(zh="一个人写", en="write for one")
TOGETHER = label(zh="一批人写", en="write for a batch")
SERVES = label(zh="算 {} 个 token", en="serves tokens: {}")
INTENSITY = label(zh="每字节 {} FLOP", en="{} FLOPs a byte")


# --8<-- [start:compute]
def compute():
    profile = cost_profile(load_model(MODEL))
    cache = ideal_cache_bytes(profile, n_tokens=N_TOKENS)
    return {
        "weights": bytes_of(read_weight_bytes(profile, n_tokens=1)),
        "cache": bytes_of({"read": 0, "one": cache, "many": BATCH * cache}),
        "tokens": count({"read": N_TOKENS, "one": 1, "many": BATCH}),
        "intensity": number(
            {
                "read": prompt_intensity(profile, n_tokens=N_TOKENS),
                "one": step_intensity(profile, n_tokens=N_TOKENS),
                "many": step_intensity(profile, n_tokens=N_TOKENS, batch_size=BATCH),
            }
        ),
    }


# --8<-- [end:compute]


def draw(result, canvas):
    narrow = canvas.narrow
    drawing = Mechanism(canvas, height=244)
    memory, chip, size = (124, 176, 19) if narrow else (230, 400, 36)
    drawing.words(0, 12, "memory", muted=True)
    drawing.words(chip, 12, "chip", muted=True)
    drawing.box(chip, 26, drawing.width - chip, 206)
    weights = f"{canvas.say(label(zh='权重', en='weights'))} {canvas.say(result['weights'])}"
    drawing.box(0, 26, memory, 84, weights, color=0)
    drawing.arrow(memory + 4, 68, chip - 4, 68)
    for step, (key, drawn) in enumerate({"read": 8, "one": 1, "many": BATCH}.items(), start=1):
        for row in range(BATCH if key == "many" else int(key == "one")):
            top = 122 + 28 * row
            drawing.box(0, top, memory, 24, "kv-cache", color=1, steps=step)
            drawing.arrow(memory + 4, top + 12, chip - 4, top + 12, steps=step)
            drawing.cells(
                chip + 12,
                top + 12 - size / 2 if narrow else top - 2,
                rows=1,
                columns=1,
                size=min(size, 26),
                filled=[(0, 0)],
                color=2,
                steps=step,
            )
        if key == "read":
            every = [(0, column) for column in range(drawn)]
            drawing.cells(
                chip + 6,
                122,
                rows=1,
                columns=drawn,
                size=size - (1 if narrow else 0),
                filled=every,
                color=2,
                steps=step,
            )
        drawing.words(chip + 10, 52, canvas.say(SERVES).format(canvas.say(result["tokens"][key])), steps=step)
        drawing.words(chip + 10, 84, canvas.say(INTENSITY).format(canvas.say(result["intensity"][key])), steps=step)
    return drawing


def table(result):
    columns = [
        label(zh="哪一遍", en="pass"),
        label(zh="读权重", en="weights read"),
        label(zh="读缓存", en="cache read"),
        label(zh="算几个 token", en="tokens served"),
        label(zh="每字节的 FLOP", en="FLOPs a byte"),
    ]
    rows = zip((READ, WRITE, TOGETHER), ("read", "one", "many"), strict=True)
    cells = [
        [said, result["weights"], *(result[what][key] for what in ("cache", "tokens", "intensity"))]
        for said, key in rows
    ]
    return Table(columns, cells)


def steps(result):
    return READ, WRITE, TOGETHER
