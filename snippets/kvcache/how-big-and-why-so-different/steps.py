"""One design step at a time: a model as published, and the same model with that one step undone."""

from dataclasses import replace

from llmnotes import kv_cache, load_model
from llmnotes.blocks.attention import Attention
from llmnotes.blocks.base import EVERY_TOKEN
from llmnotes.equations.kvcache import cached_bytes, tokens_in_window
from llmnotes.figures import SERIES, log2_axis, new_figure, paired_dots
from llmnotes.spec import Run
from llmnotes.units import GIB, format_bytes, format_exact, format_number, format_ratio

TEXT = {
    "zh": {
        "title": "一步拧一个旋钮；拧得最多的是潜在注意力，缓存除以 {{latent_factor}}",
        "caption": "131,072 个 token，bf16，一个序列，理想缓存。空心是把这一步撤掉的同一个模型，实心是公布的模型。",
        "description": "四行，每行两个点：撤掉这一步，缓存变大；潜在注意力那一行的两点离得最远。",
        "x": "KV 缓存（GiB，对数刻度）",
        "without": "撤掉这一步",
        "with": "公布的模型",
        "step": "步骤",
        "model": "模型",
        "goes": "不再存",
        "stays": "还要存",
        "factor": "除以",
        "gqa": "GQA",
        "window": "窗口",
        "latent": "潜在",
        "hybrid": "状态",
        "gqa_goes": "同组查询头各自的键和值",
        "gqa_stays": "每组一份键和值，每层每个 token 都存",
        "window_goes": "窗口层里，窗口以外的 token",
        "window_stays": "完整层的全部 token，窗口层的最近一段",
        "latent_goes": "每个头的键和值",
        "latent_stays": "每层每个 token 一个潜在向量，外加一个带位置的键",
        "hybrid_goes": "线性层里每个 token 的键和值",
        "hybrid_stays": "线性层一块不变的状态，其余层的键和值",
    },
    "en": {
        "title": "One knob a step; latent attention turns it furthest and divides the cache by {{latent_factor}}",
        "caption": "131,072 tokens, bf16, one sequence, ideal cache. Hollow: the same model with the step undone. "
        "Solid: the model as published.",
        "description": "Four rows of two dots each: undoing a step makes the cache larger; the dots of latent "
        "attention "
        "lie furthest apart.",
        "x": "KV cache (GiB, log scale)",
        "without": "step undone",
        "with": "as published",
        "step": "step",
        "model": "model",
        "goes": "no longer kept",
        "stays": "still kept",
        "factor": "divided by",
        "gqa": "GQA",
        "window": "window",
        "latent": "latent",
        "hybrid": "state",
        "gqa_goes": "keys and values of each query head in a group",
        "gqa_stays": "one key and value a group, in every layer, for every token",
        "window_goes": "in windowed layers, tokens beyond the window",
        "window_stays": "every token in full layers, the last few in windowed ones",
        "latent_goes": "keys and values of every head",
        "latent_stays": "one latent vector a token and layer, and one key that carries position",
        "hybrid_goes": "keys and values of every token in linear layers",
        "hybrid_stays": "a state of fixed size in linear layers, keys and values in the rest",
    },
}

N_TOKENS = 131_072
WINDOWS = {"narrow": 1024, "wide": 4096}


# --8<-- [start:compute]
def compute() -> dict:
    steps = [
        ("gqa", "llama-3.1-70b", every_query_head),
        ("window", "gemma-3-27b", every_token),
        ("latent", "deepseek-v3", keys_and_values_per_head),
        ("hybrid", "qwen3-next-80b-a3b", attention_everywhere),
    ]
    rows = []
    for step, model_id, undo in steps:
        model = load_model(model_id)
        layers = [(replace(run.layer, mixer=undo(run.layer.mixer, model)), run.count) for run in model.runs]
        undone = replace(model, runs=tuple(Run(layer, count) for layer, count in layers))
        small, large = (kv_cache(one, N_TOKENS).ideal_bytes for one in (model, undone))
        rows.append({"step": step, "model": model.name, "with": small, "without": large, "factor": large / small})
    windowed, mistral = load_model("gemma-3-27b"), load_model("mistral-7b-v0.1")
    full = sum(mixer.span == EVERY_TOKEN for layer in windowed.layers if isinstance(mixer := layer.mixer, Attention))
    return {
        "rows": rows,
        "own": own_design(),
        "window_full_layers": full,
        "window_limit": windowed.n_layers / full,
        "only_windows": kv_cache(mistral, N_TOKENS).ideal_bytes,
    }


