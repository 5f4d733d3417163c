"""What one chip of a server carries: its share of weights and cache, the pass at its worst moment, the overhead."""

from dataclasses import dataclass, replace
from math import gcd

from llmnotes.blocks.attention import Attention
from llmnotes.blocks.base import Block
from llmnotes.blocks.composite import Parallel
from llmnotes.cost import CostProfile, cost_profile, ideal_cache_bytes, total_params
from llmnotes.equations import memory
from llmnotes.spec import Layer, ModelSpec, Run

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
    """

    weights: float = 16
    experts: float | None = None
    cache: float = 16
    state: float = 32

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


class Load:
    """What one chip carries."""

    def __init__(self, model: ModelSpec, n_chips: int, memory_bytes: float, precision: Precision, engine: Engine):
        self.n_chips, self.precision, self.engine, self.memory_bytes = n_chips, precision, engine, memory_bytes
        self.profile = on_one_chip(model, n_chips)
        self.weight_bytes = memory.share_bytes(
            total_bytes=stored_weight_bytes(cost_profile(model), precision), n_chips=n_chips
        )
        self.overhead_bytes = memory.overhead_bytes(memory_bytes=memory_bytes, usable_share=engine.usable_share)

    def pass_bytes(self) -> float:
        return memory.pass_bytes(
            n_tokens=self.engine.prefill_chunk,
            d_model=self.profile.d_model,
            widest_block=self.profile.widest_block,
            n_chips=self.n_chips,
        )

    def head_bytes(self, batch_size: int) -> float:
        return memory.head_bytes(
            n_tokens=self.engine.prefill_chunk,
            n_sequences=batch_size,
            d_model=self.profile.d_model,
            vocab_size=self.profile.vocab_size,
            n_chips=self.n_chips,
        )

    def activation_bytes(self, batch_size: int) -> float:
        """The worse of the widest block and the head: they are not alive together."""
        return max(self.pass_bytes(), self.head_bytes(batch_size))

    def cache_bytes(self, profile: CostProfile, n_tokens: int, batch_size: int) -> float:
        return ideal_cache_bytes(
            profile,
            n_tokens=n_tokens,
            batch_size=batch_size,
            kv_bits=self.precision.cache,
            state_bits=self.precision.state,
            page=self.engine.page,
        )

    def room_bytes(self, batch_size: int) -> float:
        """What weights, pass and overhead leave to the cache."""
        return self.memory_bytes - self.overhead_bytes - self.weight_bytes - self.activation_bytes(batch_size)

    def free_bytes(self, profile: CostProfile, n_tokens: int, batch_size: int) -> float:
        return self.room_bytes(batch_size) - self.cache_bytes(profile, n_tokens, batch_size)


def keeping_every_token(profile: CostProfile) -> CostProfile:
    """The same model on an engine whose windowed layers keep every token."""
    growing = profile.growing_elements
    for group in profile.capped_elements:
        growing += group.amount
    return replace(profile, growing_elements=growing, capped_elements=())


def on_one_chip(model: ModelSpec, n_chips: int) -> CostProfile:
    """What the fullest of the chips keeps: its share of the KV heads and of recurrent state, latents whole."""
    runs = tuple(Run(_with_share_of_heads(run.layer, n_chips), run.count) for run in model.runs)
    profile = cost_profile(replace(model, runs=runs))
    return replace(
        profile,
        widest_block=cost_profile(model).widest_block,
        conv_elements=memory.heads_on_one_chip(n_heads=profile.conv_elements, n_chips=n_chips),
        state_elements=memory.heads_on_one_chip(n_heads=profile.state_elements, n_chips=n_chips),
    )


def stored_weight_bytes(profile: CostProfile, precision: Precision) -> float:
    """Bytes of all weights, routed experts at their own precision."""
    routed = 0
    for group in profile.experts:
        routed += group.n_layers * group.n_experts * group.expert_params
    return memory.weight_bytes(
        n_params=total_params(profile) - routed, weight_bits=precision.weights
    ) + memory.weight_bytes(n_params=routed, weight_bits=precision.expert_bits)


def query_heads(model: ModelSpec) -> int:
    """The largest number of chips that splits the heads of every layer evenly; 0 where there are no heads."""
    heads = 0
    for run in model.census:
        for block in run.layer.blocks:
            heads = gcd(heads, _heads(block))
    return heads


def _heads(block: Block) -> int:
    """Heads among which a block can be split; 0 where it has none."""
    if isinstance(block, Parallel):
        return gcd(*(_heads(part) for part in block.parts))
    return getattr(block, "n_heads", 0) or getattr(block, "n_value_heads", 0)


def _with_share_of_heads(layer: Layer, n_chips: int) -> Layer:
    mixer = layer.mixer
    return layer if mixer is None else replace(layer, mixer=_share(mixer, n_chips))


def _share(block: Block, n_chips: int) -> Block:
    if isinstance(block, Parallel):
        return replace(block, parts=tuple(_share(part, n_chips) for part in block.parts))
    if not isinstance(block, Attention):
        return block
    return replace(
        block,
        n_heads=memory.heads_on_one_chip(n_heads=block.n_heads, n_chips=n_chips),
        n_kv_heads=memory.heads_on_one_chip(n_heads=block.n_kv_heads, n_chips=n_chips),
    )
