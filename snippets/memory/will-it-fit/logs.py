"""What engines printed when they started, beside the same quantity computed here."""

from llmnotes import kv_cache, load_model
from llmnotes.cost import cost_profile, inverses
from llmnotes.cost.assumptions import Engine, Precision
from llmnotes.figures import SERIES, label_bars, new_figure
from llmnotes.fitting import fit_memory
from llmnotes.units import GIB, MIB, format_exact, format_number, format_percent

TEXT = {
    "zh": {
        "title": "引擎启动时打印的 {{n_rows}} 个数，最远的差 {{worst}}",
        "caption": "条是算出来的数除以日志里的数，1 是一样。日志的出处见来源。",
        "description": "一行一个数，条越接近同一长度，两个数越接近。",
        "x": "算出来的 ÷ 日志里的",
        "what": "日志里的数",
        "printed": "日志",
        "computed": "算出来",
        "unit": "GiB；token 一行除外",
        "weights": "权重，Llama 3 8B",
        "weights_2": "权重，两张卡分",
        "passes": "一次前向，Llama 3 8B",
        "room": "留给缓存，Llama 3 8B",
        "tokens": "token 数，Qwen3 235B",
        "cache": "KV 缓存，Qwen3.6 27B",
        "state": "循环状态，Qwen3.6 27B",
    },
    "en": {
        "title": "{{n_rows}} numbers that engines printed at start; the furthest is {{worst}} off",
        "caption": "A bar is the computed number over the logged one; 1 is equal. Sources say where the logs are.",
        "description": "One row a number; bars of one length mean equal numbers.",
        "x": "computed ÷ logged",
        "what": "number in the log",
        "printed": "log",
        "computed": "computed",
        "unit": "GiB, but for the row of tokens",
        "weights": "weights, Llama 3 8B",
        "weights_2": "weights, on each of two cards",
        "passes": "one pass, Llama 3 8B",
        "room": "left to the cache, Llama 3 8B",
        "tokens": "tokens, Qwen3 235B",
        "cache": "KV cache, Qwen3.6 27B",
        "state": "recurrent state, Qwen3.6 27B",
    },
}


# --8<-- [start:logs]
# vLLM 10511: Llama 3 8B on a card of 79.22 GiB of which 0.90 may be used. vLLM 21348: Qwen3 235B on four cards.
# LM Studio 1862: Qwen3.6 27B in llama.cpp, 262,144 tokens in the cache, state for four sequences.
PRINTED = {
    "weights": 14.96 * GIB,
    "weights_2": 7.48 * GIB,
    "passes": 1.26 * GIB,
    "room": 53.29 * GIB,
    "tokens": 178_880,
    "cache": 16_384 * MIB,
    "state": 598.5 * MIB,
}
NOT_TORCH = 1.79 * GIB  # the log's own line: what the driver and the libraries hold outside of torch


# --8<-- [end:logs]


# --8<-- [start:compute]
def compute() -> dict:
    llama, qwen = load_model("llama-3-8b"), load_model("qwen3.6-27b")
    engine = Engine(usable_share=0.9, prefill_chunk=8192)
    on_one, on_two = (fit_memory(llama, 79.22 * GIB, n, 0, 256, Precision(), engine) for n in (1, 2))
    held = kv_cache(qwen, n_tokens=262_144, batch_size=1)
    qwen3 = cost_profile(load_model("qwen3-235b-a22b"))
    room = {"room_bytes": 8.11 * GIB, "n_chips": 4, "batch_size": 1, "kv_bits": 16, "page": 16}
    tokens = inverses.longest_context(qwen3, **room)
    computed: dict[str, float] = {
        "weights": on_one.weight_bytes,
        "weights_2": on_two.weight_bytes / 2,
        "passes": on_one.activation_bytes,
        "room": on_one.ideal.free_bytes - NOT_TORCH,
        "tokens": tokens,
        "cache": held.ideal_bytes - held.state_bytes,
        "state": kv_cache(qwen, n_tokens=262_144, batch_size=4, kv_bits=32).state_bytes,
    }
    ratios = {name: computed[name] / printed for name, printed in PRINTED.items()}
    return {
        "rows": {
            name: {"printed": printed, "computed": computed[name], "ratio": ratios[name]}
            for name, printed in PRINTED.items()
        },
        "worst": max(abs(ratio - 1) for ratio in ratios.values()),
        "second": sorted(abs(ratio - 1) for ratio in ratios.values())[-2],
    }


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    rows = result["rows"]
    found = {
        "n_rows": format_exact(len(rows), lang),
        "worst": format_percent(result["worst"], lang),
        "second": format_percent(result["second"], lang),
    }
    for name, row in rows.items():
        found[f"{name}_printed"] = said(name, row["printed"], lang)
        found[name] = said(name, row["computed"], lang)
    return found


def said(name, value, lang):
    if name == "tokens":
        return format_exact(value, lang)
    unit, size = ("MiB", MIB) if name in ("cache", "state") else ("GiB", GIB)
    return f"{format_number(value / size, 4)} {unit}"


def draw(result, text, width):
    rows = list(result["rows"].items())
    fig, ax = new_figure(width, height=70 + 34 * len(rows))
    bars = ax.barh(range(len(rows)), [row["ratio"] for _, row in rows], 0.6, color=SERIES[0])
    label_bars(ax, bars, [f"{row['ratio']:.3f}" for _, row in rows])
    ax.set_yticks(range(len(rows)), [text[name] for name, _ in rows])
    ax.invert_yaxis()
    ax.set(xlabel=text["x"], xlim=(0, 1.1))
    return fig


def table(result, text):
    rows = [
        [
            text[name],
            *(row[key] if name == "tokens" else row[key] / GIB for key in ("printed", "computed")),
            row["ratio"],
        ]
        for name, row in result["rows"].items()
    ]
    columns = [text["what"], text["printed"], text["computed"], text["x"]]
    return {"columns": columns, "rows": rows, "unit": text["unit"]}


if __name__ == "__main__":
    print(compute())
