"""Every registered model whose authors claim a context: its parameters against that claim."""

from llmnotes import count_params, registry
from llmnotes.figures import SERIES, log2_axis, new_figure
from llmnotes.units import format_count, format_exact, format_percent, format_ratio, format_tokens

# Where a name stands: offset from its point and the side of the text that touches it.
LABELLED = {
    "gpt2": ((0, 9), "left"),
    "gpt3-175b": ((10, -5), "left"),
    "llama-2-70b": ((10, -5), "left"),
    "llama-3.2-1b": ((24, 9), "right"),
    "llama-4-scout": ((10, -5), "left"),
    "nemotron-3-nano-30b": ((0, 9), "center"),
}
NARROW = ("gpt3-175b", "llama-3.2-1b", "llama-4-scout")

TEXT = {
    "zh": {
        "title": "小模型能标长上下文，大模型也能标短的：大小定不了上下文",
        "caption": "每个点是一个登记了标称上下文的模型：参数是数出来的，上下文引自作者。两根轴都是对数。",
        "description": "散点图。左上角有小模型配长上下文，右下角有大模型配短上下文，两种搭配都有人做。",
        "x": "参数（个）",
        "y": "标称上下文（token）",
        "model": "模型",
    },
    "en": {
        "title": "Small models may claim a long context and large ones a short one: size does not fix it",
        "caption": "A dot is a registered model: parameters counted, context as its authors claim it. "
        "Both axes are logarithmic.",
        "description": "A scatter plot: small models with long contexts at the top left, large models with short "
        "contexts at the bottom right; both have been built.",
        "x": "parameters",
        "y": "claimed context (tokens)",
        "model": "model",
    },
}


# --8<-- [start:compute]
def compute() -> dict:
    models: list[dict] = []
    for model_id in registry.model_ids():
        entry = registry.find(model_id)
        if entry.context_advertised is None:
            continue
        count = count_params(entry.spec)
        learned = count.components.get("embedding_position", 0)
        point = {"name": entry.name, "params": count.total, "context": entry.context_advertised, "learned": learned}
        models.append({"id": model_id, **point})
    small, large = (next(m for m in models if m["id"] == model_id) for model_id in ("llama-3.2-1b", "gpt3-175b"))
    return {
        "models": models,
        "n_models": len(models),
        "n_learned": sum(model["learned"] > 0 for model in models),
        "params_share": small["params"] / large["params"],
        "context_ratio": small["context"] / large["context"],
        "small": small,
    }


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    return {
        "n_models": format_exact(result["n_models"], lang),
        "n_learned": format_exact(result["n_learned"], lang),
        "params_share": format_percent(result["params_share"], lang),
        "context_ratio": format_ratio(result["context_ratio"], lang),
        "small_params": format_count(result["small"]["params"], lang),
        "small_context": format_tokens(result["small"]["context"], lang),
    }


def draw(result, text, width):
    fig, ax = new_figure(width)
    models = result["models"]
    params, contexts = [model["params"] for model in models], [model["context"] for model in models]
    ax.plot(params, contexts, "o", color=SERIES[0], alpha=0.75)
    for model in models:
        if model["id"] in (LABELLED if width == "wide" else NARROW):
            point = (model["params"], model["context"])
            offset, side = LABELLED[model["id"]]
            ax.annotate(model["name"], point, xytext=offset, textcoords="offset points", ha=side)
    ax.set_xscale("log")
    ax.minorticks_off()
    ax.set_xticks([1e8, 1e9, 1e10, 1e11, 1e12], ["0.1B", "1B", "10B", "100B", "1000B"])
    log2_axis(ax.yaxis)
    ax.set(xlim=(min(params) / 2, max(params) * 3), ylim=(min(contexts) / 2, max(contexts) * 3))
    ax.set(xlabel=text["x"], ylabel=text["y"])
    return fig


def table(result, text):
    rows = [[model["name"], model["params"], model["context"]] for model in result["models"]]
    return {"columns": [text["model"], text["x"], text["y"]], "rows": rows, "unit": ""}


if __name__ == "__main__":
    print(compute())
