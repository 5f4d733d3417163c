"""Lines of llama.cpp on what a device holds, and on what it could not."""

import re
from collections.abc import Iterator
from dataclasses import replace

from llmnotes.engines import llamacpp
from llmnotes.engines.logs.findings import EQUAL, EXPLAINED, INPUT, OPEN, Finding
from llmnotes.engines.logs.flags import Flags, number
from llmnotes.engines.logs.llamacpp.hyperparameters import shape_of
from llmnotes.engines.logs.llamacpp.load import ENGINE, Load, Reading, settings_of
from llmnotes.engines.logs.llamacpp.load import NUMBER as _N
from llmnotes.engines.logs.reading import Line, Printed, size
from llmnotes.engines.outline import Outline, rebuilt
from llmnotes.units import MIB

BETWEEN = 1024
"""Bytes that a layer's two tensors may end later than they are long."""
_FAILED = re.compile(
    rf"allocating {_N} MiB on device \d+: cudaMalloc failed|failed to allocate (?:\S+ )?buffer of size (\d+)"
    r"|[Mm]emory allocation of size (\d+) failed"
)
_BREAKDOWN = re.compile(
    r"\|\s*-\s*([A-Za-z]+\d*)\b[^|]*\|\s*(\d+) = (\d+) \+ \(\s*(\d+) =\s*(\d+) \+\s*(\d+) \+\s*(\d+)\)\s*\+\s*(-?\d+)"
)
_NAMED = {
    "compute": ("failed to allocate compute", "failed to reserve"),
    "cache": ("failed to allocate buffer for kv cache", "failed to allocate buffer for the kv cache"),
    "weights_share": ("error loading model: unable to allocate",),
}
"""What lines after a failed allocation call it."""
_HOST = re.compile(r"\|\s*-\s*(Host)\s*\|\s*(\d+) =\s*(\d+) \+\s*(\d+) \+\s*(\d+)\s*\|")


def failures(line: Line, load: Load, done: Reading, flags: Flags, given: Outline | None) -> None:
    found = _FAILED.search(line.text)
    if found is None:
        return
    said = size(found[1], "MiB") if found[1] else size(found[2] or found[3], "B")
    if load.failed and any(
        each.subject == "failed" and abs(each.said.value - said.value) < MIB for each in done.findings
    ):
        return  # the same allocation, told a second time in bytes
    done.failed, load.failed, done.failed_bytes = True, True, said.value
    if said.text.endswith(" B"):
        said = Printed(said.value, 0.005 * MIB, "bytes", f"{said.value / MIB:,.2f} MiB")
    settings = settings_of(load, flags, given)
    done.settings = done.settings or settings
    shape = shape_of(load.printed)
    done.outline = done.outline or (shape.outline() if shape else None)
    for name, derived, formula, fused in _candidates(load, done, settings, given):
        close = abs(said.value - derived) <= 0.005 * derived
        if said.agrees(derived) or (name == "compute" and close):
            verdict = EQUAL if said.agrees(derived) else EXPLAINED
            if name == "compute":
                done.settings = replace(done.settings, flash_attn=fused)
            done.findings.append(
                Finding(line.number, ENGINE, "failed", said, verdict, derived, formula, "failed_is", {"what": name})
            )
            return
    model = done.outline or given
    whole = rebuilt(model) if model is not None else None
    for each in (*([model] if model is not None else []), *([whole] if whole is not None else [])):
        for derived, formula in _layers_of_cache(each, settings):
            if said.agrees(derived):
                done.outline = each  # what other options would take is counted as this build stores it
                told = {"what": "cache_share"}
                verdict, why = EQUAL, "failed_is"
                tokens = _whole_cache(each, settings, said) if not _context_shown(load, flags) else 0
                if tokens:
                    verdict, why = EXPLAINED, "failed_by_context"
                    told = {"tokens": f"{tokens:,}", "trained": f"{settings.n_ctx:,}"}
                found = Finding(line.number, ENGINE, "failed", said, verdict, derived, formula, why, told)
                done.findings.append(found)
                return
    done.findings.append(Finding(line.number, ENGINE, "failed", said, OPEN, why="failed_unknown"))


def _context_shown(load: Load, flags: Flags) -> bool:
    return bool(load.settings.get("n_ctx") or load.cells or load.slots or number(flags, "n_ctx"))


def _whole_cache(model: Outline, settings: llamacpp.Settings, said: Printed) -> int:
    """Tokens whose whole cache takes these bytes; 0 where no length that is padded as cells are does."""
    for cells in range(settings.padding, settings.n_ctx, settings.padding):
        held = sum(group.total_bytes for group in llamacpp.cache_groups(model, replace(settings, n_ctx=cells)))
        if held > said.most:
            return 0
        if said.agrees(held):
            return cells
    return 0


