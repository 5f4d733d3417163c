"""Published measurements of speed, read from `data/measured/`: one JSON file a source, one row a measurement."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from llmnotes.registry import DATA

DECODE, PREFILL, STEP, THROUGHPUT = "decode", "prefill", "step", "throughput"
KINDS = {
    DECODE: "tokens/s of one sequence",
    PREFILL: "tokens/s of a prompt",
    STEP: "milliseconds of a step of a batch",
    THROUGHPUT: "output tokens/s and chip",
}


@dataclass(frozen=True)
class Source:
    """Where rows were read.

    Attributes:
        id: Name of the file.
        name: What to call it.
        address: Page, or folder of the pages that rows name in `path`.
        read: Day on which it was read.
        grade: What kind of evidence it is.
        note: How it was measured, as far as it says.
        inferred: What its rows do not state, and what is taken instead, by language; rows of such a source are never
            fitted. `None` where they state everything.
    """

    id: str
    name: str
    address: str
    read: str
    grade: str
    note: str
    inferred: Mapping[str, str] | None = field(hash=False)


@dataclass(frozen=True)
class Point:
    """One measurement.

    Attributes:
        kind: One of `KINDS`, which say the unit of `value`.
        model: Id of the registry.
        file: Model and quantization as the source names them.
        format: Name of the weights' format.
        file_bytes: Size of the file where the source states it; else 0.
        chip: Id of the registry.
        parallelism: As the source writes it; empty for one chip, or where layers are shared. `DEP`: attention is data-
            parallel, and experts divide.
        backend: Library that drives the chip, where an engine has several.
        version: Of the engine, as the source writes it.
        n_past: Tokens already held; of a throughput, the tokens of a prompt.
        n_output: Tokens of an answer, where prompts and answers share the time.
        batch_size: Sequences; 0 where the source took as many as were best.
        n_new: Tokens of a prompt.
        micro_batch: Tokens computed at a time.
        value: What was measured.
        path: Page of the source.
        cache_bits: Bits of a cached number.
        n_requests: Requests of a throughput, which were sent at once; 0 where as many waited as fit.
    """

    source: Source
    engine: str
    kind: str
    model: str
    file: str
    format: str
    file_bytes: int
    chip: str
    n_chips: int
    parallelism: str
    backend: str
    version: str
    date: str
    n_past: int
    n_output: int
    batch_size: float
    n_new: int
    micro_batch: int
    value: float
    path: str
    cache_bits: float = 16
    n_requests: int = 0

    @property
    def n_groups(self) -> int:
        """Groups of chips with requests of their own: as many as chips in what TensorRT-LLM calls DEP."""
        return self.n_chips if self.parallelism.startswith("DEP") else 1

    @property
    def seconds(self) -> float:
        """What `value` says in seconds: of a step, of a prompt, or of one output token of a chip."""
        if self.kind == STEP:
            return self.value / 1000
        return (self.n_new if self.kind == PREFILL else 1) / self.value

    @property
    def address(self) -> str:
        """The page on which it stands."""
        return self.source.address + self.path


@cache
def load_points() -> tuple[Point, ...]:
    """Every measurement, source by source."""
    found: list[Point] = []
    for name in sorted(path.name for path in (DATA / "measured").glob("*.json")):
        found += _read(json.loads((DATA / "measured" / name).read_text(encoding="utf-8")), name.removesuffix(".json"))
    return tuple(found)


def _read(table: Mapping[str, Any], name: str) -> list[Point]:
    source = Source(
        id=name,
        name=table["name"],
        address=table["source"],
        read=table["read"],
        grade=table["grade"],
        note=table["note"],
        inferred=table.get("inferred"),
    )
    sizes = table.get("file_bytes", {})
    rows = (table["every"] | dict(zip(table["columns"], row, strict=True)) for row in table["rows"])
    return [Point(source=source, engine=table["engine"], file_bytes=sizes.get(row["file"], 0), **row) for row in rows]
