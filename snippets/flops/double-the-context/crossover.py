"""The prompt length at which attention costs as much as all the rest, for every model of the registry."""

from llmnotes import count_params, forward_flops, from_config, registry
from llmnotes.figures import SERIES, label_bars, log2_axis, new_figure
from llmnotes.units import format_count, format_exact, format_number, format_percent, format_ratio, format_tokens

TEXT = {
    "zh": {
        "title": "注意力到多长才和其余的一样贵：从 {{shortest}} 到 {{longest}}，也有永远到不了的",
        "caption": "一段提示词的预填充里，注意力的计算量第一次超过其余各层计算之和的长度（因果，输出头不算）。"
        "数据里是登记表的全部模型。空着的一行：窗口封住了注意力，多长都追不上。",
        "description": "横条图，从短到长。混合专家模型的条最短，稠密大模型长得多，有窗口、有索引或有状态的最长。",
        "x": "交叉长度（token，对数刻度）",
        "model": "模型",
        "kind": "前馈",
        "dense": "稠密",
        "experts": "混合专家",
        "d_model": "宽度 d",
        "widths": "交叉长度 ÷ d",
        "step": "下一个 token",
        "never": "永远不会",
    },
    "en": {
        "title": "Attention costs as much as the rest after {{shortest}} to {{longest}} tokens, or never",
        "caption": "The length of prompt at which the FLOPs of attention first exceed those of everything else in the "
        "layers (causal, output head left out). The data hold every model of the registry. An empty row: windows cap "
        "attention, and it never catches up.",
        "description": "Bars from short to long. Mixtures of experts have the shortest, large dense models much longer "
        "ones, models with windows, indexers or states the longest.",
        "x": "crossover (tokens, log scale)",
        "model": "model",
        "kind": "feed-forward",
        "dense": "dense",
        "experts": "experts",
        "d_model": "width d",
        "widths": "crossover ÷ d",
        "step": "next token",
        "never": "never",
    },
}

SHOWN = [
    "gpt2",
    "qwen3-235b-a22b",
    "deepseek-v3",
    "llama-3.1-8b",
    "qwen3-32b",
    "gpt-oss-120b",
    "qwen3-next-80b-a3b",
    "mixtral-8x7b",
    "llama-3.1-70b",
    "deepseek-v3.2",
    "gpt3-175b",
    "llama-3.1-405b",
    "gemma-3-27b",
    "mistral-7b-v0.1",
]
LONGEST = 2**30
HALF = 65_536
STEEP = 3.9
EXPERTS = "qwen3-235b-a22b"
NEW = {  # the exercise: a model of the reader's
    "model_type": "qwen3_moe",
    "num_hidden_layers": 40,
    "hidden_size": 3_072,
    "num_attention_heads": 48,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "num_experts": 64,
    "num_experts_per_tok": 4,
    "moe_intermediate_size": 1_536,
    "intermediate_size": 1_536,
    "vocab_size": 128_000,
    "mlp_only_layers": [],
    "decoder_sparse_step": 1,
    "norm_topk_prob": True,
    "tie_word_embeddings": False,
    "max_position_embeddings": 131_072,
}


# --8<-- [start:compute]
def compute() -> dict:
    rows = [row(registry.find(model_id)) for model_id in registry.model_ids()]
    never = [one for one in rows if one["tokens"] is None]
    shown = [next(one for one in rows if one["id"] == model_id) for model_id in SHOWN]
    reached = [one["tokens"] for one in rows if one["tokens"]]
    entry = registry.find(EXPERTS)
    every = from_config(dict(entry.config) | {"num_experts_per_tok": entry.config["num_experts"]})
    steep_x = (STEEP - 2) / (4 - STEEP)  # the growth factor solved for x
    new, all_new = from_config(NEW), from_config({**NEW, "num_experts_per_tok": NEW["num_experts"]})
    return {
        "rows": rows,
        "shown": shown,
        "n_models": len(rows),
        "n_never": len(never),
        "shortest": min(reached),
        "longest": max(reached),
        "expert_params": weights_in_use(entry.spec),
        "expert_width": query_width(entry.spec),
        "every_crossover": crossover(every),
        "every_factor": reached_at(every) / reached_at(entry.spec),
        "active_share": count_params(entry.spec).active / count_params(entry.spec).total,
        "steep": STEEP,
        "steep_x": steep_x,
        "steep_tokens": steep_x * reached_at(registry.find("gpt3-175b").spec),
        "new_params": weights_in_use(new),
        "new_width": query_width(new),
        "new_crossover": crossover(new),
        "new_half": HALF,
        "new_growth": spent(new, 2 * HALF) / spent(new, HALF),
        "new_dense_crossover": crossover(all_new),
    }


