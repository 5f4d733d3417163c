"""Memory and time of a model on chips that share it (tensor parallelism), from its coefficients alone.

Bytes are those of the fullest chip. These equations are emitted as JavaScript too.
"""

from llmnotes.cost.coefficients import CostProfile
from llmnotes.cost.costs import ideal_elements, total_params
from llmnotes.equations import kvcache, memory


def elements_elsewhere(profile: CostProfile, *, n_tokens: int, n_chips: int, page: int = 1) -> int:
    """Numbers kept of one sequence for heads that the fullest chip does not have."""
    elements = 0
    for group in profile.heads:
        n_away = group.n_heads - memory.heads_on_one_chip(n_heads=group.n_heads, n_chips=n_chips)
        held = n_tokens if group.cap == 0 else kvcache.tokens_in_window(n_tokens=n_tokens, window=group.cap)
        elements += n_away * group.elements_per_head * kvcache.tokens_in_blocks(n_tokens=held, block=page)
    return elements


def chip_cache_bytes(
    profile: CostProfile,
    *,
    n_tokens: int,
    n_chips: int,
    batch_size: float,
    kv_bits: float,
    state_bits: float = 32,
    page: int = 1,
) -> float:
    """Bytes of cache on the fullest chip, in whole pages, windowed layers holding their window."""
    whole = ideal_elements(profile, n_tokens=n_tokens, page=page)
    elements = whole - elements_elsewhere(profile, n_tokens=n_tokens, n_chips=n_chips, page=page)
    conv = memory.heads_on_one_chip(n_heads=profile.conv_elements, n_chips=n_chips)
    state = memory.heads_on_one_chip(n_heads=profile.state_elements, n_chips=n_chips)
    return batch_size * (elements * kv_bits / 8) + batch_size * (conv * kv_bits / 8 + state * state_bits / 8)


def kv_copies(profile: CostProfile, *, n_chips: int) -> int:
    """Chips that hold the same heads of the cache, and so can divide its tokens instead.

    1 where layers keep anything but every token: states, windows, compressed entries, and latents of which an indexer
    selects some.

    Source:
        vLLM, `docs/serving/context_parallel_deployment.md` at 020505c (`[1, tp_size/H]`, one head for latents) and
        `vllm/v1/kv_cache_interface.py` at 001cabc (“DCP not support sliding window”); that of states and indexers stay
        whole on every chip, SGLang says in `docs/advanced_features/dcp.md` and pull request 31821.
    """
    others = profile.conv_elements + profile.state_elements
    for capped in profile.capped_elements:
        others += capped.amount
    for entries in profile.entry_keeps:
        others += entries.per_entry
    for latents in profile.latent:
        others += latents.cap + latents.window
    heads = 1
    for group in profile.heads:
        heads = max(heads, group.n_heads)
    return 1 if others > 0 else max(1, n_chips // heads)


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
