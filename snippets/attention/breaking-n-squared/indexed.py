"""DeepSeek-V3 against V3.2: what the indexer spares, and what it costs itself."""

from llmnotes import count_params, forward_flops, load_model
from llmnotes.blocks.base import EVERY_TOKEN
from llmnotes.equations import flops
from llmnotes.equations.flops import causal_pairs, indexer_pair_flops, window_causal_pairs
from llmnotes.figures import INK, log2_axis, new_figure, series
from llmnotes.figures.play import Curve, Dot, Number, Play, choice, tokens
from llmnotes.units import format_count, format_exact, format_percent, format_ratio, format_tokens

TEXT = {
    "zh": {
        "title": "到 {{n_tokens}}，V3.2 的注意力只要 V3 的 {{share}}，其中 {{indexer}} 是索引器",
        "caption": "预填充里平均每个 token 的注意力运算，全部 {{n_layers}} 层，因果，键和值展开来算。"
        "到 {{longest}} 为止，两个模型公布的上下文没这么长，只借形状。",
        "description": "四条线：V3 一路上斜；选中的那部分走平；索引器在下面和 V3 平行地上斜；合计先跟着前者，后贴着后者。",
        "x": "提示词（token）",
        "y": "一个 token 的注意力（GFLOPs）",
        "full": "V3：每个都看",
        "total": "V3.2：合计",
        "chosen": "其中：选中的",
        "scored": "其中：索引器",
        "says": "{{n_tokens}} 个 token，选 {{top_k}} 个，{{n_index_heads}} 个索引头：注意力是 V3 的 {{ratio}}，其中索引器占 {{part}}；"
        "再翻倍，运算是 {{doubling}}。",
        "top_k_label": "选几个",
        "heads_label": "索引头",
    },
    "en": {
        "title": "At {{n_tokens}} the attention of V3.2 takes {{share}} of V3's, and {{indexer}} of that is the indexer",
        "caption": "Operations of attention for one token, averaged over a prefill, all {{n_layers}} layers, causal, "
        "keys and values expanded. Up to {{longest}}, beyond what either model publishes: only their shape is used.",
        "description": "Four lines: V3 rises all the way; the selected part goes flat; the indexer rises below V3, "
        "parallel to it; the total follows the former, then the latter.",
        "x": "prompt (tokens)",
        "y": "attention for a token (GFLOPs)",
        "full": "V3: every token",
        "total": "V3.2: total",
        "chosen": "of it: selected",
        "scored": "of it: indexer",
        "says": "{{n_tokens}} tokens, {{top_k}} selected, {{n_index_heads}} index heads: attention takes {{ratio}} of V3's, "
        "{{part}} of it in the indexer; doubled, {{doubling}} as much.",
        "top_k_label": "selected",
        "heads_label": "index heads",
    },
}

LENGTHS = [2**exponent for exponent in range(10, 21)]
SHORT, LONG, LONGER = 2_048, 131_072, 1_048_576
HALF_HEADS = 32  # the exercise
GFLOPS = 1e9


