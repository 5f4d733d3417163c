"""Costs are what loops over tokens and real arrays find: over random models, lengths and batches."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
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
from llmnotes.blocks.base import EVERY_TOKEN, Chunk, Selection, Window
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
from llmnotes.blocks.convolved import (
    ConvolvedAttention,
    FeedForwardConvolution,
    RelativeBiasAttention,
    ResidualConvolution,
    ResidualQuery,
    SinkBiasAttention,
)
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
from llmnotes.blocks.pooled import DirectIndexMLA, GatedStreams, HashedNgrams, PooledIndexAttention, PooledIndexMLA
from llmnotes.blocks.recurrent import (
    RGLRU,
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
latent_spans = st.just(EVERY_TOKEN) | st.builds(Selection, size) | st.builds(Window, size)
latent_shape = {"span": latent_spans, "bias": yes_or_no, "gate_width": size}


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
attentions.append(
    build(SinkBiasAttention, *heads, "d_relative", "extent", "conv_kernel", span=spans, own_taps=yes_or_no)
)
attentions.append(build(IndexedAttention, *heads, "n_index_heads", "index_head_dim", span=spans))
attentions.append(build(PooledIndexAttention, *heads, "n_index_heads", "index_head_dim", "pool", span=spans))
latent = ("n_heads", "q_lora_rank", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim")
compressions = st.builds(Compression, size, st.sampled_from([1, 2]), size, size, size) | st.builds(Compression, size)
compressed = ("n_heads", "head_dim", "q_lora_rank", "o_lora_rank", "o_groups", "window")
recurrent = [
    build(CompressedAttention, *compressed, compression=st.none() | compressions),
    build(MLA, *latent, **latent_shape),
    build(IndexedMLA, *latent, "n_index_heads", "index_head_dim", **latent_shape),
    build(GatedDeltaNet, "n_key_heads", "key_head_dim", "n_value_heads", "value_head_dim", "conv_kernel", "chunk"),
    build(GatedQueryIndexedMLA, *latent, "n_index_heads", "index_head_dim", **latent_shape),
    build(PooledIndexMLA, *latent, "n_index_heads", "index_head_dim", "pool", **latent_shape),
    build(
        DirectIndexMLA,
        *(name for name in latent if name != "q_lora_rank"),
        "n_index_heads",
        "index_head_dim",
        q_lora_rank=st.just(0),
        shared=yes_or_no,
        indexed=yes_or_no,
        **latent_shape,
    ),
    build(KimiDeltaAttention, "n_heads", "head_dim", "conv_kernel", "chunk", full_rank_gates=st.integers(0, 2)),
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
    | build(FeedForwardConvolution, "conv_kernel")
    | build(ResidualQuery, "n_sources", "n_queries", of_mlp=yes_or_no)
    | build(GatedStreams, "n_streams", "rank")
    | build(HashedNgrams, "n_streams", "rows", "columns", "d_embed", "conv_kernel", "dilation")
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


def seen(span, position: int) -> int:
    """Positions that a token at `position` sees, itself included, counted one by one."""
    if isinstance(span, Window):
        return sum(1 for other in range(position + 1) if other > position - span.size)
    if isinstance(span, Chunk):
        return sum(1 for other in range(position + 1) if other // span.size == position // span.size)
    if isinstance(span, Selection):
        return min(sum(1 for _ in range(position + 1)), span.size)
    return sum(1 for _ in range(position + 1))


def entries_before(position: int, stride: int) -> int:
    """Entries of a compressed past that are finished where a token at `position` reads."""
    return sum(1 for end in range(stride - 1, position + 1, stride) if end <= position)


def read_flops(reads, n_new: int, n_past: int) -> int:
    """FLOPs over pairs within a causal mask, token by token."""
    return sum(read.flops_per_pair * seen(read.span, n_past + new) for read in reads for new in range(n_new))


def attention_of(block, n_new: int, n_past: int) -> int:
    """FLOPs of a block over pairs: what both ways of reading share once, latent attention in the cheaper way."""
    shared = [read for read, other in zip(block.reads(), block.absorbed_reads(), strict=True) if read == other]
    total = read_flops(shared, n_new, n_past)
    for read, other in zip(block.reads(), block.absorbed_reads(), strict=True):
        if read != other:
            # Of tokens before the pass, those that its first token still sees: the others see no more of them.
            rebuilt = n_past if isinstance(read.span, Selection) else seen(read.span, n_past) - 1
            expanded = read_flops([read], n_new, n_past) + block.rebuild_flops() * rebuilt
            absorbed = read_flops([other], n_new, n_past)
            selects = isinstance(read.span, Selection) and n_past + n_new > read.span.size
            total += absorbed if selects else min(expanded, absorbed)
    for per_pair, stride, top_k in block.entry_reads():
        for new in range(n_new):
            entries = entries_before(n_past + new, stride)
            total += per_pair * (min(entries, top_k) if top_k else entries)
    return total


def blocks_of(model):
    return [block for layer in model.layers for block in layer.blocks]


def tables_of(model):
    """Parameters of tables inside layers, of which a token looks up some rows: no more active than idle experts."""
    return sum(block.lookup_params() for block in blocks_of(model))


@settings(max_examples=40)
@given(drawn, st.integers(1, 25), st.integers(0, 25))
def test_attention_is_what_counting_pairs_one_by_one_finds(model, n_new, n_past):
    counted = sum(attention_of(block, n_new, n_past) for block in blocks_of(model))
    assert ln.forward_flops(model, n_new=n_new, n_past=n_past, causal=True).attention == counted


@settings(max_examples=40)
@given(drawn, st.integers(0, 25))
def test_a_decode_step_multiplies_each_weight_once(model, n_past):
    counted = 2 * model.embedding.project_params
    for block in blocks_of(model):
        counted += 2 * block.token_matrices() + block.state_flops() + block.step_flops()
    assert ln.forward_flops(model, n_new=1, n_past=n_past, causal=True).linear == counted


@settings(max_examples=40)
@given(drawn, st.integers(0, 40), st.integers(1, 3))
def test_the_cache_is_what_stands_in_real_arrays(model, n_tokens, batch):
    """Every entry that is still read is written into an array of 16 bits, states into one of 32."""
    held = state = every = 0
    for block in blocks_of(model):
        for keep in block.keeps():
            rows = list(range(n_tokens))
            if isinstance(keep.span, Window | Chunk):
                rows = rows[-keep.span.size :]
            held += np.zeros((batch, len(rows), keep.elements_per_token), np.float16).nbytes
            every += np.zeros((batch, n_tokens, keep.elements_per_token), np.float16).nbytes
        for per_entry, stride, per_waiting in block.entry_keeps():
            finished, waiting = divmod(n_tokens, stride)
            compressed = np.zeros((batch, finished * per_entry + waiting * per_waiting), np.float16).nbytes
            held, every = held + compressed, every + compressed
        for convolution in block.convolutions():
            state += np.zeros((batch, convolution.channels, convolution.columns), np.float16).nbytes
        state += np.zeros((batch, block.state_elements()), np.float32).nbytes
    found = ln.kv_cache(model, n_tokens, batch_size=batch)
    assert (found.ideal_bytes, found.reserved_bytes, found.state_bytes) == (held + state, every + state, state)


@pytest.mark.parametrize("n_new", [1, 3, 64])
@pytest.mark.parametrize("n_past", [0, 1, 100])
def test_latent_attention_costs_what_real_matrices_multiply(n_new, n_past):
    """Shapes of DeepSeek-V2's attention in small primes; each product is counted from the arrays it multiplies."""
    n_heads, d_nope, d_rope, d_v, rank = 3, 5, 2, 7, 11
    mixer = MLA(13, n_heads, 0, rank, d_nope, d_rope, d_v)
    model = ModelSpec(
        "one", "one", Embedding(17, 13, 13, tied=False, norm_params=13), (Run(Layer(mixer, None, 13), 1),)
    )
    pairs = sum(n_past + new + 1 for new in range(n_new))

    def product(*shape: int) -> int:
        return 2 * int(np.prod(shape))

    rebuilt = product(n_past, rank, n_heads, d_nope + d_v)
    scores_and_sums = n_heads * pairs * (product(d_nope + d_rope) + product(d_v))
    in_the_latent = n_heads * pairs * (product(rank + d_rope) + product(rank))
    asked: dict[str, Any] = {"n_new": n_new, "n_past": n_past, "causal": True}
    assert ln.forward_flops(model, **asked, latent="expanded").attention == rebuilt + scores_and_sums
    assert ln.forward_flops(model, **asked, latent="absorbed").attention == in_the_latent
    assert ln.forward_flops(model, **asked).attention == min(rebuilt + scores_and_sums, in_the_latent)


