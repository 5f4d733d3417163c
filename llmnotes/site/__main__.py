"""The author's verbs: `python -m llmnotes.site VERB`."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from llmnotes.site import manifest
from llmnotes.site.problem import SiteError
from llmnotes.site.root import project_root


def parser() -> argparse.ArgumentParser:
    """Return the command line of the verbs."""
    top = argparse.ArgumentParser(prog="python -m llmnotes.site", description="Write, check and build the site.")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("build", help="build both editions into site/, which stays untouched if anything fails")
    serve = verbs.add_parser("serve", help="show both languages at one address and reload on every edit")
    serve.add_argument("--port", type=int, default=8000, help="port on this machine (8000)")
    verbs.add_parser("bundle", help="pack site/ into dist/ as a zip that works without a server")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb; return the exit status."""
    options = parser().parse_args(arguments)
    # A verb that is told to stop still ends what it started, in the background of a shell too.
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, signal.default_int_handler)
    try:
        return run(options, project_root())
    except SiteError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 1
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def run(options: argparse.Namespace, root: Path) -> int:
    """Run the verb that was named; each loads only what it needs."""
    if options.verb == "build":
        begun = time.monotonic()
        if (n_pages := manifest.built_pages(root)) is not None:
            print(f"site/: {n_pages} pages, nothing changed, {time.monotonic() - begun:.2f} s")
            return 0
        from llmnotes.site.build import build

        print(build(root))
    elif options.verb == "serve":
        from llmnotes.site.serve import serve

        serve(root, options.port)
    elif options.verb == "bundle":
        from llmnotes.site.bundle import bundle

        packed = bundle(root)
        print(f"{packed.relative_to(root)}: {packed.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
