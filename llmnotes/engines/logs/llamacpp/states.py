"""States of llama.cpp: what recurrent layers and compressors of entries keep, whatever the context."""

import re

from llmnotes.engines.logs.findings import EQUAL, EXPLAINED, OPEN, Finding
from llmnotes.engines.logs.flags import Flags
from llmnotes.engines.logs.llamacpp.devices import shares
from llmnotes.engines.logs.llamacpp.hyperparameters import shape_of
from llmnotes.engines.logs.llamacpp.load import ENGINE, Load, Reading
from llmnotes.engines.logs.llamacpp.load import NUMBER as _N
from llmnotes.engines.logs.reading import Line, size
from llmnotes.engines.outline import Kept, Outline, State

_RECURRENT = re.compile(
    rf"size\s*=\s*{_N} MiB \(\s*(\d+) cells,\s*(\d+) layers,\s*(\d+) seqs?(?:\s+(\d+) rs_seq)?\s*\),"
    rf"\s*R \((\w+)\):\s*{_N} MiB,\s*S \((\w+)\):\s*{_N} MiB"
)
_COMPRESSORS = re.compile(
    rf"ratio = (\d+), state = (\d+) x (\d+), streams = (\d+), rs_seq = (\d+), layers = (\d+), size =\s*{_N} MiB"
)


def states(line: Line, load: Load, done: Reading, flags: Flags, given: Outline | None) -> None:
    """What the recurrent layers keep: convolution and state in 32 bits, a row for each sequence."""
    found = _RECURRENT.search(line.text)
    if found is None:
        return
    total, cells, layers, _, rollback, _, conv, _, state = found.groups()
    said, conv_said, state_said = size(total, "MiB"), size(conv, "MiB"), size(state, "MiB")
    rows = int(cells) * (1 + int(rollback or 0))
    load.state_bytes = said.value
    conv_numbers = state_numbers = 0
    if given is not None and given.states:
        conv_numbers = sum(each.conv_elements for each in given.states)
        state_numbers = sum(each.elements for each in given.states)
        n_states = len(given.states)
    else:
        shape = shape_of(load.printed)
        if shape is None or not (shape.state_row or shape.conv_row):
            done.findings.append(
                Finding(line.number, ENGINE, "state", said, OPEN, why="needs_shape", values={"type": ""})
            )
            return
        # The line counts every layer of the model; how many of them are recurrent follows from either part alone.
        n_states = round(state_said.value / (4 * rows * shape.state_row)) if shape.state_row else 0
        n_states = n_states or round(conv_said.value / (4 * rows * shape.conv_row))
        conv_numbers, state_numbers = n_states * shape.conv_row, n_states * shape.state_row
    if not done.n_contexts and n_states:
        done.kept += n_states * [Kept((), (State(conv_numbers // n_states, 1, state_numbers // n_states, 1),))]
    derived = 4.0 * rows * (conv_numbers + state_numbers)
    agrees = conv_said.agrees(4.0 * rows * conv_numbers) and state_said.agrees(4.0 * rows * state_numbers)
    formula = f"{rows} × ({conv_numbers:,} + {state_numbers:,}) × 4 B"
    why = "rollback_rows" if rollback and int(rollback) else "rows_for_slots"
    values = {"rows": str(rows), "states": str(n_states), "layers": layers, "slots": cells}
    verdict = EQUAL if agrees else EXPLAINED
    done.findings.append(Finding(line.number, ENGINE, "state", said, verdict, derived, formula, why, values))
    shares(load.state_buffers, said, derived / n_states if n_states else 0, n_states, "state_share", done)
    load.state_buffers = []


def compressors(line: Line, load: Load, done: Reading, flags: Flags, given: Outline | None) -> None:
    """What compressors of entries keep of unfinished ones: a state and a score, in 32 bits, for each sequence."""
    found = _COMPRESSORS.search(line.text)
    if found is None:
        return
    stride, rows, width, streams, rollback, layers = (int(each) for each in found.groups()[:6])
    said = size(found[7], "MiB")
    n = streams * (1 + rollback)
    derived = 2 * 4.0 * n * layers * rows * width
    formula = f"2 × {n} × {layers} × {rows} × {width:,} × 4 B"
    agrees = said.agrees(derived)
    why, values = "states_of_a_compressor", {"stride": str(stride)}
    verdict = EQUAL if agrees else EXPLAINED
    done.findings.append(Finding(line.number, ENGINE, "state_entries", said, verdict, derived, formula, why, values))
