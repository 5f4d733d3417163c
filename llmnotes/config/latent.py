"""DeepSeek and its relatives: latent attention over a mixture of experts."""

from dataclasses import fields
from typing import Any

from llmnotes.blocks.base import Selection
from llmnotes.blocks.composite import Parallel
from llmnotes.blocks.compressed import CompressedAttention, Compression, HyperConnection
from llmnotes.blocks.feedforward import MixtureOfExperts
from llmnotes.blocks.latent import MLA, IndexedMLA
from llmnotes.config.common import context, decoder, gated_mlp, layer, note_prediction_modules, spec
from llmnotes.config.experts import deepseek_kind_experts, dense_first, mlp_kinds
from llmnotes.config.keys import Keys
from llmnotes.equations import params
from llmnotes.spec import Embedding, Layer, ModelSpec


def deepseek_v2(keys: Keys) -> ModelSpec:
    """DeepSeek-V2: latent attention, shared and routed experts, the first layer dense."""
    mixer = latent_attention(keys)
    keys.ignore("mlp_bias")
    parts = dense_first(keys, keys.n_layers(), deepseek_kind_experts(keys))
    return decoder(keys, [layer(keys, mixer, part) for part in parts])


def deepseek_v3(keys: Keys) -> ModelSpec:
    """DeepSeek-V3 and R1. The prediction module behind the last layer is not part of the decoder."""
    note_prediction_modules(keys, "num_nextn_predict_layers")
    return deepseek_v2(keys)


def kimi_k2(keys: Keys) -> ModelSpec:
    """Kimi K2: DeepSeek-V3's code under another name."""
    return deepseek_v3(keys)


def axk1(keys: Keys) -> ModelSpec:
    """A.X K1: DeepSeek-V3's layers with one more norm behind the experts."""
    note_prediction_modules(keys, "num_nextn_predict_layers")
    mixer, routed = latent_attention(keys), deepseek_kind_experts(keys)
    parts = mlp_kinds(keys, keys.n_layers(), routed, n_dense=1)
    return decoder(keys, [layer(keys, mixer, part, n_norms=3 if part == routed else 2) for part in parts])


def glm4_moe_lite(keys: Keys) -> ModelSpec:
    """GLM-4.7-Flash: DeepSeek-V3's layers, dense ones named one by one."""
    note_prediction_modules(keys, "num_nextn_predict_layers")
    mixer = latent_attention(keys)
    parts = mlp_kinds(keys, keys.n_layers(), deepseek_kind_experts(keys), n_dense=1)
    return decoder(keys, [layer(keys, mixer, part) for part in parts])


def youtu(keys: Keys) -> ModelSpec:
    """Youtu-LLM: latent attention over dense feed-forwards."""
    mixer, feed_forward = latent_attention(keys), gated_mlp(keys)
    return decoder(keys, [layer(keys, mixer, feed_forward)] * keys.n_layers(), tied=True)


def minicpm3(keys: Keys) -> ModelSpec:
    """MiniCPM3: latent attention over dense feed-forwards, everything scaled."""
    keys.ignore("scale_emb", "scale_depth", "dim_model_base", "mup_denominator")
    return youtu(keys)


def latent_attention(keys: Keys) -> MLA:
    """Latent attention from the usual keys."""
    keys.ignore("num_key_value_heads", "head_dim", "qk_head_dim")
    return MLA(
        d_model=keys.size("hidden_size"),
        n_heads=keys.size("num_attention_heads"),
        q_lora_rank=keys.count("q_lora_rank") if keys.stated("q_lora_rank") else 0,
        kv_lora_rank=keys.size("kv_lora_rank"),
        qk_nope_head_dim=keys.size("qk_nope_head_dim"),
        qk_rope_head_dim=keys.size("qk_rope_head_dim"),
        v_head_dim=keys.size("v_head_dim"),
        bias=keys.flag("attention_bias", default=False),
    )


