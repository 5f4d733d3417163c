"""Waiting for states. How long is no part of any claim, so patience ends far beyond the pauses of a loaded machine."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

# A suite beside busy neighbours runs ten times slower than alone; what is wrong for this long is wrong.
PATIENCE_S = 300
LOOK_AGAIN_S = 0.02

Found = TypeVar("Found")


def wait_until(state: Callable[[], Found], said: Callable[[], object] = lambda: "it never came to this") -> Found:
    """The first answer of `state` that holds; `said` tells what there was instead, should patience end."""
    end = time.monotonic() + PATIENCE_S
    while not (found := state()):
        assert time.monotonic() < end, said()
        time.sleep(LOOK_AGAIN_S)
    return found


def files_below(*folders: Path) -> set[Path]:
    """Every file there; folders may come and go meanwhile."""
    return {Path(place, name) for folder in folders for place, _, names in os.walk(folder) for name in names}


def descendants(parent: int) -> set[int]:
    """Every living process whose line of parents leads to `parent`, by the system's own list."""
    table = _processes()
    found = {parent}
    while grown := {pid for pid, ppid in table.items() if ppid in found} - found:
        found |= grown
    return found - {parent}


def living(pids: set[int]) -> set[int]:
    """Those of the processes that still run."""
    return pids & _processes().keys()


def _processes() -> dict[int, int]:
    """The parent of each process that is more than a name left for its parent to read."""
    shown = subprocess.run(["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    return {int(pid): int(ppid) for pid, ppid, state in map(str.split, shown.splitlines()) if state[0] != "Z"}
