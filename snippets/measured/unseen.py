"""Speeds of models that a fit had not seen, beside what was measured: one dot for each engine, model and chip."""

import json

from llmnotes.figures import label, name, scatter
from llmnotes.quantities import count, number, share
from llmnotes.registry import DATA, find_chip, load_model

ENGINES = {"llama.cpp": name("llama.cpp"), "vllm": name("vLLM")}


# --8<-- [start:compute]
def compute():
    table = json.loads((DATA / "timing" / "unseen.json").read_text(encoding="utf-8"))
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    errors = sorted(abs(row["expected"] / row["measured"] - 1) for row in rows)
    return {
        "n": count(len(rows)),
        "within": count(sum(error <= 0.25 for error in errors)),
        "quarter": share(0.25),
        "names": [f"{load_model(row['model']).name} · {find_chip(row['chip']).name}" for row in rows],
        "engines": [row["engine"] for row in rows],
        **{key: number([row[key] for row in rows]) for key in ("measured", "expected")},
    }


# --8<-- [end:compute]


def draw(result):
    keys = [f"{said} · {engine}" for said, engine in zip(result["names"], result["engines"], strict=True)]
    at = dict(zip(keys, zip(result["measured"], result["expected"], strict=True), strict=True))
    groups = {said: [key for key in keys if key.endswith(f" · {engine}")] for engine, said in ENGINES.items()}
    x = label(zh="实测（一个序列，token/s）", en="measured (tokens/s of one sequence)")
    y = label(zh="预计（一个序列，token/s）", en="predicted (tokens/s of one sequence)")
    rows = label(zh="模型和芯片", en="model and chip")
    return scatter(at, x=x, y=y, rows=rows, groups=groups, log="xy", height=420, diagonal=True)
