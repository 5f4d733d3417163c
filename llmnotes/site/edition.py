"""Build one edition with MkDocs, in a process of its own: `python -m llmnotes.site.edition LANG ROOT SITE_DIR REPORT`.

A process of its own, because MkDocs, its plugins and the fences keep state in modules: an edit to the package would
have no effect in a process that has imported it, and `sys.exit` in a fence must not end the build in silence.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llmnotes.site.commit import Commit, read_commit
from llmnotes.site.problem import Problem, SiteError

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

CONFIGS = {"zh": "mkdocs.yml", "en": "mkdocs.en.yml"}


@dataclass
class Running:
    """An edition being built: its process and where it will report."""

    lang: str
    process: subprocess.Popen[bytes]
    report: Path
    log: Path


def start(root: Path, lang: str, site: Path, commit: Commit) -> Running:
    """Start building an edition into its folder of `site`; its report and log go beside `site`."""
    report, log = (site.with_name(f"{lang}-{name}") for name in ("report.json", "log.txt"))
    package = Path(__file__).resolve().parents[2]
    environment = os.environ | {
        "LLMNOTES_ROOT": str(root),
        "NO_MKDOCS_2_WARNING": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(package), os.environ.get("PYTHONPATH")])),
        "SOURCE_DATE_EPOCH": str(commit.epoch),
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "llmnotes.site.edition", lang, str(root), str(site / lang), str(report)],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return Running(lang, process, report, log)


def wait(running: Running) -> list[Problem]:
    """Wait for an edition; return everything that MkDocs, its plugins and the fences complained about."""
    status = running.process.wait()
    if running.report.exists():
        return [Problem(**one) for one in json.loads(running.report.read_text(encoding="utf-8"))]
    said = running.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    config = CONFIGS[running.lang]
    what = f"the builder of this edition stopped with status {status}: {said[-1] if said else 'without a word'}"
    return [Problem(config, 0, what, f"see what it says under `python -m mkdocs build -f {config}`")]


class _Complaints(logging.Handler):
    """Turns the warnings of MkDocs and its plugins into problems that name page and line."""

    def __init__(self, root: Path, config: MkDocsConfig) -> None:
        super().__init__(logging.WARNING)
        self.root, self.config = root, config
        self.found: list[Problem] = []

    def emit(self, record: logging.LogRecord) -> None:
        # What is raised is reported with its own place; MkDocs logs it as well.
        if record.levelno == logging.WARNING:
            self.found.append(self.problem(record.getMessage()))

    def page(self) -> Path | None:
        """Return the page that is being converted, if any."""
        current = self.config._current_page
        return Path(self.config.docs_dir, current.file.src_uri) if current else None

    def problem(self, message: str) -> Problem:
        """Return a warning as a problem. MkDocs names the page in its text, markdown-exec the id of the fence."""
        rows = [row.strip() for row in message.splitlines() if row.strip()]
        quoted = rows[0].split("'")[1::2]
        page = next((path for name in quoted if (path := Path(self.config.docs_dir, name)).is_file()), self.page())
        if page is None:
            place = Path(self.config.config_file_path).name
            return Problem(place, 0, rows[0].rstrip("."), "correct the setting that it names")
        if rows[0].startswith("Execution of"):
            what, remedy = f"a fence raised {rows[-1]}", "mend the fence or what it shows"
            signs = [f'id="{name}"' for name in quoted]
        else:
            what, remedy = rows[0].rstrip("."), "correct the link, or write the page or heading that it names"
            signs = [f"]({name}" for name in quoted[1:]]
        return Problem(page.relative_to(self.root).as_posix(), line_of(page, signs), what, remedy)


def line_of(page: Path, signs: list[str]) -> int:
    """Return the first line of a page that holds one of the signs, or 0."""
    rows = page.read_text(encoding="utf-8").splitlines()
    return next((number for number, row in enumerate(rows, 1) if any(sign in row for sign in signs)), 0)


def build_here(root: Path, lang: str, site_dir: Path) -> list[Problem]:
    """Build an edition in this process; return what is wrong with it."""
    from mkdocs.commands.build import build
    from mkdocs.config import load_config
    from mkdocs.exceptions import MkDocsException

    try:
        config = load_config(str(root / CONFIGS[lang]), site_dir=str(site_dir), strict=True)
    except MkDocsException as error:
        return [Problem(CONFIGS[lang], 0, str(error).strip().replace("\n", " "), "correct the configuration")]
    if config.site_url:
        config.site_url += f"{lang}/"
    config.extra["commit"] = asdict(read_commit(root))
    complaints = _Complaints(root, config)
    logging.getLogger("mkdocs").addHandler(complaints)
    try:
        build(config)
    except SiteError as error:
        return complaints.found + error.problems
    except MkDocsException as error:
        return complaints.found or [Problem(CONFIGS[lang], 0, str(error), "correct what it names")]
    except Exception as error:
        traceback.print_exc()
        page = complaints.page()
        place = page.relative_to(root).as_posix() if page else CONFIGS[lang]
        what = f"converting it raised {type(error).__name__}: {error}"
        return [*complaints.found, Problem(place, 0, what, f"see `python -m mkdocs build -f {CONFIGS[lang]}`")]
    return complaints.found


def main(arguments: list[str]) -> int:
    """Build the edition that the arguments name and write its report."""
    lang, root, site_dir, report = arguments
    problems = build_here(Path(root), lang, Path(site_dir))
    Path(report).write_text(json.dumps([asdict(one) for one in problems]), encoding="utf-8")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
