r"""What a step and a prompt ask of a chip: ideal seconds of each part, and how often each fixed cost is paid.

A part takes the time that its bytes need at the full bandwidth, or its FLOPs at the full peak; `estimate` multiplies
each by what engines were measured to need of it. Parts are those that engines do with different success: weights in 16
bits and quantized ones, routed experts, the cache, matrix products, attention, and what chips tell each other.
"""

from dataclasses import dataclass, replace

from llmnotes.blocks.base import Block
from llmnotes.cost import (
    CostProfile,
    causal_attention_flops,
    cost_profile,
    linear_flops,
    read_weight_bytes,
)
from llmnotes.cost.assumptions import Precision
from llmnotes.cost.parallel import chip_cache_bytes
from llmnotes.equations import memory
from llmnotes.registry import Chip
from llmnotes.spec import ModelSpec

LAYERS, TENSORS = "layers", "tensors"
WIDE, MIDDLE = 16, 7
"""Bits from which a weight is multiplied with as it is stored, and from which it is unpacked with next to no work."""

PLAIN = (4.0, 4.5)
"""Bits of plain blocks of four-bit numbers with one scale each (Q4_0, MXFP4, AWQ): cheaper to unpack than mixes."""


PCIE_BYTES_PER_S = 16e9 * 16 * 128 / 130 / 8
"""One direction of PCI Express 4.0 with 16 lanes, 16 GT/s each in blocks of 130: the way where chips have no other."""


class UnknownPeak(ValueError):  # noqa: N818 - as the registry's UnknownChip
    """A chip whose matrix peak nobody publishes."""


@dataclass(frozen=True)
class Sharing:
    """How chips share a model.

    Attributes:
        n_chips: Chips.
        by: `"tensors"`: every chip has a part of every layer, and they add up their results twice a layer; `"layers"`:
            each chip has whole layers and waits for the one before it, so that a step reads as long as on one chip.
    """

    n_chips: int = 1
    by: str = TENSORS

    @property
    def n_at_once(self) -> int:
        """Chips that work on one layer at the same time."""
        return self.n_chips if self.by == TENSORS else 1


@dataclass(frozen=True)
class Layers:
    """Layers by what they cost beside reading.

    Attributes:
        n_layers: All.
        n_expert: With routed experts.
        n_recurrent: With recurrent state.
        n_compressed: With a compressed past.
        n_latent: With latent attention.
    """

    n_layers: int
    n_expert: int
    n_recurrent: int
    n_compressed: int
    n_latent: int


@dataclass(frozen=True)
class Counted:
    """A model as far as its speed depends on it: counted once, asked often."""

    name: str
    profile: CostProfile
    layers: Layers


def count(model: ModelSpec) -> Counted:
    """A model's coefficients and its layers by kind."""
    return Counted(model.name, cost_profile(model), count_layers(model))


def count_layers(model: ModelSpec) -> Layers:
    """The layers of a model by kind."""
    expert = recurrent = compressed = latent = 0
    for run in model.census:
        blocks = run.layer.blocks
        expert += run.count * any(_has_experts(block) for block in blocks)
        recurrent += run.count * any(block.state_elements() for block in blocks)
        compressed += run.count * any(block.entry_keeps() for block in blocks)
        latent += run.count * any(block.reads() != block.absorbed_reads() for block in blocks)
    return Layers(model.n_layers, expert, recurrent, compressed, latent)


def _has_experts(block: Block) -> bool:
    return any(n_experts for _, n_experts, _ in block.expert_groups())


