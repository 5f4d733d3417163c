r"""Ideal seconds of each part of a pass, and how often each fixed cost is paid: plain arithmetic, so pages have it too.

A part takes the time that its bytes need at the full bandwidth, or its FLOPs at the full peak; `estimate` multiplies
each by what engines were measured to need of it. Parts are those that engines do with different success: weights in 16
bits and quantized ones, routed experts, the cache, matrix products, attention, and what chips tell each other.

Chips that share every layer are `n_chips`, in `n_groups` groups with requests of their own: one group splits attention
and dense layers among all chips (tensor parallelism); as many groups as chips keep them whole on each chip and divide
routed experts alone (data-parallel attention with expert parallelism). In a pipeline these are the chips of one stage,
and terms are those of all `n_stages` one after another. Of chips that would hold the same heads of the cache,
`n_context` can divide its tokens instead (decode context parallelism).
"""

from llmnotes.cost import CostProfile, causal_attention_flops, linear_flops, read_weight_bytes
from llmnotes.cost.costs import absorbed_flops, causal_latent_pairs, latent_flops
from llmnotes.cost.layers import Layers
from llmnotes.cost.parallel import chip_cache_bytes
from llmnotes.equations import flops
from llmnotes.equations.pipeline import hop_bytes

WIDE, MIDDLE = 16, 7
"""Bits from which a weight is multiplied with as it is stored, and from which it is unpacked with next to no work."""

CONTEXT_SUMS = 1.5
"""Sums that two gathers and a scatter of a layer take as long as, whose tokens are divided; see `context_sums`."""

PLAIN_LOW, PLAIN_HIGH = 4.0, 4.51
"""Bits of plain blocks of four-bit numbers with one scale each (Q4_0, MXFP4, NVFP4, AWQ): cheaper than mixes."""


def step_terms(
    profile: CostProfile,
    layers: Layers,
    *,
    n_past: int,
    batch_size: float,
    n_chips: int,
    n_groups: int,
    weight_bits: float,
    expert_bits: float,
    kv_bits: float,
    state_bits: float,
    masked: bool,
    bytes_per_s: float,
    flops_per_s: float,
    dense_flops_per_s: float,
    expert_flops_per_s: float,
    link_bytes_per_s: float,
    n_stages: int = 1,
    n_context: int = 1,
) -> dict[str, float]:
    """Ideal seconds of a decode step by part, and the counts of its fixed costs.

    Each of `batch_size` sequences gets one token after `n_past`. Experts are those that are expected to be visited.
    Pairs with a vector that all heads share are a part of their own: a step computes long with what it reads fast. A
    chip without a known peak is given as one of 0 FLOP/s.
    """
    each = batch_size / n_groups
    together = n_chips // n_groups
    dense = dense_bytes(profile, weight_bits=weight_bits) / together
    kept = tokens_on_one_chip(n_tokens=n_past, n_context=n_context)
    held = chip_cache_bytes(
        profile, n_tokens=kept, n_chips=together, batch_size=each, kv_bits=kv_bits, state_bits=state_bits
    )
    expert = expert_flops(profile)
    linear = linear_flops(profile, n_new=1) + profile.logits_flops - expert
    computed = 0.0
    pairs = 0.0
    if flops_per_s > 0:
        attention = attention_flops(profile, n_new=1, n_past=n_past, absorbed=True, masked=masked)
        shared = shared_flops(profile, n_past=n_past, masked=masked)
        computed = linear / dense_flops_per_s + expert / expert_flops_per_s + (attention - shared) / flops_per_s
        pairs = shared / flops_per_s
    visited = expert_bytes(profile, n_tokens=batch_size, expert_bits=expert_bits) / n_chips
    sent = exchanged_bytes(profile, layers, n_tokens=batch_size, n_chips=n_chips, n_groups=n_groups)
    sent += (n_stages - 1) * hop_bytes(n_tokens=each, d_model=profile.d_model)
    sent += context_bytes(profile, n_tokens=batch_size, n_chips=n_chips, n_context=n_context)
    return {
        of_width(part="weights", bits=weight_bits): dense / bytes_per_s,
        of_width(part="experts", bits=expert_bits): visited / bytes_per_s,
        "cache": held / bytes_per_s,
        "compute": batch_size * computed / n_chips,
        "pairs": batch_size * pairs / n_chips,
        "per_step": n_stages,
        "per_layer": layers.n_layers,
        "per_expert_layer": layers.n_expert,
        "per_recurrent_layer": layers.n_recurrent,
        "per_compressed_layer": layers.n_compressed,
        "per_latent_layer": layers.n_latent,
        "per_sequence": each,
        "per_sum": n_sums(layers, n_chips=n_chips, n_groups=n_groups)
        + n_stages
        - 1
        + context_sums(layers, n_context=n_context),
        "link": sent / link_bytes_per_s,
    }


