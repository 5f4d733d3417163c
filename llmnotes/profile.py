"""A model reduced to a few coefficients, and the short equations over them.

Whatever a model is built of, what it costs at run time depends on a few numbers: what every token reads, what is kept
for ever, what stops at a cap, what grows with the context. A page that lets a reader change context, batch or precision
needs these and nothing else; the equations below are written so that they translate into other languages line by line.
"""

from dataclasses import dataclass

from llmnotes import flops, kvcache
from llmnotes.blocks.base import Block, Chunk, Read, Selection, Window
from llmnotes.spec import ModelSpec


@dataclass(frozen=True)
class ExpertGroup:
    """Routed experts of equal layers.

    Attributes:
        n_layers: Layers that have them.
        expert_params: Parameters of one expert.
        n_experts: Experts in a layer.
        top_k: Experts a token visits.
    """

    n_layers: int
    expert_params: int
    n_experts: int
    top_k: int


@dataclass(frozen=True)
class Capped:
    """An amount for every token up to a cap: numbers kept, or FLOPs for each pair of tokens."""

    amount: int
    cap: int


@dataclass(frozen=True)
class LatentGroup:
    """Latent attention, read the cheaper of two ways.

    Attributes:
        n_layers: Layers.
        expanded_pair_flops: FLOPs of a pair with keys and values rebuilt.
        absorbed_pair_flops: FLOPs of a pair in the latent space.
        rebuild_flops: FLOPs of rebuilding one cached token.
        cap: Tokens that an indexer picks; 0 where all are read.
    """

    n_layers: int
    expanded_pair_flops: int
    absorbed_pair_flops: int
    rebuild_flops: int
    cap: int


@dataclass(frozen=True)
class ScanGroup:
    """Recurrences run in chunks; see `blocks.base.Scan`."""

    n_layers: int
    flops_per_chunk: int
    chunk: int
    flops_per_chunk_pair: int
    padded: bool


@dataclass(frozen=True)
class CostProfile:
    """The coefficients of a model.

    Attributes:
        read_params: Parameters that every token reads: all but tables that are only looked up and routed experts.
        lookup_params: Parameters of tables of which a token reads one row.
        experts: Routed experts.
        growing_elements: Numbers kept for every token for ever.
        capped_elements: Numbers kept for every token up to a cap.
        conv_elements: Numbers kept by convolutions.
        state_elements: Numbers of recurrent state.
        token_flops: FLOPs of a token without context, head left out.
        step_flops: FLOPs that a decode step has instead of scans.
        logits_flops: FLOPs of the head for one position.
        pair_flops: FLOPs for every pair of tokens.
        window_pair_flops: The same within a window.
        chunk_pair_flops: The same within chunks.
        selected_pair_flops: The same where at most so many earlier tokens matter, yet all are kept.
        latent: Latent attention.
        scans: Recurrences run in chunks.
        first_border_flops, later_border_flops: What unfused convolutions compute and throw away, at the start of a text
            and later.
    """

    read_params: int
    lookup_params: int
    experts: tuple[ExpertGroup, ...]
    growing_elements: int
    capped_elements: tuple[Capped, ...]
    conv_elements: int
    state_elements: int
    token_flops: int
    step_flops: int
    logits_flops: int
    pair_flops: int
    window_pair_flops: tuple[Capped, ...]
    chunk_pair_flops: tuple[Capped, ...]
    selected_pair_flops: tuple[Capped, ...]
    latent: tuple[LatentGroup, ...]
    scans: tuple[ScanGroup, ...]
    first_border_flops: int
    later_border_flops: int


def total_params(profile: CostProfile) -> int:
    """All parameters."""
    total = profile.read_params + profile.lookup_params
    for group in profile.experts:
        total += group.n_layers * group.n_experts * group.expert_params
    return total


