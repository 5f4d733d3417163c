"""Multi-head latent attention: DeepSeek and its relatives."""

from collections.abc import Callable
from dataclasses import replace

from llmnotes.blocks.base import Block, Selection
from llmnotes.blocks.composite import NormGate, Parallel
from llmnotes.blocks.compressed import CompressedAttention, Compression, HyperConnection, IndependentHyperConnection
from llmnotes.blocks.feedforward import MixtureOfExperts
from llmnotes.blocks.latent import MLA, GatedQueryIndexedMLA, IndexedMLA
from llmnotes.config.experts import BY_TYPE, DEEPSEEK, FIRST_DENSE, Moe, first_dense
from llmnotes.config.keys import Keys
from llmnotes.config.reading import (
    Parts,
    Switch,
    context,
    decoder,
    ends,
    gated_mlp,
    layer,
    note_prediction_modules,
    plain_mlp,
    spec,
    stack,
)
from llmnotes.equations import params
from llmnotes.spec import Layer, ModelSpec


def mla(keys: Keys) -> MLA:
    """Latent attention from the usual keys."""
    keys.ignore("num_key_value_heads", "head_dim", "qk_head_dim")
    return MLA(
        d_model=keys.size("hidden_size"),
        n_heads=keys.size("num_attention_heads"),
        q_lora_rank=keys.count("q_lora_rank") if keys.stated("q_lora_rank") else 0,
        kv_lora_rank=keys.size("kv_lora_rank"),
        qk_nope_head_dim=keys.size("qk_nope_head_dim"),
        qk_rope_head_dim=keys.count("qk_rope_head_dim"),
        v_head_dim=keys.size("v_head_dim"),
        bias=keys.flag("attention_bias"),
    )


def latent(parts: Parts, ignore: str = "") -> Callable[[Keys], ModelSpec]:
    """A family of latent attention over these feed-forwards. Prediction modules behind the last layer are not part of
    the decoder."""

    def read(keys: Keys) -> ModelSpec:
        keys.ignore("mlp_bias", *ignore.split())
        note_prediction_modules(keys)
        mixer = mla(keys)
        return decoder(keys, [layer(keys, mixer, part) for part in parts(keys, keys.n_layers())])

    return read


def _dense(bias: Switch = False) -> Parts:
    return lambda keys, n_layers: [gated_mlp(keys, bias=bias)] * n_layers


def minicpm3(keys: Keys) -> ModelSpec:
    """MiniCPM3: latent attention over dense feed-forwards, everything scaled; values share the width evenly."""
    if not keys.has("v_head_dim"):
        n_heads = keys.size("num_attention_heads")
        share = keys.divides(n_heads, keys.size("hidden_size"), "hidden_size must be a multiple of num_attention_heads")
        keys.fill(v_head_dim=share)
    return latent(_dense("mlp_bias"), ignore="scale_emb scale_depth dim_model_base mup_denominator")(keys)


def axk1(keys: Keys) -> ModelSpec:
    """A.X K1: DeepSeek-V3's layers with one more norm behind the experts."""
    note_prediction_modules(keys)
    mixer = mla(keys)
    parts = FIRST_DENSE(keys, keys.n_layers())
    return decoder(
        keys, [layer(keys, mixer, part, n_norms=3 if isinstance(part, MixtureOfExperts) else 2) for part in parts]
    )


def indexed(keys: Keys, plain: MLA) -> IndexedMLA:
    """Latent attention over the tokens that an indexer picks."""
    # Read before the call: Brython evaluates what is named before what is unpacked.
    picked = vars(picking(keys, plain))
    return IndexedMLA(
        **picked,
        n_index_heads=keys.size("index_n_heads"),
        index_head_dim=keys.size("index_head_dim"),
    )


def picking(keys: Keys, plain: MLA) -> MLA:
    """Latent attention over the tokens that the indexer of an earlier layer picked."""
    return replace(plain, span=Selection(keys.size("index_topk")))


def deepseek_v32(keys: Keys) -> ModelSpec:
    """DeepSeek-V3.2: DeepSeek-V3 with an indexer in every layer."""
    keys.ignore("layer_types")
    return _indexed(keys, ("full",) * keys.n_layers())


def glm_moe_dsa(keys: Keys) -> ModelSpec:
    """GLM-5: an indexer in every layer; from 5.2 on some layers reuse the choice of the one before."""
    keys.ignore("indexer_rope_interleave", "index_share_for_mtp_iteration", "moe_router_dtype", "layer_types")
    shared = index_shared(keys, keys.n_layers())
    return _indexed(keys, tuple("shared" if one else "full" for one in shared))