def deepseek_v32(keys: Keys) -> ModelSpec:
    """DeepSeek-V3.2: DeepSeek-V3 with an indexer in every layer."""
    return _indexed(keys, ("full",) * keys.n_layers())


def glm_moe_dsa(keys: Keys) -> ModelSpec:
    """GLM-5: an indexer in every layer; from 5.2 on some layers reuse the choice of the one before."""
    keys.ignore("indexer_rope_interleave", "index_share_for_mtp_iteration", "moe_router_dtype", "layer_types")
    return _indexed(keys, _indexer_kinds(keys, keys.n_layers()))


def _indexed(keys: Keys, indexers: tuple[str, ...]) -> ModelSpec:
    note_prediction_modules(keys, "num_nextn_predict_layers")
    keys.ignore("mlp_bias")
    plain = latent_attention(keys)
    shape: dict[str, Any] = {field.name: getattr(plain, field.name) for field in fields(plain)}
    shape["span"] = Selection(keys.size("index_topk"))
    mixers = {
        "shared": MLA(**shape),
        "full": IndexedMLA(
            **shape, n_index_heads=keys.size("index_n_heads"), index_head_dim=keys.size("index_head_dim")
        ),
    }
    parts = mlp_kinds(keys, len(indexers), deepseek_kind_experts(keys))
    return decoder(keys, [layer(keys, mixers[kind], part) for kind, part in zip(indexers, parts, strict=True)])


def _indexer_kinds(keys: Keys, n_layers: int) -> tuple[str, ...]:
    """`indexer_types`, or its rule: an indexer in every `index_topk_freq`-th layer after some at the start."""
    keys.expect("index_topk_pattern")
    kinds = keys.words("indexer_types", n_layers, ("full", "shared"))
    if kinds is not None:
        keys.ignore("index_topk_freq", "index_skip_topk_offset")
        return kinds
    every = keys.size("index_topk_freq") if keys.stated("index_topk_freq") else 1
    offset = keys.count("index_skip_topk_offset", default=2) if every > 1 else 0
    keys.ignore("index_skip_topk_offset")
    return tuple("shared" if max(index - offset + 1, 0) % every else "full" for index in range(n_layers))


def longcat_flash(keys: Keys) -> ModelSpec:
    """LongCat-Flash: each published layer is two, with experts beside the first; some experts compute nothing."""
    keys.ignore("mla_scale_q_lora", "mla_scale_kv_lora", "router_bias", "zero_expert_type", "attention_method")
    keys.expect("zero_expert_type", "identity")
    keys.restate(intermediate_size=keys.size("ffn_hidden_size"))
    d_model = keys.size("hidden_size")
    n_real = keys.size("num_experts")
    n_zero = keys.count("zero_expert_num", default=0)
    top_k = keys.size("num_experts_per_tok")
    expert = gated_mlp(keys, "expert_ffn_hidden_size")
    if n_zero:
        keys.warnings.append(
            f"{n_zero} of {n_real + n_zero} experts compute nothing; active parameters and FLOPs are counted as if a "
            f"token never chose them (at most {top_k} real experts)"
        )
    mixer, dense = latent_attention(keys), gated_mlp(keys)
    routed = MixtureOfExperts(d_model, n_real, min(top_k, n_real), expert, n_zero_experts=n_zero)
    pair = [layer(keys, mixer, Parallel((dense, routed))), layer(keys, mixer, dense)]
    return decoder(keys, pair * keys.n_layers("num_hidden_layers"))


SLIDING_ONLY, SPARSE, HEAVY = "sliding_attention", "compressed_sparse_attention", "heavily_compressed_attention"
RATIOS = {SLIDING_ONLY: 0, SPARSE: 4, HEAVY: 128}


