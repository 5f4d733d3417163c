"""What the package needs of Brython's standard library, which is ten times as large and slow to load."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import brython

BRYTHON = Path(brython.__file__).parent / "data"
# What Brython has loaded once the package has sized every registered model and refused every broken one.
NAMES = """
_collections _collections_abc _json _operator _py_abc _thread _weakref _weakrefset abc browser builtins
collections copy copyreg dataclasses difflib enum heapq itertools json json.encoder keyword math operator
python_re re reprlib sys types weakref
""".split()  # noqa: SIM905 - a list literal would fill a screen
# Of these the package, or what it imports, needs a name or two; whole, they are half of what would be loaded.
STAND_INS = {
    "_colorize": "can_colorize = get_theme = None\n",
    "annotationlib": """
class Format:
    VALUE, VALUE_WITH_FAKE_GLOBALS, FORWARDREF, STRING = 1, 2, 3, 4

class ForwardRef:
    pass

def get_annotations(owner, *, format):
    return dict(owner.__annotations__)
""",
    "functools": """
def lru_cache(maxsize=None):
    def kept(function):
        known = {}
        def asked(*arguments):
            if arguments not in known:
                known[arguments] = function(*arguments)
            return known[arguments]
        return asked
    return kept
""",
    "importlib": """
import sys

def import_module(name):
    __import__(name)
    return sys.modules[name]
""",
    "os": "class PathLike:\n    pass\n",
    "typing": """
Any = object()
ClassVar = object()

def get_origin(annotation):
    return None
""",
}


@lru_cache(maxsize=1)
def standard_library() -> tuple[dict[str, str], dict[str, str]]:
    """Return modules in Python and modules in JavaScript, source by name.

    Raises:
        KeyError: If this Brython lacks one of `NAMES`.
    """
    text = (BRYTHON / "brython_stdlib.js").read_text(encoding="utf-8")
    every, _ = json.JSONDecoder().raw_decode(text, text.index("{"))
    python = {name: every[name][1] for name in NAMES if every[name][0] == ".py"} | STAND_INS
    return dict(sorted(python.items())), {name: every[name][1] for name in NAMES if every[name][0] == ".js"}
