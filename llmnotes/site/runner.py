"""Compute and draw what pages show, once for the same inputs, and answer pages from what is kept."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from llmnotes.site import snippet
from llmnotes.site.history import History
from llmnotes.site.problem import Problem, SiteError
from llmnotes.site.snippet import LANGUAGES, Snippet
from llmnotes.site.store import Entry, Store, digest, digest_path

WIDTHS = ("wide", "narrow")
TIMEOUT_S = 30.0
MEMORY_BYTES = 8 * 2**30
# What runs and rewrites, besides the snippet itself and the package: a change there makes every entry anew.
MACHINERY = ("worker.py", "sandbox.py", "snippet.py")
DRAWING_MACHINERY = (*MACHINERY, "figure.py", "data/metrics.ttf")


@dataclass(frozen=True)
class Table:
    """The numbers that a figure shows."""

    columns: list[str]
    rows: list[list[Any]]
    unit: str


@dataclass(frozen=True)
class Shown:
    """Everything that a page can say of one snippet in one language.

    Args:
        name: The snippet.
        lang: "zh" or "en".
        title: Its finding, with its numbers filled in.
        caption: What is shown and how.
        description: The finding for those who do not see the drawing.
        kind: "computed", "measured" or "reported".
        claims: Text of each number that prose may use, by name.
        table: The numbers behind the figure.
        svg_wide: The drawing for wide columns, without title and description.
        svg_narrow: The same for phones.
        source: The section of the snippet that computes.
        digest: Digest of everything that was read to make it.
        data_files: Data files of the project that it opened.
        version: Version of the package.
        date: Day of the last commit that touched any input; empty where git does not know.
        changed: Whether an input has changes that are not committed.
    """

    name: str
    lang: str
    title: str
    caption: str
    description: str
    kind: str
    claims: dict[str, str]
    table: Table
    svg_wide: str
    svg_narrow: str
    source: str
    digest: str
    data_files: tuple[str, ...]
    version: str
    date: str
    changed: bool

    @property
    def id(self) -> str:
        """Last part of the name: what pages call the figure."""
        return self.name.rsplit("/", 1)[-1]


@dataclass(frozen=True, order=True)
class Step:
    """One thing to run: a part of a snippet, in a language and a width where these matter."""

    kind: str
    name: str
    lang: str = ""
    width: str = ""


class Runner:
    """Answers from the store and runs what is missing.

    Args:
        root: The project folder.
        workers: How many processes at a time; as many as there are cores by default.
        timeout_s: How long one part of a snippet may take.
        memory_bytes: How much memory it may use, where the system can limit it.
        make_pool: What makes the pool that runs the misses; processes on this machine by default.
    """

    def __init__(
        self,
        root: Path,
        workers: int | None = None,
        timeout_s: float = TIMEOUT_S,
        memory_bytes: int = MEMORY_BYTES,
        make_pool: Callable[[int, int], Any] | None = None,
    ) -> None:
        self.root = root.resolve()
        self.workers = workers or available_cores()
        self.timeout_s = timeout_s
        self.memory_bytes = memory_bytes
        self.make_pool = make_pool or _local_pool
        self.store = Store(self.root / ".cache" / "llmnotes")
        self.ran: list[Step] = []
        self._start_afresh()

    def prepare(self, names: Iterable[str], languages: Iterable[str] = LANGUAGES) -> None:
        """Run, together and in parallel, whatever is missing of these snippets.

        Raises:
            SiteError: With every failure of every snippet, not only the first.
        """
        self._start_afresh()
        run = _Run(self)
        for name in dict.fromkeys(names):
            try:
                self._snippets[name] = snippet.load(self.root, name)
            except SiteError as error:
                run.problems += error.problems
        steps = [Step("compute", name) for name in self._snippets]
        run.to_the_end(steps, tuple(languages))
        if run.problems:
            raise SiteError(run.problems)

    def get(self, name: str, lang: str) -> Shown:
        """Return what a page shows; runs what is missing of it.

        Raises:
            SiteError: If the snippet fails.
        """
        if (name, lang) not in self._shown:
            read = self._snippets.get(name) or snippet.load(self.root, name)
            self._snippets[name] = read
            if (shown := self._assemble(read, lang)) is None:
                run = _Run(self)
                run.to_the_end([Step("compute", name)], (lang,))
                if run.problems:
                    raise SiteError(run.problems)
                self._digests.clear()
                shown = self._assemble(read, lang)
            if shown is None:
                remedy = "build again when no file is being changed"
                raise SiteError([read.problem(0, "changed while it was run", remedy)])
            self._shown[name, lang] = shown
        return self._shown[name, lang]

    def find(self, step: Step, result: Any = None) -> Entry | None:
        """Return what is kept for a step, or None."""
        return self.store.find(self.recipe(step, result), self._digest)

    def recipe(self, step: Step, result: Any = None) -> str:
        """Return the digest of all that decides a step but the files it opens."""
        read = self._snippets[step.name]
        parts: dict[str, Any] = {
            "kind": step.kind,
            "place": read.place,
            "python": platform.python_version(),
            "platform": [sys.implementation.name, sys.platform, platform.machine()],
            "numpy": _version("numpy"),
        }
        if step.kind == "compute":
            return digest(parts, read.part_code("compute"), _machinery(MACHINERY))
        parts |= {"result": digest(result), "lang": step.lang, "text": read.text[step.lang]}
        if step.kind == "draw":
            parts |= {"width": step.width, "matplotlib": _version("matplotlib")}
            return digest(parts, read.part_code("draw"), _machinery(DRAWING_MACHINERY))
        return digest(parts, read.part_code("claims", "table"), _machinery(MACHINERY))

    def _start_afresh(self) -> None:
        """Forget what was read: files may have changed since."""
        self._snippets: dict[str, Snippet] = {}
        self._shown: dict[tuple[str, str], Shown] = {}
        self._digests: dict[str, str] = {}
        self._history = History(self.root)

    def _digest(self, path: str) -> str:
        if path not in self._digests:
            self._digests[path] = digest_path(self.root, path)
        return self._digests[path]

    def _assemble(self, read: Snippet, lang: str) -> Shown | None:
        """Return what is shown from what is kept, None where anything is missing."""
        computed = self.find(Step("compute", read.name))
        if computed is None:
            return None
        words = self.find(Step("words", read.name, lang), computed.value)
        drawn = [self.find(Step("draw", read.name, lang, width), computed.value) for width in WIDTHS]
        if words is None or drawn[0] is None or drawn[1] is None:
            return None
        claims = words.value["claims"]
        text = {key: _fill(read, lang, key, claims) for key in snippet.REQUIRED_WORDS}
        inputs = dict(computed.inputs)
        for entry in (words, *drawn):
            inputs |= entry.inputs if entry else {}
        own = [path for path in inputs if not Path(path).is_absolute()]
        return Shown(
            name=read.name,
            lang=lang,
            **text,
            kind=read.text[lang].get("kind", "computed"),
            claims=claims,
            table=Table(**words.value["table"]),
            svg_wide=drawn[0].value,
            svg_narrow=drawn[1].value,
            source=read.compute_source,
            digest=digest(read.source, {path: inputs[path] for path in own}),
            data_files=tuple(sorted(path for path in own if not path.endswith((".py", "/")))),
            version=package_version(self.root),
            date=self._history.date([read.place, *own]),
            changed=self._history.changed([read.place, *own]),
        )


class _Run:
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
        read = runner._snippets[step.name]
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
        read = self.runner._snippets[step.name]
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


def literal_claims(root: Path, name: str) -> list[str]:
    """Return the claims of a snippet that do not follow its result: typed, not computed.

    Every number in the result is doubled, then one part of it at a time is changed; a claim must follow one of these.

    Raises:
        SiteError: If the snippet fails.
    """
    runner = Runner(root, workers=1)
    runner.prepare([name])
    computed = runner.find(Step("compute", name))
    run = _Run(runner)
    run.to_the_end(
        [Step("literals", name, lang) for lang in LANGUAGES], LANGUAGES, computed.value if computed else None
    )
    if run.problems:
        raise SiteError(run.problems)
    return sorted(run.literals)


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def package_version(root: Path) -> str:
    """Return the version of the package in `root`, or else of the installed one."""
    try:
        return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    except (OSError, KeyError):
        return _version("llmnotes")


@lru_cache
def _version(package: str) -> str:
    return importlib.metadata.version(package)


@lru_cache
def _machinery(files: tuple[str, ...]) -> str:
    here = Path(__file__).parent
    return digest([digest_path(here, file) for file in files])


def _local_pool(workers: int, memory_bytes: int) -> Any:
    # Imported late: pages that are answered from the store need no pool.
    from llmnotes.site.pool import LocalPool

    return LocalPool(workers, memory_bytes)


def _fill(read: Snippet, lang: str, key: str, claims: dict[str, str]) -> str:
    """Return one of the words with its `{{claim}}` marks filled in."""

    def claim(mark: re.Match[str]) -> str:
        if mark[1] not in claims:
            message = f'TEXT["{lang}"]["{key}"] uses {{{{{mark[1]}}}}}, which claims does not give'
            raise SiteError([read.problem(read.lines["TEXT"], message, f"the claims are {', '.join(claims)}")])
        return claims[mark[1]]

    return re.sub(r"\{\{(\w+)\}\}", claim, read.text[lang][key])