def _indexed(keys: Keys, indexers: tuple[str, ...]) -> ModelSpec:
    note_prediction_modules(keys)
    keys.ignore("mlp_bias")
    plain = mla(keys)

    def mixer(kind: str) -> MLA:
        return indexed(keys, plain) if kind == "full" else picking(keys, plain)

    return decoder(keys, stack(keys, indexers, mixer, BY_TYPE(keys, len(indexers))))


def index_shared(keys: Keys, n_layers: int) -> tuple[bool, ...]:
    """Which layers take the choice of an earlier one: `indexer_types`, `index_topk_pattern` (`FSSF…`), or their rule,
    an indexer in every `index_topk_freq`-th layer after some at the start."""
    kinds = keys.words("indexer_types", n_layers, ("full", "shared"))
    letters, name = keys.raw("index_topk_pattern")
    if kinds is None and letters is not None:
        if not isinstance(letters, str) or len(letters) != n_layers or set(letters) - {"F", "S"}:
            raise keys.error(name, f"give F or S for each of the {n_layers} layers")
        kinds = tuple("full" if letter == "F" else "shared" for letter in letters)
    if kinds is not None:
        keys.ignore("index_topk_freq", "index_skip_topk_offset")
        return tuple(kind == "shared" for kind in kinds)
    every = keys.size("index_topk_freq") if keys.stated("index_topk_freq") else 1
    offset = keys.count("index_skip_topk_offset", default=2) if every > 1 else 0
    keys.ignore("index_skip_topk_offset")
    return tuple(max(index - offset + 1, 0) % every != 0 for index in range(n_layers))


def longcat_flash(keys: Keys) -> ModelSpec:
    """LongCat-Flash: each published layer is two, with experts beside the first; some experts compute nothing."""
    keys.ignore("mla_scale_q_lora", "mla_scale_kv_lora", "router_bias", "zero_expert_type", "attention_method")
    keys.expect("zero_expert_type", "identity")
    d_model, n_real = keys.size("hidden_size"), keys.size("num_experts")
    n_zero, top_k = keys.count("zero_expert_num", default=0), keys.size("num_experts_per_tok")
    if n_zero:
        keys.warnings.append(
            f"{n_zero} of {n_real + n_zero} experts compute nothing; active parameters and FLOPs are counted as if a "
            f"token never chose them (at most {top_k} real experts)"
        )
    expert = gated_mlp(keys, "expert_ffn_hidden_size")
    dense = gated_mlp(keys, "ffn_hidden_size")
    routed = MixtureOfExperts(d_model, n_real, min(top_k, n_real), expert, n_zero_experts=n_zero)
    mixer = mla(keys)
    pair = [layer(keys, mixer, Parallel((dense, routed))), layer(keys, mixer, dense)]
    return decoder(keys, pair * keys.n_layers())


SLIDING_ONLY, SPARSE, HEAVY = "sliding_attention", "compressed_sparse_attention", "heavily_compressed_attention"
RATIOS = {SLIDING_ONLY: 0, SPARSE: 4, HEAVY: 128}


def deepseek_v4(keys: Keys) -> ModelSpec:
    """DeepSeek-V4: a compressed past beside a window, parallel residual streams, experts throughout."""
    keys.ignore("hc_eps", "hc_sinkhorn_iters", "expert_dtype", "compress_rope_theta", "num_hash_layers")
    keys.ignore("mlp_layer_types", "num_key_value_heads", "index_n_heads", "index_head_dim", "index_topk")
    keys.ignore("compress_rates", "compress_ratios", "qk_rope_head_dim")
    note_prediction_modules(keys)
    d_model, n_streams = keys.size("hidden_size"), keys.size("hc_mult", default=4)
    routed = Moe(shared="moe_intermediate_size", bias="mlp_bias").routed(keys)  # one shared expert, whatever is said
    keys.ignore("n_shared_experts")
    norms = 2 * params.rms_norm_params(width=d_model)
    extras = (HyperConnection(d_model, n_streams),) * 2
    kinds = _v4_kinds(keys, keys.n_layers())
    mixers = {kind: _v4_attention(keys, kind) for kind in sorted(set(kinds))}
    layers = [Layer(mixers[kind], routed, norms, extras) for kind in kinds]
    return _on_streams(keys, layers, n_streams)


