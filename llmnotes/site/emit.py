"""Equations as JavaScript: the page calculates with the very functions that the tests hold to the truth.

Only plain arithmetic is translated; anything else stops the build and names file and line. Integers are exact below
2^53 on both sides, which is why `//` may become a rounded division there.
"""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from collections.abc import Sequence
from pathlib import Path
from types import FunctionType

from llmnotes.site.problem import Problem, SiteError

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
MATHS = {"min", "max", "abs", "sqrt", "log", "log2", "ceil", "floor"}


def emit(equations: Sequence[FunctionType]) -> str:
    """Translate equations, in the given order, into JavaScript functions of the same names.

    Each takes one object whose keys are the argument names, and throws a `RangeError` where the Python raises.

    Args:
        equations: Functions with keyword arguments alone. One that calls another needs that other in the list too.

    Raises:
        SiteError: At the first line of each function that cannot be translated.

    >>> from llmnotes.flops import matrix_flops
    >>> print(emit([matrix_flops]))
    function matrix_flops({n_params}) {
      return (2 * n_params);
    }
    """
    known = {equation.__name__ for equation in equations}
    emitted, problems = [], []
    for equation in equations:
        try:
            emitted.append(_Translator(equation, known).function())
        except SiteError as error:
            problems += error.problems
    if problems:
        raise SiteError(problems)
    return "\n".join(emitted)


class _Translator:
    """One function on its way into JavaScript."""

    def __init__(self, equation: FunctionType, known: set[str]) -> None:
        lines, first = inspect.getsourcelines(equation)
        self.file = Path(inspect.getsourcefile(equation) or "<unknown>")
        self.offset = first - 1
        self.known = known
        self.declared: set[str] = set()
        definition = ast.parse(textwrap.dedent("".join(lines))).body[0]
        if not isinstance(definition, ast.FunctionDef):
            raise self.cannot(definition, "this is not a function")
        self.definition = definition
        self.assigned = [n.id for n in ast.walk(definition) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]

    def cannot(self, node: ast.AST, why: str) -> SiteError:
        line = self.offset + getattr(node, "lineno", 1)
        place = "/".join(self.file.parts[-2:])
        remedy = (
            "use plain arithmetic, comparisons, min max sqrt log, conditional expressions and calls between equations"
        )
        return SiteError([Problem(place, line, f"cannot be emitted as JavaScript: {why}", remedy)])

    def function(self) -> str:
        arguments = self.definition.args
        if arguments.args or arguments.vararg or arguments.kwarg:
            raise self.cannot(self.definition, f"{self.definition.name} takes arguments that are not keyword-only")
        taken = []
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            self.declared.add(argument.arg)
            taken.append(argument.arg if default is None else f"{argument.arg} = {self.value(default)}")
        body = self.definition.body
        if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            body = body[1:]
        inner = "\n".join(self.statement(node, "  ") for node in body)
        return f"function {self.definition.name}({{{', '.join(taken)}}}) {{\n{inner}\n}}"

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
            case ast.AugAssign(target=ast.Name(id=name), op=op, value=value) if type(op) in BINARY:
                return f"{indent}{name} = ({name} {BINARY[type(op)]} {self.value(value)});"
            case ast.If(test=test, body=[ast.Raise() as failure], orelse=[]):
                return f"{indent}if ({self.value(test)}) throw new RangeError({self.message(failure)});"
            case ast.If(test=test, body=body, orelse=orelse):
                return self.branch(test, body, orelse, indent)
            case ast.For(target=ast.Name(id=name), iter=ast.Tuple(elts=items), body=body, orelse=[]):
                inner = "\n".join(self.statement(n, indent + "  ") for n in body)
                values = ", ".join(self.value(item) for item in items)
                return f"{indent}for (const {name} of [{values}]) {{\n{inner}\n{indent}}}"
        raise self.cannot(node, f"the statement {ast.unparse(node).splitlines()[0]!r}")

    def branch(self, test: ast.expr, body: list[ast.stmt], orelse: list[ast.stmt], indent: str) -> str:
        new = {n.id for part in (*body, *orelse) for n in ast.walk(part) if isinstance(n, ast.Name)}
        before = [n for n in self.assigned if n in new and n not in self.declared]
        if before:
            raise self.cannot(test, f"{before[0]} is first assigned inside an if")
        inner = "\n".join(self.statement(n, indent + "  ") for n in body)
        text = f"{indent}if ({self.value(test)}) {{\n{inner}\n{indent}}}"
        if orelse:
            other = "\n".join(self.statement(n, indent + "  ") for n in orelse)
            text += f" else {{\n{other}\n{indent}}}"
        return text

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

    def value(self, node: ast.expr) -> str:
        match node:
            case ast.Constant(value=bool() as value):
                return "true" if value else "false"
            case ast.Constant(value=int() | float() as value) if math.isfinite(value):
                return repr(value)
            case ast.Name(id=name) if name in self.declared or name in self.assigned:
                return name
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
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(value=ast.Name(), attr=name)):
                return self.call(node, name)
        raise self.cannot(node, f"the expression {ast.unparse(node)!r}")

    def call(self, node: ast.Call, name: str) -> str:
        if name in self.known and not node.args:
            given = ", ".join(f"{k.arg}: {self.value(k.value)}" for k in node.keywords if k.arg)
            if len(node.keywords) == sum(k.arg is not None for k in node.keywords):
                return f"{name}({{{given}}})"
        if name in MATHS and not node.keywords and not any(isinstance(a, ast.Starred) for a in node.args):
            return f"Math.{name}({', '.join(map(self.value, node.args))})"
        raise self.cannot(node, f"the call {ast.unparse(node)!r}")
