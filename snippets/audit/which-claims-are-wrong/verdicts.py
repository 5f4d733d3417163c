"""The seed's 29 claims by verdict, and what the registry says of those that are not about cost."""

from llmnotes import count_params, from_config, kv_cache, registry
from llmnotes.equations.training import training_flops_6nd
from llmnotes.figures import SERIES, label_bars, new_figure
from llmnotes.units import (
    format_bytes,
    format_count,
    format_exact,
    format_flops,
    format_percent,
    format_ratio,
    format_tokens,
)

TEXT = {
    "zh": {
        "title": "{{n_claims}} 条说法：{{n_correct}} 条对，{{n_imprecise}} 条不准，{{n_wrong}} 条错，{{n_unverifiable}} 条查不到",
        "caption": "条后是说法的编号，和下面各表一致。“错”里包含只错一半的和已经过时的。",
        "description": "四根横条，各是一种判定；最长的是“不准”。",
        "correct": "对",
        "imprecise": "不准",
        "wrong": "错",
        "unverifiable": "查不到",
        "x": "条数",
        "verdict": "判定",
        "rows": "编号",
    },
    "en": {
        "title": "{{n_claims}} claims: {{n_correct}} correct, {{n_imprecise}} imprecise, {{n_wrong}} wrong, "
        "{{n_unverifiable}} beyond checking",
        "caption": "After each bar stand the numbers of the claims, as in the tables below. Wrong includes half wrong and "
        "outdated.",
        "description": "Four horizontal bars, one a verdict; imprecise is the longest.",
        "correct": "correct",
        "imprecise": "imprecise",
        "wrong": "wrong",
        "unverifiable": "beyond checking",
        "x": "claims",
        "verdict": "verdict",
        "rows": "numbers",
    },
}

# --8<-- [start:verdicts]
VERDICTS = {
    "correct": [2, 3, 6, 8, 29],
    "imprecise": [1, 4, 5, 7, 9, 12, 13, 16, 18, 21, 26, 27, 28],
    "wrong": [10, 11, 14, 17, 19, 23, 25],
    "unverifiable": [15, 20, 22, 24],
}
# --8<-- [end:verdicts]
LONG = 131_072


# --8<-- [start:compute]
def compute() -> dict:
    entries = {model_id: registry.find(model_id) for model_id in registry.model_ids()}
    params = {model_id: count_params(entry.spec) for model_id, entry in entries.items()}
    total = {model_id: count.total for model_id, count in params.items()}
    claimed = {model_id: entry.context_advertised or 0 for model_id, entry in entries.items()}
    measured = [entry for entry in entries.values() if entry.context_effective]
    gpt4 = registry.find_price("gpt-4-turbo")
    window, answer = gpt4.context_advertised or 0, gpt4.output_limit or 0
    smallest = min(
        (model_id for model_id in entries if claimed[model_id] >= LONG), key=lambda model_id: total[model_id]
    )
    mistral = dict(entries["mistral-7b-v0.1"].config)
    wider = count_params(from_config(mistral | {"sliding_window": 2 * mistral["sliding_window"]})).total
    return {
        "verdicts": VERDICTS,
        "gpt3": total["gpt3-175b"],
        "gpt3_positions": params["gpt3-175b"].components["embedding_position"],
        "gpt3_positions_share": params["gpt3-175b"].components["embedding_position"] / total["gpt3-175b"],
        "tied": params["llama-3.2-1b"].components["embedding_token"],
        "chinchilla": training_flops_6nd(n_params=70e9, n_tokens=1.4e12),
        "window": window,
        "answer": answer,
        "prompt": window - answer,
        "n_measured": len(measured),
        "n_shorter": sum((entry.context_effective or 0) < (entry.context_advertised or 0) for entry in measured),
        "small_effective": entries["qwen3-4b"].context_effective,
        "small_params": total["qwen3-4b"],
        "large_effective": entries["mistral-large-2407"].context_effective,
        "large_params": total["mistral-large-2407"],
        "glm_before": total["glm-5"],
        "glm_after": total["glm-5.2"],
        "glm_context": [claimed["glm-5"], claimed["glm-5.2"]],
        "indexer": total["deepseek-v3.2"] - total["deepseek-v3"],
        "indexer_share": (total["deepseek-v3.2"] - total["deepseek-v3"]) / total["deepseek-v3"],
        "window_change": wider - total["mistral-7b-v0.1"],
        "long": LONG,
        "smallest": entries[smallest].name,
        "smallest_params": total[smallest],
        "caches": {
            m: kv_cache(entries[m].spec, LONG).ideal_bytes for m in ("gpt3-175b", "llama-3.1-70b", "deepseek-v3")
        },
        "same_frame": {m: total[m] for m in ("llama-2-7b", "llama-3-8b", "mixtral-8x7b")},
        "frame": [entries["mixtral-8x7b"].config["num_hidden_layers"], entries["mixtral-8x7b"].config["hidden_size"]],
        "n_million": sum(tokens >= 1_000_000 for tokens in claimed.values()),
        "n_claimed": sum(tokens > 0 for tokens in claimed.values()),
        "params_ratio": total["deepseek-v3"] / total["llama-3.1-70b"],
    }


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    verdicts = result["verdicts"]
    exact = ("gpt3", "gpt3_positions", "tied", "window", "answer", "prompt", "n_measured", "n_shorter", "indexer")
    exact += ("n_million", "n_claimed", "window_change")
    counted = ("small_params", "large_params", "glm_before", "glm_after", "smallest_params")
    return {
        "n_claims": format_exact(sum(map(len, verdicts.values())), lang),
        **{f"n_{verdict}": format_exact(len(rows), lang) for verdict, rows in verdicts.items()},
        **{name: format_exact(result[name], lang) for name in exact},
        **{name: format_count(result[name], lang) for name in counted},
        **{name: format_percent(result[name], lang) for name in ("gpt3_positions_share", "indexer_share")},
        **{name: format_tokens(result[name], lang) for name in ("small_effective", "large_effective", "long")},
        "glm_short": format_exact(result["glm_context"][0], lang),
        "glm_long": format_exact(result["glm_context"][1], lang),
        "chinchilla": format_flops(result["chinchilla"], lang),
        "smallest": result["smallest"],
        **{f"cache_{m.split('-')[0]}": format_bytes(size, lang) for m, size in result["caches"].items()},
        **{f"frame_{m.split('-')[0]}{m.split('-')[1]}": format_count(n, lang) for m, n in result["same_frame"].items()},
        "frame_layers": format_exact(result["frame"][0], lang),
        "frame_width": format_exact(result["frame"][1], lang),
        "params_ratio": format_ratio(result["params_ratio"], lang),
    }


def draw(result, text, width):
    verdicts = list(result["verdicts"].items())
    fig, ax = new_figure(width, height=250)
    bars = ax.barh(range(4), [len(rows) for _, rows in verdicts], 0.6, color=[SERIES[i] for i in (2, 0, 1, 7)])
    numbers = [", ".join(map(str, rows)) for _, rows in verdicts]
    label_bars(ax, bars, numbers if width == "wide" else [str(len(rows)) for _, rows in verdicts])
    ax.set_yticks(range(4), [text[verdict] for verdict, _ in verdicts])
    ax.invert_yaxis()
    ax.set(xlabel=text["x"])
    return fig


def table(result, text):
    rows = [[text[verdict], len(rows), ", ".join(map(str, rows))] for verdict, rows in result["verdicts"].items()]
    return {"columns": [text["verdict"], text["x"], text["rows"]], "rows": rows, "unit": ""}


if __name__ == "__main__":
    print(compute())
