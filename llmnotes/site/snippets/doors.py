"""The doors to a clock, to chance, to this machine and to other processes, each closed by name while a snippet runs.

Python tells of what opens a file, a connection or a program (`sandbox` listens); of these it tells nothing, or only by
a name that says little. A door is closed to the snippet and the package, and to the standard library in their service;
other libraries, which want the time for a log, pass. It is a guard against accidents: who means harm finds another way.
"""

from __future__ import annotations

import datetime
import random
import sys
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from types import FrameType
from typing import Any

from llmnotes.site.snippets.imports import ForbiddenError

CLOCK = ("reads the clock", "record the measurement in a data file and read it")
CHANCE = (
    "draws random numbers without a seed",
    "write numpy.random.default_rng(0) or random.Random(0) and draw from it",
)
MACHINE = ("depends on the machine or the process", "return what is the same everywhere")
PROCESS = ("starts or signals a process", "do the work in Python, in this process")
WRITES = ("writes outside its scratch folder", "return the data instead of writing it")
Why = tuple[str, str]

# Module, functions that are closed whatever they are given, and why.
DOORS: tuple[tuple[str, str, Why], ...] = (
    (
        "time",
        "time time_ns monotonic monotonic_ns perf_counter perf_counter_ns process_time process_time_ns thread_time "
        "thread_time_ns clock_gettime clock_gettime_ns",
        CLOCK,
    ),
    ("os", "times", CLOCK),
    ("os.path", "getmtime getctime getatime", CLOCK),
    ("timeit", "Timer", CLOCK),
    ("os", "urandom getrandom", CHANCE),
    ("random", "_urandom SystemRandom", CHANCE),
    ("uuid", "uuid1", CHANCE),
    ("os", "getpid getppid uname getlogin cpu_count process_cpu_count sched_getaffinity getloadavg", MACHINE),
    ("platform", "uname node machine processor platform release version system architecture", MACHINE),
    ("_posixsubprocess", "fork_exec", PROCESS),
    ("_winapi", "CreateProcess", PROCESS),
    ("multiprocessing.process", "BaseProcess.start", PROCESS),
    ("concurrent.futures.process", "ProcessPoolExecutor.__init__", PROCESS),
    ("_xxsubinterpreters", "create", PROCESS),
    ("_interpreters", "create", PROCESS),
    ("_posixshmem", "shm_open", WRITES),
)
# Functions of `time` that ask the clock where this argument is missing.
TIMES = {"gmtime": 0, "localtime": 0, "ctime": 0, "asctime": 0, "strftime": 1}
# What asks for a reason of its own, whoever called it: names of temporary files, waiting, loading.
QUIET = frozenset(
    ("tempfile", "threading", "queue", "selectors", "concurrent", "asyncio", "multiprocessing", "importlib", "warnings")
)

_refused: list[BaseException] = []


def asked_by_snippet(frame: FrameType | None, quiet: frozenset[str] = QUIET) -> bool:
    """Return whether the snippet or the package asks, itself or through nothing but the standard library."""
    while frame is not None:
        module = str(frame.f_globals.get("__name__"))
        top = module.partition(".")[0]
        if top in ("__snippet__", "llmnotes"):
            return not module.startswith("llmnotes.site")
        if top in quiet or top not in sys.stdlib_module_names:
            return False
        frame = frame.f_back
    return False


def refusal(what: str, remedy: str, frame: FrameType | None) -> ForbiddenError:
    """Return an error to raise, with the line of the snippet, and note it: who catches it has asked all the same."""
    error = ForbiddenError(what, remedy)
    while frame is not None and frame.f_globals.get("__name__") != "__snippet__":
        frame = frame.f_back
    error.line = frame.f_lineno if frame else 0
    _refused.append(error)
    return error


@contextmanager
def closed(refused: list[BaseException]) -> Generator[None]:
    """Close the doors, as long as the context lasts; what they refused is noted in `refused`."""
    global _refused
    with ExitStack() as stack:
        before, _refused = _refused, refused
        stack.callback(_reset, before)
        for module, names, why in DOORS:
            for name in names.split():
                _close(stack, module, name, why)
        for name, place in TIMES.items():
            _guard(stack, time, name, CLOCK, lambda given, _, place=place: len(given) <= place)
        _close_now(stack)
        _close_unseeded(stack)
        yield


def _reset(before: list[BaseException]) -> None:
    global _refused
    _refused = before