def named(line: Line, load: Load, done: Reading, flags: Flags, given: Outline | None) -> None:
    """What a later line says of the allocation that failed before it."""
    part = next((name for name, words in _NAMED.items() if any(each in line.text for each in words)), "")
    if not part or not done.findings or not load.failed:
        return
    done.failed_part = part
    for at, each in enumerate(done.findings):
        if each.subject == "failed" and each.verdict == OPEN:
            told = {"what": part}
            done.findings[at] = replace(each, verdict=INPUT, why="failed_is", values=told)


def _candidates(
    load: Load, done: Reading, settings: llamacpp.Settings, given: Outline | None
) -> list[tuple[str, float, str, bool]]:
    """What one allocation may have been, by these options: attention that is not fused too, where the log does not say
    that it is, which the last part tells."""
    found: list[tuple[str, float, str, bool]] = []
    shape = shape_of(load.printed)
    seen = given
    if shape is not None and shape.d_model and shape.vocab_size:
        seen = Outline("", shape.d_model, shape.vocab_size, shape.n_heads, None, ())
    if seen is not None:
        plain = [] if "flash_attn" in load.switches else [replace(settings, flash_attn=False)]
        found += [
            ("compute", llamacpp.compute_bytes(seen, each), llamacpp.compute_formula(seen, each), each.flash_attn)
            for each in (settings, *plain)
        ]
    model = done.outline or given
    if model is not None:
        held = llamacpp.allocate(model, settings)
        found += [
            (part.name, part.bytes, part.formula, settings.flash_attn)
            for part in held.parts
            if part.name in ("cache", "state")
        ]
    return found


def _layers_of_cache(model: Outline, settings: llamacpp.Settings) -> Iterator[tuple[float, str]]:
    """The cache of any number of layers: what one of several devices is asked for."""
    for group in llamacpp.cache_groups(model, settings):
        each = group.total_bytes / group.n_layers
        for n in range(1, group.n_layers + 1):
            yield n * each, f"{n} × {each:,.14g} B"


def breakdown(line: Line, load: Load, done: Reading, flags: Flags, given: Outline | None) -> None:
    host = _HOST.search(line.text)
    if host is not None:
        total, model, context, compute = (float(each) * MIB for each in host.groups()[1:])
        said = Printed(total, 0.5 * MIB, "bytes", f"{total / MIB:,.0f} MiB")
        derived = model + context + compute
        formula = " + ".join(f"{each / MIB:,.0f}" for each in (model, context, compute)) + " MiB"
        verdict = EQUAL if abs(derived - total) <= 2 * MIB else EXPLAINED
        done.findings.append(Finding(line.number, ENGINE, "breakdown_host", said, verdict, derived, formula))
        return
    found = _BREAKDOWN.search(line.text)
    if found is None:
        return
    device = found[1]
    total, free, own, model, context, compute, rest = (float(each) * MIB for each in found.groups()[1:])
    done.plan.context, done.plan.compute = context, compute
    said = Printed(total, 0.5 * MIB, "bytes", f"{total / MIB:,.0f} MiB")
    derived = free + own + rest
    inside = " + ".join(f"{each / MIB:,.0f}" for each in (model, context, compute))
    formula = f"{free / MIB:,.0f} + ({inside}) + {rest / MIB:,.0f} MiB"
    agrees = abs(derived - total) <= 2 * MIB and abs(own - model - context - compute) <= 2 * MIB
    # A dry run counts what it would take while that is still free: nothing else can be less than nothing.
    why = "breakdown_planned" if rest < 0 else "unaccounted"
    values = {"device": device, "rest": f"{rest / MIB:,.0f} MiB", "own": f"{own / MIB:,.0f} MiB"}
    verdict = EQUAL if agrees else EXPLAINED
    done.findings.append(Finding(line.number, ENGINE, "breakdown", said, verdict, derived, formula, why, values))


def shares(
    buffers: list[tuple[int, str, Printed]], total: Printed, per_layer: float, layers: int, subject: str, done: Reading
) -> None:
    """What each device holds of a cache: whole layers, which add up to the total."""
    if not buffers:
        return
    added = sum(each.value for _, _, each in buffers)
    adds_up = abs(added - total.value) <= total.half + sum(each.half for _, _, each in buffers)
    for number_, device, said in buffers:
        held = round(said.value / per_layer) if per_layer else 0
        derived = held * per_layer
        # A log that is cut shows some devices alone; cards that share every layer hold parts of it.
        agrees = said.agrees(derived) and (adds_up or (added < total.value and not device.startswith("Meta")))
        verdict = EQUAL if agrees else EXPLAINED
        values = {"device": device, "held": str(held), "layers": str(layers)}
        formula = f"{held} × {per_layer:,.10g} B"
        why = "layers_of" if agrees else "uneven_layers"
        nearly = adds_up or 0 < added - total.value <= BETWEEN * layers + total.half
        if not agrees and nearly and 0 < said.value - derived <= BETWEEN * held + said.half:
            why = "between_tensors"
        done.findings.append(Finding(number_, ENGINE, subject, said, verdict, derived, formula, why, values))
