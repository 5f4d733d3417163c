"""Progress: one line on a terminal, nothing in a pipe."""

from __future__ import annotations

import io
import sys
import time

from llmnotes.site.build.progress import REPAINT_S, progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_is_one_line_that_is_gone_afterwards(monkeypatch):
    monkeypatch.setattr(sys, "stderr", screen := Terminal())
    counted = iter(range(100))
    with progress(lambda: f"{next(counted)} done"):
        time.sleep(3 * REPAINT_S)
    said = screen.getvalue()
    assert "\r\x1b[K1 done, " in said
    assert said.endswith("\r\x1b[K")
    assert "\n" not in said


def test_says_nothing_in_a_pipe(monkeypatch):
    monkeypatch.setattr(sys, "stderr", pipe := io.StringIO())
    with progress(lambda: "work"):
        time.sleep(2 * REPAINT_S)
    assert pipe.getvalue() == ""
