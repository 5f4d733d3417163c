"""The matrices of each kind of block, by role. Roles are spelled as llama.cpp spells its tensors, where it has one.

Only what a quantizer may touch stands here: matrices that activations are multiplied with. Norms, biases, convolutions,
decays and scales are the rest of a block, and `tensors` counts them as such.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from llmnotes.blocks import (
    attention,
    composite,
    compressed,
    convolved,
    encoder,
    feedforward,
    latent,
    lstm,
    pooled,
    recurrent,
    rwkv,
    statespace,
)
from llmnotes.blocks.base import Block

ROUTED, SHARED = "experts_routed", "experts_shared"


@dataclass(frozen=True)
class Matrix:
    """A matrix of a block.

    Attributes:
        role: What it does (`attn_q ffn_down_exps ssm_out` …).
        rows: Outputs.
        columns: Inputs: what groups of a quantized form run along.
        component: The component of `count_params` that counts it.
        n_experts: Equal ones of it, one for each expert.
        biased: A learned bias is added to its outputs; known of attention and feed-forwards.
    """

    role: str
    rows: int
    columns: int
    component: str
    n_experts: int = 1
    biased: bool = False

    @property
    def n_params(self) -> int:
        """Parameters of all of them."""
        return self.rows * self.columns * self.n_experts


def matrices_of(block: Block) -> tuple[Matrix, ...]:
    """The matrices of a block, by the rule of its class or of the nearest class above; none where there is no rule."""
    for kind in type(block).__mro__:
        if kind in _RULES:
            return tuple(_RULES[kind](block))
    return ()


def _attention(b: attention.Attention, *, width: int = 0, keys: bool = True, values: bool = True) -> list[Matrix]:
    """Projections of attention with keys and values per head; `width` is that of its input, where not the model's."""
    width = width or b.d_model
    shapes = [("attn_q", b.n_heads * b.head_dim, width)]
    if keys:
        shapes.append(("attn_k", b.n_kv_heads * b.head_dim, width))
    if values:
        shapes.append(("attn_v", b.n_kv_heads * b.v_head_dim, width))
    if b.gate_width:
        shapes.append(("attn_gate", b.gate_width, width))
    shapes.append(("attn_output", b.d_model, b.n_heads * b.v_head_dim))
    biased = {"attn_output": b.out_bias, "attn_gate": False}
    return [Matrix(*shape, "attention", biased=biased.get(shape[0], b.qkv_bias)) for shape in shapes]


def _over_source(b: encoder.SourceAttention) -> list[Matrix]:
    """Keys and values read the source, which may be wider or narrower than the target."""
    wide = b.d_source or b.d_model
    return [replace(m, columns=wide) if m.role in ("attn_k", "attn_v") else m for m in _attention(b)]


def _scored_values(b: attention.ScoredValuesAttention) -> list[Matrix]:
    return [*_attention(b), Matrix("attn_dt", b.n_kv_heads, b.n_kv_heads * b.v_head_dim, "attention")]


def _mixture_of_heads(b: attention.MixtureOfHeads) -> list[Matrix]:
    width = b.n_kv_heads * b.head_dim
    return [
        Matrix("attn_k", width, b.d_model, "attention"),
        Matrix("attn_v", width, b.d_model, "attention"),
        Matrix("attn_gate_inp", b.n_experts, b.d_model, "router"),
        Matrix("attn_q_exps", width, b.d_model, ROUTED, b.n_experts),
        Matrix("attn_output_exps", b.d_model, width, ROUTED, b.n_experts),
    ]


def _indexed(b: attention.IndexedAttention) -> list[Matrix]:
    index = [("indexer.q", b.n_index_heads * b.index_head_dim), ("indexer.k", b.index_head_dim)]
    return _attention(b) + [Matrix(role, rows, b.d_model, "attention") for role, rows in index]


def _convolved(b: convolved.ConvolvedAttention) -> list[Matrix]:
    halves = [Matrix(role, b.delayed_values(), b.d_model, "attention") for role in ("attn_v", "attn_v_delayed")]
    return _attention(b, values=False) + halves


