"""One turn of `serve`, in a process of its own so that it sees the package as it is on disk now.

`python -m llmnotes.site.build.draft ROOT FOLDER` loads what it needs and waits for a line with languages. It builds
these editions into `FOLDER/next`, says so in a line of JSON, waits for a line (by then they lie in `FOLDER/site`),
checks and verifies the whole, and says what it found in another line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from contextlib import redirect_stdout, suppress
from pathlib import Path

from llmnotes.site.build import build, edition, outputs
from llmnotes.site.checks import data, settled, tree
from llmnotes.site.markdown import katex
from llmnotes.site.snippets.runner import runner_of
from llmnotes.site.text import pages
from llmnotes.site.text.problem import Problem, SiteError
from llmnotes.site.verify.verify import verify


def main(arguments: list[str]) -> int:
    """Take one turn; what is wrong is said, not raised."""
    root, folder = map(Path, arguments)
    # The turn asks again, and says it: an edit may come between.
    with suppress(SiteError):
        tree.refuse(root)
        edition.warm_up(root)
    katex.render("x", display=False)
    # The end of the input is the end of the server.
    if languages := sys.stdin.readline().split():
        # What plugins print is not for the server.
        with redirect_stdout(sys.stderr):
            turn(root, folder, languages)
    return 0


def turn(root: Path, folder: Path, languages: list[str]) -> None:
    """Build, tell, check, tell."""
    site_url = os.environ.get("SITE_URL", "")
    runner = runner_of(root)
    try:
        tree.refuse(root)
        data.refuse(root, runner.store)
        build.prepare(runner)
        found = pages.load(root)
        complete, problems = editions(root, folder / "next", languages)
        outputs.write_root(root, folder / "next", site_url, found)
    except SiteError as error:
        say(complete=False, problems=error.problems)
        return
    say(complete, problems)
    if complete and sys.stdin.readline():
        problems = build.together(problems, set(settled.check_changed(root, runner)))
        say(complete, problems or verify(root, folder / "site", site_url))


def editions(root: Path, site: Path, languages: list[str]) -> tuple[bool, list[Problem]]:
    """Build one edition in this process, which is warm, and another beside it."""
    here, *others = languages
    with edition.started(root, site, others) as running:
        edition.go(running, runner_of(root).marks)
        done = [edition.build_here(root, here, site / here), *map(edition.wait, running)]
    return all(complete for complete, _ in done), [problem for _, problems in done for problem in problems]


def say(complete: bool, problems: Iterable[Problem]) -> None:
    """Tell the server."""
    said = {"complete": complete, "problems": [str(one) for one in sorted(set(problems))]}
    print(json.dumps(said), file=sys.__stdout__, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
