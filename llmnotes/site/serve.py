"""Both languages at one address, built anew at every edit and reloaded in the browser.

The server only watches, hands out files and starts a turn of `draft` in a fresh process, so an edit to the package
takes effect like any other. What does not hold is shown in the terminal and over the page; the last pages stay.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from urllib.parse import parse_qs, urlsplit

from watchfiles import watch

from llmnotes.site import workspace
from llmnotes.site.edition import child_environment
from llmnotes.site.outputs import HTML_LANG
from llmnotes.site.problem import Problem, SiteError

LIVE = Path(__file__).with_name("live.js")
WATCHED = ("docs", "snippets", "llmnotes", "mkdocs.yml", "mkdocs.en.yml")
WAIT_FOR_NEWS_S = 20
NOTHING_YET = (
    b"<!doctype html><meta charset=utf-8><title>llmnotes</title><body><p>The first build is not done yet.</body>"
)


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


class Server(ThreadingHTTPServer):
    """Serves a preview on this machine only."""

    daemon_threads = True

    def __init__(self, preview: Preview, port: int) -> None:
        self.preview = preview
        super().__init__(("127.0.0.1", port), Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that went away in the middle of an answer is nobody's error."""


class Handler(SimpleHTTPRequestHandler):
    """Hands out files, with the reloading script in every page."""

    @property
    def preview(self) -> Preview:
        """What is being served."""
        assert isinstance(self.server, Server)
        return self.server.preview

    def translate_path(self, path: str) -> str:
        self.directory = str(self.preview.folder)
        return super().translate_path(path)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/-/state":
            seen = parse_qs(parts.query).get("seen", [""])[0]
            self.answer(HTTPStatus.OK, "application/json", self.preview.state(int(seen) if seen else None))
        elif parts.path == "/-/live.js":
            self.answer(HTTPStatus.OK, "text/javascript; charset=utf-8", LIVE.read_bytes())
        else:
            self.file()

    def file(self) -> None:
        """Answer with a file of the site, or with its page for what is not there."""
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path /= "index.html"
        with self.preview.changed:
            found = path.is_file()
            if not found:
                path = self.preview.folder / "404.html"
            content = path.read_bytes() if path.is_file() else NOTHING_YET
        kind = self.guess_type(str(path)) if found else "text/html"
        if kind == "text/html":
            kind = "text/html; charset=utf-8"
            content = content.replace(b"</body>", b'<script src="/-/live.js"></script></body>')
        self.answer(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND, kind, content)

    def answer(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        """Send one answer, never to be kept."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the terminal is for what does not hold."""


def serve(root: Path, port: int) -> None:
    """Serve until interrupted.

    Raises:
        SiteError: If the port is taken.
    """
    with workspace.scratch(root, "serve") as folder:
        preview = Preview(folder / "site")
        preview.folder.mkdir()
        try:
            server = Server(preview, port)
        except OSError as error:
            remedy = f"choose another: python -m llmnotes.site serve --port {port + 1}"
            raise SiteError([Problem(f"port {port}", 0, f"it cannot be used ({error.strerror})", remedy)]) from error
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"http://127.0.0.1:{server.server_address[1]}/ (Ctrl-C ends it)", flush=True)
        edits: Queue[set[Path]] = Queue()
        done = threading.Event()
        threading.Thread(target=watch_for, args=(root, edits, done), daemon=True).start()
        try:
            take_turn(root, folder, preview, HTML_LANG)
            while True:
                # A blocking wait without an end would not hear Ctrl-C everywhere.
                with suppress(Empty):
                    take_turn(root, folder, preview, concerned(root, edits.get(timeout=0.5)))
        finally:
            done.set()
            server.shutdown()
            server.server_close()


def watch_for(root: Path, edits: Queue[set[Path]], done: threading.Event) -> None:
    """Put every batch of edits into the queue, also those made while a turn runs."""
    watched = [path for name in WATCHED if (path := root / name).exists()]
    for batch in watch(*watched, debounce=100, step=20, stop_event=done, rust_timeout=500):
        edits.put({Path(path) for _, path in batch})


def concerned(root: Path, changed: Iterable[Path]) -> list[str]:
    """Return the editions that may look different after an edit: one where only its pages changed, else both."""
    folders = {lang: (root / "docs" / lang).resolve() for lang in HTML_LANG}
    owners = {next((lang for lang in folders if path.resolve().is_relative_to(folders[lang])), "") for path in changed}
    return sorted(owners) if "" not in owners else list(HTML_LANG)


def take_turn(root: Path, folder: Path, preview: Preview, languages: Iterable[str]) -> None:
    """Build editions in a fresh process, show them, and say what does not hold."""
    languages = [lang for lang in HTML_LANG if lang in set(languages) or not preview.built[lang]]
    begun = time.monotonic()
    fresh = folder / "next"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    command = [sys.executable, "-m", "llmnotes.site.draft", str(root), str(folder), *languages]
    log = folder / "draft-log.txt"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command,
            cwd=root,
            # Python tells an edit by size and second: two within a second would pass for one.
            env=child_environment(root) | {"PYTHONDONTWRITEBYTECODE": "1"},
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        ) as child,
    ):
        try:
            assert child.stdin is not None
            assert child.stdout is not None
            for line in child.stdout:
                said = json.loads(line)
                if said["complete"] and fresh.exists():
                    preview.put(fresh, languages)
                    fresh.rmdir()
                    child.stdin.write("\n")
                    child.stdin.flush()
                preview.tell(said["problems"])
            if child.wait():
                preview.tell([log.read_text().strip()])
        finally:
            child.kill()
    took = f"{'、'.join(languages)} in {time.monotonic() - begun:.1f} s"
    print("\n".join([*preview.problems, took]), flush=True)
