"""Bits of a stored weight by the name under which a file is published."""

import tomllib
from dataclasses import dataclass
from functools import cache

from llmnotes.cost import CostProfile, cost_profile, total_params
from llmnotes.cost.assumptions import Precision
from llmnotes.registry import DATA
from llmnotes.spec import ModelSpec
from llmnotes.weights.served import read_precision
from llmnotes.weights.sizes import stored_weights


class WrongSize(ValueError):  # noqa: N818 - callers read it as a sentence
    """A file that is too small for what it is said to hold."""


@dataclass(frozen=True)
class Mix:
    """Bits of a mix that follows no rule, by part.

    Attributes:
        dense: Of every weight of a model without routed experts.
        rest: Of what is no routed expert, in a model that has them.
        experts: Of a weight of a routed expert.
    """

    dense: float
    rest: float
    experts: float


def dynamic_mixes() -> tuple[str, ...]:
    """Names of the mixes that follow no rule, of which published files give a mean."""
    return tuple(sorted(_table()))


def is_dynamic(name: str) -> bool:
    """Whether a name is that of a mix that follows no rule."""
    return name.upper() in _table()


def precision_of(model: ModelSpec, name: str | None, *, cache_bits: float = 16) -> Precision:
    """The bits of a model stored in a published form; without a name as its checkpoint states.

    Raises:
        ValueError: If the form is not known; the message lists the closest.

    >>> from llmnotes.registry import load_model
    >>> precision_of(load_model("qwen3.6-35b-a3b"), "UD-Q4_K_XL").weights
    8.5
    """
    if name and is_dynamic(name):
        mix = _table()[name.upper()]
        if not cost_profile(model).experts:
            return Precision(weights=mix.dense, cache=cache_bits)
        return Precision(weights=mix.rest, experts=mix.experts, cache=cache_bits)
    return read_precision(stored_weights(model, name), cache_bits=cache_bits)


def precision_of_file(model: ModelSpec, name: str, file_bytes: float, *, cache_bits: float = 16) -> Precision:
    r"""The bits of a model in a mix that follows no rule, whose file has a known size.

    $$ s_E = (8 M - s_r P_r) / P_E $$

    The mix says what everything but routed experts takes, $s_r$; the size $M$ says what is left for the experts.
    Without experts the size says it alone. Headers, under 0.1 % of a file, are left in.

    Raises:
        WrongSize: If nothing is left for the experts.
    """
    profile = cost_profile(model)
    routed = routed_params(profile)
    if not routed:
        return Precision(weights=8 * file_bytes / total_params(profile), cache=cache_bits)
    rest = _table()[name.upper()].rest
    experts = (8 * file_bytes - rest * (total_params(profile) - routed)) / routed
    if experts <= 0:
        raise WrongSize(
            f"{name}: {file_bytes:g} bytes are too few for {model.name} with {total_params(profile):,} weights"
        )
    return Precision(weights=rest, experts=experts, cache=cache_bits)


def routed_params(profile: CostProfile) -> int:
    """Parameters of all routed experts."""
    routed = 0
    for group in profile.experts:
        routed += group.n_layers * group.n_experts * group.expert_params
    return routed


@cache
def _table() -> dict[str, Mix]:
    with (DATA / "timing" / "formats.toml").open("rb") as file:
        read = tomllib.load(file)["dynamic"]
    return {name: Mix(bits["dense"], bits["rest"], bits["experts"]) for name, bits in read.items()}
