"""The turns of `serve`: an edit, a draft in a process that has not seen the package before, a new preview."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from watchfiles import DefaultFilter, watch

from llmnotes.site.text.addresses import HTML_LANG
from llmnotes.site.text.root import child_environment

WATCHED = ("docs", "snippets", "llmnotes")
SETTINGS = ("mkdocs.yml", "mkdocs.en.yml")
WAIT_FOR_NEWS_S = 20
LIMIT_S = 120.0


class Preview:
    """What the browser sees: the folder it is served from, and how often each edition was built.

    Args:
        folder: The site that is served.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.turn = 0
        self.built = dict.fromkeys(HTML_LANG, 0)
        self.problems: list[str] = []
        self.changed = threading.Condition()

    def put(self, fresh: Path, languages: Iterable[str]) -> None:
        """Move what was built into the served folder; nobody reads a file meanwhile."""
        with self.changed:
            for entry in sorted(fresh.iterdir()):
                old = self.folder / entry.name
                if old.is_dir():
                    shutil.rmtree(old)
                entry.replace(old)
            for lang in languages:
                self.built[lang] += 1

    def tell(self, problems: list[str], *, after: int | None = None) -> int:
        """Wake every open page and tell the terminal; return the number of this turn.

        Args:
            problems: What does not hold, a line each.
            after: Nothing is said where another turn has been told since this one.
        """
        with self.changed:
            if after not in (None, self.turn):
                return self.turn
            if problems:
                print("\n".join(problems), flush=True)
            elif self.problems:
                print("all holds", flush=True)
            self.problems = problems
            self.turn += 1
            self.changed.notify_all()
            return self.turn

    def state(self, seen: int | None) -> bytes:
        """Return what a page must know, as soon as it is newer than what it has seen."""
        with self.changed:
            self.changed.wait_for(lambda: self.turn != seen, timeout=WAIT_FOR_NEWS_S)
            return json.dumps({"turn": self.turn, "built": self.built, "problems": self.problems}).encode()


class Draft:
    """A process of its own that has loaded MkDocs while nobody waits, and builds one draft when told.

    Args:
        root: The project.
        folder: Where the draft is built.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        self.fresh = folder / "next"
        self.log = folder / "draft-log.txt"
        self.checking: threading.Thread | None = None
        self.closed = False
        with self.log.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "llmnotes.site.build.draft", str(root), str(folder)],
                cwd=root,
                # Python tells an edit by size and second: two within a second would pass for one.
                env=child_environment(root) | {"PYTHONDONTWRITEBYTECODE": "1"},
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )

    def build(self, preview: Preview, languages: list[str]) -> None:
        """Build editions, show them, say what does not hold, and go on checking while the author reads."""
        shutil.rmtree(self.fresh, ignore_errors=True)
        self.fresh.mkdir()
        self._say(" ".join(languages))
        # A fence that never ends must not end the preview.
        alarm = threading.Timer(LIMIT_S, self.process.kill)
        alarm.start()
        try:
            said = self._hear()
        finally:
            # Left alone it would keep an interrupted preview alive until it rings.
            alarm.cancel()
        if said["complete"]:
            preview.put(self.fresh, languages)
        turn = preview.tell(said["problems"])
        if said["complete"]:
            self.checking = threading.Thread(target=self._check, args=(preview, turn), daemon=True)
            self.checking.start()

    def _check(self, preview: Preview, turn: int) -> None:
        self._say("")
        said = self._hear()
        if not self.closed:
            preview.tell(said["problems"], after=turn)

    def _say(self, line: str) -> None:
        assert self.process.stdin is not None
        # A process that died says why in its log.
        with suppress(BrokenPipeError):
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()

    def _hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        if line := self.process.stdout.readline():
            return json.loads(line)
        last = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        stopped = f"the builder stopped without a word, or was stopped after {LIMIT_S:.0f} s; save again"
        return {"complete": False, "problems": last or [stopped]}

    def close(self) -> None:
        """End the process, whatever it does."""
        self.closed = True
        self.process.kill()
        if self.checking:
            self.checking.join()
        with suppress(BrokenPipeError), self.process:
            pass


def take_turns(root: Path, folder: Path, preview: Preview) -> None:
    """Build once, then at every edit, until interrupted."""
    edits: Queue[set[Path]] = Queue()
    done = threading.Event()
    for watcher in (watch_folders, watch_settings):
        threading.Thread(target=watcher, args=(root, edits, done), daemon=True).start()
    ready, shown = Draft(root, folder), None
    changed: set[Path] = set()
    try:
        while True:
            languages = concerned(root, changed)
            languages = [lang for lang in HTML_LANG if lang in languages or not preview.built[lang]]
            begun = time.monotonic()
            if shown:
                # It checks what is about to be replaced.
                shown.close()
            shown = ready
            shown.build(preview, languages)
            print(f"{', '.join(languages)}: {time.monotonic() - begun:.1f} s", flush=True)
            ready = Draft(root, folder)
            changed = next_edits(edits)
            if any(path.is_relative_to((root / "llmnotes").resolve()) for path in changed):
                ready.close()
                ready = Draft(root, folder)
    finally:
        done.set()
        for draft in filter(None, (ready, shown)):
            draft.close()


def next_edits(edits: Queue[set[Path]]) -> set[Path]:
    """Wait for edits and return all that have come."""
    while True:
        # A blocking wait without an end would not hear Ctrl-C everywhere.
        with suppress(Empty):
            changed = edits.get(timeout=0.5)
            while not edits.empty():
                changed |= edits.get()
            return changed


def watch_folders(root: Path, edits: Queue[set[Path]], done: threading.Event) -> None:
    """Put every batch of edits into the queue, also those made while a turn runs."""
    watched = [path for name in WATCHED if (path := root / name).exists()]
    _watch(watched, edits, done, watch_filter=DefaultFilter())


def watch_settings(root: Path, edits: Queue[set[Path]], done: threading.Event) -> None:
    """Do so for settings. It looks at their folder: a file that an editor puts in their place is another file."""
    _watch([root], edits, done, watch_filter=lambda _, path: Path(path).name in SETTINGS, recursive=False)


def _watch(places: Iterable[Path], edits: Queue[set[Path]], done: threading.Event, **which: Any) -> None:
    for batch in watch(*places, debounce=100, step=20, stop_event=done, rust_timeout=500, **which):
        edits.put({Path(path).resolve() for _, path in batch})


def concerned(root: Path, changed: Iterable[Path]) -> list[str]:
    """Return the editions that may look different after edits: one where only its pages changed, else both."""
    folders = {lang: (root / "docs" / lang).resolve() for lang in HTML_LANG}
    owners = {next((lang for lang in folders if path.is_relative_to(folders[lang])), "") for path in changed}
    return list(HTML_LANG) if "" in owners or not owners else sorted(owners)
