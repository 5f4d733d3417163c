"""The few coefficients cost what the layers cost: over random models, lengths and batches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import llmnotes as ln
from llmnotes import cost as equations
from llmnotes.blocks.attention import (
    Attention,
    DifferentialAttention,
    IndexedAttention,
    KeysAsValuesAttention,
    MixtureOfHeads,
    ScoredValuesAttention,
    SharedKVAttention,
    WideInputAttention,
)
from llmnotes.blocks.base import EVERY_TOKEN, Chunk, Counting, Selection, Window, Work
from llmnotes.blocks.composite import (
    AlternatingUpdates,
    AttentionAdapter,
    LowRankPath,
    NormGate,
    Parallel,
    Projection,
    ResidualScales,
    SharedWeights,
)
from llmnotes.blocks.compressed import CompressedAttention, Compression, HyperConnection, IndependentHyperConnection
from llmnotes.blocks.convolved import ConvolvedAttention, RelativeBiasAttention, ResidualConvolution
from llmnotes.blocks.feedforward import (
    DeepRouterExperts,
    GatedMLP,
    LatentMixtureOfExperts,
    MixtureOfExperts,
    PlainMLP,
    ProductKeyExperts,
    ScoredSharedExperts,
)
from llmnotes.blocks.latent import MLA, GatedQueryIndexedMLA, IndexedMLA
from llmnotes.blocks.lstm import MLSTM
from llmnotes.blocks.recurrent import (
    RGLRU,
    FullGateKimiDeltaAttention,
    GatedDeltaNet,
    KimiDeltaAttention,
    Lightning,
    ShortConvolution,
)
from llmnotes.blocks.rwkv import ChannelMix, TimeMix
from llmnotes.blocks.statespace import Mamba, Mamba2
from llmnotes.cost import cost_profile
from llmnotes.spec import Embedding, Layer, ModelSpec, Run
from tests.truth.cases import MODELS

D = 12
size = st.integers(1, 9)
d_model = st.just(D)
yes_or_no = st.booleans()
spans = st.just(EVERY_TOKEN) | st.builds(Window, size) | st.builds(Chunk, size) | st.builds(Selection, size)
latent_shape = {"span": st.just(EVERY_TOKEN) | st.builds(Selection, size), "bias": yes_or_no, "gate_width": size}


def build(kind, *numbers: str, **more):
    """Blocks of one kind with every number drawn."""
    return st.builds(kind, d_model=d_model, **dict.fromkeys(numbers, size), **more)


heads = ("n_heads", "n_kv_heads", "head_dim", "v_head_dim", "gate_width", "qk_norm_params")
plain = (Attention, SharedKVAttention, DifferentialAttention, KeysAsValuesAttention, WideInputAttention)
attentions = [build(kind, *heads, span=spans) for kind in (*plain, ScoredValuesAttention)]
attentions.append(
    st.builds(
        lambda n_kv_heads, head_dim, top_k, more: MixtureOfHeads(
            D, n_kv_heads * top_k, n_kv_heads, head_dim, head_dim, n_experts=top_k + more, top_k=top_k
        ),
        *(size, size, size, size),
    )
)
attentions.append(build(ConvolvedAttention, *heads, "first_kernel", "second_kernel", span=spans))
attentions.append(build(RelativeBiasAttention, *heads, "d_relative", "extent", "conv_kernel", span=spans))
attentions.append(build(IndexedAttention, *heads, "n_index_heads", "index_head_dim", span=spans))
latent = ("n_heads", "q_lora_rank", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim")
compressions = st.builds(Compression, size, st.sampled_from([1, 2]), size, size, size) | st.builds(Compression, size)
compressed = ("n_heads", "head_dim", "q_lora_rank", "o_lora_rank", "o_groups", "window")
recurrent = [
    build(CompressedAttention, *compressed, compression=st.none() | compressions),
    build(MLA, *latent, **latent_shape),
    build(IndexedMLA, *latent, "n_index_heads", "index_head_dim", **latent_shape),
    build(GatedDeltaNet, "n_key_heads", "key_head_dim", "n_value_heads", "value_head_dim", "conv_kernel", "chunk"),
    build(GatedQueryIndexedMLA, *latent, "n_index_heads", "index_head_dim", **latent_shape),
    build(KimiDeltaAttention, "n_heads", "head_dim", "conv_kernel", "chunk"),
    build(FullGateKimiDeltaAttention, "n_heads", "head_dim", "conv_kernel", "chunk"),
    build(Lightning, "n_heads", "head_dim", "block"),
    build(RGLRU, "lru_width", "n_blocks", "conv_kernel"),
    build(ShortConvolution, "conv_kernel", bias=yes_or_no),
    build(TimeMix),
    build(MLSTM, "n_heads", "key_head_dim", "value_head_dim", "chunk"),
    build(Mamba, "d_inner", "d_state", "dt_rank", "conv_kernel", bias=yes_or_no),
    build(Mamba2, "n_heads", "head_dim", "n_groups", "d_state", "conv_kernel", "chunk", normed=yes_or_no),
]
mixers = st.one_of(*attentions, *recurrent)
pairs = st.tuples(st.one_of(*attentions), recurrent[1] | recurrent[-1])
mixers |= st.builds(Parallel, pairs) | st.builds(SharedWeights, pairs)
dense = build(GatedMLP, "d_ff", bias=yes_or_no) | build(PlainMLP, "d_ff", "scalar_params", bias=yes_or_no)


@st.composite
def mixtures(draw):
    kind = draw(
        st.sampled_from(
            [
                MixtureOfExperts,
                LatentMixtureOfExperts,
                ProductKeyExperts,
                DeepRouterExperts,
                ScoredSharedExperts,
            ]
        )
    )
    n_experts = draw(size)
    top_k = draw(st.integers(1, n_experts))
    return kind(D, n_experts, top_k, draw(dense), draw(st.none() | dense), n_zero_experts=draw(st.integers(0, 2)))


feed_forwards = dense | mixtures() | build(ChannelMix, "d_ff") | st.builds(Parallel, st.tuples(dense, mixtures()))
extras = st.lists(
    build(HyperConnection, "n_streams")
    | build(IndependentHyperConnection, "n_streams")
    | build(ResidualConvolution, "conv_kernel")
    | st.builds(NormGate, size, size, size)
    | build(AlternatingUpdates, "n_streams")
    | build(LowRankPath, "rank")
    | st.builds(AttentionAdapter, size, size, size)
    | build(ResidualScales, "n_additions")
    | build(Projection),
    max_size=2,
).map(tuple)
layers = st.builds(Layer, st.none() | mixers, st.none() | feed_forwards, size, extras)
embeddings = build(
    Embedding,
    *("vocab_size", "d_embed", "n_positions", "norm_params", "project_params", "lookup_params"),
    tied=yes_or_no,
    head_bias=yes_or_no,
)
runs = st.lists(st.builds(Run, layers, st.integers(1, 3)), min_size=1, max_size=4).map(tuple)
drawn = st.builds(ModelSpec, st.just("drawn"), st.just("drawn"), embeddings, runs)
models = drawn | st.sampled_from(sorted(MODELS)).map(MODELS.__getitem__)
length = st.integers(0, 70)


@given(pairs, st.integers(1, 70), length, yes_or_no, st.sampled_from(["cheaper", "expanded", "absorbed"]))
def test_blocks_side_by_side_cost_what_each_costs(parts, n_new, n_past, causal, latent):
    counting = Counting(causal, latent)
    works = [part.flops(n_new, n_past, counting) for part in parts]
    together = Parallel(parts).flops(n_new, n_past, counting)
    assert together == Work(sum(work.linear for work in works), sum(work.attention for work in works))
    held = [part.state(n_past) for part in parts]
    assert Parallel(parts).state(n_past).cache == sum(one.cache for one in held)


@given(models)
def test_parameters_are_read_looked_up_or_routed(model):
    profile = cost_profile(model)
    counted = ln.count_params(model)
    assert equations.total_params(profile) == counted.total
    idle = sum(g.n_layers * g.expert_params * (g.n_experts - g.top_k) for g in profile.experts)
    assert counted.total - idle == counted.active


@given(
    models, length, st.integers(0, 4), st.sampled_from([4, 8, 16]), st.sampled_from([16, 32]), st.sampled_from([1, 3])
)
def test_cache_is_the_sum_over_the_layers(model, n, batch, kv_bits, state_bits, page):
    profile = cost_profile(model)
    how = {"n_tokens": n, "batch_size": batch, "kv_bits": kv_bits, "state_bits": state_bits, "page": page}
    summed = ln.kv_cache(model, **how)
    assert equations.ideal_cache_bytes(profile, **how) == summed.ideal_bytes
    assert equations.reserved_cache_bytes(profile, **how) == summed.reserved_bytes


@given(models, st.integers(1, 70), length)
def test_causal_flops_are_the_sum_over_the_layers(model, n_new, n_past):
    profile = cost_profile(model)
    summed = ln.forward_flops(model, n_new=n_new, n_past=n_past, causal=True)
    assert equations.linear_flops(profile, n_new=n_new) == summed.linear
    assert equations.causal_attention_flops(profile, n_new=n_new, n_past=n_past) == summed.attention
    assert profile.logits_flops * n_new == summed.logits


@given(models, st.integers(1, 70), length)
def test_full_flops_are_the_sum_over_the_layers(model, n_new, n_past):
    profile = cost_profile(model)
    summed = ln.forward_flops(model, n_new=n_new, n_past=n_past, causal=False)
    linear = equations.linear_flops(profile, n_new=n_new) + equations.border_flops(profile, n_past=n_past)
    assert linear == summed.linear
    assert equations.full_attention_flops(profile, n_new=n_new, n_past=n_past) == summed.attention


@given(models, st.integers(1, 70), length, st.sampled_from(["all", "last"]))
def test_whole_passes_are_what_the_report_says(model, n_new, n_past, logits):
    profile = cost_profile(model)
    n_logits = n_new if logits == "all" else 1
    for causal, cost in ((True, equations.causal_flops), (False, equations.full_flops)):
        reported = ln.forward_flops(model, n_new=n_new, n_past=n_past, causal=causal, logits=logits)
        assert cost(profile, n_new=n_new, n_past=n_past, n_logits=n_logits) == reported.total
    reported = ln.forward_flops(model, n_new=n_new, n_past=n_past, causal=True)
    if reported.linear + reported.attention:
        share = equations.causal_attention_share(profile, n_new=n_new, n_past=n_past)
        assert share == reported.attention_share


@given(models, st.sampled_from([4, 8, 16]))
def test_growth_is_what_the_report_says(model, kv_bits):
    growing = equations.growing_bytes_per_token(cost_profile(model), kv_bits=kv_bits)
    assert growing == pytest.approx(ln.kv_cache(model, 5, kv_bits=kv_bits).growing_bytes_per_token, rel=1e-12)


@given(models, st.integers(2, 300))
def test_a_pass_reads_at_least_the_active_weights_and_at_most_all(model, n_tokens):
    profile = cost_profile(model)
    one, several, endless = (
        equations.read_weight_bytes(profile, n_tokens=n, weight_bits=8, expert_bits=8) for n in (1, n_tokens, 10**9)
    )
    again = sum(block.reread_params() for layer in model.layers for block in layer.blocks)
    assert one == pytest.approx(ln.count_params(model).active + again - profile.lookup_params, rel=1e-9)
    assert endless == pytest.approx(equations.total_params(profile) + again - profile.lookup_params, rel=1e-9)
    assert one <= several * (1 + 1e-9)
    assert several <= endless * (1 + 1e-9)


def test_precisions_of_weights_and_experts_are_apart():
    profile = cost_profile(MODELS[next(name for name in sorted(MODELS) if cost_profile(MODELS[name]).experts)])
    halves = [
        equations.read_weight_bytes(profile, n_tokens=1, weight_bits=w, expert_bits=e) for w, e in ((16, 0), (0, 16))
    ]
    assert sum(halves) == pytest.approx(equations.read_weight_bytes(profile, n_tokens=1))
    assert halves[0] == 2 * profile.read_params


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_profile_stays_small(name):
    profile = cost_profile(MODELS[name])
    groups = (profile.capped_elements, profile.window_pair_flops, profile.chunk_pair_flops, profile.latent)
    assert max(len(group) for group in groups) <= 2
    assert len(profile.experts) <= 2
    assert len(profile.scans) <= 1
