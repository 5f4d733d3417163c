"""One layer of Llama 3.1 8B: its matrices to scale, beside the cache that grows by a column with every token."""

from llmnotes import registry
from llmnotes.figures import Mechanism, Table, label
from llmnotes.quantities import bytes_of, count

N_BYTES = 2
SEEN = (1, 4, 12)


# --8<-- [start:compute]
def compute():
    config = registry.find("llama-3.1-8b").config
    d, d_ff, vocab, layers = (
        config[k] for k in ("hidden_size", "intermediate_size", "vocab_size", "num_hidden_layers")
    )
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    head_dim = d // heads
    query, key, wide, norms = 2 * d * heads * head_dim, 2 * d * kv_heads * head_dim, 3 * d * d_ff, 2 * d
    layer = query + key + wide + norms
    one_token = 2 * kv_heads * head_dim * N_BYTES
    return {
        "shape": count({"d": d, "d_ff": d_ff, "vocab": vocab, "layers": layers, "heads": heads, "kv_heads": kv_heads}),
        "head_dim": count(head_dim),
        "kv_width": count(kv_heads * head_dim),
        "part": count({"query": query, "key": key, "wide": wide, "norms": norms, "tables": 2 * vocab * d, "last": d}),
        "layer": count(layer),
        "all_layers": count(layers * layer),
        "total": count(layers * layer + 2 * vocab * d + d),
        "added": bytes_of(one_token),
        "token": bytes_of(layers * one_token),
        "full": bytes_of(131_072 * layers * one_token),
        "seen": [{"n": count(n), "cache": bytes_of(n * one_token), "scores": count(n * heads)} for n in SEEN],
    }


# --8<-- [end:compute]


def draw(result, canvas):
    drawing = Mechanism(canvas, height=492 if canvas.narrow else 408)
    weights(drawing, result, side=48 if canvas.narrow else 72)
    cache(drawing, result, *((0, 290, 10) if canvas.narrow else (440, 0, 15)))
    return drawing


def weights(drawing, result, side):
    """The seven matrices, `side` pixels for every 4,096 rows or columns."""
    say, shape = drawing.canvas.say, result["shape"]
    d, kv, wide = shape["d"], result["kv_width"], shape["d_ff"]
    thin, long = side * kv.value / d.value, side * wide.value / d.value
    drawing.words(0, 12, label(zh="文件里：32 层中的一层", en="In the file: one layer of 32"))
    x, y = 0.0, 32.0
    for name, across in (("Q", side), ("K", thin), ("V", thin), ("O", side)):
        drawing.box(x, y, across, side, name, color=0)
        x += across + 8
    for line, (names, across) in enumerate((("Q, O", d), ("K, V", kv))):
        drawing.words(x + 4, y + side / 2 - 10 + 22 * line, f"{names}: {say(d)} × {say(across)}", muted=True)
    for name, shown in (("gate", (d, wide)), ("up", (d, wide)), ("down", (wide, d))):
        y += side + 8
        drawing.box(0, y, long, side, f"{name} {say(shown[0])} × {say(shown[1])}", color=0)
    n = say(result["layer"])
    drawing.words(0, y + side + 20, label(zh=f"{n} 个参数，不变", en=f"{n} parameters, always"))


def cache(drawing, result, x, y, size):
    """Keys and values of the tokens so far, and the newest token's scores, at each step."""
    narrow = drawing.canvas.narrow
    drawing.words(x, y + 12, label(zh="显存里：这次对话的缓存", en="In memory: this conversation"))
    rows = result["shape"]["kv_heads"].value
    places = ((x, y + 52), (x + 14 * size, y + 52)) if narrow else ((x, y + 52), (x, y + 82 + rows * size))
    below = places[1][1] + rows * size
    names = (label(zh="键：8 个头", en="keys of 8 heads"), label(zh="值：8 个头", en="values of 8 heads"))
    for (left, top), name in zip(places, names, strict=True):
        drawing.words(left, top - 14, name, muted=True)
    before = 0
    for step, one in enumerate(result["seen"], start=1):
        n = one["n"].value
        for left, top in places:
            new = [(row, column) for row in range(rows) for column in range(n - before)]
            at = {"x": left + before * size, "y": top, "rows": rows, "columns": n - before, "size": size}
            drawing.cells(**at, filled=new, color=1, steps=range(step, len(SEEN) + 1))
        before = n
        said, scores = drawing.canvas.say(one["cache"]), drawing.canvas.say(one["scores"])
        drawing.box(x, below + 12, n * size, size, dashed=True, steps=step)
        thrown = label(zh=f"{scores} 个分数，用完就扔", en=f"{scores} scores, thrown away")
        drawing.words(x, below + 40, thrown, muted=True, steps=step)
        kept = label(zh=f"这一层的缓存：{said}", en=f"cache of this layer: {said}")
        drawing.words(x, below + 64, kept, steps=step)


def table(result):
    columns = [
        "tokens",
        label(zh="这一层的参数", en="parameters of the layer"),
        label(zh="这一层的缓存", en="cache of the layer"),
        label(zh="最新 token 的分数", en="scores of the newest token"),
    ]
    return Table(columns, [[one["n"], result["layer"], one["cache"], one["scores"]] for one in result["seen"]])


def steps(result):
    return [label(zh=f"{n} 个 token", en=f"{n} token{'s' * (n > 1)}") for n in SEEN]