def row(entry) -> dict:
    model = entry.spec
    tokens = crossover(model)
    return {
        "id": entry.id,
        "model": entry.name,
        "experts": any(block.expert_groups() for run in model.census for block in run.layer.blocks),
        "d_model": model.d_model,
        "tokens": tokens,
        "widths": tokens and tokens / model.d_model,
        "step": first(lambda n: dearer_step(model, n)),
    }


def weights_in_use(model) -> int:
    return sum(block.token_matrices() for block in model.layers[0].blocks)


def query_width(model) -> int:
    return model.layers[0].mixer.n_heads * model.layers[0].mixer.head_dim


def crossover(model) -> int | None:
    return first(lambda n: dearer_prompt(model, n))


def reached_at(model) -> int:
    return crossover(model) or LONGEST


def dearer_prompt(model, n_tokens) -> bool:
    count = forward_flops(model, n_tokens, causal=True)
    return count.attention > count.linear


def dearer_step(model, n_past) -> bool:
    count = forward_flops(model, 1, n_past, causal=True)
    return count.attention > count.linear


def first(holds) -> int | None:
    """Return the smallest number that holds, by halving; `None` where even the longest does not."""
    low, high = 0, LONGEST
    if not holds(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def spent(model, n_tokens) -> int:
    count = forward_flops(model, n_tokens, causal=True)
    return count.linear + count.attention


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    by_id = {one["id"]: one for one in result["rows"]}
    named = {
        "gpt2": "gpt2",
        "gpt3": "gpt3-175b",
        "m8": "llama-3.1-8b",
        "m70": "llama-3.1-70b",
        "m405": "llama-3.1-405b",
        "qwen32": "qwen3-32b",
        "qwen235": "qwen3-235b-a22b",
        "v3": "deepseek-v3",
        "v32": "deepseek-v3.2",
        "mixtral": "mixtral-8x7b",
        "gemma3": "gemma-3-27b",
        "oss": "gpt-oss-120b",
        "next": "qwen3-next-80b-a3b",
    }
    found = {}
    for short, model_id in named.items():
        one = by_id[model_id]
        found |= {
            short: format_exact(one["tokens"], lang),
            f"{short}_d": format_exact(one["d_model"], lang),
            f"{short}_widths": format_number(one["widths"]),
            f"{short}_step": format_exact(one["step"], lang),
        }
    return found | {
        "n_models": format_exact(result["n_models"], lang),
        "n_never": format_exact(result["n_never"], lang),
        "shortest": format_exact(result["shortest"], lang),
        "longest": format_exact(result["longest"], lang),
        "expert_params": format_exact(result["expert_params"], lang),
        "expert_width": format_exact(result["expert_width"], lang),
        "every": format_exact(result["every_crossover"], lang),
        "every_factor": format_ratio(result["every_factor"], lang),
        "active_share": format_percent(result["active_share"], lang),
        "steep": format_ratio(result["steep"], lang),
        "steep_x": format_number(result["steep_x"]),
        "steep_tokens": format_count(result["steep_tokens"], lang),
        "new_params": format_exact(result["new_params"], lang),
        "new_width": format_exact(result["new_width"], lang),
        "new": format_exact(result["new_crossover"], lang),
        "new_half": format_tokens(result["new_half"], lang),
        "new_growth": format_ratio(result["new_growth"], lang),
        "new_dense": format_exact(result["new_dense_crossover"], lang),
    }


def draw(result, text, width):
    rows = sorted(result["shown"], key=lambda one: one["tokens"] or LONGEST)
    fig, ax = new_figure(width, height=80 + 30 * len(rows))
    colors = [SERIES[1] if one["experts"] else SERIES[0] for one in rows]
    bars = ax.barh(range(len(rows)), [one["tokens"] or 2**10 for one in rows], 0.66, color=colors)
    for bar, one in zip(bars, rows, strict=True):
        bar.set_hatch("//" if one["experts"] else "")
        bar.set_visible(one["tokens"] is not None)
    label_bars(ax, bars, [format_exact(one["tokens"]) if one["tokens"] else text["never"] for one in rows])
    ax.set_yticks(range(len(rows)), [one["model"] for one in rows])
    ax.invert_yaxis()
    log2_axis(ax.xaxis)
    ax.set(xlabel=text["x"], xlim=(2**10, 2**20))
    first_of = {one["experts"]: bar for one, bar in reversed([*zip(rows, bars, strict=True)])}
    ax.legend([first_of[False], first_of[True]], [text["dense"], text["experts"]])
    return fig


def table(result, text):
    columns = [text[column] for column in ("model", "kind", "d_model", "x", "widths", "step")]
    rows = [
        [
            one["model"],
            text["experts" if one["experts"] else "dense"],
            one["d_model"],
            *(text["never"] if one[column] is None else one[column] for column in ("tokens", "widths", "step")),
        ]
        for one in result["rows"]
    ]
    return {"columns": columns, "rows": rows, "unit": "token"}


if __name__ == "__main__":
    print(compute())
