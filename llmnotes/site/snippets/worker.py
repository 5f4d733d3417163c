"""Run one part of one snippet inside its sandbox and hand back plain data, or one failure with its line."""

from __future__ import annotations

import ast
import contextlib
import importlib
import linecache
import math
import multiprocessing
import os
import re
import sys
import threading
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llmnotes.site.snippets import parts, sandbox, shown_parts, snippet
from llmnotes.site.snippets.imports import ForbiddenError
from llmnotes.site.snippets.labels import Labels
from llmnotes.site.snippets.order import Failure, Made, Order, Outcome, Task
from llmnotes.site.text.shown import Step

OUTCOME_FILE = "outcome.json"
RETIRED = 70
LINGER_S = 0.1
SPARE_CPU_S = 30


def initialize(memory_bytes: int) -> None:
    """Prepare a worker process: load matplotlib, end with the builder, set limits, silence what bypasses Python."""
    importlib.import_module("llmnotes.site.snippets.warm")

    parent = multiprocessing.parent_process()
    if parent is not None:
        # Bound now: a sandbox refuses `os._exit` and signals to whoever looks them up while it lasts.
        threading.Thread(target=_end_with, args=(parent, os._exit), daemon=True).start()
    with contextlib.suppress(OSError):
        void = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(void, stream)
    if memory_bytes and sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sandbox.install_hook()


def _end_with(parent: Any, leave: Callable[[int], Any]) -> None:
    """Wait for the builder's end, however it comes, and follow it."""
    parent.join()
    leave(RETIRED)


def run_or_retire(order: Order) -> Outcome:
    """Run an order; after any failure leave all of it in the scratch folder and end, so that none inherits it."""
    outcome = run(order)
    if outcome.failures:
        Path(order.scratch, OUTCOME_FILE).write_text(outcome.to_json(), encoding="utf-8")
        # Time for the pool to hear of the order before, or it takes this end for that one's.
        time.sleep(LINGER_S)
        os._exit(RETIRED)
    return outcome


def run(order: Order) -> Outcome:
    """Run an order in this process and return its outcome; nothing that the snippet does is raised."""
    _limit_cpu(order.timeout_s)
    read = snippet.parse(order.name, Path(order.path), order.source)
    box = sandbox.Sandbox(Path(order.root), Path(order.scratch), order.timeout_s)
    # Read before the sandbox: a drawing depends on the terms that it uses, not on the whole glossary.
    labels = [Labels(Path(order.root), step.lang) for step in order.steps]
    made: list[Made] = []
    failures: list[Failure] = []
    result = order.result
    with box:
        for step, known in zip(order.steps, labels, strict=True):
            try:
                with box.step():
                    value = _call(Task(order, step, read, result), known)
                if step.kind == "compute" or step is order.steps[-1]:
                    box.finish()
            except BaseException as error:
                failures.append(_explain(error, order, step, read))
                if step.kind == "compute":
                    break
            else:
                if step.kind == "compute":
                    result = value
                # What comes after a failure may suffer from it.
                if not failures:
                    made.append(Made(step, value, box.inputs | known.used))
    return Outcome(tuple(made), tuple(failures))


def _limit_cpu(timeout_s: float) -> None:
    """Let the system end a run that nobody is left to end."""
    if os.name == "nt":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    wanted = math.ceil(used.ru_utime + used.ru_stime + timeout_s + SPARE_CPU_S)
    resource.setrlimit(resource.RLIMIT_CPU, (wanted if hard < 0 else min(wanted, hard), hard))


def _call(task: Task, labels: Labels) -> Any:
    """Return what the part returns, as plain JSON."""
    order, kind = task.order, task.step.kind
    module = types.ModuleType("__snippet__")
    module.__file__ = order.path
    sys.modules["__snippet__"] = module
    # What reads the source of a function must find this one, without opening the file.
    linecache.cache[order.path] = (len(order.source), None, order.source.splitlines(keepends=True), order.path)
    tree = task.read.part(*snippet.RUNS[kind])
    exec(compile(ast.fix_missing_locations(tree), order.path, "exec", dont_inherit=True), module.__dict__)
    if kind == "compute":
        return parts.check_result(module.__dict__.get("compute", dict)())
    return shown_parts.run(module, task, labels)


def _explain(error: BaseException, order: Order, step: Step, read: snippet.Snippet) -> Failure:
    """Return line, message and remedy of what a step raised."""
    first = next((name for name in snippet.RUNS[step.kind] if name in read.lines), "ask")
    part = getattr(error, "part", first)
    line, inner, trace = read.lines[part], "", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file == order.path:
            line, inner = trace.tb_lineno, ""
        elif f"{os.sep}llmnotes{os.sep}" in file and f"{os.sep}site{os.sep}" not in file:
            inner = f" (in llmnotes{file.rpartition(f'{os.sep}llmnotes')[2]}:{trace.tb_lineno})"
        trace = trace.tb_next
    if word := getattr(error, "word", ""):
        rows = enumerate(order.source.splitlines(), start=1)
        line = next((at for at, text in rows if re.search(rf"""["']{re.escape(word)}["']""", text)), line)
    line = (isinstance(error, ForbiddenError) and error.line) or line
    # By name: a snippet raises those of the package as it is now, in classes of its own.
    if isinstance(remedy := getattr(error, "remedy", None), str):
        return line, str(error), remedy
    if isinstance(error, SystemExit):
        return line, "calls sys.exit", "return or raise instead"
    if isinstance(error, MemoryError):
        limit = f" than {order.memory_bytes / 2**30:g} GiB" if order.memory_bytes else " than there is"
        return line, f"needs more memory{limit}", "compute it in smaller pieces"
    if glyph := re.match(r"Glyph (\d+) \((.*?)\) missing", str(error)):
        character = chr(int(glyph[1]))
        lines = [number for number, text in enumerate(order.source.splitlines(), start=1) if character in text]
        name = f"{character} (U+{ord(character):04X})"
        return (lines or [line])[0], f"draws {name}, for which drawings have no glyph", "use letters, digits or 汉字"
    if isinstance(error, Warning):
        return line, f"warns: {type(error).__name__}: {error}{inner}", "mend the cause: warnings are errors here"
    text = " ".join(str(error).split())
    return (
        line,
        f"raises {type(error).__name__}: {text}{inner}",
        f"correct it; try python -m llmnotes.site run {order.name}",
    )
