"""FLOPs counted three other ways: matrix products of real arrays, another implementation's counter, a published sum."""

import json
from pathlib import Path

import numpy as np

from llmnotes import forward_flops, from_config
from llmnotes.figures import SERIES, label_bars, new_figure
from llmnotes.units import format_exact, format_flops, format_ratio

TEXT = {
    "zh": {
        "title": "两种办法核对 {{n_rows}} 项，相差最多 {{worst}} 次运算",
        "caption": "数组：numpy 里每做一次矩阵乘法就数一次。实测：transformers 5.23.0 在 torch 的 FlopCounterMode 下跑 "
        "2,048 个 token，整块方阵，全部位置的输出头。",
        "description": "每行一项核对，标出别处的计数与我们的相差多少次运算；全都是零。",
        "x": "我们减别处（FLOPs）",
        "source": "来源",
        "model": "模型",
        "theirs": "别处（FLOPs）",
        "ours": "我们（FLOPs）",
        "difference": "相差",
        "arrays": "数组",
        "measured": "实测",
    },
    "en": {
        "title": "{{n_rows}} checks in two ways, at most {{worst}} operations apart",
        "caption": "Arrays: every matrix product in numpy is counted as it runs. Measured: transformers 5.23.0 reads "
        "2,048 tokens under torch's FlopCounterMode, whole squares, output head at every position.",
        "description": "One row a check, with the difference in operations between our count and the other; all are "
        "zero.",
        "x": "ours minus theirs (FLOPs)",
        "source": "source",
        "model": "model",
        "theirs": "theirs (FLOPs)",
        "ours": "ours (FLOPs)",
        "difference": "difference",
        "arrays": "arrays",
        "measured": "measured",
    },
}

MEASURED = Path(__file__).resolve().parents[3] / "tests" / "data" / "cases.json"
CASES = [
    "real-gpt2",
    "real-raw-Meta-Llama-3.1-70B",
    "real-Qwen2.5-72B",
    "real-gemma-3-27b-it",
    "real-Mixtral-8x22B-v0.1",
    "real-raw-Qwen3-30B-A3B",
]
SMALL = {
    "model_type": "llama",
    "num_hidden_layers": 2,
    "hidden_size": 10,
    "num_attention_heads": 3,
    "num_key_value_heads": 1,
    "head_dim": 4,
    "intermediate_size": 14,
    "vocab_size": 17,
    "tie_word_embeddings": False,
}
LENGTHS = [13, 26]


# --8<-- [start:arrays]
class Products:
    """Matrix products that are counted: two operations for each multiply-add."""

    def __init__(self):
        self.flops = 0

    def __call__(self, left, right):
        self.flops += 2 * left.shape[0] * left.shape[1] * right.shape[1]
        return left @ right


def counted_pass(config: dict, n_tokens: int) -> int:
    d, d_ff, width = config["hidden_size"], config["intermediate_size"], config["head_dim"]
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    times, random = Products(), np.random.default_rng(0)

    def weights(rows, columns):
        return random.standard_normal((rows, columns)) / np.sqrt(rows)

    x = random.standard_normal((n_tokens, d))
    for _ in range(config["num_hidden_layers"]):
        q = times(x, weights(d, heads * width))
        k, v = (times(x, weights(d, kv_heads * width)) for _ in range(2))
        sums = []
        for head in range(heads):
            shared = slice(head * kv_heads // heads * width, (head * kv_heads // heads + 1) * width)
            scores = times(q[:, head * width : (head + 1) * width], k[:, shared].T) / np.sqrt(width)
            raised = np.exp(np.where(np.tri(n_tokens) > 0, scores, -np.inf))
            sums.append(times(raised / raised.sum(axis=1, keepdims=True), v[:, shared]))
        x = x + times(np.concatenate(sums, axis=1), weights(heads * width, d))
        gate, up = (times(x, weights(d, d_ff)) for _ in range(2))
        x = x + times(np.tanh(gate) * up, weights(d_ff, d))
    times(x, weights(d, config["vocab_size"]))
    return times.flops


# --8<-- [end:arrays]


# --8<-- [start:compute]
def compute() -> dict:
    small = from_config(SMALL)
    rows = [row("arrays", f"{n} × 10", counted_pass(SMALL, n), forward_flops(small, n).total) for n in LENGTHS]
    cases = {case["id"]: case for case in json.loads(MEASURED.read_text())["cases"]}
    for case_id in CASES:
        case, seen = cases[case_id], cases[case_id]["flops"][0]
        name = case_id.removeprefix("real-").removeprefix("raw-")
        rows.append(row("measured", name, seen["flops"], forward_flops(from_config(case["config"]), seen["n"]).total))
    return {
        "rows": rows,
        "n_rows": len(rows),
        "n_measured": len(CASES),
        "worst": max(abs(one["difference"]) for one in rows),
        "small_short": LENGTHS[0],
        "small_long": LENGTHS[1],
        "counted": [one["theirs"] for one in rows[:2]],
        "doubled": rows[1]["theirs"] / rows[0]["theirs"],
    }


def row(source, model, theirs, ours) -> dict:
    return {"source": source, "model": model, "theirs": theirs, "ours": ours, "difference": ours - theirs}


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    of = {one["model"]: one for one in result["rows"]}
    return {
        "n_rows": format_exact(result["n_rows"], lang),
        "n_measured": format_exact(result["n_measured"], lang),
        "worst": format_exact(result["worst"], lang),
        "small_short": format_exact(result["small_short"], lang),
        "small_long": format_exact(result["small_long"], lang),
        "counted_short": format_exact(result["counted"][0], lang),
        "counted_long": format_exact(result["counted"][1], lang),
        "doubled": format_ratio(result["doubled"], lang),
        "m70": format_flops(of["Meta-Llama-3.1-70B"]["theirs"], lang),
    }


def draw(result, text, width):
    rows = result["rows"]
    fig, ax = new_figure(width, height=70 + 26 * len(rows))
    bars = ax.barh(range(len(rows)), [one["difference"] for one in rows], 0.6, color=SERIES[1])
    label_bars(ax, bars, [format_exact(one["difference"]) for one in rows])
    ax.set_yticks(range(len(rows)), [f"{text[one['source']]}: {one['model']}" for one in rows])
    ax.invert_yaxis()
    ax.set(xlabel=text["x"], xlim=(-1, 1))
    return fig


def table(result, text):
    rows = [[text[one["source"]], *(one[column] for column in list(one)[1:])] for one in result["rows"]]
    columns = [text[column] for column in ("source", "model", "theirs", "ours", "difference")]
    return {"columns": columns, "rows": rows, "unit": ""}


if __name__ == "__main__":
    print(compute())
