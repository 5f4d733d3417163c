"""Builds to compare: a folder, the zip to carry away, or what a commit builds to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from llmnotes.site.cache import workspace
from llmnotes.site.setup import venv_python
from llmnotes.site.text.commit import ask_git
from llmnotes.site.text.problem import Problem, SiteError

LOCK = "requirements.lock"
STORE = Path(".cache", "llmnotes")
REMEDY = "give a folder with en/ and zh/ in it, a zip of one, or a commit of this repository"


@contextmanager
def built(root: Path, text: str) -> Generator[Path]:
    """Give the built site that a text means; what had to be unpacked or built for it is removed afterwards.

    Raises:
        SiteError: If it means none, or the commit does not build.
    """
    path = Path(text)
    if path.is_dir():
        yield _holding_editions(path, text)
    elif path.is_file() and zipfile.is_zipfile(path):
        with workspace.scratch(root, "diff") as folder:
            with zipfile.ZipFile(path) as packed:
                packed.extractall(folder)
            yield _holding_editions(folder, text)
    else:
        commit = ask_git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{text}^{{commit}}").strip()
        if not commit:
            raise SiteError([Problem(text, 0, "is no built site, zip or commit", REMEDY)])
        with workspace.scratch(root, "diff") as folder:
            tree = folder / "tree"
            _run(["git", "-C", str(root), "worktree", "add", "--quiet", "--detach", str(tree), commit], root, text)
            try:
                _build(root, tree, text)
                yield tree / "site"
            finally:
                _run(["git", "-C", str(root), "worktree", "remove", "--force", str(tree)], root, text)


def _build(root: Path, tree: Path, text: str) -> None:
    """Build another commit: with its own code, and with its own packages where its lock names others."""
    if (root / STORE).is_dir():
        shutil.copytree(root / STORE, tree / STORE)
    python = Path(sys.executable)
    if (tree / LOCK).read_bytes() != (root / LOCK).read_bytes():
        _run([sys.executable, "-m", "llmnotes.site.setup"], tree, text)
        python = venv_python(tree)
    _run([str(python), "-m", "llmnotes.site", "build"], tree, text)


def _run(command: list[str], where: Path, text: str) -> None:
    # The commit's own code stands in that folder; nothing may lead back to this one.
    environment = {name: value for name, value in os.environ.items() if name not in ("LLMNOTES_ROOT", "PYTHONPATH")}
    done = subprocess.run(
        command,
        cwd=where,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        last = (done.stdout + done.stderr).strip().splitlines()[-1:] or ["without a word"]
        raise SiteError([Problem(text, 0, f"{' '.join(command[-2:])} failed: {last[0]}", REMEDY)])


def _holding_editions(folder: Path, text: str) -> Path:
    """Return the folder with the editions: this one, or the only one below it, as in the zip."""
    for one in (folder, *sorted(folder.iterdir())):
        if (one / "en").is_dir() and (one / "zh").is_dir():
            return one
    raise SiteError([Problem(text, 0, "holds no built site", REMEDY)])
