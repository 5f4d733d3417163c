"""A small attention run twice: all tokens at once, and one by one with a cache."""

import numpy as np

from llmnotes.figures import label_bars, new_figure
from llmnotes.units import format_exact, format_ratio

TEXT = {
    "zh": {
        "title": "结果一样，最大只差 {{difference}}；不存缓存，投影要多算 {{ratio}}",
        "caption": "一层注意力，{{n_tokens}} 个 token，宽 {{width}}。条是键和值的投影一共算了多少行，在代码里一行一行数的。",
        "description": "三根横条：预填充和带缓存的解码一样短，不带缓存的解码长得多。",
        "prefill": "预填充",
        "cached": "解码，带缓存",
        "recomputed": "解码，每次重算",
        "x": "键和值的投影（行）",
        "way": "做法",
    },
    "en": {
        "title": "The results differ by {{difference}} at most; without a cache the projections are computed {{ratio}} as often",
        "caption": "One attention layer, {{n_tokens}} tokens, width {{width}}. Bars are the rows of keys and values that "
        "were projected, counted in the code one by one.",
        "description": "Three bars: prefill and decode with a cache are equally short, decode without one is much longer.",
        "prefill": "prefill",
        "cached": "decode, with cache",
        "recomputed": "decode, recomputing",
        "x": "rows of keys and values projected",
        "way": "way",
    },
}
N_TOKENS, WIDTH = 61, 32


# --8<-- [start:attention]
def softmax(scores):
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def prefill(x, query, key, value):
    """All tokens at once; a token may not look at later ones."""
    q, k, v = x @ query, x @ key, x @ value
    scores = q @ k.T / np.sqrt(WIDTH)
    later = np.triu(np.ones_like(scores, dtype=bool), 1)
    return softmax(np.where(later, -np.inf, scores)) @ v, len(k)


def decode(x, query, key, value):
    """One token at a time; keys and values stay in a cache."""
    keys, values, out, rows = np.empty((0, WIDTH)), np.empty((0, WIDTH)), [], 0
    for token in x:
        keys, values = np.vstack([keys, token @ key]), np.vstack([values, token @ value])
        rows += 1
        out.append(softmax(keys @ (token @ query) / np.sqrt(WIDTH)) @ values)
    return np.array(out), rows


# --8<-- [end:attention]


def without_cache(x, query, key, value):
    """One token at a time; everything before it is projected again."""
    out, rows = [], 0
    for n in range(1, len(x) + 1):
        whole, projected = prefill(x[:n], query, key, value)
        out.append(whole[-1])
        rows += projected
    return np.array(out), rows


# --8<-- [start:compute]
def compute() -> dict:
    random = np.random.default_rng(0)
    x = random.normal(size=(N_TOKENS, WIDTH))
    weights = [random.normal(size=(WIDTH, WIDTH)) / np.sqrt(WIDTH) for _ in range(3)]
    at_once, rows = prefill(x, *weights)
    cached, rows_cached = decode(x, *weights)
    again, rows_again = without_cache(x, *weights)
    difference = max(float(np.abs(at_once - other).max()) for other in (cached, again))
    if difference > 1e-13:
        raise ValueError(f"prefill and decode differ by {difference}")
    return {
        "n_tokens": N_TOKENS,
        "width": WIDTH,
        # A power of ten above the difference: its last digits depend on the processor.
        "below": 1e-13,
        "rows": {"prefill": rows, "cached": rows_cached, "recomputed": rows_again},
        "ratio": rows_again / rows_cached,
    }


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    return {
        "n_tokens": format_exact(result["n_tokens"], lang),
        "width": format_exact(result["width"], lang),
        "difference": f"{result['below']:.0e}",
        "cached": format_exact(result["rows"]["cached"], lang),
        "recomputed": format_exact(result["rows"]["recomputed"], lang),
        "ratio": format_ratio(result["ratio"], lang),
    }


def draw(result, text, width):
    fig, ax = new_figure(width, height=230)
    bars = ax.barh(range(len(result["rows"])), list(result["rows"].values()), 0.6)
    label_bars(ax, bars, [f"{rows:,}" for rows in result["rows"].values()])
    ax.set_yticks(range(len(result["rows"])), [text[way] for way in result["rows"]])
    ax.invert_yaxis()
    ax.set(xlabel=text["x"])
    return fig


def table(result, text):
    rows = [[text[way], rows] for way, rows in result["rows"].items()]
    return {"columns": [text["way"], text["x"]], "rows": rows, "unit": ""}


if __name__ == "__main__":
    print(compute())
