"""What grows how much from 2,048 to 32,768 tokens in the shape of GPT-3: the claims about cost, executed."""

import numpy as np

from llmnotes import count_params, forward_flops, load_model, registry
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
    profile = cost_profile(gpt3)
    grown = {name: formula(profile, n_tokens=LONG, **fixed) for name, (formula, fixed, _) in GROWTHS.items()}
    pairs = window_causal_pairs(n_new=FAR, n_past=0, window=WINDOW) / causal_pairs(n_new=FAR, n_past=0)
    tables = {n: 2 * registry.find("gpt3-175b").config["n_head"] * n**2 for n in (SHORT, LONG)}
    caches = {n: ideal_cache_bytes(profile, n_tokens=n) for n in (SHORT, LONG)}
    lengths = {"share_short": SHORT, "share_long": LONG, "at_crossover": 12 * gpt3.d_model}
    return {
        "short": tokens(SHORT),
        "long": tokens(LONG),
        **ratio({f"{name}_growth": times for name, times in grown.items()}),
        "doubling": ratio(prefill_growth(profile, n_tokens=2 * SHORT)),
        "newer": ratio(prefill_growth(cost_profile(load_model("llama-3.1-8b")), n_tokens=LONG)),
        **share({name: forward_flops(gpt3, n, causal=True).attention_share for name, n in lengths.items()}),
        "crossover": count(12 * gpt3.d_model),
        **by_hand(gpt3.d_model),
        **bytes_of({"cache_short": caches[SHORT], "cache_long": caches[LONG], "per_token": caches[SHORT] / SHORT}),
        **bytes_of({"table_short": tables[SHORT], "table_long": tables[LONG]}),
        "weights": bytes_of(2 * count_params(gpt3).total),
        "batch": count(BATCH),
        "window": count(WINDOW),
        "window_share": share(pairs),
        **tiles(),
    }


def by_hand(width: int):
    """Both lengths in portions, one being what everything but the two products costs at the short one."""
    portions, longer = 12 * width / SHORT, LONG / SHORT
    short, long = 1 + 1 / portions, longer + longer**2 / portions
    hand = {"products_short": 1 / portions, "products_long": longer**2 / portions, "all_short": short, "all_long": long}
    shape = {"width": width, "portions": round(portions), "rest_long": round(longer)}
    return count(shape) | number(hand) | ratio({"longer": longer, "square": longer**2, "by_hand": long / short})


def tiles():
    """Tiled attention against the plain one: how far apart the results are, and the multiplications of the tiled."""
    random = np.random.default_rng(0)
    q, k, v = (random.standard_normal((2, 192, 16)) for _ in range(3))
    plain, tiled = plain_attention(q, k, v), tiled_attention_queries_first(q, k, v, n_rows=32, n_columns=48)
    return {"difference": at_most(1e-14, abs(plain.output - tiled.output).max()), "tiled_flops": count(tiled.flops)}


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


def step_growth(profile: CostProfile, *, n_tokens: int, batch_size: int) -> float:
    weights = read_weight_bytes(profile, n_tokens=batch_size)
    grown = weights + ideal_cache_bytes(profile, n_tokens=n_tokens, batch_size=batch_size)
    return grown / (weights + ideal_cache_bytes(profile, n_tokens=SHORT, batch_size=batch_size))


# What grows, how its growth from SHORT is computed, what is fixed there, and its words.
GROWTHS = {
    "scores": (scores_growth, {}, label(zh="分数表（QKᵀ 和 AV）", en="scores (QKᵀ and AV)")),
    "cache": (cache_growth, {}, label(zh="KV 缓存", en="KV cache")),
    "prefill_full": (full_growth, {}, label(zh="读完整段，算整张表", en="whole prompt, full squares")),
    "prefill": (prefill_growth, {}, label(zh="读完整段，只算因果", en="whole prompt, causal")),
    "step_batch": (
        step_growth,
        {"batch_size": BATCH},
        label(zh="每步读的字节，32 个序列", en="bytes of a step, 32 sequences"),
    ),
    "step": (step_growth, {"batch_size": 1}, label(zh="每步读的字节", en="bytes of a step")),
    "token": (token_growth, {}, label(zh="写一个 token 的计算", en="compute of one written token")),
}


# --8<-- [end:compute]


def one() -> float:
    return 1.0


def draw(result, canvas):
    fig, ax = canvas.figure(height=80 + 46 * len(GROWTHS))
    beside = {"transform": ax.get_yaxis_transform(), "va": "center"}
    for place, (name, (_, _, words)) in enumerate(GROWTHS.items()):
        grown = result[f"{name}_growth"]
        (bar,) = ax.barh([place], [grown.value - 1], 0.4, 1, color=SERIES[0])
        bar.set_gid(name)
        ax.text(0, place - 0.42, canvas.say(words), **beside)
        ax.text(1, place - 0.42, canvas.say(grown), gid=f"{name}-label", ha="right", **beside)
    ax.set_yticks([])
    log2_axis(ax.xaxis, label="{:g}".format)
    ax.set(ylim=(len(GROWTHS) - 0.6, -0.7), xlim=(1, 300), xlabel=canvas.say(label(zh="变成几倍", en="times as much")))
    return fig


def table(result):
    rows = [[words, result[f"{name}_growth"]] for name, (_, _, words) in GROWTHS.items()]
    return Table([label(zh="什么", en="what"), label(zh="变成几倍", en="times as much")], rows)


def play(result):
    bars = {name: Bar(formula, start=one, fixed=fixed) for name, (formula, fixed, _) in GROWTHS.items()}
    return Play(
        controls=[model("gpt3-175b"), length(LONG, low=2 * SHORT)],
        marks=bars | {f"{name}-label": Label(f"times_{name}") for name in GROWTHS},
        numbers={f"times_{name}": Number(formula, "ratio", fixed) for name, (formula, fixed, _) in GROWTHS.items()},
        sentence=label(
            zh="{{model}} 从 2K 到 {{n_tokens}}：读完整段的计算变成 {{times_prefill}}，缓存 {{times_cache}}，"
            "写一个 token 的计算 {{times_token}}。",
            en="{{model}} from 2K to {{n_tokens}}: {{times_prefill}} the compute of reading it all, {{times_cache}} the "
            "cache, {{times_token}} the compute of one written token.",
        ),
    )
