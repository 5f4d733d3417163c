"""What the next doubling of the prompt costs, from 1K to 1M tokens, for models whose attention differs."""

from typing import Any

from llmnotes import forward_flops, load_model
from llmnotes.cost.coefficients import CostProfile
from llmnotes.cost.costs import causal_attention_flops, linear_flops
from llmnotes.figures import INK, log2_axis, new_figure, series
from llmnotes.figures.play import Curve, Dot, Number, Play, model, tokens
from llmnotes.units import format_number, format_ratio, format_tokens

TEXT = {
    "zh": {
        "title": "上下文翻倍，计算量翻 2 倍到 4 倍之间；快慢由结构定",
        "caption": "一次预填充从 n 加到 2n 的计算量之比，因果，输出头不算。“你的模型”先画 {{mine}}。横轴是加倍之前的长度，到 {{top}} 为止；"
        "各模型公布的上下文多半没这么长，这里只借形状。",
        "description": "几条从下沿升起的曲线：看全文的模型里，混合专家升得最早，稠密的大模型最晚；有窗口的升得慢，"
        "每层都有窗口的升起以后又落回下沿。",
        "x": "加倍之前的提示词（token）",
        "y": "加倍后的计算量 ÷ 加倍前",
        "yours": "你的模型",
        "says": "{{model}} 读 {{n_tokens}} 个 token：翻倍以后的计算量是 {{r}}，翻倍以前注意力占 {{share}}。",
    },
    "en": {
        "title": "A doubling costs between 2× and 4×; the architecture sets where",
        "caption": "FLOPs of one prefill of 2n tokens over that of n, causal, output head left out. “Your model” is "
        "{{mine}} to begin with. The horizontal axis is the length before doubling, up to {{top}}; most of these models publish less, only their shape is used.",
        "description": "Curves that rise from the lower edge: of the models that see everything the mixture of experts "
        "rises first and the large dense one last; windows rise slowly, and a window in every layer falls back to the edge.",
        "x": "prompt before doubling (tokens)",
        "y": "FLOPs after ÷ FLOPs before",
        "yours": "your model",
        "says": "{{model}} and {{n_tokens}} tokens: doubled, they take {{r}} the compute; before, attention is {{share}}.",
    },
}

LENGTHS = [2**exponent for exponent in range(10, 21)]
MODELS = {
    "gpt3-175b": "GPT-3",
    "qwen3-235b-a22b": "Qwen3 235B",
    "deepseek-v3.2": "DeepSeek-V3.2",
    "gemma-3-27b": "Gemma 3 27B",
    "mistral-7b-v0.1": "Mistral v0.1",
}
MINE, WATCHED = "llama-3.1-8b", 131_072
EXERCISE = ("llama-3.1-70b", 8_192, 131_072)


# --8<-- [start:compute]
def compute() -> dict:
    models = {model_id: load_model(model_id) for model_id in MODELS}
    curves = {
        name: [blocks(models[model_id], 2 * n) / blocks(models[model_id], n) for n in LENGTHS]
        for model_id, name in MODELS.items()
    }
    mine = load_model(MINE)
    model_id, short, long = EXERCISE
    larger = load_model(model_id)
    return {
        "lengths": LENGTHS,
        "curves": curves,
        "least": 2,
        "half": 2 * (1 + 2 * 1) / (1 + 1),
        "most": 4,
        "top": LENGTHS[-1],
        "at_2k": {name: curve[LENGTHS.index(2_048)] for name, curve in curves.items()},
        "at_32k": {name: curve[LENGTHS.index(32_768)] for name, curve in curves.items()},
        "at_128k": {name: curve[LENGTHS.index(WATCHED)] for name, curve in curves.items()},
        "mine": mine.name,
        "mine_curve": [blocks(mine, 2 * n) / blocks(mine, n) for n in LENGTHS],
        "mine_at_128k": blocks(mine, 2 * WATCHED) / blocks(mine, WATCHED),
        "watched": WATCHED,
        "mistral_peak": max(curves["Mistral v0.1"]),
        "exercise_short": short,
        "exercise_long": long,
        "exercise_longer": long / short,
        "exercise_squared": (long / short) ** 2,
        "exercise": blocks(larger, long) / blocks(larger, short),
    }


