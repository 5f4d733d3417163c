"""A real Chromium before the built site, over http below a path and from the disk, with every other network cut."""

from __future__ import annotations

import os
import re
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
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Route,
    expect,
    sync_playwright,
)

from llmnotes.site.setup import SetupError, find_browser
from tests.browser import others
from tests.browser.others import COMPLAINTS

# The site must work wherever it lies, so it is served from below a path.
PREFIX = "/somewhere/notes/"
# Nothing but this machine has an address: a request elsewhere fails, and is noted.
CUT = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
# Each window would load pages of the browser's own for its address bar, which cost as much as what is tested. Chromium
# heeds the last list alone, so what Playwright turns off of what a page shows, asks for or waits for stands here too.
WITHOUT = (
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup,PaintHolding,HttpsUpgrades,Translate,OptimizationHints,MediaRouter,"
    "ThirdPartyStoragePartitioning,AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose"
)
# No claim is about how soon: a page that shows nothing for so long shows nothing.
TIMEOUT_MS = 60_000
expect.set_options(timeout=TIMEOUT_MS)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What axe is asked, apart: each of the first two takes as long as all that is left. Another scheme changes colours
# alone; how far a finger's targets lie apart is told where the page is narrow.
APART = {"colours": ["color-contrast", "link-in-text-block"], "targets": ["target-size"]}
RULES = {kind: {"runOnly": {"type": "rule", "values": rules}} for kind, rules in APART.items()} | {
    "layout": {
        "runOnly": {"type": "tag", "values": TAGS},
        "rules": {rule: {"enabled": False} for rules in APART.values() for rule in rules},
    }
}
# A report of what passes would take three times as long.
ASK = """([options, ofLooks]) => axe
  .run(ofLooks ? { include: [...looks.values()] } : document, { ...options, resultTypes: ["violations"] })
  .then((found) => found.violations)"""
# Of all elements with words of their own that look alike, up to the root of the page, the first: the others have its
# colours, and asking axe about each of a thousand cells took most of the time. A look that was found good is good on
# the next page too: what is left out is known by a digest of everything that it is made of.
LOOKS = """(good) => {
  const digest = (text) => {
    let [a, b] = [0xdeadbeef, 0x41c6ce57]
    for (let at = 0; at < text.length; at++) {
      a = Math.imul(a ^ text.charCodeAt(at), 2654435761)
      b = Math.imul(b ^ text.charCodeAt(at), 1597334677)
    }
    return (a >>> 0).toString(36) + (b >>> 0).toString(36)
  }
  const known = new Map(), first = new Map(), digests = new Map()
  const says = (one) => [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())
  for (const one of document.querySelectorAll("html, html *")) {
    const style = getComputedStyle(one)
    const look = [
      known.get(one.parentNode) ?? "", one.tagName, one.getAttribute("class"), says(one), style.color, style.fill,
      style.backgroundColor, style.backgroundImage, style.opacity, style.fontSize, style.fontWeight,
      style.textDecorationLine,
    ].join("|")
    if (!digests.has(look)) digests.set(look, digest(look))
    known.set(one, digests.get(look))
    if (says(one) && !first.has(known.get(one))) first.set(known.get(one), one)
  }
  for (const look of good) first.delete(look)
  window.looks = first
  return [...first.keys()]
}"""
# What moved without the reader's doing: `shifts()` adds it up.
SHIFTS = """{
  let sum = 0
  const add = (entries) => { for (const entry of entries) if (!entry.hadRecentInput) sum += entry.value }
  const observer = new PerformanceObserver((list) => add(list.getEntries()))
  observer.observe({ type: "layout-shift", buffered: true })
  window.shifts = () => { add(observer.takeRecords()); return sum }
}"""
# What a slow line brings after the first paint. One script must be there before it, and stands in the head for that.
LATE = re.compile(r"(?<!/head)\.js$|\.woff2$")
PAINTED = """() => new Promise((done) => new PerformanceObserver((list) => {
  if (list.getEntriesByName("first-contentful-paint").length) done()
}).observe({ type: "paint", buffered: true }))"""
# Where the reader stands: answers later with what is no longer so.
STATE = """() => {
  const state = () => ({ x: scrollX, y: scrollY, focus: document.activeElement, size: document.body.childElementCount })
  const before = state()
  return () => Object.entries(state()).filter(([name, now]) => now !== before[name]).map(([name]) => name)
}"""
# Nothing is kept of the page before; a file from the disk has nothing to keep it in.
FORGOTTEN = "try { localStorage.clear(); sessionStorage.clear() } catch { }"
# All letters are there, and a frame has been drawn with them.
SETTLED = """() => document.fonts.ready
  .then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))"""


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


