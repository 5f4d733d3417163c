"""The cache counted three other ways: real arrays, another implementation's memory, published tables."""

import json
from pathlib import Path

import numpy as np

from llmnotes import from_config, kv_cache, load_model
from llmnotes.figures import SERIES, label_bars, new_figure
from llmnotes.units import KIB, format_exact, format_ratio

TEXT = {
    "zh": {
        "title": "三种办法核对：{{n_exact}} 项一个字节不差，{{n_off}} 项差在窗口边上一个 token",
        "caption": "数组：在 numpy 里逐个 token 存键和值，再数字节。实测：transformers 5.23.0 "
        "的缓存对象（bf16）。公布：论文里的每 token 字节数。",
        "description": "每行一项核对，标出别处的数与我们的数相差几个字节；除了带窗口的实测，其余都是零。",
        "x": "我们减别处（KiB）",
        "source": "来源",
        "model": "模型",
        "tokens": "token",
        "theirs": "别处（字节）",
        "ours": "我们（字节）",
        "difference": "相差（字节）",
        "arrays": "数组",
        "measured": "实测",
        "published": "公布",
    },
    "en": {
        "title": "Checked three ways: {{n_exact}} agree to the byte, {{n_off}} differ by one token a window",
        "caption": "Arrays: keys and values stored in numpy token by token, then counted. Measured: the cache "
        "object of "
        "transformers 5.23.0 (bf16). Published: bytes per token printed in papers.",
        "description": "One row a check, with the difference in bytes between our number and the other; all "
        "are zero but "
        "the measured models with windows.",
        "x": "ours minus theirs (KiB)",
        "source": "source",
        "model": "model",
        "tokens": "tokens",
        "theirs": "theirs (bytes)",
        "ours": "ours (bytes)",
        "difference": "difference (bytes)",
        "arrays": "arrays",
        "measured": "measured",
        "published": "published",
    },
}

MEASURED = Path(__file__).resolve().parents[3] / "tests" / "data" / "cases.json"
CASES = ["real-gpt2", "real-raw-Meta-Llama-3.1-70B", "real-Qwen2.5-72B", "real-raw-gpt-oss-20b", "real-gemma-3-27b-it"]
SMALL = {
    "model_type": "gpt_oss",
    "num_hidden_layers": 5,
    "layer_types": ["sliding_attention", "full_attention"] * 2 + ["sliding_attention"],
    "sliding_window": 11,
    "num_attention_heads": 6,
    "num_key_value_heads": 3,
    "head_dim": 7,
    "hidden_size": 13,
    "intermediate_size": 17,
    "num_local_experts": 2,
    "num_experts_per_tok": 1,
    "vocab_size": 19,
    "tie_word_embeddings": False,
}
PUBLISHED = {"deepseek-v3": 70_272, "llama-3.1-405b": 516_096}  # arXiv:2505.09343, Table 1, bytes per token


# --8<-- [start:arrays]
def bytes_of_arrays(config: dict, n_tokens: int) -> int:
    key_and_value = (2, config["num_key_value_heads"], config["head_dim"])
    total = 0
    for kind in config["layer_types"]:
        kept = []
        for _ in range(n_tokens):
            kept.append(np.zeros(key_and_value, np.float16))
            if kind == "sliding_attention":
                kept = kept[-config["sliding_window"] :]
        total += sum(array.nbytes for array in kept)
    return total


# --8<-- [end:arrays]


# --8<-- [start:compute]
def compute() -> dict:
    small = from_config(SMALL)
    rows = [
        row("arrays", "5 × 3 × 7", n, bytes_of_arrays(SMALL, n), kv_cache(small, n).ideal_bytes) for n in (5, 11, 40)
    ]
    cases = {case["id"]: case for case in json.loads(MEASURED.read_text())["cases"]}
    for case_id in CASES:
        case, held = cases[case_id], cases[case_id]["kv"][-2]
        ours = kv_cache(from_config(case["config"]), held["n"]).ideal_bytes
        rows.append(row("measured", case_id.removeprefix("real-").removeprefix("raw-"), held["n"], held["bytes"], ours))
    for model_id, printed in PUBLISHED.items():
        model = load_model(model_id)
        rows.append(row("published", model.name, 1, printed, kv_cache(model, 1).ideal_bytes))
    mistral = kv_cache(load_model("mistral-7b-v0.1"), 32_768)
    exact = sum(one["difference"] == 0 for one in rows)
    return {
        "rows": rows,
        "n_small": rows[2]["tokens"],
        "n_measured": rows[-3]["tokens"],
        "n_rows": len(rows),
        "n_exact": exact,
        "n_off": len(rows) - exact,
        "mistral": mistral.reserved_bytes / mistral.ideal_bytes,
    }


def row(source, model, tokens, theirs, ours) -> dict:
    found = {"source": source, "model": model, "tokens": tokens, "theirs": theirs, "ours": int(ours)}
    return found | {"difference": int(ours) - theirs}


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    rows = {(one["source"], one["model"], one["tokens"]): one for one in result["rows"]}
    named = {
        "arrays": ("arrays", "5 × 3 × 7", 40),
        "qwen72": ("measured", "Qwen2.5-72B", 2048),
        "gemma3": ("measured", "gemma-3-27b-it", 2048),
        "v3": ("published", "DeepSeek-V3", 1),
        "llama405": ("published", "Llama 3.1 405B", 1),
    }
    found = {name: format_exact(rows[key]["ours"], lang) for name, key in named.items()}
    found["gemma3_difference"] = format_exact(rows[named["gemma3"]]["difference"], lang)
    found["mistral"] = format_ratio(result["mistral"], lang)
    found |= {
        name: format_exact(result[name], lang) for name in ("n_small", "n_measured", "n_rows", "n_exact", "n_off")
    }
    return found


def draw(result, text, width):
    rows = result["rows"]
    fig, ax = new_figure(width, height=70 + 26 * len(rows))
    bars = ax.barh(range(len(rows)), [one["difference"] / KIB for one in rows], 0.6, color=SERIES[1])
    label_bars(ax, bars, [format_exact(one["difference"]) for one in rows])
    ax.set_yticks(range(len(rows)), [label(one, text) for one in rows])
    ax.invert_yaxis()
    ax.set(xlabel=text["x"])
    return fig


def label(one, text):
    return f"{text[one['source']]}: {one['model']}"


def table(result, text):
    rows = [[text[one["source"]], *(one[column] for column in list(one)[1:])] for one in result["rows"]]
    columns = [text[column] for column in ("source", "model", "tokens", "theirs", "ours", "difference")]
    return {"columns": columns, "rows": rows, "unit": ""}


if __name__ == "__main__":
    print(compute())
