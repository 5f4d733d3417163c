"""Attention with keys and values per head: multi-head, grouped or multi-query, over any span."""

from dataclasses import dataclass

from llmnotes.blocks.base import EVERY_TOKEN, Block, Keep, Read, Span
from llmnotes.equations import flops, kvcache, memory, params


@dataclass(frozen=True)
class Attention(Block):
    """Softmax attention. The number of KV heads makes it multi-head, grouped or multi-query; the span makes it full,
    sliding-window or chunked.

    Attributes:
        gate_width: Columns of an output gate computed from the same input (0: none).
        qk_norm_params: Gains (and biases) of norms on queries and keys.
        scalar_params: Learned numbers that multiply nothing: attention sinks, biases of the gate.
    """

    d_model: int
    n_heads: int
    n_kv_heads: int
    head_dim: int
    v_head_dim: int
    span: Span = EVERY_TOKEN
    qkv_bias: bool = False
    out_bias: bool = False
    gate_width: int = 0
    qk_norm_params: int = 0
    scalar_params: int = 0

    def params(self) -> dict[str, int]:
        attention = self.token_matrices() + self.scalar_params
        if self.qkv_bias:
            attention += self.input_biases()
        if self.out_bias:
            attention += self.d_model
        return {"attention": attention, "norm_qk": self.qk_norm_params}

    def input_biases(self) -> int:
        """Biases of queries, keys and values, where there are any."""
        return params.attention_input_bias_params(
            n_heads=self.n_heads, n_kv_heads=self.n_kv_heads, head_dim=self.head_dim, v_head_dim=self.v_head_dim
        )

    def token_matrices(self) -> int:
        projections = params.attention_params(
            d_model=self.d_model,
            n_heads=self.n_heads,
            n_kv_heads=self.n_kv_heads,
            head_dim=self.head_dim,
            v_head_dim=self.v_head_dim,
        )
        return projections + self.d_model * self.gate_width

    def width(self) -> int:
        heads = memory.attention_width(
            n_heads=self.n_heads, n_kv_heads=self.n_kv_heads, head_dim=self.head_dim, v_head_dim=self.v_head_dim
        )
        return heads + self.gate_width

    def reads(self) -> tuple[Read, ...]:
        per_pair = flops.pair_flops(n_heads=self.n_heads, head_dim=self.head_dim, v_head_dim=self.v_head_dim)
        return (Read(per_pair, self.span),)

    def keeps(self) -> tuple[Keep, ...]:
        per_token = kvcache.attention_elements_per_token(
            n_kv_heads=self.n_kv_heads, head_dim=self.head_dim, v_head_dim=self.v_head_dim
        )
        return (Keep(per_token, self.span),)


@dataclass(frozen=True)
class SharedKVAttention(Attention):
    """Attention that reads the cache of an earlier layer: queries and output only, nothing kept (Gemma 3n)."""

    def input_biases(self) -> int:
        return self.n_heads * self.head_dim

    def token_matrices(self) -> int:
        return params.attention_params(
            d_model=self.d_model, n_heads=self.n_heads, n_kv_heads=0, head_dim=self.head_dim, v_head_dim=self.v_head_dim
        )

    def keeps(self) -> tuple[Keep, ...]:
        return ()


@dataclass(frozen=True)
class KeysAsValuesAttention(Attention):
    """Attention whose values come from the key projection, normed apart: one matrix less, both kept (Gemma 4)."""

    def input_biases(self) -> int:
        return super().input_biases() - self.n_kv_heads * self.v_head_dim

    def token_matrices(self) -> int:
        return super().token_matrices() - self.d_model * self.n_kv_heads * self.v_head_dim


@dataclass(frozen=True)
class DifferentialAttention(Attention):
    """The difference of two softmax attentions (Differential Transformer). Each half of the values is summed under
    both, and the published implementation scores every pair anew for each half."""

    def params(self) -> dict[str, int]:
        lambdas = 4 * self.head_dim
        return super().params() | {"attention": super().params()["attention"] + lambdas}

    def reads(self) -> tuple[Read, ...]:
        return 2 * super().reads()


