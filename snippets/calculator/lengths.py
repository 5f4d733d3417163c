"""The cache of every registered model at three lengths, for readers whose browser runs no script."""

from llmnotes import count_params, kv_cache, load_model
from llmnotes.figures import SERIES, log2_axis, new_figure
from llmnotes.registry import model_ids
from llmnotes.units import GIB, format_bytes, format_exact, format_tokens

TEXT = {
    "zh": {
        "title": "记住 {{length}} 个 token：{{models}} 个登记的模型从 {{least}} 到 {{most}}",
        "caption": "每个点是一个模型：横轴是参数，纵轴是 128K 时的理想缓存，bf16，含状态。",
        "description": "点散成一片，参数差不多的模型，缓存可以差一两个数量级。两轴都是对数刻度。",
        "x": "参数（十亿）",
        "y": "128K 时的缓存（GiB）",
        "model": "模型",
        "id": "id",
        "params": "参数",
        "k8": "8K",
        "k32": "32K",
        "k128": "128K",
        "unit": "缓存（GiB），bf16，批为 1，含状态",
    },
    "en": {
        "title": "Remembering {{length}} tokens: {{models}} registered models, {{least}} to {{most}}",
        "caption": "Each dot is a model: parameters across, ideal cache at 128K upwards, bf16, state included.",
        "description": "The dots scatter: models of about as many parameters have caches that differ by an order of magnitude or two. "
        "Both axes are logarithmic.",
        "x": "parameters (billions)",
        "y": "cache at 128K (GiB)",
        "model": "model",
        "id": "id",
        "params": "parameters",
        "k8": "8K",
        "k32": "32K",
        "k128": "128K",
        "unit": "cache (GiB), bf16, batch 1, state included",
    },
}

LENGTHS = (8 * 1024, 32 * 1024, 128 * 1024)


# --8<-- [start:compute]
def compute() -> dict:
    models = []
    for model_id in model_ids():
        model = load_model(model_id)
        sizes = [kv_cache(model, n_tokens).ideal_bytes for n_tokens in LENGTHS]
        models.append({"id": model_id, "name": model.name, "params": count_params(model).total, "sizes": sizes})
    return {"length": LENGTHS[-1], "models": sorted(models, key=lambda m: (m["params"], m["id"]))}


# --8<-- [end:compute]


def claims(result, lang):
    longest = [model["sizes"][-1] for model in result["models"]]
    return {
        "length": format_tokens(result["length"]),
        "models": format_exact(len(longest)),
        "least": format_bytes(min(longest), lang),
        "most": format_bytes(max(longest), lang),
    }


def draw(result, text, width):
    fig, ax = new_figure(width)
    params = [model["params"] / 1e9 for model in result["models"]]
    ax.plot(params, [model["sizes"][-1] / GIB for model in result["models"]], "o", markersize=4, color=SERIES[0])
    ax.set_xscale("log", base=2)
    ax.set_yscale("log", base=2)
    for axis in (ax.xaxis, ax.yaxis):
        log2_axis(axis, label=lambda value: f"{value:g}")
    ax.set(xlabel=text["x"], ylabel=text["y"])
    return fig


def table(result, text):
    rows = [[m["name"], m["id"], m["params"], *(size / GIB for size in m["sizes"])] for m in result["models"]]
    columns = [text[key] for key in ("model", "id", "params", "k8", "k32", "k128")]
    return {"columns": columns, "rows": rows, "unit": text["unit"]}


if __name__ == "__main__":
    print(compute())
