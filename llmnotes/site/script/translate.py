"""Python as the JavaScript that Brython makes of it, made while the site is built: readers do not wait for that."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path

from py_mini_racer import MiniRacer

from llmnotes.site.cache.store import Entry, Store, digest, package_digest
from llmnotes.site.script.library import BRYTHON
from llmnotes.site.text.problem import Problem, SiteError

# Enough of a world for Brython to start in: it takes this one for Node and asks for nothing more.
# Names that Brython makes up begin with a number by chance: here always with the same.
WORLD = """
Math.random = () => 0.5
var global = globalThis, self = globalThis, module = {}, process = {release: {name: "node"}}
var addEventListener = () => {}
var console = {log() {}, info() {}, warn() {}, error() {}}
var URL = class { pathname = "/"; search = ""; hash = "" }
"""
TRANSLATE = """
function translate(name, filename, src) {
  __BRYTHON__.url2name[filename] = name
  try {
    return {js: __BRYTHON__.py2js({src, filename, imported: true}, name, name).to_js()}
  } catch (error) {
    return {error: String(error.message || error.args || error)}
  }
}
"""

# What Brython keeps for tracebacks, which nobody sees here: the line that runs, and the columns of what it calls.
FOR_TRACEBACKS = re.compile(r"\$B\.set_lineno\(frame, \d+(, '\w+')?\);?|frame\.positions = \[\[.*\]\]")
# Numbers of lines and places that stand among what is needed.
PLACES = (
    (re.compile(r"(\$getattr_pep657\([^()]*, '\w+'), \d+\)"), r"\1, 0)"),
    (re.compile(r"(\$B\.enter_frame\(frame, __file__), \d+\)"), r"\1, 1)"),
    (re.compile(r"^(\d+), \d+, (\d+, \[)"), r"\1, 1, \2"),
)
# A line that ends with a backslash goes on in the next one, as a text in which blanks count.
LINE_END = re.compile(r"(?<!\\)\n")
DOCUMENTS = re.compile(r"^(locals\w*\.__doc__ = )'.*'$", re.S)


def translated(sources: Mapping[str, str], packages: set[str], slot: str, store: Store) -> dict[str, str]:
    """Return modules as JavaScript, from the store where neither a module nor Brython has changed.

    Args:
        sources: Python by full name of its module.
        packages: Which of them are packages.
        slot: By which the store knows these modules. Names count on from one module to the next, so that the same
            modules always give the same bytes only if they are translated together.
        store: Where translations are kept.

    Raises:
        SiteError: If Brython cannot read a module.
    """
    rules = Path(__file__).read_text(encoding="utf-8")
    recipe = digest(package_digest("brython"), rules, sources, sorted(packages))
    if (kept := store.latest(f"translated {slot}", recipe, str)) is not None:
        return kept.value
    made = _translate(sources, packages)
    store.keep_latest(f"translated {slot}", recipe, Entry(made, {}))
    return made


def _translate(sources: Mapping[str, str], packages: set[str]) -> dict[str, str]:
    context = MiniRacer()
    try:
        context.eval(WORLD)
        context.eval((BRYTHON / "brython.js").read_text(encoding="utf-8"))
        context.eval(TRANSLATE)
        made, problems = {}, []
        for name, source in sources.items():
            filename = f"VFS.{name}" + ("/__init__.py" if name in packages else ".py")
            answer = dict(context.call("translate", name, filename, source))
            if "error" in answer:
                what = f"Brython cannot translate {name}: {answer['error']}"
                problems.append(
                    Problem("llmnotes/site/script/browser.py", 0, what, "write that module without what it names")
                )
            else:
                made[name] = slim(answer["js"])
    finally:
        # Collected by an interpreter that is shutting down, a context waits for its own thread for ever.
        context.close()
    if problems:
        raise SiteError(problems)
    return made


def slim(script: str) -> str:
    """Return a translation without what only tracebacks need, its indentation and what it says of itself.

    >>> slim("if (a) {\\n  $B.set_lineno(frame, 12)\\n  b = 'x\\\\\\n  y'\\n}")
    "if (a) {\\nb = 'x\\\\\\n  y'\\n}"
    >>> slim("  locals.__doc__ = 'One \\\\\\n two'\\n  c = 3")
    "locals.__doc__ = '.'\\nc = 3"
    >>> slim("$B.enter_frame(frame, __file__, 34)\\n$B.set_lineno(frame, 35);\\n$B.$getattr_pep657(locals.a, 'b', 5)")
    "$B.enter_frame(frame, __file__, 1)\\n$B.$getattr_pep657(locals.a, 'b', 0)"
    """
    lines = [line.lstrip(" ") for line in LINE_END.split(script)]
    # Not nothing: a data class without a word would look for its signature.
    kept = (DOCUMENTS.sub(r"\1'.'", line) for line in lines if not FOR_TRACEBACKS.fullmatch(line))
    return "\n".join(_placeless(line) for line in kept)


def _placeless(line: str) -> str:
    for number, without in PLACES:
        line = number.sub(without, line)
    return line


def bare(source: str) -> str:
    """Return a module as it runs: its functions without types and texts, which Brython would carry along with each.

    >>> print(bare("def f(n: int) -> int:\\n    'Twice.'\\n    m: int = 2 * n\\n    return m"))
    def f(n):
        m = 2 * n
        return m
    """
    return ast.unparse(ast.fix_missing_locations(_Bare().visit(ast.parse(source))))


class _Bare(ast.NodeTransformer):
    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        """Return a class with the types of its fields, which a data class is made of."""
        node.body = [part if isinstance(part, ast.AnnAssign) else self.visit(part) for part in node.body]
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """Return a function without the types of what it takes and gives, and without its text."""
        arguments = node.args
        for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
            if one is not None:
                one.annotation = None
        node.returns = None
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Return a name of a module or function as it is given its value."""
        return node if node.value is None else ast.Assign([node.target], node.value)
