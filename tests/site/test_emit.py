"""The emitted JavaScript, run in V8, gives the numbers of the Python it came from."""

from __future__ import annotations

import inspect
import json
import math
from dataclasses import asdict, dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py_mini_racer import JSEvalException, MiniRacer

from llmnotes.cost import costs, inverses, parallel
from llmnotes.equations import flops, kvcache, params
from llmnotes.site.script import formulas
from llmnotes.site.script.emit import emit
from llmnotes.site.text.problem import SiteError
from llmnotes.timing import terms
from llmnotes.units import GIB
from tests.site.watched import Watch, watched

# `test_formulas` and `test_paces` compare these over registered models.
OVER_A_PROFILE = (costs, parallel, inverses, terms)
EQUATIONS = [
    equation
    for module in (params, kvcache, flops, *(module for module in formulas.MODULES if module not in OVER_A_PROFILE))
    for name, equation in inspect.getmembers(module, inspect.isfunction)
    if not name.startswith("_") and equation.__module__ == module.__name__
]
# A power is rounded by each language in its own way.
POWERS = {params.expected_experts}


@pytest.fixture(scope="module")
def v8():
    with MiniRacer() as context:
        context.eval(emit(EQUATIONS))
        yield context


@pytest.mark.parametrize("equation", EQUATIONS, ids=lambda e: e.__name__)
def test_gives_the_same_number_in_v8(v8, equation):
    names = list(inspect.signature(equation).parameters)

    @settings(max_examples=40)
    @given(st.lists(st.integers(1, 5000), min_size=len(names), max_size=len(names)))
    def same(values):
        given_values = dict(zip(names, values, strict=True))
        call = f"{equation.__name__}({json.dumps(given_values)})"
        Watch.exact()
        try:
            expected = equation(**{name: watched(value) for name, value in given_values.items()})
        except ValueError as error:
            with pytest.raises(JSEvalException, match=f"RangeError: {error}"):
                v8.eval(call)
            return
        if Watch.exact() and equation not in POWERS:
            assert v8.eval(call) == expected
        else:
            assert math.isclose(v8.eval(call), expected, rel_tol=1e-12)

    same()


def test_defaults_and_errors_cross_over(v8):
    call = "attention_cache_bytes({n_layers: 32, n_kv_heads: 8, head_dim: 128, n_tokens: 8192})"
    assert v8.eval(call) == 2**30
    with pytest.raises(JSEvalException, match="must not be negative"):
        v8.eval(call.replace("32", "-1"))


@dataclass(frozen=True)
class Group:
    amount: int
    cap: int

    @property
    def twice(self) -> int:
        return 2 * self.amount


@dataclass(frozen=True)
class Coefficients:
    base: int
    groups: tuple[Group, ...]


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


def with_a_base(*, a: int) -> float:
    return math.log(a, 2)


def with_a_least_of_one(*, a: int) -> int:
    return min((a, 2))


def with_a_property(group: Group) -> int:
    return group.twice


def with_a_loop_over_numbers(group: Group) -> int:
    total = 0
    for part in group.amount:  # ty: ignore[not-iterable] - what cannot be emitted is the point
        total += part
    return total


def with_a_hidden_equation(*, a: int) -> int:
    matrix_flops = flops.matrix_flops(n_params=a)
    return matrix_flops + 1


def with_a_word_of_javascript(*, new: int) -> int:
    return new


def with_text(*, a: int) -> int:
    return len(__doc__ or "") + a


def with_an_unnamed_error(*, a: int) -> int:
    if a < 0:
        raise ValueError(f"{a} is negative")
    return a


REFUSED = [value for name, value in dict(globals()).items() if name.startswith("with_")]


@pytest.mark.parametrize("equation", REFUSED, ids=lambda e: e.__name__)
def test_what_cannot_be_translated_names_file_and_line(equation):
    with pytest.raises(SiteError) as error:
        emit([equation])
    (problem,) = error.value.problems
    assert problem.place.endswith("test_emit.py")
    first = inspect.getsourcelines(equation)[1]
    assert first <= problem.line <= first + 5


def calls_what_cannot_be_translated(*, a: int) -> int:
    return with_a_remainder(a=a)


def test_a_callee_that_cannot_be_translated_is_named_itself():
    with pytest.raises(SiteError) as error:
        emit([calls_what_cannot_be_translated])
    (problem,) = error.value.problems
    assert problem.line == inspect.getsourcelines(with_a_remainder)[1] + 1


def matrix_flops(*, n_params: int) -> int:
    return 3 * n_params


def test_two_equations_of_one_name_are_refused():
    with pytest.raises(SiteError, match=r"llmnotes.equations.flops has a matrix_flops too.*rename"):
        emit([flops.matrix_flops, matrix_flops])


def loops(*, a: int, b: int) -> int:
    total = 0
    for part in (a, b, a * b):
        total += part
    return total if a < b <= 100 and a != 3 else -total


def blocks(coefficients: Coefficients, *, n: int = 3) -> float:
    total: float = coefficients.base
    for group in coefficients.groups:
        held = min(n, group.cap)
        if held > 4:
            rest = n - held
            total += of_one(group, n=rest)
        else:
            rest = n // 2
            total -= of_one(group, n=rest) / 8
    return total + kvcache.tokens_in_window(n_tokens=n, window=GIB) if n > 1 or not n else math.sqrt(abs(total))


def of_one(group: Group, *, n: int) -> int:
    return group.amount * n


def by_name(*, part: str, n: int) -> dict[str, float]:
    width = 16 if n > 8 else 4
    return {f"{part}_{width}": n / 2, named(part=part): 1.0, "fixed": n}


def named(*, part: str) -> str:
    return f'"{part}" once'


@pytest.fixture(scope="module")
def own_in_v8():
    with MiniRacer() as context:
        context.eval(emit([loops, blocks, by_name]))
        yield context


def test_loops_conditions_and_chains(own_in_v8):
    for a in range(-3, 104, 7):
        for b in range(-5, 110, 6):
            assert own_in_v8.eval(f"loops({{a: {a}, b: {b}}})") == loops(a=a, b=b)


def test_numbers_by_name_and_texts_with_names_in_them(own_in_v8):
    for n in (3, 9):
        found = json.loads(own_in_v8.eval(f"JSON.stringify(by_name({{part: 'weights', n: {n}}}))"))
        assert found == by_name(part="weights", n=n)


numbers = st.integers(-20, 20)
groups = st.lists(st.builds(Group, numbers, numbers), max_size=3).map(tuple)


@given(st.builds(Coefficients, numbers, groups), numbers)
def test_groups_of_coefficients_blocks_constants_and_callees(own_in_v8, coefficients, n):
    given_coefficients = json.dumps(asdict(coefficients))
    assert own_in_v8.eval(f"blocks({given_coefficients}, {{n: {n}}})") == blocks(coefficients, n=n)
    assert own_in_v8.eval(f"blocks({given_coefficients})") == blocks(coefficients)
