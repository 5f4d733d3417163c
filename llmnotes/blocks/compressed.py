"""Attention over a compressed past (DeepSeek-V4): a window of tokens, and one entry for every few tokens before it."""

from dataclasses import dataclass

from llmnotes.blocks.base import Block, Convolution, Keep, Read, Window
from llmnotes.equations import flops, params


@dataclass(frozen=True)
class Compression:
    """One entry for every `stride` tokens, mixed from what each of them projects.

    Attributes:
        stride: Tokens that one entry stands for.
        series: Projections a token contributes to: 1, or 2 where neighbouring entries overlap.
        top_k: Entries that an indexer picks; 0 where all are read.
        n_index_heads: Heads of the indexer.
        index_head_dim: Width of an indexer entry.
    """

    stride: int
    series: int = 1
    top_k: int = 0
    n_index_heads: int = 0
    index_head_dim: int = 0


@dataclass(frozen=True)
class CompressedAttention(Block):
    """Queries of low rank, one vector a token that is key and value at once, a low-rank output in groups of heads.

    `compression` is missing in layers that see their window only; those store keys and values apart.
    """

    d_model: int
    n_heads: int
    head_dim: int
    q_lora_rank: int
    o_lora_rank: int
    o_groups: int
    window: int
    compression: Compression | None = None

    def params(self) -> dict[str, int]:
        attention = self.token_matrices() + self.n_heads
        norm = params.rms_norm_params(width=self.head_dim)
        if self.compression is not None:
            each = self.compression
            width = each.series * (self.head_dim + each.index_head_dim)
            attention += each.stride * width
            norm += params.rms_norm_params(width=self.head_dim) + params.rms_norm_params(width=each.index_head_dim)
        return {
            "attention": attention,
            "norm_mla_latent": params.rms_norm_params(width=self.q_lora_rank),
            "norm": norm,
        }

    def token_matrices(self) -> int:
        matrices = params.grouped_output_attention_params(
            d_model=self.d_model,
            n_heads=self.n_heads,
            head_dim=self.head_dim,
            q_lora_rank=self.q_lora_rank,
            o_lora_rank=self.o_lora_rank,
            o_groups=self.o_groups,
        )
        if self.compression is None:
            return matrices
        each = self.compression
        matrices += params.compressor_params(d_model=self.d_model, width=each.series * self.head_dim)
        matrices += params.compressor_params(d_model=self.d_model, width=each.series * each.index_head_dim)
        return matrices + each.n_index_heads * (self.q_lora_rank * each.index_head_dim + self.d_model)

    def width(self) -> int:
        """Queries and their sums, the vector of each token, low-rank ends; what entries and the indexer are made of."""
        ends = self.q_lora_rank + self.o_groups * self.o_lora_rank
        width = (2 * self.n_heads + 1) * self.head_dim + ends
        if self.compression is None:
            return width + self.head_dim
        each = self.compression
        entries = 2 * each.series * (self.head_dim + each.index_head_dim)
        return width + entries + each.n_index_heads * (each.index_head_dim + 1)

    def reads(self) -> tuple[Read, ...]:
        return (Read(self.pair_flops(), Window(self.window)),)

    def pair_flops(self) -> int:
        return flops.pair_flops(n_heads=self.n_heads, head_dim=self.head_dim, v_head_dim=self.head_dim)

    def keeps(self) -> tuple[Keep, ...]:
        stored = self.head_dim if self.compression else 2 * self.head_dim
        return (Keep(stored, Window(self.window)),)

    def entry_reads(self) -> tuple[tuple[int, int, int], ...]:
        """Work over pairs of a token and an entry: FLOPs, stride, and how many entries matter (0: all)."""
        if self.compression is None:
            return ()
        each = self.compression
        index = flops.pair_flops(n_heads=each.n_index_heads, head_dim=each.index_head_dim, v_head_dim=0)
        picked = (self.pair_flops(), each.stride, each.top_k)
        return (picked, (index, each.stride, 0)) if each.top_k else (picked,)

    def entry_keeps(self) -> tuple[tuple[int, int, int], ...]:
        """What is kept of the past: numbers of an entry, its stride, and numbers of a token not yet in one."""
        if self.compression is None:
            return ()
        each = self.compression
        width = self.head_dim + each.index_head_dim
        return ((width, each.stride, 2 * each.series * width),)

    def convolutions(self) -> tuple[Convolution, ...]:
        """Overlapping entries need half of the last window's projections, and their weights."""
        if self.compression is None or self.compression.series == 1:
            return ()
        width = self.head_dim + self.compression.index_head_dim
        return (Convolution(2 * width, 0, columns=self.compression.stride),)


@dataclass(frozen=True)
class HyperConnection(Block):
    """Parallel residual streams, collapsed before a part of a layer and mixed again behind it (mHC)."""

    d_model: int
    n_streams: int

    def params(self) -> dict[str, int]:
        biases_and_scales = (2 + self.n_streams) * self.n_streams + 3
        return {"other": self.token_matrices() + biases_and_scales}

    def token_matrices(self) -> int:
        return params.hyper_connection_params(d_model=self.d_model, n_streams=self.n_streams)

    def width(self) -> int:
        """The streams before and after."""
        return 2 * self.n_streams * self.d_model

    def state_flops(self) -> int:
        return 2 * self.n_streams * self.n_streams * self.d_model


@dataclass(frozen=True)
class IndependentHyperConnection(HyperConnection):
    """The same without mixing: each stream is read and written, and keeps what it holds (Hunyuan 4)."""

    def params(self) -> dict[str, int]:
        biases_and_scales = 2 * self.n_streams + 2
        return {"other": self.token_matrices() + biases_and_scales}

    def token_matrices(self) -> int:
        return 2 * self.n_streams * self.n_streams * self.d_model

    def state_flops(self) -> int:
        return 0
