"""Where orders are run: worker processes that end with the builder, with everything heavy loaded before they start."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.context
import os
import re
import signal
import sys
import threading
import types
from collections.abc import Generator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Protocol

from pebble import ProcessExpired, ProcessPool

from llmnotes.site.places import CHECKOUT
from llmnotes.site.snippets import sandbox, worker
from llmnotes.site.snippets.order import Failure, Order, Outcome

TASKS_A_WORKER = 100
MOST_TRIES = 3
# The sandbox ends a run in time; what hangs outside of it is ended this much later.
GRACE_S = 30
PRELOADED = ["llmnotes.site.snippets.warm", "llmnotes.site.snippets.worker"]
# Set while processes start, so that hash order, clock zone, locale and threads are the same for everyone.
ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "LC_ALL": "C",
    "LANG": "C",
    "TZ": "UTC",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # On Python 3.11 the fork server sees neither the builder's path nor tells what it could not import.
    "PYTHONPATH": str(CHECKOUT),
}
UNWANTED = ("MATPLOTLIBRC", "MPLBACKEND", "PYTHONWARNINGS")
_starting = threading.RLock()


class Pool(Protocol):
    """Where orders are run; a cluster need only offer these two."""

    def submit(self, order: Order) -> Future[Outcome]:
        """Run an order; its future never raises."""
        ...

    def close(self) -> None:
        """End every process."""
        ...


@contextlib.contextmanager
def _start_conditions() -> Generator[None]:
    """Set the environment, and hide the main program: a worker would import it again, tests, MkDocs and all."""
    with _starting:
        before, main = dict(os.environ), sys.modules["__main__"]
        for name in UNWANTED:
            os.environ.pop(name, None)
        os.environ.update(ENVIRONMENT)
        sys.modules["__main__"] = types.ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main
            os.environ.clear()
            os.environ.update(before)


if sys.platform == "linux":
    METHOD = "forkserver"
    _Base: Any = multiprocessing.context.ForkServerProcess
else:
    METHOD = "spawn"
    _Base = multiprocessing.context.SpawnProcess


class _Worker(_Base):
    """A process started under `_start_conditions`."""

    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802 - the name that multiprocessing calls
        with _start_conditions():
            return _Base._Popen(process_obj)


def _context(locks: list[Any]) -> Any:
    """Return where processes are started from; the locks that it makes are also put on the list.

    Pebble lets go of a pool's locks before it ends its workers, and a worker that is still being started would complain
    that they are gone: whoever has the list keeps them.
    """
    context = multiprocessing.get_context(METHOD)
    base: Any = type(context)

    def kept_lock(self: Any) -> Any:
        locks.append(base.RLock(self))
        return locks[-1]

    own = type("OwnContext", (base,), {"Process": _Worker, "RLock": kept_lock})()
    if METHOD == "forkserver":
        own.set_forkserver_preload(PRELOADED)
    return own


class LocalPool:
    """Worker processes on this machine, each replaced after a hundred orders, after any failure, and after its time.

    Args:
        workers: How many at a time.
        memory_bytes: Address space of each, where the system can limit it.
    """

    def __init__(self, workers: int, memory_bytes: int) -> None:
        self._locks: list[Any] = []
        self._pool = ProcessPool(
            max_workers=workers,
            max_tasks=TASKS_A_WORKER,
            initializer=worker.initialize,
            initargs=(memory_bytes,),
            context=_context(self._locks),
        )

    def submit(self, order: Order) -> Future[Outcome]:
        """Run an order; its future never raises."""
        done: Future[Outcome] = Future()
        self._schedule(order, done, MOST_TRIES)
        return done

    def _schedule(self, order: Order, done: Future[Outcome], tries: int) -> None:
        def finish(task: Future[Outcome]) -> None:
            error = task.exception()
            if error is None:
                done.set_result(task.result())
            elif tries > 1 and isinstance(error, ProcessExpired) and not _evidence(order):
                # On a busy machine pebble can lay a worker's end on the order before the one that ended it.
                self._schedule(order, done, tries - 1)
            else:
                done.set_result(explain_end(order, error))

        try:
            limit_s = order.timeout_s * sandbox.WALL_SHARE + GRACE_S
            self._pool.schedule(worker.run_or_retire, args=(order,), timeout=limit_s).add_done_callback(finish)
        except RuntimeError as error:  # the pool is closed or broken
            done.set_result(explain_end(order, error))

    def close(self) -> None:
        """End every process."""
        self._pool.stop()
        self._pool.join()
        self._locks.clear()


def explain_end(order: Order, error: BaseException) -> Outcome:
    """Return what an order left that ended without an outcome, or else why it ended."""
    evidence = _evidence(order)
    return evidence if isinstance(evidence, Outcome) else Outcome(failures=(_reason(order, error, evidence),))


def _reason(order: Order, error: BaseException, trace: str) -> Failure:
    lines = [int(number) for file, number in re.findall(r'File "(.+?)", line (\d+)', trace) if file == order.path]
    line = lines[0] if lines else 0
    code = getattr(error, "exitcode", 0)
    if isinstance(error, TimeoutError) or trace.startswith("Timeout (") or code == -sandbox.OUT_OF_TIME:
        message = f"does not end within {order.timeout_s:g} s"
        return line, message, "make it shorter, or record its result in a data file"
    fatal = re.match(r"Fatal Python error: (.*)|Windows fatal exception: (.*)", trace)
    if isinstance(error, ProcessExpired) or fatal:
        how = fatal[0] if fatal else signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return line, f"crashes its process ({how})", f"try python -m llmnotes.site run {order.name}"
    return line, f"cannot be run: {type(error).__name__}: {error}", "report this: the runner is at fault"


def _evidence(order: Order) -> Outcome | str:
    """Return the outcome that an order reported, or else the trace that it left; empty where it left none."""
    with contextlib.suppress(OSError, ValueError):
        return Outcome.from_json(Path(order.scratch, worker.OUTCOME_FILE).read_text(encoding="utf-8"))
    try:
        return Path(order.scratch, sandbox.TRACE_FILE).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