class Telling(Handler):
    """Serves every page with a script before its own that collects what goes wrong."""

    SCRIPT = PREFIX + "complaints.js"

    def do_GET(self) -> None:
        """Answer with a page that tells, or as always."""
        path = Path(self.translate_path(self.path))
        if self.path == self.SCRIPT:
            self._answer(COMPLAINTS.encode(), "text/javascript")
        elif path.suffix == ".html" and path.is_file():
            page = path.read_bytes().replace(b"<head>", f'<head><script src="{self.SCRIPT}"></script>'.encode(), 1)
            self._answer(page, "text/html; charset=utf-8")
        else:
            super().do_GET()

    def _answer(self, content: bytes, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture(scope="session")
def telling(site: Path) -> Iterator[str]:
    """Address of the site over http where its pages collect what goes wrong, ending with a slash."""
    with Server(("127.0.0.1", 0), partial(Telling, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}{PREFIX}"
        server.shutdown()


@pytest.fixture(scope="session", params=["http", "file"])
def address(request: pytest.FixtureRequest, site: Path) -> str:
    """Address of the site over http and from the disk, ending with a slash."""
    return request.getfixturevalue("http") if request.param == "http" else site.as_uri() + "/"


# Each language, and each way of serving: what depends on both depends on each alone.
BOTH_WAYS = pytest.mark.parametrize(("lang", "address"), [("zh", "http"), ("en", "file")], indirect=["address"])


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives Chromium and Firefox, once a session."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session", params=["firefox", "webkit"])
def reader(request: pytest.FixtureRequest) -> Iterator[others.Reader]:
    """Firefox and WebKit, one each a session, for it takes them seconds to start."""
    if request.param == "firefox":
        with others.firefox(request.getfixturevalue("playwright")) as found:
            yield found
    else:
        with others.webkit() as found:
            yield found


@pytest.fixture(scope="session")
def browser(root: Path, playwright: Playwright) -> Iterator[Browser]:
    """The browser."""
    path = chromium(root)
    arguments = [CUT, "--disable-gpu", f"--disable-features={WITHOUT}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")
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
        self.requested_first: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._hear)

    def arrive(self, address: str) -> None:
        """Open a page whose scripts and letters come after its first paint: the worst order, and always the same.

        What it asks for by itself is in `requested_first`; whoever holds requests gets nothing from what was kept.
        """
        held: list[Route] | None = []

        def hold(route: Route) -> None:
            if held is None:
                route.continue_()
            else:
                held.append(route)

        self.page.route(LATE, hold)
        self.page.goto(address, wait_until="commit")
        self.page.evaluate(PAINTED)
        held, late = None, held
        for route in late:
            route.continue_()
        self.page.wait_for_load_state("load")
        self.page.unroute(LATE, hold)
        self.settle()
        self.requested_first = [*self.requested]

    def turn(self, width: int, scheme: str) -> None:
        """Show the page at another width and in another scheme, as when somebody turns a phone."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # ty: ignore[invalid-argument-type] - light or dark

    def settle(self) -> None:
        """Wait until all letters are there and a frame shows them."""
        self.page.evaluate(SETTLED)

    def shifted(self) -> float:
        """How much of the page moved, by itself, since it was opened."""
        return self.page.evaluate("() => shifts()")

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def elsewhere(self, address: str) -> list[str]:
        """Return what was requested from anywhere but the site."""
        return [url for url in self.requested if not url.startswith((address, "data:", "blob:", "about:"))]


@pytest.fixture(scope="module")
def screen(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Return what shows one page after the other at a width and in a scheme, each as to somebody who was never here:
    `screen(360, "dark")`. A new reader for each page costs the browser as much as the page."""
    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(TIMEOUT_MS)
    context.add_init_script(SHIFTS)
    context.add_init_script(FORGOTTEN)
    reader = Visit(context)

    def at(width: int, scheme: str) -> Visit:
        # What the page before still had under way ends with it, and is not laid to the next.
        reader.page.goto("about:blank")
        reader.turn(width, scheme)
        reader.requested.clear()
        reader.complaints.clear()
        return reader

    yield at
    context.close()


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


@pytest.fixture(scope="session")
def good_looks() -> set[str]:
    """Looks in whose colours axe found nothing wrong so far."""
    return set()


@pytest.fixture
def violations(good_looks: set[str]) -> Callable[..., list[str]]:
    """Return what asks axe about a page and answers with one line for each thing that it finds."""

    def colours(page: Page) -> list[dict]:
        if not (looks := page.evaluate(LOOKS, [*good_looks])):
            return []
        found = page.evaluate(ASK, [RULES["colours"], True])
        if not found:
            good_looks.update(looks)
        return found

    def find(page: Page, *kinds: str) -> list[str]:
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(Axe().axe_script)
        before = page.evaluate_handle(STATE)
        found = [
            rule
            for kind in kinds or RULES
            for rule in (colours(page) if kind == "colours" else page.evaluate(ASK, [RULES[kind], False]))
        ]
        assert page.evaluate("(before) => before()", before) == [], "axe left something behind"
        return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]

    return find
