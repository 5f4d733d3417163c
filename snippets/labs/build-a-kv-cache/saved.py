"""FLOPs of writing a text token by token, with a KV cache and without one."""

from llmnotes import forward_flops, load_model
from llmnotes.figures import label_lines, log2_axis, new_figure, series
from llmnotes.units import format_exact, format_number

TEXT = {
    "zh": {
        "title": "写 {{n}} 个 token，不带缓存要做 {{ratio}} 倍的运算",
        "caption": "不带缓存，写每个 token 都要把前面全部重算一遍；带缓存，每个 token 只算一次。只计矩阵乘法，因果注意力。",
        "description": "两条线：带缓存的运算量几乎随长度成正比，不带缓存的随长度的平方增长，差距越拉越大。",
        "x": "写出的 token 数",
        "y": "累计运算量（TFLOP）",
        "with": "带缓存",
        "without": "不带缓存",
    },
    "en": {
        "title": "Writing {{n}} tokens without a cache takes {{ratio}} times the arithmetic",
        "caption": "Without a cache each new token computes all earlier ones again; with one, each is computed once. Matrix products only, causal attention.",
        "description": "Two lines: with a cache the arithmetic grows almost in proportion to the length, without one with its square, so the gap widens.",
        "x": "tokens written",
        "y": "arithmetic so far (TFLOP)",
        "with": "with a cache",
        "without": "without a cache",
    },
}


# --8<-- [start:compute]
def compute() -> dict:
    model = load_model("llama-3.1-8b")
    lengths = [16, 32, 64, 128, 256, 512, 1024]
    again, once = [], []
    redone = 0.0
    for n in range(1, lengths[-1] + 1):
        redone += forward_flops(model, n_new=n, n_past=0, causal=True, logits="last").total
        if n in lengths:
            again.append(redone)
            once.append(
                sum(forward_flops(model, n_new=1, n_past=past, causal=True, logits="last").total for past in range(n))
            )
    return {"model": model.name, "lengths": lengths, "without": again, "with": once}


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    return {
        "n": format_exact(result["lengths"][-1], lang),
        "ratio": format_number(result["without"][-1] / result["with"][-1], 3),
    }


def draw(result, text, width):
    fig, ax = new_figure(width)
    for index, kind in enumerate(("without", "with")):
        ax.plot(result["lengths"], [flops / 1e12 for flops in result[kind]], label=text[kind], **series(index))
    log2_axis(ax.xaxis)
    log2_axis(ax.yaxis, label="{:,g}".format)
    ax.set(xlabel=text["x"], ylabel=text["y"])
    label_lines(ax)
    return fig


def table(result, text):
    rows = [
        [n, a / 1e12, b / 1e12] for n, a, b in zip(result["lengths"], result["without"], result["with"], strict=True)
    ]
    return {"columns": [text["x"], text["without"], text["with"]], "rows": rows, "unit": text["y"]}


if __name__ == "__main__":
    print(compute())
