"""Firefox and WebKit before the built site, asked through the same few verbs; what a page complains of is collected."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Error, Playwright

# No claim is about how soon: see `tests.waiting`.
WAIT_S = 60.0
WINDOW = (1280, 900)
# Loaded first of all by every page that `Telling` serves: what goes wrong, in words, whatever the browser.
COMPLAINTS = """
window.complaints = []
for (const kind of ["error", "warn"]) {
  const before = console[kind]
  console[kind] = (...said) => { window.complaints.push(`${kind}: ${said.join(" ")}`); before(...said) }
}
addEventListener("error", (event) => window.complaints.push(`error: ${event.message || event.target.outerHTML}`), true)
addEventListener("unhandledrejection", (event) => window.complaints.push(`rejected: ${event.reason}`))
addEventListener("securitypolicyviolation", (event) => window.complaints.push(`policy: ${event.blockedURI}`))
"""


def until(ask: Callable[[], Any], what: str) -> Any:
    """Return the first answer that holds.

    Raises:
        TimeoutError: If none does within `WAIT_S`.
    """
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        if found := ask():
            return found
        time.sleep(0.05)
    raise TimeoutError(f"not within {WAIT_S:g} s: {what}")


class Reader(Protocol):
    """A browser with one page."""

    def go(self, address: str) -> None:
        """Open an address."""

    def ask(self, expression: str) -> Any:
        """Return what an expression gives in the page."""

    def until(self, expression: str) -> Any:
        """Wait until an expression holds in the page, and return what it gives."""

    def write(self, selector: str, text: str) -> None:
        """Put a text into a field, key by key, in the place of what it holds."""

    def click(self, selector: str) -> None:
        """Click on the first element that is found so."""

    def enter(self, selector: str) -> None:
        """Press Enter in a field."""


class Firefox:
    """Firefox, by Playwright."""

    def __init__(self, playwright: Playwright, path: str) -> None:
        self._browser = playwright.firefox.launch(channel="moz-firefox", executable_path=path)
        self.page = self._browser.new_page(viewport={"width": WINDOW[0], "height": WINDOW[1]})
        self.page.set_default_timeout(WAIT_S * 1000)
        # A new page opens itself on about:blank, which would interrupt who goes elsewhere at once.
        self.until("document.readyState === 'complete'")

    def go(self, address: str) -> None:
        """Open an address; one that differs in its anchor alone is a new visit, too."""
        # Playwright's own `goto` gives up where Firefox announces one visit twice, as it does now and then on a busy
        # machine; the page goes there itself, and what is left behind bears a mark that the new one lacks.
        is_same_page = self.page.url.partition("#")[0] == address.partition("#")[0]
        reload = "location.reload()" if is_same_page else ""
        self.ask(f"() => {{ window.isLeft = true; location.href = {address!r}; {reload} }}")
        until(self._has_arrived, f"the page at {address}")

    def _has_arrived(self) -> bool:
        try:
            return self.ask("!window.isLeft && document.readyState === 'complete'")
        except Error:  # the page that was asked has been left meanwhile
            return False

    def ask(self, expression: str) -> Any:
        """Return what an expression gives in the page."""
        return self.page.evaluate(expression)

    def until(self, expression: str) -> Any:
        """Wait until an expression holds in the page, and return what it gives."""
        # Playwright's own waiting compiles what it is given, which the policy of the pages forbids in Firefox.
        return until(lambda: self.ask(expression), expression)

    def write(self, selector: str, text: str) -> None:
        """Put a text into a field, key by key, in the place of what it holds."""
        self.page.locator(selector).first.fill("")
        self.page.locator(selector).first.press_sequentially(text)

    def click(self, selector: str) -> None:
        """Click on the first element that is found so."""
        self.page.locator(selector).first.click()

    def enter(self, selector: str) -> None:
        """Press Enter in a field."""
        self.page.locator(selector).first.press("Enter")

    def close(self) -> None:
        """End the browser."""
        self._browser.close()


class WebKit:
    """WebKitGTK's MiniBrowser, by its WebDriver."""

    def __init__(self, driver: Any, keys: Any) -> None:
        self._driver, self._keys = driver, keys
        driver.set_window_size(*WINDOW)

    def go(self, address: str) -> None:
        """Open an address; one that differs in its anchor alone is a new visit, too."""
        self._driver.get("about:blank")
        self._driver.get(address)

    def ask(self, expression: str) -> Any:
        """Return what an expression gives in the page."""
        return self._driver.execute_script(f"return ({expression})")

    def until(self, expression: str) -> Any:
        """Wait until an expression holds in the page, and return what it gives."""
        return until(lambda: self.ask(expression), expression)

    def _find(self, selector: str) -> Any:
        self.until(f"document.querySelector({selector!r})?.getClientRects().length")
        return self._driver.find_element("css selector", selector)

    def write(self, selector: str, text: str) -> None:
        """Put a text into a field, key by key, in the place of what it holds."""
        field = self._find(selector)
        field.clear()
        field.send_keys(text)

    def click(self, selector: str) -> None:
        """Click on the first element that is found so."""
        self._find(selector).click()

    def enter(self, selector: str) -> None:
        """Press Enter in a field."""
        self._find(selector).send_keys(self._keys.ENTER)

    def close(self) -> None:
        """End the browser."""
        self._driver.quit()


@contextmanager
def firefox(playwright: Playwright) -> Generator[Firefox]:
    """Start Firefox, or skip with the reason."""
    path = next((found for name in ("firefox-esr", "firefox") if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Firefox on the PATH: python -m llmnotes.site.setup --browser gets one as root")
    try:
        reader = Firefox(playwright, path)
    except Error as error:
        pytest.skip(f"this Playwright does not drive this Firefox: {str(error).splitlines()[0]}")
    yield reader
    reader.close()


@contextmanager
def webkit() -> Generator[WebKit]:
    """Start WebKitGTK on a screen of its own, or skip with the reason."""
    driver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed, which drives WebKit")
    options = pytest.importorskip("selenium.webdriver.webkitgtk.options").Options()
    service = pytest.importorskip("selenium.webdriver.webkitgtk.service").Service
    keys = pytest.importorskip("selenium.webdriver.common.keys").Keys
    program, screen = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
    browsers = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
    if not (program and screen and browsers):
        pytest.skip("no WebKitWebDriver or Xvfb here: python -m llmnotes.site.setup --browser gets them as root")
    options.binary_location = str(browsers[-1])
    options.add_argument("--automation")
    with subprocess.Popen(
        [screen, "-displayfd", "1", "-screen", "0", "1400x1000x24"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as display:
        assert display.stdout is not None
        number = display.stdout.readline().decode().strip()
        try:
            environment = os.environ | {"DISPLAY": f":{number}"}
            with warnings.catch_warnings():
                # Selenium's own class for WebKitGTK calls what Selenium deprecates.
                warnings.simplefilter("ignore", DeprecationWarning)
                started = driver.WebKitGTK(options=options, service=service(program, env=environment))
            reader = WebKit(started, keys)
            yield reader
            reader.close()
        finally:
            display.terminate()