def deepseek_v4(keys: Keys) -> ModelSpec:
    """DeepSeek-V4: a compressed past beside a window, parallel residual streams, experts throughout."""
    keys.ignore("hc_eps", "hc_sinkhorn_iters", "expert_dtype", "compress_rope_theta", "num_hash_layers")
    keys.ignore("mlp_layer_types", "num_key_value_heads", "index_n_heads", "index_head_dim", "index_topk")
    keys.ignore("compress_rates", "compress_ratios", "qk_rope_head_dim")
    note_prediction_modules(keys, "num_nextn_predict_layers")
    d_model, n_streams = keys.size("hidden_size"), keys.size("hc_mult", default=4)
    parts = deepseek_kind_experts(keys)
    norms = 2 * params.rms_norm_params(width=d_model)
    extras = (HyperConnection(d_model, n_streams), HyperConnection(d_model, n_streams))
    kinds = _v4_kinds(keys, keys.n_layers())
    mixers = {kind: _v4_attention(keys, kind) for kind in sorted(set(kinds))}
    embedding = Embedding(
        vocab_size=keys.size("vocab_size"),
        d_model=d_model,
        d_embed=d_model,
        tied=keys.flag("tie_word_embeddings", default=False),
        norm_params=params.rms_norm_params(width=d_model),
        project_params=n_streams * n_streams * d_model,
        lookup_params=n_streams + 1,
    )
    layers = [Layer(mixers[kind], parts, norms, extras) for kind in kinds]
    return spec(keys, embedding=embedding, layers=layers, n_ctx=context(keys))


def _v4_attention(keys: Keys, kind: str) -> CompressedAttention:
    compression = None
    if kind == SPARSE:
        compression = Compression(
            stride=_v4_stride(keys, SPARSE),
            series=2,
            top_k=keys.size("index_topk"),
            n_index_heads=keys.size("index_n_heads"),
            index_head_dim=keys.size("index_head_dim"),
        )
    elif kind == HEAVY:
        compression = Compression(stride=_v4_stride(keys, HEAVY))
    n_heads, head_dim, groups = keys.size("num_attention_heads"), keys.size("head_dim"), keys.size("o_groups")
    keys.divides(groups, n_heads * head_dim, "num_attention_heads * head_dim must be a multiple of o_groups")
    return CompressedAttention(
        d_model=keys.size("hidden_size"),
        n_heads=n_heads,
        head_dim=head_dim,
        q_lora_rank=keys.size("q_lora_rank"),
        o_lora_rank=keys.size("o_lora_rank"),
        o_groups=groups,
        window=keys.size("sliding_window"),
        compression=compression,
    )


def _v4_stride(keys: Keys, kind: str) -> int:
    """Tokens of one entry: `compress_rates`, or what `compress_ratios` names the kind by."""
    rates = keys.inside("compress_rates")
    if rates.has(kind):
        return rates.size(kind)
    stride = RATIOS[kind]
    if not keys.has("compress_ratios"):
        keys.assume(f"compress_rates: {kind} = {stride} (the family's default)")
    return stride


def _v4_kinds(keys: Keys, n_layers: int) -> tuple[str, ...]:
    """`layer_types`, or `compress_ratios` (0, 4 or 128 for each layer; those of prediction modules may follow)."""
    kinds = keys.words("layer_types", n_layers, (SLIDING_ONLY, SPARSE, HEAVY))
    ratios, name = keys.raw("compress_ratios")
    if kinds is not None:
        return kinds
    names = {ratio: kind for kind, ratio in RATIOS.items()}
    if not isinstance(ratios, list | tuple) or len(ratios) < n_layers:
        raise keys.error(name, f"give 0, 4 or 128 for each of the {n_layers} layers")
    for ratio in ratios[:n_layers]:
        if isinstance(ratio, bool) or not isinstance(ratio, int) or ratio not in names:
            raise keys.error(name, "only 0, 4 and 128 are understood")
    return tuple(names[ratio] for ratio in ratios[:n_layers])
