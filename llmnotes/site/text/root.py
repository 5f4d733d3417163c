"""Where the project is, for code that MkDocs calls without telling."""

from __future__ import annotations

import os
from pathlib import Path

from llmnotes.site.places import CHECKOUT


def project_root() -> Path:
    """Return the folder that holds `mkdocs.yml`.

    `LLMNOTES_ROOT` decides where it is set (the build sets it); otherwise the nearest one upward from here.

    Raises:
        FileNotFoundError: If there is none.
    """
    if root := os.environ.get("LLMNOTES_ROOT"):
        return Path(root)
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "mkdocs.yml").is_file():
            return folder
    raise FileNotFoundError(f"no mkdocs.yml in {here} or above it: run the command inside the project")


def child_environment(root: Path) -> dict[str, str]:
    """Return the environment in which a process of this project imports the very package that is running."""
    return os.environ | {
        "LLMNOTES_ROOT": str(root),
        "NO_MKDOCS_2_WARNING": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH")])),
        "PYTHONUTF8": "1",
    }
