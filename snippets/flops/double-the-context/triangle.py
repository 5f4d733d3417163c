"""A prompt doubled: work on weights doubles, the triangle of pairs becomes four; the numbers of Llama 3.1 8B by hand."""

from typing import Any

from llmnotes import forward_flops, load_model
from llmnotes.figures import Mechanism, Table, label
from llmnotes.quantities import count, flops, number, seconds, share, tokens
from llmnotes.registry import find_chip

MODEL, N_TOKENS, SIDE, CHIP = "llama-3.1-8b", 8_192, 4, "h100-sxm-80gb"
# The lengths of the claim of 256 times.
CLAIM = (2_048, 32_768)


# --8<-- [start:compute]
def work(model, n_tokens):
    counted = forward_flops(model, n_tokens, causal=True)
    parts = {"weights": counted.linear, "attention": counted.attention, "total": counted.linear + counted.attention}
    pairs = n_tokens * (n_tokens + 1) // 2
    return flops(parts) | {"n": tokens(n_tokens), "pairs": count(pairs), "share": share(counted.attention_share)}


def compute():
    model = load_model(MODEL)
    attention: Any = model.layers[0].mixer
    feed_forward: Any = model.layers[0].feed_forward
    width, kv_width = attention.n_heads * attention.head_dim, attention.n_kv_heads * attention.head_dim
    d, d_ff = model.d_model, feed_forward.d_ff
    params = d * width + 2 * d * kv_width + width * d + 3 * d * d_ff
    once, twice = work(model, N_TOKENS), work(model, 2 * N_TOKENS)
    peak = find_chip(CHIP).peak_flops_per_s["bf16"]
    short, long = (work(model, n)["total"] for n in CLAIM)
    grown = {part: twice[part] / once[part] for part in ("weights", "attention", "total")}
    return {
        "model": model.name,
        "layers": count(model.n_layers),
        "heads": count(attention.n_heads),
        "head_dim": count(attention.head_dim),
        "d": count(d),
        "kv_width": count(kv_width),
        "d_ff": count(d_ff),
        "width": count(width),
        "params": count(params),
        "crossover": count(params / width),
        "x": number(N_TOKENS * width / params),
        "once": once,
        "twice": twice,
        "grown": grown,
        "claim": long / short,
        "time": seconds({"once": once["total"].value / peak, "twice": twice["total"].value / peak}),
        "idle": share(1 - twice["total"] / (4 * once["total"])),
    }


# --8<-- [end:compute]

PARTS = {
    "weights": label(zh="权重", en="weights"),
    "attention": label(zh="注意力", en="attention"),
    "total": label(zh="一共", en="total"),
}


def below(rows, first=0):
    """Cells that a causal mask lets through, between these rows of a square."""
    return [(row, column) for row in range(first, rows) for column in range(first, row + 1)]


def draw(result, canvas):
    narrow = canvas.narrow
    drawing = Mechanism(canvas, height=270 if narrow else 300)
    size, right, end = (20, 176, 340) if narrow else (26, 300, 520)
    drawing.words(0, 12, label(zh="权重：每个 token 一次", en="weights: once a token"), muted=True)
    pairs = label(zh="注意力：每一对一次", en="attention: once a pair")
    drawing.words(0, 72, pairs, muted=True)
    for side, at in ((SIDE, (1, 2)), (2 * SIDE, 3)):
        every = [(0, column) for column in range(side)]
        drawing.cells(0, 26, rows=1, columns=side, size=size, filled=every, color=2, steps=at)
    drawing.cells(0, 86, rows=SIDE, columns=SIDE, size=size, filled=below(SIDE)[-SIDE:], steps=1)
    drawing.cells(0, 86, rows=SIDE, columns=SIDE, size=size, filled=below(SIDE), steps=2)
    drawing.cells(0, 86, rows=2 * SIDE, columns=2 * SIDE, size=size, filled=below(SIDE), steps=3)
    half = SIDE * size
    drawing.cells(half, 86 + half, rows=SIDE, columns=SIDE, size=size, filled=below(SIDE), steps=3)
    square = [(row, column) for row in range(SIDE) for column in range(SIDE)]
    drawing.cells(0, 86 + half, rows=SIDE, columns=SIDE, size=size, filled=square, color=1, steps=3)
    said = {
        1: label(zh="最后一个 token 看到全部", en="the last token sees all"),
        2: label(zh="合起来是半个方块", en="together: half a square"),
        3: label(zh="两个旧三角，一个方块", en="two triangles, one square"),
    }
    for step, words in said.items():
        drawing.words(right - 8 if narrow else right, 104, words, steps=step)
    for place, (part, words) in enumerate(PARTS.items()):
        y = 152 + 44 * place
        drawing.words(right, y, words, muted=True, steps=(2, 3))
        drawing.words(end, y, result["once"][part], anchor="end", steps=2)
        drawing.words(end, y, result["twice"][part], anchor="end", steps=3)
        drawing.words(end, y + 19, result["grown"][part], anchor="end", muted=True, steps=3)
    return drawing


def table(result):
    rows = [[words, *(result[when][part] for when in ("once", "twice", "grown"))] for part, words in PARTS.items()]
    columns = [label(zh="哪一份", en="part"), result["once"]["n"], result["twice"]["n"], label(zh="倍数", en="ratio")]
    return Table(columns, rows)


def steps(result):
    return [
        label(zh="一个 token 往回看", en="one token looks back"),
        label(zh="整段提示词", en="the whole prompt"),
        label(zh="提示词翻倍", en="twice the prompt"),
    ]
