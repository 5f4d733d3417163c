"""Parameters counted from real arrays, with rotary and with learned positions, at two context lengths."""

import numpy as np

from llmnotes import count_params, from_config, load_model
from llmnotes.figures import SERIES, label_bars, new_figure
from llmnotes.units import format_exact

# Totals that KerasHub publishes beside its weights (keras_hub/src/models/*/*_presets.py, read 2026-11-23).
PUBLISHED = {
    "gpt2": 124_439_808,
    "gpt2-medium": 354_823_168,
    "gpt2-xl": 1_557_611_200,
    "llama-2-7b": 6_738_415_616,
    "llama-3-8b": 8_030_261_248,
    "llama-3.1-8b": 8_030_261_248,
    "phi-3-mini-4k": 3_821_079_552,
    "phi-3-mini-128k": 3_821_079_552,
}
PUBLISHED_UNTIED = 1_498_482_688  # its Llama 3.2 1B

TEXT = {
    "zh": {
        "title": "上下文加倍，旋转位置的数组一个数也不多，学出来的位置每个位置多一行",
        "caption": "两个小模型，每份权重都真的建成 numpy 数组再数。条是数组里的数，圆点是本站计数器的答案。",
        "description": "四根条：旋转位置的小模型在两种上下文下一样长；学位置的小模型在上下文加倍后变长。"
        "计数器的圆点都落在条的末端。",
        "rotary": "旋转位置，",
        "learned": "学出来的位置，",
        "tokens": " token",
        "row": "模型和上下文",
        "arrays": "数组里的数",
        "counter": "计数器",
        "x": "参数（个）",
    },
    "en": {
        "title": "Twice the context adds nothing with rotary positions, and a row per position with learned ones",
        "caption": "Two small models, every weight built as a numpy array and counted. Bars are the arrays, dots this "
        "site's counter.",
        "description": "Four bars: with rotary positions the small model is as long at both contexts; with learned "
        "ones it grows when the context doubles. The counter's dots sit at the ends of the bars.",
        "rotary": "rotary, ",
        "learned": "learned, ",
        "tokens": " tokens",
        "row": "model and context",
        "arrays": "numbers in the arrays",
        "counter": "counter",
        "x": "parameters",
    },
}


D, VOCAB, N_LAYERS, HEADS, KV_HEADS, HEAD_DIM, D_FF = 24, 101, 3, 6, 2, 4, 37


# --8<-- [start:shapes]
def rotary_shapes(n_ctx):
    """All weights of a small Llama: n_ctx is asked for and used nowhere."""
    query, key = (D, HEADS * HEAD_DIM), (D, KV_HEADS * HEAD_DIM)
    value, output = key, query[::-1]
    feed_forward, norms = [(D, D_FF), (D, D_FF), (D_FF, D)], 2 * [(D,)]
    layer = [query, key, value, output, *feed_forward, *norms]
    return [(VOCAB, D), *N_LAYERS * layer, (D,), (D, VOCAB)]


def learned_shapes(n_ctx):
    """All weights of a small GPT-2: one more row for every position."""
    attention = [(D, 3 * D), (3 * D,), (D, D), (D,)]
    feed_forward = [(D, 4 * D), (4 * D,), (4 * D, D), (D,)]
    layer = [*attention, *feed_forward, *4 * [(D,)]]
    return [(VOCAB, D), (n_ctx, D), *N_LAYERS * layer, (D,), (D,)]


def count(shapes):
    return sum(np.zeros(shape, np.float16).size for shape in shapes)


# --8<-- [end:shapes]


def rotary_config(n_ctx):
    return {
        "model_type": "llama",
        "hidden_size": D,
        "vocab_size": VOCAB,
        "num_hidden_layers": N_LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "head_dim": HEAD_DIM,
        "intermediate_size": D_FF,
        "tie_word_embeddings": False,
        "max_position_embeddings": n_ctx,
    }


def learned_config(n_ctx):
    sizes = {"n_embd": D, "vocab_size": VOCAB, "n_layer": N_LAYERS, "n_head": HEADS}
    return {"model_type": "gpt2", "n_positions": n_ctx} | sizes


# --8<-- [start:compute]
def compute() -> dict:
    rows = []
    for n_ctx in (64, 128):
        for kind, shapes, config in (
            ("rotary", rotary_shapes(n_ctx), rotary_config(n_ctx)),
            ("learned", learned_shapes(n_ctx), learned_config(n_ctx)),
        ):
            arrays, counter = count(shapes), count_params(from_config(config)).total
            if arrays != counter:
                raise ValueError(f"{kind}: the arrays hold {arrays} numbers, the counter says {counter}")
            rows.append({"kind": kind, "n_ctx": n_ctx, "arrays": arrays, "counter": counter})
    small = count_params(load_model("llama-3.2-1b"))
    equal = [model_id for model_id, total in PUBLISHED.items() if count_params(load_model(model_id)).total == total]
    return {
        "rows": rows,
        "n_published": len(PUBLISHED) + 2,
        "n_equal": len(equal),
        "gap": PUBLISHED_UNTIED - small.total,
        "tied_table": small.components["embedding_token"],
    }


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    rotary, learned, rotary_long, learned_long = (format_exact(row["arrays"], lang) for row in result["rows"])
    return {
        "rotary_short": rotary,
        "rotary_long": rotary_long,
        "learned_short": learned,
        "learned_long": learned_long,
        "gap": format_exact(result["gap"], lang),
        "tied_table": format_exact(result["tied_table"], lang),
        "short": format_exact(result["rows"][0]["n_ctx"], lang),
        "long": format_exact(result["rows"][-1]["n_ctx"], lang),
        "published": format_exact(result["n_published"], lang),
        "equal": format_exact(result["n_equal"], lang),
    }


def draw(result, text, width):
    fig, ax = new_figure(width, height=300)
    rows = sorted(result["rows"], key=lambda row: (row["kind"], row["n_ctx"]), reverse=True)
    bars = ax.barh(range(len(rows)), [row["arrays"] for row in rows], height=0.6, label=text["arrays"])
    label_bars(ax, bars, [f"{row['arrays']:,}" for row in rows])
    ax.plot([row["counter"] for row in rows], range(len(rows)), "o", color=SERIES[1], label=text["counter"])
    ax.set_yticks(range(len(rows)), [f"{text[row['kind']]}{row['n_ctx']}{text['tokens']}" for row in rows])
    ax.set(xlabel=text["x"])
    ax.legend()
    return fig


def table(result, text):
    rows = [[f"{text[r['kind']]}{r['n_ctx']}{text['tokens']}", r["arrays"], r["counter"]] for r in result["rows"]]
    return {"columns": [text["row"], text["arrays"], text["counter"]], "rows": rows, "unit": text["x"]}


if __name__ == "__main__":
    print(compute())
