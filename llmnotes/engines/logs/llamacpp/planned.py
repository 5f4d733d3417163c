"""What llama.cpp plans before it allocates (`--fit`, on by default since December 2025), and what LM Studio estimates
before it starts llama.cpp.

Source:
    ggml-org/llama.cpp, `common/fit.cpp` (common_params_fit_impl; until April 2026 llama_params_fit_impl of
    `src/llama.cpp`), pull requests 16653, 21489 and 25465.
"""

import re
from dataclasses import dataclass, field

from llmnotes.engines.logs.findings import EQUAL, EXPLAINED, INPUT, Finding
from llmnotes.engines.logs.reading import Line, Printed, size
from llmnotes.units import MIB

ENGINE = "llama.cpp"
MARKS = ("params_fit", "memory usage of", "load size estimate", "  Model: ", "  Context: ", "  Total: ")

_DEVICE = re.compile(r"-\s+([A-Za-z]+\d*) \(.*\)\s*:\s*(\d+) total,\s*(\d+) used,\s*(-?\d+) (?:MiB )?(\w+)")
_LAYERS = re.compile(r"-\s+([A-Za-z]+\d*) \(.*\)\s*:\s*(\d+) layers.*?,\s*(\d+) MiB used,\s*(-?\d+) MiB free")
_PROJECTED = re.compile(r"projected to use (\d+) MiB of (device|host) memory vs\. (?:a total of )?(\d+) MiB")
_MARGIN = re.compile(
    r"cannot (?:fulfill margin of (\d+) MiB on all devices|meet free memory targets? (?:of (\d+) MiB|on all devices)),"
    r" need to (?:use (\d+) MiB less in total|reduce device memory by (\d+) MiB)"
)
_LEAVE = re.compile(r"will leave (\d+) >= (\d+) MiB of free (?:device |host )?memory")
_REDUCED = re.compile(r"context size reduced from (\d+) to (\d+) -> need (\d+) MiB less memory")
_SURPLUS = re.compile(r"total surplus of (\d+) MiB")
_BESIDE = re.compile(
    r"estimated (worst-case |fixed )?memory usage of ((?:MTP |draft )?(?:context|model)|mmproj)[^=]*? is ([\d.]+) MiB"
)
_ESTIMATE = re.compile(r"load size estimate .*context length '(\d+)'")
_PART = re.compile(r"^\s+(Model|Context|Total): ([\d.]+) GB\s*$")
PARTS = 3


@dataclass
class Plan:
    """What has been planned so far.

    Attributes:
        used: Memory that each device would hold.
        short: What each lacks; less than nothing where it has more than enough.
        projected: That of all devices together, in MiB.
        free: What is free on them, in MiB.
        context: Cache and states of the last device that was broken down.
        compute: Its compute buffer.
        estimate: Line of LM Studio's last estimate.
        parts: Its parts so far.
    """

    used: dict[str, int] = field(default_factory=dict)
    short: dict[str, int] = field(default_factory=dict)
    projected: int = 0
    free: int = 0
    context: float = 0
    compute: float = 0
    estimate: int = 0
    parts: list[Printed] = field(default_factory=list)


def _mib(number: str) -> Printed:
    return size(number, "MiB")


def _verdict(agrees: bool) -> str:
    return EQUAL if agrees else EXPLAINED


def read(line: Line, plan: Plan) -> list[Finding]:
    """What a line plans."""
    if "params_fit" in line.text:
        return _fit(line, plan)
    if "memory usage of" in line.text:
        return _beside(line, plan)
    return _lm_studio(line, plan)


def _fit(line: Line, plan: Plan) -> list[Finding]:
    """The options as asked for, against what is free; then what is changed until they fit."""
    asked, layered = _DEVICE.search(line.text), _LAYERS.search(line.text)
    if asked is not None:
        plan.used[asked[1]] = int(asked[3])
        if asked[5] in ("deficit", "surplus"):
            plan.short[asked[1]] = int(asked[4]) * (1 if asked[5] == "deficit" else -1)
    found = asked or layered
    if found is not None:
        return [Finding(line.number, ENGINE, "planned_share", _mib(found[3]), INPUT, why="planned_only")]
    found = _PROJECTED.search(line.text)
    if found is not None:
        plan.projected, plan.free = int(found[1]), int(found[3])
        said, n_devices = _mib(found[1]), max(1, len(plan.used))
        if not plan.used:
            return [Finding(line.number, ENGINE, "planned", said, INPUT, why="planned_only")]
        total = sum(plan.used.values())
        agrees = abs(total - plan.projected) <= n_devices
        formula = " + ".join(f"{each:,}" for each in plan.used.values()) + " MiB"
        why = "planned_only" if agrees else "rounded_parts"
        return [Finding(line.number, ENGINE, "planned", said, _verdict(agrees), total * MIB, formula, why)]
    return _changes(line, plan)


