"""The coefficients to which any architecture reduces."""

from dataclasses import dataclass


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
class EntryKeeps:
    """A compressed past: numbers of an entry for every `stride` tokens, and of a token that waits for its entry."""

    per_entry: int
    stride: int
    per_waiting: int


@dataclass(frozen=True)
class EntryReads:
    """FLOPs for every pair of a token and an entry; at most `top_k` entries matter to a token (0: all)."""

    amount: int
    stride: int
    top_k: int


@dataclass(frozen=True)
class LatentGroup:
    """Latent attention, read the cheaper of two ways.

    Attributes:
        n_layers: Layers.
        expanded_pair_flops: FLOPs of a pair with keys and values rebuilt.
        absorbed_pair_flops: FLOPs of a pair in the latent space.
        rebuild_flops: FLOPs of rebuilding one cached token.
        cap: Tokens that an indexer picks; 0 where all are read.
        window: Tokens that a window holds; 0 where all are kept.
    """

    n_layers: int
    expanded_pair_flops: int
    absorbed_pair_flops: int
    rebuild_flops: int
    cap: int
    window: int


@dataclass(frozen=True)
class ScanGroup:
    """Recurrences run in chunks; see `blocks.base.Scan`."""

    n_layers: int
    flops_per_chunk: int
    chunk: int
    flops_per_chunk_pair: int
    padded: bool
    stepwise: bool


@dataclass(frozen=True)
class HeadGroup:
    """What layers keep for a token and KV head, added up; at most `cap` tokens (0: every token)."""

    n_heads: int
    elements_per_head: int
    cap: int


@dataclass(frozen=True)
class CostProfile:
    """The coefficients of a model.

    Attributes:
        read_params: Parameters that every token reads: all but tables that are only looked up and routed experts.
        reread_params: Parameters that a pass reads once more, in layers that use the weights of earlier ones.
        lookup_params: Parameters of tables of which a token reads one row.
        experts: Routed experts.
        growing_elements: Numbers kept for every token for ever.
        capped_elements: Numbers kept for every token up to a cap.
        entry_keeps: Compressed pasts.
        conv_elements: Numbers kept by convolutions.
        state_elements: Numbers of recurrent state.
        token_flops: FLOPs of a token without context, head left out.
        step_flops: FLOPs that a decode step has instead of scans.
        logits_flops: FLOPs of the head for one position.
        pair_flops: FLOPs for every pair of tokens.
        window_pair_flops: The same within a window.
        chunk_pair_flops: The same within chunks.
        selected_pair_flops: The same where at most so many earlier tokens matter, yet all are kept.
        entry_reads: Work over compressed pasts.
        latent: Latent attention.
        scans: Recurrences run in chunks.
        d_model, vocab_size: Widths of the residual stream and of the output head.
        widest_block: Numbers of one token alive inside the widest block of a pass.
        first_border_flops, later_border_flops: What unfused convolutions compute and throw away, at the start of a text
            and later.
        heads: What is kept head by head, and so moves to the chip that has the head (also in the elements above).
        n_query_heads: A number of chips that divides it splits every layer evenly; 0 where there are no heads.
        entry_period: Tokens after which the entries of all compressed pasts are finished together; 1 without any.
        entry_stride: Entries are finished at multiples of it only.
    """

    read_params: int
    reread_params: int
    lookup_params: int
    experts: tuple[ExpertGroup, ...]
    growing_elements: int
    capped_elements: tuple[Capped, ...]
    entry_keeps: tuple[EntryKeeps, ...]
    conv_elements: int
    state_elements: int
    token_flops: int
    step_flops: int
    logits_flops: int
    pair_flops: int
    window_pair_flops: tuple[Capped, ...]
    chunk_pair_flops: tuple[Capped, ...]
    selected_pair_flops: tuple[Capped, ...]
    entry_reads: tuple[EntryReads, ...]
    latent: tuple[LatentGroup, ...]
    scans: tuple[ScanGroup, ...]
    d_model: int
    vocab_size: int
    widest_block: int
    first_border_flops: int
    later_border_flops: int
    heads: tuple[HeadGroup, ...]
    n_query_heads: int
    entry_period: int
    entry_stride: int
