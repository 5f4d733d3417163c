"""How the site looks, for the record: `python benchmarks/looks.py` pictures pages of `site/` into `benchmarks/looks/`.

Each picture is the first screen of a page, or of a phone, in one scheme and one language; together they stay small.
"""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import sync_playwright

from llmnotes.site.setup import find_browser

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(__file__).with_suffix("")
# Page, width, scheme, how far to scroll.
PICTURES = (
    ("zh/index.html", 1280, "light", 0),
    ("en/kvcache/how-big-and-why-so-different.html", 1280, "dark", 900),
    ("zh/kvcache/how-big-and-why-so-different.html", 360, "light", 700),
    ("en/calculator.html", 1280, "light", 0),
    ("zh/calculator.html", 360, "dark", 0),
    ("en/models.html", 1280, "light", 0),
    ("zh/models/gemma-3-27b.html", 1280, "dark", 0),
    ("en/models/deepseek-v4-pro.html", 360, "light", 0),
    ("zh/formulas/kvcache.html", 1280, "light", 0),
)


def main() -> None:
    """Take the pictures."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=find_browser(ROOT), args=arguments)
        for name, width, scheme, top in PICTURES:
            page = browser.new_page(viewport={"width": width, "height": 800 if width > 400 else 720})
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
            page.goto((ROOT / "site" / name).as_uri())
            page.evaluate("top => scrollTo(0, top)", top)
            page.wait_for_timeout(500)
            stem = name.removesuffix(".html").replace("/", "-")
            page.screenshot(path=FOLDER / f"{stem}-{scheme}-{width}.jpg", type="jpeg", quality=60)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
