"""One matrix of Qwen3 8B while it is trained: with gradient, copy and moments; beside an adapter; beside 4 bits."""

from llmnotes import load_model
from llmnotes.equations.training import adapter_params, optimizer_bytes
from llmnotes.figures import Mechanism, Table, label
from llmnotes.finetuning import RANK
from llmnotes.quantities import bytes_of, count
from llmnotes.weights.formats import NAMED

MODEL = "qwen3-8b"
FULL, LORA, QLORA = label(zh="全量", en="full"), label(zh="LoRA", en="LoRA"), label(zh="QLoRA", en="QLoRA")
WEIGHTS, GRADIENT = label(zh="权重", en="weights"), label(zh="梯度", en="gradient")
COPY, MEAN, SQUARE = label(zh="副本", en="copy"), label(zh="一阶矩", en="mean"), label(zh="二阶矩", en="squares")
BESIDE = label(zh="训练所需", en="for training")
FROZEN, ADAPTER = label(zh="冻结", en="frozen"), label(zh="适配器的五份", en="the five of the adapter")
NAMES = {"full": FULL, "lora": LORA, "qlora": QLORA}


# --8<-- [start:compute]
def compute():
    width = load_model(MODEL).d_model
    matrix, adapter = width * width, adapter_params(rank=RANK, rows=width, columns=width)
    nf4 = NAMED["bnb-nf4"]
    frozen = {"lora": 16, "qlora": nf4.bits + nf4.scale_bits / nf4.group}

    def trained(n_params):
        return 4 * n_params + optimizer_bytes(n_params=n_params)

    weights = {"full": 2 * matrix, **{name: matrix * bits / 8 for name, bits in frozen.items()}}
    beside = {"full": trained(matrix) - 2 * matrix, "lora": trained(adapter), "qlora": trained(adapter)}
    return {
        "width": count(width),
        "rank": count(RANK),
        "weights": bytes_of(weights),
        "beside": bytes_of(beside),
        "sums": bytes_of({name: weights[name] + beside[name] for name in weights}),
    }


# --8<-- [end:compute]


def draw(result, canvas):
    drawing = Mechanism(canvas, height=196)
    top, gap = 30, 6
    side = min(76, (drawing.width - 5 * gap) / 5)
    every = ((WEIGHTS, 0, 1), (GRADIENT, 1, 1), (COPY, 2, 2), (MEAN, 2, 2), (SQUARE, 2, 2))
    for place, (what, color, tall) in enumerate(every):
        drawing.box(place * (side + gap), top, side, tall * side, what, color=color, steps=1)
    drawing.box(0, top, side, side, FROZEN, color=0, dashed=True, steps=2)
    drawing.box(0, top, side, side / 4, color=0, dashed=True, steps=3)
    for place, (_, color, tall) in enumerate(every):
        drawing.box(side + 2 * gap + 9 * place, top, 4, tall * side, color=color, steps=(2, 3))
    drawing.words(side + 2 * gap + 56, top + side / 2, ADAPTER, steps=(2, 3))
    for step, name in enumerate(NAMES, start=1):
        both = ((WEIGHTS, "weights"), (BESIDE, "beside"))
        total = " + ".join(f"{canvas.say(what)} {canvas.say(result[key][name])}" for what, key in both)
        drawing.words(0, 14, f"{canvas.say(NAMES[name])}: {total}", steps=step)
    return drawing


def table(result):
    columns = [
        label(zh="方法", en="method"),
        WEIGHTS,
        BESIDE,
        label(zh="合计", en="in all"),
    ]
    return Table(
        columns, [[NAMES[name], *(result[key][name] for key in ("weights", "beside", "sums"))] for name in NAMES]
    )


def steps(result):
    return FULL, LORA, QLORA
