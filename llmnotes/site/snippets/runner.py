"""Compute and draw what pages show, once for the same inputs, and answer pages from what is kept."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from llmnotes.site.cache.store import PACKAGE, Entry, Store, digest, digest_path, package_digest
from llmnotes.site.places import CHECKOUT
from llmnotes.site.snippets import labels, recipes, snippet
from llmnotes.site.snippets.run import Run
from llmnotes.site.snippets.snippet import LANGUAGES, Snippet
from llmnotes.site.text.history import History
from llmnotes.site.text.problem import SiteError
from llmnotes.site.text.shown import WIDTHS, Shown, Step, Table

TIMEOUT_S = 30.0
# An input may be edited while it is read; then what was run is not what is there now.
MOST_TRIES = 3
MEMORY_BYTES = 8 * 2**30
# Marks an input that is a snippet as it is shown in a language.
SHOWN = "shown:"


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
        languages = tuple(languages)
        self._start_afresh()
        missing = [name for name in names if not all(self._kept("whole", name, lang) for lang in languages)]
        self._run(missing, lambda name: steps_of(self._snippets[name], languages))

    def get(self, name: str, lang: str) -> Shown:
        """Return what a page shows; runs what is missing of it.

        Raises:
            SiteError: If the snippet fails.
        """
        if (name, lang) not in self._shown:
            made = self._kept("shown", name, lang) or self._gather(name, lang)
            for _ in range(MOST_TRIES):
                if made is not None:
                    break
                self._run([name], lambda name: steps_of(self._snippets[name], (lang,)))
                self._digests.clear()
                made = self._gather(name, lang)
            if made is None:
                remedy = "build again when no file is being changed"
                raise SiteError([self.snippet(name).problem(0, "changed while it was run", remedy)])
            self._shown[name, lang] = self._dated(name, made)
        return self._shown[name, lang]

    def result(self, name: str) -> dict[str, Any]:
        """Return what a snippet computed that `get` can show, as JSON holds it; nothing for one that only asks."""
        self._load(name)
        computed = self.find(Step("compute", name))
        return computed.value if computed else {}

    def mark(self, name: str, lang: str) -> str:
        """Return a digest that differs whenever what `get` returns does, without reading it; empty where unknown."""
        if not self.marks.get(f"{name}:{lang}"):
            self.marks[f"{name}:{lang}"] = self._mark(name, lang)
        return self.marks[f"{name}:{lang}"]

    def inputs_of(self, names: Iterable[str], languages: Iterable[str]) -> dict[str, str]:
        """Return snippets as inputs of what shows them, each with its mark."""
        return {f"{SHOWN}{name}:{lang}": self.mark(name, lang) for name in names for lang in languages}

    def digest_of(self, path: str) -> str:
        """Return the digest of an input: the mark of a snippet, or what a file, a folder or a package is."""
        if path.startswith(SHOWN):
            return self.mark(*path.removeprefix(SHOWN).rsplit(":", 1))
        return self._digest(path)

    def find(self, step: Step, result: Any = None) -> Entry | None:
        """Return what is kept for a step, or None."""
        return self.store.find(recipes.of_step(self.snippet(step.name), step, result), self._digest)

    def was_computed(self, name: str) -> bool:
        """Return whether any state of a snippet has been computed before."""
        return self.store.has_latest(f"computed {name}")

    def snippet(self, name: str) -> Snippet:
        """Return a snippet that was loaded by `prepare` or `get`."""
        return self._snippets[name]

    def _load(self, name: str) -> Snippet:
        if name not in self._snippets:
            self._snippets[name] = snippet.parse(name, *self._text(name))
        return self._snippets[name]

    def _text(self, name: str) -> tuple[Path, str]:
        if name not in self._texts:
            self._texts[name] = snippet.read(self.root, name)
        return self._texts[name]

    def _run(self, names: Iterable[str], follow: Callable[[str], list[Step]]) -> None:
        """Run what is missing of these snippets and raise every problem together."""
        run = Run(self, follow)
        sound = []
        for name in dict.fromkeys(names):
            try:
                self._load(name)
                sound.append(name)
            except SiteError as error:
                run.problems += error.problems
        run.to_the_end(sound)
        if run.problems:
            raise SiteError(run.problems)

    def _start_afresh(self) -> None:
        """Forget what was read: files may have changed since."""
        self._texts: dict[str, tuple[Path, str]] = {}
        self._snippets: dict[str, Snippet] = {}
        self._shown: dict[tuple[str, str], Shown] = {}
        # By snippet and language; another process that read the same files may hand in what it found.
        self.marks: dict[str, str] = {}
        self._digests: dict[str, str] = {}
        self.history = History(self.root)
        self._version = package_version(self.root)

    def _digest(self, path: str) -> str:
        if path not in self._digests:
            term = path.startswith(labels.TERM)
            self._digests[path] = labels.digest_of(self.root, path) if term else digest_path(self.root, path)
        return self._digests[path]

    def _mark(self, name: str, lang: str) -> str:
        if (whole := self._kept("whole", name, lang)) is None:
            with suppress(SiteError):
                self._gather(name, lang)
            whole = self._kept("whole", name, lang)
        return digest(whole.value, self._version, *self._history_of(name, whole.inputs)) if whole else ""

    def _kept(self, what: str, name: str, lang: str) -> Entry | None:
        """Return what is known of a snippet of which nothing was missing in a language, without parsing it."""
        with suppress(SiteError):
            return self.store.latest(f"{what} {lang} {name}", recipes.of_all(self._text(name)[1]), self._digest)
        return None

    def _gather(self, name: str, lang: str) -> Entry | None:
        """Return all that a page shows but its dates, and keep it whole; None where anything is missing.

        Raises:
            SiteError: If the snippet is not sound.
        """
        read = self._load(name)
        computed = self.find(Step("compute", name))
        if computed is None:
            return None
        found = {step.width or step.kind: self.find(step, computed.value) for step in steps_of(read, (lang,))}
        kept = {what: entry for what, entry in found.items() if entry is not None}
        if len(kept) < len(found):
            return None
        words, drawings = kept["words"], {width: kept[width].value for width in WIDTHS if width in kept}
        inputs = dict(computed.inputs)
        for entry in kept.values():
            inputs |= entry.inputs
        own = _own(inputs)
        value = {
            "name": name,
            "lang": lang,
            **dict.fromkeys(("title", "caption", "description"), ""),
            "kind": read.kind,
            **words.value,
            "svg_wide": drawings.get("wide", ""),
            "svg_narrow": drawings.get("narrow", ""),
            "source": read.compute_source,
            "digest": digest(read.source, {path: inputs[path] for path in own}),
            "data_files": sorted(path for path in own if not path.endswith((".py", "/"))),
        }
        recipe, made = recipes.of_all(read.source), Entry(value, inputs)
        self.store.keep_latest(f"shown {lang} {name}", recipe, made)
        # Far smaller, and all that most builds ask for.
        self.store.keep_latest(f"whole {lang} {name}", recipe, Entry(digest(value, inputs), inputs))
        return made

    def _dated(self, name: str, made: Entry) -> Shown:
        table, files = Table(**made.value["table"]), tuple(made.value["data_files"])
        date, changed = self._history_of(name, made.inputs)
        value = made.value | {"table": table, "data_files": files}
        return Shown(**value, version=self._version, date=date, changed=changed)

    def _history_of(self, name: str, inputs: Iterable[str]) -> tuple[str, bool]:
        """Return the day of the last commit that touched a snippet or what it opens, and whether any differs."""
        own = [f"snippets/{name}.py", *_own(inputs)]
        return self.history.date(own), self.history.changed(own)


@lru_cache(maxsize=1)
def runner_of(root: Path) -> Runner:
    """Return the one runner of a process that builds an edition: no file changes while it does."""
    return Runner(root)


def steps_of(read: Snippet, languages: Iterable[str]) -> list[Step]:
    """Return what follows from the result of a snippet, for pages in these languages."""
    words = [Step("words", read.name, lang) for lang in languages]
    widths = WIDTHS if "draw" in read.lines else ()
    return words + [Step("draw", read.name, step.lang, width) for step in words for width in widths]


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def package_version(root: Path) -> str:
    """Return the version of the package in `root`, or else of the one that runs."""
    for folder in (root, CHECKOUT):
        if (file := folder / "pyproject.toml").is_file():
            return tomllib.loads(file.read_text(encoding="utf-8"))["project"]["version"]
    return package_digest("llmnotes")


def _local_pool(workers: int, memory_bytes: int) -> Any:
    # Imported late: pages that are answered from the store need no pool.
    from llmnotes.site.snippets.pool import LocalPool

    return LocalPool(workers, memory_bytes)


def _own(inputs: Iterable[str]) -> list[str]:
    """Return the inputs that are files of the project."""
    return [path for path in inputs if not path.startswith((PACKAGE, labels.TERM)) and not Path(path).is_absolute()]