def _on_streams(keys: Keys, layers: list[Layer], n_streams: int) -> ModelSpec:
    """A decoder whose parallel residual streams become one behind the last layer."""
    d_model = keys.size("hidden_size")
    embedding = replace(
        ends(keys, d_model, tied=False, norm_params=params.rms_norm_params(width=d_model)),
        project_params=n_streams * n_streams * d_model,
        lookup_params=n_streams + 1,
    )
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
    if ratios is None:
        keys.assume("layer_types = two heavily compressed layers, then heavily and sparsely compressed ones in turn")
        return tuple(SPARSE if index > 1 and index % 2 else HEAVY for index in range(n_layers))
    if not isinstance(ratios, list | tuple) or len(ratios) < n_layers:
        raise keys.error(name, f"give 0, 4 or 128 for each of the {n_layers} layers")
    for ratio in ratios[:n_layers]:
        if isinstance(ratio, bool) or not isinstance(ratio, int) or ratio not in names:
            raise keys.error(name, "only 0, 4 and 128 are understood")
    return tuple(names[ratio] for ratio in ratios[:n_layers])


def hy_v4(keys: Keys) -> ModelSpec:
    """Hunyuan 4: latent attention over picked tokens, gated and with sinks, on parallel residual streams."""
    keys.ignore("hc_eps", "hc_magnitude", "learnable_sink_init", "layer_types", "index_topk_freq")
    note_prediction_modules(keys)
    n_layers, d_model = keys.n_layers(), keys.size("hidden_size")
    n_streams = keys.size("hc_mult", default=4)
    plain = mla(keys)
    plain = replace(plain, gate_width=plain.n_heads * plain.v_head_dim, scalar_params=plain.n_heads)
    mixers: dict[str, Block] = {"full": indexed(keys, plain), "shared": picking(keys, plain)}
    kinds = keys.words("indexer_types", n_layers, ("full", "shared"))
    if kinds is None:
        keys.assume("indexer_types = [full, full, 3 × shared, full, …] (the family's default)")
        kinds = tuple("full" if index == 0 or index % 4 == 1 else "shared" for index in range(n_layers))
    streams = (IndependentHyperConnection(d_model, n_streams),) * 2
    norms = 2 * params.rms_norm_params(width=d_model)
    parts = FIRST_DENSE(keys, n_layers)
    layers = [Layer(mixers[kind], part, norms, streams) for kind, part in zip(kinds, parts, strict=True)]
    return _on_streams(keys, layers, n_streams)


def axk2(keys: Keys) -> ModelSpec:
    """A.X K2: DeepSeek-V3.2's layers with an output gate and gated norms."""
    keys.ignore("layer_types", "mlp_bias")
    note_prediction_modules(keys)
    mixer = GatedQueryIndexedMLA(**vars(indexed(keys, mla(keys))))
    gate = NormGate(mixer.d_model, keys.size("gated_norm_rank", default=16), mixer.d_model)
    return decoder(
        keys,
        [
            replace(layer(keys, mixer, part), extras=(gate, gate) if isinstance(part, MixtureOfExperts) else (gate,))
            for part in FIRST_DENSE(keys, keys.n_layers())
        ],
    )


def deepseek_v2(keys: Keys) -> ModelSpec:
    """DeepSeek-V2; small siblings switch latent attention off and are DeepSeek 1's layers (DeepSeek-OCR, VL2-Tiny)."""
    if keys.has("use_mla") and not keys.flag("use_mla"):
        from llmnotes.config.mixtures.rows import FAMILIES as OTHERS

        keys.ignore("kv_lora_rank", "q_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim", "lm_head")
        keys.ignore("rm_head", "mlp_bias")
        return OTHERS["deepseek"](keys)
    keys.ignore("lm_head", "rm_head")
    return latent(Moe(shared="n_shared_experts", bias="mlp_bias", sparse=first_dense))(keys)


FAMILIES: dict[str, Callable[[Keys], ModelSpec]] = {
    "axk1": axk1,
    "axk2": axk2,
    "deepseek_v2": deepseek_v2,
    "deepseek_v3": latent(DEEPSEEK),
    "deepseek_v32": deepseek_v32,
    "deepseek_v4": deepseek_v4,
    "glm4_moe_lite": latent(FIRST_DENSE),
    "glm_moe_dsa": glm_moe_dsa,
    "hy_v4": hy_v4,
    "longcat_flash": longcat_flash,
    "minicpm3": minicpm3,
    "mistral4": latent(DEEPSEEK, ignore="output_router_logits"),
    "plm": latent(lambda keys, n_layers: [plain_mlp(keys)] * n_layers),
    "youtu": latent(_dense()),
}
