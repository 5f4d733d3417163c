"""Every measured case against our count, and against the textbook's short cuts."""

import json
from pathlib import Path

from llmnotes import count_params, forward_flops, from_config, kv_cache
from llmnotes.blocks.attention import Attention
from llmnotes.figures import label_bars, new_figure, series
from llmnotes.units import format_exact, format_percent

TEXT = {
    "zh": {
        "title": "{{published}} 份公布的配置，参数和缓存一个不差；课本公式常常对不上",
        "caption": "每一组是公布的模型里和实测相符的次数占比。课本公式：参数 12Ld² + Vd，缓存 2·L·h_kv·(d/h)，"
        "浮点运算每个 token 2N。"
        "参数和浮点运算给课本公式留了 {{slack}} 的余地，缓存要求相等；"
        "我们的三项都要求相等，浮点运算不相等的有 {{rounded}} 次。",
        "description": "三组横条。我们的计算几乎全部相符，课本公式在三项上都只有一部分相符。",
        "params": "参数",
        "cache": "缓存",
        "flops": "浮点运算",
        "ours": "llmnotes",
        "textbook": "课本公式",
        "x": "与实测相符（%）",
        "family": "家族",
        "cases": "配置",
        "worst": "浮点运算最大偏差（%）",
        "unit": "相等的次数 / 比对的次数",
    },
    "en": {
        "title": "{{published}} published models: our parameters and cache agree exactly; the textbook often fails",
        "caption": "The share of comparisons that agree with the measurement, published models alone. Textbook: "
        "parameters 12Ld² + Vd, cache 2·L·h_kv·(d/h), FLOPs 2N a token. It has {{slack}} of slack on parameters and FLOPs "
        "and must be equal on the cache; ours must be equal on all three. FLOP counts of ours that are not equal: {{rounded}}.",
        "description": "Three pairs of bars. Ours agree nearly always, the textbook formulas only in part.",
        "params": "parameters",
        "cache": "cache",
        "flops": "FLOPs",
        "ours": "llmnotes",
        "textbook": "textbook",
        "x": "agrees with the measurement (%)",
        "family": "family",
        "cases": "configurations",
        "worst": "largest difference of FLOPs (%)",
        "unit": "equal / compared",
    },
}

KIND = "measured"
DATA = Path(__file__).resolve().parents[2] / "tests" / "data"
SLACK = 0.01
QUANTITIES = ("params", "cache", "flops")


# --8<-- [start:compute]
def compute() -> dict:
    families: dict[str, dict] = {}
    published = {who: {quantity: [0, 0] for quantity in QUANTITIES} for who in ("ours", "textbook")}
    versions, n_published = {}, 0
    for file in sorted(DATA.glob("cases*.json")):
        measurements = json.loads(file.read_text(encoding="utf-8"))
        versions |= measurements["versions"]
        for case in measurements["cases"]:
            ours, textbook, worst = compare(case)
            row = families.setdefault(case["family"], {"cases": 0, "worst": 0.0} | {q: [0, 0] for q in QUANTITIES})
            row["cases"] += 1
            row["worst"] = max(row["worst"], worst)
            tally(row, ours)
            if case["kind"] == "real":  # on small random shapes a short cut has little chance
                n_published += 1
                tally(published["ours"], ours)
                tally(published["textbook"], textbook)
    return {
        "versions": versions,
        "families": families,
        "published": published,
        "n_published": n_published,
        "slack": SLACK,
    }


