"""DeepSeek-V3 against V3.2: what the indexer spares, and what it costs itself."""

from typing import Any

from llmnotes import forward_flops, load_model
from llmnotes.blocks.base import EVERY_TOKEN
from llmnotes.equations.flops import causal_pairs, indexer_pair_flops, window_causal_pairs
from llmnotes.figures import label, lines
from llmnotes.figures.play import Curve, Number, Play, choice, tokens
from llmnotes.quantities import count, flops, ratio, share
from llmnotes.quantities import tokens as tokens_of

LENGTHS = [2**exponent for exponent in range(10, 21)]
SHORT, LONG, LONGER = 2_048, 131_072, 1_048_576
HALF_HEADS = 32  # the exercise


# --8<-- [start:compute]
def attention(model, n_tokens, latent):
    """FLOPs of attention in a prefill. V3.2 runs absorbed (one latent serves all heads of a token); V3 expanded."""
    return forward_flops(model, n_tokens, causal=True, latent=latent).attention


def selected(shape, n_tokens):
    """Attention proper, for each token: the pairs that were picked."""
    return chosen_flops(n_tokens=n_tokens, **{key: shape[key] for key in ("top_k", "n_layers", "chosen_pair")})


def scored(shape, n_tokens):
    """The indexer, for each token: every pair."""
    return scored_flops(
        n_tokens=n_tokens, **{key: shape[key] for key in ("n_index_heads", "n_layers", "index_head_dim")}
    )


def indexer_part(shape, n_tokens):
    return scored(shape, n_tokens) / (scored(shape, n_tokens) + selected(shape, n_tokens))


def compute():
    v3, v32 = load_model("deepseek-v3"), load_model("deepseek-v3.2")
    mixer: Any = v32.layers[0].mixer
    chosen_pair = sum(read.flops_per_pair for read in mixer.absorbed_reads() if read.span != EVERY_TOKEN)
    scored_pair = sum(read.flops_per_pair for read in mixer.reads() if read.span == EVERY_TOKEN)
    shape = {"n_layers": v32.n_layers, "top_k": mixer.span.size, "chosen_pair": chosen_pair}
    shape |= {"n_index_heads": mixer.n_index_heads, "index_head_dim": mixer.index_head_dim}
    half = shape | {"n_index_heads": HALF_HEADS}
    v3_long = attention(v3, LONG, "expanded")

    def grown(n_tokens):
        return ratio(attention(v32, n_tokens, "absorbed") / attention(v32, LONG, "absorbed"))

    return {
        **count(shape),
        "lengths": tokens_of(LENGTHS),
        "full": flops([attention(v3, n, "expanded") / n for n in LENGTHS]),
        "total": flops([attention(v32, n, "absorbed") / n for n in LENGTHS]),
        "chosen": flops([selected(shape, n) for n in LENGTHS]),
        "scored": flops([scored(shape, n) for n in LENGTHS]),
        "n": tokens_of(LONG),
        "short": tokens_of(SHORT),
        "longest": tokens_of(LONGER),
        "share": share(attention(v32, LONG, "absorbed") / v3_long),
        "share_absorbed": share(attention(v32, LONG, "absorbed") / attention(v3, LONG, "absorbed")),
        "share_short": share(attention(v32, SHORT, "expanded") / attention(v3, SHORT, "expanded")),
        "indexer": share(indexer_part(shape, LONG)),
        "pair_share": share(scored_pair / chosen_pair),
        "growth": grown(2 * LONG),
        "longer": ratio(LONGER / LONG),
        "grows_longer": grown(LONGER),
        "grows_squared": ratio((LONGER / LONG) ** 2),
        "half_heads": count(HALF_HEADS),
        "half_share": share(LONG * (scored(half, LONG) + selected(half, LONG)) / v3_long),
        "half_indexer": share(indexer_part(half, LONG)),
        "even": count(next(n for n in range(SHORT, LONG) if scored(shape, n) > selected(shape, n))),
    }


# --8<-- [end:compute]


def scored_flops(*, n_tokens: int, n_index_heads: int, n_layers: int, index_head_dim: int) -> float:
    pair = indexer_pair_flops(n_index_heads=n_index_heads, index_head_dim=index_head_dim)
    return n_layers * pair * causal_pairs(n_new=n_tokens, n_past=0) / n_tokens


def chosen_flops(*, n_tokens: int, top_k: int, n_layers: int, chosen_pair: int) -> float:
    return n_layers * chosen_pair * window_causal_pairs(n_new=n_tokens, n_past=0, window=top_k) / n_tokens


def total_flops(
    *, n_tokens: int, top_k: int, n_index_heads: int, n_layers: int, index_head_dim: int, chosen_pair: int
) -> float:
    scored = scored_flops(
        n_tokens=n_tokens, n_index_heads=n_index_heads, n_layers=n_layers, index_head_dim=index_head_dim
    )
    return scored + chosen_flops(n_tokens=n_tokens, top_k=top_k, n_layers=n_layers, chosen_pair=chosen_pair)


def part_of_indexer(
    *, n_tokens: int, top_k: int, n_index_heads: int, n_layers: int, index_head_dim: int, chosen_pair: int
) -> float:
    scored = scored_flops(
        n_tokens=n_tokens, n_index_heads=n_index_heads, n_layers=n_layers, index_head_dim=index_head_dim
    )
    return scored / (scored + chosen_flops(n_tokens=n_tokens, top_k=top_k, n_layers=n_layers, chosen_pair=chosen_pair))


def draw(result):
    series = {
        label(zh="V3：每个都看，展开", en="V3: every token, expanded"): result["full"],
        label(zh="V3.2：合计，吸收", en="V3.2: total, absorbed", id="total"): result["total"],
        label(zh="其中：选中的", en="of it: selected", id="chosen"): result["chosen"],
        label(zh="其中：索引器", en="of it: indexer", id="scored"): result["scored"],
    }
    y = label(zh="一个 token 的注意力", en="attention for a token")
    return lines(result["lengths"], series, x="context-length", y=y, log="xy", key=True, height=420)


def play(result):
    fixed = {name: result[name].value for name in ("n_layers", "index_head_dim", "chosen_pair")}
    picked, heads = label(zh="选几个", en="tokens selected"), label(zh="索引头", en="index heads")
    return Play(
        controls=[
            tokens(LONG),
            choice("top_k", result["top_k"].value, options=(512, 1_024, 2_048, 4_096, 8_192), label=picked),
            choice("n_index_heads", result["n_index_heads"].value, options=(16, 32, 64, 128), label=heads),
        ],
        marks={
            "total": Curve(total_flops, over="n_tokens", fixed=fixed),
            "chosen": Curve(chosen_flops, over="n_tokens", fixed=fixed),
            "scored": Curve(scored_flops, over="n_tokens", fixed=fixed),
        },
        numbers={"all": Number(total_flops, "flops", fixed), "part": Number(part_of_indexer, "percent", fixed)},
        sentence=label(
            zh="{{n_tokens}} 个 token，选 {{top_k}} 个，{{n_index_heads}} 个索引头：平均每个 token 的注意力是 {{all}}，索引器占 {{part}}。",
            en="{{n_tokens}} tokens, {{top_k}} selected, {{n_index_heads}} index heads: attention takes {{all}} a token on "
            "average, {{part}} of it in the indexer.",
        ),
    )
