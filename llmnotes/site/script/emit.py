"""Equations as JavaScript: the page calculates with the very functions that the tests hold to the truth.

Only plain arithmetic is translated; anything else stops the build and names file and line. Integers are exact below
2^53 on both sides, which is why `//` may become a rounded division there.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import json
import math
import re
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, get_args, get_type_hints

from llmnotes.site.text.problem import Problem, SiteError

BINARY: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
COMPARE: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "===",
    ast.NotEq: "!==",
}
BOOLEAN: dict[type[ast.boolop], str] = {ast.And: "&&", ast.Or: "||"}
UNARY: dict[type[ast.unaryop], str] = {ast.USub: "-", ast.UAdd: "+", ast.Not: "!"}
# Functions of plain numbers that JavaScript has under the same name.
MATHS = (min, max, abs, math.sqrt, math.log, math.log2, math.ceil, math.floor)
# Words of JavaScript that are names in Python.
RESERVED = re.compile(
    "arguments|case|catch|const|debugger|default|delete|do|enum|eval|export|extends|function|implements|instanceof|"
    "interface|let|new|package|private|protected|public|static|super|switch|this|throw|typeof|undefined|var|void"
)
REMEDY = (
    "use plain arithmetic, comparisons, min max sqrt log, conditional expressions, while, loops over groups of "
    "coefficients, calls between equations, and numbers by name"
)


def emit(equations: Sequence[FunctionType]) -> str:
    """Translate equations, and those they call, into JavaScript functions of the same names.

    Keyword arguments become one object: `cost(profile, *, n_tokens)` is called as `cost(profile, {n_tokens: 8})`. What
    a dataclass is in Python is an object with the same fields. A function throws a `RangeError` where the Python raises
    an error of its own; a division by zero gives `Infinity` or `NaN`.

    Raises:
        SiteError: At the first line of each function that cannot be translated.

    >>> from llmnotes.equations.flops import matrix_flops
    >>> print(emit([matrix_flops]))
    function matrix_flops({n_params}) {
      return (2 * n_params);
    }
    """
    emitted: dict[FunctionType, str] = {}
    problems: list[Problem] = []
    pending = [*equations]
    while pending:
        equation = pending.pop(0)
        if equation in emitted:
            continue
        emitted[equation] = ""
        try:
            translator = _Translator(equation)
            emitted[equation] = translator.function()
            pending += translator.callees
        except SiteError as error:
            problems += error.problems
    problems += _one_name_for_two(emitted)
    if problems:
        raise SiteError(problems)
    return "\n".join(emitted.values())


def _one_name_for_two(equations: Iterable[FunctionType]) -> Iterable[Problem]:
    first: dict[str, FunctionType] = {}
    for equation in equations:
        other = first.setdefault(equation.__name__, equation)
        if other is not equation:
            why = f"{other.__module__} has a {equation.__name__} too, and in JavaScript they would be one"
            yield _problem(equation, 1, why, "rename one of them")


def _problem(equation: FunctionType, line: int, why: str, remedy: str = REMEDY) -> Problem:
    """What is wrong at a line of an equation, counted from its first."""
    place = "/".join(Path(inspect.getsourcefile(equation) or "<unknown>").parts[-2:])
    first = inspect.getsourcelines(equation)[1]
    return Problem(place, first + line - 1, f"cannot be emitted as JavaScript: {why}", remedy)


class _Translator:
    """One function on its way into JavaScript."""

    def __init__(self, equation: FunctionType) -> None:
        self.equation = equation
        self.callees: list[FunctionType] = []
        self.declared: set[str] = set()
        self.types: dict[str, type[Any]] = {}
        definition = ast.parse(textwrap.dedent(inspect.getsource(equation))).body[0]
        if not isinstance(definition, ast.FunctionDef):
            raise self.cannot(definition, "this is not a function")
        self.definition = definition
        self.assigned = [n.id for n in ast.walk(definition) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        for name in (*inspect.signature(equation).parameters, *self.assigned):
            if RESERVED.fullmatch(name):
                why = f"{name!r} is a word of the language there"
                raise SiteError([_problem(equation, 1, why, "name it otherwise")])

    def cannot(self, node: ast.AST, why: str) -> SiteError:
        return SiteError([_problem(self.equation, getattr(node, "lineno", 1), why)])

    def function(self) -> str:
        arguments = self.definition.args
        if arguments.vararg or arguments.kwarg or arguments.defaults or arguments.posonlyargs:
            raise self.cannot(self.definition, f"{self.definition.name} takes arguments that cannot be named")
        hints = get_type_hints(self.equation)
        taken = []
        for argument in arguments.args:
            kind = hints.get(argument.arg)
            if not is_dataclass(kind) or not isinstance(kind, type):
                raise self.cannot(self.definition, f"{argument.arg} is a number and not keyword-only")
            self.declared.add(argument.arg)
            self.types[argument.arg] = kind
            taken.append(argument.arg)
        named = []
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            named.append(argument.arg if default is None else f"{argument.arg} = {self.value(default)}")
            self.declared.add(argument.arg)
        if named:
            optional = " = {}" if None not in arguments.kw_defaults else ""
            taken.append(f"{{{', '.join(named)}}}{optional}")
        body = self.definition.body
        if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            body = body[1:]
        inner = "\n".join(self.statement(node, "  ") for node in body)
        return f"function {self.definition.name}({', '.join(taken)}) {{\n{inner}\n}}"

    def statement(self, node: ast.stmt, indent: str) -> str:
        match node:
            case ast.Return(value=ast.expr() as value):
                return f"{indent}return {self.value(value)};"
            case ast.Assign(targets=targets, value=value) if all(isinstance(t, ast.Name) for t in targets):
                # Only names are left: `a = b = 0` declares them one by one, from the right.
                names = [t.id for t in targets if isinstance(t, ast.Name)]
                first, *others = [*reversed(names)]
                lines = [self.assign(first, self.value(value), indent)]
                return "\n".join([*lines, *(self.assign(name, first, indent) for name in others)])
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                return self.assign(name, self.value(value), indent)
            case ast.AugAssign(target=ast.Name(id=name), op=op, value=value) if type(op) in BINARY:
                return f"{indent}{self.name(node, name)} = ({name} {BINARY[type(op)]} {self.value(value)});"
            case ast.If(test=test, body=[ast.Raise() as failure], orelse=[]):
                return f"{indent}if ({self.value(test)}) throw new RangeError({self.message(failure)});"
            case ast.If(test=test, body=body, orelse=orelse):
                text = f"{indent}if ({self.value(test)}) {self.block(body, indent)}"
                return f"{text} else {self.block(orelse, indent)}" if orelse else text
            case ast.While(test=test, body=body, orelse=[]):
                return f"{indent}while ({self.value(test)}) {self.block(body, indent)}"
            case ast.For(target=ast.Name(id=name), iter=items, body=body, orelse=[]):
                values, kind = self.items(items)
                return f"{indent}for (const {name} of {values}) {self.block(body, indent, {name: kind})}"
        raise self.cannot(node, f"the statement {ast.unparse(node).splitlines()[0]!r}")

    def items(self, node: ast.expr) -> tuple[str, type[Any] | None]:
        """What a loop runs over, and the dataclass of each item where they are groups of coefficients."""
        match node:
            case ast.Tuple(elts=items):
                return f"[{', '.join(map(self.value, items))}]", None
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if name in self.types:
                kind, *rest = (*get_args(get_type_hints(self.types[name]).get(attr)), None, None)
                if rest[0] is Ellipsis and is_dataclass(kind) and isinstance(kind, type):
                    return self.value(node), kind
        raise self.cannot(node, f"a loop over {ast.unparse(node)!r}")

    def block(self, body: list[ast.stmt], indent: str, loop: dict[str, type[Any] | None] | None = None) -> str:
        """Statements in braces. A name first assigned in there ends with them, as it does in JavaScript."""
        declared, types = set(self.declared), dict(self.types)
        for name, kind in (loop or {}).items():
            self.declared.add(name)
            if kind:
                self.types[name] = kind
        inner = "\n".join(self.statement(node, indent + "  ") for node in body)
        self.declared, self.types = declared, types
        return f"{{\n{inner}\n{indent}}}"

    def assign(self, name: str, value: str, indent: str) -> str:
        if name in self.declared:
            return f"{indent}{name} = {value};"
        self.declared.add(name)
        return f"{indent}{'let' if self.assigned.count(name) > 1 else 'const'} {name} = {value};"

    def message(self, failure: ast.Raise) -> str:
        match failure.exc:
            case ast.Call(args=[ast.Constant(value=str() as text)]):
                return f'"{text}"'
        raise self.cannot(failure, "an error whose message is not one plain string")

    def name(self, node: ast.AST, name: str) -> str:
        """A name of this function, or a constant of its module written out."""
        if name in self.declared:
            return name
        if name in self.assigned:
            raise self.cannot(node, f"{name} is assigned only inside an if or a loop before")
        return self.number(node, self.equation.__globals__.get(name), name)

    def number(self, node: ast.AST, value: object, shown: str) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float) and math.isfinite(value):
            return repr(value)
        raise self.cannot(node, f"{shown!r} is no number")

    def value(self, node: ast.expr) -> str:
        match node:
            case ast.Constant(value=str() as text):
                return json.dumps(text)
            case ast.JoinedStr(values=parts):
                return "`" + "".join(map(self.text, parts)) + "`"
            case ast.Dict(keys=keys, values=values) if all(keys):
                pairs = [f"[{self.value(k)}]: {self.value(v)}" for k, v in zip(keys, values, strict=True) if k]
                return "{" + ", ".join(pairs) + "}"
            case ast.Constant(value=value):
                return self.number(node, value, ast.unparse(node))
            case ast.Name(id=name):
                return self.name(node, name)
            case ast.Attribute(value=ast.Name(id=name), attr=attr):
                return self.attribute(node, name, attr)
            case ast.BinOp(left=left, op=ast.FloorDiv(), right=right):
                return f"Math.floor({self.value(left)} / {self.value(right)})"
            case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
                return f"({self.value(left)} {BINARY[type(op)]} {self.value(right)})"
            case ast.UnaryOp(op=op, operand=operand) if type(op) in UNARY:
                return f"({UNARY[type(op)]}{self.value(operand)})"
            case ast.BoolOp(op=op, values=values):
                return "(" + f" {BOOLEAN[type(op)]} ".join(map(self.value, values)) + ")"
            case ast.Compare(left=left, ops=ops, comparators=rights) if all(type(o) in COMPARE for o in ops):
                sides = [self.value(side) for side in (left, *rights)]
                pairs = [f"{a} {COMPARE[type(o)]} {b}" for a, o, b in zip(sides, ops, sides[1:], strict=False)]
                return "(" + " && ".join(pairs) + ")"
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return f"({self.value(test)} ? {self.value(body)} : {self.value(orelse)})"
            case ast.Call(func=ast.Name() | ast.Attribute(value=ast.Name()) as callee):
                return self.call(node, callee)
        raise self.cannot(node, f"the expression {ast.unparse(node)!r}")

    def text(self, part: ast.expr) -> str:
        """A piece of a text with names in it."""
        match part:
            case ast.Constant(value=str() as text) if not set(text) & set("`$\\"):
                return text
            case ast.FormattedValue(value=ast.Name(id=name), conversion=-1, format_spec=None):
                return f"${{{self.name(part, name)}}}"
        raise self.cannot(part, f"the text {ast.unparse(part)!r}")

    def attribute(self, node: ast.Attribute, name: str, attr: str) -> str:
        if name in self.types:
            if attr in {field.name for field in fields(self.types[name])}:
                return f"{name}.{attr}"
            raise self.cannot(node, f"{attr!r} is no field of {self.types[name].__name__}")
        return self.number(node, self.of_module(name, attr), ast.unparse(node))

    def of_module(self, name: str, attr: str) -> object:
        """What a module that this one imports calls so; a name of this function is no module."""
        module = None if name in self.assigned else self.equation.__globals__.get(name)
        return getattr(module, attr, None) if isinstance(module, ModuleType) else None

    def call(self, node: ast.Call, callee: ast.Name | ast.Attribute) -> str:
        match callee:
            case ast.Name(id=name):
                found = self.equation.__globals__.get(name, getattr(builtins, name, None))
            case ast.Attribute(value=ast.Name(id=module), attr=name):
                found = self.of_module(module, name)
        if isinstance(found, FunctionType) and found.__module__ not in sys.stdlib_module_names:
            return self.call_of_equation(node, found)
        # A second argument of log, or a list for min, would pass in silence and mean something else.
        if found in MATHS and not node.keywords and (len(node.args) > 1) == (found in (min, max)):
            return f"Math.{name}({', '.join(map(self.value, node.args))})"
        raise self.cannot(node, f"the call {ast.unparse(node)!r}")

    def call_of_equation(self, node: ast.Call, callee: FunctionType) -> str:
        name = callee.__name__
        if name in self.assigned or name in self.declared:
            raise self.cannot(node, f"{name} is called where a number has the same name")
        groups = [arg.id for arg in node.args if isinstance(arg, ast.Name) and arg.id in self.types]
        named = {k.arg: self.value(k.value) for k in node.keywords if k.arg}
        if len(groups) + len(named) < len(node.args) + len(node.keywords):
            raise self.cannot(node, f"the call {ast.unparse(node)!r}")
        self.callees.append(callee)
        pairs = [key if key == value else f"{key}: {value}" for key, value in named.items()]
        return f"{name}({', '.join([*groups, '{' + ', '.join(pairs) + '}'] if pairs else groups)})"
