"""An exercise that grades itself: what is drawn for each reader, one function that solves it, and what mistakes give.

A snippet's optional part `ask(result)` returns an `Ask`. The build solves every case with the package, so a page needs
no formula to grade an answer: it looks the case up. Without JavaScript the first case stands on the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llmnotes.figures.labels import Label
from llmnotes.quantities import Quantity

ANSWER = "answer"


@dataclass(frozen=True)
class Ask:
    """What `ask` returns. A page states what is drawn and found as `{{snippet.ask_name}}`.

    Attributes:
        draws: Values to draw from, by name of an argument: quantities, texts, or ids under `model` and `chip`. The page
            as built shows the first of each.
        solve: Takes one value of each by name: an id where ids are drawn, else the number. Gives, by name, `answer` and
            what question, solution and hints state, as quantities or texts; None for a case that makes no sense.
        hints: What a reader hears who gives this number of `solve` instead of the answer; may state `{{name}}`.
        tolerance: How far an answer may lie from the right one, as a share of it.
    """

    draws: Mapping[str, Sequence[Quantity | str]]
    solve: Callable[..., Mapping[str, Any] | None]
    hints: Mapping[str, Label | str] = field(default_factory=dict)
    tolerance: float = 0.02
