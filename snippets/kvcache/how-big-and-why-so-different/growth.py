"""Cache against context: straight lines that differ in slope, one that bends, one that starts from a floor."""

from typing import Any

from llmnotes import kv_cache, load_model
from llmnotes.cost.coefficients import CostProfile
from llmnotes.cost.costs import growing_bytes_per_token, ideal_cache_bytes
from llmnotes.figures import INK, MARKERS, SERIES, label_lines, log2_axis, new_figure
from llmnotes.figures.play import Curve, Dot, Number, Play, batch, kv_bits, model, tokens
from llmnotes.units import GIB, format_bytes, format_exact, format_ratio, format_tokens

TEXT = {
    "zh": {
        "title": "上下文翻倍，缓存最多翻倍，从不翻四倍",
        "caption": "理想缓存，bf16，一个序列，双对数坐标：斜率为 1，就是和长度成正比。虚线“全长”是同一个 "
        "Gemma 3 27B 在每层都按全长预留时的大小。",
        "description": "几条平行的斜线。带窗口的模型在窗口处拐弯，之后低于按全长预留的那条；"
        "带状态的模型左端是平的，因为状态从第一个 token 起就占着。",
        "x": "上下文（token）",
        "y": "KV 缓存（GiB）",
        "reserved": "，全长",
        "says": "{{model}}，{{n_tokens}} 个 token，{{kv_bits}} 位，{{batch_size}} 个序列：缓存 {{cache}}。窗口都满以后，"
        "每个序列每多一个 token 再加 {{per_token}}。",
    },
    "en": {
        "title": "Twice the context is at most twice the cache, never four times",
        "caption": "Ideal cache, bf16, one sequence, both axes logarithmic: a slope of 1 means in "
        "proportion to the length. “Full length” is the same Gemma 3 27B with every layer reserved for the whole context.",
        "description": "Parallel slanted lines. The model with windows bends at its window and stays below "
        "the line that "
        "reserves the full length; the model with a state is flat at the left, for the state is there from "
        "the first token.",
        "x": "context (tokens)",
        "y": "KV cache (GiB)",
        "reserved": ", full length",
        "says": "{{model}}, {{n_tokens}} tokens, {{kv_bits}} bits, {{batch_size}} at once: a cache of {{cache}}. "
        "Once every window is full, each further token of a sequence adds {{per_token}}.",
    },
}

LENGTHS = [2**exponent for exponent in range(7, 18)]
MODELS = ["gpt3-175b", "llama-3.1-70b", "gemma-3-27b", "deepseek-v3", "qwen3-next-80b-a3b"]
WINDOWED = "gemma-3-27b"
ROOM = 8 * GIB
OWN = "llama-3.1-8b"
FITTED = ["llama-3.1-8b", "gemma-3-27b", "qwen3-next-80b-a3b"]


# --8<-- [start:compute]
def compute() -> dict:
    models = {model_id: load_model(model_id) for model_id in MODELS}
    ideal = {model_id: [kv_cache(model, n).ideal_bytes for n in LENGTHS] for model_id, model in models.items()}
    qwen = load_model("qwen3-32b")
    reserved = [kv_cache(models[WINDOWED], n).reserved_bytes for n in LENGTHS]
    return {
        "lengths": LENGTHS,
        "names": {model_id: model.name for model_id, model in models.items()},
        "ideal": ideal,
        "reserved": reserved,
        "own": {"name": load_model(OWN).name, "sizes": [kv_cache(load_model(OWN), n).ideal_bytes for n in LENGTHS]},
        "last_doubling": {model_id: sizes[-1] / sizes[-2] for model_id, sizes in ideal.items()},
        "first_doubling": {model_id: sizes[1] / sizes[0] for model_id, sizes in ideal.items()},
        "overshoot": reserved[-1] / ideal[WINDOWED][-1],
        "room": ROOM,
        "tokens_in_room": {model_id: tokens_that_fit(load_model(model_id)) for model_id in FITTED},
        "eight_bits": kv_cache(qwen, LENGTHS[-1], kv_bits=8).ideal_bytes,
        "with_scales": kv_cache(qwen, LENGTHS[-1], kv_bits=8.5).ideal_bytes,
        "four_users": kv_cache(qwen, LENGTHS[-1], kv_bits=8.5, batch_size=4).ideal_bytes,
    }


