"""Families of 2026 made of parts that older ones have: windows, sinks, latents and experts in new company."""

from dataclasses import replace

from llmnotes.blocks.attention import BiasedGateAttention
from llmnotes.blocks.base import Selection
from llmnotes.blocks.composite import NormGate
from llmnotes.blocks.compressed import IndependentHyperConnection
from llmnotes.blocks.feedforward import MixtureOfExperts
from llmnotes.blocks.latent import GatedQueryIndexedMLA, IndexedMLA
from llmnotes.blocks.recurrent import FullGateKimiDeltaAttention, ShortConvolution
from llmnotes.config.common import (
    FULL,
    SLIDING,
    attention,
    context,
    decoder,
    ends,
    every,
    family_pattern,
    gated_mlp,
    layer,
    note_prediction_modules,
    spaced_pattern,
    span_of,
    spec,
)
from llmnotes.config.experts import counted_shared_experts, deepseek_kind_experts, experts, mlp_kinds, sparse_layers
from llmnotes.config.hybrid import LINEAR
from llmnotes.config.keys import Keys
from llmnotes.config.latent import deepseek_v3, latent_attention
from llmnotes.equations import params
from llmnotes.spec import Layer, ModelSpec

CONV = "conv"


def hyperclovax(keys: Keys) -> ModelSpec:
    """HyperCLOVA X Think: a Granite with a norm behind each part as well, unless switched off."""
    bias = keys.flag("attention_bias", default=False)
    n_norms = 4 if keys.flag("use_post_norm", default=True) else 2
    mixer = attention(keys, qkv_bias=bias, out_bias=bias)
    part = gated_mlp(keys, bias=keys.flag("mlp_bias", default=False))
    return decoder(keys, [layer(keys, mixer, part, n_norms=n_norms)] * keys.n_layers())


def kolibri1(keys: Keys) -> ModelSpec:
    """Kolibri 1: four norms a layer, windows in four layers of five, experts beside a shared one throughout."""
    n_layers = keys.n_layers()
    shared = gated_mlp(keys, "shared_expert_intermediate_size")
    part = experts(keys, "num_experts", expert=gated_mlp(keys, "moe_intermediate_size"), shared=shared)
    kinds = family_pattern(keys, n_layers, every(n_layers, 5, FULL, SLIDING))
    keys.ignore("sliding_window")
    return decoder(
        keys,
        [layer(keys, attention(keys, qk_norm="head", span=span_of(keys, kind)), part, n_norms=4) for kind in kinds],
    )


def flint(keys: Keys) -> ModelSpec:
    """Flint: a Qwen3 with experts, attention sinks, windows in most layers and one shared expert without a gate."""
    n_layers = keys.n_layers()
    keys.fill(mlp_only_layers=[0, 1][:n_layers])
    keys.ignore("sliding_window")
    bias = keys.flag("attention_bias", default=False)
    shared = gated_mlp(keys, "shared_expert_intermediate_size")
    routed = experts(keys, "num_experts", expert=gated_mlp(keys, "moe_intermediate_size"), shared=shared)
    last = n_layers - 1
    default = tuple(FULL if index in (0, last) or index % 4 == 1 else SLIDING for index in range(n_layers))
    layers = []
    for kind, part in zip(family_pattern(keys, n_layers, default), sparse_layers(keys, n_layers, routed), strict=True):
        mixer = attention(
            keys,
            qkv_bias=bias,
            out_bias=bias,
            qk_norm="head",
            sinks=True,
            span=span_of(keys, kind),
        )
        layers.append(layer(keys, mixer, part))
    return decoder(keys, layers)


def granitemoe_swa(keys: Keys) -> ModelSpec:
    """Granite with experts, windows in three layers of four, attention sinks; a shared expert if it has a width."""
    n_layers = keys.n_layers()
    keys.ignore("layer_rope_theta", "sliding_window", "shared_intermediate_size")
    bias = keys.flag("attention_bias", default=False)
    d_shared = keys.count("shared_intermediate_size", default=0)
    shared = gated_mlp(keys, "shared_intermediate_size") if d_shared else None
    part: MixtureOfExperts = experts(keys, "num_experts", expert=gated_mlp(keys), shared=shared)
    default = tuple(SLIDING if index % 4 else FULL for index in range(n_layers))
    layers = [
        layer(keys, attention(keys, qkv_bias=bias, out_bias=bias, sinks=True, span=span_of(keys, kind)), part)
        for kind in family_pattern(keys, n_layers, default)
    ]
    return decoder(keys, layers)


def mistral4(keys: Keys) -> ModelSpec:
    """Mistral Small 4: DeepSeek-V3's layers, all of them sparse unless the configuration says."""
    keys.fill(first_k_dense_replace=0)
    keys.ignore("output_router_logits")
    return deepseek_v3(keys)


def lfm3(keys: Keys) -> ModelSpec:
    """LFM3: gated short convolutions, windows and full attention in turn; a gate for each head, norms on both sides."""
    n_layers = keys.n_layers()
    keys.ignore("sliding_window")
    bias = keys.flag("attention_bias", default=False)
    gated = keys.flag("use_attention_gate", default=True)
    n_norms = 4 if keys.flag("use_sandwich_norm", default=True) else 2
    recurrent = ShortConvolution(
        keys.size("hidden_size"), keys.size("conv_L_cache", default=7), keys.flag("conv_bias", default=False)
    )
    rule = {2: FULL, 0: SLIDING}
    default = tuple(rule.get(index % 4, CONV) if index else CONV for index in range(n_layers))
    keys.fill(sliding_window=256)
    layers = []
    for kind in family_pattern(keys, n_layers, default, (FULL, SLIDING, CONV)):
        plain = attention(keys, qkv_bias=bias, out_bias=bias, qk_norm="head", span=span_of(keys, kind))
        attending = replace(plain, gate_width=plain.n_heads if gated else 0)
        layers.append(layer(keys, recurrent if kind == CONV else attending, gated_mlp(keys), n_norms=n_norms))
    return decoder(keys, layers, tied=True)


