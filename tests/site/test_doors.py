"""No snippet reaches a clock, chance, this machine, another process or a file elsewhere; and none gives another answer
under another clock, seed, process id and hash seed, or on another processor."""

from __future__ import annotations

import os
import textwrap
from math import isclose
from pathlib import Path
from typing import Any

import pytest

from llmnotes.site.build import build as building
from llmnotes.site.compare.moved import ROUNDING
from llmnotes.site.snippets import pool, recipes, snippet
from llmnotes.site.snippets.order import Order
from llmnotes.site.snippets.runner import Runner
from llmnotes.site.text.problem import SiteError
from llmnotes.site.text.shown import Step

pytestmark = pytest.mark.site

PROCESS, CLOCK, CHANCE = "starts or signals a process", "reads the clock", "draws random numbers without a seed"
MACHINE, READS, MEMORY = "depends on the machine or the process", "reads outside the project", "depends on where things"
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such call")
# What is tried by another name than the one that the source can be searched for; the last line is to be named.
CLOSED: dict[str, tuple[str, str]] = {
    "spawn": ("import multiprocessing as m\nm.get_context('spawn').Process(target=print).start()", PROCESS),
    "pool": ("from multiprocessing import Pool\nPool(1)", PROCESS),
    "executor": ("from concurrent.futures import ProcessPoolExecutor as P\nP(1)", PROCESS),
    "interpreter": (
        "import sys\nname = '_interpreters' if sys.version_info >= (3, 13) else '_xxsubinterpreters'\n"
        "__import__(name).create()",
        PROCESS,
    ),
    "ctypes": ("import ctypes\nctypes.CDLL(None)", "leaves Python"),
    "time": ("from time import time\ntime()", CLOCK),
    "other-name": ("import time as t\nt.time()", CLOCK),
    "getattr": ("import time\ngetattr(time, 'perf_' + 'counter')()", CLOCK),
    "timeit": ("import timeit\ntimeit.timeit('1', number=1)", CLOCK),
    "now": ("from datetime import datetime as d\ngetattr(d, 'n' + 'ow')()", CLOCK),
    "today": ("from datetime import date as d\ngetattr(d, 'to' + 'day')()", CLOCK),
    "year": ("import time\ntime.strftime('%Y')", CLOCK),
    "numpy-now": ("import numpy as np\nnp.datetime64('now')", CLOCK),
    "file-time": ("import os\nos.stat(__file__).st_mtime", CLOCK),
    "getmtime": ("from os.path import getmtime\ngetmtime(__file__)", CLOCK),
    "urandom": ("from os import urandom\nurandom(4)", CHANCE),
    "system-random": ("import random\nrandom.SystemRandom()", CHANCE),
    "secrets": ("import secrets\nsecrets.token_hex()", CHANCE),
    "uuid": ("import uuid\nuuid.uuid4()", CHANCE),
    "random": ("import random\nrandom.random()", CHANCE),
    "Random": ("from random import Random\nRandom()", CHANCE),
    "seed": ("import random\nrandom.seed()", CHANCE),
    "numpy-random": ("import numpy as np\nnp.random.rand()", CHANCE),
    "default_rng": ("from numpy.random import default_rng as r\nr(None)", CHANCE),
    "id": ("id([])", MEMORY),
    "hash": ("hash(object())", MEMORY),
    "process-id": ("from os import getpid\ngetpid()", MACHINE),
    "machine": ("import platform\nplatform.node()", MACHINE),
    "password": ("open('/etc/passwd')", READS),
    "environment": (f"import os\nopen(f'/proc/{os.getppid()}/environ')", READS),
    "caught": ("import glob\nglob.glob('/etc/*')", READS),
    "settings": ("open(__file__.partition('snippets')[0] + '.env')", READS),
}
POSIX = {"password", "environment", "caught"}
OPEN = """
import random, tempfile, threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path
import numpy as np
random.seed(1), random.random(), random.Random(1).random()
np.random.default_rng(0).random(), np.random.RandomState(1).rand()
assert isinstance(datetime(2026, 1, 1), date) and datetime(2026, 1, 1).strftime("%Y") == "2026"
with tempfile.TemporaryDirectory() as folder:
    Path(folder, "a").write_text("1")
with ThreadPoolExecutor(2) as threads:
    assert list(threads.map(abs, [-1])) == [1]
assert sorted(Path(__file__).parent.glob("*.py"))
"""


