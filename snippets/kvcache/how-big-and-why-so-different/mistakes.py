"""Six ways to get the cache wrong, each computed beside the right number."""

from llmnotes import count_params, kv_cache, load_model
from llmnotes.equations.kvcache import attention_cache_bytes
from llmnotes.figures import SERIES, log2_axis, new_figure, paired_dots
from llmnotes.units import GIB, format_bytes, format_ratio

TEXT = {
    "zh": {
        "title": "六种常见错法，最远的差 {{params_factor}}",
        "caption": "131,072 个 token，bf16，一个序列。空心是错的，实心是对的。",
        "description": "六行，每行两个点，一错一对；按参数量推算的那一行相距最远。",
        "x": "KV 缓存（GiB，对数刻度）",
        "wrong": "错的",
        "right": "对的",
        "mistake": "错法",
        "model": "模型",
        "factor": "错 / 对",
        "params": "按参数量推算",
        "heads": "拿查询头当 KV 头",
        "width": "头宽 = 宽度 / 头数",
        "windows": "窗口层按全长",
        "latent": "潜在注意力按头算",
        "two": "忘了乘 2",
    },
    "en": {
        "title": "Six ways to be wrong; the worst is off by {{params_factor}}",
        "caption": "131,072 tokens, bf16, one sequence. Hollow is wrong, solid is right.",
        "description": "Six rows of two dots, one wrong, one right; scaling by parameters is furthest off.",
        "x": "KV cache (GiB, log scale)",
        "wrong": "wrong",
        "right": "right",
        "mistake": "mistake",
        "model": "model",
        "factor": "wrong / right",
        "params": "scale by parameters",
        "heads": "query heads as KV heads",
        "width": "width ÷ heads as head width",
        "windows": "windows at full length",
        "latent": "heads counted in latent attention",
        "two": "the 2 forgotten",
    },
}

N_TOKENS = 131_072


# --8<-- [start:compute]
def compute() -> dict:
    wrong = {
        "params": ("deepseek-v3", scaled_by_params),
        "heads": ("llama-3.1-70b", lambda m, a: plain(m, n_kv_heads=a.n_heads, head_dim=a.head_dim)),
        "width": ("qwen3-32b", lambda m, a: plain(m, n_kv_heads=a.n_kv_heads, head_dim=m.d_model // a.n_heads)),
        "windows": ("gemma-3-27b", lambda m, a: plain(m, n_kv_heads=a.n_kv_heads, head_dim=a.head_dim)),
        "latent": ("deepseek-v3", lambda m, a: plain(m, n_kv_heads=a.n_heads, head_dim=m.d_model // a.n_heads)),
        "two": ("llama-2-7b", lambda m, a: plain(m, n_kv_heads=a.n_kv_heads, head_dim=a.head_dim) / 2),
    }
    rows = []
    for mistake, (model_id, estimate) in wrong.items():
        model = load_model(model_id)
        right, guess = kv_cache(model, N_TOKENS).ideal_bytes, estimate(model, model.layers[0].mixer)
        rows.append({"mistake": mistake, "model": model.name, "wrong": guess, "right": right, "factor": guess / right})
    return {"rows": rows}


def plain(model, **shape):
    return attention_cache_bytes(n_layers=model.n_layers, n_tokens=N_TOKENS, **shape)


def scaled_by_params(model, _):
    known = load_model("llama-3.1-8b")
    return kv_cache(known, N_TOKENS).ideal_bytes * count_params(model).total / count_params(known).total


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    found = {}
    for row in result["rows"]:
        found |= {
            f"{row['mistake']}_wrong": format_bytes(row["wrong"], lang),
            f"{row['mistake']}_right": format_bytes(row["right"], lang),
            f"{row['mistake']}_factor": format_ratio(row["factor"], lang),
        }
    return found


def draw(result, text, width):
    rows = result["rows"]
    fig, ax = new_figure(width, height=80 + 52 * len(rows))
    paired_dots(
        ax,
        names=[f"{text[row['mistake']]} · {row['model']}" for row in rows],
        solid=[row["right"] / GIB for row in rows],
        hollow=[row["wrong"] / GIB for row in rows],
        labels=(text["right"], text["wrong"]),
        colors=(SERIES[0], SERIES[1]),
        say=lambda gib: format_bytes(gib * GIB),
    )
    log2_axis(ax.xaxis, label="{:g}".format)
    ax.set(xlabel=text["x"], xlim=(1 / 2, 2**13))
    ax.legend()
    return fig


def table(result, text):
    columns = ["mistake", "model", "wrong", "right", "factor"]
    rows = [
        [text[row["mistake"]], row["model"], row["wrong"] / GIB, row["right"] / GIB, row["factor"]]
        for row in result["rows"]
    ]
    return {"columns": [text[column] for column in columns], "rows": rows, "unit": "GiB"}


if __name__ == "__main__":
    print(compute())
