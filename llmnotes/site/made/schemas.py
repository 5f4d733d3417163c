"""What the JSON files for programs hold, as JSON Schema, derived from the classes that the data is read into."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import date
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from llmnotes.claims import TOPICS, VERDICTS, Claim, Words
from llmnotes.registry import Chip, Entry, Price
from llmnotes.units import LANGUAGES

DRAFT = "https://json-schema.org/draft/2020-12/schema"
PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean"}
# What is computed of a model, beside what was published of it.
COMPUTED: dict[str, Any] = {
    "n_ctx": {"type": ["integer", "null"]},
    "assumed": {"type": "array", "items": {"type": "string"}},
    "warnings": {"type": "array", "items": {"type": "string"}},
    "count": {
        "type": "object",
        "required": ["total", "active", "components"],
        "properties": {
            "total": {"type": "integer", "minimum": 0},
            "active": {"type": "integer", "minimum": 0},
            "components": {"type": "object", "additionalProperties": {"type": "integer"}},
        },
    },
    "profile": {"type": "object"},
}


def registry(format: int) -> str:
    """Return the schema of `registry.json`."""
    of_model = _of(Entry)
    of_model["properties"] |= COMPUTED
    of_model["required"] += [*COMPUTED]
    return _text(
        "registry",
        format,
        {"models": _table(of_model), "chips": _table(_of(Chip)), "prices": _table(_of(Price))},
    )


def claims(format: int) -> str:
    """Return the schema of `claims.json`."""
    both = {"type": "object", "required": [*LANGUAGES], "properties": {lang: {"type": "string"} for lang in LANGUAGES}}
    one = _of(Claim, without=("id", "file", "words", "evidence"))
    one["required"] = [*one["properties"], *(part.name for part in fields(Words))]
    evidence = {"type": "object", "required": ["name", "value", "unit", "text"]}
    kinds = {"verdict": {"enum": [*VERDICTS]}, "topic": {"enum": [*TOPICS]}}
    one["properties"] |= {**kinds, "who": both, "evidence": evidence, **{part.name: both for part in fields(Words)}}
    return _text("claims", format, {"names": {"type": "object", "additionalProperties": both}, "claims": _table(one)})


def _text(name: str, format: int, parts: dict[str, Any]) -> str:
    head = {"$schema": {"type": "string"}, "format": {"const": format}, "licence": {"type": "string"}}
    whole = {
        "$schema": DRAFT,
        "title": f"{name}.json of llmnotes",
        "type": "object",
        "additionalProperties": False,
        "required": [*head, *parts],
        "properties": head | parts,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _table(one: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": one}


def _of(kind: Any, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the schema of a class whose unknown values are left out."""
    hints = get_type_hints(kind, localns={"Mapping": Mapping})
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [one.name for one in fields(kind) if one.default is MISSING and one.name not in without],
        "properties": {one.name: _value(hints[one.name]) for one in fields(kind) if one.name not in without},
    }


def _value(hint: Any) -> dict[str, Any]:
    if isinstance(hint, UnionType):
        return _value(next(one for one in get_args(hint) if one is not NoneType))
    if hint is date:
        return {"type": "string", "format": "date"}
    if get_origin(hint) is Mapping or (get_origin(hint) or hint).__name__ == "Mapping":
        inner = get_args(hint)[1]
        return {"type": "object"} if inner is Any else {"type": "object", "additionalProperties": _value(inner)}
    return {"type": PLAIN[hint]}
