"""Read a snippet without running it: its parts, its words, and the code that each part needs."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from llmnotes.site.cache.store import digest
from llmnotes.site.snippets.statements import bound, needed
from llmnotes.site.text.problem import Problem, SiteError
from llmnotes.units import LANGUAGES

KINDS = ("computed", "measured", "reported")
# Each part and the arguments that it may take; without a drawing, bars are drawn into the table.
SIGNATURES = {
    "compute": ("compute()",),
    "draw": ("draw(result)", "draw(result, canvas)"),
    "table": ("table(result)",),
    "steps": ("steps(result)",),
    "play": ("play(result)",),
    "ask": ("ask()", "ask(result)"),
}
# What runs together: by the kind of a run, the parts that it needs. The table of a chart follows from what is drawn,
# and a drawing says where the rows of its table lie.
RUNS = {
    "compute": ("compute",),
    "words": ("table", "draw", "steps", "play", "ask"),
    "draw": ("draw", "table", "steps", "play"),
}
CLOCKS = {"now", "utcnow", "today", "time_ns", "perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns"}


@dataclass(frozen=True)
class Snippet:
    """One runnable file and what can be known of it without running it.

    Args:
        name: Path below `snippets/` without the suffix.
        path: Its file on this machine.
        source: Its text.
        kind: Kind of its numbers: "computed", or what a constant `KIND` says.
        lines: Line on which each part starts.
    """

    name: str
    path: Path
    source: str
    kind: str
    lines: dict[str, int]

    @cached_property
    def codes(self) -> dict[str, str]:
        """A digest of what each kind of run needs, in which spacing and comments do not count."""
        tree = ast.parse(self.source)
        return {kind: digest([ast.dump(node) for node in needed(tree, parts)]) for kind, parts in RUNS.items()}

    @property
    def shows(self) -> bool:
        """Whether there is a figure; a snippet without one gives numbers alone."""
        return bool({"draw", "table"} & set(self.lines))

    @cached_property
    def labels(self) -> list[tuple[int, dict[str, str]]]:
        """The labels that are written out in both languages, with their lines."""
        return [(node.lineno, words) for node, words in _labels_of(ast.parse(self.source))]

    @property
    def place(self) -> str:
        """Its file, relative to the project, with forward slashes."""
        return f"snippets/{self.name}.py"

    @property
    def id(self) -> str:
        """Last part of the name: what pages call the figure."""
        return self.name.rsplit("/", 1)[-1]

    @cached_property
    def compute_source(self) -> str:
        """The section marked `compute`, or the function where no section is marked."""
        section = re.search(r"^# --8<-- \[start:compute\]\n(.*?)^# --8<-- \[end:compute\]", self.source, re.M | re.S)
        if section:
            return section.group(1).strip("\n") + "\n"
        tree = ast.parse(self.source)
        name = "compute" if "compute" in self.lines else "ask"
        function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
        return (ast.get_source_segment(self.source, function) or "") + "\n"

    def part(self, *names: str) -> ast.Module:
        """Return the statements that the named parts need, and no others, with their lines."""
        # Parsed when asked for: kept, the trees of a large site would fill memory.
        return ast.Module(body=needed(ast.parse(self.source), names), type_ignores=[])

    def problem(self, line: int, message: str, remedy: str) -> Problem:
        """Return a problem that lies in this file."""
        return Problem(self.place, line, message, remedy)


def names(root: Path) -> list[str]:
    """Return the names of all snippets of the project, sorted."""
    folder = root / "snippets"
    return sorted(file.relative_to(folder).with_suffix("").as_posix() for file in folder.rglob("*.py"))


def load(root: Path, name: str) -> Snippet:
    """Return the snippet called `name`, checked as far as it can be without running it.

    Raises:
        SiteError: If there is none, or it does not hold what a snippet must hold.
    """
    return parse(name, *read(root, name))


def read(root: Path, name: str) -> tuple[Path, str]:
    """Return the file of a snippet and its text.

    Raises:
        SiteError: If there is none, or it is no text.
    """
    place = f"snippets/{name}.py"
    path = root / "snippets" / f"{name}.py"
    if not path.is_file() or ".." in name:
        close = difflib.get_close_matches(name, names(root), n=3, cutoff=0.5)
        remedy = f"did you mean {' or '.join(close)}?" if close else f"write {place}"
        raise SiteError([Problem(place, 0, f"there is no snippet {name}", remedy)])
    try:
        return path, path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise SiteError([Problem(place, 0, "is not UTF-8 text", "save it as UTF-8")]) from None


@lru_cache(maxsize=1024)
def parse(name: str, path: Path, source: str) -> Snippet:
    """Return the snippet that `source` is.

    Raises:
        SiteError: As in `load`.
    """
    place = f"snippets/{name}.py"
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 0
        raise SiteError([Problem(place, line, f"is not Python: {error}", "correct this line")]) from None
    lines = {name: node.lineno for node in tree.body for name in bound(node) if name in SIGNATURES}
    problems = [Problem(place, *found) for found in (*_parts(tree, lines), *_statements(tree), *_forbidden(tree))]
    kind = _constant(tree, "KIND") or KINDS[0]
    if kind not in KINDS:
        problems.append(Problem(place, 1, f"KIND is {kind!r}", f"write one of {', '.join(KINDS)}"))
    problems += [Problem(place, *found) for found in _labels(tree)]
    if problems:
        raise SiteError(problems)
    return Snippet(name, path, source, kind, lines)


def _parts(tree: ast.Module, lines: dict[str, int]) -> Iterator[tuple[int, str, str]]:
    """Yield what is wrong with the parts: line, message, remedy."""
    order = sorted(lines, key=lambda name: lines[name])
    # An exercise computes nothing besides its cases.
    if not {"compute", "ask"} & {*lines}:
        yield 1, "lacks its part compute", f"add compute(); the parts are {', '.join(SIGNATURES)}, in this order"
    if order != [name for name in SIGNATURES if name in lines]:
        yield lines[order[0]], f"has its parts in the order {', '.join(order)}", f"put them as {', '.join(SIGNATURES)}"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in SIGNATURES:
            forms = SIGNATURES[node.name]
            found = len(node.args.posonlyargs) + len(node.args.args)
            fits = found in {form.count(",") + (not form.endswith("()")) for form in forms}
            if not fits or node.args.vararg or node.args.kwonlyargs:
                yield node.lineno, f"{node.name} takes {found} arguments", f"write def {' or '.join(forms)}"
            if any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(node)) and node.name != "table":
                yield node.lineno, f"{node.name} yields", "return the value"
            if node.name == "draw" and found == 2 and "table" not in lines:
                remedy = "add table(result), which returns llmnotes.figures.Table, or return a chart from draw(result)"
                yield node.lineno, "draws by itself and has no table", remedy
        elif names_of := [name for name in bound(node) if name in SIGNATURES]:
            yield node.lineno, f"{names_of[0]} is not a plain function", f"write def {SIGNATURES[names_of[0]][0]}"


def _statements(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Yield the top-level statements that would make the parts depend on each other."""
    for index, node in enumerate(tree.body):
        docstring = index == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not (docstring or _is_main_guard(node) or bound(node)):
            remedy = "keep imports, constants, functions and the main guard at the top level"
            yield node.lineno, f"has a bare statement: {ast.unparse(node).splitlines()[0][:60]}", remedy