def step_terms(
    model: Counted, chip: Chip, sharing: Sharing, *, n_past: int, batch_size: int, precision: Precision
) -> dict[str, float]:
    """Ideal seconds of a decode step by part, and the counts of its fixed costs.

    Each of `batch_size` sequences gets one token after `n_past`. Experts are those that are expected to be visited.
    """
    profile, layers, n = model.profile, model.layers, sharing.n_at_once
    dense = read_weight_bytes(replace(profile, experts=()), n_tokens=batch_size, weight_bits=precision.weights)
    every = read_weight_bytes(
        profile, n_tokens=batch_size, weight_bits=precision.weights, expert_bits=precision.expert_bits
    )
    held = chip_cache_bytes(
        profile,
        n_tokens=n_past,
        n_chips=n,
        batch_size=batch_size,
        kv_bits=precision.cache,
        state_bits=precision.state,
    )
    flops = batch_size * (
        linear_flops(profile, n_new=1) + causal_attention_flops(profile, n_new=1, n_past=n_past) + profile.logits_flops
    )
    bandwidth = chip.bandwidth_bytes_per_s
    return {
        _by_width("weights", precision.weights): memory.share_bytes(total_bytes=dense, n_chips=n) / bandwidth,
        _by_width("experts", precision.expert_bits): memory.share_bytes(total_bytes=every - dense, n_chips=n)
        / bandwidth,
        "cache": held / bandwidth,
        "compute": flops / n / peak_of(chip) if chip.peak_flops_per_s else 0.0,
        "per_step": 1.0,
        "per_layer": layers.n_layers,
        "per_expert_layer": layers.n_expert,
        "per_recurrent_layer": layers.n_recurrent,
        "per_compressed_layer": layers.n_compressed,
        "per_latent_layer": layers.n_latent,
        "per_sequence": batch_size,
        **_exchange(model, chip, sharing, n_tokens=batch_size),
    }


def prompt_terms(
    model: Counted,
    chip: Chip,
    sharing: Sharing,
    *,
    n_new: int,
    n_past: int,
    micro_batch: int,
    precision: Precision,
    absorbed: bool = False,
) -> dict[str, float]:
    """Ideal seconds of reading `n_new` tokens of a prompt by part, and the counts of its fixed costs.

    Tokens are computed `micro_batch` at a time; each such pass reads its weights again, and gives every visited expert
    few tokens. Latent attention is read absorbed where the engine does so for prompts too.
    """
    profile, layers = model.profile, model.layers
    if absorbed:
        profile = replace(profile, latent=tuple(_absorbed(group) for group in profile.latent))
    each = min(micro_batch, n_new)
    passes = n_new / each
    expert = tiles = 0.0
    for group in profile.experts:
        expert += 2 * group.n_layers * group.top_k * group.expert_params * n_new
        tiles += 2 * group.n_layers * group.n_experts * group.expert_params * passes
    dense = linear_flops(profile, n_new=n_new) + profile.logits_flops - expert
    attention = causal_attention_flops(profile, n_new=n_new, n_past=n_past)
    read = passes * read_weight_bytes(
        profile, n_tokens=each, weight_bits=precision.weights, expert_bits=precision.expert_bits
    )
    n, peak = sharing.n_at_once, peak_of(chip)
    return {
        _by_width("products", precision.weights): dense / n / peak,
        _by_width("expert_products", precision.expert_bits): expert / n / peak,
        "tiles": tiles / n / peak,
        "attention": attention / n / peak,
        "reads": memory.share_bytes(total_bytes=read, n_chips=n) / chip.bandwidth_bytes_per_s,
        "per_pass_layer": passes * layers.n_layers,
        "per_compressed_token": n_new * layers.n_compressed,
        "per_recurrent_token": n_new * layers.n_recurrent,
        **_exchange(model, chip, sharing, n_tokens=n_new),
    }


def peak_of(chip: Chip) -> float:
    """Dense peak in 16 bits [FLOP/s].

    Raises:
        UnknownPeak: If nobody publishes one.
    """
    for name in ("bf16", "fp16"):
        if name in chip.peak_flops_per_s:
            return chip.peak_flops_per_s[name]
    raise UnknownPeak(f"{chip.name} has no published matrix peak: how long a prompt takes cannot be said for it")


def _exchange(model: Counted, chip: Chip, sharing: Sharing, *, n_tokens: int) -> dict[str, float]:
    r"""Two sums a layer over all chips: how many, and ideal seconds of the link.

    $$ 2 L \cdot 2 \frac{n - 1}{n} \cdot m \, d \cdot 2 / \lambda $$
    """
    n = sharing.n_at_once
    if n == 1:
        return {"per_sum": 0.0, "link": 0.0}
    sums = 2 * model.layers.n_layers
    n_bytes = sums * 2 * (n - 1) / n * n_tokens * model.profile.d_model * 2
    return {"per_sum": sums, "link": n_bytes / (chip.link_bytes_per_s or PCIE_BYTES_PER_S)}


def _absorbed(group):
    return replace(group, expanded_pair_flops=group.absorbed_pair_flops, rebuild_flops=0)


def _by_width(name: str, bits: float) -> str:
    if bits >= WIDE:
        return f"{name}_16"
    if bits >= MIDDLE:
        return f"{name}_8"
    return f"{name}_4" if PLAIN[0] <= bits <= PLAIN[1] else f"{name}_mix"