def _changes(line: Line, plan: Plan) -> list[Finding]:
    """What is too much, what stays free, and what a shorter context saves."""
    found = _MARGIN.search(line.text)
    if found is not None:
        stated, wanted = found[1] or found[2], int(found[3] or found[4])
        if stated is None:
            # Each device has a target of its own, which another line names.
            return [Finding(line.number, ENGINE, "planned_excess", _mib(str(wanted)), INPUT, why="planned_only")]
        n_devices, margin = max(1, len(plan.used)), int(stated)
        derived = plan.projected - plan.free + n_devices * margin
        formula = f"{plan.projected:,} − {plan.free:,} + {n_devices} × {margin:,} MiB"
        if plan.short:
            derived = sum(plan.short.values()) + n_devices * margin
            formula = " + ".join(f"{each:,}" for each in plan.short.values())
            formula += f" + {n_devices} × {margin:,} MiB"
        agrees = abs(derived - wanted) <= 2 * n_devices
        why = "margin_of_devices" if agrees else "rounded_parts"
        said, derived = _mib(str(wanted)), float(derived * MIB)
        return [Finding(line.number, ENGINE, "planned_excess", said, _verdict(agrees), derived, formula, why)]
    found = _LEAVE.search(line.text)
    if found is not None:
        derived = plan.free - plan.projected
        agrees = abs(derived - int(found[1])) <= 1
        formula = f"{plan.free:,} − {plan.projected:,} MiB"
        why = "margin_kept" if agrees else "rounded_parts"
        values = {"margin": f"{int(found[2]):,} MiB"}
        said, derived = _mib(found[1]), float(derived * MIB)
        return [Finding(line.number, ENGINE, "planned_free", said, _verdict(agrees), derived, formula, why, values)]
    found = _REDUCED.search(line.text)
    if found is not None:
        before, after, saved = (int(each) for each in found.groups())
        values = {"tokens": f"{after:,}", "each": f"{saved * 1024 / max(1, before - after):,.1f} KiB"}
        return [
            Finding(line.number, ENGINE, "planned_saving", _mib(found[3]), INPUT, why="context_reduced", values=values)
        ]
    found = _SURPLUS.search(line.text)
    if found is not None:
        return [Finding(line.number, ENGINE, "planned_free", _mib(found[1]), INPUT, why="planned_only")]
    return []


def _beside(line: Line, plan: Plan) -> list[Finding]:
    """A projector or a draft beside the model: a draft that shares the weights takes its cache and buffers alone."""
    found = _BESIDE.search(line.text)
    if found is None:
        return []
    said = _mib(found[3])
    fixed = (found[1] or "").strip() == "fixed"
    if "context" in found[2] and plan.compute:
        derived = plan.compute + (0 if fixed else plan.context)
        # The rows above are cut off to whole MiB, each of them.
        if 0 <= said.value - derived <= 2 * MIB:
            parts = [plan.compute] if fixed else [plan.context, plan.compute]
            formula = " + ".join(f"{each / MIB:,.0f}" for each in parts) + " MiB"
            return [Finding(line.number, ENGINE, "beside", said, EQUAL, derived, formula, "draft_shares_weights")]
    return [Finding(line.number, ENGINE, "beside", said, INPUT, why="taken_off_first")]


def _lm_studio(line: Line, plan: Plan) -> list[Finding]:
    """The estimate of LM Studio, which it prints over four lines."""
    if _ESTIMATE.search(line.text) is not None:
        plan.estimate, plan.parts = line.number, []
        return []
    found = _PART.match(line.text)
    if found is None or not plan.estimate or line.number - plan.estimate > PARTS:
        return []
    places = len(found[2].partition(".")[2])
    said = Printed(float(found[2]) * 1e9, 0.5e9 * 10.0**-places, "bytes", f"{found[2]} GB")
    if found[1] != "Total":
        plan.parts.append(said)
        subject = "weights" if found[1] == "Model" else "planned_context"
        return [Finding(line.number, ENGINE, subject, said, INPUT, why="lm_studio_estimate")]
    derived = sum(each.value for each in plan.parts)
    agrees = abs(derived - said.value) <= said.half + sum(each.half for each in plan.parts)
    formula = " + ".join(each.text for each in plan.parts)
    why = "lm_studio_estimate" if agrees else "rounded_parts"
    return [Finding(line.number, ENGINE, "planned", said, _verdict(agrees), derived, formula, why)]
