"""What grows how much from 2,048 to 32,768 tokens in the shape of GPT-3: the claims about cost, executed."""

from typing import Any

import numpy as np

from llmnotes import count_params, forward_flops, kv_cache, load_model, registry
from llmnotes.cost import CostProfile, cost_profile
from llmnotes.cost.costs import causal_attention_flops, causal_flops, full_flops, ideal_cache_bytes, read_weight_bytes
from llmnotes.equations.flops import causal_pairs, window_causal_pairs
from llmnotes.figures import SERIES, log2_axis, new_figure
from llmnotes.figures.play import Bar, Label, Number, Play, model, tokens
from llmnotes.numerics.attention import plain_attention, tiled_attention_queries_first
from llmnotes.units import format_bytes, format_exact, format_percent, format_ratio, format_tokens

TEXT = {
    "zh": {
        "title": "上下文从 {{short}} 加到 {{long}}：{{scores_growth}}的只有分数表，整段读入是 {{prefill_growth}}",
        "caption": "GPT-3 的形状，每层都看全文。每根条是 32,768 个 token 时的量除以 2,048 个 token 时的量。",
        "description": "横条，对数刻度：分数表最长，整段读入其次，缓存再次；写一个 token 的计算和字节只多几成，多个序列一起写时字节多得多。",
        "scores": "分数表（QKᵀ 和 AV）",
        "cache": "KV 缓存",
        "prefill_full": "读完整段，算整张表",
        "prefill": "读完整段，只算因果",
        "step_batch": "写一个 token 读的字节，32 个序列",
        "step": "写一个 token 读的字节",
        "token": "写一个 token 的计算",
        "x": "变成几倍（对数刻度）",
        "lang": "zh",
        "what": "什么",
        "says": "{{model}} 从 2K 到 {{n_tokens}}：读完整段的计算变成 {{times_prefill}}，缓存 {{times_cache}}，"
        "写一个 token 的计算 {{times_token}}。",
    },
    "en": {
        "title": "Context from {{short}} to {{long}}: only the scores grow {{scores_growth}}; reading it all grows "
        "{{prefill_growth}}",
        "caption": "The shape of GPT-3, every layer seeing everything. A bar is the amount at 32,768 tokens over that at "
        "2,048.",
        "description": "Bars on a log scale: the scores longest, then the whole prompt, then the cache; the compute and bytes "
        "of one written token grow by a fraction, the bytes of many sequences together by much more.",
        "scores": "scores (QKᵀ and AV)",
        "cache": "KV cache",
        "prefill_full": "whole prompt, full squares",
        "prefill": "whole prompt, causal",
        "step_batch": "bytes read per step, 32 sequences",
        "step": "bytes read per step",
        "token": "compute of one written token",
        "x": "times as much (log scale)",
        "lang": "en",
        "what": "what",
        "says": "{{model}} from 2K to {{n_tokens}}: {{times_prefill}} the compute of reading it all, {{times_cache}} the "
        "cache, {{times_token}} the compute of one written token.",
    },
}

SHORT, LONG, BATCH, WINDOW = 2_048, 32_768, 32, 4_096


