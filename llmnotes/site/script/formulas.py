"""What a page calculates with: the equations as a script, and what the registry knows as data.

Both are plain scripts that add to the global `llmnotes`, since a page that lies on a disk may not fetch.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from types import FunctionType

from llmnotes import finder
from llmnotes.cost import cost_profile, costs, inverses, parallel, weighing
from llmnotes.cost.assumptions import PREFILL_CHUNK, USABLE_SHARE
from llmnotes.described import described
from llmnotes.equations import memory, pipeline, pricing, serving, training
from llmnotes.registry import (
    Chip,
    Price,
    chip_ids,
    find,
    find_chip,
    find_price,
    load_model,
    model_ids,
    names,
    price_ids,
)
from llmnotes.site.script.emit import emit
from llmnotes.site.script.paces import paces
from llmnotes.timing import terms
from llmnotes.timing.constants import steady_kind
from llmnotes.timing.plan import COUNTS, ENGINES, MULTIPLIED_AS, rents
from llmnotes.timing.runtimes import RUNTIMES
from llmnotes.timing.serving import MOST_SEQUENCES
from llmnotes.weights import kvtypes
from llmnotes.weights.served import planned_forms

# Every public equation of these is at hand in the page, and what they call.
MODULES = (costs, parallel, inverses, memory, serving, pipeline, training, pricing, terms, weighing)
CHIP_KEYS = (
    "name",
    "vendor",
    "memory_bytes",
    "bandwidth_bytes_per_s",
    "peak_flops_per_s",
)
PRICE_KEYS = (
    "name",
    "org",
    "priced",
    "usd_per_million_input_tokens",
    "usd_per_million_output_tokens",
    "usd_per_million_cached_tokens",
    "long_prompt_tokens",
    "usd_per_million_input_tokens_long",
    "usd_per_million_output_tokens_long",
    "usd_per_million_cached_tokens_long",
)
_GLOBAL = "globalThis.llmnotes = globalThis.llmnotes || {};\n"


def equations() -> list[FunctionType]:
    """Return the equations that a page may call, in the order of their modules.

    >>> [equation.__name__ for equation in equations()][:2]
    ['absorbed_flops', 'border_flops']
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


def formulas_script() -> str:
    """Return the equations as `llmnotes.formulas`."""
    names = ", ".join(equation.__name__ for equation in equations())
    return f"{_GLOBAL}llmnotes.formulas = (() => {{\n{script()}\nreturn {{{names}}};\n}})();\n"


def models_script() -> str:
    """Return models, chips, rents, prices and forms of a cache by name, and what engines do unless told."""
    data = {
        "models": {model_id: model(model_id) for model_id in model_ids()},
        "chips": {chip_id: _known(find_chip(chip_id), CHIP_KEYS) for chip_id in chip_ids()},
        "engine": {"usable_share": USABLE_SHARE, "prefill_chunk": PREFILL_CHUNK},
        "paces": paces(),
        "rents": rents(),
        "kv_types": kvtypes.BITS,
        "prices": {price_id: _known(find_price(price_id), PRICE_KEYS) for price_id in price_ids()},
    }
    # A page may ask for it twice, and may have added a model of its own in between.
    return f"{_GLOBAL}if (!llmnotes.models) Object.assign(llmnotes, {_json(data)});\n"


def plans_script() -> str:
    """Return what a plan thinks of, as `llmnotes.plans`: forms of each model, and how engines are timed."""
    data = {
        "forms": {model_id: planned_forms(load_model(model_id)) for model_id in model_ids()},
        "counts": COUNTS,
        "engines": ENGINES,
        "kinds": {runtime.engine: steady_kind(runtime) for runtime in RUNTIMES.values()},
        "multiplied_as": MULTIPLIED_AS,
        "most_sequences": MOST_SEQUENCES,
    }
    return f"{_GLOBAL}llmnotes.plans = {_json(data)};\n"


def names_script() -> str:
    """Return the names of all models, and the rules by which they are found, as `llmnotes.names`; see `finder.js`."""
    models = [(name.id, name.name, name.org, name.counts) for name in names()]
    return f"{_GLOBAL}llmnotes.names = {_json({'rules': finder.rules(), 'models': models})};\n"


def model(model_id: str) -> dict[str, object]:
    """Return what a page says of a registered model; what is not known is missing."""
    entry = find(model_id)
    released = entry.released and entry.released.isoformat()
    said = {**described(entry.spec), "org": entry.org, "scope": entry.scope, "released": released}
    return {key: value for key, value in said.items() if value is not None}


def _known(found: Chip | Price, keys: tuple[str, ...]) -> dict[str, object]:
    return {key: value for key in keys if (value := getattr(found, key)) is not None}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: date | Mapping[str, float]) -> object:
    """What JSON does not know: dates, and mappings that cannot be changed."""
    return value.isoformat() if isinstance(value, date) else dict(value)
