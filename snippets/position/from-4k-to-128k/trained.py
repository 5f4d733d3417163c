"""The toy trained on at 256 tokens in each way: the share it foresees after some further steps, as recorded."""

import json
from pathlib import Path

from llmnotes.figures import label, lines
from llmnotes.quantities import count, number, share

KIND = "measured"
RECORD = Path(__file__).resolve().parents[3] / "benchmarks" / "stretch.json"
NAMES = {"trained": label(zh="照原样", en="as trained"), "pi": "PI", "ntk": "NTK", "yarn": "YaRN"}


# --8<-- [start:compute]
def compute():
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    after = record["further_steps"]
    return {
        "steps": count(after),
        "found": share({way: [round(one, 2) for one in record["accuracy"][way]] for way in NAMES}),
        "last": count(after[-1]),
        "end": share({way: round(record["accuracy"][way][-1], 2) for way in NAMES}),
        "twenty": share({way: round(record["accuracy"][way][after.index(20)], 2) for way in NAMES}),
        "at": count(20),
        "batch": count(record["further_batch_size"]),
        **{name: record[name] for name in ("machine", "date")},
        "seed": str(record["seed"]),
        "first_steps": count(record["steps"]),
        "minutes": number(record["cpu_minutes"]),
    }


# --8<-- [end:compute]


def draw(result):
    said = {NAMES[way]: values for way, values in result["found"].items()}
    steps = label(zh="接着训练的步数", en="further steps")
    return lines(result["steps"], said, x=steps, y=label(zh="答对的比例", en="predicted"), span=(0, 1))
