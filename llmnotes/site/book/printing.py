"""Printing finished pages with Chromium, from the disk and without a network."""

from __future__ import annotations

import os
import tempfile
from io import BytesIO
from pathlib import Path
from types import TracebackType

from pypdf import PdfReader

from llmnotes.site.setup import SetupError, find_browser
from llmnotes.site.text.problem import Problem, SiteError

NO_NETWORK = "--host-resolver-rules=MAP * ~NOTFOUND"
# The code under figures and the tables of all models would double the book; the site has them.
IN_A_BOOK = """
.ln-code, .ln-data:has(tbody > tr:nth-child(61)), .ln-back, .ln-foot, .ln-filter { display: none !important }
"""
HEADINGS = """() => [...document.querySelectorAll("main :is(h1, h2, h3, h4, h5, h6)")]
  .filter((one) => one.checkVisibility())
  .map((one) => [one.id, one.textContent.replace("¶", "").trim()])"""


class Printer:
    """A browser that prints; use it as a context.

    Args:
        root: The project.

    Raises:
        SiteError: If there is no Chromium.
    """

    def __init__(self, root: Path) -> None:
        from playwright.sync_api import sync_playwright

        try:
            path = find_browser(root)
        except SetupError as error:
            raise SiteError([Problem("Chromium", 0, str(error), "set CHROMIUM to one that is there")]) from None
        if not path:
            remedy = "python -m llmnotes.site.setup --browser gets one"
            raise SiteError([Problem("Chromium", 0, "printing needs one, and none was found", remedy)])
        self._playwright = sync_playwright().start()
        arguments = [NO_NETWORK, "--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else [NO_NETWORK]
        self._browser = self._playwright.chromium.launch(executable_path=path, args=arguments)
        # As wide as the text on the paper, so that figures choose the drawing that fits it.
        self._page = self._browser.new_page(viewport={"width": 720, "height": 1000}, color_scheme="light")

    def __enter__(self) -> Printer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._browser.close()
        self._playwright.stop()

    def page(self, file: Path) -> tuple[PdfReader, list[tuple[str, str]]]:
        """Return a finished page as printed, and ids and titles of its headings."""
        self._page.goto(file.resolve().as_uri())
        self._page.add_style_tag(content=IN_A_BOOK)
        headings = [(name, title) for name, title in self._page.evaluate(HEADINGS)]
        return self._print(), headings

    def text(self, markup: str) -> PdfReader:
        """Return markup as printed."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "page.html")
            file.write_text(markup, encoding="utf-8")
            self._page.goto(file.as_uri())
            return self._print()

    def _print(self) -> PdfReader:
        self._page.emulate_media(media="print", color_scheme="light")
        return PdfReader(
            BytesIO(
                self._page.pdf(format="A4", print_background=True, prefer_css_page_size=True, outline=True, tagged=True)
            )
        )