# --8<-- [start:compute]
def compute() -> dict:
    v3, v32 = load_model("deepseek-v3"), load_model("deepseek-v3.2")
    mixer = mixer_of(v32)
    scored_pair = sum(read.flops_per_pair for read in mixer.reads() if read.span == EVERY_TOKEN)
    chosen_pair = sum(read.flops_per_pair for read in mixer.reads() if read.span != EVERY_TOKEN)
    shape = {
        "n_layers": v32.n_layers,
        "top_k": mixer.span.size,
        "n_index_heads": mixer.n_index_heads,
        "index_head_dim": mixer.index_head_dim,
        "scored_pair": scored_pair,
        "chosen_pair": chosen_pair,
    }
    lines = {
        "full": [attention(v3, n) / n for n in LENGTHS],
        "total": [attention(v32, n) / n for n in LENGTHS],
        "chosen": [chosen(shape, n) for n in LENGTHS],
        "scored": [scored(shape, n) for n in LENGTHS],
    }
    half = shape | {"scored_pair": flops.indexer_pair_flops(n_index_heads=HALF_HEADS, index_head_dim=128)}
    return shape | {
        "n_tokens": LONG,
        "short": SHORT,
        "longest": LENGTHS[-1],
        "lengths": LENGTHS,
        "lines": lines,
        "sums": max(
            abs(a + b - whole) / whole
            for a, b, whole in zip(lines["chosen"], lines["scored"], lines["total"], strict=True)
        ),
        "share": attention(v32, LONG) / attention(v3, LONG),
        "share_short": attention(v32, SHORT) / attention(v3, SHORT),
        "share_longer": attention(v32, LONGER) / attention(v3, LONGER),
        "indexer": LONG * scored(shape, LONG) / attention(v32, LONG),
        "indexer_longer": LONGER * scored(shape, LONGER) / attention(v32, LONGER),
        "pair_share": scored_pair / chosen_pair,
        "growth": attention(v32, 2 * LONG) / attention(v32, LONG),
        "longer": LONGER / LONG,
        "grows_longer": attention(v32, LONGER) / attention(v32, LONG),
        "grows_squared": (LONGER / LONG) ** 2,
        "added_params": count_params(v32).total - count_params(v3).total,
        "half_heads": HALF_HEADS,
        "half_share": LONG * (scored(half, LONG) + chosen(half, LONG)) / attention(v3, LONG),
        "half_indexer": scored(half, LONG) / (scored(half, LONG) + chosen(half, LONG)),
        "even": next(n for n in LENGTHS_TRIED if scored(shape, n) > chosen(shape, n)),
    }


LENGTHS_TRIED = range(SHORT, LONG)


def mixer_of(model):
    return model.layers[0].mixer


def attention(model, n_tokens) -> int:
    return forward_flops(model, n_tokens, causal=True, latent="expanded").attention


def scored(shape, n_tokens) -> float:
    """The indexer, for each token: every pair."""
    return shape["n_layers"] * shape["scored_pair"] * flops.causal_pairs(n_new=n_tokens, n_past=0) / n_tokens


def chosen(shape, n_tokens) -> float:
    """Attention proper, for each token: the pairs that were picked."""
    pairs = flops.window_causal_pairs(n_new=n_tokens, n_past=0, window=shape["top_k"])
    return shape["n_layers"] * shape["chosen_pair"] * pairs / n_tokens


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    shares = (
        "share",
        "share_short",
        "share_longer",
        "indexer",
        "indexer_longer",
        "pair_share",
        "half_share",
        "half_indexer",
    )
    ratios = ("growth", "longer", "grows_longer", "grows_squared")
    exact = ("n_layers", "top_k", "n_index_heads", "index_head_dim", "half_heads", "even")
    found = {name: format_percent(result[name], lang) for name in shares}
    found |= {name: format_ratio(result[name], lang) for name in ratios}
    found |= {name: format_exact(result[name], lang) for name in exact}
    found |= {name: format_tokens(result[name], lang) for name in ("n_tokens", "short", "longest")}
    return found | {"added_params": format_count(result["added_params"], lang)}


def draw(result, text, width):
    fig, ax = new_figure(width, height=420)
    for place, (name, line) in enumerate(result["lines"].items()):
        ax.plot(result["lengths"], [value / GFLOPS for value in line], label=text[name], gid=name, **series(place))
    here = result["lines"]["total"][result["lengths"].index(result["n_tokens"])] / GFLOPS
    ax.plot([result["n_tokens"]], [here], "o", color=INK, markersize=10, gid="here")
    log2_axis(ax.xaxis)
    ax.set_yscale("log")
    ax.minorticks_off()
    ax.set_yticks([1, 10, 100, 1_000], ["1", "10", "100", "1,000"])
    ax.set(xlabel=text["x"], ylabel=text["y"])
    ax.legend()
    return fig


def table(result, text):
    rows = [
        [n, *(value / GFLOPS for value in values)]
        for n, *values in zip(result["lengths"], *result["lines"].values(), strict=True)
    ]
    return {"columns": [text["x"], *(text[name] for name in result["lines"])], "rows": rows, "unit": text["y"]}


