"""Every measured case against our count, and against the textbook's short cuts."""

import json
from pathlib import Path

from llmnotes import count_params, forward_flops, from_config, kv_cache
from llmnotes.blocks.attention import Attention
from llmnotes.plot import label_bars, new_figure, series
from llmnotes.units import format_exact, format_percent

TEXT = {
    "zh": {
        "title": "{{cases}} 份配置，参数和缓存一个不差；课本公式常常对不上",
        "caption": "每一组是和实测相符的次数占比。课本公式：参数 12Ld² + Vd，缓存 2·L·h_kv·(d/h)，"
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
        "title": "{{cases}} configurations: our parameters and cache agree exactly; the textbook often fails",
        "caption": "The share of comparisons that agree with what was measured. Textbook: parameters 12Ld² + Vd, cache "
        "2·L·h_kv·(d/h), FLOPs 2N a token. It has {{slack}} of slack on parameters and FLOPs and must be equal on the "
        "cache; ours must be equal on all three. FLOP counts of ours that are not equal: {{rounded}}.",
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
MEASURED = Path(__file__).resolve().parents[2] / "tests" / "data" / "cases.json"
SLACK = 0.01
QUANTITIES = ("params", "cache", "flops")


# --8<-- [start:compute]
def compute() -> dict:
    families: dict[str, dict] = {}
    textbook = {quantity: [0, 0] for quantity in QUANTITIES}
    measurements = json.loads(MEASURED.read_text(encoding="utf-8"))
    for case in measurements["cases"]:
        model = from_config(case["config"], name=case["id"])
        row = families.setdefault(case["family"], {"cases": 0, "worst": 0.0} | {q: [0, 0] for q in QUANTITIES})
        row["cases"] += 1
        bits = (
            32 if case["kind"] == "random" else 16
        )  # the random shapes ran in float32, the published ones in bfloat16
        counted, measured = count_params(model), case["params"]
        shape = next((layer.mixer for layer in model.layers if isinstance(layer.mixer, Attention)), None)
        tally(row["params"], counted.components == {name: n for name, n in measured["components"].items() if n})
        twelve = 12 * model.n_layers * model.d_model**2 + model.vocab_size * model.d_model
        tally(textbook["params"], close(twelve, measured["total"]))
        for held in case["kv"]:
            if "bytes_nominal" in held:
                ours = kv_cache(model, held["n"], kv_bits=bits).ideal_bytes
                tally(row["cache"], ours == held["bytes_nominal"])
                if shape:
                    width = shape.n_kv_heads * (model.d_model // shape.n_heads)
                    tally(textbook["cache"], 2 * model.n_layers * width * held["n"] * bits / 8 == held["bytes_nominal"])
        for run in case["flops"]:
            new, past = (run["n"], 0) if run["phase"] == "prefill" else (1, run["n"])
            logits = "all" if run["logits_positions"] == new else "last"
            # The measured implementation rebuilds latent keys and values at every step.
            ours = forward_flops(model, new, past, causal=False, logits=logits, latent="expanded").total
            wanted = run["flops"] - idle_expert_flops(case, new)
            tally(row["flops"], ours == wanted)
            row["worst"] = max(row["worst"], abs(ours / wanted - 1))
            tally(textbook["flops"], close(2 * counted.active * new, wanted))
    return {"versions": measurements["versions"], "families": families, "textbook": textbook, "slack": SLACK}


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


def tally(passed_and_all, agrees):
    passed_and_all[0] += agrees
    passed_and_all[1] += 1


def ours(result, quantity):
    rows = [row[quantity] for row in result["families"].values()]
    return [sum(passed for passed, _ in rows), sum(compared for _, compared in rows)]


def claims(result, lang):
    found = {
        "cases": format_exact(sum(row["cases"] for row in result["families"].values())),
        "families": format_exact(len(result["families"])),
        "slack": format_percent(result["slack"], lang),
        "transformers": result["versions"]["transformers"],
        "torch": result["versions"]["torch"].partition("+")[0],
        "worst": format_percent(max(row["worst"] for row in result["families"].values()), lang),
    }
    for quantity in QUANTITIES:
        for name, (passed, compared) in (("", ours(result, quantity)), ("textbook_", result["textbook"][quantity])):
            found |= {f"{name}{quantity}_passed": format_exact(passed), f"{name}{quantity}_all": format_exact(compared)}
    passed, compared = ours(result, "flops")
    return found | {"rounded": format_exact(compared - passed)}


def draw(result, text, width):
    fig, ax = new_figure(width, height=250)
    for who, offset, style in (("ours", -0.19, series(0)), ("textbook", 0.19, series(1))):
        pairs = [ours(result, q) if who == "ours" else result["textbook"][q] for q in QUANTITIES]
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
