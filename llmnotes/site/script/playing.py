"""What a snippet's part `play` says, evaluated in Python for any state of its controls.

The objects are those of `llmnotes.figures.play`, taken as they are: a run imports that module, and all it
calls, afresh.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from importlib import import_module
from typing import Any, get_type_hints

# What a control gives beside its own value.
GIVEN = {
    "model": ("profile", "n_params", "n_active"),
    "chip": ("memory_bytes", "bandwidth_bytes_per_s", "peak_flops_per_s"),
}
CHIP_PEAK = "bf16"
WHOLE_UNITS = ("exact", "tokens")
MARK = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True)
class Taken:
    """What a formula takes.

    Args:
        profile: Whether its first argument is the profile of a model.
        named: Its keyword arguments.
        needed: Those of them without a default.
        whole: Those of them that are whole numbers.
    """

    profile: bool
    named: tuple[str, ...]
    needed: tuple[str, ...]
    whole: tuple[str, ...]


def taken(formula: Any) -> Taken:
    """Return what a formula takes."""
    hints = get_type_hints(formula)
    parameters = [*inspect.signature(formula).parameters.values()]
    named = [one for one in parameters if one.kind is one.KEYWORD_ONLY]
    return Taken(
        profile=len(named) < len(parameters) and is_dataclass(hints.get(parameters[0].name)),
        named=tuple(one.name for one in named),
        needed=tuple(one.name for one in named if one.default is one.empty),
        whole=tuple(one.name for one in named if hints.get(one.name) is int),
    )


def built(play: Any) -> dict[str, Any]:
    """Return how the controls stand in the drawing."""
    return {control.name: control.built for control in play.controls}


def values(play: Any, state: Mapping[str, Any]) -> dict[str, Any]:
    """Return what formulas may take, by name: numbers, and what gives one when it is asked for."""
    registry, report, cost = (import_module(f"llmnotes.{name}") for name in ("registry", "report", "cost"))
    pool: dict[str, Any] = dict(play.values)
    for control in play.controls:
        pool[control.name] = value = state[control.name]
        if control.kind == "model":
            spec = registry.load_model(value)
            counted = report.count_params(spec)
            pool |= {"profile": cost.cost_profile(spec), "n_params": counted.total, "n_active": counted.active}
        elif control.kind == "chip":
            chip = registry.find_chip(value)
            pool |= {"memory_bytes": chip.memory_bytes, "bandwidth_bytes_per_s": chip.bandwidth_bytes_per_s}
            if CHIP_PEAK in chip.peak_flops_per_s:
                pool["peak_flops_per_s"] = chip.peak_flops_per_s[CHIP_PEAK]
    return pool


def evaluate(formula: Any, pool: Mapping[str, Any], fixed: Mapping[str, Any]) -> Any:
    """Return what a formula gives for these values."""
    known = {**pool, **{name: evaluate(one, pool, {}) if callable(one) else one for name, one in fixed.items()}}
    takes = taken(formula)
    arguments = {name: _number(known[name], known) for name in takes.named if name in known}
    return formula(pool["profile"], **arguments) if takes.profile else formula(**arguments)


def _number(given: Any, known: Mapping[str, Any]) -> Any:
    return evaluate(given.formula, known, given.fixed) if hasattr(given, "formula") else given


def reached(play: Any, formula: Any, fixed: Mapping[str, Any]) -> Iterator[Any]:
    """Yield a formula and every one that it builds on, through values and through what is fixed by a formula."""
    yield formula
    for one in filter(callable, fixed.values()):
        yield from reached(play, one, {})
    for name in taken(formula).named:
        if name in play.values and name not in fixed:
            yield from reached(play, play.values[name].formula, play.values[name].fixed)


def place(where: Any, pool: Mapping[str, Any], fixed: Mapping[str, Any]) -> Any:
    """Return where something lies: the value of this name, or what a formula gives."""
    return pool[where] if isinstance(where, str) else evaluate(where, pool, fixed)


def texts(play: Any, state: Mapping[str, Any], lang: str) -> dict[str, str]:
    """Return the text of every control and number."""
    said = {control.name: control_text(control, state[control.name], lang) for control in play.controls}
    pool = values(play, state)
    return said | {name: number_text(number, pool, lang) for name, number in play.numbers.items()}


def control_text(control: Any, value: Any, lang: str) -> str:
    """Return the value of a control as people read it."""
    registry, units = import_module("llmnotes.registry"), import_module("llmnotes.units")
    match control.kind:
        case "model":
            return registry.find(value).name
        case "chip":
            return registry.find_chip(value).name
        case "doublings":
            return units.format_tokens(value, lang)
    return units.format_number(value)


def number_text(number: Any, pool: Mapping[str, Any], lang: str) -> str:
    """Return what a number of `play` says for these values."""
    value = evaluate(number.formula, pool, number.fixed)
    if hasattr(number, "yes"):
        return number.yes if value else number.no
    units = import_module("llmnotes.units")
    if number.unit == "number":
        return units.format_number(value)
    return getattr(units, f"format_{number.unit}")(int(value) if number.unit in WHOLE_UNITS else value, lang)


def sentence(play: Any, said: Mapping[str, str]) -> str:
    """Return the result in words, of which one of two texts may itself name numbers."""
    return _fill(_fill(play.sentence, said), said)


def _fill(text: str, said: Mapping[str, str]) -> str:
    return MARK.sub(lambda mark: said[mark[1]], text)
