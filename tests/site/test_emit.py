"""The emitted JavaScript, run in V8, gives the numbers of the Python it came from."""

from __future__ import annotations

import inspect
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from py_mini_racer import MiniRacer

from llmnotes import flops, kvcache, params
from llmnotes.site.emit import emit
from llmnotes.site.problem import SiteError

EQUATIONS = [
    equation
    for module in (params, kvcache, flops)
    for name, equation in inspect.getmembers(module, inspect.isfunction)
    if not name.startswith("_") and equation.__module__ == module.__name__
]


@pytest.fixture(scope="module")
def v8():
    with MiniRacer() as context:
        context.eval(emit(EQUATIONS))
        yield context


@pytest.mark.parametrize("equation", EQUATIONS, ids=lambda e: e.__name__)
def test_gives_the_same_number_in_v8(v8, equation):
    names = list(inspect.signature(equation).parameters)

    @given(st.lists(st.integers(1, 5000), min_size=len(names), max_size=len(names)))
    def same(values):
        given_values = dict(zip(names, values, strict=True))
        expected = equation(**given_values)
        got = v8.eval(f"{equation.__name__}({json.dumps(given_values)})")
        if abs(expected) < 2**53:
            assert got == expected
        else:
            assert math.isclose(got, expected, rel_tol=1e-12)

    same()


def test_defaults_and_errors_cross_over(v8):
    call = "attention_cache_bytes({n_layers: 32, n_kv_heads: 8, head_dim: 128, n_tokens: 8192})"
    assert v8.eval(call) == 2**30
    with pytest.raises(Exception, match="must not be negative"):
        v8.eval(call.replace("32", "-1"))


def with_a_total(*, a: int) -> int:
    return sum((a, a))


def with_a_remainder(*, a: int) -> int:
    return a % 2


def with_positions(a: int) -> int:
    return a


def with_a_late_name(*, a: int) -> int:
    if a > 1:  # noqa: SIM108 - a statement that cannot be emitted is the point
        b = 2
    else:
        b = 3
    return b


@pytest.mark.parametrize("equation", [with_a_total, with_a_remainder, with_positions, with_a_late_name])
def test_what_cannot_be_translated_names_file_and_line(equation):
    with pytest.raises(SiteError) as error:
        emit([equation])
    (problem,) = error.value.problems
    assert problem.place.endswith("test_emit.py")
    first = inspect.getsourcelines(equation)[1]
    assert first <= problem.line <= first + 5


def loops(*, a: int, b: int) -> int:
    total = 0
    for part in (a, b, a * b):
        total += part
    return total if a < b <= 100 and a != 3 else -total


@pytest.fixture(scope="module")
def loops_in_v8():
    with MiniRacer() as context:
        context.eval(emit([loops]))
        yield context


def test_loops_conditions_and_chains(loops_in_v8):
    for a in range(-3, 104, 7):
        for b in range(-5, 110, 6):
            assert loops_in_v8.eval(f"loops({{a: {a}, b: {b}}})") == loops(a=a, b=b)
