"""The engines that are compared: how each writes the site in its form, and the command that builds it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import forms

QUIET = {"NO_MKDOCS_2_WARNING": "1", "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": ""}


@dataclass(frozen=True)
class Engine:
    """One engine.

    Args:
        key: The letter of the table.
        what: What it is.
        write: Writes a site of so many articles from a seed in its form.
        command: Builds the site in the current folder.
        kept: Folders that a cold build starts without.
    """

    key: str
    what: str
    write: Callable[[Path, int, int], None]
    command: tuple[str, ...]
    kept: tuple[str, ...]

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the command: packages from the repository, and a place for nobody's sitemap."""
        return os.environ | QUIET | {"PYTHONPATH": str(forms.REPOSITORY), "SITE_URL": "https://notes.example/"}


MKDOCS = (sys.executable, "-m", "mkdocs", "--quiet", "build")
MATERIAL = Engine("A", "Material, nothing executed", forms.write_material, MKDOCS, ("site",))
EXECUTED = Engine("B", "Material + markdown-exec", forms.write_executed, MKDOCS, ("site",))
OURS = Engine(
    "ours",
    "llmnotes.site",
    forms.write_ours,
    (sys.executable, "-m", "llmnotes.site", "build"),
    ("site", ".cache", ".scratch"),
)


def zensical(folder: Path) -> Engine | None:
    """Return the successor builder, installed into an environment of its own; None where it cannot be had.

    Args:
        folder: Where the environment lies, kept from one run to the next.
    """
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    # Everything else is taken from the environment that is in use, which is what the other engines run on.
    site = subprocess.run(
        [str(python), "-c", "import site; print(site.getsitepackages()[0])"], capture_output=True, text=True, check=True
    )
    ours = [path for path in sys.path if path.endswith("site-packages")]
    Path(site.stdout.strip(), "others.pth").write_text("\n".join(ours) + "\n", encoding="utf-8")
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "zensical"]
    if subprocess.run(pip, capture_output=True, check=False).returncode:
        return None
    shown = subprocess.run([*pip[:3], "list"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"^zensical\s+(\S+)", shown, re.M)
    name = f"Zensical {version[1] if version else ''} + markdown-exec"
    command = (str(python), "-m", "zensical", "build")
    return Engine("Z", name, forms.write_zensical, command, ("site", ".cache"))