def head_terms(
    profile: CostProfile,
    *,
    n_sequences: float,
    n_chips: int,
    n_groups: int,
    weight_bits: float,
    bytes_per_s: float,
    dense_flops_per_s: float,
) -> dict[str, float]:
    """Ideal seconds of the output head in a decode step, which are among those of `step_terms`."""
    read = profile.logits_flops / 2 * weight_bits / 8
    computed = 0.0
    if dense_flops_per_s > 0:
        computed = profile.logits_flops / dense_flops_per_s
    return {
        of_width(part="weights", bits=weight_bits): read / (n_chips // n_groups) / bytes_per_s,
        "compute": n_sequences * computed / n_chips,
    }


def prompt_terms(
    profile: CostProfile,
    layers: Layers,
    *,
    n_new: int,
    n_past: int,
    n_prompts: int,
    micro_batch: int,
    absorbed: bool,
    masked: bool,
    n_chips: int,
    n_groups: int,
    weight_bits: float,
    expert_bits: float,
    bytes_per_s: float,
    flops_per_s: float,
    dense_flops_per_s: float,
    expert_flops_per_s: float,
    link_bytes_per_s: float,
    n_stages: int = 1,
    n_context: int = 1,
) -> dict[str, float]:
    """Ideal seconds of reading `n_new` tokens of each of `n_prompts` by part, and the counts of its fixed costs.

    Each group computes `micro_batch` tokens at a time, of several prompts where they are short; each such pass reads
    its weights again, and gives every visited expert few tokens.
    """
    n_tokens = n_prompts * n_new
    each = min(n_groups * micro_batch, n_tokens)
    passes = n_tokens / each
    expert = n_tokens * expert_flops(profile)
    tiles = 0
    for group in profile.experts:
        tiles += 2 * group.n_layers * group.n_experts * group.expert_params * passes
    dense = n_prompts * (linear_flops(profile, n_new=n_new) + profile.logits_flops) - expert
    attention = attention_flops(profile, n_new=n_new, n_past=n_past, absorbed=absorbed, masked=masked)
    read = dense_bytes(profile, weight_bits=weight_bits) * n_groups
    read += expert_bytes(profile, n_tokens=each, expert_bits=expert_bits)
    sent = exchanged_bytes(profile, layers, n_tokens=n_tokens, n_chips=n_chips, n_groups=n_groups)
    sent += (n_stages - 1) * hop_bytes(n_tokens=n_tokens / n_groups, d_model=profile.d_model)
    gathers = context_sums(layers, n_context=n_context) * passes
    if layers.n_latent > 0:
        # Latents of earlier passes are few, so they are gathered, and not the queries.
        earlier = n_tokens * (passes - 1) / 2
        sent += (n_context - 1) / n_context * earlier * profile.growing_elements * 2
        gathers = gathers / CONTEXT_SUMS / 2 * (passes - 1) / passes
    else:
        sent += context_bytes(profile, n_tokens=n_tokens, n_chips=n_chips, n_context=n_context)
    return {
        of_width(part="products", bits=weight_bits): dense / n_chips / dense_flops_per_s,
        of_width(part="expert_products", bits=expert_bits): expert / n_chips / expert_flops_per_s,
        "tiles": tiles / n_chips / expert_flops_per_s,
        "attention": n_prompts * attention / n_chips / flops_per_s,
        "reads": passes * read / n_chips / bytes_per_s,
        "per_pass_layer": passes * layers.n_layers,
        "per_compressed_read": 2 * profile.d_model * n_tokens / n_groups * layers.n_compressed / bytes_per_s,
        "per_recurrent_token": n_tokens / n_groups * layers.n_recurrent,
        "per_sum": passes * (n_sums(layers, n_chips=n_chips, n_groups=n_groups) + n_stages - 1) + gathers,
        "per_sent_gb": sent / 1e9,
        "link": sent / link_bytes_per_s,
    }


def attention_flops(profile: CostProfile, *, n_new: int, n_past: int, absorbed: bool, masked: bool) -> int:
    """FLOPs over pairs as an engine computes them.

    Args:
        profile: The model.
        n_new: New tokens.
        n_past: Tokens held.
        absorbed: Latent attention is read absorbed whatever the number of new tokens.
        masked: What an indexer leaves out is computed and masked.

    Source:
        llama.cpp, pull requests 23346 and 24162 (masked; 25917, which would gather, was closed).
    """
    total = causal_attention_flops(profile, n_new=n_new, n_past=n_past)
    if absorbed:
        for group in profile.latent:
            pairs = causal_latent_pairs(group, n_new=n_new, n_past=n_past)
            cheaper = latent_flops(group, n_new=n_new, n_past=n_past)
            total += group.n_layers * (absorbed_flops(group, n_pairs=pairs) - cheaper)
    if masked:
        for group in profile.latent:
            seen = causal_latent_pairs(group, n_new=n_new, n_past=n_past)
            every = flops.causal_pairs(n_new=n_new, n_past=n_past)
            total += group.n_layers * absorbed_flops(group, n_pairs=every - seen)
        for group in profile.entry_reads:
            seen = flops.entry_causal_pairs(n_new=n_new, n_past=n_past, stride=group.stride, top_k=group.top_k)
            every = flops.entry_causal_pairs(n_new=n_new, n_past=n_past, stride=group.stride, top_k=0)
            total += group.amount * (every - seen)
    return total


def shared_flops(profile: CostProfile, *, n_past: int, masked: bool) -> int:
    """FLOPs of a step over pairs with vectors that all heads share: latents and entries of a compressed past."""
    total = 0
    for group in profile.latent:
        seen = causal_latent_pairs(group, n_new=1, n_past=n_past)
        total += group.n_layers * absorbed_flops(group, n_pairs=n_past + 1 if masked else seen)
    for group in profile.entry_reads:
        top_k = 0 if masked else group.top_k
        seen = flops.entry_causal_pairs(n_new=1, n_past=n_past, stride=group.stride, top_k=top_k)
        total += group.amount * seen
    return total


def dense_bytes(profile: CostProfile, *, weight_bits: float) -> float:
    """Bytes of weights that every pass reads: all but routed experts and rows of tables."""
    return (profile.read_params + profile.reread_params) * weight_bits / 8


def expert_bytes(profile: CostProfile, *, n_tokens: float, expert_bits: float) -> float:
    """Bytes of routed experts that a pass over so many tokens is expected to read."""
    return read_weight_bytes(profile, n_tokens=n_tokens, weight_bits=0, expert_bits=expert_bits)


def expert_flops(profile: CostProfile) -> int:
    """FLOPs of the routed experts that one token visits."""
    total = 0
    for group in profile.experts:
        total += 2 * group.n_layers * group.top_k * group.expert_params
    return total


def products_flops_per_s(*, bits: float, peak_16: float, peak_8: float, peak_4: float, in_blocks: bool) -> float:
    """Peak at which an engine multiplies weights of so many bits on average.

    In blocks, whatever is quantized is multiplied in 8 bits. Else a mean above 8 or 4.5 bits is that of some matrices
    in 16 bits beside the others, and their times add up.

    Source:
        llama.cpp, `ggml/src/ggml-cuda/mmq.cu`; checkpoints of modelopt and llm-compressor, `exclude_modules`, `ignore`.
    """
    if bits >= WIDE:
        return peak_16
    if in_blocks:
        return peak_8
    narrow = peak_8 if bits >= MIDDLE else peak_4
    least = 8 if bits >= MIDDLE else PLAIN_HIGH
    wide = max(0.0, (bits - least) / (WIDE - least))
    return 1 / (wide / peak_16 + (1 - wide) / narrow)


def n_sums(layers: Layers, *, n_chips: int, n_groups: int) -> float:
    """Times that chips add up their results: twice a layer, of which layers with experts do one over all chips."""
    if n_chips == 1:
        return 0
    return layers.n_expert + (0 if n_chips == n_groups else 2 * layers.n_layers - layers.n_expert)


def exchanged_bytes(profile: CostProfile, layers: Layers, *, n_tokens: float, n_chips: int, n_groups: int) -> float:
    r"""Bytes that one chip sends for these sums in 16 bits.

    $$ 4 d \left( L_E \, \frac{n - 1}{n} \, m + (2 L - L_E) \, \frac{g - 1}{g} \cdot \frac{m g}{n} \right) $$

    $g$ chips stand in each group; within a group only its own tokens are added up.
    """
    together = n_chips // n_groups
    over_all = layers.n_expert * (n_chips - 1) / n_chips * n_tokens
    within = (2 * layers.n_layers - layers.n_expert) * (together - 1) / together * n_tokens / n_groups
    return 4 * profile.d_model * (over_all + within)


def tokens_on_one_chip(*, n_tokens: int, n_context: int) -> int:
    """Tokens of a sequence on the fullest of the chips among which decode context parallelism divides them.

    Source:
        vLLM, `vllm/v1/kv_cache_interface.py` at 001cabc (FullAttentionSpec.max_memory_usage_bytes).
    """
    return (n_tokens + n_context - 1) // n_context


def context_sums(layers: Layers, *, n_context: int) -> float:
    """Sums that take as long as what chips which divide the tokens of a sequence tell each other: in every layer they
    gather queries, gather how much each weighs, and scatter what each has found. A sum is a scatter and a gather, so
    each of the three counts half.

    Source:
        vLLM, `vllm/v1/attention/backends/flash_attn.py` (_forward_with_dcp) and `vllm/v1/attention/ops/common.py` at
        05cce93 (cp_lse_ag_out_rs).
    """
    return CONTEXT_SUMS * layers.n_layers if n_context > 1 else 0


def context_bytes(profile: CostProfile, *, n_tokens: float, n_chips: int, n_context: int) -> float:
    r"""Bytes that one chip sends for it in 16 bits: its queries to each of the others, what it has found for theirs.

    $$ 2 m (c - 1) \frac{E}{n} $$

    $E$ numbers have the queries of a token and their weighted sums, all heads and layers together: half of the FLOPs of
    a pair, as each costs two. The weights of sums, four bytes a head, are under 2 % of it and left out.
    """
    pairs = profile.pair_flops
    for group in profile.latent:
        pairs += group.n_layers * group.absorbed_pair_flops
    return 2 * n_tokens * (n_context - 1) * pairs / 2 / n_chips


def of_width(*, part: str, bits: float) -> str:
    """Name of a part for weights of so many bits: as stored in 16, nearly so from 7, plain blocks of 4, or a mix."""
    if bits >= WIDE:
        return f"{part}_16"
    if bits >= MIDDLE:
        return f"{part}_8"
    return f"{part}_4" if PLAIN_LOW <= bits <= PLAIN_HIGH else f"{part}_mix"