def own_design() -> dict:
    full = Attention(d_model=4096, n_heads=32, n_kv_heads=8, head_dim=128, v_head_dim=128)
    per_token = sum(keep.elements_per_token for keep in full.keeps())
    sizes = {"full": cached_bytes(elements=48 * N_TOKENS * per_token, bits=16)}
    for name, window in WINDOWS.items():
        held = 8 * N_TOKENS + 40 * tokens_in_window(n_tokens=N_TOKENS, window=window)
        sizes[name] = cached_bytes(elements=held * per_token, bits=16)
    return {"windows": WINDOWS, "sizes": sizes, "factor": sizes["full"] / sizes["narrow"]}


def every_query_head(mixer, model):
    return replace(mixer, n_kv_heads=mixer.n_heads)


def every_token(mixer, model):
    return replace(mixer, span=EVERY_TOKEN)


def keys_and_values_per_head(mixer, model):
    key_dim = mixer.qk_nope_head_dim + mixer.qk_rope_head_dim
    return Attention(mixer.d_model, mixer.n_heads, mixer.n_heads, key_dim, mixer.v_head_dim)


def attention_everywhere(mixer, model):
    return next(layer.mixer for layer in model.layers if isinstance(layer.mixer, Attention))


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    own = result["own"]
    found = {
        "own_full": format_bytes(own["sizes"]["full"], lang),
        "own_with_narrow": format_bytes(own["sizes"]["narrow"], lang),
        "own_with_wide": format_bytes(own["sizes"]["wide"], lang),
        "own_narrow": format_exact(own["windows"]["narrow"], lang),
        "own_wide": format_exact(own["windows"]["wide"], lang),
        "own_factor": format_number(own["factor"]),
        "window_full_layers": format_exact(result["window_full_layers"], lang),
        "window_limit": format_ratio(result["window_limit"], lang),
        "only_windows": format_bytes(result["only_windows"], lang),
    }
    for row in result["rows"]:
        found |= {
            row["step"]: format_bytes(row["with"], lang),
            f"{row['step']}_undone": format_bytes(row["without"], lang),
            f"{row['step']}_factor": format_number(row["factor"]),
        }
    return found


def draw(result, text, width):
    rows = result["rows"]
    fig, ax = new_figure(width, height=80 + 58 * len(rows))
    paired_dots(
        ax,
        names=[f"{text[row['step']]} · {row['model']}" for row in rows],
        solid=[row["with"] / GIB for row in rows],
        hollow=[row["without"] / GIB for row in rows],
        labels=(text["with"], text["without"]),
        colors=(SERIES[0], SERIES[0]),
        say=lambda gib: format_bytes(gib * GIB),
    )
    log2_axis(ax.xaxis, label="{:g}".format)
    ax.set(xlabel=text["x"], xlim=(0.3, 2**13))
    ax.legend()
    return fig


def table(result, text):
    rows = [
        [
            text[row["step"]],
            row["model"],
            text[f"{row['step']}_goes"],
            text[f"{row['step']}_stays"],
            row["without"] / GIB,
            row["with"] / GIB,
            row["factor"],
        ]
        for row in result["rows"]
    ]
    columns = [text[column] for column in ("step", "model", "goes", "stays", "without", "with", "factor")]
    return {"columns": columns, "rows": rows, "unit": "GiB"}


if __name__ == "__main__":
    print(compute())
