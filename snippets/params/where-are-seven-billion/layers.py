"""One layer and the vocabulary tables of four models called 7B, all in one scale: area is parameters."""

from llmnotes import count_params, registry
from llmnotes.figures import Mechanism, Table, label, name
from llmnotes.quantities import count

MODELS = ("llama-2-7b", "mistral-7b-v0.1", "qwen2.5-7b", "gemma-7b")
PARTS = {"layer": label(zh="一层", en="one layer"), "tables": label(zh="词表的表", en="vocabulary tables")}


# --8<-- [start:compute]
def row(model_id):
    entry = registry.find(model_id)
    config, counted = entry.config, count_params(entry.spec)
    layers, heads = config["num_hidden_layers"], config["num_attention_heads"]
    head_dim = config.get("head_dim", config["hidden_size"] // heads)
    tables = {"embedding": counted.components["embedding_token"], "lm-head": counted.components.get("lm_head", 0)}
    return {
        "name": entry.name,
        "layers": count(layers),
        "d": count(config["hidden_size"]),
        "vocab": count(config["vocab_size"]),
        "widths": {"Q": heads * head_dim, "K": config.get("num_key_value_heads", heads) * head_dim},
        "ffn": config["intermediate_size"],
        "layer": count((counted.total - sum(tables.values()) - config["hidden_size"]) // layers),
        "tables": count({table: size for table, size in tables.items() if size}),
    }


def compute():
    rows = [row(model_id) for model_id in MODELS]
    most, least = (choose(one["layers"].value for one in rows) for choose in (max, min))
    return {"rows": rows, "least": count(least), "most": count(most)}


# --8<-- [end:compute]


def draw(result, canvas):
    drawing = Mechanism(canvas, height=456 if canvas.narrow else 290)
    scale = 0.0075 if canvas.narrow else 0.0095  # pixels a row or column
    for step, one in enumerate(result["rows"], start=1):
        bottom = layer(drawing, one, scale, step)
        tables(drawing, one, scale, step, *((0, bottom + 16) if canvas.narrow else (290, 0)))
    return drawing


def layer(drawing, one, scale, step):
    """The seven matrices of a layer; returns where they end."""
    layers, d = drawing.canvas.say(one["layers"]), scale * one["d"].value
    title = label(zh=f"一层，共 {layers} 层", en=f"one layer of {layers}")
    drawing.words(0, 12, title, steps=step)
    x, y = 0.0, 48.0
    for matrix in "QKVO":
        across = max(scale * one["widths"]["Q" if matrix in "QO" else "K"], 1)
        drawing.words(x + max(across, 12) / 2, 36, matrix, anchor="middle", muted=True, steps=step)
        drawing.box(x, y, across, d, color=0, steps=step)
        x += max(across, 12) + 8
    y += d + 6
    for matrix in ("gate", "up", "down"):
        drawing.box(0, y, scale * one["ffn"], d, name(matrix), color=1, steps=step)
        y += d + 6
    said, whole = (drawing.canvas.say(size, "short") for size in (one["layer"], one["layer"] * one["layers"].value))
    times = label(zh=f"{said} × {layers} 层 = {whole}参数", en=f"{said} × {layers} layers = {whole}")
    drawing.words(0, y + 10, times, steps=step)
    return y + 20


def tables(drawing, one, scale, step, x, y):
    """The tables with a row for every token of the vocabulary, as wide as there is room."""
    rows, across = drawing.canvas.say(one["vocab"]), drawing.width - x
    title = label(zh=f"词表：{rows} 行，全模型一份", en=f"vocabulary: {rows} rows, once in the model")
    drawing.words(x, y + 12, title, steps=step)
    y += 26
    for table, size in one["tables"].items():
        tall = scale * scale * size.value / across
        drawing.box(x, y, across, tall, table, color=2, steps=step)
        y += tall + 4
    said = drawing.canvas.say(sum(one["tables"].values()), "short")
    drawing.words(x, y + 12, label(zh=f"{said}参数", en=f"{said} parameters"), steps=step)


def table(result):
    rows = [[name(one["name"]), one["layers"], one["layer"], sum(one["tables"].values())] for one in result["rows"]]
    return Table(["model", label(zh="层数", en="layers"), *PARTS.values()], rows)


def steps(result):
    return [name(one["name"]) for one in result["rows"]]
