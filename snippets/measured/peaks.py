"""What meters of cards showed at most, beside what is expected of them."""

import json

from llmnotes.engines import vllm
from llmnotes.figures import label, name, scatter
from llmnotes.quantities import bytes_of, count, share
from llmnotes.registry import DATA, find_chip, load_model
from llmnotes.timing.peak import peak
from llmnotes.units import GIB

SETUP = ("model", "engine", "chip", "n_cards", "form", "kv", "n_tokens")
ENGINES = {"llama.cpp": name("llama.cpp, ollama"), "server": name("vLLM")}


# --8<-- [start:compute]
def compute():
    table = json.loads((DATA / "timing" / "peaks.json").read_text(encoding="utf-8"))
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    measured = [row["value"] * GIB for row in rows]
    found = [allocated(row) for row in rows]
    told = [one.total_bytes for one in found]
    # What stands on a full card says how large the card is: a server fills it, and llama.cpp leaves the rest in RAM.
    free = [one.engine != vllm.ENGINE and all(part.name != "ram" for part in one.parts) for one in found]
    off = [abs(one / other - 1) for one, other in zip(told, measured, strict=True)]
    errors = sorted(off)
    of_model = sorted(error for error, alone in zip(off, free, strict=True) if alone)
    return {
        "n": count(len(rows)),
        "left_out": count(len(table["left_out"])),
        "models": count(len({row["model"] for row in rows})),
        "chips": count(len({row["chip"] for row in rows})),
        "median": share(errors[len(errors) // 2]),
        "within": share(sum(error <= 0.1 for error in errors) / len(errors)),
        "setups": count(len({tuple(row[key] for key in SETUP) for row in rows})),
        "full": count(len(rows) - len(of_model)),
        "free": count(len(of_model)),
        "free_median": share(of_model[len(of_model) // 2]),
        "free_within": share(sum(error <= 0.1 for error in of_model) / len(of_model)),
        "names": [f"{row['model']} · {row['form']} · {row['chip']} · {at}" for at, row in enumerate(rows, 1)],
        "servers": [row["engine"] == "vllm" for row in rows],
        "measured": bytes_of(measured),
        "told": bytes_of(told),
    }


def allocated(row):
    return peak(
        load_model(row["model"]),
        engine=row["engine"],
        memory_bytes=find_chip(row["chip"]).memory_bytes,
        n_cards=row["n_cards"],
        form=row["form"],
        n_tokens=row["n_tokens"],
        key_type=row["kv"],
    )


# --8<-- [end:compute]


def draw(result):
    at = dict(zip(result["names"], zip(result["measured"], result["told"], strict=True), strict=True))
    of = dict(zip(result["names"], result["servers"], strict=True))
    groups = {said: [run for run in at if of[run] == (kind == "server")] for kind, said in ENGINES.items()}
    x, y = label(zh="显存读数", en="reading"), label(zh="预计", en="expected")
    return scatter(at, x=x, y=y, rows=label(zh="运行", en="run"), groups=groups, log="xy", height=400, diagonal=True)
