"""Every measured case against our count, and against the textbook's short cuts."""

import json
from pathlib import Path

from llmnotes import count_params, forward_flops, from_config, kv_cache
from llmnotes.blocks.attention import Attention
from llmnotes.figures import Table, grouped_bars, label, name
from llmnotes.quantities import count, share

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
    rows = families.values()
    passed = {q: [sum(row[q][place] for row in rows) for place in (0, 1)] for q in QUANTITIES}
    return {
        "cases": count(sum(row["cases"] for row in rows)),
        "families": count(len(families)),
        "published": count(n_published),
        "slack": share(SLACK),
        "transformers": versions["transformers"],
        "torch": versions["torch"].partition("+")[0],
        "worst": share(max(row["worst"] for row in rows)),
        "rounded": count(passed["flops"][1] - passed["flops"][0]),
        **{q: count({"passed": held, "all": asked}) for q, (held, asked) in passed.items()},
        **{who: {q: count({"passed": a, "all": b}) for q, (a, b) in of.items()} for who, of in published.items()},
        "rows": {
            family: {"cases": count(row["cases"]), "worst": share(row["worst"])}
            | {q: f"{row[q][0]}/{row[q][1]}" for q in QUANTITIES}
            for family, row in sorted(families.items())
        },
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


def close(value, measured):
    return abs(value / measured - 1) <= SLACK


def tally(counts, agrees):
    for quantity, answers in agrees.items():
        counts[quantity][0] += sum(answers)
        counts[quantity][1] += len(answers)


# --8<-- [end:compute]

LABELS = {"params": "parameter-count", "cache": "kv-cache", "flops": "flop"}
WHO = {"ours": name("llmnotes"), "textbook": label(zh="课本公式", en="textbook")}


def draw(result):
    pairs = {words: {title: result[who][q] for who, title in WHO.items()} for q, words in LABELS.items()}
    return grouped_bars(
        {row: {who: share(pair["passed"] / pair["all"]) for who, pair in of.items()} for row, of in pairs.items()},
        x=label(zh="与实测相符", en="agrees with the measurement"),
        ends={
            row: {who: f"{pair['passed'].value}/{pair['all'].value}" for who, pair in of.items()}
            for row, of in pairs.items()
        },
        until=1.18,
    )


def table(result):
    worst = label(zh="浮点运算最大偏差", en="largest difference of FLOPs")
    columns = [label(zh="家族", en="family"), label(zh="配置", en="configurations"), *LABELS.values(), worst]
    rows = [
        [name(family), row["cases"], *(row[q] for q in QUANTITIES), row["worst"]]
        for family, row in result["rows"].items()
    ]
    return Table(columns, rows)