def scored_gflops(*, n_tokens: int, n_index_heads: int, n_layers: int, index_head_dim: int) -> float:
    """The indexer, for each token."""
    pair = indexer_pair_flops(n_index_heads=n_index_heads, index_head_dim=index_head_dim)
    return n_layers * pair * causal_pairs(n_new=n_tokens, n_past=0) / n_tokens / GFLOPS


def chosen_gflops(*, n_tokens: int, top_k: int, n_layers: int, chosen_pair: int) -> float:
    """Attention proper, for each token."""
    return n_layers * chosen_pair * window_causal_pairs(n_new=n_tokens, n_past=0, window=top_k) / n_tokens / GFLOPS


def total_gflops(
    *, n_tokens: int, top_k: int, n_index_heads: int, n_layers: int, index_head_dim: int, chosen_pair: int
) -> float:
    """Both, for each token."""
    scored = scored_gflops(
        n_tokens=n_tokens, n_index_heads=n_index_heads, n_layers=n_layers, index_head_dim=index_head_dim
    )
    return scored + chosen_gflops(n_tokens=n_tokens, top_k=top_k, n_layers=n_layers, chosen_pair=chosen_pair)


def ratio_to_v3(
    *, n_tokens: int, top_k: int, n_index_heads: int, n_layers: int, index_head_dim: int, chosen_pair: int
) -> float:
    """Attention of this model over attention that sees every token."""
    total = total_gflops(
        n_tokens=n_tokens,
        top_k=top_k,
        n_index_heads=n_index_heads,
        n_layers=n_layers,
        index_head_dim=index_head_dim,
        chosen_pair=chosen_pair,
    )
    return total / (n_layers * chosen_pair * causal_pairs(n_new=n_tokens, n_past=0) / n_tokens / GFLOPS)


def indexer_part(
    *, n_tokens: int, top_k: int, n_index_heads: int, n_layers: int, index_head_dim: int, chosen_pair: int
) -> float:
    """Share of the indexer in attention."""
    scored = scored_gflops(
        n_tokens=n_tokens, n_index_heads=n_index_heads, n_layers=n_layers, index_head_dim=index_head_dim
    )
    chosen = chosen_gflops(n_tokens=n_tokens, top_k=top_k, n_layers=n_layers, chosen_pair=chosen_pair)
    return scored / (scored + chosen)


def doubled(
    *, n_tokens: int, top_k: int, n_index_heads: int, n_layers: int, index_head_dim: int, chosen_pair: int
) -> float:
    """All of attention for twice the tokens over all of it now."""
    after = total_gflops(
        n_tokens=2 * n_tokens,
        top_k=top_k,
        n_index_heads=n_index_heads,
        n_layers=n_layers,
        index_head_dim=index_head_dim,
        chosen_pair=chosen_pair,
    )
    before = total_gflops(
        n_tokens=n_tokens,
        top_k=top_k,
        n_index_heads=n_index_heads,
        n_layers=n_layers,
        index_head_dim=index_head_dim,
        chosen_pair=chosen_pair,
    )
    return 2 * after / before


def play(result, text):
    shape = {name: result[name] for name in ("n_layers", "index_head_dim", "chosen_pair")}
    return Play(
        controls=[
            tokens(result["n_tokens"]),
            choice("top_k", result["top_k"], options=(512, 1_024, 2_048, 4_096, 8_192), label=text["top_k_label"]),
            choice("n_index_heads", result["n_index_heads"], options=(16, 32, 64, 128), label=text["heads_label"]),
        ],
        marks={
            "total": Curve(total_gflops, over="n_tokens", fixed=shape),
            "chosen": Curve(chosen_gflops, over="n_tokens", fixed=shape),
            "scored": Curve(scored_gflops, over="n_tokens", fixed=shape),
            "here": Dot("n_tokens", total_gflops, shape),
        },
        numbers={
            "ratio": Number(ratio_to_v3, "percent", shape),
            "part": Number(indexer_part, "percent", shape),
            "doubling": Number(doubled, "ratio", shape),
        },
        sentence=text["says"],
    )


if __name__ == "__main__":
    print(compute())
