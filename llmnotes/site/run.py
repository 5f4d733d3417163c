"""Run what is missing, all of it together, and collect every failure."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmnotes.site.problem import Problem
from llmnotes.site.shown import WIDTHS, Step
from llmnotes.site.store import Entry

if TYPE_CHECKING:
    from llmnotes.site.runner import Runner


class Run:
    """Runs steps and what follows from them, until nothing is missing, and collects every problem."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.problems: list[Problem] = []
        self._pool: Any = None
        self._scratch: Path | None = None
        self.literals: set[str] = set()
        self._waiting: dict[Future[Any], tuple[Step, Any]] = {}

    def to_the_end(self, steps: Iterable[Step], languages: tuple[str, ...], result: Any = None) -> None:
        """Run these steps with this result, and the words and drawings that follow from compute steps."""
        try:
            for step in steps:
                self._start(step, result, languages)
            while self._waiting:
                for future in wait(self._waiting, return_when=FIRST_COMPLETED).done:
                    step, result = self._waiting.pop(future)
                    self._finish(step, result, future.result(), languages)
        finally:
            if self._pool is not None:
                self._pool.close()
            if self._scratch is not None:
                shutil.rmtree(self._scratch, ignore_errors=True)

    def _start(self, step: Step, result: Any, languages: tuple[str, ...]) -> None:
        """Submit a step, or go on with what is kept of it."""
        if step.kind != "literals" and (kept := self.runner.find(step, result)):
            self._go_on(step, kept.value, languages)
            return
        self._waiting[self._submit(step, result)] = (step, result)

    def _submit(self, step: Step, result: Any) -> Future[Any]:
        """Send a step to the pool, which is made when first needed."""
        from llmnotes.site.worker import Order

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

    def _finish(self, step: Step, result: Any, outcome: Any, languages: tuple[str, ...]) -> None:
        read = self.runner.snippet(step.name)
        if outcome.failure is not None:
            line, message, remedy = outcome.failure
            part = {"words": "claims", "literals": "claims"}.get(step.kind, step.kind)
            self.problems.append(read.problem(line or read.lines[part], message, remedy))
            return
        if step.kind == "literals":
            self.literals |= set(outcome.value)
            return
        self.runner.store.keep(self.runner.recipe(step, result), Entry(outcome.value, outcome.inputs))
        self._go_on(step, outcome.value, languages)

    def _go_on(self, step: Step, value: Any, languages: tuple[str, ...]) -> None:
        """Start what needs the result of a compute step."""
        if step.kind != "compute":
            return
        for lang in languages:
            self._start(Step("words", step.name, lang), value, languages)
            for width in WIDTHS:
                self._start(Step("draw", step.name, lang, width), value, languages)
