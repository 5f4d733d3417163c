"""One line on a terminal that says what is going on; nothing where the output is piped."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

REPAINT_S = 0.25


@contextmanager
def progress(describe: Callable[[], str]) -> Generator[None, None, None]:
    """Repaint what `describe` returns, with the seconds since it began, until the work within is done."""
    if not sys.stderr.isatty():
        yield
        return
    done = threading.Event()
    begun = time.monotonic()

    def paint() -> None:
        while not done.wait(REPAINT_S):
            print(f"\r\x1b[K{describe()}, {time.monotonic() - begun:.0f} s", end="", file=sys.stderr, flush=True)

    painter = threading.Thread(target=paint, daemon=True)
    painter.start()
    try:
        yield
    finally:
        done.set()
        painter.join()
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
