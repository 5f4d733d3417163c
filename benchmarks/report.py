"""The measurements as the tables that the project is judged by."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

from benchmarks.measure import Cost

OURS = "ours"
WIDTHS_AND_LANGUAGES = 4


@dataclass
class Measured:
    """Everything that one run of the benchmark measured.

    Args:
        n_pages: Pages of the site that is timed, in both languages together.
        n_runs: Turns.
        seed: Of the content.
        engines: What each letter stands for.
    """

    n_pages: int
    n_runs: int
    seed: int
    engines: dict[str, str]
    costs: dict[tuple[str, str], list[Cost]] = field(default_factory=dict)
    sizes: dict[int, dict[str, Cost]] = field(default_factory=dict)
    reloads: list[float] = field(default_factory=list)
    snippets_run: list[int] = field(default_factory=list)

    def add(self, operation: str, engine: str, cost: Cost) -> None:
        """Note one cost."""
        self.costs.setdefault((operation, engine), []).append(cost)

    def wall_s(self, operation: str, engine: str) -> float | None:
        """Return the median wall clock; None where it was not timed."""
        found = self.costs.get((operation, engine))
        return median(cost.wall_s for cost in found) if found else None

    def cpu_s(self, operation: str, engine: str) -> float | None:
        """Return the median time of processors; None where it was not timed."""
        found = self.costs.get((operation, engine))
        return median(cost.cpu_s for cost in found) if found else None

    def at(self, n_pages: int, engine: str) -> Cost | None:
        """Return the cost of a cold build at a size."""
        if n_pages == self.n_pages and (found := self.costs.get(("cold", engine))):
            return sorted(found, key=lambda cost: cost.cpu_s)[len(found) // 2]
        return self.sizes.get(n_pages, {}).get(engine)


@dataclass(frozen=True)
class Row:
    """One line: what is done, how it is counted, against which engine's cold build, and the target as a ratio."""

    operation: str
    counted: str
    against: str
    target: float


ROWS = (
    Row("cold", "wall", "B", 0.58),
    Row("cold", "CPU", "B", 1.0),
    Row("output removed", "wall", "A", 1.05),
    Row("nothing changed", "wall", "B", 0.02),
    Row("Chinese prose edited", "wall", "B", 0.10),
    Row("English prose edited", "wall", "B", 0.10),
    Row("snippet edited", "wall", "B", 0.15),
)


def table(measured: Measured) -> str:
    """Return all tables as Markdown."""
    parts = [head(measured), ratios(measured), absolutes(measured), *growths(measured)]
    return "\n\n".join(parts)


def head(measured: Measured) -> str:
    """Return what was measured, where and how often."""
    named = ", ".join(f"{key} = {what}" for key, what in measured.engines.items())
    n_drawings = measured.n_pages // 2 * WIDTHS_AND_LANGUAGES
    return (
        f"{measured.n_pages} pages ({measured.n_pages // 2} articles in two languages), {n_drawings} drawings in every "
        f"engine that draws, seed {measured.seed}, median of n = {measured.n_runs}, engines in turn; {named}. "
        f"{platform.system()}, {os.cpu_count()} cores, Python {platform.python_version()}."
    )


def ratios(measured: Measured) -> str:
    """Return what has a target, beside it: ratios of medians, and what counts by itself."""
    rows = [["operation", "counted", "n", "Z", "ours", "target", "met"], ["---", "---", "---:", *["---:"] * 3, "---"]]
    for row in ROWS:
        time_of = measured.wall_s if row.counted == "wall" else measured.cpu_s
        base, took = time_of("cold", row.against), time_of(row.operation, OURS)
        if base and took is not None:
            theirs = time_of(row.operation, "Z")
            shown = f"{theirs / base:.3f} {row.against}" if theirs is not None else "–"
            ours, target = f"{took / base:.3f} {row.against}", f"≤ {row.target:g} {row.against}"
            rows.append(
                [row.operation, row.counted, str(measured.n_runs), shown, ours, target, said(took / base <= row.target)]
            )
    return as_table([*rows, *absolute_targets(measured)])


