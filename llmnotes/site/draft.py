"""One turn of `serve`, in a process of its own so that it sees the package as it is on disk now.

`python -m llmnotes.site.draft ROOT FOLDER LANG…` builds the editions into `FOLDER/next`, says so in a line of JSON
on standard output, waits for a line on standard input (by then they lie in `FOLDER/site`), and verifies the whole.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from llmnotes.site import build, check, edition, outputs, pages
from llmnotes.site.problem import Problem, SiteError
from llmnotes.site.verify import verify


def main(arguments: list[str]) -> int:
    """Run one turn; what is wrong is said, not raised."""
    root, folder = Path(arguments[0]), Path(arguments[1])
    site_url = os.environ.get("SITE_URL", "")
    try:
        runner = build.prepare(root)
        found = pages.load(root)
        with edition.started(root, folder / "next", arguments[2:]) as running:
            done = [edition.wait(one) for one in running]
        outputs.write_root(root, folder / "next", site_url, found)
    except SiteError as error:
        say(complete=False, problems=error.problems)
        return 0
    complete = all(complete for complete, _ in done)
    problems = [problem for _, problems in done for problem in problems]
    say(complete, problems)
    if complete:
        sys.stdin.readline()
        problems += check.check(root, runner)
        say(True, problems or verify(root, folder / "site", site_url))
    return 0


def say(complete: bool, problems: Iterable[Problem]) -> None:
    """Tell the server."""
    print(json.dumps({"complete": complete, "problems": [str(one) for one in sorted(set(problems))]}), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
