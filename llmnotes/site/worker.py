"""Run one part of one snippet inside its sandbox and hand back plain data, or one failure with its line."""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import json
import math
import multiprocessing
import os
import re
import signal
import sys
import threading
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llmnotes.site import figure, sandbox, snippet

PARTS = {"compute": ("compute",), "words": ("claims", "table"), "draw": ("draw",), "literals": ("claims",)}
MOST_RESULT_BYTES = 2_000_000
MOST_SVG_BYTES = 250_000
FAILURE_FILE = "failure.json"
RETIRED = 70
SPARE_CPU_S = 30


@dataclass(frozen=True)
class Order:
    """One run: a part of a snippet and what it is given.

    Args:
        root: The project folder.
        name: The snippet.
        path: Its file on this machine, for tracebacks and `__file__`.
        source: Its text, as it was when the order was made.
        kind: "compute", "words" (claims and table), "draw", or "literals" (claims that do not follow the result).
        scratch: The folder where it may write.
        timeout_s: How long it may take.
        memory_bytes: How much address space it may use, where the system can limit it; 0 for no limit.
        lang: "zh" or "en", for all kinds but "compute".
        width: "wide" or "narrow", for "draw".
        result: What `compute` returned, for all kinds but "compute".
    """

    root: str
    name: str
    path: str
    source: str
    kind: str
    scratch: str
    timeout_s: float
    memory_bytes: int = 0
    lang: str = ""
    width: str = ""
    result: Any = None


@dataclass(frozen=True)
class Outcome:
    """What a run gave: plain JSON and what it opened; or the failure as line, message and remedy."""

    value: Any = None
    inputs: dict[str, str] = field(default_factory=dict)
    failure: tuple[int, str, str] | None = None


class UnfitError(ValueError):
    """A part returned what cannot be used; carries the remedy."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def initialize(memory_bytes: int) -> None:
    """Prepare a worker process: load matplotlib, end with the builder, set limits, silence what bypasses Python."""
    import matplotlib.backends.backend_svg
    import numpy  # noqa: F401 - loaded here so that no run pays for it

    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    with contextlib.suppress(OSError):
        void = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(void, stream)
    if memory_bytes and sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sandbox.install_hook()
    # What is loaded now stays: the collection after each run need not look at it.
    gc.freeze()


def _end_with(parent: Any) -> None:
    """Wait for the builder's end, however it comes, and follow it."""
    parent.join()
    if os.name == "nt":
        os._exit(1)
    os.kill(os.getpid(), signal.SIGKILL)


def run_or_retire(order: Order) -> Outcome:
    """Run an order; after any failure leave it in the scratch folder and end this process, so that none inherits it."""
    outcome = run(order)
    if outcome.failure is not None:
        Path(order.scratch, FAILURE_FILE).write_text(json.dumps(outcome.failure), encoding="utf-8")
        os._exit(RETIRED)
    return outcome


def run(order: Order) -> Outcome:
    """Run an order in this process and return its outcome; nothing that the snippet does is raised."""
    _limit_cpu(order.timeout_s)
    read = snippet.parse(order.name, Path(order.path), order.source)
    box = sandbox.Sandbox(Path(order.root), Path(order.scratch), order.timeout_s)
    try:
        with box:
            value = _call(order, read)
            box.finish()
    except BaseException as error:
        return Outcome(failure=_explain(error, order, read))
    return Outcome(value, box.inputs)


def _limit_cpu(timeout_s: float) -> None:
    """Let the system end a run that nobody is left to end."""
    if os.name == "nt":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    wanted = math.ceil(used.ru_utime + used.ru_stime + timeout_s + SPARE_CPU_S)
    resource.setrlimit(resource.RLIMIT_CPU, (wanted if hard < 0 else min(wanted, hard), hard))


def _call(order: Order, read: snippet.Snippet) -> Any:
    """Return what the part returns, as plain JSON."""
    names = PARTS[order.kind]
    module = types.ModuleType("__snippet__")
    module.__file__ = order.path
    sys.modules["__snippet__"] = module
    code = compile(ast.fix_missing_locations(read.part(*names)), order.path, "exec", dont_inherit=True)
    exec(code, module.__dict__)
    if order.kind == "compute":
        return _compute(module)
    if order.kind == "draw":
        return _draw(module, order, read)
    if order.kind == "literals":
        return _literals(module, order)
    claims, table = module.__dict__["claims"], module.__dict__["table"]
    return {
        "claims": _claims(claims(order.result, order.lang)),
        "table": _table(table(order.result, read.text[order.lang])),
    }


def _compute(module: types.ModuleType) -> Any:
    result = plain(module.__dict__["compute"](), "result")
    if not isinstance(result, dict):
        raise UnfitError(f"compute returns {type(result).__name__}", "return a dict with a name for each part")
    size = len(json.dumps(result))
    if size > MOST_RESULT_BYTES:
        raise UnfitError(f"compute returns {size / 1e6:.1f} MB", "return what the page shows, not every step to it")
    return result


