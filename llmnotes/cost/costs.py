"""What a model costs, from its coefficients alone: short equations that `site.emit` translates line by line."""

from llmnotes.cost.coefficients import CostProfile, LatentGroup
from llmnotes.equations import flops, kvcache, params


def total_params(profile: CostProfile) -> int:
    """All parameters."""
    total = profile.read_params + profile.lookup_params
    for group in profile.experts:
        total += group.n_layers * group.n_experts * group.expert_params
    return total


def read_weight_bytes(
    profile: CostProfile, *, n_tokens: float, weight_bits: float = 16, expert_bits: float = 16
) -> float:
    """Bytes of weights that one pass over `n_tokens` reads, as expected: an expert is read if any token visits it.

    Weights that layers share are read by each of them. Rows that are looked up in tables are left out: they are few.
    """
    total = (profile.read_params + profile.reread_params) * weight_bits / 8
    for group in profile.experts:
        visited = params.expected_experts(n_experts=group.n_experts, top_k=group.top_k, n_tokens=n_tokens)
        total += group.n_layers * visited * group.expert_params * expert_bits / 8
    return total


def ideal_cache_bytes(
    profile: CostProfile,
    *,
    n_tokens: int,
    batch_size: int = 1,
    kv_bits: float = 16,
    state_bits: float = 32,
    page: int = 1,
) -> float:
    """Bytes that the model needs to keep, in whole pages: windowed layers hold at most their window."""
    elements = ideal_elements(profile, n_tokens=n_tokens, page=page)
    return batch_size * (elements * kv_bits / 8) + state_bytes(
        profile, batch_size=batch_size, kv_bits=kv_bits, state_bits=state_bits
    )


def ideal_elements(profile: CostProfile, *, n_tokens: int, page: int = 1) -> int:
    """Numbers that one sequence needs to keep, in whole pages."""
    elements = profile.growing_elements * kvcache.tokens_in_blocks(n_tokens=n_tokens, block=page)
    for group in profile.capped_elements:
        held = kvcache.tokens_in_window(n_tokens=n_tokens, window=group.cap)
        elements += group.amount * kvcache.tokens_in_blocks(n_tokens=held, block=page)
    return elements + compressed_elements(profile, n_tokens=n_tokens)


def reserved_cache_bytes(
    profile: CostProfile,
    *,
    n_tokens: int,
    batch_size: int = 1,
    kv_bits: float = 16,
    state_bits: float = 32,
    page: int = 1,
) -> float:
    """Bytes that an engine sets aside, in whole pages, when every attention layer keeps every token."""
    elements = profile.growing_elements
    for group in profile.capped_elements:
        elements += group.amount
    elements *= kvcache.tokens_in_blocks(n_tokens=n_tokens, block=page)
    elements += compressed_elements(profile, n_tokens=n_tokens)
    return batch_size * (elements * kv_bits / 8) + state_bytes(
        profile, batch_size=batch_size, kv_bits=kv_bits, state_bits=state_bits
    )


def compressed_elements(profile: CostProfile, *, n_tokens: int) -> int:
    """Numbers kept of compressed pasts."""
    elements = 0
    for group in profile.entry_keeps:
        elements += kvcache.entry_elements(
            n_tokens=n_tokens, stride=group.stride, per_entry=group.per_entry, per_waiting=group.per_waiting
        )
    return elements


def state_bytes(profile: CostProfile, *, batch_size: int, kv_bits: float, state_bits: float) -> float:
    """Bytes that do not depend on the context."""
    return batch_size * (profile.conv_elements * kv_bits / 8 + profile.state_elements * state_bits / 8)


def growing_bytes_per_token(profile: CostProfile, *, kv_bits: float = 16) -> float:
    """Bytes that one more token of one sequence adds once all windows are full."""
    elements: float = profile.growing_elements
    for group in profile.entry_keeps:
        elements += group.per_entry / group.stride
    return elements * kv_bits / 8


def linear_flops(profile: CostProfile, *, n_new: int) -> int:
    """FLOPs that do not depend on the context, head left out."""
    total = profile.token_flops * n_new
    if n_new == 1:
        return total + profile.step_flops
    for group in profile.scans:
        whole = n_new // group.chunk
        left = 0 if group.stepwise else n_new - whole * group.chunk
        short = flops.short_chunk_flops(flops_per_chunk=group.flops_per_chunk, chunk=group.chunk, rest=left)
        as_they_are = whole * group.flops_per_chunk + short
        padded = flops.n_chunks(n_tokens=n_new, chunk=group.chunk) * group.flops_per_chunk
        total += group.n_layers * (padded if group.padded else as_they_are)
    return total


def causal_attention_flops(profile: CostProfile, *, n_new: int, n_past: int) -> int:
    """FLOPs over the pairs that a causal mask lets through."""
    total = profile.pair_flops * flops.causal_pairs(n_new=n_new, n_past=n_past)
    for group in profile.window_pair_flops:
        total += group.amount * flops.window_causal_pairs(n_new=n_new, n_past=n_past, window=group.cap)
    for group in profile.selected_pair_flops:
        total += group.amount * flops.window_causal_pairs(n_new=n_new, n_past=n_past, window=group.cap)
    for group in profile.chunk_pair_flops:
        total += group.amount * flops.chunk_causal_pairs(n_new=n_new, n_past=n_past, chunk=group.cap)
    for group in profile.entry_reads:
        total += group.amount * flops.entry_causal_pairs(
            n_new=n_new, n_past=n_past, stride=group.stride, top_k=group.top_k
        )
    for group in profile.latent:
        total += group.n_layers * latent_flops(group, n_new=n_new, n_past=n_past)
    return total


