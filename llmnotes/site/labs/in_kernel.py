"""What runs inside a lab's kernel around its cells: the rules, how figures are handed over, and what was opened."""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

FORBIDDEN = ("socket.connect", "socket.getaddrinfo", "urllib.Request", "subprocess.Popen", "os.system")
SVG = "image/svg+xml"
_opened: set[str] = set()


def begin(root: str) -> None:
    """Set the rules for the cells that follow: no network, no processes, no warning overlooked."""
    inside = os.path.realpath(root) + os.sep

    def see(event: str, arguments: tuple[Any, ...]) -> None:
        if event in FORBIDDEN:
            raise PermissionError(f"a lab must not use {event}: record what it needs as data, with its source")
        if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if path.startswith(inside):
                _opened.add(path)

    sys.addaudithook(see)
    warnings.simplefilter("error")
    _draw_as_the_site_does()


def report(root: str) -> str:
    """Return, as JSON, every file of the project that the cells read or imported."""
    # What the kernel itself does from here on is not the lab's.
    warnings.resetwarnings()
    modules = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    paths = {os.path.realpath(path) for path in modules if path} | _opened
    inside = Path(os.path.realpath(root))
    own = (Path(path) for path in paths if Path(path).is_relative_to(inside))
    # Python writes byte code under a name of the moment before it moves it into place.
    names = {path.relative_to(inside).as_posix() for path in own if path.parent.name != "__pycache__"}
    return json.dumps(sorted(name for name in names if not name.startswith(".")))


def _draw_as_the_site_does() -> None:
    """Hand figures over as drawings whose colours the page can choose."""
    from IPython.core.getipython import get_ipython
    from matplotlib.figure import Figure

    from llmnotes.figures import render

    shell: Any = get_ipython()
    formatter = shell.display_formatter
    formatter.active_types = ["text/plain", SVG]
    formatter.formatters[SVG].enabled = True
    formatter.formatters[SVG].for_type(Figure, lambda figure: render(figure).decode())
