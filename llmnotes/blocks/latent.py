"""Multi-head latent attention: the cache holds one compressed vector a token, whatever the number of heads."""

from dataclasses import dataclass

from llmnotes.blocks.base import EVERY_TOKEN, Block, Keep, Read, Span
from llmnotes.equations import flops, kvcache, params


@dataclass(frozen=True)
class MLA(Block):
    """Latent attention (DeepSeek-V2 and after).

    Two ways to read the cache give the same result and cost differently. *Expanded*: keys and values of all heads are
    rebuilt from the latents of all cached tokens in every pass; pairs are cheap. *Absorbed*: queries are carried into
    the latent space; nothing is rebuilt, pairs are dear. A prompt is cheaper expanded, a decode step absorbed.

    Attributes:
        q_lora_rank: Rank of the query latent; 0 where queries are projected directly.
        gate_width: Columns of an output gate computed from the same input (0: none).
        scalar_params: Learned numbers that multiply nothing: attention sinks.
    """

    d_model: int
    n_heads: int
    q_lora_rank: int
    kv_lora_rank: int
    qk_nope_head_dim: int
    qk_rope_head_dim: int
    v_head_dim: int
    span: Span = EVERY_TOKEN
    bias: bool = False
    gate_width: int = 0
    scalar_params: int = 0

    def params(self) -> dict[str, int]:
        biases = 0
        if self.bias:
            biases = self.q_lora_rank + self.kv_lora_rank + self.qk_rope_head_dim + self.d_model
        return {
            "attention": self.token_matrices() + biases + self.scalar_params,
            "norm_mla_latent": self.q_lora_rank + self.kv_lora_rank,
        }

    def query_matrices(self) -> int:
        qk_head_dim = self.qk_nope_head_dim + self.qk_rope_head_dim
        if self.q_lora_rank == 0:
            return self.d_model * self.n_heads * qk_head_dim
        return params.latent_query_params(
            d_model=self.d_model, q_lora_rank=self.q_lora_rank, n_heads=self.n_heads, qk_head_dim=qk_head_dim
        )

    def up_matrices(self) -> int:
        return params.latent_up_params(
            kv_lora_rank=self.kv_lora_rank,
            n_heads=self.n_heads,
            qk_nope_head_dim=self.qk_nope_head_dim,
            v_head_dim=self.v_head_dim,
        )

    def token_matrices(self) -> int:
        down = params.latent_down_params(
            d_model=self.d_model, kv_lora_rank=self.kv_lora_rank, qk_rope_head_dim=self.qk_rope_head_dim
        )
        output = self.n_heads * self.v_head_dim * self.d_model
        return self.query_matrices() + down + self.up_matrices() + output + self.d_model * self.gate_width

    def width(self) -> int:
        """Latents, and queries, keys, values and their sums of all heads: a prompt is read expanded."""
        latents = self.q_lora_rank + self.kv_lora_rank + self.qk_rope_head_dim + self.gate_width
        return latents + 2 * self.n_heads * (self.qk_nope_head_dim + self.qk_rope_head_dim + self.v_head_dim)

    def reads(self) -> tuple[Read, ...]:
        """Pairs of expanded heads."""
        head_dim = self.qk_nope_head_dim + self.qk_rope_head_dim
        per_pair = flops.pair_flops(n_heads=self.n_heads, head_dim=head_dim, v_head_dim=self.v_head_dim)
        return (Read(per_pair, self.span),)

    def absorbed_reads(self) -> tuple[Read, ...]:
        """Pairs in the latent space: every head scores the whole latent and sums whole latents."""
        head_dim = self.kv_lora_rank + self.qk_rope_head_dim
        per_pair = flops.pair_flops(n_heads=self.n_heads, head_dim=head_dim, v_head_dim=self.kv_lora_rank)
        return (Read(per_pair, self.span),)

    def rebuild_flops(self) -> int:
        return flops.matrix_flops(n_params=self.up_matrices())

    def keeps(self) -> tuple[Keep, ...]:
        per_token = kvcache.latent_elements_per_token(
            kv_lora_rank=self.kv_lora_rank, qk_rope_head_dim=self.qk_rope_head_dim
        )
        return (Keep(per_token, self.span),)


@dataclass(frozen=True)
class IndexedMLA(MLA):
    """Latent attention over the tokens that a small indexer picks (DeepSeek-V3.2, GLM-5).

    The indexer scores *every* earlier token: its part stays quadratic, and its keys are kept beside the latents.

    Attributes:
        n_index_heads: Heads of the indexer; their keys are shared.
        index_head_dim: Width of an indexer key.
    """

    n_index_heads: int = 1
    index_head_dim: int = 1

    def params(self) -> dict[str, int]:
        return super().params() | {"norm_qk": params.layer_norm_params(width=self.index_head_dim)}

    def token_matrices(self) -> int:
        return super().token_matrices() + params.indexer_params(
            d_model=self.d_model,
            q_lora_rank=self.q_lora_rank,
            n_index_heads=self.n_index_heads,
            index_head_dim=self.index_head_dim,
        )

    def width(self) -> int:
        return super().width() + self.n_index_heads * (self.index_head_dim + 1) + self.index_head_dim

    def reads(self) -> tuple[Read, ...]:
        return (*super().reads(), self.index_read())

    def absorbed_reads(self) -> tuple[Read, ...]:
        return (*super().absorbed_reads(), self.index_read())

    def index_read(self) -> Read:
        per_pair = flops.indexer_pair_flops(n_index_heads=self.n_index_heads, index_head_dim=self.index_head_dim)
        return Read(per_pair, EVERY_TOKEN)

    def keeps(self) -> tuple[Keep, ...]:
        return (*super().keeps(), Keep(self.index_head_dim, EVERY_TOKEN))


@dataclass(frozen=True)
class GatedQueryIndexedMLA(IndexedMLA):
    """The same with queries and an output gate from one matrix, which reads the query latent before and behind its
    norm (A.X K2)."""

    def query_matrices(self) -> int:
        per_head = self.qk_nope_head_dim + self.qk_rope_head_dim + self.v_head_dim
        return self.d_model * self.q_lora_rank + 2 * self.q_lora_rank * self.n_heads * per_head
