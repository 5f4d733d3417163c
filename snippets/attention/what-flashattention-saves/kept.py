"""What one layer holds during a 32K prompt with the table of scores and without, and what does not change."""

from llmnotes import forward_flops, kv_cache, load_model, registry
from llmnotes.figures import SERIES, log2_axis, new_figure, paired_dots
from llmnotes.units import GIB, MIB, format_bytes, format_exact, format_flops, format_ratio, format_tokens

TEXT = {
    "zh": {
        "title": "{{n_short}} 的提示词，一层的分数表从 {{least}} 到 {{most}}；分块以后一行只留一个数",
        "caption": "一个序列，一个看全文的层，全部查询头。分数表按 16 位算；留下的是每行和的对数，按 32 位算。"
        "对数刻度；Llama 3.1 8B 以外有的没公布过这么长，只借形状。",
        "description": "每行两个点，相距约一万倍：右边是分数表，左边是分块时为反向留下的那一列数。",
        "x": "一层占的字节（GiB，对数刻度）",
        "table": "分数表",
        "log_sums": "每行一个数",
        "model": "模型",
        "heads": "查询头",
    },
    "en": {
        "title": "With {{n_short}} tokens one layer's scores take {{least}} to {{most}}; tiles keep one number a row",
        "caption": "One sequence, one layer that sees everything, all query heads. Scores at 16 bits; what is kept is "
        "the logarithm of each row's sum, at 32 bits. Log scale; some of these models publish less, only their shape "
        "is used.",
        "description": "Two dots a row, about ten thousand times apart: on the right the table of scores, on the left "
        "the one column that tiles keep for the backward pass.",
        "x": "bytes of one layer (GiB, log scale)",
        "table": "table of scores",
        "log_sums": "one number a row",
        "model": "model",
        "heads": "query heads",
    },
}

N_TOKENS, SHORT = 32_768, 2_048
MODELS = ["gpt3-175b", "deepseek-v3", "gpt-oss-120b", "llama-3.1-8b", "gemma-3-27b", "qwen3-next-80b-a3b"]
EXAMPLE, WIDE = "llama-3.1-8b", 128


# --8<-- [start:compute]
def compute() -> dict:
    rows = [row(load_model(model_id)) for model_id in MODELS]
    example = load_model(EXAMPLE)
    prompt, shorter = (forward_flops(example, n, causal=True) for n in (N_TOKENS, SHORT))
    return {
        "n_tokens": N_TOKENS,
        "rows": rows,
        "least": min(one["table"] for one in rows),
        "most": max(one["table"] for one in rows),
        "example": next(one for one in rows if one["model"] == example.name),
        "attention_flops": prompt.attention,
        "cache": kv_cache(example, N_TOKENS).ideal_bytes,
        "short": SHORT,
        "grows": prompt.attention / shorter.attention,
        "n_log_n": n_log_n(N_TOKENS) / n_log_n(SHORT),
        "n_models": len(registry.model_ids()),
        "n_wide": sum(has_width(registry.find(model_id).spec, WIDE) for model_id in registry.model_ids()),
        "off": (prompt.attention / shorter.attention) / (n_log_n(N_TOKENS) / n_log_n(SHORT)),
    }


def row(model) -> dict:
    n_heads = max(layer.mixer.n_heads for layer in model.layers if layer.mixer.reads())
    scores = n_heads * N_TOKENS * N_TOKENS
    return {"model": model.name, "n_heads": n_heads, "table": 2 * scores, "log_sums": 4 * n_heads * N_TOKENS}


def has_width(model, width) -> bool:
    mixers = (layer.mixer for layer in model.layers if layer.mixer is not None)
    return any(getattr(mixer, "head_dim", 0) == width for mixer in mixers if mixer.reads())


def n_log_n(n_tokens) -> int:
    return n_tokens * (n_tokens.bit_length() - 1)


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    example = result["example"]
    return {
        "n_short": format_tokens(result["n_tokens"], lang),
        "least": format_bytes(result["least"], lang),
        "most": format_bytes(result["most"], lang),
        "example": format_bytes(example["table"], lang),
        "example_kept": format_bytes(example["log_sums"], lang),
        "attention_flops": format_flops(result["attention_flops"], lang),
        "cache": format_bytes(result["cache"], lang),
        "short": format_tokens(result["short"], lang),
        "grows": format_ratio(result["grows"], lang),
        "n_log_n": format_ratio(result["n_log_n"], lang),
        "n_models": format_exact(result["n_models"], lang),
        "n_wide": format_exact(result["n_wide"], lang),
        "off": format_ratio(result["off"], lang),
    }


def draw(result, text, width):
    rows = result["rows"]
    fig, ax = new_figure(width, height=80 + 52 * len(rows))
    paired_dots(
        ax,
        names=[one["model"] for one in rows],
        solid=[one["log_sums"] / GIB for one in rows],
        hollow=[one["table"] / GIB for one in rows],
        labels=(text["log_sums"], text["table"]),
        colors=(SERIES[0], SERIES[1]),
        say=lambda gib: format_bytes(gib * GIB),
    )
    log2_axis(ax.xaxis, label=gib_tick)
    ax.set(xlabel=text["x"], xlim=(2**-14, 2**12) if width == "wide" else (2**-16, 2**15))
    ax.legend()
    return fig


def gib_tick(value):
    return f"{value:g}" if value >= 1 else f"1/{1 / value:g}"


def table(result, text):
    columns = [text["model"], text["heads"], f"{text['table']} (GiB)", f"{text['log_sums']} (MiB)"]
    rows = [[one["model"], one["n_heads"], one["table"] / GIB, one["log_sums"] / MIB] for one in result["rows"]]
    return {"columns": columns, "rows": rows, "unit": ""}


if __name__ == "__main__":
    print(compute())
