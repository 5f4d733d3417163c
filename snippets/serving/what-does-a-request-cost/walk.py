"""How long one chip is busy for a prompt, for one who writes and for a batch that writes, and what a dollar buys of each."""

from llmnotes import load_model
from llmnotes.equations.pricing import usd_per_million_tokens
from llmnotes.figures import Mechanism, Table, label
from llmnotes.quantities import count, seconds, usd
from llmnotes.registry import find_chip
from llmnotes.timing.estimate import Setup, decode_timing, prefill_timing
from llmnotes.timing.plan import rents
from llmnotes.timing.runtimes import find_runtime

MODEL, CHIP, N_TOKENS, BATCH = "llama-3.1-8b", "h100-sxm-80gb", 1_024, 64
READ = label(zh="读提示词", en="read a prompt")
WRITE = label(zh="一个人写", en="write for one")
TOGETHER = label(zh="一批人写", en="write for a batch")
PASS = label(zh="一遍：{} 个 token，{}", en="tokens in one pass: {}, time: {}")
BUYS = label(zh="一美元买 {}个 token", en="a dollar buys {} tokens")


# --8<-- [start:compute]
def compute():
    model, setup = load_model(MODEL), Setup(find_chip(CHIP), find_runtime("vllm"))
    took = {
        "read": (N_TOKENS, prefill_timing(model, setup, n_new=N_TOKENS).expected),
        "one": (1, decode_timing(model, setup, n_past=N_TOKENS).expected),
        "many": (BATCH, decode_timing(model, setup, n_past=N_TOKENS, batch_size=BATCH).expected),
    }
    costs = {
        key: usd_per_million_tokens(n_chips=1, usd_per_chip_hour=rents()[CHIP], tokens_per_s=n / time)
        for key, (n, time) in took.items()
    }
    return {
        "tokens": count({key: n for key, (n, _) in took.items()}),
        "took": seconds({key: time for key, (_, time) in took.items()}),
        "cost": usd(costs),
        "buys": count({key: round(1e6 / cost, -3) for key, cost in costs.items()}),
        "rent": usd(rents()[CHIP]),
    }


# --8<-- [end:compute]


def draw(result, canvas):
    drawing = Mechanism(canvas, height=232)
    wide, passes = drawing.width, {"read": 1, "one": 5, "many": 3}
    rows = 8
    for step, (key, n) in enumerate(passes.items(), start=1):
        each = (wide - 6 * (n - 1)) / n
        size = min(14, (each - 12) / 24)
        for place in range(n):
            left = place * (each + 6)
            drawing.box(left, 28, each, 130, steps=step)
            columns = {"read": 24, "one": 1, "many": 4}[key]
            high = {"read": rows, "one": 1, "many": rows}[key]
            every = [(row, column) for row in range(high) for column in range(columns)]
            drawing.cells(
                left + (each - columns * size) / 2,
                93 - high * size / 2,
                rows=high,
                columns=columns,
                size=size,
                filled=every,
                color=2 if key == "read" else 1,
                steps=step,
            )
        said = canvas.say(PASS).format(canvas.say(result["tokens"][key]), canvas.say(result["took"][key]))
        drawing.words(0, 12, said, muted=True, steps=step)
        drawing.words(0, 184, canvas.say(BUYS).format(canvas.speaker.say(result["buys"][key], "short3")), steps=step)
    return drawing


def table(result):
    columns = [
        label(zh="哪一遍", en="pass"),
        label(zh="几个 token", en="tokens"),
        label(zh="一遍多久", en="time of a pass"),
        label(zh="每百万 token", en="a million tokens"),
    ]
    rows = zip((READ, WRITE, TOGETHER), ("read", "one", "many"), strict=True)
    return Table(columns, [[said, *(result[what][key] for what in ("tokens", "took", "cost"))] for said, key in rows])


def steps(result):
    return READ, WRITE, TOGETHER
