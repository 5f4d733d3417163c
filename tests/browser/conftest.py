"""A real Chromium before the built site, over http below a path and from the disk, with every other network cut."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from llmnotes.site.setup import SetupError, find_browser

# The site must work wherever it lies, so it is served from below a path.
PREFIX = "/somewhere/notes/"
# Nothing but this machine has an address: a request elsewhere fails, and is noted.
CUT = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
TIMEOUT_MS = 10_000
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The rules that ask for colours, and nothing but colours; they take almost half of the time.
COLOURS = ["color-contrast", "link-in-text-block"]
# What axe is asked: everything, or what another scheme, or another width, can change.
RULES = {
    "all": {"runOnly": {"type": "tag", "values": TAGS}},
    "colours": {"runOnly": {"type": "rule", "values": COLOURS}},
    "layout": {"runOnly": {"type": "tag", "values": TAGS}, "rules": {rule: {"enabled": False} for rule in COLOURS}},
}
SHIFTS = """
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted = (window.shifted || 0) + entry.value
}).observe({type: "layout-shift", buffered: true})
"""


def chromium(root: Path) -> str:
    """Return the Chromium to drive, or fail with one line that says what to install."""
    try:
        found = find_browser(root)
        complaint = "the browser tests need a Chromium: python -m llmnotes.site.setup --browser gets one"
    except SetupError as error:
        found, complaint = None, str(error)
    if not found:
        pytest.fail(complaint, pytrace=False)
    return found


@pytest.fixture(scope="session")
def site(root: Path) -> Path:
    """The built site: the one that LLMNOTES_SITE names, else `site/`, which is built where anything has changed."""
    if named := os.environ.get("LLMNOTES_SITE"):
        return Path(named).resolve()
    done = subprocess.run(
        [sys.executable, "-m", "llmnotes.site", "build"], cwd=root, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.fail(f"the site does not build:\n{done.stdout}{done.stderr}", pytrace=False)
    return root / "site"


class Handler(SimpleHTTPRequestHandler):
    """Serves the site below its prefix and the 404 page for what is not there, as hosts of static pages do."""

    def translate_path(self, path: str) -> str:
        return super().translate_path("/" + path.removeprefix(PREFIX) if path.startswith(PREFIX) else "/no-such-file")

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        if code != HTTPStatus.NOT_FOUND:
            super().send_error(code, message, explain)
            return
        content = Path(self.directory, "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Serves on this machine only."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that went away in the middle of an answer is nobody's error."""


@pytest.fixture(scope="session")
def http(site: Path) -> Iterator[str]:
    """Address of the site over http, ending with a slash."""
    with Server(("127.0.0.1", 0), partial(Handler, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}{PREFIX}"
        server.shutdown()


@pytest.fixture(scope="session", params=["http", "file"])
def address(request: pytest.FixtureRequest, site: Path) -> str:
    """Address of the site over http and from the disk, ending with a slash."""
    return request.getfixturevalue("http") if request.param == "http" else site.as_uri() + "/"


@pytest.fixture(scope="session")
def browser(root: Path) -> Iterator[Browser]:
    """The browser."""
    path = chromium(root)
    arguments = [CUT, "--disable-gpu"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


class Visit:
    """A page of a fresh reader, and what went on behind it.

    Args:
        context: What the reader brings: scheme, width, language, with or without JavaScript.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.requested: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._hear)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def elsewhere(self, address: str) -> list[str]:
        """Return what was requested from anywhere but the site."""
        return [url for url in self.requested if not url.startswith((address, "data:", "blob:", "about:"))]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Return what opens the site as a new reader: `visit(width=360, color_scheme="dark", …)`."""
    contexts: list[BrowserContext] = []

    def start(*, width: int = 1280, **options: object) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce", **options)  # ty: ignore[invalid-argument-type] - options of a context, by name
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append(context)
        context.add_init_script(SHIFTS)
        return Visit(context)

    yield start
    for context in contexts:
        context.close()


@pytest.fixture
def violations() -> Callable[..., list[str]]:
    """Return what asks axe about a page and answers with one line for each thing that it finds."""

    def find(page: Page, rules: str = "all") -> list[str]:
        # A report of what passes would take three times as long.
        found = Axe().run(page, options=RULES[rules] | {"resultTypes": ["violations"]}).response["violations"]
        return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]

    return find
