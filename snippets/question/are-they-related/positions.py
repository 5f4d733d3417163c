"""What learned positions add to the parameters as the context grows, for the shapes of GPT-2 and GPT-3."""

from llmnotes import count_params, from_config, registry
from llmnotes.figures import label_lines, new_figure
from llmnotes.units import format_exact, format_percent, format_tokens

SHAPES = ("gpt2", "gpt2-xl", "gpt3-175b", "llama-3.1-8b")

TEXT = {
    "zh": {
        "title": "位置要是靠学，GPT-2 拉到 {{length}} 得添 {{gpt2_growth}} 的参数；Llama 的位置靠算，一个也不添",
        "caption": "只改最大位置数，别的形状不动。纵轴是新增的参数占原模型总数的百分比。",
        "description": "四条线：GPT-2 形状升得最快，GPT-2 XL 慢一些，GPT-3 几乎贴着零，Llama 3.1 8B 一直是零。",
        "x": "最大上下文（token）",
        "y": "新增参数（%）",
    },
    "en": {
        "title": "Learned positions would cost GPT-2 {{gpt2_growth}} more parameters at {{length}}; "
        "Llama computes its own, free",
        "caption": "Only the number of positions changes. The vertical axis is what that adds to the original total.",
        "description": "Four lines: the shape of GPT-2 climbs fastest, GPT-2 XL more slowly, GPT-3 barely leaves zero "
        "and Llama 3.1 8B stays at zero.",
        "x": "longest context (tokens)",
        "y": "added parameters (%)",
    },
}


# --8<-- [start:compute]
def compute() -> dict:
    lengths = [2_048, *range(16_384, 131_073, 16_384)]
    models = {}
    for model_id in SHAPES:
        entry = registry.find(model_id)
        key = "n_positions" if "n_positions" in entry.config else "max_position_embeddings"
        published = count_params(entry.spec)
        learned = published.components.get("embedding_position", 0)
        added = [count_params(from_config(dict(entry.config) | {key: n})).total - published.total for n in lengths]
        models[model_id] = {
            "name": entry.name,
            "n_ctx": entry.config[key],
            "learned": learned,
            "share": learned / published.total,
            "added_percent": [100 * more / published.total for more in added],
            "added_at_128k": added[-1],
            "growth_at_128k": added[-1] / published.total,
        }
    return {"lengths": lengths, "models": models}


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    gpt2, xl, gpt3, llama = result["models"].values()
    return {
        "length": format_tokens(result["lengths"][-1], lang),
        "gpt2_ctx": format_exact(gpt2["n_ctx"], lang),
        "gpt2": format_exact(gpt2["learned"], lang),
        "gpt2_share": format_percent(gpt2["share"], lang),
        "gpt2_growth": format_percent(gpt2["growth_at_128k"], lang),
        "gpt3_ctx": format_exact(gpt3["n_ctx"], lang),
        "gpt3": format_exact(gpt3["learned"], lang),
        "gpt3_share": format_percent(gpt3["share"], lang),
        "gpt3_growth": format_percent(gpt3["growth_at_128k"], lang),
        "xl_added": format_exact(xl["added_at_128k"], lang),
        "xl_growth": format_percent(xl["growth_at_128k"], lang),
        "llama_ctx": format_exact(llama["n_ctx"], lang),
        "llama": format_exact(llama["learned"], lang),
        "llama_share": format_percent(llama["share"], lang),
        "llama_growth": format_percent(llama["growth_at_128k"], lang),
    }


def draw(result, text, width):
    fig, ax = new_figure(width)
    for model in result["models"].values():
        ax.plot(result["lengths"], model["added_percent"], label=model["name"])
    ax.set_xticks([0, 32_768, 65_536, 98_304, 131_072], ["0", "32K", "64K", "96K", "128K"])
    label_lines(ax)
    ax.set(xlabel=text["x"], ylabel=text["y"])
    return fig


def table(result, text):
    models = result["models"].values()
    columns = [[round(value, 3) for value in model["added_percent"]] for model in models]
    rows = zip(result["lengths"], *columns, strict=True)
    return {"columns": [text["x"], *(model["name"] for model in models)], "rows": rows, "unit": text["y"]}


if __name__ == "__main__":
    print(compute())
