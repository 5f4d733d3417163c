"""The part `ask` of a snippet as a page needs it, every case solved; and everything in it that cannot be graded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from itertools import product
from math import prod
from typing import Any

from llmnotes.site.text.problem import UnfitError

ANSWER = "answer"
# How prose calls what an exercise draws and finds: `{{snippet.ask_answer}}`.
PREFIX = "ask_"
# What a reader can type with a unit of its own; see `grade.js`.
UNITS = ("bytes", "count", "tokens", "seconds", "flops", "ratio", "share", "usd", "number")
MOST_CASES, FEWEST_CASES = 600, 6
LOOSEST = 0.2
NAME = re.compile(r"[a-z]\w*")
MARK = re.compile(r"\{\{(\w+)\}\}")


class AskError(UnfitError):
    """The part `ask` cannot be graded."""

    part = "ask"


def page_data(ask: Any, speaker: Any) -> dict[str, Any]:
    """Return an `Ask` as plain data: the texts of every case in a language, its answer, and what mistakes give.

    Raises:
        AskError: If it does not hold together.
    """
    _check(ask)
    cases = [(values, found) for values in _drawn(ask) if (found := _solved(ask, values)) is not None]
    if len(cases) < FEWEST_CASES:
        raise AskError(f"ask has {len(cases)} cases", f"draw from more values: {FEWEST_CASES} cases at least")
    names = [*ask.draws, *cases[0][1]]
    for values, found in cases:
        _check_case(ask, values, found, names)
    for name, hint in ask.hints.items():
        for mark in MARK.findall(speaker.say(hint)):
            if mark not in names:
                raise AskError(f"the hint {name!r} states {{{{{mark}}}}}", f"there are {', '.join(names)}")
    answers = [found[ANSWER].value for _, found in cases]
    mistakes = {name: [found[name].value for _, found in cases] for name in ask.hints}
    _check_mistakes(mistakes, answers, ask.tolerance)
    return {
        "draws": [*ask.draws],
        "names": names,
        "texts": [[*_texts(values, found, speaker)] for values, found in cases],
        "unit": cases[0][1][ANSWER].unit,
        "tolerance": ask.tolerance,
        "answers": answers,
        "mistakes": [[speaker.say(ask.hints[name]), given] for name, given in mistakes.items()],
    }


def _check(ask: Any) -> None:
    if type(ask).__name__ != "Ask":
        raise AskError(f"ask returns {type(ask).__name__}", "return llmnotes.figures.ask.Ask(draws={…}, solve=…)")
    if not callable(ask.solve):
        raise AskError(f"ask has {ask.solve!r} for solve", "name a function that takes what is drawn by name")
    if not 0 < ask.tolerance <= LOOSEST:
        raise AskError(f"ask has the tolerance {ask.tolerance}", f"write a share above 0 and up to {LOOSEST}")
    for name, values in ask.draws.items():
        if not NAME.fullmatch(name) or name == ANSWER:
            raise AskError(f"ask draws {name!r}", "use a name such as n_tokens, in lower case, and not answer")
        if isinstance(values, str) or not isinstance(values, list | tuple) or not values:
            raise AskError(f"ask draws {name} from {values!r}", "give a list of values")
        for value in values:
            if not isinstance(value, str) and type(value).__name__ != "Quantity":
                raise AskError(f"ask draws {name} = {value!r}", "tag it, as in tokens([…]), or give texts or ids")
    if (n_cases := prod(map(len, ask.draws.values()))) > MOST_CASES:
        raise AskError(f"ask has {n_cases} cases", f"draw from fewer values: {MOST_CASES} cases at most")


def _drawn(ask: Any) -> Iterator[dict[str, Any]]:
    """Yield every case as values by name, the one that stands on the page first."""
    for values in product(*ask.draws.values()):
        yield dict(zip(ask.draws, values, strict=True))


def _solved(ask: Any, values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return ask.solve(**{name: value if isinstance(value, str) else value.value for name, value in values.items()})


def _check_case(ask: Any, values: Mapping[str, Any], found: Any, names: list[str]) -> None:
    case = ", ".join(f"{name} = {getattr(value, 'value', value)}" for name, value in values.items())
    if not isinstance(found, Mapping) or [*ask.draws, *found] != names:
        given = ", ".join(found) if isinstance(found, Mapping) else type(found).__name__
        raise AskError(f"solve gives {given} for {case}", "give the same names in every case, none that is drawn")
    for name in (ANSWER, *ask.hints):
        if name not in found:
            raise AskError(f"solve gives no {name}", f"return it beside {', '.join(found)}")
        one = found[name]
        if type(one).__name__ != "Quantity" or one.unit not in UNITS or one.unit != found[ANSWER].unit:
            said = getattr(one, "unit", type(one).__name__)
            raise AskError(f"solve gives {name} as {said}", f"tag it, all alike, as one of {', '.join(UNITS)}")
    if not found[ANSWER].value > 0:
        raise AskError(f"the answer is {found[ANSWER].value} for {case}", "ask for a number above zero")


def _check_mistakes(mistakes: Mapping[str, list[float]], answers: list[float], tolerance: float) -> None:
    """A mistake that gives the right answer teaches nothing: it may do so in some cases, not in most."""
    for name, given in mistakes.items():
        same = sum(abs(one - right) <= 2 * tolerance * right for one, right in zip(given, answers, strict=True))
        if 2 * same > len(answers):
            message = f"the mistake {name!r} is the answer in {same} of {len(answers)} cases"
            raise AskError(message, "draw other values, or take its hint out")


def _texts(values: Mapping[str, Any], found: Mapping[str, Any], speaker: Any) -> Iterator[str]:
    registry = import_module("llmnotes.registry")
    of_id = {"model": registry.find, "chip": registry.find_chip}
    for name, value in values.items():
        yield of_id[name](value).name if name in of_id else _said(name, value, speaker)
    for name, value in found.items():
        yield _said(name, value, speaker)


def _said(name: str, value: Any, speaker: Any) -> str:
    if isinstance(value, str):
        return value
    if type(value).__name__ not in ("Quantity", "Label"):
        raise AskError(f"solve gives {name} = {value!r}", "tag it: count(…), bytes_of(…), tokens(…) or another")
    return speaker.say(value)
