"""The table of every registered chip: what it has, what fits on it, and where each number was read."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from llmnotes import units
from llmnotes.cost import cost_profile, inverses, parallel
from llmnotes.cost.assumptions import PREFILL_CHUNK, USABLE_SHARE
from llmnotes.cost.costs import ideal_cache_bytes
from llmnotes.registry import Chip, chip_ids, find, find_chip, model_ids
from llmnotes.report import count_params
from llmnotes.site.made.document import Cell, Section, Table, as_html, as_markdown, table_markdown
from llmnotes.site.made.listed.filtered import filtered, source_cell
from llmnotes.site.made.listed.words import TEXT
from llmnotes.timing.plan import rents
from llmnotes.weights.sizes import memory_precision, stored_weights

N_TOKENS = 8_192
FORMS = {"own": None, "q4": "Q4_K_M"}
YARDSTICK = "llama-3.1-8b"
PEAKS = ("bf16", "fp16", "fp8", "fp4", "int8")
# One gigabyte is too small for any model: what a model needs does not depend on the chip.
SERVER: dict[str, Any] = {"usable_share": 1.0, "prefill_chunk": PREFILL_CHUNK, "batch_size": 1, "memory_bytes": 10**9}


def make(root: Path, lang: str, config: Any) -> dict[str, Any]:
    """Return what `made.write` asks of a maker."""
    return {
        "html": f"{filtered(table(lang), 'chips', lang)}\n{as_html([sources(lang)])}",
        "markdown": f"{table_markdown(table(lang))}\n\n{as_markdown([sources(lang)])}",
    }


def table(lang: str) -> Table:
    """Return every chip, by maker, the largest memory first."""
    text = TEXT[lang]
    chips = sorted(map(find_chip, chip_ids()), key=lambda chip: (chip.vendor or "", -chip.memory_bytes, chip.id))
    names = ("chip", "vendor", "memory", "bandwidth", *PEAKS, "balance", "power", "rent", *FORMS, "reach", "checked")
    return Table(text["chips"], tuple(text[name] for name in names), [_row(chip, lang) for chip in chips])


def sources(lang: str) -> Section:
    """Return every place where numbers of chips were read, with the chips."""
    text = TEXT[lang]
    found: dict[tuple[str, str], list[str]] = {}
    for chip in map(find_chip, chip_ids()):
        for number, source in chip.sources.items():
            found.setdefault((number, source), []).append(_short(chip))
    order = list(dict.fromkeys(number for number, _ in found))
    rows = [
        [Cell(text[number]), source_cell(source, lang), Cell(text["and"].join(names))]
        for (number, source), names in sorted(found.items(), key=lambda one: (order.index(one[0][0]), -len(one[1])))
    ]
    heading = text["sources"]
    return Section("sources", heading, (Table(heading, (text["number"], text["where"], text["of"]), rows),))


def _row(chip: Chip, lang: str) -> list[Cell]:
    text, peaks = TEXT[lang], chip.peak_flops_per_s
    sixteen = peaks.get("bf16", peaks.get("fp16"))
    rent = rents().get(chip.id)
    return [
        Cell(_short(chip)),
        Cell(chip.vendor or text["none"]),
        Cell(units.format_bytes(chip.memory_bytes, lang), chip.memory_bytes),
        Cell(units.format_bytes_decimal(chip.bandwidth_bytes_per_s, lang), chip.bandwidth_bytes_per_s),
        *(_number(peaks.get(name), units.format_flops, lang) for name in PEAKS),
        _number(sixteen and sixteen / chip.bandwidth_bytes_per_s, lambda value, _: units.format_number(value), lang),
        _number(chip.power_watts, lambda value, _: text["watts"].format(units.format_number(value)), lang),
        _number(rent, units.format_usd, lang),
        *(_largest(chip, form, lang) for form in FORMS),
        _reach(chip),
        Cell(chip.checked.isoformat()),
    ]


def _number(value: float | None, form: Any, lang: str) -> Cell:
    return Cell(TEXT[lang]["none"], 0) if value is None else Cell(form(value, lang), value)


def _short(chip: Chip) -> str:
    return chip.name.removeprefix("NVIDIA ")


def _largest(chip: Chip, form: str, lang: str) -> Cell:
    """The registered model with the most parameters that one chip holds with `N_TOKENS`."""
    room = USABLE_SHARE * chip.memory_bytes
    best = next((one for one in needs(form) if one[2] <= room), None)
    if best is None:
        return Cell(TEXT[lang]["none"], 0)
    model_id, n_params, _ = best
    return Cell(find(model_id).name, n_params, href=f"models/{model_id}.html")


@cache
def needs(form: str) -> tuple[tuple[str, int, float], ...]:
    """Models with their parameters and the bytes they need on one chip, the most parameters first."""
    found = []
    for model_id in model_ids():
        spec = find(model_id).spec
        if spec.n_ctx is not None and spec.n_ctx < N_TOKENS:
            continue
        profile, precision = cost_profile(spec), memory_precision(stored_weights(spec, FORMS[form]))
        given: dict[str, Any] = {"weight_bits": precision.weights, "expert_bits": precision.expert_bits}
        room = parallel.chip_room_bytes(profile, n_chips=1, **given, **SERVER)
        need = SERVER["memory_bytes"] - room + ideal_cache_bytes(profile, n_tokens=N_TOKENS)
        found.append((model_id, count_params(spec).total, need))
    return tuple(sorted(found, key=lambda one: -one[1]))


def _reach(chip: Chip) -> Cell:
    """The longest context of one sequence of `YARDSTICK` in bf16, no further than its configuration allows."""
    spec = find(YARDSTICK).spec
    profile = cost_profile(spec)
    server: dict[str, Any] = SERVER | {"usable_share": USABLE_SHARE, "memory_bytes": chip.memory_bytes}
    room = parallel.chip_room_bytes(profile, n_chips=1, weight_bits=16, expert_bits=16, **server)
    if room <= 0:
        return Cell("–", 0)
    longest = inverses.longest_context(profile, room_bytes=room, n_chips=1, batch_size=1, kv_bits=16)
    reached = min(longest, spec.n_ctx or longest)
    return Cell(units.format_exact(reached), reached)