@dataclass(frozen=True)
class WideInputAttention(Attention):
    """Attention that reads the token's embedding beside the residual stream: an input twice as wide (Zamba)."""

    def token_matrices(self) -> int:
        inputs = params.attention_input_bias_params(
            n_heads=self.n_heads, n_kv_heads=self.n_kv_heads, head_dim=self.head_dim, v_head_dim=self.v_head_dim
        )
        return super().token_matrices() + self.d_model * inputs


@dataclass(frozen=True)
class ScoredValuesAttention(Attention):
    """Attention whose mask is learned: a score for each value and KV head says what is worth reading (Doge). The
    published implementation scores every cached value again in each pass."""

    def params(self) -> dict[str, int]:
        decays_and_biases = self.n_kv_heads * (2 if self.qkv_bias else 1)
        return super().params() | {"attention": super().params()["attention"] + decays_and_biases}

    def score_matrix(self) -> int:
        return self.n_kv_heads * self.v_head_dim * self.n_kv_heads

    def token_matrices(self) -> int:
        return super().token_matrices() + self.score_matrix()

    def width(self) -> int:
        return super().width() + self.n_kv_heads

    def rebuild_flops(self) -> int:
        return flops.matrix_flops(n_params=self.score_matrix())


@dataclass(frozen=True)
class MixtureOfHeads(Attention):
    """Attention whose query and output projections are experts over the same keys and values (JetMoE). `n_heads` are
    those of the experts that a token visits.

    Attributes:
        n_experts: Experts among which the router chooses.
        top_k: Experts a token visits.
    """

    n_experts: int = 1
    top_k: int = 1

    def expert_params(self) -> int:
        return 2 * self.d_model * self.n_kv_heads * self.head_dim

    def router_matrices(self) -> int:
        return params.router_params(d_model=self.d_model, n_experts=self.n_experts)

    def params(self) -> dict[str, int]:
        visited = self.top_k * self.expert_params()
        return super().params() | {
            "attention": super().params()["attention"] - self.router_matrices() - visited,
            "router": self.router_matrices(),
            "experts_routed": self.n_experts * self.expert_params(),
        }

    def expert_groups(self) -> tuple[tuple[int, int, int], ...]:
        return ((self.expert_params(), self.n_experts, self.top_k),)

    def token_matrices(self) -> int:
        return super().token_matrices() + self.router_matrices()

    def width(self) -> int:
        return super().width() + self.n_experts


@dataclass(frozen=True)
class IndexedAttention(Attention):
    """Grouped attention over the blocks of tokens that a small indexer picks (MiniMax-M3). The indexer scores every
    earlier token, and its keys are kept beside the others.

    Attributes:
        n_index_heads: Heads of the indexer; their keys are shared.
        index_head_dim: Width of an indexer key.
    """

    n_index_heads: int = 1
    index_head_dim: int = 1

    def params(self) -> dict[str, int]:
        gains = 2 * params.rms_norm_params(width=self.index_head_dim)
        return super().params() | {"norm_qk": self.qk_norm_params + gains}

    def token_matrices(self) -> int:
        return super().token_matrices() + params.block_indexer_params(
            d_model=self.d_model, n_index_heads=self.n_index_heads, index_head_dim=self.index_head_dim
        )

    def width(self) -> int:
        return super().width() + (self.n_index_heads + 1) * self.index_head_dim

    def reads(self) -> tuple[Read, ...]:
        index = flops.pair_flops(n_heads=self.n_index_heads, head_dim=self.index_head_dim, v_head_dim=0)
        return (*super().reads(), Read(index, EVERY_TOKEN))

    def keeps(self) -> tuple[Keep, ...]:
        return (*super().keeps(), Keep(self.index_head_dim, EVERY_TOKEN))
