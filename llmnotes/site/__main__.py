"""The author's verbs: `python -m llmnotes.site VERB`, each loading only what it needs."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from llmnotes.site.text.problem import Problem, SiteError
from llmnotes.site.text.root import project_root

if TYPE_CHECKING:
    from llmnotes.site.snippets.pool import Pool

EXAMPLES = """
  python -m llmnotes.site new serving/why-replies-slow-down --en "…?"
  python -m llmnotes.site serve
  python -m llmnotes.site check
  python -m llmnotes.site run serving/why-replies-slow-down/main
  python -m llmnotes.site sync docs/en/serving/why-replies-slow-down.md
  python -m llmnotes.site build
"""


def port(text: str) -> int:
    """Return a port number; 0 lets the system choose.

    >>> port("8001")
    8001
    """
    if not (text.isdecimal() and int(text) < 65_536):
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 0 to 65535")
    return int(text)


def day(text: str) -> date:
    """Return a day.

    >>> day("2026-12-01")
    datetime.date(2026, 12, 1)
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day: write it as 2026-12-01") from None


def parser() -> argparse.ArgumentParser:
    """Return the command line of the verbs."""
    top = argparse.ArgumentParser(
        prog="python -m llmnotes.site",
        description="Write, check and build the site.",
        epilog=f"in the order an author needs them:{EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")

    new = verbs.add_parser("new", help="start an article: both pages, one snippet that runs, the navigation")
    new.add_argument("page", help="chapter and slug, as serving/why-replies-slow-down; of another kind its name")
    kinds = ["model", "chip", "price", "claim", "lab", "chapter", "formula", "family", "engine"]
    new.add_argument("--kind", choices=["article", *kinds], default="article", help="what is started (article)")
    new.add_argument("--zh", default="", metavar="QUESTION", help="the title in Chinese; one language is enough")
    new.add_argument(
        "--en", default="", metavar="QUESTION", help="the title in English; it makes that page the original"
    )

    run = verbs.add_parser("run", help="run snippets and show what they claim; all that changed where none is named")
    run.add_argument("snippets", nargs="*", metavar="SNIPPET", help="chapter/slug/name, or the file itself")

    verbs.add_parser("check", help="say what does not hold, and what mends it, without building")

    sync = verbs.add_parser("sync", help="note to which text of its original a translation belongs")
    sync.add_argument("pages", nargs="+", metavar="PAGE", help="page of either language, as docs/en/…/….md")
    compared = "the two were compared and say the same: take the mark `stale` away"
    sync.add_argument("--compared", action="store_true", help=compared)

    serve = verbs.add_parser("serve", help="show both languages at one address and reload on every edit")
    serve.add_argument("--port", type=port, default=8000, help="port on this machine (8000)")

    verbs.add_parser("numbers", help="count, page by page, where the numbers in prose come from")

    measure = verbs.add_parser("measure", help="run a lab whole on this machine and record what its measured cells say")
    measure.add_argument("lab", help="as labs/build-a-kv-cache")
    measure.add_argument("--machine", required=True, help="what is measured on, in words: processor, cores")

    build = verbs.add_parser("build", help="build both editions into site/, which stays untouched if anything fails")
    build.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="run what is missing on a Dask cluster: tcp://host:8786 (extra cluster)",
    )
    diff = verbs.add_parser("diff", help="say which numbers differ between two builds, before and after, page by page")
    diff.add_argument("before", help="a built site, a zip of one, or a commit, which is built")
    diff.add_argument("after", nargs="?", default="site", help="the same (site)")
    diff.add_argument("--json", action="store_true", help="as JSON; Markdown otherwise")
    due = verbs.add_parser("due", help="list the numbers that have stood longer than their kind may")
    due.add_argument("--on", type=day, default=None, metavar="DAY", help="on that day (today)")
    refresh = verbs.add_parser("refresh", help="compare registry and engines with what is published; needs the network")
    refresh.add_argument("--write", action="store_true", help="put the differences into the data files, for review")
    verbs.add_parser("links", help="ask for every address that pages and data name; needs the network")
    verbs.add_parser("package", help="build wheel, source and bill of materials into dist/, the same bytes every time")
    verbs.add_parser("published", help="put site, zip and PDFs together into dist/published/, as they are served")
    address = verbs.add_parser("address", help="say where the pages of a repository will be, for the environment")
    address.add_argument("repository", help="as owner/name")
    address.add_argument("--server", default="https://github.com", help="where its source is (https://github.com)")
    attempt = verbs.add_parser("try", help="build a pull request in a container, without network and without secrets")
    attempt.add_argument("number", help="of the pull request")
    verbs.add_parser("book", help="print site/ into dist/ as one PDF for each language; needs a Chromium")
    verbs.add_parser("bundle", help="pack site/ into dist/ as a zip that works without a server")
    return top


def on_cluster(address: str) -> Callable[[int, int], Pool]:
    """Return what makes a pool on the cluster behind a scheduler.

    Raises:
        SiteError: If the package that speaks to clusters is missing.
    """
    try:
        from llmnotes.site.snippets.cluster import ClusterPool
    except ModuleNotFoundError as error:
        remedy = "run pip install 'llmnotes[cluster]', or build without --scheduler"
        raise SiteError([Problem("--scheduler", 0, f"needs the package {error.name}", remedy)]) from None
    return lambda workers, memory_bytes: ClusterPool(address, memory_bytes)