def _forbidden(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Yield imports and calls that no snippet may have."""
    for node in ast.walk(tree):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
            if node.level or any(alias.name == "*" for alias in node.names):
                yield node.lineno, "has a relative or star import", "name what is imported in full"
        elif isinstance(node, ast.Attribute) and (
            node.attr in CLOCKS
            or re.fullmatch(r"st_[acm]time(_ns)?|st_birthtime|st_ino|st_dev", node.attr)
            or (node.attr == "time" and isinstance(node.value, ast.Name) and node.value.id == "time")
        ):
            yield (
                node.lineno,
                f"reads the clock ({ast.unparse(node)})",
                "record the measurement in a data file and read it",
            )
        elif (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).endswith("default_rng")
            and not node.args + node.keywords
        ):
            yield node.lineno, "draws random numbers without a seed", "write default_rng(0)"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("id", "hash"):
            remedy = "compare values, or keep a number of your own"
            yield node.lineno, f"depends on where things lie in memory ({node.func.id})", remedy
        elif isinstance(node, ast.Call) and re.search(r"\bdatetime64\(['\"](now|today)", ast.unparse(node)):
            yield node.lineno, f"reads the clock ({ast.unparse(node)})", "write the day"
        if isinstance(node, ast.stmt) and any(
            module == "llmnotes.site" or module.startswith("llmnotes.site.") for module in modules
        ):
            yield node.lineno, "imports llmnotes.site", "import from llmnotes, never from llmnotes.site"


def _labels_of(tree: ast.Module) -> Iterator[tuple[ast.Call, dict[str, str]]]:
    """Yield the calls of `llmnotes.figures.label` with their words, as far as they are written out."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    if not any(
        name.name == "label" and (node.module or "").startswith("llmnotes") for node in imports for name in node.names
    ):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "label":
            words = {word.arg: word.value for word in node.keywords if word.arg}
            yield (
                node,
                {
                    lang: value.value
                    for lang, value in words.items()
                    if isinstance(value, ast.Constant) and isinstance(value.value, str)
                },
            )


def _labels(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Yield the labels that lack a language: line, message, remedy."""
    for node, words in _labels_of(tree):
        given = {word.arg for word in node.keywords}
        for lang in LANGUAGES:
            if lang not in given or not words.get(lang, "…").strip():
                yield node.lineno, f"has a label without {lang}", 'write label(zh="…", en="…")'


def _constant(tree: ast.Module, name: str) -> Any:
    """Return the value of a top-level constant, None where it is missing or not written out."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and name in bound(node) and node.value is not None:
            try:
                return ast.literal_eval(node.value)
            except ValueError:
                return None
    return None


def _is_main_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
