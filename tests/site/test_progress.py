"""Progress: one line on a terminal, nothing in a pipe."""

from __future__ import annotations

import io
import sys
import threading

import pytest

from llmnotes.site.build.progress import progress
from tests.waiting import PATIENCE_S


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_is_one_line_that_is_gone_afterwards(monkeypatch):
    monkeypatch.setattr(sys, "stderr", screen := Terminal())
    counted, painted = iter(range(10**6)), threading.Event()

    def describe() -> str:
        n = next(counted)
        # What was asked for first is on the screen once there is a question after it.
        if n > 1:
            painted.set()
        return f"{n} done"

    with progress(describe):
        assert painted.wait(PATIENCE_S)
    said = screen.getvalue()
    assert "\r\x1b[K1 done, " in said
    assert said.endswith("\r\x1b[K")
    assert "\n" not in said


def test_says_nothing_in_a_pipe(monkeypatch):
    monkeypatch.setattr(sys, "stderr", pipe := io.StringIO())
    before = threading.active_count()
    with progress(lambda: pytest.fail("asked what to say")):
        assert threading.active_count() == before, "something waits to say it"
    assert pipe.getvalue() == ""
