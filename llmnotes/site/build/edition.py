"""Build one edition with MkDocs, in a process of its own.

`python -m llmnotes.site.build.edition LANG ROOT SITE_DIR REPORT` does it.

A process of its own, because MkDocs, its plugins and the fences keep state in modules: an edit to the package would
have no effect in a process that has imported it, and `sys.exit` in a fence must not end the build in silence.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sqlite3
import subprocess
import sys
import threading
import traceback
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from yaml import YAMLError

from llmnotes.site.cache.store import code_digest, whole_package_digest
from llmnotes.site.snippets.runner import runner_of
from llmnotes.site.text import nav, system
from llmnotes.site.text.commit import Commit, read_commit
from llmnotes.site.text.nav import CONFIGS
from llmnotes.site.text.pages import sources
from llmnotes.site.text.problem import Problem, SiteError, line_of
from llmnotes.site.text.root import child_environment

# Far more than any edition takes.
LIMIT_S = 900.0
MARKS = "marks.json"
LABS_PLUGIN = "mkdocs-jupyter"


@dataclass
class Running:
    """An edition being built: its process and where it will report."""

    lang: str
    process: subprocess.Popen[bytes]
    report: Path
    log: Path


@contextmanager
def started(root: Path, site: Path, languages: Iterable[str]) -> Generator[list[Running], None, None]:
    """Start building editions side by side, each into its folder of `site`; reports and logs go beside `site`.

    Each loads what it needs and waits for `go`. What still runs at the end is killed.
    """
    commit = read_commit(root)
    running: list[Running] = []
    try:
        for lang in languages:
            running.append(_start(root, lang, site, commit))
        yield running
    finally:
        for one in running:
            one.process.kill()
            with one.process:
                pass


def _start(root: Path, lang: str, site: Path, commit: Commit) -> Running:
    report, log = (site.with_name(f"{lang}-{name}") for name in ("report.json", "log.txt"))
    report.unlink(missing_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "llmnotes.site.build.edition", lang, str(root), str(site / lang), str(report)],
            cwd=root,
            env=child_environment(root) | {"SOURCE_DATE_EPOCH": str(commit.epoch)},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return Running(lang, process, report, log)


def go(editions: Iterable[Running], marks: dict[str, str]) -> None:
    """Tell editions, which have loaded what they need, that every snippet has run; `marks` tell the results apart."""
    editions = list(editions)
    # All of it before the first is told: they share one file, and that one would read it while it is written again.
    for place in {one.report.with_name(MARKS) for one in editions}:
        place.write_text(json.dumps(marks), encoding="utf-8")
    for one in editions:
        assert one.process.stdin is not None
        # One that has died already says so in its log.
        with suppress(BrokenPipeError):
            one.process.stdin.write(b"\n")
            one.process.stdin.flush()


def wait(running: Running, limit_s: float = LIMIT_S) -> tuple[bool, list[Problem]]:
    """Wait for an edition; return whether every page was written, and everything that was complained about."""
    try:
        status = running.process.wait(limit_s)
    except subprocess.TimeoutExpired:
        what = f"this edition was not done after {limit_s:.0f} s"
        return False, [Problem(CONFIGS[running.lang], 0, what, "look for a fence or an extension that never ends")]
    # On a full disk there is half a report.
    with suppress(OSError, ValueError):
        report = json.loads(running.report.read_text(encoding="utf-8"))
        return report["complete"], [Problem(**one) for one in report["problems"]]
    said = running.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    config = CONFIGS[running.lang]
    if system.is_full(running.log.parent):
        return False, [Problem(config, 0, "the disk was full while this edition was built", system.FULL_REMEDY)]
    what = f"the builder of this edition stopped with status {status}: {said[-1] if said else 'without a word'}"
    return False, [Problem(config, 0, what, f"see what it says under `python -m mkdocs build -f {config}`")]


class _Complaints(logging.Handler):
    """Turns the warnings of MkDocs and its plugins into problems that name page and line."""

    def __init__(self, root: Path, lang: str) -> None:
        super().__init__(logging.DEBUG)
        self.root, self.lang = root, lang
        self.page: Path | None = None
        self.found: list[Problem] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        # MkDocs says which page it turns to only to those who debug it.
        if record.levelno == logging.DEBUG:
            if message.startswith(("Reading: ", "Building page ")):
                self.page = self.path(message.split()[-1])
        # While pages are converted, an error is also raised, and reported from there with its place.
        elif record.levelno == logging.WARNING or (record.levelno > logging.WARNING and self.page is None):
            self.found.append(self.problem(message))

    def path(self, name: str) -> Path:
        """Return where a page of this edition lies."""
        return self.root / "docs" / self.lang / name

    def problem(self, message: str) -> Problem:
        """Return a warning as a problem. MkDocs names the page in its text, markdown-exec the id of the fence."""
        rows = [row.strip() for row in message.splitlines() if row.strip()]
        quoted = rows[0].split("'")[1::2]
        page = next((path for name in quoted if (path := self.path(name)).is_file()), self.page)
        if page is None:
            return Problem(CONFIGS[self.lang], 0, rows[0].rstrip("."), "correct the setting that it names")
        if "Execution of" in rows[0]:
            what, remedy = f"a fence raised {rows[-1]}", "mend the fence or what it shows"
            signs = [f'id="{name}"' for name in quoted]
        else:
            what = re.sub(r"^Doc file '[^']*' contains ", "has ", rows[0]).rstrip(".")
            remedy = "correct the link, or write the page or heading that it names"
            signs = [f"]({name}" for name in quoted[1:]]
        return Problem(page.relative_to(self.root).as_posix(), line_of(page, signs), what, remedy)


def settings_of(root: Path, lang: str, **settings: Any) -> Any:
    """Return the configuration of an edition, as MkDocs loads it without the plugin of labs (`labs.hook` says why).

    Raises:
        MkDocsException: If it is none.
    """
    from mkdocs.config import load_config

    # What is no YAML is left to MkDocs to say.
    with suppress(YAMLError):
        if (listed := nav.plugins(root, lang)) is not None:
            settings["plugins"] = [
                one for one in listed if LABS_PLUGIN not in (one if isinstance(one, dict) else [one])
            ]
    return load_config(str(root / CONFIGS[lang]), **settings)


def warm_up(root: Path) -> None:
    """Load what building an edition needs, for a process that will build one later."""
    from mkdocs.exceptions import MkDocsException

    for name in ("mkdocs.commands.build", "llmnotes.site.build.kept_pages", "llmnotes.site.markdown.twins"):
        import_module(name)
    # What this process runs, it has loaded.
    code_digest(), whole_package_digest()
    logging.getLogger("mkdocs").addHandler(logging.NullHandler())
    # A configuration that is broken now may be mended by then.
    with suppress(MkDocsException):
        settings_of(root, "zh")


def page_dates(root: Path, lang: str) -> dict[str, str]:
    """Return the day of the last commit of each page that has one and no changes since, by its path in the edition."""
    history, docs = runner_of(root).history, root / "docs" / lang
    paths = {page.relative_to(docs).as_posix(): page.relative_to(root).as_posix() for page in sources(root, lang)}
    return {
        name: date for name, path in paths.items() if (date := history.date([path])) and not history.changed([path])
    }


def build_here(root: Path, lang: str, site_dir: Path) -> tuple[bool, list[Problem]]:
    """Build an edition in this process; return whether every page was written, and what is wrong."""
    from mkdocs.commands.build import build
    from mkdocs.exceptions import MkDocsException

    from llmnotes.site.build.kept_pages import kept_pages
    from llmnotes.site.figures import figure_files
    from llmnotes.site.made import write as made
    from llmnotes.site.made.claims.pages import card_lengths
    from llmnotes.site.markdown import katex, twins
    from llmnotes.site.script import formula_files
    from llmnotes.site.text import searched, terms

    config_file = CONFIGS[lang]
    complaints = _Complaints(root, lang)
    logging.getLogger("mkdocs").addHandler(complaints)
    logging.getLogger("mkdocs.commands.build").setLevel(logging.DEBUG)
    try:
        # Not strict: each warning is a problem here, and the pages are written before anything stops.
        config = settings_of(root, lang, site_dir=str(site_dir), strict=False)
        if config.site_url:
            config.site_url += f"{lang}/"
        config.extra["commit"] = asdict(read_commit(root))
        config.extra["dates"] = page_dates(root, lang)
        config.extra["cards"] = card_lengths(lang)
        # The whole site has a 404 page and a sitemap once, at its root.
        config.theme.static_templates.discard("404.html")
        runner = runner_of(root)
        with katex.kept_in(runner.store):
            with kept_pages(root, lang, config, runner, complaints.found):
                build(config)
            for name in ("sitemap.xml", "sitemap.xml.gz"):
                (site_dir / name).unlink(missing_ok=True)
            snippets = twins.write(root, lang, site_dir)
            formula_files.write(runner.store, site_dir)
            made.write(root, lang, config, site_dir)
            terms.write(root, lang, site_dir)
            figure_files.write(runner, lang, site_dir, snippets)
            searched.write(root, lang, site_dir)
    except SiteError as error:
        return False, complaints.found + error.problems
    except MkDocsException as error:
        said = Problem(config_file, 0, " ".join(str(error).split()), "correct what it names")
        return False, complaints.found or [said]
    except (OSError, sqlite3.Error) as error:
        return False, [*complaints.found, system.refused(error, root)]
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        place = complaints.page.relative_to(root).as_posix() if complaints.page else config_file
        what = f"converting it raised {type(error).__name__}: {error}"
        return False, [*complaints.found, Problem(place, 0, what, f"see `python -m mkdocs build -f {config_file}`")]
    return True, complaints.found


def main(arguments: list[str]) -> int:
    """Build the edition that the arguments name and write its report."""
    lang, root, site_dir, report = arguments
    warm_up(Path(root))
    _wait_for_word()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    marks = Path(report).with_name(MARKS)
    if marks.exists():
        runner_of(Path(root)).marks = json.loads(marks.read_text(encoding="utf-8"))
    complete, problems = build_here(Path(root), lang, Path(site_dir))
    said = {"complete": complete, "problems": [asdict(one) for one in problems]}
    Path(report).write_text(json.dumps(said), encoding="utf-8")
    return 1 if problems else 0


def _wait_for_word() -> None:
    """Wait until the build says that snippets have run; without a build there is nothing to do."""
    if not os.read(sys.stdin.fileno(), 1):
        sys.exit(1)


def _end_with_parent() -> None:
    """Stop when the build that started this process is gone, however it ended: its end of the pipe closes."""
    # Read without Python's buffer: at the end of this process its lock would still be held.
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
