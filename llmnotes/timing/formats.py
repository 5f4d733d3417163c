"""Bits of a stored weight by the name under which a file is published."""

import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from llmnotes.cost import CostProfile, total_params
from llmnotes.placement import Precision
from llmnotes.registry import DATA


class UnknownFormat(ValueError):  # noqa: N818 - as the registry's UnknownChip
    """A name of a format that the table does not have; the message lists the closest ones."""


@dataclass(frozen=True)
class Format:
    """Bits by part.

    Attributes:
        dense: Of every weight of a model without routed experts.
        rest: Of what is no routed expert, in a model that has them.
        experts: Of a weight of a routed expert.
    """

    dense: float
    rest: float
    experts: float


def format_names() -> tuple[str, ...]:
    """Every name of the table, in order."""
    return tuple(sorted(_table()))


def find_format(name: str) -> Format:
    """The bits of a published format.

    Raises:
        UnknownFormat: If the table does not have it.

    >>> find_format("q8_0")
    Format(dense=8.5, rest=8.5, experts=8.5)
    """
    table = _table()
    known = {key.lower(): key for key in table}
    if name.lower() not in known:
        near = [known[key] for key in get_close_matches(name.lower(), known, n=5, cutoff=0.4)] or sorted(table)[:5]
        raise UnknownFormat(f"no weight format {name!r}; closest: {', '.join(near)}; or give bits, such as 4.85")
    return table[known[name.lower()]]


def precision_of(profile: CostProfile, name: str, *, cache_bits: float = 16) -> Precision:
    """The bits of a model stored in a published format."""
    found = find_format(name)
    if not profile.experts:
        return Precision(weights=found.dense, cache=cache_bits)
    return Precision(weights=found.rest, experts=found.experts, cache=cache_bits)


def precision_of_file(profile: CostProfile, name: str, file_bytes: float, *, cache_bits: float = 16) -> Precision:
    r"""The bits of a model whose file has a known size.

    $$ s_E = (8 M - s_r P_r) / P_E $$

    The format says what everything but routed experts takes, $s_r$; the size says what is left for the experts. Without
    experts the size says it alone. Headers, under 0.1 % of a file, are left in.
    """
    routed = routed_params(profile)
    if not routed:
        return Precision(weights=8 * file_bytes / total_params(profile), cache=cache_bits)
    rest = find_format(name).rest
    experts = (8 * file_bytes - rest * (total_params(profile) - routed)) / routed
    if experts <= 0:
        raise UnknownFormat(
            f"{name}: {file_bytes:g} bytes are too few for a model of {total_params(profile):,} weights"
        )
    return Precision(weights=rest, experts=experts, cache=cache_bits)


def routed_params(profile: CostProfile) -> int:
    """Parameters of all routed experts."""
    routed = 0
    for group in profile.experts:
        routed += group.n_layers * group.n_experts * group.expert_params
    return routed


@cache
def _table() -> dict[str, Format]:
    with (DATA / "timing" / "formats.toml").open("rb") as file:
        read = tomllib.load(file)
    table = {
        name: Format(bits, bits, bits)
        for part in ("average", "block", "checkpoint")
        for name, bits in read[part].items()
    }
    return table | {
        name: Format(bits["dense"], bits["rest"], bits["experts"]) for name, bits in read["dynamic"].items()
    }
