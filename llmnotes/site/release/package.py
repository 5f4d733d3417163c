"""Wheel and source of the package: from the commit alone, the same bytes from whatever clone."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

from llmnotes.site.cache import workspace
from llmnotes.site.text.commit import read_commit
from llmnotes.site.text.problem import Problem, SiteError

# What is made on the way has the same rights whoever makes it; the builder puts its own arguments in the place of ours.
BUILD = """import os, sys
from setuptools import build_meta
os.umask(0o022)
to = sys.argv[1]
build_meta.build_sdist(to)
build_meta.build_wheel(to)
"""
PLAIN, RUNNABLE = 0o644, 0o755


def package(root: Path) -> list[Path]:
    """Build wheel and source into `dist/` and return both.

    Raises:
        SiteError: If there is no commit to build from, or the build fails.
    """
    epoch = read_commit(root).epoch
    if not epoch:
        remedy = "build inside a git repository, or set SOURCE_DATE_EPOCH"
        raise SiteError([Problem("pyproject.toml", 0, "there is no commit whose day the files could carry", remedy)])
    (root / "dist").mkdir(exist_ok=True)
    with workspace.scratch(root, "package") as folder:
        tree, made = folder / "tree", folder / "made"
        made.mkdir()
        _unpack(root, tree, epoch)
        environment = os.environ | {"SOURCE_DATE_EPOCH": str(epoch), "PYTHONHASHSEED": "0"}
        command = [sys.executable, "-c", BUILD, str(made)]
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stdout + done.stderr).strip().splitlines()[-1:] or ["without a word"]
            raise SiteError([Problem("pyproject.toml", 0, f"cannot be packaged: {last[0]}", "correct it, build again")])
        (source,) = made.glob("*.tar.gz")
        source.write_bytes(_settled(source.read_bytes(), epoch))
        return sorted(file.replace(root / "dist" / file.name) for file in [*made.iterdir()])


def _unpack(root: Path, tree: Path, epoch: int) -> None:
    """Write the files of the commit, all with its time and with the same rights whoever asks."""
    command = ["git", "-C", str(root), "archive", "--format=tar", "HEAD"]
    packed = subprocess.run(command, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(tree, filter="data")
    for file in sorted(tree.rglob("*")):
        if file.is_file():
            file.chmod(RUNNABLE if file.stat().st_mode & 0o100 else PLAIN)
        os.utime(file, (epoch, epoch))


def _settled(packed: bytes, epoch: int) -> bytes:
    """Return a source archive without what its making left in it: times, owners, the order of folders."""
    out = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(packed)) as before,
        gzip.GzipFile(filename="", fileobj=out, mode="wb", compresslevel=9, mtime=epoch) as squeezed,
        tarfile.open(fileobj=squeezed, mode="w", format=tarfile.PAX_FORMAT) as after,
    ):
        for entry in sorted(before.getmembers(), key=lambda entry: entry.name):
            fresh = tarfile.TarInfo(entry.name)
            fresh.type, fresh.size, fresh.mtime = entry.type, entry.size, epoch
            fresh.mode = RUNNABLE if entry.isdir() or entry.mode & 0o100 else PLAIN
            after.addfile(fresh, before.extractfile(entry) if entry.isfile() else None)
    return out.getvalue()
