"""What one more token costs in every registered model."""

from llmnotes import kv_cache, load_model
from llmnotes.figures import SERIES, log2_axis, new_figure
from llmnotes.registry import model_ids
from llmnotes.units import KIB, format_bytes, format_exact, format_ratio

TEXT = {
    "zh": {
        "title": "{{models}} 个登记的模型，多记一个 token 要 {{least}} 到 {{most}}",
        "caption": "每个点是一个模型，从小到大排：上下文从 128K 加到 256K，平均每多一个 token 的缓存，bf16。"
        "这时已经不增长的（只有状态，或窗口都满了）不在图上，数据表里记作 0。",
        "description": "点从左下升到右上，横轴是对数刻度，首尾差几个数量级。",
        "x": "每多一个 token 的缓存（KiB）",
        "y": "模型，从小到大",
        "model": "模型",
        "id": "id",
        "token": "每 token（KiB）",
        "unit": "bf16，批为 1",
    },
    "en": {
        "title": "{{models}} registered models: one more token costs {{least}} to {{most}}",
        "caption": "Each dot is a model, smallest first: bf16 cache of one more token, on average from 128K to 256K. "
        "Models whose cache no longer grows there (state alone, or windows all full) are in the data table as 0, not in the drawing.",
        "description": "Dots rise from lower left to upper right on a logarithmic axis, over orders of magnitude.",
        "x": "cache of one more token (KiB)",
        "y": "models, smallest first",
        "model": "model",
        "id": "id",
        "token": "a token (KiB)",
        "unit": "bf16, batch 1",
    },
}

LENGTH = 128 * 1024


# --8<-- [start:compute]
def compute() -> dict:
    models = []
    for model_id in model_ids():
        model = load_model(model_id)
        once, twice = (kv_cache(model, n_tokens).ideal_bytes for n_tokens in (LENGTH, 2 * LENGTH))
        models.append({"id": model_id, "name": model.name, "per_token": (twice - once) / LENGTH})
    return {"models": sorted(models, key=lambda m: (m["per_token"], m["id"]))}


# --8<-- [end:compute]


def growing(result):
    return [model["per_token"] for model in result["models"] if model["per_token"]]


def claims(result, lang):
    sizes = growing(result)
    return {
        "models": format_exact(len(result["models"])),
        "least": format_bytes(min(sizes), lang),
        "most": format_bytes(max(sizes), lang),
        "spread": format_ratio(max(sizes) / min(sizes), lang),
    }


def draw(result, text, width):
    fig, ax = new_figure(width)
    sizes = growing(result)
    ax.plot([size / KIB for size in sizes], range(1, len(sizes) + 1), "o", markersize=4, color=SERIES[0])
    ax.set_xscale("log", base=2)
    log2_axis(ax.xaxis, label=lambda value: f"{value:g}")
    ax.set(xlabel=text["x"], ylabel=text["y"])
    return fig


def table(result, text):
    rows = [[m["name"], m["id"], m["per_token"] / KIB] for m in result["models"]]
    return {"columns": [text["model"], text["id"], text["token"]], "rows": rows, "unit": text["unit"]}


if __name__ == "__main__":
    print(compute())
