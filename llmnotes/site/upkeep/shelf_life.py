"""How long a number may stand before its source is read again, by kind, and which numbers have stood longer."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import import_module

from llmnotes import registry
from llmnotes.claims import load_claims
from llmnotes.engines import ENGINES
from llmnotes.timing.constants import fit_facts
from llmnotes.timing.points import load_points

# Days from the reading of a source; `made/shelf/words.py` says why so many. What happened on a day does not age: a
# published count, a log line, a measurement of a paper.
DAYS = {"price": 90, "rent": 90, "fit": 180, "engine": 180, "claim": 365, "speed": 365, "model": 365, "chip": 730}
READ = re.compile(r"read (\d{4}-\d\d-\d\d)")
ADDRESS = re.compile(r"https?://[^\s()]+")


@dataclass(frozen=True, order=True)
class Dated:
    """What was read on a day and may change.

    Args:
        until: Last day on which it may stand.
        kind: One of `DAYS`.
        name: What a reader calls it.
        read: Day on which its source was read.
        file: Where it stands in the repository.
        source: Address of that source.
        page: Page of the site that shows it, without suffix; empty where several do.
    """

    until: date
    kind: str
    name: str
    read: date
    file: str
    source: str
    page: str = ""


def dated() -> list[Dated]:
    """Return everything with a shelf life, what ends first in front."""
    return sorted(_with_end(*one) for one in _read())


def past(found: Sequence[Dated], on: date) -> list[Dated]:
    """Return what has stood longer than it may on a day."""
    return [one for one in found if one.until < on]


def report(on: date) -> str:
    """Return what is past its shelf life on a day, as Markdown for an issue or a terminal."""
    found = dated()
    gone = past(found, on)
    lines = [f"## Past their shelf life on {on}: {len(gone)} of {len(found)}", ""]
    if gone:
        rows = (f"| {one.name} | {one.kind} | {one.read} | {one.until} | `{one.file}` | {one.source} |" for one in gone)
        head = ["| what | kind | read | may stand until | file | source |", "|---|---|---|---|---|---|"]
        remedy = "Read each source again, correct the number or leave it, and write the day into the file."
        lines += [remedy, "", *head, *rows]
    elif found:
        lines += [f"The next one: {found[0].name} ({found[0].kind}), on {found[0].until + timedelta(days=1)}."]
    return "\n".join(lines) + "\n"


def _with_end(kind: str, name: str, read: date, file: str, source: str, page: str) -> Dated:
    address = ADDRESS.search(source)
    return Dated(
        read + timedelta(days=DAYS[kind]), kind, name, read, file, address.group() if address else source, page
    )


def _read() -> Iterator[tuple[str, str, date, str, str, str]]:
    """Yield kind, name, day, file, source and page of everything that says when it was read."""
    for price in map(registry.find_price, registry.price_ids()):
        yield "price", price.name, price.priced, _data("prices", price.id), price.sources["priced"], ""
    rents = tomllib.loads((registry.DATA / "timing/rents.toml").read_text(encoding="utf-8"))["source"]
    for name in sorted(rents.keys() - {"checked"}):
        yield "rent", f"rents.toml: {name}", rents["checked"], _data("timing", "rents"), rents[name], ""
    for model in map(registry.find, registry.model_ids()):
        yield (
            "model",
            model.name,
            model.checked,
            _data("models", model.id),
            model.sources["config"],
            f"models/{model.id}",
        )
    for chip in map(registry.find_chip, registry.chip_ids()):
        source = chip.sources["bandwidth_bytes_per_s"]
        yield "chip", chip.name, chip.checked, _data("chips", chip.id), source, ""
    for claim in load_claims().values():
        yield (
            "claim",
            claim.id,
            claim.opened,
            f"llmnotes/data/claims ({claim.id})",
            claim.where,
            f"{claim.page}#{claim.id}",
        )
    for source in sorted({point.source for point in load_points()}, key=lambda source: source.id):
        file = f"llmnotes/data/measured/{source.id}.json"
        yield "speed", source.name, date.fromisoformat(source.read), file, source.address, "measured"
    fitted = date.fromisoformat(fit_facts()["on"])
    yield "fit", "constants.json", fitted, "llmnotes/data/timing/constants.json", fit_facts()["by"], "measured"
    for engine in ENGINES:
        module = import_module(f"llmnotes.engines.{engine.replace('.', '').replace('-', '_')}")
        day, about = READ.search(module.__doc__ or ""), f"llmnotes/engines/{module.__name__.rpartition('.')[2]}.py"
        if day:
            yield "engine", f"{engine} {module.VERSION}", date.fromisoformat(day[1]), about, module.__doc__ or "", ""


def _data(folder: str, name: str) -> str:
    return f"llmnotes/data/{folder}/{name}.toml"
