"""A card as the log of vLLM fills it, line after line: what is visible, what may be used, and what is left for the cache."""

from itertools import accumulate

from llmnotes import load_model
from llmnotes.engines import vllm
from llmnotes.engines.outline import outline_of
from llmnotes.figures import Mechanism, Table, label
from llmnotes.quantities import bytes_of, count
from llmnotes.units import GIB

KIND = "reported"
LOG = "https://github.com/vllm-project/vllm/issues/10517"
MODEL, UTILIZATION = "llama-3.1-8b", 0.9
# GiB as printed, Llama 3.1 8B on an RTX 3090 with --max-model-len 20000, 2024-12-02.
VISIBLE, WEIGHTS, PEAK, REST, POOL, BLOCKS = 23.58, 14.9888, 17.06, 0.35, 3.81, 1_952
# From the top of the card down.
PARTS = {
    "weights": label(zh="权重", en="weights"),
    "passes": label(zh="激活值的峰值", en="activation peak"),
    "rest": label(zh="PyTorch 以外", en="outside PyTorch"),
    "pool": label(zh="缓存池", en="pool for the cache"),
    "unused": label(zh="不用的一成", en="left unused"),
}
WHOLE = label(zh="看得见的显存", en="visible memory")
# From which step a part is there, and its colour.
SHOWN = {"weights": (3, 0), "passes": (4, 1), "rest": (5, 3), "pool": (6, 2), "unused": (2, None)}
SAID = {
    "visible": f"total_gpu_memory={VISIBLE}GiB",
    "unused": f"gpu_memory_utilization={UTILIZATION:.2f}",
    "weights": f"Loading model weights took {WEIGHTS} GB",
    "passes": f"peak_torch_memory={PEAK}GiB",
    "rest": f"non_torch_memory={REST}GiB",
    "pool": f"kv_cache_size={POOL}GiB",
    "blocks": f"# GPU blocks: {BLOCKS}",
}
TOP, SIDE, TALL = 8, 96, 300
TOKENS = [(0, column) for column in range(16)]


# --8<-- [start:compute]
def compute():
    settings = vllm.Settings(max_model_len=20_000)
    pool = vllm.pool(outline_of(load_model(MODEL)), settings)
    sizes = {"weights": WEIGHTS, "passes": PEAK - WEIGHTS, "rest": REST, "pool": POOL}
    unused = VISIBLE * (1 - UTILIZATION)
    return {
        **bytes_of(
            {key: size * GIB for key, size in {"visible": VISIBLE, **sizes, "unused": unused}.items()}, source=LOG
        ),
        "blocks": count(BLOCKS, source=LOG),
        "block": bytes_of(pool.block_bytes, kind="computed"),
    }


# --8<-- [end:compute]


def draw(result, canvas):
    drawing = Mechanism(canvas, height=TALL + 2 * TOP + (36 if canvas.narrow else 0))
    scale, right = TALL / result["visible"].value, SIDE + 16

    def tell(key, said, middle, seen):
        drawing.words(right, middle, f"{canvas.say(said)} {result[key].value / GIB:.2f} GiB", steps=seen)
        if not canvas.narrow:
            drawing.words(drawing.width - 1, middle, SAID[key], anchor="end", muted=True, steps=seen)

    drawing.box(1, TOP, SIDE, TALL)
    high = {key: scale * result[key].value for key in PARTS}
    top = dict(zip(PARTS, accumulate(high.values(), initial=TOP), strict=False))
    tell("visible", WHOLE, TOP + 12, range(1, 8))
    for key, (first, color) in SHOWN.items():
        seen = range(first, 8)
        drawing.box(1, top[key], SIDE, high[key], color=color, dashed=color is None, steps=seen)
        # Two thin slices follow one another: their words keep a line apart.
        tell(key, PARTS[key], top[key] + {"passes": high[key] / 2 - 6, "pool": 17}.get(key, high[key] / 2), seen)
    drawing.cells(right, top["pool"] + 30, rows=1, columns=16, size=9, filled=TOKENS, color=2, steps=7)
    drawing.words(right + 152, top["pool"] + 35, canvas.say(result["block"]), steps=7)
    if not canvas.narrow:
        drawing.words(drawing.width - 1, top["pool"] + 35, SAID["blocks"], anchor="end", muted=True, steps=7)
    else:
        for step, said in enumerate(SAID.values(), start=1):
            drawing.words(1, TALL + 2 * TOP + 20, said, muted=True, steps=step)
    return drawing


def table(result):
    rows = [[WHOLE, result["visible"]], *([said, result[key]] for key, said in PARTS.items())]
    return Table([label(zh="哪一份", en="part"), "memory"], rows)


def steps(result):
    return (
        label(zh="看得见的", en="visible"),
        label(zh="可用九成", en="nine tenths"),
        label(zh="权重", en="weights"),
        label(zh="激活值", en="activations"),
        label(zh="其他", en="the rest"),
        label(zh="缓存池", en="pool"),
        label(zh="块", en="blocks"),
    )
