"""What half of the weights frees and what half of the cache frees: a short context, a long one, and many users."""

from llmnotes import kv_cache, load_model
from llmnotes.figures import Mechanism, Table, label
from llmnotes.quantities import bytes_of, count, tokens
from llmnotes.weights.sizes import stored_weights

MODEL = "llama-3.1-8b"
CASES = {"short": (8_192, 1), "long": (131_072, 1), "many": (8_192, 32)}
STEPS = {
    "short": label(zh="一个人，8K", en="one user, 8K"),
    "long": label(zh="一个人，128K", en="one user, 128K"),
    "many": label(zh="32 个人，各 8K", en="32 users, 8K each"),
}
WHAT = {"weights": label(zh="权重", en="weights"), "cache": "kv-cache"}
FREED = label(zh="减半省下", en="half frees")


# --8<-- [start:compute]
def compute():
    model = load_model(MODEL)
    weights = stored_weights(model, "bf16").running_bytes
    found = {}
    for key, (n_tokens, n_users) in CASES.items():
        sizes = {"weights": weights, "cache": n_users * kv_cache(model, n_tokens).ideal_bytes}
        found[key] = bytes_of({**sizes, **{f"{part}_freed": size / 2 for part, size in sizes.items()}})
    return {"model": model.name, **found, "n_users": count(CASES["many"][1]), "length": tokens(CASES["short"][0])}


# --8<-- [end:compute]


def draw(result, canvas):
    drawing = Mechanism(canvas, height=190)
    scale = (drawing.width - 2) / max(size.value for key in CASES for size in result[key].values())
    for step, key in enumerate(CASES, start=1):
        for row, (part, said) in enumerate(WHAT.items()):
            size, freed, top = result[key][part], result[key][f"{part}_freed"], 96 * row
            half = scale * freed.value
            drawing.words(0, top + 12, f"{canvas.say(said)} {canvas.say(size, 'bytes4')}", steps=step)
            at = drawing.width
            drawing.words(at, top + 12, f"{canvas.say(FREED)} {canvas.say(freed)}", anchor="end", steps=step)
            drawing.box(1, top + 30, half, 46, color=2 * row, steps=step)
            drawing.box(1 + half, top + 30, half, 46, dashed=True, steps=step)
    return drawing


def table(result):
    columns = [label(zh="情形", en="case"), *WHAT.values(), *(freed(part) for part in WHAT)]
    keys = (*WHAT, *(f"{part}_freed" for part in WHAT))
    return Table(columns, [[said, *(result[key][part] for part in keys)] for key, said in STEPS.items()])


def freed(part):
    zh, en = {"weights": ("权重减半省下", "half the weights"), "cache": ("缓存减半省下", "half the cache")}[part]
    return label(zh=zh, en=en)


def steps(result):
    return tuple(STEPS.values())
