"""What grows how much from 2,048 to 32,768 tokens in the shape of GPT-3: the claims about cost, executed."""

import numpy as np

from llmnotes import count_params, forward_flops, kv_cache, load_model, registry
from llmnotes.cost import CostProfile, cost_profile
from llmnotes.cost.costs import causal_attention_flops, causal_flops, full_flops, ideal_cache_bytes, read_weight_bytes
from llmnotes.equations.flops import causal_pairs, window_causal_pairs
from llmnotes.figures import SERIES, Table, label, log2_axis
from llmnotes.figures.play import Bar, Label, Number, Play, model
from llmnotes.figures.play import tokens as length
from llmnotes.numerics.attention import plain_attention, tiled_attention_queries_first
from llmnotes.quantities import at_most, bytes_of, count, number, ratio, share, tokens

SHORT, LONG, BATCH, WINDOW, FAR = 2_048, 32_768, 32, 4_096, 131_072


# --8<-- [start:compute]
def compute():
    gpt3 = load_model("gpt3-175b")
    profile, short, long = cost_profile(gpt3), at(gpt3, SHORT), at(gpt3, LONG)
    crossover = 12 * gpt3.d_model
    pairs = window_causal_pairs(n_new=FAR, n_past=0, window=WINDOW) / causal_pairs(n_new=FAR, n_past=0)
    return {
        "short": tokens(SHORT),
        "long": tokens(LONG),
        "scores_growth": long["scores"] / short["scores"],
        "cache_growth": long["cache"] / short["cache"],
        "prefill_full_growth": long["full"] / short["full"],
        "prefill_growth": long["prefill"] / short["prefill"],
        "step_batch_growth": ratio(step_growth(profile, n_tokens=LONG, batch_size=BATCH)),
        "step_growth": ratio(step_growth(profile, n_tokens=LONG, batch_size=1)),
        "token_growth": long["token"] / short["token"],
        "share_short": share(forward_flops(gpt3, SHORT, causal=True, logits="last").attention_share),
        "share_long": share(forward_flops(gpt3, LONG, causal=True, logits="last").attention_share),
        "doubling": at(gpt3, 2 * SHORT)["prefill"] / short["prefill"],
        "crossover": count(crossover),
        "at_crossover": share(forward_flops(gpt3, crossover, causal=True, logits="last").attention_share),
        "cache_short": short["cache"],
        "cache_long": long["cache"],
        "per_token": short["cache"] / SHORT,
        "table_short": short["table"],
        "table_long": long["table"],
        "weights": bytes_of(2 * count_params(gpt3).total),
        "batch": count(BATCH),
        "window": count(WINDOW),
        "window_share": share(pairs),
        **tiles(),
    }


def at(gpt3, n):
    """What a length costs: FLOPs of a prompt, of all its squares, of its last token; bytes of cache and scores."""
    prompt = forward_flops(gpt3, n, causal=True, logits="last")
    flops = {
        "scores": prompt.attention,
        "prefill": blocks(prompt),
        "full": blocks(forward_flops(gpt3, n, causal=False, logits="last")),
        "token": blocks(forward_flops(gpt3, 1, n - 1, causal=True)),
    }
    table = 2 * registry.find("gpt3-175b").config["n_head"] * n**2
    return number(flops) | bytes_of({"cache": kv_cache(gpt3, n).ideal_bytes, "table": table})


def step_growth(profile: CostProfile, *, n_tokens: int, batch_size: int) -> float:
    weights = read_weight_bytes(profile, n_tokens=batch_size)
    grown = weights + ideal_cache_bytes(profile, n_tokens=n_tokens, batch_size=batch_size)
    return grown / (weights + ideal_cache_bytes(profile, n_tokens=SHORT, batch_size=batch_size))


def blocks(flops):
    return flops.linear + flops.attention


def tiles():
    """Tiled attention against the plain one: the same result from the same multiplications."""
    random = np.random.default_rng(0)
    q, k, v = (random.standard_normal((2, 192, 16)) for _ in range(3))
    plain, tiled = plain_attention(q, k, v), tiled_attention_queries_first(q, k, v, n_rows=32, n_columns=48)
    return {
        "difference": at_most(1e-14, abs(plain.output - tiled.output).max()),
        **count({"plain_flops": plain.flops, "tiled_flops": tiled.flops}),
        "moved": ratio(tiled.traffic / plain.traffic),
    }


# --8<-- [end:compute]

GROWN = {
    "scores": label(zh="分数表（QKᵀ 和 AV）", en="scores (QKᵀ and AV)"),
    "cache": label(zh="KV 缓存", en="KV cache"),
    "prefill_full": label(zh="读完整段，算整张表", en="whole prompt, full squares"),
    "prefill": label(zh="读完整段，只算因果", en="whole prompt, causal"),
    "step_batch": label(zh="每步读的字节，32 个序列", en="bytes of a step, 32 sequences"),
    "step": label(zh="每步读的字节", en="bytes of a step"),
    "token": label(zh="写一个 token 的计算", en="compute of one written token"),
}


def draw(result, canvas):
    fig, ax = canvas.figure(height=80 + 46 * len(GROWN))
    beside = {"transform": ax.get_yaxis_transform(), "va": "center"}
    for place, (name, words) in enumerate(GROWN.items()):
        grown = result[f"{name}_growth"]
        (bar,) = ax.barh([place], [grown.value - 1], 0.4, 1, color=SERIES[0])
        bar.set_gid(name)
        ax.text(0, place - 0.42, canvas.say(words), **beside)
        ax.text(1, place - 0.42, canvas.say(grown), gid=f"{name}-label", ha="right", **beside)
    ax.set_yticks([])
    log2_axis(ax.xaxis, label="{:g}".format)
    ax.set(ylim=(len(GROWN) - 0.6, -0.7), xlim=(1, 300), xlabel=canvas.say(label(zh="变成几倍", en="times as much")))
    return fig


def table(result):
    rows = [[words, result[f"{name}_growth"]] for name, words in GROWN.items()]
    return Table([label(zh="什么", en="what"), label(zh="变成几倍", en="times as much")], rows)


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


def play(result):
    formulas = {
        "scores": (scores_growth, {}),
        "cache": (cache_growth, {}),
        "prefill_full": (full_growth, {}),
        "prefill": (prefill_growth, {}),
        "step_batch": (step_growth, {"batch_size": BATCH}),
        "step": (step_growth, {"batch_size": 1}),
        "token": (token_growth, {}),
    }
    bars = {name: Bar(formula, start=one, fixed=fixed) for name, (formula, fixed) in formulas.items()}
    return Play(
        controls=[model("gpt3-175b"), length(LONG, low=2 * SHORT)],
        marks=bars | {f"{name}-label": Label(f"times_{name}") for name in formulas},
        numbers={f"times_{name}": Number(formula, "ratio", fixed) for name, (formula, fixed) in formulas.items()},
        sentence=label(
            zh="{{model}} 从 2K 到 {{n_tokens}}：读完整段的计算变成 {{times_prefill}}，缓存 {{times_cache}}，"
            "写一个 token 的计算 {{times_token}}。",
            en="{{model}} from 2K to {{n_tokens}}: {{times_prefill}} the compute of reading it all, {{times_cache}} the "
            "cache, {{times_token}} the compute of one written token.",
        ),
    )
