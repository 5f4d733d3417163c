"""Weights as llama.cpp loads them: what a file holds, and the buffers that they fill."""

import re
from dataclasses import replace

from llmnotes.engines.logs.findings import EQUAL, EXPLAINED, INPUT, Finding
from llmnotes.engines.logs.flags import Flags
from llmnotes.engines.logs.llamacpp.load import ENGINE, Load, Reading
from llmnotes.engines.logs.llamacpp.load import NUMBER as _N
from llmnotes.engines.logs.loaded import weights
from llmnotes.engines.logs.reading import Line, Printed, ratio, size
from llmnotes.engines.outline import Outline
from llmnotes.engines.parts import Parallel
from llmnotes.units import MIB

_SIZE = re.compile(rf"(?:model size|file size)\s*=\s*{_N} (GiB|MiB)\s*\({_N} BPW\)")
_PARAMS = re.compile(rf"model params\s*=\s*{_N} ([BMT])\b")


def sizes(line: Line, load: Load, done: Reading, flags: Flags, given: Outline | None) -> None:
    found = _SIZE.search(line.text)
    if found is not None:
        said = size(found[1], found[2])
        load.printed["size_bytes"] = f"{said.value:.0f}"
        done.weight_bytes = done.weight_bytes or said.value
        load.printed["size_half"] = f"{said.half:.0f}"
        load.printed["bits"] = found[3]
        done.findings.append(Finding(line.number, ENGINE, "weights", said, INPUT, why="tensors_alone"))
    params = _PARAMS.search(line.text)
    if params is not None:
        scale = {"M": 1e6, "B": 1e9, "T": 1e12}[params[2]]
        load.printed["n_params"] = f"{float(params[1].replace(',', '')) * scale:.0f}"
    # Older builds print the parameters first.
    if (found or params) and "size_bytes" in load.printed and "n_params" in load.printed:
        n_params = float(load.printed["n_params"])
        said = ratio(load.printed["bits"], "bits")
        derived = float(load.printed["size_bytes"]) * 8 / n_params
        formula = f"{float(load.printed['size_bytes']):,.0f} B × 8 / {n_params:,.0f}"
        verdict = EQUAL if abs(derived - said.value) <= 0.01 * said.value else EXPLAINED
        why = "" if verdict == EQUAL else "bits_rounded"
        done.findings.append(Finding(line.number, ENGINE, "bits", said, verdict, derived, formula, why))


def held(load: Load, done: Reading, given: Outline | None) -> None:
    """Buffers of a model that is loaded: they are its weights."""
    if not load.model_buffers:
        return
    number_, _, _ = load.model_buffers[-1]
    total = sum(each.value for _, _, each in load.model_buffers)
    half = sum(each.half for _, _, each in load.model_buffers)
    done.weight_bytes = total
    said = Printed(total, half, "bytes", f"{total / MIB:,.2f} MiB")
    if len(load.model_buffers) > 1:
        for line, device, share in load.model_buffers:
            told = {"device": device, "percent": f"{100 * share.value / total:.1f}%"}
            done.findings.append(
                Finding(line, ENGINE, "weights_share", share, INPUT, why="weights_of_device", values=told)
            )
    if "size_bytes" not in load.printed:
        found = weights(Line(number_, ""), ENGINE, said, given, Parallel())
        done.findings.append(replace(found, subject="weights_held"))
        load.model_buffers = []
        return
    derived = float(load.printed["size_bytes"])
    if any("Mapped" in name or name == "CPU" for _, name, _ in load.model_buffers) and total > derived * 1.01:
        verdict, why = EXPLAINED, "mapped_counts_the_file"
    else:
        close = abs(total - derived) <= max(0.01 * derived, half + float(load.printed["size_half"]))
        verdict, why = (EQUAL, "") if close else (EXPLAINED, "buffers_and_file")
    formula = " + ".join(f"{each.value / MIB:,.2f}" for _, _, each in load.model_buffers) + " MiB"
    done.findings.append(Finding(number_, ENGINE, "weights_held", said, verdict, derived, formula, why))
    load.model_buffers = []
