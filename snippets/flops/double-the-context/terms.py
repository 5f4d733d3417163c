"""Every term of a GPT-3 prefill at 2K and at 32K: two grow with the square, the others with the length."""

from typing import Any

from llmnotes import forward_flops, load_model
from llmnotes.equations import flops as equations
from llmnotes.figures import Table, dumbbells, label
from llmnotes.quantities import flops, ratio, share, tokens

MODEL, SHORT, LONG = "gpt3-175b", 2_048, 32_768


# --8<-- [start:compute]
def terms(model, n_tokens) -> dict:
    attention: Any = model.layers[0].mixer
    d, d_ff = model.d_model, model.layers[0].feed_forward.d_ff
    pairs = equations.causal_pairs(n_new=n_tokens, n_past=0) * 2 * attention.n_heads * attention.head_dim
    of_weights = {"qkv": 3 * d * d, "output": d * d, "feed_forward": 2 * d * d_ff}
    projections = {term: n_tokens * equations.matrix_flops(n_params=n) for term, n in of_weights.items()}
    order = ("qkv", "scores", "values", "output", "feed_forward")
    every = projections | {"scores": pairs, "values": pairs}
    counted = {term: model.n_layers * every[term] for term in order}
    return flops(counted | {"total": sum(counted.values())})


def compute() -> dict:
    model = load_model(MODEL)
    short, long = (
        {"causal": forward_flops(model, n, causal=True), "square": forward_flops(model, n)} for n in (SHORT, LONG)
    )
    at_short, at_long = terms(model, SHORT), terms(model, LONG)
    grown = {term: at_long[term] / at_short[term] for term in at_short}
    return {
        "short": tokens(SHORT),
        "long": tokens(LONG),
        "longer": ratio(LONG / SHORT),
        "at_short": at_short,
        "at_long": at_long,
        "ratio": grown,
        "score": grown["scores"],
        "whole": grown["total"],
        "share_short": share(short["causal"].attention_share),
        "share_long": share(long["causal"].attention_share),
        "squares": ratio(blocks(long["square"]) / blocks(short["square"])),
        "step": ratio(blocks(forward_flops(model, 1, LONG)) / blocks(forward_flops(model, 1, SHORT))),
    }


def blocks(count) -> int:
    return count.linear + count.attention


# --8<-- [end:compute]

LABELS = {
    "qkv": label(zh="查询、键、值投影", en="query, key, value projections"),
    "scores": "QKᵀ",
    "values": "AV",
    "output": label(zh="输出投影", en="output projection"),
    "feed_forward": "feed-forward",
    "total": "total",
}


def draw(result):
    short, long, ratios = result["at_short"], result["at_long"], result["ratio"]
    return dumbbells(
        {words: (short[term], long[term]) for term, words in LABELS.items()},
        x="flop",
        solid=result["short"],
        hollow=result["long"],
        log=True,
        notes={words: ratios[term] for term, words in LABELS.items()},
    )


def table(result):
    parts = ("at_short", "at_long", "ratio")
    rows = [[words, *(result[part][term] for part in parts)] for term, words in LABELS.items()]
    return Table([label(zh="项", en="term"), result["short"], result["long"], label(zh="倍数", en="ratio")], rows)
