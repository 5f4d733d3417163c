"""What grows how much from 2,048 to 32,768 tokens in the shape of GPT-3: the claims about cost, executed."""

import numpy as np

from llmnotes import count_params, forward_flops, kv_cache, load_model, registry
from llmnotes.attention import plain_attention, tiled_attention_queries_first
from llmnotes.flops import causal_pairs, window_causal_pairs
from llmnotes.plot import SERIES, label_bars, log2_axis, new_figure
from llmnotes.units import format_bytes, format_exact, format_percent, format_ratio, format_tokens

TEXT = {
    "zh": {
        "title": "上下文从 {{short}} 加到 {{long}}：{{scores_growth}} 的只有分数表，整段读入是 {{prefill_growth}}",
        "caption": "GPT-3 的形状，每层都看全文。每根条是 32,768 个 token 时的量除以 2,048 个 token 时的量。",
        "description": "横条，对数刻度：分数表最长，缓存其次，整段读入居中，写一个 token 的计算和字节只多几成。",
        "scores": "分数表（QKᵀ 和 AV）",
        "cache": "KV 缓存",
        "prefill_full": "读完整段，算整张表",
        "prefill": "读完整段，只算因果",
        "step_batch": "写一个 token 读的字节，32 个序列",
        "step": "写一个 token 读的字节",
        "token": "写一个 token 的计算",
        "x": "变成几倍（对数刻度）",
        "what": "什么",
    },
    "en": {
        "title": "Context from {{short}} to {{long}}: only the scores grow {{scores_growth}}; reading it all grows "
        "{{prefill_growth}}",
        "caption": "The shape of GPT-3, every layer seeing everything. A bar is the amount at 32,768 tokens over that at "
        "2,048.",
        "description": "Bars on a log scale: the scores longest, then the cache and the whole prompt; the compute and bytes "
        "of one written token grow by a fraction.",
        "scores": "scores (QKᵀ and AV)",
        "cache": "KV cache",
        "prefill_full": "whole prompt, full squares",
        "prefill": "whole prompt, causal",
        "step_batch": "bytes read per step, 32 sequences",
        "step": "bytes read per step",
        "token": "compute of one written token",
        "x": "times as much (log scale)",
        "what": "what",
    },
}

SHORT, LONG, BATCH, WINDOW = 2_048, 32_768, 32, 4_096


# --8<-- [start:compute]
def compute() -> dict:
    model = load_model("gpt3-175b")
    prefill = {n: forward_flops(model, n, causal=True, logits="last") for n in (SHORT, LONG)}
    full = {n: forward_flops(model, n, causal=False, logits="last") for n in (SHORT, LONG)}
    token = {n: forward_flops(model, 1, n - 1, causal=True) for n in (SHORT, LONG)}
    cache = {n: kv_cache(model, n).ideal_bytes for n in (SHORT, LONG)}
    weights = 2 * count_params(model).total
    n_heads, width = registry.find("gpt3-175b").config["n_head"], model.d_model
    grown = {
        "scores": prefill[LONG].attention / prefill[SHORT].attention,
        "cache": cache[LONG] / cache[SHORT],
        "prefill_full": blocks(full[LONG]) / blocks(full[SHORT]),
        "prefill": blocks(prefill[LONG]) / blocks(prefill[SHORT]),
        "step_batch": (weights + BATCH * cache[LONG]) / (weights + BATCH * cache[SHORT]),
        "step": (weights + cache[LONG]) / (weights + cache[SHORT]),
        "token": blocks(token[LONG]) / blocks(token[SHORT]),
    }
    double = forward_flops(model, 2 * SHORT, causal=True, logits="last")
    return {
        "lengths": [SHORT, LONG],
        "grown": grown,
        "shares": [prefill[n].attention_share for n in (SHORT, LONG)],
        "doubling": blocks(double) / blocks(prefill[SHORT]),
        "crossover": 12 * width,
        "at_crossover": forward_flops(model, 12 * width, causal=True, logits="last").attention_share,
        "cache": list(cache.values()),
        "per_token": cache[SHORT] / SHORT,
        "score_table": [2 * n_heads * n**2 for n in (SHORT, LONG)],
        "weights": weights,
        "batch": BATCH,
        "tiles": tiles(),
        "window": WINDOW,
        "window_share": window_causal_pairs(n_new=131_072, n_past=0, window=WINDOW)
        / causal_pairs(n_new=131_072, n_past=0),
    }


def blocks(flops):
    return flops.linear + flops.attention


def tiles() -> dict:
    """Tiled attention against the plain one: the same result from the same multiplications."""
    random = np.random.default_rng(0)
    q, k, v = (random.standard_normal((2, 192, 16)) for _ in range(3))
    plain, tiled = plain_attention(q, k, v), tiled_attention_queries_first(q, k, v, n_rows=32, n_columns=48)
    return {
        "difference": float(abs(plain.output - tiled.output).max()),
        "flops": [plain.flops, tiled.flops],
        "moved": [plain.traffic, tiled.traffic],
    }


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    tiles, tables = result["tiles"], result["score_table"]
    return {
        "short": format_tokens(result["lengths"][0], lang),
        "long": format_tokens(result["lengths"][1], lang),
        **{f"{name}_growth": format_ratio(times, lang) for name, times in result["grown"].items()},
        "share_short": format_percent(result["shares"][0], lang),
        "share_long": format_percent(result["shares"][1], lang),
        "doubling": format_ratio(result["doubling"], lang),
        "crossover": format_exact(result["crossover"], lang),
        "at_crossover": format_percent(result["at_crossover"], lang),
        "cache_short": format_bytes(result["cache"][0], lang),
        "cache_long": format_bytes(result["cache"][1], lang),
        "per_token": format_bytes(result["per_token"], lang),
        "table_short": format_bytes(tables[0], lang),
        "table_long": format_bytes(tables[1], lang),
        "weights": format_bytes(result["weights"], lang),
        "batch": format_exact(result["batch"], lang),
        "difference": f"{tiles['difference']:.1e}",
        "plain_flops": format_exact(tiles["flops"][0], lang),
        "tiled_flops": format_exact(tiles["flops"][1], lang),
        "moved": format_ratio(tiles["moved"][1] / tiles["moved"][0], lang),
        "window": format_exact(result["window"], lang),
        "window_share": format_percent(result["window_share"], lang),
    }


def draw(result, text, width):
    grown = list(result["grown"].items())
    fig, ax = new_figure(width, height=80 + 46 * len(grown))
    bars = ax.barh(range(len(grown)), [times - 1 for _, times in grown], 0.4, 1, color=SERIES[0])
    label_bars(ax, bars, [f"×{times:.3g}" for _, times in grown])
    for place, (name, _) in enumerate(grown):
        ax.text(0, place - 0.42, text[name], transform=ax.get_yaxis_transform(), va="center")
    ax.set_yticks([])
    log2_axis(ax.xaxis, label="{:g}".format)
    ax.set(ylim=(len(grown) - 0.6, -0.7), xlim=(1, 300), xlabel=text["x"])
    return fig


def table(result, text):
    rows = [[text[name], times] for name, times in result["grown"].items()]
    return {"columns": [text["what"], text["x"]], "rows": rows, "unit": ""}


if __name__ == "__main__":
    print(compute())
