"""Lighthouse for each kind of page: `python benchmarks/lighthouse.py [RUNS]`, written to `benchmarks/lighthouse.md`.

Needs Node (`npx` finds or fetches Lighthouse) and a Chromium, and the built site. Run it on a calm machine: performance
is a measured time. Each page is opened RUNS times (5) on each kind of device, and the median stands in the table.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from llmnotes.site.setup import find_browser

ROOT = Path(__file__).resolve().parents[1]
TARGET = Path(__file__).with_suffix(".md")
LIGHTHOUSE = os.environ.get("LIGHTHOUSE", "npx --yes lighthouse@12").split()
PAGES = {
    "home": "zh/index.html",
    "article": "en/kvcache/how-big-and-why-so-different.html",
    "calculator": "zh/calculator.html",
    "all models": "en/models.html",
    "one model": "zh/models/deepseek-v3.html",
    "formulas": "zh/formulas/kvcache.html",
    "lab": "zh/labs/build-a-kv-cache.html",
}
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
DEVICES = {"desktop": ["--preset=desktop"], "mobile": []}


class Handler(SimpleHTTPRequestHandler):
    """Serves the site without a word."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def scores(address: str, device: str) -> list[int]:
    """Return the scores of one run, 0 to 100."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [*LIGHTHOUSE, address, "--quiet", "--output=json", f"--output-path={report}", *DEVICES[device]]
        command += [f"--only-categories={','.join(CATEGORIES)}", "--chrome-flags=--headless=new --no-sandbox"]
        browser = find_browser(ROOT)
        subprocess.run(command, check=True, env=os.environ | ({"CHROME_PATH": str(browser)} if browser else {}))
        categories = json.loads(report.read_text(encoding="utf-8"))["categories"]
    return [round(100 * categories[name]["score"]) for name in CATEGORIES]


def main(n_runs: int) -> None:
    """Measure every kind of page and write the report."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(ROOT / "site")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}/"
    rows = []
    for kind, page in PAGES.items():
        if not (ROOT / "site" / page).is_file():
            continue
        for device in DEVICES:
            runs = [scores(base + page, device) for _ in range(n_runs)]
            medians = [str(round(statistics.median(column))) for column in zip(*runs, strict=True)]
            rows.append(f"| {kind} | `{page}` | {device} | {' | '.join(medians)} |")
            print(rows[-1], flush=True)
    server.shutdown()
    day = datetime.now(UTC).date().isoformat()
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, load {os.getloadavg()[0]:.1f}"
    head = ["kind", "page", "device", *CATEGORIES]
    TARGET.write_text(
        "\n".join(
            [
                "# Lighthouse",
                "",
                f"Median of {n_runs}, {day}, {machine}. Made by `python benchmarks/lighthouse.py`.",
                "",
                f"| {' | '.join(head)} |",
                f"|{' --- |' * len(head)}",
                *rows,
                "",
            ]
        ),
        encoding="utf-8",
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
