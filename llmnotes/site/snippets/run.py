"""Run what is missing, all of it together, and collect every failure."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmnotes.site.cache.store import Entry
from llmnotes.site.snippets import recipes
from llmnotes.site.text.problem import Problem
from llmnotes.site.text.shown import Step

if TYPE_CHECKING:
    from llmnotes.site.snippets.order import Order, Outcome
    from llmnotes.site.snippets.pool import Pool
    from llmnotes.site.snippets.runner import Runner


class Run:
    """Runs steps and what follows from them, until nothing is missing, and collects every problem.

    Args:
        runner: Whose store and snippets are used.
        follow: What is run with the result of a snippet, by its name.
    """

    def __init__(self, runner: Runner, follow: Callable[[str], list[Step]]) -> None:
        self.runner = runner
        self.follow = follow
        self.problems: list[Problem] = []
        self._pool: Pool | None = None
        self._scratch: Path | None = None
        self._waiting: dict[Future[Outcome], Order] = {}

    def to_the_end(self, names: Iterable[str]) -> None:
        """Compute these snippets, and run what follows."""
        try:
            for name in names:
                self._start(name)
            while self._waiting:
                for future in wait(self._waiting, return_when=FIRST_COMPLETED).done:
                    self._finish(self._waiting.pop(future), future.result())
        finally:
            if self._pool is not None:
                self._pool.close()
            if self._scratch is not None:
                shutil.rmtree(self._scratch, ignore_errors=True)

    def _start(self, name: str) -> None:
        """Order what is missing of a snippet: all of it at once where it was never computed before."""
        compute = Step("compute", name)
        if kept := self.runner.find(compute):
            self._follow_up(name, kept.value)
        else:
            # A computation that was edited may give the same result, and what follows it is kept.
            self._submit(name, [compute, *(() if self.runner.was_computed(name) else self.follow(name))])

    def _follow_up(self, name: str, result: Any) -> None:
        if missing := [step for step in self.follow(name) if not self.runner.find(step, result)]:
            self._submit(name, missing, result)

    def _submit(self, name: str, steps: list[Step], result: Any = None) -> None:
        """Send an order to the pool, which is made when first needed."""
        from llmnotes.site.snippets.order import Order

        runner = self.runner
        if self._pool is None:
            self._pool = runner.make_pool(runner.workers, runner.memory_bytes)
            self._scratch = runner.store.scratch()
        read = runner.snippet(name)
        scratch = Path(str(self._scratch), f"{len(runner.ran)}")
        scratch.mkdir()
        runner.ran += steps
        order = Order(
            root=str(runner.root),
            name=name,
            path=str(read.path),
            source=read.source,
            steps=tuple(steps),
            scratch=str(scratch),
            timeout_s=runner.timeout_s,
            memory_bytes=runner.memory_bytes,
            result=result,
        )
        self._waiting[self._pool.submit(order)] = order

    def _finish(self, order: Order, outcome: Outcome) -> None:
        read, result = self.runner.snippet(order.name), order.result
        for made in outcome.made:
            given = None if made.step.kind == "compute" else result
            self.runner.store.keep(recipes.of_step(read, made.step, given), Entry(made.value, made.inputs))
            if made.step.kind == "compute":
                result = made.value
                self.runner.store.keep_latest(f"computed {order.name}", "", Entry(True, {}))
        first = order.steps[0].kind
        for line, message, remedy in outcome.failures:
            at = line or read.lines[first if first in read.lines else "compute"]
            self.problems.append(read.problem(at, message, remedy))
        if first == "compute" and not outcome.failures:
            self._follow_up(order.name, result)