def tokens_that_fit(model) -> int:
    low, high = 0, 2**24
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if kv_cache(model, middle).ideal_bytes <= ROOM else (low, middle)
    return low


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    return {
        "first": format_exact(result["lengths"][0], lang),
        "second": format_exact(result["lengths"][1], lang),
        "half": format_tokens(result["lengths"][-2], lang),
        "whole": format_tokens(result["lengths"][-1], lang),
        "mha_doubling": format_ratio(result["last_doubling"]["gpt3-175b"], lang),
        "window_last_doubling": format_ratio(result["last_doubling"][WINDOWED], lang),
        "hybrid_first_doubling": format_ratio(result["first_doubling"]["qwen3-next-80b-a3b"], lang),
        "hybrid_last_doubling": format_ratio(result["last_doubling"]["qwen3-next-80b-a3b"], lang),
        "overshoot": format_ratio(result["overshoot"], lang),
        "room": format_bytes(result["room"], lang),
        "llama_fits": format_exact(result["tokens_in_room"]["llama-3.1-8b"], lang),
        "gemma_fits": format_exact(result["tokens_in_room"][WINDOWED], lang),
        "qwen_fits": format_exact(result["tokens_in_room"]["qwen3-next-80b-a3b"], lang),
        "eight_bits": format_bytes(result["eight_bits"], lang),
        "with_scales": format_bytes(result["with_scales"], lang),
        "four_users": format_bytes(result["four_users"], lang),
    }


def draw(result, text, width):
    fig, ax = new_figure(width, height=480)
    for place, (model_id, sizes) in enumerate(result["ideal"].items()):
        style: dict[str, Any] = {
            "color": SERIES[place],
            "linestyle": "-",
            "marker": MARKERS[place],
            "markevery": (0, 5),
        }
        ax.plot(result["lengths"], [size / GIB for size in sizes], label=result["names"][model_id], **style)
        if model_id == WINDOWED:
            style |= {"linestyle": "--", "label": result["names"][model_id] + text["reserved"]}
            ax.plot(result["lengths"], [size / GIB for size in result["reserved"]], **style)
    own = result["own"]
    ax.plot(
        result["lengths"], [size / GIB for size in own["sizes"]], label=own["name"], color=INK, linestyle=":", gid="own"
    )
    ax.plot(result["lengths"][-1:], [own["sizes"][-1] / GIB], "o", color=INK, markersize=9, gid="here")
    log2_axis(ax.xaxis)
    log2_axis(ax.yaxis, label=gib_tick)
    ax.set(xlabel=text["x"], ylabel=text["y"])
    label_lines(ax)
    return fig


def gib_tick(value):
    return f"{value:g}" if value >= 1 else f"1/{1 / value:g}"


def table(result, text):
    names = [result["names"][model_id] for model_id in result["ideal"]]
    names += [result["names"][WINDOWED] + text["reserved"], result["own"]["name"]]
    sizes = [*result["ideal"].values(), result["reserved"], result["own"]["sizes"]]
    rows = [[n, *(size[place] / GIB for size in sizes)] for place, n in enumerate(result["lengths"])]
    return {"columns": [text["x"], *names], "rows": rows, "unit": text["y"]}


def cache_gib(profile: CostProfile, *, n_tokens: int, kv_bits: float, batch_size: int) -> float:
    return ideal_cache_bytes(profile, n_tokens=n_tokens, kv_bits=kv_bits, batch_size=batch_size) / GIB


def play(result, text):
    return Play(
        controls=[model(OWN), tokens(LENGTHS[-1], low=LENGTHS[0], high=LENGTHS[-1]), kv_bits(), batch(1)],
        marks={"own": Curve(cache_gib, over="n_tokens"), "here": Dot("n_tokens", cache_gib)},
        numbers={"cache": Number(ideal_cache_bytes, "bytes"), "per_token": Number(growing_bytes_per_token, "bytes")},
        sentence=text["says"],
    )


if __name__ == "__main__":
    print(compute())
