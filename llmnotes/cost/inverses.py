"""Longest context, largest batch and fewest chips: the inverses of `cost.parallel`, found by halving.

`fit`, the calculator, figures and model pages all ask these; they are emitted as JavaScript too.
"""

from llmnotes.cost.coefficients import CostProfile
from llmnotes.cost.costs import growing_bytes_per_token
from llmnotes.cost.parallel import chip_cache_bytes, chip_room_bytes

MOST_CHIPS = 256


def holds_through(
    profile: CostProfile,
    *,
    n_periods: int,
    room_bytes: float,
    n_chips: int,
    batch_size: int,
    kv_bits: float,
    state_bits: float = 32,
    page: int = 1,
) -> bool:
    """Whether the cache fits at every length of a period of compression.

    It shrinks only when an entry is finished, so the lengths just before that and the last one decide.
    """
    start = (n_periods - 1) * profile.entry_period
    last = chip_cache_bytes(
        profile,
        n_tokens=start + profile.entry_period,
        n_chips=n_chips,
        batch_size=batch_size,
        kv_bits=kv_bits,
        state_bits=state_bits,
        page=page,
    )
    if last > room_bytes:
        return False
    step = profile.entry_stride
    while profile.entry_period > 1 and step <= profile.entry_period:
        before = chip_cache_bytes(
            profile,
            n_tokens=start + step - 1,
            n_chips=n_chips,
            batch_size=batch_size,
            kv_bits=kv_bits,
            state_bits=state_bits,
            page=page,
        )
        if before > room_bytes:
            return False
        step += profile.entry_stride
    return True


def context_is_unlimited(
    profile: CostProfile,
    *,
    room_bytes: float,
    n_chips: int,
    batch_size: int,
    kv_bits: float,
    state_bits: float = 32,
    page: int = 1,
) -> bool:
    """Whether the cache stops growing before the room is full."""
    most = 0
    for group in profile.capped_elements:
        most = max(most, group.cap)
    needed = chip_cache_bytes(
        profile,
        n_tokens=most,
        n_chips=n_chips,
        batch_size=batch_size,
        kv_bits=kv_bits,
        state_bits=state_bits,
        page=page,
    )
    return growing_bytes_per_token(profile) == 0 and needed <= room_bytes


def longest_context(
    profile: CostProfile,
    *,
    room_bytes: float,
    n_chips: int,
    batch_size: int,
    kv_bits: float,
    state_bits: float = 32,
    page: int = 1,
) -> int:
    """Tokens that every sequence may reach: whole periods by halving, then token by token.

    Never ends where `context_is_unlimited`.
    """
    low = 0
    high = 1
    rising = True
    while rising or high - low > 1:
        n_periods = high if rising else (low + high) // 2
        holds = holds_through(
            profile,
            n_periods=n_periods,
            room_bytes=room_bytes,
            n_chips=n_chips,
            batch_size=batch_size,
            kv_bits=kv_bits,
            state_bits=state_bits,
            page=page,
        )
        if holds:
            low = n_periods
            high = 2 * high if rising else high
        else:
            high = n_periods
            rising = False
    tokens = low * profile.entry_period
    step = 1
    while step <= profile.entry_period:
        needed = chip_cache_bytes(
            profile,
            n_tokens=tokens + 1,
            n_chips=n_chips,
            batch_size=batch_size,
            kv_bits=kv_bits,
            state_bits=state_bits,
            page=page,
        )
        if needed > room_bytes:
            return tokens
        tokens += 1
        step += 1
    return tokens


def chip_free_bytes(
    profile: CostProfile,
    *,
    n_tokens: int,
    n_chips: int,
    batch_size: int,
    weight_bits: float,
    expert_bits: float,
    kv_bits: float,
    state_bits: float = 32,
    page: int = 1,
    memory_bytes: float,
    usable_share: float,
    prefill_chunk: int,
) -> float:
    """Bytes that are left on the fullest chip; negative is what is missing."""
    room = chip_room_bytes(
        profile,
        n_chips=n_chips,
        batch_size=batch_size,
        weight_bits=weight_bits,
        expert_bits=expert_bits,
        memory_bytes=memory_bytes,
        usable_share=usable_share,
        prefill_chunk=prefill_chunk,
    )
    return room - chip_cache_bytes(
        profile,
        n_tokens=n_tokens,
        n_chips=n_chips,
        batch_size=batch_size,
        kv_bits=kv_bits,
        state_bits=state_bits,
        page=page,
    )


def largest_batch(
    profile: CostProfile,
    *,
    n_tokens: int,
    n_chips: int,
    weight_bits: float,
    expert_bits: float,
    kv_bits: float,
    state_bits: float = 32,
    page: int = 1,
    memory_bytes: float,
    usable_share: float,
    prefill_chunk: int,
) -> int:
    """Sequences of a length that fit; 0 where one does not."""
    low = 0
    high = 1
    rising = True
    while rising or high - low > 1:
        batch = high if rising else (low + high) // 2
        free = chip_free_bytes(
            profile,
            n_tokens=n_tokens,
            n_chips=n_chips,
            batch_size=batch,
            weight_bits=weight_bits,
            expert_bits=expert_bits,
            kv_bits=kv_bits,
            state_bits=state_bits,
            page=page,
            memory_bytes=memory_bytes,
            usable_share=usable_share,
            prefill_chunk=prefill_chunk,
        )
        if free >= 0:
            low = batch
            high = 2 * high if rising else high
        else:
            high = batch
            rising = False
    return low


def fewest_chips(
    profile: CostProfile,
    *,
    n_tokens: int,
    batch_size: int,
    weight_bits: float,
    expert_bits: float,
    kv_bits: float,
    state_bits: float = 32,
    page: int = 1,
    memory_bytes: float,
    usable_share: float,
    prefill_chunk: int,
) -> int:
    """The smallest number of chips, of those that split the query heads evenly, that holds it; 0 if none does."""
    n_chips = 1
    while n_chips <= MOST_CHIPS:
        even = profile.n_query_heads // n_chips * n_chips == profile.n_query_heads
        if even:
            free = chip_free_bytes(
                profile,
                n_tokens=n_tokens,
                n_chips=n_chips,
                batch_size=batch_size,
                weight_bits=weight_bits,
                expert_bits=expert_bits,
                kv_bits=kv_bits,
                state_bits=state_bits,
                page=page,
                memory_bytes=memory_bytes,
                usable_share=usable_share,
                prefill_chunk=prefill_chunk,
            )
            if free >= 0:
                return n_chips
        n_chips += 1
    return 0
