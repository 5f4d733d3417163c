"""The way of a token through layers of which some stand in RAM: a dense model, a mixture by layers, and by experts."""

from llmnotes import load_model
from llmnotes.figures import Mechanism, Table, label, name
from llmnotes.quantities import bytes_of, count, number, seconds
from llmnotes.registry import find_chip
from llmnotes.timing.offload import offloaded

CHIP, RAM, N_TOKENS, DRAWN = "rtx-3090", 96e9, 8_192, 8
CASES = {  # model, form, flags, and how many of the layers drawn stand in RAM
    "dense": ("llama-3.3-70b", "Q4_K_M", None, 4),
    "layers": ("gpt-oss-120b", None, (13, 0), 5),
    "experts": ("gpt-oss-120b", None, None, 5),
}
STEPS = {
    "dense": label(zh="稠密，整层放", en="dense, whole layers"),
    "layers": label(zh="MoE，整层放", en="mixture, whole layers"),
    "experts": label(zh="MoE，只放专家", en="mixture, experts only"),
}
TIME = label(zh="一个 token 的时间", en="time of a token")
CARD, RAM_COLOR, CARD_COLOR = 112, 3, 0
IN_RAM, ON_CARD = label(zh="内存", en="RAM"), label(zh="显卡", en="card")


# --8<-- [start:compute]
def case(model_id, form, flags, n_drawn):
    model = load_model(model_id)
    found, step = offloaded(model, find_chip(CHIP), form, n_past=N_TOKENS, ram_bytes_per_s=RAM, flags=flags)
    return {
        "model": model.name,
        "flags": found.flags,
        "held": bytes_of(found.ram_bytes),
        **seconds({"ram": step.expected - step.parts["card"], "card": step.parts["card"], "step": step.expected}),
        "per_s": number(1 / step.expected),
        "n_drawn": count(n_drawn),
    }


def compute():
    return {
        **{key: case(*one) for key, one in CASES.items()},
        "vram": bytes_of(find_chip(CHIP).bandwidth_bytes_per_s) / seconds(1),
        "host": bytes_of(RAM) / seconds(1),
    }


# --8<-- [end:compute]


def draw(result, canvas):
    drawing = Mechanism(canvas, height=312)
    for top, said, bandwidth in ((0, IN_RAM, result["host"]), (CARD, ON_CARD, result["vram"])):
        words = f"{canvas.say(said)} {canvas.say(bandwidth, 'decimal4')}"
        drawing.words(drawing.width, top + 10, words, anchor="end", muted=True)
        drawing.box(1, top + 22, drawing.width - 2, 78, dashed=True)
    for step, key in enumerate(CASES, start=1):
        n_away, moved = result[key]["n_drawn"].value, key != "experts"
        for column in range(DRAWN):
            one_layer(drawing, column, away=column < n_away, moved=moved, dense=key == "dense", step=step)
            if column + 1 < DRAWN:
                path(drawing, column, border=n_away if moved else 0, dense=key == "dense", step=step)
        times(drawing, canvas, result[key], result["dense"]["step"], step)
    return drawing


def place(drawing, column):
    """Left edge and width of a layer."""
    pitch = drawing.width / DRAWN
    return (column + 0.2) * pitch, 0.6 * pitch


def one_layer(drawing, column, *, away, moved, dense, step):
    """What every token reads of a layer, and in a mixture its experts with the one that is read."""
    left, wide = place(drawing, column)
    in_ram = away and moved
    top = 32 if in_ram else CARD + 32
    drawing.box(left, top, wide, 58 if dense else 16, color=RAM_COLOR if in_ram else CARD_COLOR, steps=step)
    if dense:
        return
    size, at = wide / 4, 52 if away else CARD + 52
    rows = min(3, int(42 // size))
    chosen = [(column % rows, (3 * column + 1) % 4)]
    drawing.cells(
        left, at, rows=rows, columns=4, size=size, filled=chosen, color=RAM_COLOR if away else CARD_COLOR, steps=step
    )
    if away and not moved:
        middle, low = left + wide / 2, at + rows * size
        drawing.arrow(middle - 4, top - 2, middle - 4, low + 2, steps=step)
        drawing.arrow(middle + 4, low + 2, middle + 4, top - 2, steps=step)


def path(drawing, column, *, border, dense, step):
    """The token on its way from a layer to the next, down to the card behind the last layer in RAM."""
    (left, wide), (after, _) = place(drawing, column), place(drawing, column + 1)
    height = 61 if dense else 40
    start, end = (height + (0 if at < border else CARD) for at in (column, column + 1))
    drawing.arrow(left + wide + 1, start, after - 1, end, steps=step)


def times(drawing, canvas, found, longest, step):
    """Seconds on each side, to one scale for all steps."""
    scale = (drawing.width - 2) / longest.value
    said = f"{canvas.say(TIME)} {canvas.say(found['step'])}"
    drawing.words(0, 232, said, steps=step)
    ram, card = found["ram"].value * scale, max(found["card"].value * scale, 2)
    drawing.box(1, 246, ram, 26, color=RAM_COLOR, steps=step)
    drawing.box(1 + ram, 246, card, 26, color=CARD_COLOR, steps=step)
    parts = f"{canvas.say(IN_RAM)} {canvas.say(found['ram'])} · {canvas.say(ON_CARD)} {canvas.say(found['card'])}"
    drawing.words(0, 290, parts, muted=True, steps=step)


def table(result):
    columns = [
        label(zh="情形", en="case"),
        "model",
        label(zh="内存里放着", en="held in RAM"),
        label(zh="等内存", en="in RAM, time"),
        label(zh="等显存", en="on the card, time"),
        label(zh="每秒 token", en="tokens a second"),
    ]
    keys = ("held", "ram", "card", "per_s")
    return Table(
        columns,
        [[said, name(result[key]["model"]), *(result[key][part] for part in keys)] for key, said in STEPS.items()],
    )


def steps(result):
    return tuple(STEPS.values())