# --8<-- [start:compute]
def compute() -> dict:
    gpt3 = load_model("gpt3-175b")
    prefill = {n: forward_flops(gpt3, n, causal=True, logits="last") for n in (SHORT, LONG)}
    full = {n: forward_flops(gpt3, n, causal=False, logits="last") for n in (SHORT, LONG)}
    token = {n: forward_flops(gpt3, 1, n - 1, causal=True) for n in (SHORT, LONG)}
    cache = {n: kv_cache(gpt3, n).ideal_bytes for n in (SHORT, LONG)}
    weights = 2 * count_params(gpt3).total
    n_heads, width = registry.find("gpt3-175b").config["n_head"], gpt3.d_model
    grown = {
        "scores": prefill[LONG].attention / prefill[SHORT].attention,
        "cache": cache[LONG] / cache[SHORT],
        "prefill_full": blocks(full[LONG]) / blocks(full[SHORT]),
        "prefill": blocks(prefill[LONG]) / blocks(prefill[SHORT]),
        "step_batch": step_growth(cost_profile(gpt3), n_tokens=LONG, batch_size=BATCH),
        "step": step_growth(cost_profile(gpt3), n_tokens=LONG, batch_size=1),
        "token": blocks(token[LONG]) / blocks(token[SHORT]),
    }
    double = forward_flops(gpt3, 2 * SHORT, causal=True, logits="last")
    return {
        "lengths": [SHORT, LONG],
        "grown": grown,
        "shares": [prefill[n].attention_share for n in (SHORT, LONG)],
        "doubling": blocks(double) / blocks(prefill[SHORT]),
        "crossover": 12 * width,
        "at_crossover": forward_flops(gpt3, 12 * width, causal=True, logits="last").attention_share,
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


def step_growth(profile: CostProfile, *, n_tokens: int, batch_size: int) -> float:
    weights = read_weight_bytes(profile, n_tokens=batch_size)
    grown = weights + ideal_cache_bytes(profile, n_tokens=n_tokens, batch_size=batch_size)
    return grown / (weights + ideal_cache_bytes(profile, n_tokens=SHORT, batch_size=batch_size))


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
    for place, (name, times) in enumerate(grown):
        (bar,) = ax.barh([place], [times - 1], 0.4, 1, color=SERIES[0])
        bar.set_gid(name)
        ax.text(0, place - 0.42, text[name], transform=ax.get_yaxis_transform(), va="center")
        says = format_ratio(times, text["lang"])
        at: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "ha": "right", "va": "center"}
        ax.text(1, place - 0.42, says, gid=f"{name}-label", **at)
    ax.set_yticks([])
    log2_axis(ax.xaxis, label="{:g}".format)
    ax.set(ylim=(len(grown) - 0.6, -0.7), xlim=(1, 300), xlabel=text["x"])
    return fig


def table(result, text):
    rows = [[text[name], times] for name, times in result["grown"].items()]
    return {"columns": [text["what"], text["x"]], "rows": rows, "unit": ""}


# --8<-- [start:play]
def one() -> float:
    return 1.0


def scores_growth(profile: CostProfile, *, n_tokens: int) -> float:
    long = causal_attention_flops(profile, n_new=n_tokens, n_past=0)
    return long / causal_attention_flops(profile, n_new=SHORT, n_past=0)


def cache_growth(profile: CostProfile, *, n_tokens: int) -> float:
    return ideal_cache_bytes(profile, n_tokens=n_tokens) / ideal_cache_bytes(profile, n_tokens=SHORT)


def full_growth(profile: CostProfile, *, n_tokens: int) -> float:
    long = full_flops(profile, n_new=n_tokens, n_past=0, n_logits=0)
    return long / full_flops(profile, n_new=SHORT, n_past=0, n_logits=0)


def prefill_growth(profile: CostProfile, *, n_tokens: int) -> float:
    long = causal_flops(profile, n_new=n_tokens, n_past=0, n_logits=0)
    return long / causal_flops(profile, n_new=SHORT, n_past=0, n_logits=0)


def token_growth(profile: CostProfile, *, n_tokens: int) -> float:
    late = causal_flops(profile, n_new=1, n_past=n_tokens - 1, n_logits=0)
    return late / causal_flops(profile, n_new=1, n_past=SHORT - 1, n_logits=0)


# --8<-- [end:play]


def play(result, text):
    return Play(
        controls=[model("gpt3-175b"), tokens(LONG, low=2 * SHORT)],
        marks={
            "scores": Bar(scores_growth, start=one),
            "cache": Bar(cache_growth, start=one),
            "prefill_full": Bar(full_growth, start=one),
            "prefill": Bar(prefill_growth, start=one),
            "step_batch": Bar(step_growth, start=one, fixed={"batch_size": BATCH}),
            "step": Bar(step_growth, start=one, fixed={"batch_size": 1}),
            "token": Bar(token_growth, start=one),
            **{f"{name}-label": Label(f"times_{name}") for name in result["grown"]},
        },
        numbers={
            "times_scores": Number(scores_growth, "ratio"),
            "times_cache": Number(cache_growth, "ratio"),
            "times_prefill_full": Number(full_growth, "ratio"),
            "times_prefill": Number(prefill_growth, "ratio"),
            "times_step_batch": Number(step_growth, "ratio", fixed={"batch_size": BATCH}),
            "times_step": Number(step_growth, "ratio", fixed={"batch_size": 1}),
            "times_token": Number(token_growth, "ratio"),
        },
        sentence=text["says"],
    )


if __name__ == "__main__":
    print(compute())
