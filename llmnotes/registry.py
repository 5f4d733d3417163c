"""Published models, chips and prices, read from `data/`: one TOML file each, its name the id.

Listing ids reads no file. Looking one up opens exactly that file, each time, so that a watcher of opened files sees it.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from llmnotes.config import from_mapping
from llmnotes.spec import ModelSpec

DATA = Path(__file__).parent / "data"

# What the keys of a file may be, by kind of value. Every key but text needs a source of its own.
_TEXT, _DATE, _COUNT, _NUMBER, _NUMBERS = "text", "date", "count", "number", "table of positive numbers"
_CONFIG = "table of published keys"
_MODEL_KEYS = {
    "name": _TEXT,
    "org": _TEXT,
    "scope": _TEXT,
    "released": _DATE,
    "context_advertised": _COUNT,
    "context_effective": _COUNT,
    "n_params_published": _COUNT,
    "n_params_published_as": _TEXT,
    "n_params_published_note": _TEXT,
    "n_params_active_published": _COUNT,
    "n_params_active_published_as": _TEXT,
    "n_params_active_published_note": _TEXT,
    "config": _CONFIG,
}
_CHIP_KEYS = {
    "name": _TEXT,
    "vendor": _TEXT,
    "note": _TEXT,
    "released": _DATE,
    "memory_bytes": _COUNT,
    "bandwidth_bytes_per_s": _NUMBER,
    "link_bytes_per_s": _NUMBER,
    "power_watts": _NUMBER,
    "peak_flops_per_s": _NUMBERS,
}
_PRICE_KEYS = {
    "name": _TEXT,
    "org": _TEXT,
    "released": _DATE,
    "context_advertised": _COUNT,
    "output_limit": _COUNT,
    "usd_per_million_input_tokens": _NUMBER,
    "usd_per_million_output_tokens": _NUMBER,
    "usd_per_million_cached_tokens": _NUMBER,
}
_REQUIRED = {
    "models": ("name", "source", "config"),
    "chips": ("name", "source", "memory_bytes", "bandwidth_bytes_per_s", "peak_flops_per_s"),
    "prices": ("name", "source"),
}


class DataError(ValueError):
    """A data file that breaks the rules of the registry: names file, key and remedy."""


class UnknownModel(ValueError):  # noqa: N818 - callers read it as a sentence: except UnknownModel
    """An id the registry does not have; the message lists the closest ones."""


class UnknownChip(ValueError):  # noqa: N818 - as UnknownModel
    """A chip the registry does not have; the message lists the closest ones."""


@dataclass(frozen=True)
class Entry:
    """A published model.

    Attributes:
        scope: Which part of a larger model is counted, where it is a part; `None` for all of it.
        context_advertised: Tokens of context its authors claim; never read off the configuration.
        context_effective: Longest length at which RULER's score held (see its source); `None` where not measured.
        n_params_published: Parameters its authors or its weight files state.
        n_params_published_as: That figure as printed, where it is rounded ("671B"); `None` where it is exact.
        n_params_published_note: Why our count differs from it, where it does.
        sources: Where each of these was read, by field name.
        checked: Day on which the sources were read.
        config: The published keys, as in a `config.json`.
    """

    id: str
    name: str
    config: Mapping[str, Any]
    sources: Mapping[str, str]
    checked: date
    org: str | None = None
    scope: str | None = None
    released: date | None = None
    context_advertised: int | None = None
    context_effective: int | None = None
    n_params_published: int | None = None
    n_params_published_as: str | None = None
    n_params_published_note: str | None = None
    n_params_active_published: int | None = None
    n_params_active_published_as: str | None = None
    n_params_active_published_note: str | None = None

    @cached_property
    def spec(self) -> ModelSpec:
        """The model as its layers."""
        return from_mapping(self.config, name=self.name)


@dataclass(frozen=True)
class Chip:
    """An accelerator.

    Attributes:
        memory_bytes: Memory [B]; `sources` says whether the driver or the data sheet counted it.
        bandwidth_bytes_per_s: Peak memory bandwidth [B/s].
        peak_flops_per_s: Dense matrix peak by data type [FLOP/s]; never the figure that assumes sparsity.
        link_bytes_per_s: Link to other chips, one direction [B/s].
        power_watts: Board power [W].
        note: What a data sheet hides.
    """

    id: str
    name: str
    sources: Mapping[str, str]
    checked: date
    memory_bytes: int
    bandwidth_bytes_per_s: float
    peak_flops_per_s: Mapping[str, float]
    vendor: str | None = None
    released: date | None = None
    link_bytes_per_s: float | None = None
    power_watts: float | None = None
    note: str | None = None


@dataclass(frozen=True)
class Price:
    """A model that is sold by the token; its parameters are not published and stand nowhere here.

    Attributes:
        checked: Day for which the prices hold.
    """

    id: str
    name: str
    sources: Mapping[str, str]
    checked: date
    org: str | None = None
    released: date | None = None
    context_advertised: int | None = None
    output_limit: int | None = None
    usd_per_million_input_tokens: float | None = None
    usd_per_million_output_tokens: float | None = None
    usd_per_million_cached_tokens: float | None = None


def model_ids() -> tuple[str, ...]:
    """Every model id, in order."""
    return _ids("models")


def find(model_id: str) -> Entry:
    """The registry's entry for a model.

    Raises:
        UnknownModel: If there is none; the message lists the closest ids.
    """
    return _entry(_known_id(model_id, model_ids(), UnknownModel, "model"))


def load_model(model_id: str) -> ModelSpec:
    """The spec of a registered model."""
    return find(model_id).spec


def chip_ids() -> tuple[str, ...]:
    """Every chip id, in order."""
    return _ids("chips")


def find_chip(chip_id: str) -> Chip:
    """A chip of the registry.

    Raises:
        UnknownChip: If there is none; the message lists the closest ids.
    """
    return _chip(_known_id(chip_id, chip_ids(), UnknownChip, "chip"))


def price_ids() -> tuple[str, ...]:
    """Every model sold by the token, in order."""
    return _ids("prices")


def find_price(price_id: str) -> Price:
    """Context, output cap and prices of a model that is sold by the token.

    Raises:
        UnknownModel: If there is none; the message lists the closest ids.
    """
    return _price(_known_id(price_id, price_ids(), UnknownModel, "priced model"))


def _ids(folder: str) -> tuple[str, ...]:
    return tuple(sorted(path.name.removesuffix(".toml") for path in (DATA / folder).glob("*.toml")))


def _known_id(wanted: str, ids: tuple[str, ...], error: type[ValueError], what: str) -> str:
    if wanted in ids:
        return wanted
    bare = {_bare(known): known for known in ids}
    if not isinstance(wanted, str):
        raise error(f"{wanted!r} is not a {what} id; give text such as {ids[0]!r}")
    near = [bare[key] for key in get_close_matches(_bare(wanted), bare, n=5, cutoff=0.5)]
    if _bare(wanted):
        near += [known for known in ids if _bare(wanted) in _bare(known) and known not in near]
    hint = f"closest: {', '.join(near[:5])}" if near else f"there are {len(ids)}, for example {', '.join(ids[:3])}"
    raise error(f"no {what} {wanted!r} in the registry; {hint}")


def _bare(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


def _entry(model_id: str) -> Entry:
    values, sources, checked = _read("models", model_id, _MODEL_KEYS)
    values["config"] = MappingProxyType(values["config"])
    return Entry(id=model_id, sources=sources, checked=checked, **values)


def _chip(chip_id: str) -> Chip:
    values, sources, checked = _read("chips", chip_id, _CHIP_KEYS)
    return Chip(id=chip_id, sources=sources, checked=checked, **values)


def _price(price_id: str) -> Price:
    values, sources, checked = _read("prices", price_id, _PRICE_KEYS)
    return Price(id=price_id, sources=sources, checked=checked, **values)


def _read(folder: str, name: str, keys: Mapping[str, str]) -> tuple[dict[str, Any], Mapping[str, str], date]:
    """The values of one file, its sources and the day they were checked, after checking every key."""
    place = f"{folder}/{name}.toml"
    with (DATA / folder / f"{name}.toml").open("rb") as file:
        try:
            values = tomllib.load(file)
        except tomllib.TOMLDecodeError as err:
            raise DataError(f"{place}: not TOML: {err}") from err
    for key in _REQUIRED[folder]:
        if key not in values:
            raise DataError(f"{place}: {key} is missing; an entry cannot do without it")
    sources = values.pop("source")
    checked = sources.pop("checked", None) if isinstance(sources, dict) else None
    if type(checked) is not date:
        raise DataError(f"{place}: [source] needs checked = YYYY-MM-DD, the day its pages were read")
    for key, value in values.items():
        if key not in keys:
            near = get_close_matches(key, keys, n=1)
            raise DataError(f"{place}: {key} is not a known key" + (f"; did you mean {near[0]}?" if near else ""))
        if not _fits(value, keys[key]):
            raise DataError(f"{place}: {key} is {value!r}; give a {keys[key]}")
        if keys[key] != _TEXT and key not in sources:
            raise DataError(
                f"{place}: {key} has no source; name the page it was read on under [source], or leave it out"
            )
    for key, source in sources.items():
        if key not in values:
            raise DataError(f"{place}: [source] names {key}, which the file does not give")
        if not isinstance(source, str) or not source.strip():
            raise DataError(f"{place}: the source of {key} is {source!r}; name a page")
    return values, MappingProxyType(sources), checked


def _fits(value: Any, kind: str) -> bool:
    if kind == _TEXT:
        return isinstance(value, str) and bool(value.strip())
    if kind == _DATE:
        return type(value) is date
    if kind == _COUNT:
        return type(value) is int and value > 0
    if kind == _NUMBER:
        return type(value) in (int, float) and 0 < value < float("inf")
    if kind == _CONFIG:
        return isinstance(value, dict) and bool(value)
    return isinstance(value, dict) and bool(value) and all(_fits(number, _NUMBER) for number in value.values())
