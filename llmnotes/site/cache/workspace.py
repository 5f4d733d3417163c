"""Scratch folders beside the site, and the swap of a finished one into its place.

A build never writes into the site that stands. It works in a folder of its own below `.scratch`, locked for as long as
its process lives, and moves the finished tree into place with two renames. A kill between them leaves the former site
aside; whoever comes next puts it back.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: IO[bytes], wait: bool) -> None:
        msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(handle: IO[bytes], wait: bool) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)


LOCK_SUFFIX = ".lock"
# Where files go that somebody else has put into the site.
OTHERS = "site-others"


@contextmanager
def locked(path: Path, *, wait: bool) -> Generator[None, None, None]:
    """Hold a lock that the system drops when this process ends, however it ends."""
    with path.open("ab") as handle:
        _lock(handle, wait)
        yield


@contextmanager
def scratch(root: Path, purpose: str) -> Generator[Path, None, None]:
    """Yield an empty folder that nobody else touches; it is gone afterwards.

    Folders that killed builds left behind are removed on the way in.
    """
    base = root / ".scratch"
    base.mkdir(exist_ok=True)
    with locked(base / "swap.lock", wait=True):
        _recover(root)
        _sweep(base)
        folder = Path(tempfile.mkdtemp(prefix=f"{purpose}-", dir=base))
        lock = folder.with_name(folder.name + LOCK_SUFFIX)
        alive = ExitStack()
        # Windows removes no file that is open, so the lock goes after it is let go.
        alive.callback(lock.unlink, missing_ok=True)
        alive.enter_context(locked(lock, wait=True))
    with alive:
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def take_over(root: Path, site: Path, standing: Callable[[Path], list[str]]) -> list[str]:
    """Put folders of the standing site that `standing` names into a new one, while nobody swaps it; return them."""
    (root / ".scratch").mkdir(exist_ok=True)
    with locked(root / ".scratch" / "swap.lock", wait=True):
        found = standing(root)
        for name in found:
            # No build writes into a file that stands, so both trees may share it.
            shutil.copytree(root / "site" / name, site / name, copy_function=_link)
    return found


def _link(source: str, target: str) -> None:
    """Let a file be found in a second place, or copy it where the system cannot."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def swap_in(root: Path, finished: Path) -> list[str]:
    """Put a finished tree in the place of `site/`, whose former tree stays until the new one stands.

    Returns:
        What lay in the former one and no build had put there: it now lies in `site-others/`.
    """
    site, aside, listed = root / "site", root / ".scratch" / "former-site", root / ".scratch" / "site-files.txt"
    with locked(root / ".scratch" / "swap.lock", wait=True):
        _recover(root)
        new = _files_in(finished)
        known = set(listed.read_text(encoding="utf-8").splitlines()) if listed.is_file() else set()
        others = sorted(_files_in(site) - known - new)
        for name in others:
            _put_aside(site / name, root / OTHERS / name)
        if site.exists():
            site.rename(aside)
        finished.rename(site)
        with suppress(OSError):  # a full disk: the site stands
            listed.write_text("\n".join(sorted(new)), encoding="utf-8")
        shutil.rmtree(aside, ignore_errors=True)
    return others


def _files_in(folder: Path) -> set[str]:
    return {
        Path(here, name).relative_to(folder).as_posix()
        for here, folders, names in os.walk(folder)
        for name in [*names, *(one for one in folders if os.path.islink(os.path.join(here, one)))]
    }


def _put_aside(file: Path, target: Path) -> None:
    """Move a file to where none is."""
    place, n = target, 1
    while os.path.lexists(place):
        n += 1
        place = target.with_name(f"{target.name}.{n}")
    place.parent.mkdir(parents=True, exist_ok=True)
    file.rename(place)


def _recover(root: Path) -> None:
    """Finish what a killed swap began: either the new site stands, or the former one returns."""
    site, aside = root / "site", root / ".scratch" / "former-site"
    if aside.exists() and not site.exists():
        aside.rename(site)
    shutil.rmtree(aside, ignore_errors=True)


def _sweep(base: Path) -> None:
    """Remove scratch folders whose process no longer lives."""
    for lock in base.glob(f"*-*{LOCK_SUFFIX}"):
        with suppress(OSError):
            with locked(lock, wait=False):
                shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink(missing_ok=True)
