"""Where the memory of three cards goes at 131,072 tokens: two models on each."""

from llmnotes import fit, kv_cache, load_model
from llmnotes.figures import INK, MUTED, SERIES, new_figure
from llmnotes.registry import find_chip
from llmnotes.units import GIB, format_bytes, format_exact, format_number, format_tokens

TEXT = {
    "zh": {
        "title": "同样 {{length}}：{{fitting}} 组装得下，{{failing}} 组装不下；最小的缺口是 {{smallest_gap}}",
        "caption": "一个序列，131,072 个 token，KV 缓存 bf16，理想缓存。竖线是这张卡的显存，超过竖线就装不下。",
        "description": "六行横条，每行一张卡和一个模型，条由引擎留空、权重、一次前向和缓存四段组成；竖线标出显存。",
        "overhead": "引擎留空",
        "weights": "权重",
        "activations": "一次前向",
        "cache": "KV 缓存",
        "memory": "显存",
        "x": "GiB",
        "card": "卡和模型",
        "free": "剩余",
        "bits": "每个权重（bit）",
        "longest": "最长上下文（token）",
        "longest_reserved": "最长，按预留（token）",
        "no_limit": "不限",
    },
    "en": {
        "title": "The same {{length}}: {{fitting}} of these fit and {{failing}} do not; the nearest miss is {{smallest_gap}}",
        "caption": "One sequence of 131,072 tokens, cache in bf16, ideal. The upright stroke is the memory of the card: "
        "what passes it does not fit.",
        "description": "Six bars, each a card and a model, stacked from what the engine leaves alone, weights, one "
        "forward pass and cache; a stroke marks the memory.",
        "overhead": "left alone",
        "weights": "weights",
        "activations": "one pass",
        "cache": "KV cache",
        "memory": "memory",
        "x": "GiB",
        "card": "card and model",
        "free": "free",
        "bits": "bits of a weight",
        "longest": "longest context (tokens)",
        "longest_reserved": "longest, reserved (tokens)",
        "no_limit": "no limit",
    },
}

N_TOKENS = 131_072
COUNTED = ("longest", "longest_reserved", "largest_batch")
PARTS = ("overhead", "weights", "activations", "cache")
# Name of the claims, card, model, bits of a weight (scales included), bits of a routed expert's weight.
CASES = (
    ("llama8", "rtx-4090", "llama-3.1-8b", 16, None),
    ("oss20", "rtx-4090", "gpt-oss-20b", 16, 4.25),
    ("gemma27", "l40s-48gb", "gemma-3-27b", 8.5, None),
    ("llama70_48", "l40s-48gb", "llama-3.1-70b", 4.5, None),
    ("llama70_80", "h100-sxm-80gb", "llama-3.1-70b", 4.5, None),
    ("oss120", "h100-sxm-80gb", "gpt-oss-120b", 16, 4.25),
)
# What the page says of each.
SAID = {
    "llama8": ("memory", "overhead", "weights", "activations", "cache", "room", "free", "longest"),
    "oss20": ("weights", "cache", "free", "longest", "longest_reserved", "bits"),
    "gemma27": ("memory", "weights", "cache", "reserved", "longest", "longest_reserved", "bits"),
    "llama70_48": ("weights", "room", "longest", "bits"),
    "llama70_80": ("memory", "weights", "cache", "free", "longest"),
    "oss120": ("weights", "cache", "free", "largest_batch", "longest"),
}
SOLD_AS_GB = {"rtx-4090": 24, "l40s-48gb": 48, "h100-sxm-80gb": 80}
SHORT = {"rtx-4090": "4090", "l40s-48gb": "L40S", "h100-sxm-80gb": "H100"}


# --8<-- [start:compute]
def compute() -> dict:
    rows: list[dict] = []
    for name, card, model_id, weight_bits, expert_bits in CASES:
        model = load_model(model_id)
        found = fit(model, card, weight_bits=weight_bits, expert_bits=expert_bits, n_tokens=N_TOKENS)
        rows.append(
            {
                "case": name,
                "card": find_chip(card).name,
                "short": SHORT[card],
                "model": model.name,
                "bits": expert_bits or weight_bits,
                "memory": found.memory_bytes,
                "overhead": found.overhead_bytes,
                "weights": found.weight_bytes,
                "activations": found.activation_bytes,
                "cache": found.ideal.cache_bytes,
                "reserved": found.reserved.cache_bytes,
                "free": found.ideal.free_bytes,
                "free_reserved": found.reserved.free_bytes,
                "longest": found.ideal.longest_context,
                "longest_reserved": found.reserved.longest_context,
                "largest_batch": found.ideal.largest_batch,
                "largest_batch_reserved": found.reserved.largest_batch,
                "room": found.ideal.free_bytes + found.ideal.cache_bytes,
            }
        )
    gaps = [-row["free"] for row in rows if row["free"] < 0]
    return {
        "n_tokens": N_TOKENS,
        "sold_as_gb": SOLD_AS_GB,
        "rows": rows,
        "n_fitting": len(rows) - len(gaps),
        "n_failing": len(gaps),
        "smallest_gap": min(gaps),
        "per_token": kv_cache(load_model("llama-3.1-8b"), n_tokens=1).ideal_bytes,
    }


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    found = {
        "length": format_tokens(result["n_tokens"], lang),
        "n_tokens": format_exact(result["n_tokens"], lang),
        "fitting": format_exact(result["n_fitting"], lang),
        "failing": format_exact(result["n_failing"], lang),
        "smallest_gap": format_bytes(result["smallest_gap"], lang),
        "per_token": format_bytes(result["per_token"], lang),
        **{f"sold_{SHORT[card].lower()}": f"{gb} GB" for card, gb in result["sold_as_gb"].items()},
    }
    for row in result["rows"]:
        for part in SAID[row["case"]]:
            found[f"{row['case']}_{part}"] = said(part, row[part], lang)
    return found


def said(part, value, lang):
    if part == "bits":
        return format_number(value)
    return format_exact(value, lang) if part in COUNTED else format_bytes(abs(value), lang)


def draw(result, text, width):
    rows = result["rows"]
    fig, ax = new_figure(width, height=70 + 58 * len(rows))
    start = [0.0] * len(rows)
    for part, color in zip(PARTS, (MUTED, *SERIES[:3]), strict=True):
        sizes = [row[part] / GIB for row in rows]
        ax.barh(range(len(rows)), sizes, 0.42, start, color=color, label=text[part])
        start = [begin + size for begin, size in zip(start, sizes, strict=True)]
    memory = [row["memory"] / GIB for row in rows]
    ax.plot(memory, range(len(rows)), "|", color=INK, markersize=30, markeredgewidth=2.5, label=text["memory"])
    for place, row in enumerate(rows):
        name = f"{row['short']} · {row['model']} · {format_number(row['bits'])} bit"
        ax.text(0, place - 0.38, name, transform=ax.get_yaxis_transform(), va="center")
    ax.set_yticks([])
    ax.set(ylim=(len(rows) - 0.6, -0.65), xlabel=text["x"], xlim=(0, 95))
    ax.legend()
    return fig


def table(result, text):
    columns = ["card", "bits", *PARTS, "memory", "free", "longest", "longest_reserved"]
    rows = [
        [f"{row['card']} · {row['model']}", row["bits"]]
        + [row[part] / GIB for part in (*PARTS, "memory", "free")]
        + [row[key] or text["no_limit"] for key in ("longest", "longest_reserved")]
        for row in result["rows"]
    ]
    return {"columns": [text[column] for column in columns], "rows": rows, "unit": "GiB"}


if __name__ == "__main__":
    print(compute())
