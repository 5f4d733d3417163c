"""The registry as one JSON file at the root of the site, for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from datetime import date
from typing import Any

from llmnotes.cost import cost_profile
from llmnotes.registry import Entry, chip_ids, find, find_chip, find_price, model_ids, price_ids
from llmnotes.report import count_params

# Raised when a key changes its meaning; new keys do not.
FORMAT = 1


def text() -> str:
    """Return the file."""
    known = {
        "$schema": "registry.schema.json",
        "format": FORMAT,
        "licence": "CC-BY-4.0",
        "models": {model_id: model(find(model_id)) for model_id in model_ids()},
        "chips": {chip_id: plain(find_chip(chip_id)) for chip_id in chip_ids()},
        "prices": {price_id: plain(find_price(price_id)) for price_id in price_ids()},
    }
    return json.dumps(known, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"


def model(entry: Entry) -> dict[str, Any]:
    """Return what is published of a model and what is computed of it."""
    counted = count_params(entry.spec)
    return plain(entry) | {
        "n_ctx": entry.spec.n_ctx,
        "assumed": list(entry.spec.assumed),
        "warnings": list(entry.spec.warnings),
        "count": {"total": counted.total, "active": counted.active, "components": counted.components},
        "profile": asdict(cost_profile(entry.spec)),
    }


def plain(value: Any) -> Any:
    """Return what JSON can hold: days as text, unknown values left out, infinities as text."""
    if is_dataclass(value):
        return {one.name: plain(found) for one in fields(value) if (found := getattr(value, one.name)) is not None}
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value - value != 0:
        return str(value)
    return value
