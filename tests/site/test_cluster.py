"""A cluster of two workers on this machine gives the very results of the local pool, its failures too."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import LocalCluster

from llmnotes.site.snippets import cluster
from llmnotes.site.snippets.cluster import ClusterPool
from llmnotes.site.snippets.runner import Runner
from llmnotes.site.text.problem import SiteError
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.site

NAMES = [f"shown/{name}" for name in ("one", "two", "three")]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    # Without an address of its own the scheduler's page of facts takes one that another suite may hold.
    free = {"dashboard_address": "127.0.0.1:0"}
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, scheduler_kwargs=free) as local:
        yield local.scheduler_address


@pytest.fixture
def project(tmp_path, write_snippet) -> Path:
    for n, name in enumerate(NAMES):
        write_snippet(tmp_path, name, compute=f"def compute():\n    return {{'powers': [{n}, 2, 4]}}")
    return tmp_path


def on(address: str, root: Path, timeout_s: float = PATIENCE_S) -> Runner:
    return Runner(root, timeout_s=timeout_s, make_pool=lambda workers, memory_bytes: ClusterPool(address, memory_bytes))


def test_gives_what_the_local_pool_gives(address, project):
    runner = on(address, project)
    runner.prepare(NAMES)
    assert {step.name for step in runner.ran} == set(NAMES)
    there = [Runner(project).get(name, lang) for name in NAMES for lang in ("zh", "en")]
    (project / ".cache").rename(project / "aside")
    local = Runner(project)
    local.prepare(NAMES)
    assert [local.get(name, lang) for name in NAMES for lang in ("zh", "en")] == there


def test_names_every_failure_with_its_line(address, project, write_snippet):
    bad = {
        "raises": "return {'powers': [1 / 0]}",
        "crashes": "import faulthandler; faulthandler._sigsegv()",
    }
    for name, body in bad.items():
        write_snippet(project, f"bad/{name}", compute=f"def compute():\n    {body}")
    with pytest.raises(SiteError) as caught:
        on(address, project).prepare([*(f"bad/{name}" for name in bad), *NAMES])
    said = {problem.place: (problem.line, problem.message) for problem in caught.value.problems}
    assert said["snippets/bad/raises.py"] == (9, "raises ZeroDivisionError: division by zero")
    assert said["snippets/bad/crashes.py"][1].startswith("crashes its process")
    again = on(address, project)
    again.prepare(NAMES)
    assert again.ran == [], "the good ones were not kept"


def test_one_that_never_ends_is_stopped_in_its_line(address, tmp_path, write_snippet):
    write_snippet(tmp_path, "bad/endless", compute="def compute():\n    while True: pass")
    with pytest.raises(SiteError, match=r"endless\.py:9: does not end within 5 s"):
        on(address, tmp_path, timeout_s=5).prepare(["bad/endless"])


def test_workers_with_another_version_refuse(address, project, monkeypatch):
    monkeypatch.setattr(cluster, "VERSION", "another")
    with pytest.raises(SiteError, match="restart the workers"):
        on(address, project).prepare(NAMES)


def test_a_scheduler_that_does_not_answer_is_one_line(monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE_S", 1)
    # Bound and not listened to: nobody else can take the port, and nobody answers.
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        with pytest.raises(
            SiteError, match=rf"^scheduler tcp://127\.0\.0\.1:{port}: does not answer .*`dask scheduler`"
        ):
            ClusterPool(f"tcp://127.0.0.1:{port}", 0)


def test_build_takes_the_address(address, project, make_project):
    root = make_project(project / "site-of-it")
    command = [sys.executable, "-m", "llmnotes.site", "build", "--scheduler", address]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (root / "site" / "index.html").is_file()