def _draw(module: types.ModuleType, order: Order, read: snippet.Snippet) -> str:
    plot = importlib.import_module("llmnotes.plot")
    drawn = module.__dict__["draw"](order.result, read.text[order.lang], order.width)
    svg = figure.inline(plot.render(drawn), f"{read.id}-{order.width}", plot.PROPERTIES)
    if len(svg) > MOST_SVG_BYTES:
        raise UnfitError(f"draws {len(svg) / 1e3:.0f} kB", "draw fewer points: a line needs some two hundred")
    return svg


def _claims(claims: Any) -> dict[str, str]:
    if not isinstance(claims, dict):
        raise UnfitError(f"claims returns {type(claims).__name__}", 'return {"name": "text of a number"}')
    for name, text in claims.items():
        if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise UnfitError(f"claims has the name {name!r}", "use small letters, digits and underscores")
        if not isinstance(text, str) or not text.strip():
            raise UnfitError(f"claims[{name!r}] is {text!r}", "return its text, formatted by llmnotes.units")
    return claims


def _table(table: Any) -> dict[str, Any]:
    form = 'return {"columns": [...], "rows": [...], "unit": "..."}'
    if not isinstance(table, dict) or not {"columns", "rows"} <= set(table) <= {"columns", "rows", "unit"}:
        raise UnfitError("table does not return columns, rows and unit", form)
    columns = [str(name) for name in table["columns"]]
    rows = [plain(list(row), f"table row {number}") for number, row in enumerate(table["rows"], start=1)]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(columns):
            raise UnfitError(f"table row {number} has {len(row)} cells for {len(columns)} columns", form)
    if not rows:
        raise UnfitError("table has no rows", "return the numbers that the figure shows")
    return {"columns": columns, "rows": rows, "unit": str(table.get("unit", ""))}


def plain(value: Any, where: str) -> Any:
    """Return a value as JSON holds it.

    Args:
        value: Nested dicts, lists and tuples of texts and numbers.
        where: How the message names it.

    Raises:
        UnfitError: If JSON cannot hold it, or would change it.

    >>> plain({"sizes": (1, 2.5)}, "result")
    {'sizes': [1, 2.5]}
    """
    if value is None or type(value) in (bool, int, str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise UnfitError(f"{where} is {float(value)}", "return finite numbers, and None where there is none")
        return float(value)
    if isinstance(value, list | tuple):
        return [plain(part, f"{where}[{index}]") for index, part in enumerate(value)]
    if isinstance(value, dict):
        for key in value:
            if type(key) is not str:
                raise UnfitError(f"{where} has the key {key!r}", "use texts as keys, or a list of pairs")
        return {key: plain(part, f'{where}["{key}"]') for key, part in value.items()}
    kind = f"{type(value).__module__}.{type(value).__name__}".removeprefix("builtins.")
    raise UnfitError(f"{where} is {kind}, which JSON cannot hold", "return int(...), float(...) or .tolist()")


def _literals(module: types.ModuleType, order: Order) -> list[str]:
    """Return the claims that stay the same whatever part of the result changes."""
    claims = module.__dict__["claims"]
    before = claims(order.result, order.lang)
    same = set(before)
    for changed in _changes(order.result):
        if not same:
            break
        try:
            after = claims(changed, order.lang)
        except Exception:  # a change may break what a claim relies upon; another one will show that it follows
            continue
        same -= {name for name in same if after.get(name) != before[name]}
    return sorted(same)


def _changes(result: Any) -> Any:
    """Yield the result with every number doubled, then with one leaf changed at a time."""
    yield doubled(result)
    for index in range(_count(result)):
        yield _change(result, index, [0])


def doubled(result: Any) -> Any:
    """Return a result with every number in it doubled.

    >>> doubled({"sizes": [1, 2.5], "model": "x", "open": True})
    {'sizes': [2, 5.0], 'model': 'x', 'open': True}
    """
    if isinstance(result, dict):
        return {key: doubled(part) for key, part in result.items()}
    if isinstance(result, list):
        return [doubled(part) for part in result]
    return result * 2 if isinstance(result, int | float) and not isinstance(result, bool) else result


def _count(result: Any) -> int:
    parts = result.values() if isinstance(result, dict) else result if isinstance(result, list) else None
    return 1 if parts is None else sum(_count(part) for part in parts)


def _change(result: Any, index: int, seen: list[int]) -> Any:
    if isinstance(result, dict):
        return {key: _change(part, index, seen) for key, part in result.items()}
    if isinstance(result, list):
        return [_change(part, index, seen) for part in result]
    seen[0] += 1
    if seen[0] - 1 != index or result is None:
        return result
    if isinstance(result, bool):
        return not result
    return result + "′" if isinstance(result, str) else result * 3 + 7


def _explain(error: BaseException, order: Order, read: snippet.Snippet) -> tuple[int, str, str]:
    """Return line, message and remedy of what a run raised."""
    part = PARTS[order.kind][0]
    line, inner, trace = read.lines[part], "", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file == order.path:
            line, inner = trace.tb_lineno, ""
        elif f"{os.sep}llmnotes{os.sep}" in file and f"{os.sep}site{os.sep}" not in file:
            inner = f" (in llmnotes{file.rpartition(f'{os.sep}llmnotes')[2]}:{trace.tb_lineno})"
        trace = trace.tb_next
    if isinstance(error, sandbox.Forbidden | UnfitError | figure.FigureError):
        return line, str(error), error.remedy
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