def run(options: argparse.Namespace, root: Path) -> int:
    """Run the verb that was named; return the exit status."""
    if options.verb == "new" and options.kind != "article":
        from llmnotes.site.verbs.new_kind import new_kind

        print("\n".join(new_kind(root, options.kind, options.page, zh=options.zh, en=options.en)))
    elif options.verb == "new":
        from llmnotes.site.verbs.new import new

        print("\n".join(new(root, options.page, zh=options.zh, en=options.en)))
    elif options.verb == "run":
        from llmnotes.site.verbs.run_verb import run_snippets

        print(run_snippets(root, options.snippets))
    elif options.verb == "check":
        begun = time.monotonic()
        from llmnotes.site.build.build import check

        if problems := check(root):
            raise SiteError(problems)
        print(f"all holds, {time.monotonic() - begun:.1f} s")
    elif options.verb == "sync":
        from llmnotes.site.verbs.sync import sync

        print("\n".join(sync(root, options.pages, compared=options.compared)) or "nothing to pin")
    elif options.verb == "numbers":
        from llmnotes.site.checks.prose import reports
        from llmnotes.site.snippets.runner import Runner

        print("\n".join(map(str, reports(root, Runner(root)))))
    elif options.verb == "measure":
        from llmnotes.site.labs.execute import measure

        print(f"{measure(root, options.lab, options.machine).relative_to(root)}: recorded")
    elif options.verb == "serve":
        from llmnotes.site.build.serve import serve

        serve(root, options.port)
    elif options.verb == "build":
        begun = time.monotonic()
        from llmnotes.site.cache import manifest

        if (n_pages := manifest.built_pages(root)) is not None:
            print(f"site/: {n_pages} pages, nothing changed, {time.monotonic() - begun:.2f} s")
            return 0
        from llmnotes.site.build.build import build

        print(build(root, make_pool=on_cluster(options.scheduler) if options.scheduler else None))
    elif options.verb == "diff":
        from llmnotes.site.compare.builds import built
        from llmnotes.site.compare.moved import difference

        with built(root, options.before) as before, built(root, options.after) as after:
            found = difference(before, after)
        print(found.as_json() if options.json else found.as_markdown(), end="")
    elif options.verb == "due":
        from llmnotes.site.upkeep.shelf_life import report

        print(report(options.on or datetime.now(UTC).date()), end="")
    elif options.verb == "refresh":
        from llmnotes.site.upkeep.refresh import Endpoints, compare, write

        compared = compare(Endpoints.given())
        print(compared.as_markdown())
        for file in write(root, compared, datetime.now(UTC).date()) if options.write else []:
            print(f"- wrote `{file}`")
        # Out of reach altogether: that is no answer.
        return 0 if compared.equal or compared.differs else 1
    elif options.verb == "links":
        from llmnotes.site.upkeep import links

        found = links.addresses(root)
        dead = links.gone(found)
        print(links.report(found, dead), end="")
        return 1 if dead else 0
    elif options.verb == "package":
        from llmnotes.site.release.bill import bill
        from llmnotes.site.release.package import package

        for file in [*package(root), bill(root)]:
            print(f"{file.relative_to(root)}: sha256 {sha256(file.read_bytes()).hexdigest()}")
    elif options.verb == "published":
        from llmnotes.site.release.address import published

        print(f"{published(root).relative_to(root)}/")
    elif options.verb == "address":
        from llmnotes.site.release.address import settings

        print("\n".join(f"{name}={value}" for name, value in settings(options.repository, options.server).items()))
    elif options.verb == "try":
        from llmnotes.site.verbs.try_pull import try_pull

        print(try_pull(root, options.number))
    elif options.verb == "book":
        from llmnotes.site.book.book import book
        from llmnotes.units import LANGUAGES

        for lang in LANGUAGES:
            printed = book(root, lang)
            print(f"{printed.relative_to(root)}: {printed.stat().st_size / 1e6:.1f} MB")
    elif options.verb == "bundle":
        from llmnotes.site.verbs.bundle import bundle

        packed = bundle(root)
        print(f"{packed.relative_to(root)}: {packed.stat().st_size / 1e6:.1f} MB")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb; return the exit status."""
    options = parser().parse_args(arguments)
    titled = options.verb == "new" and options.kind in ("article", "lab", "chapter")
    if titled and not (options.zh.strip() or options.en.strip()):
        parser().error('new needs a title: --en "…?" or --zh "…？"; one language is enough')
    # A verb that is told to stop still ends what it started, in the background of a shell too.
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, signal.default_int_handler)
    try:
        return run(options, project_root())
    except SiteError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        if len(error.problems) > 1:
            print(f"{len(error.problems)} problems", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        # Loading SQLite takes longer than a verb that finds nothing changed.
        if not (isinstance(error, OSError) or type(error).__module__ == "sqlite3"):
            raise
        from llmnotes.site.text.system import said

        print(said(error, Path.cwd()), file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
