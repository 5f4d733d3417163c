"""How many parameters models of one width have: what the width of a hidden model does and does not tell."""

from llmnotes import count_params, registry
from llmnotes.figures import SERIES, new_figure
from llmnotes.units import format_count, format_exact, format_ratio

TEXT = {
    "zh": {
        "title": "宽度同是 {{width}}，参数从 {{fewest}}到 {{most}}，差 {{spread}}",
        "caption": "登记在册、宽度为 4,096 的每个模型一个点，按参数从少到多排。知道宽度，推不出参数总数。",
        "description": "一列点从左到右上升；前面一串稠密模型挤在几十亿，后面的混合专家模型跳到上千亿。",
        "dense": "稠密",
        "experts": "混合专家",
        "x": "参数（十亿个，对数刻度）",
        "model": "模型",
        "layers": "层",
        "params": "参数（个）",
    },
    "en": {
        "title": "The same width of {{width}}: from {{fewest}} to {{most}} parameters, {{spread}} apart",
        "caption": "Every registered model of width 4,096, one dot each, fewest parameters first. The width does not give "
        "the total.",
        "description": "A column of dots; dense models crowd at a few billion, mixtures of experts reach hundreds.",
        "dense": "dense",
        "experts": "mixture of experts",
        "x": "parameters (billions, log scale)",
        "model": "model",
        "layers": "layers",
        "params": "parameters",
    },
}

WIDTH = 4_096
RUMOR = 20_000_000_000


# --8<-- [start:compute]
def compute() -> dict:
    rows: list[dict] = []
    for model_id in registry.model_ids():
        entry = registry.find(model_id)
        if entry.spec.d_model == WIDTH:
            count = count_params(entry.spec)
            mixture = "experts_routed" in count.components
            rows.append({"name": entry.name, "params": count.total, "layers": entry.spec.n_layers, "experts": mixture})
    rows.sort(key=lambda row: row["params"])
    return {
        "width": WIDTH,
        "rumor": RUMOR,
        "rows": rows,
        "fewest": rows[0]["params"],
        "most": rows[-1]["params"],
        "spread": rows[-1]["params"] / rows[0]["params"],
    }


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    return {
        "width": format_exact(result["width"], lang),
        "rumor": format_count(result["rumor"], lang),
        "n_models": format_exact(len(result["rows"]), lang),
        "fewest": format_count(result["fewest"], lang),
        "most": format_count(result["most"], lang),
        "spread": format_ratio(result["spread"], lang),
    }


def draw(result, text, width):
    rows = result["rows"]
    fig, ax = new_figure(width, height=90 + 23 * len(rows))
    for kind, color, marker in (("dense", SERIES[0], "o"), ("experts", SERIES[1], "s")):
        places = [place for place, row in enumerate(rows) if row["experts"] == (kind == "experts")]
        ax.plot([rows[place]["params"] / 1e9 for place in places], places, marker, color=color, label=text[kind])
    ax.set_yticks(range(len(rows)), [row["name"] for row in rows])
    ax.invert_yaxis()
    ax.set_xscale("log")
    ax.minorticks_off()
    ax.set_xticks([10, 100], ["10", "100"])
    ax.set(xlabel=text["x"], xlim=(4, 600))
    ax.legend()
    return fig


def table(result, text):
    rows = [[row["name"], row["layers"], row["params"]] for row in result["rows"]]
    return {"columns": [text["model"], text["layers"], text["params"]], "rows": rows, "unit": ""}


if __name__ == "__main__":
    print(compute())