def bailing_hybrid(keys: Keys) -> ModelSpec:
    """Ling 3: layers of Kimi Delta Attention with full gates, then one of latent attention; experts behind."""
    keys.ignore("kda_safe_gate", "kda_lower_bound", "mtp_loss_scaling_factor", "moe_renormalize", "num_expert_group")
    keys.ignore("linear_attn_norm_type", "max_position_embeddings", "use_qk_norm", "q_lora_rank", "score_function")
    n_layers, d_model = keys.n_layers(), keys.size("hidden_size")
    note_prediction_modules(keys, "num_nextn_predict_layers")
    note_prediction_modules(keys, "num_nextn_predict_layers")
    recurrent = FullGateKimiDeltaAttention(
        d_model,
        n_heads=keys.size("num_attention_heads"),
        head_dim=keys.size("head_dim", default=128),
        conv_kernel=keys.size("short_conv_kernel_size", default=4),
    )
    keys.expect("q_lora_rank")
    plain = latent_attention(keys)
    attending = replace(plain, gate_width=plain.n_heads)
    kinds = spaced_pattern(keys, n_layers, "layer_group_size", 6, FULL, LINEAR)
    parts = mlp_kinds(keys, n_layers, counted_shared_experts(keys), n_dense=2)
    layers = [
        layer(keys, attending if kind == FULL else recurrent, part) for kind, part in zip(kinds, parts, strict=True)
    ]
    return decoder(keys, layers)


def hy_v4(keys: Keys) -> ModelSpec:
    """Hunyuan 4: latent attention over picked tokens, gated and with sinks, on parallel residual streams."""
    keys.ignore("hc_eps", "hc_magnitude", "learnable_sink_init", "layer_types", "index_topk_freq")
    note_prediction_modules(keys, "num_nextn_predict_layers")
    n_layers, d_model = keys.n_layers(), keys.size("hidden_size")
    n_streams = keys.size("hc_mult", default=4)
    latent = latent_attention(keys)
    plain = replace(
        latent,
        span=Selection(keys.size("index_topk")),
        gate_width=latent.n_heads * latent.v_head_dim,
        sink_params=latent.n_heads,
    )
    indexed = IndexedMLA(
        **vars(plain), n_index_heads=keys.size("index_n_heads"), index_head_dim=keys.size("index_head_dim")
    )
    kinds = keys.words("indexer_types", n_layers, ("full", "shared"))
    if kinds is None:
        keys.assume("indexer_types = [full, full, 3 × shared, full, …] (the family's default)")
        kinds = tuple("full" if index == 0 or index % 4 == 1 else "shared" for index in range(n_layers))
    streams = IndependentHyperConnection(d_model, n_streams)
    norm = params.rms_norm_params(width=d_model)
    layers = [
        Layer(indexed if kind == "full" else plain, part, 2 * norm, (streams, streams))
        for kind, part in zip(kinds, mlp_kinds(keys, n_layers, deepseek_kind_experts(keys), n_dense=1), strict=True)
    ]
    embedding = replace(
        ends(keys, d_model, tied=False, norm_params=norm),
        project_params=n_streams * n_streams * d_model,
        lookup_params=n_streams + 1,
    )
    return spec(keys, embedding=embedding, layers=layers, n_ctx=context(keys))


def axk2(keys: Keys) -> ModelSpec:
    """A.X K2: DeepSeek-V3.2's layers with an output gate and gated norms."""
    keys.ignore("layer_types", "mlp_bias")
    note_prediction_modules(keys, "num_nextn_predict_layers")
    plain = replace(latent_attention(keys), span=Selection(keys.size("index_topk")))
    mixer = GatedQueryIndexedMLA(
        **vars(plain), n_index_heads=keys.size("index_n_heads"), index_head_dim=keys.size("index_head_dim")
    )
    gate = NormGate(plain.d_model, keys.size("gated_norm_rank", default=16), plain.d_model)
    routed = deepseek_kind_experts(keys)
    layers = [
        replace(layer(keys, mixer, part), extras=(gate, gate) if part == routed else (gate,))
        for part in mlp_kinds(keys, keys.n_layers(), routed, n_dense=1)
    ]
    return decoder(keys, layers)


def beam(keys: Keys) -> ModelSpec:
    """Beam: gated attention with norms on queries and keys, windows in five layers of six, four norms a layer."""
    keys.ignore("rope_parameters", "decoder_sparse_step", "mlp_only_layers", "use_sliding_window", "max_window_layers")
    keys.fill(sliding_window=512)
    n_layers = keys.n_layers()
    bias = keys.flag("attention_bias", default=False)
    default = (*every(n_layers - 1, 6, FULL, SLIDING), FULL)
    routed = experts(keys, "num_experts", expert=gated_mlp(keys, "moe_intermediate_size"))
    layers = []
    for kind, part in zip(
        family_pattern(keys, n_layers, default), mlp_kinds(keys, n_layers, routed, n_dense=3), strict=True
    ):
        plain = attention(
            keys,
            qkv_bias=bias,
            out_bias=bias,
            qk_norm="head",
            gated=True,
            span=span_of(keys, kind),
        )
        layers.append(layer(keys, BiasedGateAttention(**vars(plain)), part, n_norms=4))
    return decoder(keys, layers)
