"""Where the memory of three cards goes at 131,072 tokens: two models on each, weights as their files have them."""

from llmnotes import fit, load_model
from llmnotes.figures import INK, MUTED, SERIES, Chart, Table, label, name
from llmnotes.quantities import bytes_of, count, number, tokens
from llmnotes.registry import find_chip
from llmnotes.weights.sizes import memory_precision, stored_weights

N_TOKENS = 131_072
PARTS = {
    "headroom": label(zh="余量", en="headroom"),
    "weights": label(zh="权重", en="weights"),
    "activations": "activations",
    "cache": "kv-cache",
}
# Card, model, and the form of its weights: empty for that of the authors' own file.
CASES = {
    "llama8": ("rtx-4090", "llama-3.1-8b", ""),
    "oss20": ("rtx-4090", "gpt-oss-20b", ""),
    "gemma27": ("l40s-48gb", "gemma-3-27b", "Q8_0"),
    "llama70_48": ("l40s-48gb", "llama-3.1-70b", "Q4_K_M"),
    "llama70_80": ("h100-sxm-80gb", "llama-3.1-70b", "Q4_K_M"),
    "oss120": ("h100-sxm-80gb", "gpt-oss-120b", ""),
}
SHORT = {"rtx-4090": "4090", "l40s-48gb": "L40S", "h100-sxm-80gb": "H100"}
SOLD_AS_GB = {"4090": 24, "l40s": 48, "h100": 80}


# --8<-- [start:compute]
def row(card, model_id, form):
    model = load_model(model_id)
    stored = stored_weights(model, form or None)
    bits = memory_precision(stored)
    found = fit(model, card, weight_bits=bits.weights, expert_bits=bits.experts, n_tokens=N_TOKENS)
    parts = {"headroom": found.overhead_bytes, "weights": found.weight_bytes, "activations": found.activation_bytes}
    free = found.ideal.free_bytes
    return {
        "title": f"{SHORT[card]} · {model.name} · {stored.form.replace('mxfp4', 'MXFP4')}",
        **bytes_of({**parts, "cache": found.ideal.cache_bytes, "memory": find_chip(card).memory_bytes}),
        "full": bytes_of(found.reserved.cache_bytes),
        "room": bytes_of(free + found.ideal.cache_bytes),
        "left": bytes_of(free),
        "apart": bytes_of(abs(free)),
        "longest": count(found.ideal.longest_context or 0),
        "longest_full": count(found.reserved.longest_context or 0),
        "batch": count(found.ideal.largest_batch),
        "bits": number(stored.bits_per_param),
    }


def compute():
    rows = {key: row(*case) for key, case in CASES.items()}
    sold = bytes_of({card: gb * 1e9 for card, gb in SOLD_AS_GB.items()})
    fitting = sum(one["left"].value >= 0 for one in rows.values())
    return {
        **rows,
        "n_fit": count(fitting),
        "n_not": count(len(rows) - fitting),
        "length": tokens(N_TOKENS),
        "sold": sold,
    }


# --8<-- [end:compute]


def draw(result):
    rows = [result[key] for key in CASES]

    def plot(canvas):
        fig, ax = canvas.figure(height=70 + 58 * len(rows))
        start = [0.0] * len(rows)
        for (part, words), color in zip(PARTS.items(), (MUTED, *SERIES[:3]), strict=True):
            sizes = [one[part].value for one in rows]
            ax.barh(range(len(rows)), sizes, 0.42, start, color=color, label=canvas.say(words))
            start = [begin + size for begin, size in zip(start, sizes, strict=True)]
        memory = [one["memory"].value for one in rows]
        look = {"color": INK, "markersize": 30, "markeredgewidth": 2.5, "label": canvas.say("memory")}
        ax.plot(memory, range(len(rows)), "|", **look)
        for place, one in enumerate(rows):
            ax.text(0, place - 0.38, one["title"], transform=ax.get_yaxis_transform(), va="center")
        canvas.axis(ax.xaxis, label(zh="显存", en="memory"), [one["memory"] for one in rows])
        ax.set_yticks([])
        ax.set(ylim=(len(rows) - 0.6, -0.65), xlim=(0, 95 * 2**30))
        ax.legend()
        return fig

    columns = [
        label(zh="卡、模型、格式", en="card, model, form"),
        *PARTS.values(),
        "memory",
        label(zh="剩余", en="free"),
    ]
    keys = (*PARTS, "memory", "left")
    cells = [[name(one["title"]), *(one[part] for part in keys)] for one in rows]
    return Chart(plot, Table(columns, cells), ("y", 0, len(rows) - 1))
