"""Whatever a snippet does wrong stops it with its file, line and a remedy, and harms nothing else."""

import os
import re
import subprocess
import sys
from concurrent.futures import Future
from typing import Any

import pytest
from pebble import ProcessExpired

from llmnotes.site.snippets.order import Made, Order, Outcome
from llmnotes.site.snippets.pool import LocalPool
from llmnotes.site.snippets.runner import Runner
from llmnotes.site.text.problem import SiteError
from llmnotes.site.text.shown import Step
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.site

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits address space")
posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no such call")


def compute(*lines, returns="{'powers': [1]}"):
    body = "\n".join(f"    {line}" for line in lines)
    return {"compute": f"def compute():\n{body}\n    return {returns}"}


def draw(*lines):
    return {"draw": "def draw(result, canvas):\n" + "\n".join(f"    {line}" for line in lines)}


def tabled(columns, rows, **more):
    said = "".join(f", {key}={value!r}" for key, value in more.items())
    return {"table": f"def table(result):\n    return Table([*map(name, {columns!r})], {rows}{said})"}


def bars(*rows):
    cells = ", ".join(f"[name({title!r}), *count({numbers})]" for title, *numbers in rows)
    return tabled("abc"[: len(rows[0])], f"[{cells}]", bars="log")


# What is wrong; how the message goes on. The line to be named ends with `# here`.
BAD: dict[str, Any] = {
    "exits": (compute("import sys", "sys.exit(0)  # here"), "calls sys.exit"),
    "exits-abruptly": (compute("import os", "os._exit(0)  # here"), "calls os._exit"),
    "raises": (compute("[][1]  # here"), "raises IndexError: list index out of range"),
    "fails-in-the-package": (
        compute("from llmnotes.units import format_bytes", "format_bytes(1, 'fr')  # here"),
        r"raises .*fr.* \(in llmnotes/units.py:\d+\)",
    ),
    "never-ends": (compute("while True: pass  # here"), "does not end within 2 s"),
    "never-ends-and-catches-all": (
        compute("while True:", "    try:", "        while True: pass  # here", "    except BaseException: pass"),
        "does not end within 2 s",
    ),
    "waits-for-ever": (compute("import time", "time.sleep(3600)  # here"), "does not end within 2 s"),
    "recurses": (compute("f = lambda: f()  # here", "f()"), "raises RecursionError"),
    "crashes": (
        compute("import faulthandler", "faulthandler._sigsegv()  # here"),
        r"crashes its process \(Fatal Python error: Segmentation fault\)",
    ),
    "warns": (compute("import warnings", "warnings.warn('odd')  # here"), "warns: UserWarning: odd"),
    "overflows": (
        compute("import numpy as np", "np.float64(1e308) * 10  # here"),
        "warns: RuntimeWarning: overflow encountered",
    ),
    "leaves-a-file-open": (compute("open(__file__)"), "warns: ResourceWarning: unclosed file"),
    "raises-in-a-thread": (
        compute(
            "import threading", "def f(): raise KeyError('x')  # here", "t = threading.Thread(target=f)", "t.start()"
        ),
        "raises KeyError: 'x'",
    ),
    "leaves-a-thread": (
        compute("import threading, time", "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"),
        "leaves a thread running",
    ),
    "prints-on-and-on": (compute("while True:", "    print('x' * 1000)  # here"), "prints more than 64 KiB"),
    "connects": (compute("import socket", "socket.create_connection(('127.0.0.1', 9))  # here"), "uses the network"),
    "downloads": (compute("import urllib.request as u", "u.urlopen('http://localhost:9')  # here"), "uses the network"),
    "starts-a-program": (
        compute("import subprocess", "subprocess.run(['true'])  # here"),
        "starts or signals a process",
    ),
    "calls-a-shell": (compute("import os", "os.system('true')  # here"), "starts or signals a process"),
    "forks": pytest.param(compute("import os", "os.fork()  # here"), "starts or signals a process", marks=posix_only),
    "kills": (compute("import os", "os.kill(2**30, 9)  # here"), "starts or signals a process"),
    "writes": (compute("open(__file__ + '.txt', 'w')  # here"), "writes outside its scratch folder"),
    "makes-a-folder": (compute("import os", "os.mkdir(__file__ + '.d')  # here"), "writes outside its scratch folder"),
    "removes": (compute("import os", "os.remove(__file__)  # here"), "writes outside its scratch folder"),
    "renames": (compute("import os", "os.rename('x', __file__)  # here"), "writes outside its scratch folder"),
    "opens-a-database": (compute("import sqlite3", "sqlite3.connect(__file__ + '.db')  # here"), "writes outside"),
    "imports-the-site": (
        compute("import importlib", "importlib.import_module('llmnotes.site')  # here"),
        "imports llm",
    ),
    "eats-memory": pytest.param(
        compute("bytearray(20 * 2**30)  # here"), "needs more memory than 2 GiB", marks=linux_only
    ),
    "not-a-number": (compute(returns="{'a': [1.0, float('nan')]}"), r'result\["a"\]\[1\] is nan; return finite'),
    "infinity": (compute(returns="{'a': -float('inf')}"), r'result\["a"\] is -inf'),
    "numpy-number": (compute("import numpy as np", returns="{'a': np.int64(3)}"), r'result\["a"\] is numpy.int64'),
    "set": (compute(returns="{'a': {1}}"), r'result\["a"\] is set, which JSON cannot hold'),
    "number-as-key": (compute(returns="{'a': {8192: 1}}"), r'result\["a"\] has the key 8192'),
    "list": (compute(returns="[1]"), "compute returns list; return a dict"),
    "too-much": (compute(returns="{'a': list(range(900_000))}"), "compute returns .* MB"),
    "missing-glyph": (
        draw("fig, ax = canvas.figure()", "ax.set(xlabel='size 🦙')  # here", "return fig"),
        r"draws 🦙 \(U\+1F999\), for which drawings have no glyph",
    ),
    "own-colour": (
        draw("fig, ax = canvas.figure()", "ax.plot([1, 2], color='red')", "return fig"),
        "uses the colour #ff0000; use llmnotes.figures's",
    ),
    "own-figure": (
        draw("from matplotlib.figure import Figure", "return Figure()"),
        "raises TypeError: draw returned Figure: return the figure that new_figure",
    ),
    "no-figure": (draw("canvas.figure()"), "raises TypeError: draw returned NoneType"),
    "tiny-text": (
        draw("fig, ax = canvas.figure()", "ax.text(0, 0, 'small', fontsize=9)", "return fig"),
        "has text of 9px",
    ),
    "picture": (
        draw("fig, ax = canvas.figure()", "ax.imshow([[1, 2], [3, 4]])", "return fig"),
        "draws a picture of pixels",
    ),
    "ragged-table": (tabled("ab", "[count([1, 2]), count([3])]"), "table row 2 has 1 cells for 2 columns"),
    "empty-table": (tabled("a", "[]"), "table has no rows"),
    "draws-twice": (bars(("a", 1, 2)), "table has bars beside a drawing"),
    "bars-of-nothing": ({"draw": ""} | bars(("a", 1, 2), ("b", 0, 1)), "table row 2 is .* which bars cannot show"),
    "bars-of-one-number": ({"draw": ""} | bars(("a", 1)), "table row 1 is .* which bars cannot show"),
}


