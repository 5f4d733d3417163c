"""What fits beside the weights when an engine cuts the memory: the longest context, and the most sequences."""

from dataclasses import dataclass

from llmnotes.engines import allocate
from llmnotes.engines.outline import Outline
from llmnotes.engines.parts import Allocation, Parallel
from llmnotes.halving import most_that

MOST_TOKENS = 2**27
MOST_SEQUENCES = 2**16


@dataclass(frozen=True)
class Capacity:
    """What one engine makes of the room on one card.

    Attributes:
        allocation: What it sets aside for the sequences asked for.
        longest_context: Tokens that each of so many sequences may reach; `None` where more tokens take no more room.
        most_sequences: Sequences of the length asked for, in all groups of data-parallel attention together.
    """

    allocation: Allocation
    longest_context: int | None
    most_sequences: int


def capacity(
    model: Outline,
    *,
    engine: str,
    room_bytes: float,
    n_tokens: int,
    n_seqs: int,
    key_type: str | None = None,
    value_type: str | None = None,
    state_bits: int = 32,
    parallel: Parallel | None = None,
) -> Capacity:
    """What an engine makes of the room that weights and activations leave on one card.

    Raises:
        EngineError: If the engine does not have such a setting.
    """

    groups = parallel.data if parallel is not None else 1

    def held(tokens: int, sequences: int) -> Allocation:
        """What the fullest card sets aside: groups of data-parallel attention deal the sequences out."""
        return allocate(
            model,
            engine=engine,
            n_tokens=tokens,
            n_seqs=-(-sequences // groups),
            key_type=key_type,
            value_type=value_type,
            state_bits=state_bits,
            parallel=parallel,
        )

    if room_bytes < 0:
        return Capacity(held(n_tokens, n_seqs), 0, 0)
    longest = most_that(lambda tokens: held(tokens, n_seqs).total_bytes <= room_bytes, MOST_TOKENS)
    return Capacity(
        allocation=held(n_tokens, n_seqs),
        longest_context=None if longest == MOST_TOKENS else longest,
        most_sequences=most_that(lambda sequences: held(n_tokens, sequences).total_bytes <= room_bytes, MOST_SEQUENCES),
    )
