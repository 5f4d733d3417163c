"""What is timed, and how a site is brought into the state from which it is."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import measure
from benchmarks.engines import OURS, Engine
from benchmarks.measure import Cost

FIRST = "memory/question-aaa"
SAID = {"zh": "在多数模型里，缓存取决于窗口。", "en": "In most models, the cache depends upon the window."}
WAIT_S = 60.0


class Site:
    """One engine's site on disk.

    Args:
        engine: Who builds it.
        folder: Where it lies.
        n_articles: How many articles it has, each in two languages.
        seed: From which they are made.
    """

    def __init__(self, engine: Engine, folder: Path, n_articles: int, seed: int) -> None:
        self.engine, self.folder = engine, folder
        folder.mkdir(parents=True)
        engine.write(folder, n_articles, seed)
        self.n_edits = 0

    def build(self) -> Cost:
        """Build once."""
        return measure.run(self.engine.command, self.folder, self.engine.environment)

    @property
    def said(self) -> str:
        """What the last build said."""
        return (self.folder / "bench.log").read_text(encoding="utf-8", errors="replace")

    def forget(self, *names: str) -> None:
        """Remove folders."""
        for name in names:
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def write_prose(self, lang: str) -> None:
        """Add a sentence to one page."""
        page = self.folder / "docs" / lang / f"{FIRST}.md"
        page.write_text(page.read_text(encoding="utf-8") + f"\n{SAID[lang]}\n", encoding="utf-8")

    def edit_prose(self, lang: str) -> None:
        """Add a sentence to one page; a translation is pinned to its source again, as an author does."""
        self.write_prose(lang)
        if lang == "zh" and self.engine is OURS:
            from llmnotes.site.verbs.sync import sync

            sync(self.folder, [f"docs/en/{FIRST}.md"])

    def edit_snippet(self) -> None:
        """Change what one snippet computes."""
        self.n_edits += 1
        file = self.folder / "snippets" / FIRST / "main.py"
        source = re.sub(r"n_layers=\d+", f"n_layers={100 + self.n_edits}", file.read_text(encoding="utf-8"))
        file.write_text(source, encoding="utf-8")


@dataclass(frozen=True)
class Operation:
    """Something to time.

    Args:
        key: Short name.
        prepare: Brings a built site into the state from which it is timed.
        engines: Letters of the engines that are asked, where not all are.
    """

    key: str
    prepare: Callable[[Site], None]
    engines: tuple[str, ...] = ("A", "B", "Z", "ours")


OPERATIONS = (
    Operation("cold", lambda site: site.forget(*site.engine.kept)),
    Operation("output removed", lambda site: site.forget("site"), ("Z", "ours")),
    Operation("nothing changed", lambda site: None, ("Z", "ours")),
    Operation("Chinese prose edited", lambda site: site.edit_prose("zh"), ("Z", "ours")),
    Operation("English prose edited", lambda site: site.edit_prose("en"), ("Z", "ours")),
    Operation("snippet edited", Site.edit_snippet, ("Z", "ours")),
)


def snippets_run(site: Site) -> int:
    """Return how many snippets our last build says it ran."""
    found = re.search(r"snippets (\d+) run", site.said)
    return int(found[1]) if found else 0


def reload_times(site: Site, n_runs: int) -> list[float]:
    """Return how long it takes from an edit of prose to the page that is reloaded, under `serve`."""
    command = [sys.executable, "-u", "-m", "llmnotes.site", "serve", "--port", "0"]
    server = subprocess.Popen(
        command,
        cwd=site.folder,
        env=site.engine.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with server:
        try:
            assert server.stdout is not None
            first = server.stdout.readline()
            address = first.split()[0]
            _wait(address, lambda state: min(state["built"].values()) >= 1 and state["turn"] >= 2)
            return [_reload_time(site, address, ("zh", "en")[run % 2]) for run in range(n_runs)]
        finally:
            server.send_signal(signal.SIGINT)


def _reload_time(site: Site, address: str, lang: str) -> float:
    # An author reads what was built before the next edit; the next process warms up meanwhile.
    time.sleep(5)
    state = _state(address)
    n_built, begun = sum(state["built"].values()), time.monotonic()
    site.write_prose(lang)
    _wait(address, lambda state: sum(state["built"].values()) > n_built)
    with urllib.request.urlopen(f"{address}{lang}/{FIRST}.html", timeout=WAIT_S) as answer:
        answer.read()
    return time.monotonic() - begun


def _state(address: str) -> dict:
    with urllib.request.urlopen(f"{address}-/state", timeout=WAIT_S) as answer:
        return json.load(answer)


def _wait(address: str, holds: Callable[[dict], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not holds(_state(address)):
        if time.monotonic() > end:
            raise measure.FailedError(f"serve did not build within {WAIT_S:.0f} s: {_state(address)['problems']}")
        time.sleep(0.01)