def absolute_targets(measured: Measured) -> Iterator[list[str]]:
    """Yield the rows whose target is no ratio to another engine."""
    n_runs, n_drawings = str(measured.n_runs), measured.n_pages // 2 * WIDTHS_AND_LANGUAGES
    if (cpu_s := measured.cpu_s("cold", OURS)) and (wall_s := measured.wall_s("cold", OURS)):
        each_ms = cpu_s / n_drawings * 1e3
        shown = f"{each_ms:.0f} ms ({n_drawings / wall_s:.1f} drawings/s)"
        yield ["cold, all of it by the drawing", "CPU", n_runs, "–", shown, "≤ 60 ms", said(each_ms <= 60)]
    if measured.reloads and (base := measured.wall_s("cold", "B")):
        took, n_reloads = median(measured.reloads), str(len(measured.reloads))
        shown = f"{took:.2f} s = {took / base:.3f} B"
        yield ["prose edited, under serve", "wall", n_reloads, "–", shown, "≤ 0.5 s, ≤ 0.05 B", said(took <= 0.5)]
    if measured.snippets_run:
        counted = ", ".join(map(str, sorted(set(measured.snippets_run))))
        yield ["snippet edited", "snippets run", n_runs, "–", counted, "1", said(set(measured.snippets_run) == {1})]
    sizes = sorted({measured.n_pages, *measured.sizes})
    if len(sizes) == 3:
        grown = {engine: growth_ratio(measured, engine, sizes) for engine in ("Z", OURS)}
        ours = grown[OURS]
        what = f"growth {sizes[1]}→{sizes[2]} against {sizes[0]}→{sizes[1]}"
        shown = [f"{ratio:.2f}×" if ratio else "–" for ratio in grown.values()]
        yield [what, "CPU a page", "1", *shown, "≤ 1.15×", said(ours is not None and ours <= 1.15)]
    if (largest := measured.at(sizes[-1], OURS)) is not None:
        peaks = [measured.at(sizes[-1], engine) for engine in ("Z", OURS)]
        shown = [f"{cost.peak_bytes / 1e6:.0f} MB" if cost else "–" for cost in peaks]
        what, n_times = f"cold, {sizes[-1]} pages", "1" if sizes[-1] in measured.sizes else n_runs
        yield [what, "peak of a process", n_times, *shown, "≤ 150 MB", said(largest.peak_bytes <= 150e6)]


def said(met: bool) -> str:
    """Return whether a target is met, in a word."""
    return "yes" if met else "no"


def absolutes(measured: Measured) -> str:
    """Return the medians in seconds, and CPU for each drawing of a cold build."""
    operations = list(dict.fromkeys(operation for operation, _ in measured.costs))
    rows = [["wall s / CPU s", *measured.engines], ["---", *["---:"] * len(measured.engines)]]
    for operation in operations:
        cells = []
        for engine in measured.engines:
            wall, cpu = measured.wall_s(operation, engine), measured.cpu_s(operation, engine)
            cells.append("–" if wall is None or cpu is None else f"{wall:.2f} / {cpu:.2f}")
        rows.append([operation, *cells])
    return as_table(rows)


def growths(measured: Measured) -> list[str]:
    """Return memory and CPU by size of the site; nothing where one size was measured."""
    sizes = sorted({measured.n_pages, *measured.sizes})
    if len(sizes) < 2:
        return []
    rows = [["cold: CPU ms a page / peak MB", *measured.engines], ["---", *["---:"] * len(measured.engines)]]
    for size in sizes:
        cells = []
        for engine in measured.engines:
            cost = measured.at(size, engine)
            cells.append(f"{cost.cpu_s / size * 1e3:.0f} / {cost.peak_bytes / 1e6:.0f}" if cost else "–")
        rows.append([f"{size} pages", *cells])
    return [as_table(rows)]


def growth_ratio(measured: Measured, engine: str, sizes: list[int]) -> float | None:
    """Return how much dearer a further page is between the larger sizes than between the smaller ones."""
    costs = [measured.at(size, engine) for size in sizes]
    small, middle, large = (cost.cpu_s if cost else 0.0 for cost in costs)
    if not (small and middle and large) or middle <= small:
        return None
    later, earlier = (large - middle) / (sizes[2] - sizes[1]), (middle - small) / (sizes[1] - sizes[0])
    return later / earlier


def as_table(rows: list[list[str]]) -> str:
    """Return rows as a Markdown table.

    >>> print(as_table([["a", "b"], ["1", "2"]]))
    | a | b |
    | 1 | 2 |
    """
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