def write(root: Path, name: str, body: str) -> None:
    file = root / "snippets" / f"{name}.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"def compute():\n{textwrap.indent(body, '    ')}\n    return {{'a': [1]}}\n", encoding="utf-8")


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    root = tmp_path_factory.mktemp("doors")
    (root / ".env").write_text("TOKEN=1")
    names = [f"a/{name.lower()}-{index}" for index, name in enumerate(CLOSED)]
    for name, (body, _) in zip(names, CLOSED.values(), strict=True):
        write(root, name, body)
    write(root, "a/open", OPEN)
    with pytest.raises(SiteError) as caught:
        Runner(root, workers=2).prepare([*names, "a/open"])
    found = caught.value.problems
    assert not [problem for problem in found if problem.place == "snippets/a/open.py"]
    return {
        case: [problem for problem in found if problem.place == f"snippets/{name}.py"]
        for case, name in zip(CLOSED, names, strict=True)
    }


@pytest.mark.parametrize("name", [pytest.param(name, marks=[posix] if name in POSIX else []) for name in CLOSED])
def test_a_door_is_closed_and_named(said: dict[str, list[Any]], name: str) -> None:
    body, message = CLOSED[name]
    assert [problem.line for problem in said[name]] == [body.count("\n") + 2], said[name]
    assert said[name][0].message.startswith(message)
    assert said[name][0].remedy


# Read by each process of the pool before anything else: its clock is a year and a half ahead.
AHEAD = """
import time
true, true_ns = time.time, time.time_ns
time.time = lambda: true() + 5e7
time.time_ns = lambda: true_ns() + 5 * 10**16
"""


# As if for a processor of 2011: numpy and OpenBLAS add in another order and round other products.
OLDER = {"OPENBLAS_CORETYPE": "Sandybridge", "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F X86_V3 X86_V4"}


def does_arrays(read: snippet.Snippet) -> bool:
    """Return whether a processor has a say in how a snippet's numbers are rounded."""
    return "import numpy" in read.source


def differing(one: Any, other: Any, rounded: bool, place: str = "") -> list[str]:
    """Return where two results are not the same, or not the same but for rounding."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [found for key in one for found in differing(one[key], other[key], rounded, f"{place}/{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [
            found
            for at, pair in enumerate(zip(one, other, strict=True))
            for found in differing(*pair, rounded, f"{place}/{at}")
        ]
    if rounded and isinstance(one, float) and isinstance(other, float) and isclose(one, other, rel_tol=ROUNDING):
        return []
    return [] if one == other else [f"{place}: {one} and {other}"]


def test_a_difference_of_last_bits_is_seen_where_it_is_shown() -> None:
    one, other = {"a": [1.0, 7.8e-16]}, {"a": [1.0 + 3e-16, 8.9e-16]}
    assert differing(one, other, rounded=True) == ["/a/1: 7.8e-16 and 8.9e-16"]
    assert len(differing(one, other, rounded=False)) == 2


def test_every_snippet_computes_the_same_under_other_circumstances(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    building.prepare(runner := Runner(root))
    (tmp_path / "sitecustomize.py").write_text(AHEAD, encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), pool.ENVIRONMENT["PYTHONPATH"]])
    others = {"PYTHONHASHSEED": "20261201", "TZ": "Pacific/Kiritimati", "PYTHONPATH": path}
    monkeypatch.setattr(pool, "ENVIRONMENT", pool.ENVIRONMENT | others | OLDER)
    # A fork server of its own: the one that runs has its hash seed already.
    monkeypatch.setattr(pool, "METHOD", "spawn")
    monkeypatch.setattr(pool, "_Base", pool.multiprocessing.context.SpawnProcess)
    again = pool.LocalPool(runner.workers, 0)
    futures = {}
    try:
        for name in snippet.names(root):
            read = snippet.load(root, name)
            (scratch := tmp_path / str(len(futures))).mkdir()
            step = Step("compute", name)
            order = Order(str(root), name, str(read.path), read.source, (step,), str(scratch), 300)
            futures[name] = again.submit(order)
        outcomes = {name: future.result() for name, future in futures.items()}
    finally:
        again.close()
    assert not {name: one.failures for name, one in outcomes.items() if one.failures}
    kept = {
        name: runner.store.find(recipes.of_step(snippet.load(root, name), Step("compute", name)), runner.digest_of)
        for name in outcomes
    }
    different = {
        name: differing(outcomes[name].made[0].value, was and was.value, does_arrays(snippet.load(root, name)))
        for name, was in kept.items()
    }
    assert {name: places for name, places in different.items() if places} == {}
    assert len(outcomes) > 50
