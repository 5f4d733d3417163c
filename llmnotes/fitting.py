"""Where the memory of a server goes, and the inverses: longest context, largest batch, fewest chips."""

from collections.abc import Callable
from dataclasses import dataclass
from math import lcm

from llmnotes.cost import CostProfile, ideal_cache_bytes
from llmnotes.placement import Engine, Load, Precision, keeping_every_token, query_heads
from llmnotes.spec import ModelSpec

MOST_CHIPS = 256
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
        overhead_bytes: What the engine leaves alone, an assumption.
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
    load = Load(model, n_chips, memory_bytes, precision, engine)

    def room(every_token: bool) -> Room:
        profile = keeping_every_token(load.profile) if every_token else load.profile
        return Room(
            cache_bytes=n_chips * load.cache_bytes(profile, n_tokens, batch_size),
            free_bytes=n_chips * load.free_bytes(profile, n_tokens, batch_size),
            longest_context=longest_context(profile, load.room_bytes(batch_size), batch_size, precision, engine.page),
            largest_batch=largest_batch(load, profile, n_tokens),
            fewest_chips=fewest_chips(model, memory_bytes, n_tokens, batch_size, precision, engine, every_token),
        )

    return Fit(
        n_chips=n_chips,
        n_tokens=n_tokens,
        batch_size=batch_size,
        memory_bytes=n_chips * memory_bytes,
        overhead_bytes=n_chips * load.overhead_bytes,
        weight_bytes=n_chips * load.weight_bytes,
        activation_bytes=n_chips * load.activation_bytes(batch_size),
        ideal=room(every_token=False),
        reserved=room(every_token=True),
    )


def longest_context(
    profile: CostProfile, room_bytes: float, batch_size: int, precision: Precision, page: int = 1
) -> int | None:
    """Tokens that every sequence may reach; `None` where the cache stops growing before the room is full.

    A sequence passes through every length on its way, so the first length that does not fit ends it. A compressed past
    shrinks whenever an entry is finished: whole periods of that are halved upon, and the last one is walked.
    """
    period = 1
    for group in profile.entry_keeps:
        period = lcm(period, group.stride)

    def holds(n_tokens: int) -> bool:
        needed = ideal_cache_bytes(
            profile,
            n_tokens=n_tokens,
            batch_size=batch_size,
            kv_bits=precision.cache,
            state_bits=precision.state,
            page=page,
        )
        return needed <= room_bytes

    def holds_through(n_periods: int) -> bool:
        return all(holds((n_periods - 1) * period + step) for step in range(1, period + 1))

    if profile.growing_elements == 0 and not profile.entry_keeps:
        most = max([0, *(group.cap for group in profile.capped_elements)])
        if holds(most):
            return None
    tokens = _most(holds_through) * period
    while holds(tokens + 1):
        tokens += 1
    return tokens


def largest_batch(load: Load, profile: CostProfile, n_tokens: int) -> int:
    """Sequences of a length that fit a chip. Each adds its cache, and its logits once the head is the worst moment."""
    return _most(lambda n_sequences: load.free_bytes(profile, n_tokens, n_sequences) >= 0)


def _most(holds: Callable[[int], bool]) -> int:
    """The largest number up to which all hold; 0 where 1 does not."""
    low, high = 0, 1
    while holds(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def fewest_chips(
    model: ModelSpec,
    memory_bytes: float,
    n_tokens: int,
    batch_size: int,
    precision: Precision,
    engine: Engine,
    every_token: bool,
) -> int | None:
    """The smallest number of chips, of those that split the query heads evenly, that holds it; `None` if none does."""
    heads = query_heads(model)
    for n_chips in range(1, MOST_CHIPS + 1):
        if heads % n_chips == 0:
            load = Load(model, n_chips, memory_bytes, precision, engine)
            profile = keeping_every_token(load.profile) if every_token else load.profile
            if load.free_bytes(profile, n_tokens, batch_size) >= 0:
                return n_chips
    return None


def _check(**values: int) -> None:
    for name, value in values.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{name} must be a whole number above 0, not {value!r}")