@given(models)
def test_parameters_are_read_looked_up_or_routed(model):
    profile = cost_profile(model)
    counted = ln.count_params(model)
    assert equations.total_params(profile) == counted.total
    idle = sum(g.n_layers * g.expert_params * (g.n_experts - g.top_k) for g in profile.experts)
    assert counted.total - idle - tables_of(model) == counted.active


@given(models, st.integers(1, 70), length, st.sampled_from(["all", "last"]))
def test_a_whole_pass_is_the_sum_of_its_parts(model, n_new, n_past, logits):
    profile = cost_profile(model)
    n_logits = n_new if logits == "all" else 1
    for causal, cost in ((True, equations.causal_flops), (False, equations.full_flops)):
        reported = ln.forward_flops(model, n_new=n_new, n_past=n_past, causal=causal, logits=logits)
        assert cost(profile, n_new=n_new, n_past=n_past, n_logits=n_logits) == reported.total


@given(models, st.integers(2, 300))
def test_a_pass_reads_at_least_the_active_weights_and_at_most_all(model, n_tokens):
    profile = cost_profile(model)
    one, several, endless = (
        equations.read_weight_bytes(profile, n_tokens=n, weight_bits=8, expert_bits=8) for n in (1, n_tokens, 10**9)
    )
    again = sum(block.reread_params() for layer in model.layers for block in layer.blocks)
    looked_up = profile.lookup_params - tables_of(model)
    assert one == pytest.approx(ln.count_params(model).active + again - looked_up, rel=1e-9)
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
    assert max(len(group) for group in groups) <= 3
    assert len(profile.experts) <= 2
    assert len(profile.scans) <= 1
