"""The longest context for each number of sequences: the fit solved backwards, on three cards."""

from llmnotes import fit, load_model
from llmnotes.figures import SERIES, label_lines, log2_axis, new_figure
from llmnotes.units import format_bytes, format_exact, format_percent

TEXT = {
    "zh": {
        "title": "序列加一倍，每个的上下文大致减半；Gemma 3 27B 按预留只剩 {{gemma_share}}",
        "caption": "三张卡上每个序列最长能到多少 token。Gemma 的虚线是按预留算：窗口层也存全部 token。",
        "description": "四条下降的线，横轴是序列数，纵轴是最长上下文，都是对数；Gemma 的预留线远低于它的理想线。",
        "x": "同时处理的序列",
        "y": "每个序列最长（token）",
        "llama8": "Llama 3.1 8B · 4090",
        "gemma27": "Gemma 3 27B · L40S",
        "gemma27_reserved": "同上，预留",
        "oss120": "gpt-oss-120b · H100",
    },
    "en": {
        "title": "Twice the sequences, about half the context each; reserving leaves Gemma 3 27B {{gemma_share}}",
        "caption": "The longest context of each sequence on three cards. Gemma's second line reserves: windowed layers "
        "keep every token too.",
        "description": "Four falling lines over the number of sequences, both axes logarithmic; the reserved line of "
        "Gemma lies far below its ideal one.",
        "x": "sequences at once",
        "y": "longest context of each (tokens)",
        "llama8": "Llama 3.1 8B · 4090",
        "gemma27": "Gemma 3 27B · L40S",
        "gemma27_reserved": "the same, reserved",
        "oss120": "gpt-oss-120b · H100",
    },
}

N_TOKENS = 131_072
BATCHES = (1, 2, 4, 8, 16, 32)
CASES = {
    "llama8": ("llama-3.1-8b", "rtx-4090", 16, None),
    "gemma27": ("gemma-3-27b", "l40s-48gb", 8.5, None),
    "oss120": ("gpt-oss-120b", "h100-sxm-80gb", 16, 4.25),
}


# --8<-- [start:compute]
def compute() -> dict:
    lines: dict[str, list[int]] = {"llama8": [], "gemma27": [], "gemma27_reserved": [], "oss120": []}
    for name, (model_id, card, weight_bits, expert_bits) in CASES.items():
        model = load_model(model_id)
        for batch_size in BATCHES:
            found = fit(
                model, card, weight_bits=weight_bits, expert_bits=expert_bits, n_tokens=1, batch_size=batch_size
            )
            lines[name].append(found.ideal.longest_context or 0)
            if name == "gemma27":
                lines["gemma27_reserved"].append(found.reserved.longest_context or 0)
    return {
        "batches": BATCHES,
        "lines": lines,
        "gemma_share": lines["gemma27_reserved"][0] / lines["gemma27"][0],
        "tokens_8k": 8_192,
        "bits": (16, 8),
        "batch_8k": fit(load_model("llama-3.1-8b"), "rtx-4090", n_tokens=8_192).ideal.largest_batch,
        "exercises": exercises(),
    }


def exercises() -> dict:
    small, large = load_model("llama-3.1-8b"), load_model("llama-3.1-70b")
    other = fit(load_model("qwen3-32b"), "rtx-5090", weight_bits=4.5, n_tokens=1)
    return {
        "longest_kv8": fit(small, "rtx-4090", kv_bits=8, n_tokens=N_TOKENS).ideal.longest_context,
        "longest_both8": fit(small, "rtx-4090", kv_bits=8, weight_bits=8.5, n_tokens=N_TOKENS).ideal.longest_context,
        "pair": fit(small, "rtx-4090", n_chips=2, n_tokens=N_TOKENS).ideal.longest_context,
        "chips": fit(small, "rtx-4090", n_tokens=N_TOKENS).ideal.fewest_chips,
        "qwen_longest": other.ideal.longest_context,
        "qwen_weights": other.weight_bytes,
        "less_weight": fit(large, "h100-sxm-80gb", weight_bits=4.25, n_tokens=N_TOKENS).ideal.free_bytes,
        "less_cache": fit(large, "h100-sxm-80gb", weight_bits=4.5, kv_bits=8, n_tokens=N_TOKENS).ideal.free_bytes,
    }


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    lines, own = result["lines"], result["exercises"]
    counts = ("longest_kv8", "longest_both8", "pair", "chips", "qwen_longest")
    return {
        "gemma_share": format_percent(result["gemma_share"], lang),
        "many": format_exact(result["batches"][3], lang),
        "llama8_many": format_exact(lines["llama8"][3], lang),
        "oss120_many": format_exact(lines["oss120"][3], lang),
        "tokens_8k": format_exact(result["tokens_8k"], lang),
        "batch_8k": format_exact(result["batch_8k"], lang),
        "whole": bits(result["bits"][0], lang),
        "half": bits(result["bits"][1], lang),
        **{name: format_exact(own[name], lang) for name in counts},
        "qwen_weights": format_bytes(own["qwen_weights"], lang),
        "less_weight": format_bytes(abs(own["less_weight"]), lang),
        "less_cache": format_bytes(own["less_cache"], lang),
    }


def bits(number, lang):
    return f"{number} {'位' if lang == 'zh' else 'bits'}"


def draw(result, text, width):
    fig, ax = new_figure(width)
    for (name, tokens), color in zip(result["lines"].items(), (0, 1, 1, 2), strict=True):
        style = "--" if name.endswith("_reserved") else "-"
        ax.plot(result["batches"], tokens, style, color=SERIES[color], label=text[name])
    log2_axis(ax.xaxis, label="{:g}".format)
    log2_axis(ax.yaxis)
    label_lines(ax)
    ax.set(xlabel=text["x"], ylabel=text["y"])
    return fig


def table(result, text):
    rows = zip(result["batches"], *result["lines"].values(), strict=True)
    return {"columns": [text["x"], *(text[name] for name in result["lines"])], "rows": rows, "unit": text["y"]}


if __name__ == "__main__":
    print(compute())
