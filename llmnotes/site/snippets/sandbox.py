"""What surrounds a snippet while it runs: what it may do, what it opened, and everything put back afterwards.

It guards against accidents. The boundary against malice is a build without secrets.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import io
import locale
import os
import random
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Generator
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from llmnotes.site import places
from llmnotes.site.cache.store import PACKAGE, digest_path, package_digest
from llmnotes.site.snippets import doors
from llmnotes.site.snippets.imports import ForbiddenError, fresh_package

MOST_OUTPUT = 64 * 1024
TRACE_FILE = "trace.txt"
# Where a clock of the process can send it, what ends a run that has computed for too long; Windows has no such clock.
OUT_OF_TIME = getattr(signal, "SIGPROF", 0)
# On a busy machine a second of computing takes several.
WALL_SHARE = 4
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
NETWORK = ("socket.", "urllib.Request", "http.client.", "ftplib.", "smtplib.", "imaplib.", "poplib.", "webbrowser.")
PROCESSES = (
    "subprocess.",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "pty.",
    "os.kill",
    "signal.pthread_kill",
    "resource.",
    "_winapi.CreateProcess",
    "_winapi.TerminateProcess",
)
# What Python cannot see into: memory by address, and functions of other libraries.
BEYOND_PYTHON = ("ctypes.",)
FILE_CHANGES = (
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown",
    "os.utime", "os.mkfifo", "os.mknod", "os.setxattr", "os.removexattr", "shutil.", "sqlite3.connect",
)  # fmt: skip
KEPT_VARIABLES = ("PATH", "SYSTEMROOT", "WINDIR", "LANG", "LC_ALL", "TZ", "PYTHONHASHSEED", "PYTHONUTF8")
_SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGALRM") if hasattr(signal, name)]

_SITE = f"{os.sep}llmnotes{os.sep}site{os.sep}"

_active: Sandbox | None = None


class Sandbox(contextlib.ExitStack):
    """Surrounds one run.

    Args:
        root: The project folder.
        scratch: The only folder where the run may write; it starts there.
        timeout_s: Seconds of computing after which a run is ended, with a note of where it was.
    """

    def __init__(self, root: Path, scratch: Path, timeout_s: float) -> None:
        super().__init__()
        self.root = root.resolve()
        self.scratch = scratch.resolve()
        self.timeout_s = timeout_s
        self.inputs: dict[str, str] = {}
        self.hidden: list[BaseException] = []
        self._looking = threading.local()
        self._own = tuple(
            os.path.realpath(place) + os.sep for place in {sys.prefix, sys.base_prefix, os.path.dirname(os.__file__)}
        )
        self._readable = (*self._own, str(self.root) + os.sep, str(places.PACKAGE) + os.sep)
        self._private = str(self.root) + os.sep + "."

    def __enter__(self) -> Sandbox:
        global _active
        # What is there now stays: the collection after the run need only look at what the run made.
        gc.freeze()
        self._threads = set(threading.enumerate())
        trace = self.enter_context((self.scratch / TRACE_FILE).open("w"))
        faulthandler.enable(trace)
        self.callback(faulthandler.disable)
        self._limit_time(trace)
        self.enter_context(fresh_package(self.root, self.note))
        self.enter_context(_hooks(self.hidden))
        self.enter_context(doors.closed(self.hidden))
        _active = self
        return self

    @contextlib.contextmanager
    def step(self) -> Generator[None]:
        """Surround one step: it finds everything as if it were the only one."""
        with contextlib.ExitStack() as around:
            around.enter_context(_environment(self.scratch))
            around.enter_context(_settings())
            around.enter_context(_streams())
            around.enter_context(warnings.catch_warnings())
            warnings.resetwarnings()
            warnings.simplefilter("error")
            yield

    def _limit_time(self, trace: IO[str]) -> None:
        """End the run, and note where it was, in one stroke: what came before is no fault of the snippet.

        Its own computing counts, not that of what else this machine does; who waits for ever is ended too.
        """
        faulthandler.dump_traceback_later(self.timeout_s * WALL_SHARE, file=trace, exit=True)
        self.callback(faulthandler.cancel_dump_traceback_later)
        if hasattr(signal, "setitimer"):
            faulthandler.register(OUT_OF_TIME, file=trace, chain=True)
            self.callback(faulthandler.unregister, OUT_OF_TIME)
            signal.setitimer(signal.ITIMER_PROF, self.timeout_s)
            self.callback(signal.setitimer, signal.ITIMER_PROF, 0)

    def __exit__(self, *details: Any) -> bool | None:
        global _active
        _active = None
        return super().__exit__(*details)

    def finish(self) -> None:
        """Raise what the run hid: an error in a thread or a destructor, or a thread that still runs."""
        left = set(threading.enumerate()) - self._threads
        for thread in left:
            thread.join(1)
        if any(thread.is_alive() for thread in left):
            raise ForbiddenError("leaves a thread running", "join every thread before returning")
        gc.collect()
        if self.hidden:
            raise self.hidden[0]

    def note(self, path: str, known_digest: str | None = None) -> None:
        """Remember that the run depends on a file, or on a folder's list of names."""
        if path.startswith(PACKAGE):
            if path not in self.inputs:
                with self._unseen():
                    self.inputs[path] = package_digest(path.removeprefix(PACKAGE))
            return
        place = Path(path)
        name = place.relative_to(self.root).as_posix() if place.is_relative_to(self.root) else place.as_posix()
        name += "/" if place.is_dir() else ""
        if name not in self.inputs:
            self.inputs[name] = known_digest or digest_path(self.root, name)

    def see(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Judge one audit event."""
        kind = _kind_of(event)
        if not kind or getattr(self._looking, "now", False):
            return
        if kind == "network":
            raise ForbiddenError(
                f"uses the network ({event})", "record what it needs in a data file with its source and date"
            )
        if kind == "process":
            raise ForbiddenError(f"{doors.PROCESS[0]} ({event})", doors.PROCESS[1])
        if kind == "beyond":
            if doors.asked_by_snippet(frame := sys._getframe(2)):
                raise doors.refusal(f"leaves Python ({event})", "use what Python or numpy offers", frame)
            return
        with self._unseen():
            self._see_paths(event, arguments)

    @contextlib.contextmanager
    def _unseen(self) -> Generator[None]:
        """Let what this process itself opens for its notes be no input."""
        before = getattr(self._looking, "now", False)
        self._looking.now = True
        try:
            yield
        finally:
            self._looking.now = before

    def _see_paths(self, event: str, arguments: tuple[Any, ...]) -> None:
        reading = event in ("os.listdir", "os.scandir") or (event == "open" and not (arguments[2] or 0) & WRITING)
        for argument in arguments[:1] if reading or event == "open" else arguments[:2]:
            if argument is None and event in ("os.listdir", "os.scandir"):
                argument = "."
            if not isinstance(argument, str | bytes | os.PathLike):
                continue
            path = os.path.realpath(os.fsdecode(argument))
            inside = path == str(self.scratch) or path.startswith(str(self.scratch) + os.sep) or path == os.devnull
            if inside:
                continue
            if not reading:
                raise ForbiddenError(
                    f"writes outside its scratch folder ({argument!r})", "return the data instead of writing it"
                )
            mine = path.startswith(self._own) or not path.startswith(self._private)
            mine = mine and (path + os.sep).startswith(self._readable)
            if not mine and doors.asked_by_snippet(frame := sys._getframe(3)):
                raise doors.refusal(
                    f"reads outside the project ({argument!r})", "put the data beside the snippet", frame
                )
            # Frames: this one, `see`, the hook, and whoever opens; the import system's own reading is noted elsewhere.
            opener = sys._getframe(3).f_code.co_filename
            # What of `llmnotes.site` a run reads is in every recipe.
            system = path.startswith((*self._own, "/proc/", "/sys/", "/dev/")) or _SITE in path
            if not system and not opener.startswith("<frozen importlib"):
                self.note(path)


@lru_cache
def _kind_of(event: str) -> str:
    """Return what an audit event is about: the network, a process, memory or a path; empty for most of them."""
    if event.startswith(NETWORK):
        return "network"
    if event.startswith(PROCESSES):
        return "process"
    if event.startswith(BEYOND_PYTHON):
        return "beyond"
    return "path" if event in ("open", "os.listdir", "os.scandir") or event.startswith(FILE_CHANGES) else ""


def install_hook() -> None:
    """Make every later run in this process subject to its sandbox; a hook cannot be taken back."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if _active is not None:
            _active.see(event, arguments)

    sys.addaudithook(hook)


@contextlib.contextmanager
def _environment(scratch: Path) -> Generator[None]:
    """Set the same variables and folder for every run."""
    before, folder, temporary = dict(os.environ), os.getcwd(), tempfile.tempdir
    kept = {name: before[name] for name in KEPT_VARIABLES if name in before}
    os.environ.clear()
    os.environ.update(kept, HOME=str(scratch), TMPDIR=str(scratch), TEMP=str(scratch), TMP=str(scratch))
    tempfile.tempdir = None
    os.chdir(scratch)
    try:
        yield
    finally:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(before)
        tempfile.tempdir = temporary


@contextlib.contextmanager
def _settings() -> Generator[None]:
    """Seed what is random and put back what a run may have set for the whole process."""
    import matplotlib
    import numpy as np

    path, drawing = sys.path[:], dict(matplotlib.rcParams)
    depth, handlers = sys.getrecursionlimit(), {number: signal.getsignal(number) for number in _SIGNALS}
    printing, erring = np.get_printoptions(), np.geterr()
    random.seed(0)
    np.random.seed(0)
    locale.setlocale(locale.LC_ALL, "C")
    try:
        yield
    finally:
        sys.path[:] = path
        dict.update(matplotlib.rcParams, drawing)
        sys.setrecursionlimit(depth)
        np.set_printoptions(**printing)
        np.seterr(**erring)
        locale.setlocale(locale.LC_ALL, "C")
        for number, handler in handlers.items():
            signal.signal(number, handler)


class _Capped(io.TextIOBase):
    """Swallows what is printed, up to a limit."""

    def __init__(self) -> None:
        self.room = MOST_OUTPUT

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.room -= len(text)
        if self.room < 0:
            raise ForbiddenError(
                f"prints more than {MOST_OUTPUT // 1024} KiB", "return what the page shows and print nothing"
            )
        return len(text)


@contextlib.contextmanager
def _streams() -> Generator[None]:
    with contextlib.redirect_stdout(_Capped()), contextlib.redirect_stderr(_Capped()):
        stdin, sys.stdin = sys.stdin, io.StringIO()
        try:
            yield
        finally:
            sys.stdin = stdin


@contextlib.contextmanager
def _hooks(hidden: list[BaseException]) -> Generator[None]:
    """Collect errors that Python would only print, and turn an abrupt exit into an error with a line."""
    leave: Callable[[int], Any] = os._exit

    def refuse(status: int) -> Any:
        # The pool's own handler of SIGTERM must still be able to end the process.
        if sys._getframe(1).f_globals.get("__name__", "").startswith("pebble"):
            leave(status)
        raise ForbiddenError("calls os._exit", "return or raise instead")

    def collect(details: Any) -> None:
        hidden.append(details.exc_value or details.exc_type())

    thread_hook, destructor_hook = threading.excepthook, sys.unraisablehook
    threading.excepthook = sys.unraisablehook = collect
    os._exit = refuse  # ty: ignore[invalid-assignment] - put back below
    try:
        yield
    finally:
        threading.excepthook, sys.unraisablehook, os._exit = thread_hook, destructor_hook, leave
