"""Published models of each kind: how their attention grows when the prompt doubles, and what they keep."""

from llmnotes import forward_flops, from_config, kv_cache, load_model, registry
from llmnotes.figures import SERIES, label_bars, new_figure
from llmnotes.units import GIB, format_bytes, format_percent, format_ratio, format_tokens

TEXT = {
    "zh": {
        "title": "从 {{half}} 翻倍：只有每层都是窗口的模型，注意力才翻 {{window_attention}}",
        "caption": "注意力（不含线性层的扫描）的运算，{{whole}} 比 {{half}}；各模型公布的上下文多半没这么长，只借形状。",
        "description": "横条图：一根停在两倍，其余都在三倍多到四倍。",
        "x": "注意力翻几倍",
        "model": "模型",
        "whole": "整个模型翻几倍",
        "cache": "128K 时保留（GiB）",
    },
    "en": {
        "title": "Doubling {{half}}: only with a window in every layer does attention grow {{window_attention}}",
        "caption": "Operations of attention (scans of linear layers apart), {{whole}} over {{half}}; most of these models "
        "publish less, only their shape is used.",
        "description": "Bars: one stays at two, all others lie between three and four.",
        "x": "growth of attention",
        "model": "model",
        "whole": "growth of the whole model",
        "cache": "kept at 128K (GiB)",
    },
}

HALF, KEPT = 524_288, 131_072
MODELS = {
    "full": "llama-3.1-70b",
    "window": "mistral-7b-v0.1",
    "some_windows": "gemma-3-27b",
    "alternating": "gpt-oss-120b",
    "indexed": "deepseek-v3.2",
    "compressed": "deepseek-v4-pro",
    "delta": "qwen3-next-80b-a3b",
    "kimi": "kimi-linear-48b-a3b",
    "mamba": "nemotron-3-nano-30b",
}


# --8<-- [start:compute]
def compute() -> dict:
    rows = {kind: row(load_model(model_id)) for kind, model_id in MODELS.items()}
    kimi = dict(registry.find(MODELS["kimi"]).config)
    linear = kimi["linear_attn_config"]
    layers = sorted([*linear["full_attn_layers"], *linear["kda_layers"]])
    everything = from_config(kimi | {"linear_attn_config": linear | {"full_attn_layers": layers, "kda_layers": []}})
    hybrid = kv_cache(load_model(MODELS["kimi"]), 2 * HALF).ideal_bytes
    return {
        "half": HALF,
        "whole": 2 * HALF,
        "kept_at": KEPT,
        "rows": rows,
        "kimi_saves": 1 - hybrid / kv_cache(everything, 2 * HALF).ideal_bytes,
    }


def row(model) -> dict:
    short, long = (forward_flops(model, n, causal=True) for n in (HALF, 2 * HALF))
    return {
        "model": model.name,
        "attention": long.attention / short.attention,
        "all": (long.attention + long.linear) / (short.attention + short.linear),
        "kept": kv_cache(model, KEPT).ideal_bytes,
    }


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    found = {}
    for kind, one in result["rows"].items():
        found |= {
            f"{kind}_attention": format_ratio(one["attention"], lang),
            f"{kind}_all": format_ratio(one["all"], lang),
            f"{kind}_kept": format_bytes(one["kept"], lang),
        }
    return found | {
        "half": format_tokens(result["half"], lang),
        "whole": format_tokens(result["whole"], lang),
        "kept_at": format_tokens(result["kept_at"], lang),
        "kimi_saves": format_percent(result["kimi_saves"], lang),
    }


def draw(result, text, width):
    rows = list(result["rows"].values())
    fig, ax = new_figure(width, height=80 + 32 * len(rows))
    bars = ax.barh(range(len(rows)), [one["attention"] for one in rows], 0.6, color=SERIES[0])
    label_bars(ax, bars, [format_ratio(one["attention"]) for one in rows])
    ax.set_yticks(range(len(rows)), [one["model"] for one in rows])
    ax.invert_yaxis()
    ax.set(xlabel=text["x"], xlim=(0, 4))
    return fig


def table(result, text):
    rows = [[one["model"], one["attention"], one["all"], one["kept"] / GIB] for one in result["rows"].values()]
    return {"columns": [text[name] for name in ("model", "x", "whole", "cache")], "rows": rows, "unit": ""}


if __name__ == "__main__":
    print(compute())