def _relative(b: convolved.RelativeBiasAttention) -> list[Matrix]:
    return [*_attention(b), Matrix("attn_rel", b.n_heads * b.d_relative, b.d_model, "attention")]


def _with_sinks(b: convolved.SinkBiasAttention) -> list[Matrix]:
    found = [*_relative(b), Matrix("attn_sink", b.n_heads, b.d_model, "attention")]
    taps = b.n_kv_heads * b.conv_kernel
    own = [Matrix(f"attn_{of}_taps", taps, b.d_model, "mixer_recurrent") for of in ("k", "v")] if b.own_taps else []
    return found + own


def _latent(b: latent.MLA) -> list[Matrix]:
    qk_head_dim = b.qk_nope_head_dim + b.qk_rope_head_dim
    if b.q_lora_rank:
        query_width = (b.query_matrices() - b.d_model * b.q_lora_rank) // (b.n_heads * qk_head_dim)
        shapes = [
            ("attn_q_a", b.q_lora_rank, b.d_model),
            ("attn_q_b", b.n_heads * qk_head_dim, query_width),
        ]
    else:
        shapes = [("attn_q", b.n_heads * qk_head_dim, b.d_model)]
    shapes += [
        ("attn_kv_a_mqa", b.kv_lora_rank + b.qk_rope_head_dim, b.d_model),
        ("attn_kv_b", b.n_heads * (b.qk_nope_head_dim + b.v_head_dim), b.kv_lora_rank),
        ("attn_output", b.d_model, b.n_heads * b.v_head_dim),
    ]
    if b.gate_width:
        shapes.append(("attn_gate", b.gate_width, b.d_model))
    return [Matrix(*shape, "attention") for shape in shapes]


def _indexer(b: latent.IndexedMLA) -> list[Matrix]:
    shapes = [
        ("indexer.attn_q_b", b.n_index_heads * b.index_head_dim, b.q_lora_rank),
        ("indexer.attn_k", b.index_head_dim, b.d_model),
        ("indexer.proj", b.n_index_heads, b.d_model),
    ]
    return [Matrix(*shape, "attention") for shape in shapes]


def _indexed_latent(b: latent.IndexedMLA) -> list[Matrix]:
    return _latent(b) + _indexer(b)


def _gated_query(b: latent.GatedQueryIndexedMLA) -> list[Matrix]:
    per_head = b.qk_nope_head_dim + b.qk_rope_head_dim + b.v_head_dim
    wide = Matrix("attn_q_b", b.n_heads * per_head, 2 * b.q_lora_rank, "attention")
    return [wide if m.role == "attn_q_b" else m for m in _latent(b)] + _indexer(b)


def _pooled_index(b: pooled.PooledIndexMLA) -> list[Matrix]:
    return [*_indexed_latent(b), Matrix("indexer.gate", b.index_head_dim, b.d_model, "attention")]


def _direct_index(b: pooled.DirectIndexMLA) -> list[Matrix]:
    found = [matrix for matrix in _latent(b) if not (b.shared and matrix.role == "attn_kv_a_mqa")]
    if not b.indexed:
        return found
    heads = Matrix("indexer.attn_q_b", b.n_index_heads * b.index_head_dim, b.d_model, "attention")
    return [*found, heads, *_indexer(b)[1:]]


def _pooled_blocks(b: pooled.PooledIndexAttention) -> list[Matrix]:
    index = [("indexer.q", b.n_index_heads * b.index_head_dim), ("indexer.k", b.index_head_dim)]
    return _attention(b) + [Matrix(role, rows, b.d_model, "attention") for role, rows in index]


def _ngrams(b: pooled.HashedNgrams) -> list[Matrix]:
    ends = [("ngram_key", b.n_streams * b.d_model), ("ngram_value", b.d_model)]
    return [Matrix(role, rows, b.d_embed, "other") for role, rows in ends]