def latent_flops(group: LatentGroup, *, n_new: int, n_past: int) -> int:
    """FLOPs of one layer of latent attention under a causal mask, read as systems run it.

    Without an indexer, and up to as many tokens as it picks, that is the cheaper way of reading. Once an indexer
    selects, every query has entries of its own, and only the absorbed form shares each of them among all heads.

    Source:
        DeepSeek-AI 2025, DeepSeek-V3.2, arXiv:2512.02556, sections 2.1 and 2.3.
    """
    pairs = causal_latent_pairs(group, n_new=n_new, n_past=n_past)
    absorbed = absorbed_flops(group, n_pairs=pairs)
    if group.cap != 0 and n_past + n_new > group.cap:
        return absorbed
    return min(expanded_flops(group, n_pairs=pairs, n_past=n_past), absorbed)


def causal_latent_pairs(group: LatentGroup, *, n_new: int, n_past: int) -> int:
    """Pairs of a new token and a cached one that latent attention reads under a causal mask."""
    if group.window != 0:
        return flops.window_causal_pairs(n_new=n_new, n_past=n_past, window=group.window)
    if group.cap == 0:
        return flops.causal_pairs(n_new=n_new, n_past=n_past)
    return flops.window_causal_pairs(n_new=n_new, n_past=n_past, window=group.cap)


def full_latent_pairs(group: LatentGroup, *, n_new: int, n_past: int) -> int:
    """Pairs of a new token and a cached one that latent attention computes when the mask is applied afterwards."""
    if group.window != 0:
        return flops.window_full_pairs(n_new=n_new, n_past=n_past, window=group.window)
    return flops.full_pairs(n_new=n_new, n_past=n_past)


def expanded_flops(group: LatentGroup, *, n_pairs: int, n_past: int) -> int:
    """FLOPs of one layer of latent attention that rebuilds keys and values for every cached token in every pass."""
    rebuilt = n_past if group.window == 0 else min(n_past, group.window - 1)
    return group.rebuild_flops * rebuilt + group.expanded_pair_flops * n_pairs


def absorbed_flops(group: LatentGroup, *, n_pairs: int) -> int:
    """FLOPs of one layer of latent attention whose queries are carried into the latent space."""
    return group.absorbed_pair_flops * n_pairs


def full_attention_flops(profile: CostProfile, *, n_new: int, n_past: int) -> int:
    """FLOPs over the squares that implementations without a fused kernel compute, scans' squares of chunks included."""
    pairs = flops.full_pairs(n_new=n_new, n_past=n_past)
    total = profile.pair_flops * pairs
    for group in profile.window_pair_flops:
        total += group.amount * flops.window_full_pairs(n_new=n_new, n_past=n_past, window=group.cap)
    for group in profile.chunk_pair_flops:
        total += group.amount * flops.window_full_pairs(n_new=n_new, n_past=n_past, window=group.cap)
    for group in profile.selected_pair_flops:
        total += group.amount * pairs
    for group in profile.entry_reads:
        total += group.amount * flops.entry_full_pairs(n_new=n_new, n_past=n_past, stride=group.stride)
    for group in profile.latent:
        read = full_latent_pairs(group, n_new=n_new, n_past=n_past)
        expanded = expanded_flops(group, n_pairs=read, n_past=n_past)
        total += group.n_layers * min(expanded, absorbed_flops(group, n_pairs=read))
    if n_new > 1:
        for group in profile.scans:
            borders = flops.n_chunks(n_tokens=n_new, chunk=group.chunk) + 1
            total += group.n_layers * group.flops_per_chunk_pair * borders * borders
    return total


def border_flops(profile: CostProfile, *, n_past: int) -> int:
    """FLOPs that unfused convolutions compute and throw away in one pass."""
    return profile.first_border_flops if n_past == 0 else profile.later_border_flops


def causal_flops(profile: CostProfile, *, n_new: int, n_past: int, n_logits: int) -> int:
    """FLOPs of one pass, only pairs that a causal mask lets through, with logits of so many positions."""
    attention = causal_attention_flops(profile, n_new=n_new, n_past=n_past)
    return linear_flops(profile, n_new=n_new) + attention + n_logits * profile.logits_flops


def full_flops(profile: CostProfile, *, n_new: int, n_past: int, n_logits: int) -> int:
    """FLOPs of one pass as implementations without fused kernels run it, with logits of so many positions."""
    attention = full_attention_flops(profile, n_new=n_new, n_past=n_past)
    linear = linear_flops(profile, n_new=n_new) + border_flops(profile, n_past=n_past)
    return linear + attention + n_logits * profile.logits_flops


def causal_attention_share(profile: CostProfile, *, n_new: int, n_past: int) -> float:
    """Attention's share of the FLOPs of the layers, head left out."""
    attention = causal_attention_flops(profile, n_new=n_new, n_past=n_past)
    return attention / (linear_flops(profile, n_new=n_new) + attention)