ENDLESS = {"never-ends", "never-ends-and-catches-all", "waits-for-ever"}


@pytest.fixture(scope="module")
def problems(tmp_path_factory, write_snippet):
    """Every bad snippet and two good ones beside them: what is said of each."""
    root = tmp_path_factory.mktemp("bad")
    for name, case in BAD.items():
        write_snippet(root, f"bad/{name}", **(getattr(case, "values", case)[0]))
    good = [write_snippet(root, f"good/{n}").stem for n in ("one", "two")]
    before = {path: path.read_bytes() for path in (root / "snippets").rglob("*.py")}
    said = []
    # A limit for those that would go on for ever; none that a busy machine could reach for the others.
    for limit_s, names in ((2, ENDLESS), (PATIENCE_S, BAD.keys() - ENDLESS)):
        runner = Runner(root, workers=4, timeout_s=limit_s, memory_bytes=2 * 2**30)
        with pytest.raises(SiteError) as caught:
            runner.prepare([*(f"bad/{name}" for name in sorted(names)), *(f"good/{name}" for name in good)])
        said += caught.value.problems
    assert {path: path.read_bytes() for path in (root / "snippets").rglob("*") if path.is_file()} == before
    assert all(runner.get(f"good/{name}", "zh").claims == {"last": "16"} for name in good)
    assert list((root / ".cache/llmnotes/scratch").iterdir()) == []
    return {name: [p for p in said if p.place == f"snippets/bad/{name}.py"] for name in BAD}, root


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param(name, getattr(case, "values", case)[1], id=name, marks=getattr(case, "marks", ()))
        for name, case in BAD.items()
    ],
)
def test_stops_a_snippet_that(problems, name, message):
    found, root = problems
    assert found[name], "nothing was said"
    assert all(re.match(message, f"{problem.message}; {problem.remedy}") for problem in found[name]), found[name]
    lines = (root / f"snippets/bad/{name}.py").read_text().splitlines()
    marked = [number for number, line in enumerate(lines, start=1) if line.endswith("# here")]
    assert all(problem.line > 0 for problem in found[name])
    if marked:
        assert {problem.line for problem in found[name]} == set(marked)


def test_an_order_that_is_taken_for_the_one_that_crashed_is_run_again(tmp_path):
    """Pebble can lay the end of a worker on the order before, whose result is then lost."""
    step = Step("compute", "a/b")
    order = Order(str(tmp_path), "a/b", "b.py", "", (step,), str(tmp_path), 5)
    good = Outcome((Made(step, 1, {}),))
    ends = [ProcessExpired("expired", 70), ProcessExpired("expired", -11), None]

    class Scripted:
        def schedule(self, function, args, timeout):
            future = Future()
            end = ends.pop(0)
            future.set_result(good) if end is None else future.set_exception(end)
            return future

    pool = LocalPool.__new__(LocalPool)
    pool._pool = Scripted()  # ty: ignore[invalid-assignment] - what is asked of pebble's
    assert pool.submit(order).result() == good
    ends = [ProcessExpired("expired", -9)] * 3
    crash = (0, "crashes its process (SIGKILL)", "try python -m llmnotes.site run a/b")
    assert pool.submit(order).result().failures == (crash,)
    failed = Outcome((Made(step, {"a": [1]}, {"x": "1"}),), ((3, "raises", "mend it"),))
    (tmp_path / "outcome.json").write_text(failed.to_json())
    ends = [TimeoutError()]
    assert pool.submit(order).result() == failed


def test_a_pool_that_is_closed_while_workers_start_says_nothing():
    """Many workers, and done when the first is there: the others are ended in the middle of their start."""
    code = """if True:
    from llmnotes.site.snippets.pool import LocalPool
    for _ in range(8):
        pool = LocalPool(12, 0)
        pool._pool.schedule(abs, args=(-1,)).result()
        pool.close()
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    assert done.stderr == ""
