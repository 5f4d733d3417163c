"""Build somebody's pull request inside a container: without network, without secrets, without this machine's files.

What guards a snippet (`snippets.sandbox`, `snippets.doors`) guards against accidents; this is the boundary for code
that nobody has read yet. The packages are those of this checkout's lock, installed before; the pull request's own
code runs only in the second container, which has no network.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

from llmnotes.site.text.problem import Problem, SiteError

ENGINES = ("podman", "docker")
IMAGE = "python:3.12-slim"
LOCK = "requirements.lock"
LIMITS = ("--cap-drop", "all", "--security-opt", "no-new-privileges", "--pids-limit", "1024", "--memory", "8g")


def try_pull(root: Path, number: str) -> str:
    """Fetch pull request `number`, build it in a container, and return where its site is.

    Raises:
        SiteError: If the number is none, no engine runs here, it cannot be fetched, or it does not build.
    """
    if not re.fullmatch(r"[1-9][0-9]{0,8}", number):
        raise SiteError([Problem("try", 0, f"{number!r} is no pull request", "write its number: make try PR=12")])
    engine = find_engine()
    folder = root / ".scratch" / f"try-{number}"
    packages = root / ".scratch" / "try-packages"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _unpack(root, number, folder)
    note = ""
    if (folder / LOCK).read_bytes() != (root / LOCK).read_bytes():
        note = f"; it changes {LOCK}, and was built with the packages of this checkout"
    _install(root, engine, packages)
    command = ["/packages/bin/python", "-m", "llmnotes.site", "build"]
    mounts = ["-v", f"{folder}:/work:Z", "-v", f"{packages}:/packages:ro,Z", "-w", "/work"]
    set_up = ["-e", "HOME=/tmp", "-e", "PYTHONPATH=/work", "--tmpfs", "/tmp", "--read-only", "--network", "none"]
    done = subprocess.run([engine, "run", "--rm", *LIMITS, *set_up, *mounts, IMAGE, *command], check=False)
    if done.returncode:
        remedy = f"see above; its files are in .scratch/{folder.name}"
        raise SiteError([Problem(f"pull request {number}", 0, "does not build", remedy)])
    if links := [path for path in (folder / "site").rglob("*") if path.is_symlink()]:
        name = links[0].relative_to(folder).as_posix()
        raise SiteError([Problem(name, 0, "is a link in the built site", "do not open it; ask its author why")])
    return f".scratch/{folder.name}/site/index.html: pull request {number}, built without network{note}"


def find_engine() -> str:
    """Return a container engine that answers.

    Raises:
        SiteError: If there is none.
    """
    for name in ENGINES:
        if (found := shutil.which(name)) and not subprocess.run(
            [found, "info"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        ).returncode:
            return found
    remedy = "start podman or docker, or read its diff and let the workflow build it, which holds no secret"
    raise SiteError([Problem("try", 0, "no container engine answers here", remedy)])


def _unpack(root: Path, number: str, folder: Path) -> None:
    """Put the files of a pull request into a folder, without its history and what git keeps beside it."""
    remotes = subprocess.run(["git", "remote"], cwd=root, capture_output=True, text=True, check=False).stdout.split()
    remote = "upstream" if "upstream" in remotes else "origin"
    fetch = ["git", "fetch", "--quiet", remote, f"pull/{number}/head"]
    asked = subprocess.run(
        fetch, cwd=root, capture_output=True, text=True, check=False, env=os.environ | {"LC_ALL": "C"}
    )
    if asked.returncode:
        said = (asked.stderr.strip().splitlines() or ["without a word"])[0]
        remedy = f"look whether {remote} has pull request {number}"
        raise SiteError([Problem("try", 0, f"git fetch {remote} pull/{number}/head failed: {said}", remedy)])
    packed = subprocess.run(["git", "archive", "FETCH_HEAD"], cwd=root, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")


def _install(root: Path, engine: str, packages: Path) -> None:
    """Install the packages of this checkout's lock, once for each lock."""
    stamp = packages / LOCK
    if stamp.is_file() and stamp.read_bytes() == (root / LOCK).read_bytes():
        return
    shutil.rmtree(packages, ignore_errors=True)
    packages.mkdir(parents=True)
    steps = (
        "python -m venv /packages && /packages/bin/python -m pip install --quiet --require-hashes "
        f"--only-binary :all: -r /{LOCK}"
    )
    mounts = ["-v", f"{root / LOCK}:/{LOCK}:ro,Z", "-v", f"{packages}:/packages:Z"]
    done = subprocess.run([engine, "run", "--rm", *LIMITS, *mounts, IMAGE, "sh", "-c", steps], check=False)
    if done.returncode:
        raise SiteError([Problem(LOCK, 0, "its packages could not be installed in a container", "see above")])
    shutil.copy(root / LOCK, stamp)
