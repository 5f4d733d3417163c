"""Where the memory of a server goes, and the inverses: longest context, largest batch, fewest chips."""

from dataclasses import dataclass

from llmnotes.cost import CostProfile, cost_profile, inverses, keeping_every_token, parallel
from llmnotes.cost.assumptions import Engine, Precision
from llmnotes.equations import memory
from llmnotes.spec import ModelSpec

MOST_BYTES = 2**60


@dataclass(frozen=True)
class Room:
    """One way of keeping the cache.

    Attributes:
        cache_bytes: Cache of the whole batch, over all chips.
        free_bytes: What is left; negative is what is missing.
        longest_context: Tokens for each sequence of this batch; `None` where memory sets no limit. The model may.
        largest_batch: Sequences of this length.
        fewest_chips: Chips that hold it, of those counts that split the query heads evenly; `None` if none does.
    """

    cache_bytes: float
    free_bytes: float
    longest_context: int | None
    largest_batch: int
    fewest_chips: int | None

    @property
    def fits(self) -> bool:
        """Whether nothing is missing."""
        return self.free_bytes >= 0


@dataclass(frozen=True)
class Fit:
    """Where the memory goes, over all chips.

    Attributes:
        overhead_bytes: Headroom: what the engine leaves alone, an assumption.
        weight_bytes: Weights.
        activation_bytes: What a pass computes and throws away, at its worst moment.
        ideal: With windowed layers keeping their window only.
        reserved: With every attention layer keeping every token.
    """

    n_chips: int
    n_tokens: int
    batch_size: int
    memory_bytes: float
    overhead_bytes: float
    weight_bytes: float
    activation_bytes: float
    ideal: Room
    reserved: Room


def fit(
    model: ModelSpec,
    chip: str,
    n_chips: int = 1,
    weight_bits: float = 16,
    kv_bits: float = 16,
    n_tokens: int | None = None,
    batch_size: int = 1,
    *,
    expert_bits: float | None = None,
    state_bits: float = 32,
    engine: Engine | None = None,
) -> Fit:
    """Whether a model fits chips of the registry, and what else would.

    Args:
        model: The model.
        chip: Id of a chip.
        n_chips: Chips that split the model (tensor parallelism).
        weight_bits: Bits of a weight, scales included (`memory.bits_with_scales`).
        kv_bits: Bits of a cached number.
        n_tokens: Tokens of each sequence, prompt plus answer; the positions of the configuration unless given.
        batch_size: Sequences at once.
        expert_bits: Bits of a weight of a routed expert, where that differs.
        state_bits: Bits of a number of recurrent state.
        engine: Assumptions about the engine; `Engine()` unless given.
    """
    from llmnotes.registry import find_chip

    precision = Precision(weight_bits, expert_bits, kv_bits, state_bits)
    return fit_memory(model, find_chip(chip).memory_bytes, n_chips, n_tokens, batch_size, precision, engine or Engine())


def fit_memory(
    model: ModelSpec,
    memory_bytes: float,
    n_chips: int,
    n_tokens: int | None,
    batch_size: int,
    precision: Precision,
    engine: Engine,
) -> Fit:
    """`fit` for chips with so much memory each."""
    if n_tokens is None:
        n_tokens = model.n_ctx
    if n_tokens is None:
        raise ValueError(f"{model.name} does not say how many positions it allows; give n_tokens")
    if not isinstance(n_tokens, int) or isinstance(n_tokens, bool) or n_tokens < 0:
        raise ValueError(f"n_tokens must be a whole number that is not negative, not {n_tokens!r}")
    _check(n_chips=n_chips, batch_size=batch_size, prefill_chunk=engine.prefill_chunk, page=engine.page)
    if not 0 < memory_bytes < MOST_BYTES:
        raise ValueError(f"memory_bytes must be above 0 and below 1 EiB, not {memory_bytes!r}")
    if not 0 < engine.usable_share <= 1:
        raise ValueError(f"usable_share must be above 0 and at most 1, not {engine.usable_share!r}")
    if min(precision.weights, precision.experts or 1, precision.cache, precision.state) <= 0:
        raise ValueError(f"bits must be above 0, not {precision}")
    profile = cost_profile(model)
    given = _Given(n_chips, n_tokens, batch_size, memory_bytes, precision, engine)
    return Fit(
        n_chips=n_chips,
        n_tokens=n_tokens,
        batch_size=batch_size,
        memory_bytes=n_chips * memory_bytes,
        overhead_bytes=n_chips * memory.overhead_bytes(memory_bytes=memory_bytes, usable_share=engine.usable_share),
        weight_bytes=n_chips * parallel.chip_weight_bytes(profile, n_chips=n_chips, **given.weights),
        activation_bytes=n_chips
        * parallel.chip_activation_bytes(
            profile, n_chips=n_chips, batch_size=batch_size, prefill_chunk=engine.prefill_chunk
        ),
        ideal=_room(profile, given),
        reserved=_room(keeping_every_token(profile), given),
    )


@dataclass(frozen=True)
class _Given:
    """What is asked of a server, in the words of the equations."""

    n_chips: int
    n_tokens: int
    batch_size: int
    memory_bytes: float
    precision: Precision
    engine: Engine

    @property
    def weights(self) -> dict[str, float]:
        return {"weight_bits": self.precision.weights, "expert_bits": self.precision.expert_bits}

    @property
    def cache(self) -> dict:
        return {"kv_bits": self.precision.cache, "state_bits": self.precision.state, "page": self.engine.page}

    @property
    def server(self) -> dict:
        engine = {"usable_share": self.engine.usable_share, "prefill_chunk": self.engine.prefill_chunk}
        return {"memory_bytes": self.memory_bytes, **engine, **self.weights}


def _room(profile: CostProfile, given: _Given) -> Room:
    """Cache, what is left and the inverses, for one way of keeping the cache."""
    chips, batch, length = {"n_chips": given.n_chips}, {"batch_size": given.batch_size}, {"n_tokens": given.n_tokens}
    held = chips | batch | given.cache
    room_bytes = parallel.chip_room_bytes(profile, **chips, **batch, **given.server)
    endless = inverses.context_is_unlimited(profile, room_bytes=room_bytes, **held)
    free_bytes = inverses.chip_free_bytes(profile, **held, **length, **given.server)
    return Room(
        cache_bytes=given.n_chips * parallel.chip_cache_bytes(profile, **held, **length),
        free_bytes=given.n_chips * free_bytes,
        longest_context=None if endless else inverses.longest_context(profile, room_bytes=room_bytes, **held),
        largest_batch=inverses.largest_batch(profile, **chips, **length, **given.cache, **given.server),
        fewest_chips=inverses.fewest_chips(profile, **batch, **length, **given.cache, **given.server) or None,
    )


def _check(**values: int) -> None:
    for name, value in values.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{name} must be a whole number above 0, not {value!r}")
