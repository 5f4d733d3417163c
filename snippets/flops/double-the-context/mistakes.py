"""Six ways to get the compute of a longer context wrong, each computed beside the right number."""

from llmnotes import count_params, forward_flops, load_model
from llmnotes.equations import flops
from llmnotes.figures import SERIES, log2_axis, new_figure, paired_dots
from llmnotes.units import format_exact, format_flops, format_ratio

TEXT = {
    "zh": {
        "title": "六种错法：有的算成 {{square_factor}}，有的只算出 {{kv_heads_factor}}",
        "caption": "错的除以对的，对数刻度：空心在右边是多算，在左边是少算。",
        "description": "六行，实心点都在同一条竖线上；空心点三个在右边，是多算，三个在左边，是少算。",
        "x": "错的 ÷ 对的（对数刻度）",
        "mistake": "错法",
        "wrong": "错的",
        "right": "对的",
        "square": "全都按平方涨",
        "no_attention": "只算 2N",
        "kv_heads": "按 KV 头数算注意力",
        "total": "按总参数算交叉",
        "twelve": "哪儿都用 12d",
        "eight": "哪儿都用 8D",
    },
    "en": {
        "title": "Six mistakes, from {{square_factor}} too much to {{kv_heads_factor}} of the truth",
        "caption": "Wrong over right, log scale: a hollow dot on the right counts too much, on the left too little.",
        "description": "Six rows; the solid dots stand on one line. Three hollow dots lie to its right, too much, and three to its left.",
        "x": "wrong ÷ right (log scale)",
        "mistake": "mistake",
        "wrong": "wrong",
        "right": "right",
        "square": "everything squared",
        "no_attention": "2N and nothing else",
        "kv_heads": "attention by KV heads",
        "total": "by total parameters",
        "twelve": "12d everywhere",
        "eight": "8D everywhere",
    },
}

LONG, SHORT = 131_072, 2_048
EARLY, LATE = 2_048, 32_768


# --8<-- [start:compute]
def compute() -> dict:
    gpt3, m8, m70 = (load_model(model_id) for model_id in ("gpt3-175b", "llama-3.1-8b", "llama-3.1-70b"))
    qwen, gemma2 = load_model("qwen3-235b-a22b"), load_model("gemma-2-27b")
    right_70 = forward_flops(m70, LONG, causal=True).attention
    layer = next(one for one in gemma2.layers if first_square(one))
    rows = [
        row("square", "GPT-3", (LATE / EARLY) ** 2, spent(gpt3, LATE) / spent(gpt3, EARLY)),
        row("no_attention", m8.name, 2 * count_params(m8).total * LONG, prompt(m8, LONG)),
        row("kv_heads", m70.name, right_70 * kv_heads_over_heads(m70), right_70),
        row("total", qwen.name, by_total(qwen), crossover(qwen)),
        row("twelve", qwen.name, 12 * qwen.d_model, crossover(qwen)),
        row("eight", gemma2.name, 8 * gemma2.d_model, first_square(layer)),
    ]
    return {"rows": rows, "gemma2_causal": 2 * first_square(layer), "gemma2_windows": crossover(gemma2)}


def spent(model, n_tokens) -> int:
    count = forward_flops(model, n_tokens, causal=True)
    return count.linear + count.attention


def prompt(model, n_tokens) -> int:
    return forward_flops(model, n_tokens, causal=True, logits="last").total


def crossover(model) -> int:
    low, high = 0, 2**30
    while high - low > 1:
        middle = (low + high) // 2
        count = forward_flops(model, middle, causal=True)
        low, high = (low, middle) if count.attention > count.linear else (middle, high)
    return high


def kv_heads_over_heads(model) -> float:
    return model.layers[0].mixer.n_kv_heads / model.layers[0].mixer.n_heads


def by_total(model) -> int:
    attention = model.layers[0].mixer
    weights = count_params(model).total / model.n_layers
    return round(weights / (attention.n_heads * attention.head_dim))


def first_square(layer) -> int:
    """Keys at which scores and sums cost as much as the weights of this layer: full squares, no window."""
    attention = layer.mixer
    pair = flops.pair_flops(n_heads=attention.n_heads, head_dim=attention.head_dim, v_head_dim=attention.head_dim)
    return flops.matrix_flops(n_params=sum(block.token_matrices() for block in layer.blocks)) // pair


def row(mistake, model, wrong, right) -> dict:
    return {"mistake": mistake, "model": model, "wrong": wrong, "right": right, "factor": wrong / right}


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    say = {"square": format_ratio, "no_attention": format_flops, "kv_heads": format_flops}
    found = {f"{one['mistake']}_factor": format_ratio(one["factor"], lang) for one in result["rows"]}
    for one in result["rows"]:
        written = say.get(one["mistake"], format_exact)
        found |= {
            f"{one['mistake']}_wrong": written(one["wrong"], lang),
            f"{one['mistake']}_right": written(one["right"], lang),
        }
    found["gemma2_causal"] = format_exact(result["gemma2_causal"], lang)
    found["gemma2_windows"] = format_exact(result["gemma2_windows"], lang)
    return found


def draw(result, text, width):
    rows = result["rows"]
    fig, ax = new_figure(width, height=80 + 52 * len(rows))
    paired_dots(
        ax,
        names=[f"{text[one['mistake']]} · {one['model']}" for one in rows],
        solid=[1] * len(rows),
        hollow=[one["factor"] for one in rows],
        labels=(text["right"], text["wrong"]),
        colors=(SERIES[0], SERIES[1]),
        say=lambda factor: "" if factor == 1 else format_ratio(factor),
    )
    log2_axis(ax.xaxis, label=times_tick)
    ax.set(xlabel=text["x"], xlim=(1 / 80, 2**7))
    ax.legend()
    return fig


def times_tick(value):
    return f"{value:g}" if value >= 1 else f"1/{1 / value:g}"


def table(result, text):
    rows = [
        [f"{text[one['mistake']]} · {one['model']}", one["wrong"], one["right"], one["factor"]]
        for one in result["rows"]
    ]
    return {"columns": [text["mistake"], text["wrong"], text["right"], text["x"]], "rows": rows, "unit": ""}


if __name__ == "__main__":
    print(compute())
