"""Integers that notice when an equation leaves the range in which JavaScript's numbers are exact."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable
from typing import Any

EXACT = 2**53


class Watch:
    """The largest integer seen since the last reset."""

    largest = 0

    @classmethod
    def exact(cls) -> bool:
        """Whether a calculation stayed exact since the last time this was asked."""
        largest, cls.largest = cls.largest, 0
        return largest < EXACT


def _watched(operation: Callable[[int, int], int], reflected: bool) -> Callable[[int, object], object]:
    def calculate(self: int, other: object) -> object:
        if not isinstance(other, int):
            return NotImplemented
        given = (int(other), int(self)) if reflected else (int(self), int(other))
        result = Watched(operation(*given))
        Watch.largest = max(Watch.largest, abs(result))
        return result

    return calculate


class Watched(int):
    """An integer whose sums and products are watched too."""


for _name in ("add", "sub", "mul", "floordiv"):
    setattr(Watched, f"__{_name}__", _watched(getattr(operator, _name), reflected=False))
    setattr(Watched, f"__r{_name}__", _watched(getattr(operator, _name), reflected=True))


def watched(value: Any) -> Any:
    """Return a number, or whatever holds numbers, with every integer watched."""
    match value:
        case bool():
            return value
        case int():
            return Watched(value)
        case tuple():
            return tuple(map(watched, value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: watched(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return type(value)(**fields)
    return value
