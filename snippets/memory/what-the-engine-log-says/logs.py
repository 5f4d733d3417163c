"""Public logs of four engines, explained line by line by the package; what it says stands in the table."""

from pathlib import Path

from llmnotes import registry
from llmnotes.engines.logs import explain, state_bits_of
from llmnotes.engines.logs.findings import VERDICTS
from llmnotes.engines.logs.telling import report_facts
from llmnotes.figures import Table, label
from llmnotes.quantities import count

DATA = Path(__file__).resolve().parents[3] / "tests" / "data" / "logs"
# --8<-- [start:logs]
LOGS = {
    "vllm-llama-3.1-8b-20k": ("vLLM", "llama-3.1-8b"),
    "vllm-qwen3.6-35b-a3b": ("vLLM 0.24", "qwen3.6-35b-a3b"),
    "llama.cpp-deepseek-v3-q8_0": ("ik_llama.cpp", "deepseek-v3"),
    "llama.cpp-qwen3.6-27b-two-slots": ("llama.cpp", "qwen3.6-27b"),
    "sglang-qwen3-235b-four-cards": ("SGLang", "qwen3-235b-a22b"),
    "tensorrt-llm-llama-2-7b": ("TensorRT-LLM 0.8", "llama-2-7b"),
}


def explained(name, model_id):
    """What the package says of each line, in both languages; the same as `llmnotes explain` and the page that does it."""
    entry, text = registry.find(model_id), (DATA / f"{name}.log").read_text(encoding="utf-8")
    report = explain(text, model=entry.spec, state_bits=state_bits_of(entry.config))
    return [report_facts(report, lang)["findings"] for lang in ("zh", "en")]


# --8<-- [end:logs]


# --8<-- [start:compute]
def compute():
    rows = []
    for name, (engine, model_id) in LOGS.items():
        for zh, en in zip(*explained(name, model_id), strict=True):
            rows.append(
                {
                    "engine": engine,
                    "name": {"zh": zh["name"], "en": en["name"]},
                    "said": en["said_text"],
                    "formula": en["formula"],
                    "derived": en["derived_text"],
                    "verdict": en["verdict"],
                    "verdict_text": {"zh": zh["verdict_text"], "en": en["verdict_text"]},
                }
            )
    return {
        "rows": rows,
        "lines": count(len(rows)),
        "logs": count(len(LOGS)),
        "n": count({verdict: sum(row["verdict"] == verdict for row in rows) for verdict in VERDICTS}),
    }


# --8<-- [end:compute]


def table(result):
    columns = [
        label(zh="日志里的一行", en="line of a log"),
        label(zh="推得", en="derived"),
        label(zh="日志说", en="the log says"),
    ]
    return Table(columns, [cells(row) for row in result["rows"]])


def cells(row):
    """Three cells, so that the sum is in sight on a phone too."""
    name, verdict, engine, said = row["name"], row["verdict_text"], row["engine"], row["said"]
    # Blocks are counted from GiB that were printed with two decimals.
    equals = "≈" if row["formula"].startswith("⌊") else "="
    derived = f"{row['formula']} {equals} {row['derived']}" if row["formula"] else "–"
    return [
        label(zh=f"{engine}：{name['zh']}", en=f"{engine}: {name['en']}"),
        label(zh=derived, en=derived),
        label(zh=f"{said}：{verdict['zh']}", en=f"{said}: {verdict['en']}"),
    ]
