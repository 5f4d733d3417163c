"""From the layers of a model to its coefficients."""

from dataclasses import replace
from functools import lru_cache
from math import gcd, lcm

from llmnotes.blocks.attention import Attention
from llmnotes.blocks.base import Block, Chunk, Read, Selection, Window
from llmnotes.blocks.composite import Parallel
from llmnotes.cost.coefficients import (
    Capped,
    CostProfile,
    EntryKeeps,
    EntryReads,
    ExpertGroup,
    HeadGroup,
    LatentGroup,
    ScanGroup,
)
from llmnotes.equations import flops
from llmnotes.spec import ModelSpec


@lru_cache(maxsize=256)
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
            rows = run.count * block.lookup_params()
            looked_up += rows
            read += run.count * (sum(block.params().values()) - block.params().get("experts_routed", 0)) - rows
            tally.add(block, run.count)
    return CostProfile(
        read_params=read,
        reread_params=tally.numbers["reread"],
        lookup_params=looked_up,
        experts=tuple(
            ExpertGroup(count, expert_params, n_experts, top_k)
            for (expert_params, n_experts, top_k), count in tally.experts.items()
        ),
        growing_elements=tally.numbers["growing"],
        capped_elements=_capped(tally.kept),
        entry_keeps=tuple(
            EntryKeeps(count * per_entry, stride, count * per_waiting)
            for (per_entry, stride, per_waiting), count in tally.entry_keeps.items()
        ),
        conv_elements=tally.numbers["conv"],
        state_elements=tally.numbers["state"],
        token_flops=tally.numbers["token"] + flops.matrix_flops(n_params=ends.project_params),
        step_flops=tally.numbers["step"],
        logits_flops=flops.matrix_flops(n_params=ends.logits_matrices()),
        pair_flops=tally.numbers["pair"],
        window_pair_flops=_capped(tally.pairs[Window]),
        chunk_pair_flops=_capped(tally.pairs[Chunk]),
        selected_pair_flops=_capped(tally.pairs[Selection]),
        entry_reads=tuple(EntryReads(amount, stride, top_k) for (stride, top_k), amount in tally.entry_reads.items()),
        latent=tuple(LatentGroup(count, *shape) for shape, count in tally.latent.items()),
        scans=tuple(
            ScanGroup(count, scan.flops_per_chunk, scan.chunk, scan.flops_per_chunk_pair, scan.padded, scan.stepwise)
            for scan, count in tally.scans.items()
        ),
        d_model=model.d_model,
        vocab_size=model.vocab_size,
        widest_block=tally.widest,
        first_border_flops=tally.numbers["first_border"],
        later_border_flops=tally.numbers["later_border"],
        heads=_heads(model),
        n_query_heads=_query_heads(model),
        entry_period=lcm(*(stride for _, stride, _ in tally.entry_keeps)),
        entry_stride=gcd(*(stride for _, stride, _ in tally.entry_keeps)) or 1,
    )


def keeping_every_token(profile: CostProfile) -> CostProfile:
    """The same model on an engine whose windowed layers keep every token."""
    growing = profile.growing_elements
    for group in profile.capped_elements:
        growing += group.amount
    heads = tuple(replace(group, cap=0) for group in profile.heads)
    return replace(profile, growing_elements=growing, capped_elements=(), heads=heads)


def _heads(model: ModelSpec) -> tuple[HeadGroup, ...]:
    """What attention layers keep for each KV head, added up over layers of equal heads and cap."""
    found: dict[tuple[int, int], int] = {}
    for run in model.census:
        for block in _attentions(run.layer.mixer):
            n_heads = block.n_kv_heads
            one, two = (replace(block, n_heads=n, n_kv_heads=n).keeps() for n in (1, 2))
            for less, more in zip(one, two, strict=True):
                cap = more.span.size if isinstance(more.span, Window | Chunk) else 0
                per_head = more.elements_per_token - less.elements_per_token
                _grow(found, (n_heads, cap), run.count * per_head)
    return tuple(HeadGroup(n, amount, cap) for (n, cap), amount in sorted(found.items()) if amount)


def _attentions(block: Block | None) -> list[Attention]:
    if isinstance(block, Parallel):
        return [found for part in block.parts for found in _attentions(part)]
    return [block] if isinstance(block, Attention) else []


def _query_heads(model: ModelSpec) -> int:
    """The largest number of chips that splits the heads of every layer evenly; 0 where there are no heads."""
    heads = 0
    for run in model.census:
        for block in run.layer.blocks:
            heads = gcd(heads, _block_heads(block))
    return heads


def _block_heads(block: Block) -> int:
    """Heads among which a block can be split; 0 where it has none."""
    if isinstance(block, Parallel):
        return gcd(*(_block_heads(part) for part in block.parts))
    return getattr(block, "n_heads", 0) or getattr(block, "n_value_heads", 0)


class _Tally:
    """Coefficients while they are added up."""

    def __init__(self):
        names = ("reread", "growing", "conv", "state", "token", "step", "pair", "first_border", "later_border")
        self.numbers = dict.fromkeys(names, 0)
        self.kept: dict[int, int] = {}
        self.pairs: dict[type, dict[int, int]] = {Window: {}, Chunk: {}, Selection: {}}
        self.experts: dict[tuple[int, int, int], int] = {}
        self.latent: dict[tuple[int, int, int, int, int], int] = {}
        self.scans: dict = {}
        self.entry_keeps: dict[tuple[int, int, int], int] = {}
        self.entry_reads: dict[tuple[int, int], int] = {}
        self.widest = 0

    def add(self, block: Block, count: int) -> None:
        """Add `count` blocks of a kind."""
        self.widest = max(self.widest, block.width())
        self._more("reread", count * block.reread_params())
        self._more("token", count * (flops.matrix_flops(n_params=block.token_matrices()) + block.state_flops()))
        self._more("step", count * block.step_flops())
        self._more("state", count * block.state_elements())
        for convolution in block.convolutions():
            self._more("conv", count * convolution.kept_elements())
            self._more("first_border", count * convolution.border_flops(0))
            self._more("later_border", count * convolution.border_flops(1))
        for keep in block.keeps():
            if isinstance(keep.span, Window | Chunk):
                _grow(self.kept, keep.span.size, count * keep.elements_per_token)
            else:
                self._more("growing", count * keep.elements_per_token)
        for entry in block.entry_keeps():
            _grow(self.entry_keeps, entry, count)
        for per_pair, stride, top_k in block.entry_reads():
            _grow(self.entry_reads, (stride, top_k), count * per_pair)
        for scan in block.scans():
            _grow(self.scans, scan, count)
        for expert_params, n_experts, top_k in block.expert_groups():
            if n_experts:
                _grow(self.experts, (expert_params, n_experts, top_k), count)
        self._add_reads(block, count)

    def _add_reads(self, block: Block, count: int) -> None:
        """What both ways of reading share is read once; what differs is latent attention."""
        rebuild_flops = block.rebuild_flops()
        for read, other in zip(block.reads(), block.absorbed_reads(), strict=True):
            if read == other:
                self._add_pairs(read, count)
                continue
            cap = read.span.size if isinstance(read.span, Selection) else 0
            window = read.span.size if isinstance(read.span, Window) else 0
            _grow(self.latent, (read.flops_per_pair, other.flops_per_pair, rebuild_flops, cap, window), count)
            rebuild_flops = 0
        if rebuild_flops:
            # What is made anew of every cached token where nothing is read in another way (Doge scores its values).
            _grow(self.latent, (0, 0, rebuild_flops, 0, 0), count)

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
