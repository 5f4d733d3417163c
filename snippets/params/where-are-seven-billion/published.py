"""What others published about the same models, against the count from the configuration."""

from typing import Any

from llmnotes import count_params, load_model
from llmnotes.figures import SERIES, new_figure
from llmnotes.units import format_exact, format_number

# KerasHub, "params" beside its weights; Gemma report, Table 2; Qwen2.5 7B model card (two decimals). Read 2026-11-25.
PUBLISHED = {
    "llama": ("llama-2-7b", 6_738_415_616),
    "mistral": ("mistral-7b-v0.1", 7_241_732_096),
    "gemma": ("gemma-7b", 8_537_680_896),
    "qwen": ("qwen2.5-7b", 6_993_420_288),
}
GEMMA_WITHOUT_EMBEDDING = 7_751_248_896
GEMMA_EMBEDDING = 786_825_216

TEXT = {
    "zh": {
        "title": "KerasHub 的 {{all}} 个总数里 {{equal}} 个和按配置数出来的一个不差，只有 Qwen2.5 7B 的不对",
        "caption": "条是本站从配置数出来的总数，圆点是 KerasHub 公布的总数。",
        "description": "四根横条各有一个圆点：前三个正好落在条的末端，第四个 Qwen2.5 7B 的不到末端。",
        "counted": "本站数出",
        "published": "公布的总数",
        "x": "参数（B，即十亿）",
        "model": "模型",
    },
    "en": {
        "title": "{{equal}} of KerasHub’s {{all}} totals equal the count from the configuration to the last digit; Qwen2.5 7B’s does not",
        "caption": "Bars are the totals counted from the configurations, dots the totals that KerasHub publishes.",
        "description": "Four bars with a dot each: three sit exactly at the end, that of Qwen2.5 7B falls short of it.",
        "counted": "counted here",
        "published": "published",
        "x": "parameters (B, 10⁹)",
        "model": "model",
    },
}


# --8<-- [start:compute]
def compute() -> dict:
    rows: dict[str, dict[str, Any]] = {}
    for name, (model_id, published) in PUBLISHED.items():
        model = load_model(model_id)
        rows[name] = {"name": model.name, "counted": count_params(model).total, "published": published}
    unequal = [row["name"] for row in rows.values() if row["counted"] != row["published"]]
    if unequal != ["Qwen2.5 7B"]:
        raise ValueError(f"counted and published differ for {', '.join(unequal)}: the page says for Qwen2.5 7B alone")
    gemma, qwen = count_params(load_model("gemma-7b")), count_params(load_model("qwen2.5-7b"))
    if gemma.total - gemma.components["embedding_token"] != GEMMA_WITHOUT_EMBEDDING:
        raise ValueError("Gemma 7B without its embedding differs from the report")
    gemma_width = load_model("gemma-7b").d_model
    tables = qwen.components["embedding_token"] + qwen.components["lm_head"]
    return {
        "rows": rows,
        "n_all": len(rows),
        "n_equal": len(rows) - len(unequal),
        "gemma_rest": gemma.total - gemma.components["embedding_token"],
        "gemma_rows": rows_of(gemma_width),
        "gemma_rows_more": rows_of(gemma_width) - gemma.components["embedding_token"] // gemma_width,
        "qwen_b": qwen.total / 1e9,
        "qwen_rest_b": (qwen.total - tables) / 1e9,
        "qwen_missing": qwen.total - PUBLISHED["qwen"][1],
    }


def rows_of(width) -> int:
    return GEMMA_EMBEDDING // width


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    return {
        "all": format_exact(result["n_all"], lang),
        "equal": format_exact(result["n_equal"], lang),
        "gemma_rest": format_exact(result["gemma_rest"], lang),
        "gemma_rows": format_exact(result["gemma_rows"], lang),
        "gemma_rows_more": format_exact(result["gemma_rows_more"], lang),
        "qwen_b": f"{format_number(result['qwen_b'], 4)} B",
        "qwen_rest_b": f"{format_number(result['qwen_rest_b'], 4)} B",
        "qwen_missing": format_exact(result["qwen_missing"], lang),
    }


def draw(result, text, width):
    rows = list(result["rows"].values())
    fig, ax = new_figure(width, height=260)
    ax.barh(range(len(rows)), [row["counted"] / 1e9 for row in rows], 0.55)
    ax.plot([row["published"] / 1e9 for row in rows], range(len(rows)), "o", color=SERIES[1])
    ax.set_yticks(range(len(rows)), [row["name"] for row in rows])
    ax.invert_yaxis()
    ax.set(xlabel=text["x"])
    return fig


def table(result, text):
    rows = [[row["name"], row["counted"], row["published"]] for row in result["rows"].values()]
    return {"columns": [text["model"], text["counted"], text["published"]], "rows": rows, "unit": ""}


if __name__ == "__main__":
    print(compute())
