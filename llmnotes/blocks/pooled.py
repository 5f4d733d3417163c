"""Indexers that score averages of neighbouring tokens, caches shared between layers, tables of hashed n-grams."""

from dataclasses import dataclass

from llmnotes.blocks.attention import Attention, IndexedAttention
from llmnotes.blocks.base import EVERY_TOKEN, Block, Convolution, Keep, Read
from llmnotes.blocks.latent import MLA, IndexedMLA
from llmnotes.equations import flops, params


@dataclass(frozen=True)
class PooledIndexMLA(IndexedMLA):
    """Latent attention over the pools of tokens that an indexer picks (GLM-5.3-Flash). A key of the indexer is the
    weighted mean of a pool; what the weights are made of is kept beside the keys.

    Attributes:
        pool: Tokens of a pool.
    """

    pool: int = 1

    def params(self) -> dict[str, int]:
        places = self.pool * self.index_head_dim
        return super().params() | {"attention": super().params()["attention"] + places}

    def token_matrices(self) -> int:
        return super().token_matrices() + self.index_head_dim * self.d_model

    def width(self) -> int:
        return super().width() + self.index_head_dim

    def reads(self) -> tuple[Read, ...]:
        return MLA.reads(self)

    def absorbed_reads(self) -> tuple[Read, ...]:
        return MLA.absorbed_reads(self)

    def entry_reads(self) -> tuple[tuple[int, int, int], ...]:
        """The indexer scores pools."""
        per_pair = flops.indexer_pair_flops(n_index_heads=self.n_index_heads, index_head_dim=self.index_head_dim)
        return ((per_pair, self.pool, 0),)

    def keeps(self) -> tuple[Keep, ...]:
        """Of each token the key, the numbers that weigh it, and whether it is one."""
        return (*MLA.keeps(self), Keep(2 * self.index_head_dim + 1, EVERY_TOKEN))


@dataclass(frozen=True)
class DirectIndexMLA(IndexedMLA):
    """Latent attention over picked tokens without a query latent: the indexer's queries come from the hidden state,
    behind a norm of their own, and heads are scaled by the position (Mistral Large 4). A layer may read the latents of
    an earlier one.

    Attributes:
        shared: The layer keeps no latents of its own.
        indexed: It runs an indexer; otherwise it takes the choice of the layer before.
    """

    shared: bool = False
    indexed: bool = True

    def params(self) -> dict[str, int]:
        counted = MLA.params(self)
        counted["attention"] += 2 * (self.n_heads + (self.n_index_heads if self.indexed else 0))  # by position
        if self.shared:
            counted["norm_mla_latent"] = 0
            counted["attention"] -= self.kv_lora_rank + self.qk_rope_head_dim if self.bias else 0
        if self.indexed:
            counted["norm_qk"] = params.layer_norm_params(width=self.index_head_dim)
            counted["norm"] = params.layer_norm_params(width=self.d_model)
        return counted

    def down_matrices(self) -> int:
        """Of the matrix that makes latents."""
        return params.latent_down_params(
            d_model=self.d_model, kv_lora_rank=self.kv_lora_rank, qk_rope_head_dim=self.qk_rope_head_dim
        )

    def token_matrices(self) -> int:
        matrices = MLA.token_matrices(self) - (self.down_matrices() if self.shared else 0)
        if not self.indexed:
            return matrices
        heads = self.n_index_heads * self.index_head_dim
        return matrices + self.d_model * (heads + self.index_head_dim + self.n_index_heads)

    def reads(self) -> tuple[Read, ...]:
        return (*MLA.reads(self), self.index_read()) if self.indexed else MLA.reads(self)

    def absorbed_reads(self) -> tuple[Read, ...]:
        return (*MLA.absorbed_reads(self), self.index_read()) if self.indexed else MLA.absorbed_reads(self)

    def keeps(self) -> tuple[Keep, ...]:
        own = () if self.shared else MLA.keeps(self)
        return (*own, Keep(self.index_head_dim, EVERY_TOKEN)) if self.indexed else own


@dataclass(frozen=True)
class PooledIndexAttention(IndexedAttention):
    """Grouped attention over the blocks of tokens that an indexer picks by the mean of their keys (Qwen4).

    Attributes:
        pool: Tokens of a block.
    """

    pool: int = 1

    def reads(self) -> tuple[Read, ...]:
        return Attention.reads(self)

    def entry_reads(self) -> tuple[tuple[int, int, int], ...]:
        """The indexer scores blocks."""
        per_pair = flops.pair_flops(n_heads=self.n_index_heads, head_dim=self.index_head_dim, v_head_dim=0)
        return ((per_pair, self.pool, 0),)


@dataclass(frozen=True)
class GatedStreams(Block):
    """Parallel residual streams, mixed before a part of a layer through a narrow middle and written to behind it with
    learned weights (Qwen4).

    Attributes:
        rank: Width of the middle.
    """

    d_model: int
    n_streams: int
    rank: int

    def params(self) -> dict[str, int]:
        return {"other": self.token_matrices(), "norm": self.n_streams * params.rms_norm_params(width=self.d_model)}

    def token_matrices(self) -> int:
        return self.n_streams * self.d_model * (2 * self.rank + self.n_streams)

    def width(self) -> int:
        """The streams, their norms, the weights of each number and the middle."""
        return 3 * self.n_streams * self.d_model + self.rank


@dataclass(frozen=True)
class HashedNgrams(Block):
    """A table of hashed n-grams, looked up and let into the residual streams through gates and a dilated convolution
    (Qwen4).

    Attributes:
        rows: Rows of the table.
        columns: Numbers of a row.
        d_embed: Numbers that a token looks up in all.
        conv_kernel: Taps of the convolution.
        dilation: Tokens between taps.
    """

    d_model: int
    n_streams: int
    rows: int
    columns: int
    d_embed: int
    conv_kernel: int
    dilation: int

    def params(self) -> dict[str, int]:
        return {
            "other": self.lookup_params() + self.token_matrices(),
            "norm": 3 * self.n_streams * params.rms_norm_params(width=self.d_model),
        }

    def lookup_params(self) -> int:
        return self.rows * self.columns

    def token_matrices(self) -> int:
        streams = self.n_streams * self.d_model
        return self.d_embed * (streams + self.d_model) + self.conv_kernel * streams

    def width(self) -> int:
        """What is looked up, keys, gated values and the convolution."""
        return self.d_embed + 4 * self.n_streams * self.d_model

    def convolutions(self) -> tuple[Convolution, ...]:
        """Its last inputs; outputs are computed for new tokens alone."""
        return (Convolution(self.n_streams * self.d_model, 0, columns=(self.conv_kernel - 1) * self.dilation),)