def _close(stack: ExitStack, module: str, dotted: str, why: Why) -> None:
    try:
        owner: Any = import_module(module)
    except ImportError:  # of another system or version
        return
    *inner, name = dotted.split(".")
    for part in inner:
        owner = getattr(owner, part)
    if hasattr(owner, name):
        _guard(stack, owner, name, why, lambda *_: True)


def _guard(stack: ExitStack, owner: Any, name: str, why: Why, wrong: Callable[[Any, Any], bool]) -> None:
    """Let a function refuse the snippet where `wrong` says so of its arguments."""
    real = getattr(owner, name)
    what, remedy = why
    shown = f"{getattr(owner, '__module__', None) or owner.__name__}.{name}".replace("posixpath", "os.path")

    quiet = frozenset() if why in (PROCESS, WRITES) else QUIET

    def refuse(given: Any, named: Any, frame: FrameType) -> None:
        if wrong(given, named) and asked_by_snippet(frame, quiet):
            raise refusal(f"{what} ({shown})", remedy, frame)

    if isinstance(real, type):
        members = {"real": real, "refuse": staticmethod(refuse), "__module__": real.__module__}
        _put(stack, owner, name, _StandIn(name, (real,), members))
        return

    def guarded(*given: Any, **named: Any) -> Any:
        refuse(given, named, sys._getframe(1))
        return real(*given, **named)

    guarded.__name__ = name
    _put(stack, owner, name, guarded)


def _put(stack: ExitStack, owner: Any, name: str, stand_in: Any) -> None:
    stack.callback(setattr, owner, name, getattr(owner, name))
    setattr(owner, name, stand_in)


class _StandIn(type):
    """A class in the place of another, which takes what that one made for its own, and makes what that one makes."""

    real: type
    refuse: Callable[[Any, Any, FrameType], None] | None = None

    def __call__(cls, *given: Any, **named: Any) -> Any:
        if cls.refuse is None or "refuse" not in vars(cls):
            return super().__call__(*given, **named)
        cls.refuse(given, named, sys._getframe(1))
        return cls.real(*given, **named)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, cls.real)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, cls.real)


def _close_now(stack: ExitStack) -> None:
    """Close what asks the system itself for now; `today` asks `time.time`, which is closed."""
    real = datetime.datetime
    members = {one: classmethod(_refusing(f"datetime.{one}", getattr(real, one))) for one in ("now", "utcnow")}
    _put(
        stack, datetime, "datetime", _StandIn("datetime", (real,), {"real": real, "__module__": "datetime", **members})
    )


def _refusing(shown: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(_: type, *given: Any, **named: Any) -> Any:
        if asked_by_snippet(frame := sys._getframe(1)):
            raise refusal(f"{CLOCK[0]} ({shown})", CLOCK[1], frame)
        return real(*given, **named)

    return guarded


def _close_unseeded(stack: ExitStack) -> None:
    """Let numbers be drawn only after a seed was given, here and in numpy."""
    import numpy as np

    def seedless(given: Any, named: Any) -> bool:
        return not any(value is not None for value in (*given, *named.values()))

    for owner, name in ((random, "Random"), (np.random, "default_rng"), (np.random, "RandomState")):
        _guard(stack, owner, name, CHANCE, seedless)
    for name in ("SeedSequence", "PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"):
        _guard(stack, np.random, name, CHANCE, seedless)
    for owner, shared in ((random, random._inst), (np.random, np.random.mtrand._rand)):
        _close_shared(stack, owner, shared)


def _close_shared(stack: ExitStack, owner: Any, shared: Any) -> None:
    """Close the functions that draw from the one generator of a module until somebody seeds it."""
    seeded = False
    seed = owner.seed

    def seeding(*given: Any, **named: Any) -> Any:
        nonlocal seeded
        # What surrounds a step gives a seed too, which is none of the snippet's.
        seeded = asked_by_snippet(frame := sys._getframe(1))
        if seeded and not (given or named):
            raise refusal(f"{CHANCE[0]} ({owner.__name__}.seed)", CHANCE[1], frame)
        return seed(*given, **named)

    for name in dir(owner):
        if name != "seed" and getattr(getattr(owner, name), "__self__", None) is shared and name[0] != "_":
            _guard(stack, owner, name, CHANCE, lambda *_: not seeded)
    _put(stack, owner, "seed", seeding)
