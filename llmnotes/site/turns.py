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

from watchfiles import watch

from llmnotes.site.edition import child_environment
from llmnotes.site.outputs import HTML_LANG

WATCHED = ("docs", "snippets", "llmnotes", "mkdocs.yml", "mkdocs.en.yml")
WAIT_FOR_NEWS_S = 20


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

    def tell(self, problems: list[str]) -> None:
        """Wake every open page."""
        with self.changed:
            self.problems = problems
            self.turn += 1
            self.changed.notify_all()

    def state(self, seen: int | None) -> bytes:
        """Return what a page must know, as soon as it is newer than what it has seen."""
        with self.changed:
            self.changed.wait_for(lambda: self.turn != seen, timeout=WAIT_FOR_NEWS_S)
            return json.dumps({"turn": self.turn, "built": self.built, "problems": self.problems}).encode()


class Drafter:
    """Builds drafts, each in a process of its own that was started ahead and has loaded MkDocs while nobody waits.

    Args:
        root: The project.
        folder: Where drafts are built.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = root
        self.fresh = folder / "next"
        self.log = folder / "draft-log.txt"
        self.ready = self._start()

    def _start(self) -> subprocess.Popen[str]:
        with self.log.open("w") as errors:
            return subprocess.Popen(
                [sys.executable, "-m", "llmnotes.site.draft", str(self.root), str(self.fresh.parent)],
                cwd=self.root,
                # Python tells an edit by size and second: two within a second would pass for one.
                env=child_environment(self.root) | {"PYTHONDONTWRITEBYTECODE": "1"},
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )

    def renew(self) -> None:
        """Start over: what the waiting process has loaded is no longer what is on disk."""
        self.close()
        self.ready = self._start()

    def close(self) -> None:
        """End the waiting process."""
        self.ready.kill()
        with suppress(BrokenPipeError), self.ready:
            pass

    def _say(self, line: str) -> None:
        """Send a line to the waiting process; one that died says why in its log."""
        assert self.ready.stdin is not None
        with suppress(BrokenPipeError):
            self.ready.stdin.write(line + "\n")
            self.ready.stdin.flush()

    def draft(self, preview: Preview, languages: list[str]) -> None:
        """Build editions, show them, and say what does not hold."""
        shutil.rmtree(self.fresh, ignore_errors=True)
        self.fresh.mkdir()
        self._say(" ".join(languages))
        for line in self.ready.stdout or ():
            said = json.loads(line)
            if said["complete"] and self.fresh.exists():
                preview.put(self.fresh, languages)
                self.fresh.rmdir()
                self._say("")
            preview.tell(said["problems"])
        if self.ready.wait():
            preview.tell(self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:])
        self.renew()


def take_turns(root: Path, folder: Path, preview: Preview) -> None:
    """Build once, then at every edit, until interrupted."""
    edits: Queue[set[Path]] = Queue()
    done = threading.Event()
    threading.Thread(target=watch_for, args=(root, edits, done), daemon=True).start()
    drafter = Drafter(root, folder)
    changed: set[Path] = set()
    try:
        while True:
            languages = [lang for lang in concerned(root, changed) if changed] or list(HTML_LANG)
            take_turn(drafter, preview, [lang for lang in HTML_LANG if lang in languages or not preview.built[lang]])
            changed = next_edits(edits)
            if any(path.is_relative_to((root / "llmnotes").resolve()) for path in changed):
                drafter.renew()
    finally:
        done.set()
        drafter.close()


def take_turn(drafter: Drafter, preview: Preview, languages: list[str]) -> None:
    """Take one turn and tell the terminal."""
    begun = time.monotonic()
    drafter.draft(preview, languages)
    took = f"{', '.join(languages)} in {time.monotonic() - begun:.1f} s"
    print("\n".join([*preview.problems, took]), flush=True)


def next_edits(edits: Queue[set[Path]]) -> set[Path]:
    """Wait for edits and return all that have come."""
    while True:
        # A blocking wait without an end would not hear Ctrl-C everywhere.
        with suppress(Empty):
            changed = edits.get(timeout=0.5)
            while not edits.empty():
                changed |= edits.get()
            return changed


def watch_for(root: Path, edits: Queue[set[Path]], done: threading.Event) -> None:
    """Put every batch of edits into the queue, also those made while a turn runs."""
    watched = [path for name in WATCHED if (path := root / name).exists()]
    for batch in watch(*watched, debounce=100, step=20, stop_event=done, rust_timeout=500):
        edits.put({Path(path).resolve() for _, path in batch})


def concerned(root: Path, changed: Iterable[Path]) -> list[str]:
    """Return the editions that may look different after an edit: one where only its pages changed, else both."""
    folders = {lang: (root / "docs" / lang).resolve() for lang in HTML_LANG}
    owners = {next((lang for lang in folders if path.is_relative_to(folders[lang])), "") for path in changed}
    return sorted(owners) if "" not in owners else list(HTML_LANG)
