"""What is ordered of a snippet, and what comes back: plain data that goes from process to process."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from llmnotes.site.snippets.snippet import Snippet
from llmnotes.site.text.shown import Step


@dataclass(frozen=True)
class Order:
    """What is wanted of one snippet, all of it in one process with one import of the package.

    Args:
        root: The project folder.
        name: The snippet.
        path: Its file on this machine, for tracebacks and `__file__`.
        source: Its text, as it was when the order was made.
        steps: What to run; where the first one computes, the others work with what it returns.
        scratch: The folder where it may write.
        timeout_s: How long it may compute.
        memory_bytes: How much address space it may use, where the system can limit it; 0 for no limit.
        result: What `compute` returned, where no step computes.
    """

    root: str
    name: str
    path: str
    source: str
    steps: tuple[Step, ...]
    scratch: str
    timeout_s: float
    memory_bytes: int = 0
    result: Any = None


@dataclass(frozen=True)
class Made:
    """What a step gave: plain JSON, and what had been opened until then."""

    step: Step
    value: Any
    inputs: dict[str, str]


Failure = tuple[int, str, str]
"""Line, message and remedy."""


@dataclass(frozen=True)
class Outcome:
    """What an order gave: each step up to the first that failed, and every failure."""

    made: tuple[Made, ...] = ()
    failures: tuple[Failure, ...] = ()

    def to_json(self) -> str:
        """Return it as the text of a file."""
        return json.dumps(dataclasses.asdict(self))

    @staticmethod
    def from_json(text: str) -> Outcome:
        """Return what `to_json` wrote."""
        read = json.loads(text)
        made = tuple(Made(Step(**one["step"]), one["value"], one["inputs"]) for one in read["made"])
        return Outcome(made, tuple((line, message, remedy) for line, message, remedy in read["failures"]))


@dataclass(frozen=True)
class Task:
    """One step of an order, with what it works on."""

    order: Order
    step: Step
    read: Snippet
    result: Any
