"""What a command costs: wall clock, processor time of every process it starts, and the largest of these in memory.

On Linux this process adopts what a builder leaves behind (fork servers outlive the builder that started them), so that
the system accounts for every descendant; elsewhere only the direct ones count.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
# macOS counts memory in bytes, Linux in KiB.
MEMORY_UNIT = 1 if sys.platform == "darwin" else 1024


class FailedError(RuntimeError):
    """A command that ended with an error; the message is what it said."""


@dataclass(frozen=True)
class Cost:
    """What one run took.

    Args:
        wall_s: From start to end of the command.
        cpu_s: User and system time of all processes.
        peak_bytes: Resident memory of the largest process.
    """

    wall_s: float
    cpu_s: float
    peak_bytes: int


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Cost:
    """Run a command and return its cost, when the last of its processes has ended.

    Raises:
        FailedError: If it fails.
    """
    log = folder / "bench.log"
    begun = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    wall_s = cpu_s = 0.0
    peak = 0
    status = 0
    while True:
        try:
            pid, ended, used = os.wait4(-1, 0)
        except ChildProcessError:
            break
        cpu_s += used.ru_utime + used.ru_stime
        peak = max(peak, used.ru_maxrss * MEMORY_UNIT)
        if pid == process.pid:
            wall_s = time.monotonic() - begun
            status = process.returncode = os.waitstatus_to_exitcode(ended)
    if status:
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise FailedError(f"{' '.join(command[:4])} ended with {status}: {' / '.join(said[-3:])}")
    return Cost(wall_s, cpu_s, peak)
