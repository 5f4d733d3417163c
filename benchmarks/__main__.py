"""Compare the site engine with plain Material, markdown-exec and Zensical on equal content: `make bench`.

    python -m benchmarks [--pages 100] [--runs 5] [--seed 7] [--largest 400] [--without Z]

Engines take turns (A B Z ours, A B Z ours, …), each on the same words, the same snippet files and the same drawings.
Times are medians; ratios are of medians within one run. Nobody cuts
Chinese words. Formulas are rendered by ours only, which verifies what it built as well. Progress goes to standard
error, the tables to output.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import engines, measure, operations, report
from benchmarks.engines import Engine
from benchmarks.measure import Cost
from benchmarks.operations import OPERATIONS, Operation, Site
from benchmarks.report import Measured

SMALLEST = 20


def say(text: str) -> None:
    """Tell how far the measurement is."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def asked(engine: Engine, operation: Operation) -> bool:
    """Return whether an operation is timed with an engine."""
    return engine.key in operation.engines


def in_turn(sites: dict[str, Site], n_runs: int, measured: Measured) -> None:
    """Time every operation, engines in turn."""
    for turn in range(n_runs):
        for site in sites.values():
            for operation in OPERATIONS:
                if asked(site.engine, operation):
                    operation.prepare(site)
                    cost = site.build()
                    measured.add(operation.key, site.engine.key, cost)
                    if operation.key == "snippet edited" and site.engine is engines.OURS:
                        measured.snippets_run.append(operations.snippets_run(site))
                    say(f"{turn + 1}/{n_runs} {site.engine.key} {operation.key}: {text_of(cost)}")


def text_of(cost: Cost) -> str:
    """Return a cost on one line."""
    return f"{cost.wall_s:.2f} s, CPU {cost.cpu_s:.2f} s, {cost.peak_bytes / 1e6:.0f} MB"


def growth(folder: Path, known: list[Engine], n_pages: int, seed: int, measured: Measured) -> None:
    """Time one cold build of each engine at another size."""
    for engine in known:
        place = folder / f"{engine.key}-{n_pages}"
        cost = Site(engine, place, n_pages // 2, seed).build()
        measured.sizes.setdefault(n_pages, {})[engine.key] = cost
        say(f"{n_pages} pages, {engine.key} cold: {text_of(cost)}")
        shutil.rmtree(place)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").split("\n")[0])
    options.add_argument("--pages", type=int, default=100, help="pages in both languages together (100)")
    options.add_argument("--runs", type=int, default=5, help="turns, of which the median is reported (5)")
    options.add_argument("--seed", type=int, default=7, help="what the words are drawn from (7)")
    options.add_argument("--largest", type=int, default=400, help="pages of the largest site, 0 to leave it out (400)")
    options.add_argument("--without", nargs="*", default=[], metavar="ENGINE", help="letters of engines to leave out")
    return options


def main() -> int:
    """Measure and print."""
    options = parser().parse_args()
    measure.adopt_orphans()
    root = engines.forms.REPOSITORY
    known = [engines.MATERIAL, engines.EXECUTED]
    if "Z" not in options.without:
        say("looking for Zensical")
        known += [found] if (found := engines.zensical(root / ".cache" / "bench-zensical")) else []
    known = [engine for engine in [*known, engines.OURS] if engine.key not in options.without]
    measured = Measured(options.pages, options.runs, options.seed, {engine.key: engine.what for engine in known})
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        folder = Path(place)
        sites = {engine.key: Site(engine, folder / engine.key, options.pages // 2, options.seed) for engine in known}
        say(f"{options.pages} pages, {options.runs} turns of {', '.join(sites)}")
        in_turn(sites, options.runs, measured)
        measured.reloads = operations.reload_times(sites["ours"], options.runs)
        say(f"serve: {', '.join(f'{wall_s:.2f} s' for wall_s in measured.reloads)}")
        for n_pages in (SMALLEST, options.largest):
            if n_pages and n_pages != options.pages:
                growth(folder, known, n_pages, options.seed, measured)
    print(report.table(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
