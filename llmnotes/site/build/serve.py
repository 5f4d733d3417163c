"""Both languages at one address, built anew at every edit and reloaded in the browser.

The server only watches, hands out files and starts a turn of `draft` in a fresh process, so an edit to the package
takes effect like any other. What does not hold is shown in the terminal and over the page; the last pages stay.
"""

from __future__ import annotations

import threading
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from llmnotes.site.build.turns import Preview, take_turns
from llmnotes.site.cache import workspace
from llmnotes.site.text.problem import Problem, SiteError

LIVE = Path(__file__).with_name("live.js")
# Another page that has its name lead here would read what is not published yet.
HOSTS = ("127.0.0.1", "localhost", "::1")
NOTHING_YET = (
    b"<!doctype html><meta charset=utf-8><title>llmnotes</title><body><p>The first build is not done yet.</body>"
)


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

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        host = urlsplit(f"//{self.headers.get('Host', '')}").hostname
        if host not in HOSTS:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST, "Open the address that the terminal names")
        return host in HOSTS

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
        try:
            take_turns(root, folder, preview)
        finally:
            server.shutdown()
            server.server_close()