def _compressed(b: compressed.CompressedAttention) -> list[Matrix]:
    shapes = [
        ("attn_q_a", b.q_lora_rank, b.d_model),
        ("attn_q_b", b.n_heads * b.head_dim, b.q_lora_rank),
        ("attn_kv", b.head_dim, b.d_model),
        ("attn_output_a", b.o_groups * b.o_lora_rank, b.n_heads * b.head_dim // b.o_groups),
        ("attn_output_b", b.d_model, b.o_groups * b.o_lora_rank),
    ]
    if b.compression is not None:
        each = b.compression
        shapes += [(f"compressor.{end}", each.series * b.head_dim, b.d_model) for end in ("kv", "gate")]
        if each.n_index_heads:
            width = each.series * each.index_head_dim
            shapes += [(f"indexer.compressor.{end}", width, b.d_model) for end in ("kv", "gate")]
            shapes.append(("indexer.attn_q_b", each.n_index_heads * each.index_head_dim, b.q_lora_rank))
            shapes.append(("indexer.proj", each.n_index_heads, b.d_model))
    return [Matrix(*shape, "attention") for shape in shapes]


def _mlp(b: feedforward.MLP, component: str = "mlp", ending: str = "", n_experts: int = 1) -> list[Matrix]:
    shapes = [("ffn_up", b.d_ff, b.d_model), ("ffn_down", b.d_model, b.d_ff)]
    if isinstance(b, feedforward.GatedMLP):
        shapes.insert(0, ("ffn_gate", b.d_ff, b.d_model))
    return [Matrix(role + ending, rows, columns, component, n_experts, b.bias) for role, rows, columns in shapes]


def _router(b: feedforward.MixtureOfExperts) -> list[Matrix]:
    if isinstance(b, feedforward.DeepRouterExperts):
        width, choices = b.router_width, b.n_experts + b.n_zero_experts
        shapes = [
            ("ffn_gate_inp_down", width, b.d_model),
            ("ffn_gate_inp_1", width, width),
            ("ffn_gate_inp_2", width, width),
            ("ffn_gate_inp", choices, width),
        ]
        return [Matrix(*shape, "router") for shape in shapes]
    choices = b.router_matrices() // b.d_model
    return [Matrix("ffn_gate_inp", choices, b.d_model, "router")] if choices else []


def _experts(b: feedforward.MixtureOfExperts) -> list[Matrix]:
    found = _router(b)
    if b.n_experts:
        found += _mlp(b.expert, ROUTED, "_exps", b.n_experts)
    if b.shared is not None:
        n_shared = b.n_shared if isinstance(b, feedforward.ScoredSharedExperts) else 1
        shared = b.shared if n_shared == 1 else type(b.shared)(b.shared.d_model, b.shared.d_ff // n_shared)
        found += _mlp(shared, SHARED, "_shexp", n_shared)
    if b.shared_gate:
        found.append(Matrix("ffn_gate_inp_shexp", 1, b.d_model, SHARED))
    return found


def _latent_experts(b: feedforward.LatentMixtureOfExperts) -> list[Matrix]:
    narrow = b.expert.d_model
    ends = [Matrix("ffn_latent_in", narrow, b.d_model, "mlp"), Matrix("ffn_latent_out", b.d_model, narrow, "mlp")]
    return _experts(b) + ends


def _recurrent(*shapes: tuple[str, int, int]) -> list[Matrix]:
    return [Matrix(*shape, "mixer_recurrent") for shape in shapes]


def _gated_delta(b: recurrent.GatedDeltaNet) -> list[Matrix]:
    keys, values, d = b.n_key_heads * b.key_head_dim, b.n_value_heads * b.value_head_dim, b.d_model
    return _recurrent(
        ("ssm_q", keys, d),
        ("ssm_k", keys, d),
        ("ssm_v", values, d),
        *([("ssm_z", values, d)] if b.gated else []),
        ("ssm_beta", b.n_value_heads, d),
        *([("ssm_alpha", b.n_value_heads, d)] if b.decays else []),
        ("ssm_out", d, values),
    )


def _gated_linear(b: recurrent.GatedLinearAttention) -> list[Matrix]:
    keys, values, d = b.n_heads * b.key_head_dim, b.n_heads * b.value_head_dim, b.d_model
    k, v = b.n_kv_heads * b.key_head_dim, b.n_kv_heads * b.value_head_dim
    return _recurrent(
        ("ssm_q", keys, d),
        ("ssm_k", k, d),
        ("ssm_v", v, d),
        *([("ssm_z", values, d)] if b.gated else []),
        ("ssm_f_a", b.decay_rank, d),
        ("ssm_f_b", k, b.decay_rank),
        ("ssm_out", d, values),
    )


def _key_delta(b: recurrent.KimiDeltaAttention) -> list[Matrix]:
    width, d = b.n_heads * b.head_dim, b.d_model
    full = "fg"[2 - b.full_rank_gates :]  # the output's gate first
    gates = [(f"ssm_{gate}", width, d) for gate in full]
    for gate in "fg"[: 2 - b.full_rank_gates]:
        gates += [(f"ssm_{gate}_a", b.head_dim, d), (f"ssm_{gate}_b", width, b.head_dim)]
    ends = [("attn_q", width, d), ("attn_k", width, d), ("attn_v", width, d), ("ssm_beta", b.n_heads, d)]
    return _recurrent(*ends, *gates, ("attn_output", d, width))


def _lightning(b: recurrent.Lightning) -> list[Matrix]:
    width = b.n_heads * b.head_dim
    inputs = [(role, width, b.d_model) for role in ("ssm_q", "ssm_k", "ssm_v", "ssm_z")]
    return _recurrent(*inputs, ("ssm_out", b.d_model, width))


def _gated_lru(b: recurrent.RGLRU) -> list[Matrix]:
    inputs = [(role, b.lru_width, b.d_model) for role in ("lru_x", "lru_y")]
    return _recurrent(*inputs, ("lru_out", b.d_model, b.lru_width))


def _short_convolution(b: recurrent.ShortConvolution) -> list[Matrix]:
    return _recurrent(("shortconv.in_proj", 3 * b.d_model, b.d_model), ("shortconv.out_proj", b.d_model, b.d_model))


def _time_mix(b: rwkv.TimeMix) -> list[Matrix]:
    return _recurrent(*((f"time_mix_{end}", b.d_model, b.d_model) for end in ("key", "value", "receptance", "output")))


def _matrix_time_mix(b: rwkv.MatrixTimeMix) -> list[Matrix]:
    ends = ("key", "value", "receptance", "output", "gate")[: b.n_square]
    names = ("w", "decay_w") if len(b.ranks) == 2 else "wagv"  # RWKV-6, RWKV-7
    low = [
        one
        for name, rank in zip(names, b.ranks, strict=False)
        for one in ((f"time_mix_{name}1", rank, b.d_model), (f"time_mix_{name}2", b.d_model, rank))
    ]
    return _recurrent(*((f"time_mix_{end}", b.d_model, b.d_model) for end in ends), *low)


def _channel_mix(b: rwkv.ChannelMix) -> list[Matrix]:
    shapes = [("key", b.d_ff, b.d_model), ("receptance", b.d_model, b.d_model), ("value", b.d_model, b.d_ff)]
    shapes = [one for one in shapes if b.gated or one[0] != "receptance"]
    return [Matrix(f"channel_mix_{end}", rows, columns, "mlp") for end, rows, columns in shapes]


def _matrix_lstm(b: lstm.MLSTM) -> list[Matrix]:
    keys, values, d = b.n_heads * b.key_head_dim, b.n_heads * b.value_head_dim, b.d_model
    inputs = [("lstm_q", keys), ("lstm_k", keys), ("lstm_v", values), ("lstm_ogate", values)]
    gates = [("lstm_igate", b.n_heads), ("lstm_fgate", b.n_heads)]
    return _recurrent(*((role, rows, d) for role, rows in inputs + gates), ("lstm_out", d, values))


def _mamba(b: statespace.Mamba) -> list[Matrix]:
    return _recurrent(
        ("ssm_in", 2 * b.d_inner, b.d_model),
        ("ssm_x", b.dt_rank + 2 * b.d_state, b.d_inner),
        ("ssm_dt", b.d_inner, b.dt_rank),
        ("ssm_out", b.d_model, b.d_inner),
    )


def _mamba2(b: statespace.Mamba2) -> list[Matrix]:
    inputs = 2 * b.d_inner + 2 * b.n_groups * b.d_state + b.n_heads
    return _recurrent(("ssm_in", inputs, b.d_model), ("ssm_out", b.d_model, b.d_inner))


def _side_by_side(b: composite.Parallel) -> list[Matrix]:
    return [matrix for part in b.parts for matrix in matrices_of(part)]


def _nothing(b: Block) -> list[Matrix]:
    return []


def _low_rank_path(b: composite.LowRankPath) -> list[Matrix]:
    return [Matrix("path_in", b.rank, b.d_model, "other"), Matrix("path_out", b.d_model, b.rank, "other")]


def _adapter(b: composite.MLPAdapter) -> list[Matrix]:
    return [
        Matrix(f"{b.component}_adapter_a", b.rank, b.d_in, b.component),
        Matrix(f"{b.component}_adapter_b", b.d_out, b.rank, b.component),
    ]


_RULES: dict[type, Callable[..., list[Matrix]]] = {
    attention.Attention: _attention,
    encoder.SourceAttention: _over_source,
    attention.SharedKVAttention: lambda b: _attention(b, keys=False, values=False),
    attention.KeysAsValuesAttention: lambda b: _attention(b, values=False),
    attention.WideInputAttention: lambda b: _attention(b, width=2 * b.d_model),
    attention.ScoredValuesAttention: _scored_values,
    attention.MixtureOfHeads: _mixture_of_heads,
    attention.IndexedAttention: _indexed,
    convolved.ConvolvedAttention: _convolved,
    convolved.RelativeBiasAttention: _relative,
    convolved.SinkBiasAttention: _with_sinks,
    convolved.ResidualConvolution: _nothing,
    convolved.ResidualQuery: _nothing,
    latent.MLA: _latent,
    latent.IndexedMLA: _indexed_latent,
    latent.GatedQueryIndexedMLA: _gated_query,
    pooled.PooledIndexMLA: _pooled_index,
    pooled.DirectIndexMLA: _direct_index,
    pooled.PooledIndexAttention: _pooled_blocks,
    pooled.GatedStreams: _nothing,
    pooled.HashedNgrams: _ngrams,
    compressed.CompressedAttention: _compressed,
    compressed.HyperConnection: _nothing,
    feedforward.GatedMLP: _mlp,
    feedforward.PlainMLP: _mlp,
    feedforward.MixtureOfExperts: _experts,
    feedforward.LatentMixtureOfExperts: _latent_experts,
    recurrent.GatedDeltaNet: _gated_delta,
    recurrent.GatedLinearAttention: _gated_linear,
    recurrent.KimiDeltaAttention: _key_delta,
    recurrent.Lightning: _lightning,
    recurrent.RGLRU: _gated_lru,
    recurrent.ShortConvolution: _short_convolution,
    rwkv.TimeMix: _time_mix,
    rwkv.MatrixTimeMix: _matrix_time_mix,
    rwkv.ChannelMix: _channel_mix,
    lstm.MLSTM: _matrix_lstm,
    statespace.Mamba: _mamba,
    statespace.Mamba2: _mamba2,
    composite.Parallel: _side_by_side,
    composite.SharedWeights: _nothing,
    composite.Resting: _side_by_side,
    composite.AttentionResidual: _nothing,
    composite.AlternatingUpdates: _nothing,
    composite.LowRankPath: _low_rank_path,
    composite.Projection: lambda b: [Matrix("projection", b.d_model, b.d_model, "other")],
    composite.ResidualScales: _nothing,
    composite.MLPAdapter: _adapter,
}
