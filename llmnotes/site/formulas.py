"""What a page calculates with: the equations as a script, and the coefficients of every registered model as data."""

from __future__ import annotations

import inspect
import json
from dataclasses import asdict
from types import FunctionType

from llmnotes import memory, pricing, serving, training
from llmnotes.profile import cost_profile, costs
from llmnotes.registry import load_model, model_ids
from llmnotes.site.emit import emit

# Every public equation of these is at hand in the page, and what they call.
MODULES = (costs, memory, serving, training, pricing)


def equations() -> list[FunctionType]:
    """Return the equations that a page may call, in the order of their modules.

    >>> [equation.__name__ for equation in equations()][:2]
    ['border_flops', 'causal_attention_flops']
    """
    return [
        equation
        for module in MODULES
        for name, equation in inspect.getmembers(module, inspect.isfunction)
        if equation.__module__ == module.__name__ and not name.startswith("_")
    ]


def script() -> str:
    """Return the equations as JavaScript, one function each; see `emit` for how they are called.

    Raises:
        SiteError: If one of them cannot be translated.
    """
    return emit(equations())


def coefficients(model_id: str) -> dict[str, object]:
    """Return the coefficients of a registered model, as the first argument of the emitted functions.

    >>> coefficients("gpt2")["growing_elements"]
    18432
    """
    return asdict(cost_profile(load_model(model_id)))


def all_coefficients() -> str:
    """Return the coefficients of every registered model, by id, as JSON."""
    return json.dumps({model_id: coefficients(model_id) for model_id in model_ids()}, separators=(",", ":"))
