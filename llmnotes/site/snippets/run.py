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
        self._waiting: dict[Future[Any], tuple[Step, Any]] = {}

    def to_the_end(self, names: Iterable[str]) -> None:
        """Compute these snippets, and run what follows."""
        try:
            for name in names:
                self._start(Step("compute", name), None)
            while self._waiting:
                for future in wait(self._waiting, return_when=FIRST_COMPLETED).done:
                    self._finish(*self._waiting.pop(future), future.result())
        finally:
            if self._pool is not None:
                self._pool.close()
            if self._scratch is not None:
                shutil.rmtree(self._scratch, ignore_errors=True)

    def _start(self, step: Step, result: Any) -> None:
        """Submit a step, or go on with what is kept of it."""
        if kept := self.runner.find(step, result):
            self._go_on(step, kept.value)
        else:
            self._waiting[self._submit(step, result)] = (step, result)

    def _submit(self, step: Step, result: Any) -> Future[Any]:
        """Send a step to the pool, which is made when first needed."""
        from llmnotes.site.snippets.worker import Order

        runner = self.runner
        if self._pool is None:
            self._pool = runner.make_pool(runner.workers, runner.memory_bytes)
            self._scratch = runner.store.scratch()
        read = runner.snippet(step.name)
        scratch = Path(str(self._scratch), f"{len(runner.ran)}")
        scratch.mkdir()
        runner.ran.append(step)
        return self._pool.submit(
            Order(
                root=str(runner.root),
                name=step.name,
                path=str(read.path),
                source=read.source,
                kind=step.kind,
                scratch=str(scratch),
                timeout_s=runner.timeout_s,
                memory_bytes=runner.memory_bytes,
                lang=step.lang,
                width=step.width,
                result=result,
            )
        )

    def _finish(self, step: Step, result: Any, outcome: Any) -> None:
        read = self.runner.snippet(step.name)
        if outcome.failure is not None:
            line, message, remedy = outcome.failure
            part = step.kind if step.kind in read.lines else "compute"
            self.problems.append(read.problem(line or read.lines[part], message, remedy))
            return
        self.runner.store.keep(recipes.of_step(read, step, result), Entry(outcome.value, outcome.inputs))
        self._go_on(step, outcome.value)

    def _go_on(self, step: Step, value: Any) -> None:
        if step.kind == "compute":
            for following in self.follow(step.name):
                self._start(following, value)
