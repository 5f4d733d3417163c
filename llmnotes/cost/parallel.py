"""What a model takes on chips that share it, from coefficients alone: equations that `site.emit` translates.

`placement` and `speed` answer the same from the layers; a test holds the two together. Bytes are those of the fullest
chip.
"""

from dataclasses import dataclass

from llmnotes.cost.coefficients import CostProfile
from llmnotes.cost.costs import causal_flops, compressed_elements, read_weight_bytes, total_params
from llmnotes.equations import kvcache, memory, serving


@dataclass(frozen=True)
class HeadGroup:
    """What layers keep for a token and KV head, added up; at most `cap` tokens (0: every token)."""

    n_heads: int
    elements_per_head: int
    cap: int


@dataclass(frozen=True)
class Division:
    """How a model divides among chips.

    Attributes:
        heads: What is kept head by head, and so moves to the chip that has the head.
        n_query_heads: A number of chips that divides it splits every layer evenly; 0 where there are no heads.
        period: Tokens after which the entries of all compressed pasts are finished together; 1 where there are none.
        stride: Entries are finished at multiples of it only.
        reserved_elements: Numbers kept for every token where windowed layers keep every token too.
    """

    heads: tuple[HeadGroup, ...]
    n_query_heads: int
    period: int
    stride: int
    reserved_elements: int


def elements_elsewhere(division: Division, *, n_tokens: int, n_chips: int) -> int:
    """Numbers kept of one sequence for heads that the fullest chip does not have."""
    elements = 0
    for group in division.heads:
        n_away = group.n_heads - memory.heads_on_one_chip(n_heads=group.n_heads, n_chips=n_chips)
        held = n_tokens if group.cap == 0 else kvcache.tokens_in_window(n_tokens=n_tokens, window=group.cap)
        elements += n_away * group.elements_per_head * held
    return elements


def chip_cache_bytes(
    profile: CostProfile,
    division: Division,
    *,
    n_tokens: int,
    n_chips: int,
    batch_size: int,
    kv_bits: float,
    state_bits: float = 32,
) -> float:
    """Bytes of cache on the fullest chip, windowed layers holding their window."""
    elements = profile.growing_elements * n_tokens
    for group in profile.capped_elements:
        elements += group.amount * kvcache.tokens_in_window(n_tokens=n_tokens, window=group.cap)
    elements += compressed_elements(profile, n_tokens=n_tokens)
    elements -= elements_elsewhere(division, n_tokens=n_tokens, n_chips=n_chips)
    conv = memory.heads_on_one_chip(n_heads=profile.conv_elements, n_chips=n_chips)
    state = memory.heads_on_one_chip(n_heads=profile.state_elements, n_chips=n_chips)
    return batch_size * ((elements + conv) * kv_bits / 8 + state * state_bits / 8)


def chip_weight_bytes(profile: CostProfile, *, n_chips: int, weight_bits: float, expert_bits: float) -> float:
    """Bytes of weights on each chip, routed experts at their own precision."""
    routed = 0
    for group in profile.experts:
        routed += group.n_layers * group.n_experts * group.expert_params
    plain = memory.weight_bytes(n_params=total_params(profile) - routed, weight_bits=weight_bits)
    experts = memory.weight_bytes(n_params=routed, weight_bits=expert_bits)
    return memory.share_bytes(total_bytes=plain + experts, n_chips=n_chips)


def chip_activation_bytes(profile: CostProfile, *, n_chips: int, batch_size: int, prefill_chunk: int) -> float:
    """Bytes at the worst moment of a pass: in its widest block, or at the head; they are not alive together."""
    widest = memory.pass_bytes(
        n_tokens=prefill_chunk, d_model=profile.d_model, widest_block=profile.widest_block, n_chips=n_chips
    )
    head = memory.head_bytes(
        n_tokens=prefill_chunk,
        n_sequences=batch_size,
        d_model=profile.d_model,
        vocab_size=profile.vocab_size,
        n_chips=n_chips,
    )
    return max(widest, head)


def chip_room_bytes(
    profile: CostProfile,
    *,
    n_chips: int,
    batch_size: int,
    weight_bits: float,
    expert_bits: float,
    memory_bytes: float,
    usable_share: float,
    prefill_chunk: int,
) -> float:
    """Bytes that weights, a pass and the engine leave to the cache of each chip."""
    overhead = memory.overhead_bytes(memory_bytes=memory_bytes, usable_share=usable_share)
    weights = chip_weight_bytes(profile, n_chips=n_chips, weight_bits=weight_bits, expert_bits=expert_bits)
    activations = chip_activation_bytes(profile, n_chips=n_chips, batch_size=batch_size, prefill_chunk=prefill_chunk)
    return memory_bytes - overhead - weights - activations


def prompt_seconds(
    profile: CostProfile,
    *,
    n_tokens: int,
    n_chips: int,
    batch_size: int,
    weight_bits: float,
    expert_bits: float,
    flops_per_s: float,
    bytes_per_s: float,
) -> float:
    """Least time to read prompts of `n_tokens` all at once, and so to the first token."""
    each = causal_flops(profile, n_new=n_tokens, n_past=0, n_logits=1)
    read = read_weight_bytes(profile, n_tokens=batch_size * n_tokens, weight_bits=weight_bits, expert_bits=expert_bits)
    return serving.roofline_seconds(
        n_flops=batch_size * each / n_chips,
        n_bytes=memory.share_bytes(total_bytes=read, n_chips=n_chips),
        flops_per_s=flops_per_s,
        bytes_per_s=bytes_per_s,
    )


def step_seconds(
    profile: CostProfile,
    division: Division,
    *,
    n_past: int,
    n_chips: int,
    batch_size: int,
    weight_bits: float,
    expert_bits: float,
    kv_bits: float,
    flops_per_s: float,
    bytes_per_s: float,
) -> float:
    """Least time of one new token for each sequence after `n_past` tokens; what chips tell each other is left out."""
    each = causal_flops(profile, n_new=1, n_past=n_past, n_logits=1)
    read = read_weight_bytes(profile, n_tokens=batch_size, weight_bits=weight_bits, expert_bits=expert_bits)
    cache = chip_cache_bytes(
        profile, division, n_tokens=n_past, n_chips=n_chips, batch_size=batch_size, kv_bits=kv_bits
    )
    return serving.roofline_seconds(
        n_flops=batch_size * each / n_chips,
        n_bytes=memory.share_bytes(total_bytes=read, n_chips=n_chips) + cache,
        flops_per_s=flops_per_s,
        bytes_per_s=bytes_per_s,
    )
