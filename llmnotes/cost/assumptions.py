"""Precision of what is stored, and how an engine uses the memory, as far as both are assumptions."""

from dataclasses import dataclass

PREFILL_CHUNK = 2048
"""Tokens of one pass unless said: vLLM's DEFAULT_MAX_NUM_BATCHED_TOKENS (servers of large cards take 8,192)."""

USABLE_SHARE = 0.92
"""Share of the memory an engine fills unless said: vLLM's default; see `memory.overhead_bytes`."""


@dataclass(frozen=True)
class Precision:
    """Bits of what is stored.

    Attributes:
        weights: Of a weight, scales included.
        experts: Of a weight of a routed expert, where that differs.
        cache: Of a key, value, latent or convolution input.
        state: Of a recurrent state.
        held: Of a weight in memory but for routed experts, where what a token reads is stored otherwise than a table
            that it only looks up.
    """

    weights: float = 16
    experts: float | None = None
    cache: float = 16
    state: float = 32
    held: float | None = None

    @property
    def held_bits(self) -> float:
        """Bits of a weight in memory, routed experts left out."""
        return self.weights if self.held is None else self.held

    @property
    def expert_bits(self) -> float:
        """Bits of a weight of a routed expert."""
        return self.weights if self.experts is None else self.experts


@dataclass(frozen=True)
class Engine:
    """How an engine uses the memory, as far as it is an assumption.

    Attributes:
        usable_share: Share of the memory that it fills.
        prefill_chunk: Tokens of one pass over all sequences.
        page: Tokens of one page of the cache (1: no paging).
    """

    usable_share: float = USABLE_SHARE
    prefill_chunk: int = PREFILL_CHUNK
    page: int = 1
