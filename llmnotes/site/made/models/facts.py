"""What the page of one model says, as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from llmnotes.cost import cost_profile, inverses, parallel
from llmnotes.cost.assumptions import PREFILL_CHUNK, USABLE_SHARE
from llmnotes.registry import Chip, Entry, find, find_chip, model_ids
from llmnotes.report import (
    CacheSize,
    InputCost,
    ModuleCost,
    ParamCount,
    count_params,
    input_costs,
    kv_cache,
    module_costs,
)
from llmnotes.spec import ModelSpec
from llmnotes.weights.sizes import StoredWeights, memory_precision, stored_weights

LENGTHS = tuple(2**power for power in range(13, 21))
# From 8 GB on a desk to the largest card of one server; an article compares the larger of them.
CARDS = (
    "rtx-4060",
    "rtx-3060",
    "rtx-4060-ti-16gb",
    "rtx-4090",
    "rtx-5090",
    "l40s-48gb",
    "h100-sxm-80gb",
    "h200-sxm-141gb",
    "b200-sxm-180gb",
)
# The form of the published file, and those that people convert it to.
FORMS = (None, "bf16", "fp8", "Q4_K_M")
TOKENS_TO_FIT = 32_768


@dataclass(frozen=True)
class Placed:
    """How many cards hold a model, and how far its context then reaches.

    Attributes:
        stored: The weights in one form.
        n_chips: Fewest cards that hold `TOKENS_TO_FIT` tokens, or as many as the configuration allows; `None`: none.
        longest: Tokens that one sequence may then reach; `None` where neither memory nor configuration ends it.
    """

    chip: Chip
    stored: StoredWeights
    n_chips: int | None
    longest: int | None


@dataclass(frozen=True)
class Facts:
    """A registered model and everything its page counts."""

    entry: Entry
    spec: ModelSpec
    counted: ParamCount
    caches: tuple[CacheSize, ...]

    @property
    def id(self) -> str:
        """Its id in the registry."""
        return self.entry.id

    @cached_property
    def variants(self) -> tuple[tuple[str, StoredWeights], ...]:
        """Quantized files that are published, by their words, and their weights."""
        return tuple((word, stored_weights(self.entry.variant(word))) for word in self.entry.variants)

    @cached_property
    def inputs(self) -> dict[str, InputCost]:
        """What can be given beside text, and its costs."""
        return input_costs(self.spec)

    def modules(self, n_tokens: int) -> dict[str, ModuleCost]:
        """Prediction modules, and their costs after so many tokens."""
        return module_costs(self.spec, n_tokens)

    @cached_property
    def stored(self) -> tuple[StoredWeights, ...]:
        """The weights in each of `FORMS`, its own first; a form that is its own stands there alone."""
        own, *others = (stored_weights(self.spec, form) for form in FORMS)
        return own, *(other for other in others if other.form != own.form)

    @cached_property
    def placed(self) -> tuple[Placed, ...]:
        """Cards by form of the weights, one card after the other."""
        return tuple(self._placed(chip, stored) for chip in map(find_chip, CARDS) for stored in self.stored)

    @property
    def tokens_to_fit(self) -> int:
        """The context asked of the cards."""
        return min(TOKENS_TO_FIT, self.spec.n_ctx or TOKENS_TO_FIT)

    def cache_at(self, n_tokens: int) -> CacheSize:
        """The cache at one of `LENGTHS`."""
        return self.caches[LENGTHS.index(n_tokens)]

    def _placed(self, chip: Chip, stored: StoredWeights) -> Placed:
        profile = cost_profile(self.spec)
        server: dict[str, Any] = {"usable_share": USABLE_SHARE, "prefill_chunk": PREFILL_CHUNK, "batch_size": 1}
        precision = memory_precision(stored)
        server |= {"weight_bits": precision.weights, "expert_bits": precision.expert_bits}
        server |= {"memory_bytes": chip.memory_bytes}
        n_chips = inverses.fewest_chips(profile, n_tokens=self.tokens_to_fit, kv_bits=16, **server)
        if n_chips == 0:
            return Placed(chip, stored, None, None)
        room_bytes = parallel.chip_room_bytes(profile, n_chips=n_chips, **server)
        asked: dict[str, Any] = {"room_bytes": room_bytes, "n_chips": n_chips, "batch_size": 1, "kv_bits": 16}
        endless = inverses.context_is_unlimited(profile, **asked)
        longest = None if endless else inverses.longest_context(profile, **asked)
        known = [limit for limit in (longest, self.spec.n_ctx) if limit is not None]
        return Placed(chip, stored, n_chips, min(known) if known else None)


def facts(model_id: str) -> Facts:
    """Return what the page of a model says."""
    entry = find(model_id)
    spec = entry.spec
    return Facts(entry, spec, count_params(spec), tuple(kv_cache(spec, n_tokens) for n_tokens in LENGTHS))


def all_facts() -> list[Facts]:
    """Return the facts of every registered model, in the order of the ids."""
    return [facts(model_id) for model_id in model_ids()]