def ideal_cache_bytes(
    profile: CostProfile, *, n_tokens: int, batch_size: int = 1, kv_bits: float = 16, state_bits: float = 32
) -> float:
    """Bytes that the model needs to keep: windowed layers hold at most their window."""
    elements = profile.growing_elements * n_tokens
    for group in profile.capped_elements:
        elements += group.amount * min(n_tokens, group.cap)
    return batch_size * (elements * kv_bits / 8) + state_bytes(
        profile, batch_size=batch_size, kv_bits=kv_bits, state_bits=state_bits
    )


def reserved_cache_bytes(
    profile: CostProfile, *, n_tokens: int, batch_size: int = 1, kv_bits: float = 16, state_bits: float = 32
) -> float:
    """Bytes that an engine sets aside when every attention layer keeps every token."""
    elements = profile.growing_elements * n_tokens
    for group in profile.capped_elements:
        elements += group.amount * n_tokens
    return batch_size * (elements * kv_bits / 8) + state_bytes(
        profile, batch_size=batch_size, kv_bits=kv_bits, state_bits=state_bits
    )


def state_bytes(profile: CostProfile, *, batch_size: int, kv_bits: float, state_bits: float) -> float:
    """Bytes that do not depend on the context."""
    return batch_size * (profile.conv_elements * kv_bits / 8 + profile.state_elements * state_bits / 8)


def linear_flops(profile: CostProfile, *, n_new: int) -> int:
    """FLOPs that do not depend on the context, head left out."""
    total = profile.token_flops * n_new
    if n_new == 1:
        return total + profile.step_flops
    for group in profile.scans:
        if group.padded:
            per_layer = flops.n_chunks(n_tokens=n_new, chunk=group.chunk) * group.flops_per_chunk
        else:
            whole = n_new // group.chunk
            rest = n_new - whole * group.chunk
            per_layer = whole * group.flops_per_chunk + flops.short_chunk_flops(
                flops_per_chunk=group.flops_per_chunk, chunk=group.chunk, rest=rest
            )
        total += group.n_layers * per_layer
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
    for group in profile.latent:
        if group.cap == 0:
            pairs = flops.causal_pairs(n_new=n_new, n_past=n_past)
        else:
            pairs = flops.window_causal_pairs(n_new=n_new, n_past=n_past, window=group.cap)
        expanded = group.rebuild_flops * n_past + group.expanded_pair_flops * pairs
        total += group.n_layers * min(expanded, group.absorbed_pair_flops * pairs)
    return total


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
    for group in profile.latent:
        expanded = group.rebuild_flops * n_past + group.expanded_pair_flops * pairs
        total += group.n_layers * min(expanded, group.absorbed_pair_flops * pairs)
    if n_new > 1:
        for group in profile.scans:
            borders = flops.n_chunks(n_tokens=n_new, chunk=group.chunk) + 1
            total += group.n_layers * group.flops_per_chunk_pair * borders * borders
    return total


def border_flops(profile: CostProfile, *, n_past: int) -> int:
    """FLOPs that unfused convolutions compute and throw away in one pass."""
    return profile.first_border_flops if n_past == 0 else profile.later_border_flops


