"""Every term of a GPT-3 prefill at 2K and at 32K: two grow with the square, the others with the length."""

from llmnotes import forward_flops, load_model
from llmnotes.equations import flops
from llmnotes.figures import SERIES, new_figure, paired_dots
from llmnotes.units import format_flops, format_percent, format_ratio, format_tokens

TEXT = {
    "zh": {
        "title": "涨到 {{score}}的只有 QKᵀ 和 AV，整段预填充是 {{whole}}",
        "caption": "GPT-3 形状，整段预填充，因果注意力，每层都看全文，输出头不算。实心 2K，空心 32K，对数刻度。",
        "description": "六行，每行两个点。投影和前馈相距一样近，两个分数项相距最远，合计那一行离前者近得多。",
        "x": "FLOPs（对数刻度）",
        "qkv": "查询、键、值投影",
        "scores": "QKᵀ",
        "values": "AV",
        "output": "输出投影",
        "feed_forward": "前馈",
        "total": "合计",
        "term": "项",
        "ratio": "倍数",
    },
    "en": {
        "title": "Only QKᵀ and AV become {{score}}; the whole prefill becomes {{whole}}",
        "caption": "Shape of GPT-3, one whole prefill, causal, every layer sees everything, output head left out. "
        "Solid 2K, hollow 32K, log scale.",
        "description": "Six rows of two dots. Projections and feed-forward lie equally close, the two score terms lie "
        "furthest apart, and the total is much nearer to the former.",
        "x": "FLOPs (log scale)",
        "qkv": "query, key, value projections",
        "scores": "QKᵀ",
        "values": "AV",
        "output": "output projection",
        "feed_forward": "feed-forward",
        "total": "total",
        "term": "term",
        "ratio": "ratio",
    },
}

MODEL, SHORT, LONG = "gpt3-175b", 2_048, 32_768


# --8<-- [start:compute]
def compute() -> dict:
    model = load_model(MODEL)
    attention, feed_forward = blocks_of_a_layer(model)
    d, d_ff, n_layers = model.d_model, feed_forward.d_ff, model.n_layers
    weights = {"qkv": 3 * d * d, "output": d * d, "feed_forward": 2 * d * d_ff}
    rows = {"qkv": {}, "scores": {}, "values": {}, "output": {}, "feed_forward": {}, "total": {}}
    for n in (SHORT, LONG):
        pairs = flops.causal_pairs(n_new=n, n_past=0)
        for term, n_params in weights.items():
            rows[term][n] = n_layers * n * flops.matrix_flops(n_params=n_params)
        for term in ("scores", "values"):
            rows[term][n] = n_layers * pairs * 2 * attention.n_heads * attention.head_dim
        rows["total"][n] = sum(row[n] for row in rows.values() if n in row)
    short, long = (forward_flops(model, n, causal=True) for n in (SHORT, LONG))
    square_short, square_long = (forward_flops(model, n) for n in (SHORT, LONG))
    step_short, step_long = (forward_flops(model, 1, n, causal=True) for n in (SHORT, LONG))
    return {
        "short": SHORT,
        "long": LONG,
        "longer": LONG / SHORT,
        "terms": list(rows),
        "at_short": [row[SHORT] for row in rows.values()],
        "at_long": [row[LONG] for row in rows.values()],
        "ratios": [row[LONG] / row[SHORT] for row in rows.values()],
        "share_short": short.attention_share,
        "share_long": long.attention_share,
        "square_share_short": square_short.attention_share,
        "square_share_long": square_long.attention_share,
        "squares": blocks(square_long) / blocks(square_short),
        "step": blocks(step_long) / blocks(step_short),
    }


def blocks_of_a_layer(model):
    return model.layers[0].mixer, model.layers[0].feed_forward


def blocks(count) -> int:
    return count.linear + count.attention


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    at = {term: place for place, term in enumerate(result["terms"])}
    found = {f"{term}_ratio": format_ratio(result["ratios"][at[term]], lang) for term in ("feed_forward", "total")}
    for term in ("scores", "total"):
        found[f"{term}_short"] = format_flops(result["at_short"][at[term]], lang)
        found[f"{term}_long"] = format_flops(result["at_long"][at[term]], lang)
    return found | {
        "short": format_tokens(result["short"], lang),
        "long": format_tokens(result["long"], lang),
        "longer": format_ratio(result["longer"], lang),
        "score": format_ratio(result["ratios"][at["scores"]], lang),
        "whole": format_ratio(result["ratios"][at["total"]], lang),
        "squares": format_ratio(result["squares"], lang),
        "step": format_ratio(result["step"], lang),
        "share_short": format_percent(result["share_short"], lang),
        "share_long": format_percent(result["share_long"], lang),
        "square_share_short": format_percent(result["square_share_short"], lang),
        "square_share_long": format_percent(result["square_share_long"], lang),
    }


def draw(result, text, width):
    names = [f"{text[term]} · {format_ratio(r)}" for term, r in zip(result["terms"], result["ratios"], strict=True)]
    fig, ax = new_figure(width, height=80 + 52 * len(names))
    paired_dots(
        ax,
        names=names,
        solid=result["at_short"],
        hollow=result["at_long"],
        labels=(format_tokens(result["short"]), format_tokens(result["long"])),
        colors=(SERIES[0], SERIES[1]),
        say=format_flops,
    )
    ax.set_xscale("log")
    ax.minorticks_off()
    ax.set_xticks([1e12, 1e14, 1e16], ["1 T", "100 T", "10,000 T"])
    ax.set(xlabel=text["x"], xlim=(2e11, 3e17) if width == "wide" else (2e9, 4e18))
    ax.legend()
    return fig


def table(result, text):
    columns = [text["term"], format_tokens(result["short"]), format_tokens(result["long"]), text["ratio"]]
    lists = (result["at_short"], result["at_long"], result["ratios"])
    rows = [[text[term], *values] for term, *values in zip(result["terms"], *lists, strict=True)]
    return {"columns": columns, "rows": rows, "unit": "FLOPs"}


if __name__ == "__main__":
    print(compute())
