"""The public equations of a module, read from their docstrings with griffe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from llmnotes.site.places import PACKAGE

# In the order in which articles build upon each other.
MODULES = ("params", "flops", "kvcache", "memory", "serving", "training", "pricing")
# What begins, at the end of a module's docstring, the words for names that mean the same in most of its equations.
NAMES = "Names, where a function says nothing else:\n"


@dataclass(frozen=True)
class Argument:
    """What a reader puts in: its name in the code, what it is (with symbol and unit), and a value where one is set."""

    name: str
    said: str
    default: str


@dataclass(frozen=True)
class Equation:
    """One equation.

    Attributes:
        name: In the code.
        said: Its sentences and formulas, first line first.
        arguments: In their order. One that its docstring leaves out has the words that its module has for the name.
        returns: What comes out, empty where the first line says it.
        source: Where it comes from, empty where it is plain arithmetic.
        example: A session that the tests run.
    """

    name: str
    said: str
    arguments: tuple[Argument, ...]
    returns: str
    source: str
    example: str


@dataclass(frozen=True)
class Module:
    """A module: its name, what it says of itself, its equations in the order of the file."""

    name: str
    said: str
    equations: tuple[Equation, ...]


def modules() -> list[Module]:
    """Return the modules of equations with every public one."""
    import griffe

    folder = PACKAGE / "equations"
    files = {name: folder / f"{name}.py" for name in MODULES}
    return [
        _module(griffe.visit(name, filepath=path, code=path.read_text(encoding="utf-8")))
        for name, path in files.items()
    ]


def _module(found: Any) -> Module:
    equations = [one for one in found.functions.values() if not one.name.startswith("_") and not one.is_alias]
    said, _, names = found.docstring.value.partition(NAMES)
    shared = dict(line.strip().split(": ", 1) for line in names.splitlines() if line)
    return Module(found.name, said.strip(), tuple(_equation(one, shared) for one in equations))


def _equation(function: Any, shared: dict[str, str]) -> Equation:
    """Return an equation, whose example may stand in the words, where griffe leaves it."""
    words: list[str] = []
    example: list[str] = []
    arguments: dict[str, str] = {}
    returns = source = ""
    for part in function.docstring.parse("google", warnings=False):
        match part.kind.value:
            case "text":
                text, prompt, session = part.value.partition(">>> ")
                words.append(text.strip())
                example.append(prompt + session)
            case "parameters":
                arguments = {one.name: one.description for one in part.value}
            case "returns":
                returns = " ".join(one.description for one in part.value)
            case "admonition" if part.title == "Source":
                text, prompt, session = part.value.description.partition(">>> ")
                source = " ".join(text.split())
                example.append(prompt + session)
    listed = tuple(
        Argument(
            one.name,
            arguments.get(one.name) or shared.get(one.name, ""),
            "" if one.default is None else str(one.default),
        )
        for one in function.parameters
    )
    return Equation(
        function.name,
        "\n\n".join(filter(None, words)),
        listed,
        " ".join(returns.split()),
        source,
        "\n".join(filter(None, example)).strip(),
    )