def cost_profile(model: ModelSpec) -> CostProfile:
    """Reduce a model to its coefficients."""
    ends = model.embedding
    table = ends.params()["embedding_token"]
    looked_up = ends.params()["embedding_position"] + ends.lookup_params + (0 if ends.tied else table)
    read = sum(ends.params().values()) - looked_up
    tally = _Tally()
    for run in model.census:
        read += run.count * run.layer.norm_params
        for block in run.layer.blocks:
            read += run.count * (sum(block.params().values()) - block.params().get("experts_routed", 0))
            tally.add(block, run.count)
    return CostProfile(
        read_params=read,
        lookup_params=looked_up,
        experts=tuple(
            ExpertGroup(count, expert_params, n_experts, top_k)
            for (expert_params, n_experts, top_k), count in tally.experts.items()
        ),
        growing_elements=tally.numbers["growing"],
        capped_elements=_capped(tally.kept),
        conv_elements=tally.numbers["conv"],
        state_elements=tally.numbers["state"],
        token_flops=tally.numbers["token"] + flops.matrix_flops(n_params=ends.project_params),
        step_flops=tally.numbers["step"],
        logits_flops=flops.matrix_flops(n_params=ends.logits_matrices()),
        pair_flops=tally.numbers["pair"],
        window_pair_flops=_capped(tally.pairs[Window]),
        chunk_pair_flops=_capped(tally.pairs[Chunk]),
        selected_pair_flops=_capped(tally.pairs[Selection]),
        latent=tuple(LatentGroup(count, *shape) for shape, count in tally.latent.items()),
        scans=tuple(
            ScanGroup(count, scan.flops_per_chunk, scan.chunk, scan.flops_per_chunk_pair, scan.padded)
            for scan, count in tally.scans.items()
        ),
        first_border_flops=tally.numbers["first_border"],
        later_border_flops=tally.numbers["later_border"],
    )


class _Tally:
    """Coefficients while they are added up."""

    def __init__(self):
        names = ("growing", "conv", "state", "token", "step", "pair", "first_border", "later_border")
        self.numbers = dict.fromkeys(names, 0)
        self.kept: dict[int, int] = {}
        self.pairs: dict[type, dict[int, int]] = {Window: {}, Chunk: {}, Selection: {}}
        self.experts: dict[tuple[int, int, int], int] = {}
        self.latent: dict[tuple[int, int, int, int], int] = {}
        self.scans: dict = {}

    def add(self, block: Block, count: int) -> None:
        """Add `count` blocks of a kind."""
        self._more("token", count * (flops.matrix_flops(n_params=block.token_matrices()) + block.state_flops()))
        self._more("step", count * block.step_flops())
        self._more("state", count * block.state_elements())
        self._more("growing", count * block.growing_elements())
        for convolution in block.convolutions():
            self._more("conv", count * convolution.kept_elements())
            self._more("first_border", count * convolution.border_flops(0))
            self._more("later_border", count * convolution.border_flops(1))
        for keep in block.keeps():
            if isinstance(keep.span, Window | Chunk):
                _grow(self.kept, keep.span.size, count * keep.elements_per_token)
        for scan in block.scans():
            _grow(self.scans, scan, count)
        for group in block.expert_groups():
            _grow(self.experts, group, count)
        self._add_reads(block, count)

    def _add_reads(self, block: Block, count: int) -> None:
        """What both ways of reading share is read once; what differs is latent attention."""
        absorbed = block.absorbed_reads()
        for read in block.reads():
            if read in absorbed:
                self._add_pairs(read, count)
                continue
            (other,) = [candidate for candidate in absorbed if candidate not in block.reads()]
            cap = read.span.size if isinstance(read.span, Selection) else 0
            shape = (read.flops_per_pair, other.flops_per_pair, block.rebuild_flops(), cap)
            _grow(self.latent, shape, count)

    def _add_pairs(self, read: Read, count: int) -> None:
        if isinstance(read.span, Window | Chunk | Selection):
            _grow(self.pairs[type(read.span)], read.span.size, count * read.flops_per_pair)
        else:
            self._more("pair", count * read.flops_per_pair)

    def _more(self, name: str, amount: int) -> None:
        self.numbers[name] += amount


def _grow(counts: dict, key, amount: int) -> None:
    counts[key] = counts.get(key, 0) + amount


def _capped(amounts: dict[int, int]) -> tuple[Capped, ...]:
    return tuple(Capped(amount, cap) for cap, amount in sorted(amounts.items()))


def weight_bytes(profile: CostProfile, *, weight_bits: float) -> float:
    """Bytes of all weights at one precision, without the scales of a quantised format."""
    return kvcache.cached_bytes(elements=total_params(profile), bits=weight_bits)