def compare(case):
    """Return what agrees, by quantity, for our count and for the textbook, and our largest difference of FLOPs."""
    model = from_config(case["config"], name=case["id"])
    # Random shapes ran in float32; published ones in bfloat16, unless the case says.
    bits = 32 if case["kind"] == "random" or case.get("dtype") == "float32" else 16
    counted, measured = count_params(model), case["params"]
    twelve = 12 * model.n_layers * model.d_model**2 + model.vocab_size * model.d_model
    ours = {"params": [counted.components == {k: n for k, n in measured["components"].items() if n}]}
    textbook = {"params": [close(twelve, measured["total"])]}

    held = [(size["n"], size["bytes_nominal"]) for size in case["kv"] if "bytes_nominal" in size]
    # Grouped Falcon is cached there once for every query head; we keep each KV head once.
    grouped = case["config"].get("model_type") == "falcon" and case["config"].get("new_decoder_architecture")
    copies = case["config"]["num_attention_heads"] // case["config"]["num_kv_heads"] if grouped else 1
    ours["cache"] = [copies * kv_cache(model, n, kv_bits=bits).ideal_bytes == wanted for n, wanted in held]
    shape = next((layer.mixer for layer in model.layers if isinstance(layer.mixer, Attention)), None)
    per_token = shape and 2 * model.n_layers * shape.n_kv_heads * (model.d_model // shape.n_heads) * bits / 8
    textbook["cache"] = [per_token * n == wanted for n, wanted in held] if shape else []

    worst = 0.0
    ours["flops"], textbook["flops"] = [], []
    for run in case["flops"]:
        new, past = (run["n"], 0) if run["phase"] == "prefill" else (1, run["n"])
        logits = "all" if run["logits_positions"] == new else "last"
        # The measured implementation rebuilds latent keys and values at every step.
        flops = forward_flops(model, new, past, causal=False, logits=logits, latent="expanded").total
        wanted = run["flops"] - idle_expert_flops(case, new)
        ours["flops"].append(flops == wanted)
        textbook["flops"].append(close(2 * counted.active * new, wanted))
        worst = max(worst, abs(flops / wanted - 1))
    return ours, textbook, worst


def idle_expert_flops(case, n_new):
    """Llama 4 runs every expert on every token in the measured implementation; a router asks for some of them."""
    if case["family"] != "llama4_text":
        return 0
    moe = case["params"]["moe"]
    idle = case["params"]["components"]["experts_routed"] * (moe["num_experts"] - moe["top_k"]) // moe["num_experts"]
    return 2 * idle * n_new


# --8<-- [end:compute]


def close(value, measured):
    return abs(value / measured - 1) <= SLACK


def tally(counts, agrees):
    for quantity, answers in agrees.items():
        counts[quantity][0] += sum(answers)
        counts[quantity][1] += len(answers)


def claims(result, lang):
    rows = result["families"].values()
    found = {
        "cases": format_exact(sum(row["cases"] for row in rows)),
        "families": format_exact(len(rows)),
        "published": format_exact(result["n_published"]),
        "slack": format_percent(result["slack"], lang),
        "transformers": result["versions"]["transformers"],
        "torch": result["versions"]["torch"].partition("+")[0],
        "worst": format_percent(max(row["worst"] for row in rows), lang),
    }
    for quantity in QUANTITIES:
        passed, compared = (sum(row[quantity][place] for row in rows) for place in (0, 1))
        found |= {f"{quantity}_passed": format_exact(passed), f"{quantity}_all": format_exact(compared)}
        passed, compared = result["published"]["textbook"][quantity]
        found |= {
            f"textbook_{quantity}_passed": format_exact(passed),
            f"textbook_{quantity}_all": format_exact(compared),
        }
    return found | {"rounded": format_exact(sum(row["flops"][1] - row["flops"][0] for row in rows))}


def draw(result, text, width):
    fig, ax = new_figure(width, height=250)
    for who, offset, style in (("ours", -0.19, series(0)), ("textbook", 0.19, series(1))):
        pairs = [result["published"][who][quantity] for quantity in QUANTITIES]
        shares = [100 * passed / compared for passed, compared in pairs]
        places = [index + offset for index in range(len(QUANTITIES))]
        bars = ax.barh(places, shares, height=0.34, color=style["color"], label=text[who])
        label_bars(ax, bars, [f"{passed}/{compared}" for passed, compared in pairs])
    ax.set_yticks(range(len(QUANTITIES)), [text[q] for q in QUANTITIES])
    ax.set(xlabel=text["x"], xlim=(0, 118))
    ax.invert_yaxis()
    ax.legend()
    return fig


def table(result, text):
    rows = [
        [name, row["cases"], *(f"{row[q][0]}/{row[q][1]}" for q in QUANTITIES), round(100 * row["worst"], 3)]
        for name, row in sorted(result["families"].items())
    ]
    columns = [text["family"], text["cases"], *(text[q] for q in QUANTITIES), text["worst"]]
    return {"columns": columns, "rows": rows, "unit": text["unit"]}


if __name__ == "__main__":
    print(compute())
