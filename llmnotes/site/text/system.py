"""What the system refused, a full disk or a folder of somebody else's, as one line with what mends it."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from pathlib import Path

from llmnotes.site.text.problem import Problem

FULL_REMEDY = "free some room and run it again: what stood stands, and nothing that was kept is lost"
WRITE_REMEDY = "make it a folder that you may write to, or work in a copy of the project that is yours"
LEAST_ROOM = 2**20
KEPT = ".cache/llmnotes"
FULL = (errno.ENOSPC, errno.EDQUOT)
NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS)


def refused(error: OSError | sqlite3.Error, root: Path) -> Problem:
    """Return an error of the system as a problem of the project in `root`."""
    if isinstance(error, sqlite3.Error):
        name = getattr(error, "sqlite_errorname", None) or ""
        if name.startswith("SQLITE_FULL") or (name.startswith("SQLITE_IOERR") and is_full(root)):
            return Problem(KEPT, 0, "the disk is full", FULL_REMEDY)
        if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
            return Problem(KEPT, 0, "cannot be written to", WRITE_REMEDY)
        return Problem(KEPT, 0, f"cannot be used ({error})", "delete the folder: everything in it is made again")
    named = str(error.filename2 or error.filename or "")
    place = Path(named).relative_to(root).as_posix() if named and Path(named).is_relative_to(root) else named
    if error.errno in FULL:
        return Problem(place or str(root), 0, "the disk is full", FULL_REMEDY)
    if error.errno in NOT_ALLOWED:
        return Problem(place or str(root), 0, f"cannot be written to or read ({error.strerror})", WRITE_REMEDY)
    if error.errno == errno.ENOENT and place.startswith((".cache", ".scratch")):
        return Problem(place, 0, "was deleted while a build worked in it", "run it again")
    return Problem(place or str(root), 0, f"the system says: {error.strerror}", "mend that and run it again")


def said(error: Exception, root: Path) -> str:
    """Return what to tell of an error; one of our own making says all there is to say."""
    if isinstance(error, sqlite3.Error) or (isinstance(error, OSError) and error.errno is not None):
        return str(refused(error, root))
    return str(error)


def is_full(folder: Path) -> bool:
    """Return whether there is no room on the disk of a folder."""
    try:
        return shutil.disk_usage(folder).free < LEAST_ROOM
    except OSError:
        return False