def blocks(spec, n_tokens) -> int:
    count = forward_flops(spec, n_tokens, causal=True)
    return count.linear + count.attention


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    used = {
        "gpt3": ("GPT-3", ("at_2k", "at_32k", "at_128k")),
        "qwen": ("Qwen3 235B", ("at_128k",)),
        "gemma": ("Gemma 3 27B", ("at_128k",)),
        "mistral": ("Mistral v0.1", ("at_128k",)),
    }
    found = {}
    for short, (name, places) in used.items():
        found |= {f"{short}_{place}": format_ratio(result[place][name], lang) for place in places}
    return found | {
        "mine": result["mine"],
        "llama_at_128k": format_ratio(result["mine_at_128k"], lang),
        "least": format_ratio(result["least"], lang),
        "half": format_ratio(result["half"], lang),
        "most": format_ratio(result["most"], lang),
        "top": format_tokens(result["top"], lang),
        "watched": format_tokens(result["watched"], lang),
        "mistral_peak": format_ratio(result["mistral_peak"], lang),
        "exercise_short": format_tokens(result["exercise_short"], lang),
        "exercise_long": format_tokens(result["exercise_long"], lang),
        "exercise_longer": format_ratio(result["exercise_longer"], lang),
        "exercise_squared": format_number(result["exercise_squared"]),
        "exercise": format_ratio(result["exercise"], lang),
    }


def draw(result, text, width):
    fig, ax = new_figure(width, height=440)
    for place, (name, curve) in enumerate(result["curves"].items()):
        ax.plot(result["lengths"], curve, label=name, markevery=(place % 3, 3), **series(place))
    yours: dict[str, Any] = {"color": INK, "linestyle": "-", "linewidth": 2.6}
    ax.plot(result["lengths"], result["mine_curve"], label=text["yours"], gid="mine", **yours)
    ax.plot([result["watched"]], [result["mine_at_128k"]], "o", color=INK, markersize=10, gid="here")
    log2_axis(ax.xaxis)
    ax.set(xlabel=text["x"], ylabel=text["y"], ylim=(1.95, 4.05))
    ax.legend()
    return fig


def table(result, text):
    lines = (result["mine_curve"], *result["curves"].values())
    rows = [[n, *values] for n, *values in zip(result["lengths"], *lines, strict=True)]
    return {"columns": [text["x"], result["mine"], *result["curves"]], "rows": rows, "unit": ""}


def prompt_flops(profile: CostProfile, *, n_tokens: int) -> float:
    """FLOPs of one prefill in the layers."""
    return linear_flops(profile, n_new=n_tokens) + causal_attention_flops(profile, n_new=n_tokens, n_past=0)


def growth(profile: CostProfile, *, n_tokens: int) -> float:
    """What twice the prompt costs over what it costs now."""
    return prompt_flops(profile, n_tokens=2 * n_tokens) / prompt_flops(profile, n_tokens=n_tokens)


def attention_share(profile: CostProfile, *, n_tokens: int) -> float:
    """Share of attention in the layers."""
    return causal_attention_flops(profile, n_new=n_tokens, n_past=0) / prompt_flops(profile, n_tokens=n_tokens)


def play(result, text):
    return Play(
        controls=[model(MINE), tokens(result["watched"])],
        marks={"mine": Curve(growth, over="n_tokens"), "here": Dot("n_tokens", growth)},
        numbers={"r": Number(growth, "ratio"), "share": Number(attention_share, "percent")},
        sentence=text["says"],
    )


if __name__ == "__main__":
    print(compute())
