"""The author's verbs: `python -m llmnotes.site VERB`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from llmnotes.site.problem import SiteError
from llmnotes.site.root import project_root


def parser() -> argparse.ArgumentParser:
    """Return the command line of the verbs."""
    top = argparse.ArgumentParser(prog="python -m llmnotes.site", description="Write, check and build the site.")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("build", help="build both editions into site/, which stays untouched if anything fails")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb; return the exit status."""
    parser().parse_args(arguments)
    try:
        root = project_root()
        from llmnotes.site.build import build

        print(build(root))
    except SiteError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 1
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
