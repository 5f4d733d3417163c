"""Recurrent decoders and hybrids of them: state-space layers (Mamba), RWKV, xLSTM."""

from collections.abc import Callable
from dataclasses import replace

from llmnotes.blocks.attention import WideInputAttention
from llmnotes.blocks.base import Block
from llmnotes.blocks.composite import AttentionAdapter, MLPAdapter, Parallel, Projection, SharedWeights
from llmnotes.blocks.feedforward import GatedMLP, LatentMixtureOfExperts, MixtureOfExperts, PlainMLP
from llmnotes.blocks.lstm import MLSTM
from llmnotes.blocks.rwkv import ChannelMix, TimeMix
from llmnotes.blocks.statespace import Mamba, Mamba2
from llmnotes.config.experts import Moe, check_top_k
from llmnotes.config.keys import ConfigError, Keys
from llmnotes.config.reading import (
    FULL,
    attention,
    context,
    decoder,
    ends,
    gated_mlp,
    layer,
    note_prediction_modules,
    spec,
    stack,
)
from llmnotes.equations import params
from llmnotes.spec import Layer, ModelSpec

LINEAR, MAMBA, HYBRID = "linear_attention", "mamba", "hybrid"
TIME_STEPS = ("time_step_floor", "time_step_init_scheme", "time_step_limit", "time_step_max", "time_step_min")
_NUMERICS = ("rescale_prenorm_residual", "residual_in_fp32", "time_step_scale", "use_associative_scan", "use_mambapy")


def mamba(keys: Keys) -> ModelSpec:
    """Mamba 1: nothing but mixers, one norm each."""
    keys.ignore(*TIME_STEPS, *_NUMERICS, "mixer_rms_eps", "d_inner", "ssm_cfg", "fused_add_norm", "rms_norm")
    d_model = keys.size("hidden_size")
    expand = keys.size("expand", default=2)
    rank = keys.raw("time_step_rank")[0] if keys.stated("time_step_rank") else "auto"
    d_inner = keys.size("intermediate_size", default=expand * d_model, why="expand times hidden_size")
    mixer = Mamba(
        d_model=d_model,
        d_inner=d_inner,
        d_state=keys.size("state_size", default=16),
        dt_rank=(d_model + 15) // 16 if rank == "auto" else keys.size("time_step_rank"),
        conv_kernel=keys.size("conv_kernel", default=4),
        bias=keys.flag("use_bias"),
        conv_bias=keys.flag("use_conv_bias", default=True),
    )
    one = layer(keys, mixer, None, n_norms=1)
    return decoder(keys, [one] * keys.n_layers(), tied=True)


def mamba2(keys: Keys) -> ModelSpec:
    """Mamba 2: nothing but mixers, one norm each."""
    keys.ignore(*TIME_STEPS, *_NUMERICS, "time_step_rank", "rms_norm", "norm_before_gate")
    d_model = keys.size("hidden_size")
    d_inner = keys.size("expand", default=2) * d_model
    n_heads, head_dim = keys.size("num_attention_heads", default=128), keys.size("head_dim", default=64)
    bias = keys.flag("use_bias")
    if n_heads * head_dim != d_inner:
        raise ConfigError(
            f"{keys.name}: num_heads * head_dim is {n_heads * head_dim}, expand * hidden_size is {d_inner}; "
            "make them equal"
        )
    mixer = Mamba2(
        d_model=d_model,
        n_heads=n_heads,
        head_dim=head_dim,
        n_groups=keys.size("n_groups", default=8),
        d_state=keys.size("state_size", default=128),
        conv_kernel=keys.size("conv_kernel", default=4),
        chunk=keys.size("chunk_size", default=256),
        in_bias=bias,
        out_bias=bias,
        conv_bias=keys.flag("use_conv_bias", default=True),
    )
    return decoder(keys, [layer(keys, mixer, None, n_norms=1)] * keys.n_layers())


def _attending(keys: Keys, recurrent: Mamba | Mamba2, *, bias: bool = False) -> Callable[[str], Block]:
    """What mixes tokens in the layers of a kind: attention, or the recurrent block."""
    return lambda kind: attention(keys, qkv_bias=bias, out_bias=bias) if kind == FULL else recurrent


def bamba(keys: Keys) -> ModelSpec:
    """Bamba: Mamba-2 layers, attention where `attn_layer_indices` says, dense feed-forwards throughout."""
    keys.ignore("num_attention_heads", "num_key_value_heads", "layer_types", "layers_block_type", *TIME_STEPS)
    keys.ignore("num_logits_to_keep", "z_loss_coefficient", "attn_rotary_emb", "use_mamba_kernels")
    n_layers = keys.n_layers()
    listed = keys.indices("attn_layer_indices", n_layers) if keys.stated("attn_layer_indices") else ()
    kinds = [FULL if index in listed else MAMBA for index in range(n_layers)]
    mixers = _attending(keys, _mamba2(keys), bias=keys.flag("attention_bias"))
    return decoder(keys, stack(keys, kinds, mixers, [gated_mlp(keys, bias="mlp_bias")] * n_layers))


def granitemoehybrid(keys: Keys) -> ModelSpec:
    """Granite 4: Mamba-2 layers with some attention; experts and a shared one, or the shared one alone."""
    keys.ignore("num_attention_heads", "num_key_value_heads", *TIME_STEPS)
    keys.ignore("position_embedding_type", "init_method", "rms_norm_function", "normalization_function")
    n_layers = keys.n_layers()
    keys.ignore("num_experts", "num_experts_per_tok", "intermediate_size")
    d_shared = keys.count("shared_intermediate_size")
    shared = GatedMLP(keys.size("hidden_size"), d_shared) if d_shared else None
    feed_forward = MixtureOfExperts(shared.d_model, 0, 0, expert=shared, shared=shared) if shared else None
    if keys.stated("num_experts") and keys.count("num_experts"):
        feed_forward = Moe(width="intermediate_size", shared="shared_intermediate_size").routed(keys)
    kinds = block_kinds(keys, n_layers, "layer_types", "layers_block_type")
    if not kinds:
        keys.assume("layer_types = linear_attention in every layer (the family's default)")
        kinds = (MAMBA,) * n_layers
    keys.ignore(*(name for name in keys.config if isinstance(name, str) and name.startswith("mamba_")))
    bias = keys.flag("attention_bias")

    def mixer(kind: str) -> Block:
        return attention(keys, qkv_bias=bias, out_bias=bias) if kind == FULL else _mamba2(keys)

    return decoder(keys, stack(keys, kinds, mixer, [feed_forward] * n_layers))


def falcon_h1(keys: Keys) -> ModelSpec:
    """Falcon-H1: Mamba-2 and attention side by side in every layer."""
    keys.ignore("attention_in_multiplier", "attention_out_multiplier", "attn_layer_indices", "embedding_multiplier")
    keys.ignore("key_multiplier", "lm_head_multiplier", "mlp_multipliers", "mamba_use_mlp", "mamba_norm_before_gate")
    keys.ignore(
        "ssm_in_multiplier", "ssm_multipliers", "ssm_out_multiplier", "num_logits_to_keep", "mlp_expansion_factor"
    )
    keys.ignore(
        "mamba_expand", "time_step_rank", "time_step_floor", "time_step_limit", "time_step_max", "time_step_min"
    )
    d_model = keys.size("hidden_size")
    n_heads = keys.size("mamba_n_heads", default=128)
    expand = keys.size("mamba_expand", default=2)
    d_inner = keys.size("mamba_d_ssm", default=expand * d_model, why="mamba_expand times hidden_size")
    keys.ignore("mamba_d_head")
    bias = keys.flag("attention_bias")
    recurrent = Mamba2(
        d_model=d_model,
        n_heads=n_heads,
        head_dim=keys.divides(n_heads, d_inner, "mamba_d_ssm must be a multiple of mamba_n_heads"),
        n_groups=keys.size("mamba_n_groups", default=1),
        d_state=keys.size("mamba_d_state", default=256),
        conv_kernel=keys.size("mamba_d_conv", default=4),
        chunk=keys.size("mamba_chunk_size", default=256),
        in_bias=keys.flag("mamba_proj_bias"),
        out_bias=keys.flag("projectors_bias"),
        conv_bias=keys.flag("mamba_conv_bias", default=True),
        normed=keys.flag("mamba_rms_norm"),
    )
    mixer = Parallel((attention(keys, qkv_bias=bias, out_bias=bias), recurrent))
    one = layer(keys, mixer, gated_mlp(keys, bias=keys.flag("mlp_bias")))
    return decoder(keys, [one] * keys.n_layers())


def jamba(keys: Keys) -> ModelSpec:
    """Jamba: Mamba-1 layers, attention in one of eight, experts in every other."""
    keys.ignore("use_mamba_kernels", "num_logits_to_keep", *_NUMERICS)
    n_layers = keys.n_layers()
    plain = mamba1(keys)
    norms = params.rms_norm_params(width=plain.dt_rank) + 2 * params.rms_norm_params(width=plain.d_state)
    attending = _periodic(keys, "attn_layer", period=8, offset=4)
    sparse = _periodic(keys, "expert_layer", period=2, offset=1)
    many = keys.size("num_experts", default=16) > 1
    keys.ignore("num_experts_per_tok")
    moe = Moe(width="intermediate_size", sparse=lambda _keys, n: tuple(many and sparse(index) for index in range(n)))
    kinds = [FULL if attending(index) else MAMBA for index in range(n_layers)]
    mixers = _attending(keys, replace(plain, norm_params=norms))
    return decoder(keys, stack(keys, kinds, mixers, moe(keys, n_layers)))


def mamba1(keys: Keys) -> Mamba:
    """Mamba-1 from the keys of Jamba and Zamba."""
    d_model = keys.size("hidden_size")
    rank, _ = keys.raw("mamba_dt_rank")
    return Mamba(
        d_model=d_model,
        d_inner=keys.size("mamba_expand", default=2) * d_model,
        d_state=keys.size("mamba_d_state", default=16),
        dt_rank=(d_model + 15) // 16 if rank == "auto" else keys.size("mamba_dt_rank"),
        conv_kernel=keys.size("mamba_d_conv", default=4),
        bias=keys.flag("mamba_proj_bias"),
        conv_bias=keys.flag("mamba_conv_bias", default=True),
    )


def nemotron_h(keys: Keys) -> ModelSpec:
    """Nemotron-H and Nemotron 3: each layer is one part only, spelt out letter by letter."""
    keys.ignore(*TIME_STEPS, *_NUMERICS, "num_logits_to_keep", "use_mamba_kernels", "mamba_hidden_act", "expand")
    keys.ignore("mamba_ssm_cache_dtype", "moe_shared_expert_overlap", "mtp_layers_block_type", "attention_head_dim")
    keys.ignore("mtp_hybrid_override_pattern", "sliding_window", "mamba_expand", "mamba_dt_init", "mamba_dt_limit")
    keys.ignore("rope_theta", "moe_latent_size", "keep_mtp", "time_step_rank", "mlp_bias", "intermediate_size")
    n_layers = keys.n_layers() if keys.has("num_hidden_layers") else None
    keys.ignore("attention_bias")  # the family's code has none
    d_model = keys.size("hidden_size")
    note_prediction_modules(keys)
    mlp_bias = keys.flag("mlp_bias")
    parts = {}
    layers = []
    for kind in _nemotron_kinds(keys, n_layers):
        if kind not in parts:
            mixer: Block | None = None
            feed_forward: Block | None = None
            if kind == MAMBA:
                mixer = _nemotron_mamba(keys)
            elif kind == FULL:
                mixer = attention(keys)
            elif kind == "mlp":
                feed_forward = PlainMLP(d_model, keys.size("intermediate_size"), mlp_bias)
            else:
                feed_forward = _nemotron_experts(keys, mlp_bias=mlp_bias)
            parts[kind] = layer(keys, mixer, feed_forward, n_norms=1)
        layers.append(parts[kind])
    used = ("mamba_num_heads", "mamba_head_dim", "n_groups", "ssm_state_size", "conv_kernel", "chunk_size")
    keys.ignore(*used, "use_bias", "use_conv_bias", "mamba_proj_bias", "head_dim", "num_attention_heads")
    keys.ignore("num_key_value_heads", "num_experts", "n_shared_experts", "moe_intermediate_size")
    keys.ignore("moe_shared_expert_intermediate_size", "num_experts_per_tok")
    return decoder(keys, layers)


def _nemotron_kinds(keys: Keys, n_layers: int | None) -> tuple[str, ...]:
    """`hybrid_override_pattern` (M mamba, * attention, - dense, E experts) or a list of block types."""
    letters, name = keys.raw("hybrid_override_pattern")
    names = {"M": MAMBA, "*": FULL, "-": "mlp", "E": "moe"}
    if letters is None:
        listed, _ = keys.raw("layers_block_type")
        n = n_layers or (len(listed) if isinstance(listed, list | tuple) else 0)
        kinds = block_kinds(keys, n, "layers_block_type", "layer_types", more=("mlp", "moe"))
        if not kinds:
            keys.assume("layers_block_type = [mamba, moe, attention, mlp] (the family's default)")
            kinds = (MAMBA, "moe", FULL, "mlp")
        return kinds
    if not isinstance(letters, str) or not letters or set(letters) - set(names):
        raise keys.error(name, "give a text of the letters M, *, - and E, one for each layer")
    if n_layers is not None and len(letters) != n_layers:
        raise ConfigError(f"{keys.name}: {name} spells {len(letters)} layers, num_hidden_layers is {n_layers}")
    return tuple(names[letter] for letter in letters)


def _nemotron_mamba(keys: Keys) -> Mamba2:
    bias = keys.flag("use_bias")
    return Mamba2(
        d_model=keys.size("hidden_size"),
        n_heads=keys.size("mamba_num_heads"),
        head_dim=keys.size("mamba_head_dim"),
        n_groups=keys.size("n_groups"),
        d_state=keys.size("ssm_state_size"),
        conv_kernel=keys.size("conv_kernel"),
        chunk=keys.size("chunk_size"),
        in_bias=bias,
        out_bias=bias,
        conv_bias=keys.flag("use_conv_bias", default=True),
    )


def _nemotron_experts(keys: Keys, *, mlp_bias: bool) -> Block:
    d_model = keys.size("hidden_size")
    keys.ignore("n_shared_experts")  # one of the published width, whatever is said
    d_shared = keys.size("moe_shared_expert_intermediate_size")
    latent = keys.size("moe_latent_size") if keys.stated("moe_latent_size") else None
    expert = PlainMLP(latent or d_model, keys.size("moe_intermediate_size"))
    shared = PlainMLP(d_model, d_shared, mlp_bias)
    n_experts, top_k = keys.size("num_experts"), keys.size("num_experts_per_tok")
    check_top_k(keys, "num_experts_per_tok", top_k, n_experts)
    if latent is None:
        return MixtureOfExperts(d_model, n_experts, top_k, expert, shared)
    return LatentMixtureOfExperts(d_model, n_experts, top_k, expert, shared, latent_bias=mlp_bias)


def _mamba2(keys: Keys) -> Mamba2:
    """Mamba-2 from the keys of Bamba and Granite."""
    d_inner = keys.size("mamba_expand", default=2) * keys.size("hidden_size")
    n_heads = keys.size("mamba_n_heads", default=128)
    per_head, _ = keys.raw("mamba_d_head")
    share = keys.divides(n_heads, d_inner, "mamba_expand * hidden_size must be a multiple of mamba_n_heads")
    head_dim = share if per_head in (None, "auto") else keys.size("mamba_d_head")
    bias = keys.flag("mamba_proj_bias")
    if head_dim != share:
        raise keys.error("mamba_d_head", f"mamba_n_heads times it must be {d_inner} (mamba_expand * hidden_size)")
    return Mamba2(
        d_model=keys.size("hidden_size"),
        n_heads=n_heads,
        head_dim=head_dim,
        n_groups=keys.size("mamba_n_groups", default=1),
        d_state=keys.size("mamba_d_state", default=256),
        conv_kernel=keys.size("mamba_d_conv", default=4),
        chunk=keys.size("mamba_chunk_size", default=256),
        in_bias=bias,
        out_bias=bias,
        conv_bias=keys.flag("mamba_conv_bias", default=True),
    )


def block_kinds(keys: Keys, n_layers: int, *names: str, more: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Layer kinds in either spelling: `attention` and `mamba`, or `full_attention` and `linear_attention`."""
    options = ("attention", FULL, MAMBA, LINEAR, *more)
    same = {"attention": FULL, LINEAR: MAMBA}
    for name in names:
        kinds = keys.words(name, n_layers, options)
        if kinds is not None:
            return tuple(same.get(kind, kind) for kind in kinds)
    return ()


def _periodic(keys: Keys, name: str, *, period: int, offset: int) -> Callable[[int], bool]:
    """Whether a layer's number leaves `offset` when divided by `period`."""
    every = keys.size(f"{name}_period", default=period)
    first = keys.count(f"{name}_offset", default=offset)
    return lambda index: index % every == first


def zamba(keys: Keys) -> ModelSpec:
    """Zamba: Mamba-1 layers, one shared block in every sixth."""
    keys.ignore("n_mamba_heads", "attn_layer_period", "attn_layer_offset", "hidden_mamba_act", "num_logits_to_keep")
    keys.ignore("use_mamba_kernels", "use_associative_scan", *TIME_STEPS)
    n_layers = keys.n_layers()
    kinds = block_kinds(keys, n_layers, "layers_block_type", "layer_types", more=(HYBRID,))
    if not kinds:
        period = keys.size("attn_layer_period", default=6)
        offset = keys.count("attn_layer_offset", default=4)
        later = [HYBRID if index % period == offset else MAMBA for index in range(n_layers)]
        kinds = (MAMBA, MAMBA, HYBRID, *later)[:n_layers]
    return _sharing(keys, kinds, mamba1(keys), _wide_attention(keys), gated_mlp(keys), n_blocks=1)


def zamba2(keys: Keys) -> ModelSpec:
    """Zamba 2: Mamba-2 layers, one or more shared blocks in turn, each use corrected by adapters of its own."""
    keys.ignore("use_mamba_kernels", "use_mem_eff_path", "use_mem_rope", "use_long_context", "num_logits_to_keep")
    keys.ignore("use_conv_bias", "use_shared_attention_lora", "use_shared_mlp_lora", "mamba_headdim", "lora_rank")
    keys.ignore("attention_head_dim", "kv_channels", "num_query_groups", "ffn_hidden_size", "state_size", *TIME_STEPS)
    n_layers, d_model = keys.n_layers(), keys.size("hidden_size")
    bias = keys.flag("add_bias_linear")
    keys.fill(intermediate_size=4 * d_model)
    feed_forward = gated_mlp(keys, bias=bias)
    mixer = _wide_attention(keys)
    rank = keys.size("adapter_rank", default=128)
    adapters: tuple[Block, ...] = (MLPAdapter(d_model, rank, 2 * feed_forward.d_ff),)
    if keys.flag("use_shared_attention_adapter"):
        if mixer.n_kv_heads != mixer.n_heads:
            raise keys.error("use_shared_attention_adapter", "it needs as many KV heads as query heads")
        adapters += (AttentionAdapter(2 * d_model, rank, 2 * d_model),) * 3
    return _sharing(
        keys,
        _zamba2_kinds(keys, n_layers),
        _zamba_mamba2(keys, bias=bias),
        mixer,
        feed_forward,
        n_blocks=keys.size("num_mem_blocks", default=1),
        adapters=adapters,
    )


def _sharing(
    keys: Keys,
    kinds: tuple[str, ...],
    recurrent: Block,
    mixer: WideInputAttention,
    feed_forward: GatedMLP,
    *,
    n_blocks: int,
    adapters: tuple[Block, ...] = (),
) -> ModelSpec:
    """Layers of which the first `n_blocks` hybrid ones store a block and the others use these in turn."""
    norm = params.rms_norm_params(width=mixer.d_model)
    of_block = params.rms_norm_params(width=2 * mixer.d_model) + norm
    own = (Projection(mixer.d_model), *adapters)
    plain = Layer(recurrent, None, norm)
    stored = Layer(Parallel((mixer, recurrent)), feed_forward, norm + of_block, own)
    again = Layer(Parallel((SharedWeights((mixer,)), recurrent)), SharedWeights((feed_forward,)), norm, own)
    layers, n_hybrid = [], 0
    for kind in kinds:
        if kind == HYBRID:
            n_hybrid += 1
        layers.append(plain if kind == MAMBA else stored if n_hybrid <= n_blocks else again)
    if n_hybrid > n_blocks:
        keys.warnings.append(
            f"{n_hybrid} layers share the weights of {n_blocks}: they are stored once, and read by each of these layers"
        )
    return decoder(keys, layers, tied=True)


def _wide_attention(keys: Keys) -> WideInputAttention:
    """Heads that are as wide together as their input: the residual stream beside the token's embedding."""
    d_model = keys.size("hidden_size")
    keys.expect("attention_hidden_size", 2 * d_model)
    n_heads = keys.size("num_attention_heads")
    n_kv_heads = keys.size("num_key_value_heads", default=n_heads, why="as many as query heads")
    keys.divides(n_kv_heads, n_heads, "num_attention_heads must be a multiple of num_key_value_heads")
    share = keys.divides(n_heads, 2 * d_model, "twice hidden_size must be a multiple of num_attention_heads")
    head_dim = keys.size("attention_head_dim", default=share, why="twice hidden_size over num_attention_heads")
    return WideInputAttention(d_model, n_heads, n_kv_heads, head_dim, head_dim)


ZAMBA2_KINDS = (
    *(MAMBA,),
    *((MAMBA,) * 5 + (HYBRID,)) * 7,
    *(MAMBA,) * 4,
    HYBRID,
    *(MAMBA,) * 3,
    HYBRID,
    *(MAMBA,) * 2,
)


def _zamba2_kinds(keys: Keys, n_layers: int) -> tuple[str, ...]:
    """`layers_block_type`, or the numbers of the hybrid layers."""
    kinds = block_kinds(keys, n_layers, "layers_block_type", "layer_types", more=(HYBRID,))
    listed = keys.indices("hybrid_layer_ids", n_layers)
    if kinds:
        return kinds
    if not keys.has("hybrid_layer_ids"):
        if n_layers != len(ZAMBA2_KINDS):
            raise ConfigError(f"{keys.name}: layers_block_type is missing; it says which layers are hybrid")
        keys.assume("layers_block_type = nine hybrid layers among 54 (the family's default)")
        return ZAMBA2_KINDS
    return tuple(HYBRID if index in listed else MAMBA for index in range(n_layers))


def _zamba_mamba2(keys: Keys, *, bias: bool) -> Mamba2:
    d_model = keys.size("hidden_size")
    n_heads = keys.size("n_mamba_heads", default=8)
    d_inner = keys.size("mamba_expand", default=2) * d_model
    return Mamba2(
        d_model=d_model,
        n_heads=n_heads,
        head_dim=keys.divides(n_heads, d_inner, "mamba_expand * hidden_size must be a multiple of n_mamba_heads"),
        n_groups=keys.size("mamba_ngroups", default=1),
        d_state=keys.size("mamba_d_state", default=64),
        conv_kernel=keys.size("mamba_d_conv", default=4),
        chunk=keys.size("chunk_size", default=256),
        in_bias=bias,
        out_bias=bias,
    )


def rwkv(keys: Keys) -> ModelSpec:
    """RWKV-4: no attention; a norm more in front of the first layer."""
    keys.ignore("rescale_every", "attention_hidden_size", "intermediate_size")
    d_model = keys.size("hidden_size")
    keys.expect("attention_hidden_size", d_model)
    d_ff = keys.size("intermediate_size", default=4 * d_model, why="four times hidden_size")
    norm = params.layer_norm_params(width=d_model)
    one = Layer(TimeMix(d_model), ChannelMix(d_model, d_ff), 2 * norm)
    return spec(
        keys,
        embedding=ends(keys, d_model, tied=False, norm_params=2 * norm),
        layers=[one] * keys.n_layers(),
        n_ctx=context(keys),
    )


def xlstm(keys: Keys) -> ModelSpec:
    """xLSTM 7B: no attention but a matrix of memory for each head."""
    keys.ignore(
        "norm_eps", "norm_reduction_force_float32", "chunkwise_kernel", "sequence_kernel", "step_kernel", "mode"
    )
    keys.ignore("return_last_states", "autocast_kernel_dtype", "eps", "inference_state_dtype", "gate_soft_cap")
    keys.ignore("output_logit_soft_cap", "weight_mode", "max_inference_chunksize", "mlstm_round_up_to_multiple_of")
    keys.expect("use_bias", False)
    keys.expect("add_out_norm", True)
    keys.expect("tie_word_embeddings", False)
    d_model, n_heads = keys.size("hidden_size"), keys.size("num_attention_heads", default=8)
    keys_of_heads, values_of_heads = (
        keys.divides(n_heads, int(keys.number(name, default) * d_model), f"{name} times hidden_size")
        for name, default in (("qk_dim_factor", 0.5), ("v_dim_factor", 1.0))
    )
    mixer = MLSTM(d_model, n_heads, keys_of_heads, values_of_heads, keys.size("chunk_size", default=64))
    multiple = keys.size("ffn_round_up_to_multiple_of", default=64)
    d_ff = int((keys.number("ffn_proj_factor", 2.667) * d_model + multiple - 1) // multiple) * multiple
    one = layer(keys, mixer, GatedMLP(d_model, d_ff))
    return decoder(keys, [one] * keys.n_layers())


FAMILIES: dict[str, Callable[[Keys], ModelSpec]] = {
    "bamba": bamba,
    "falcon_h1": falcon_h1,
    "falcon_mamba": mamba,
    "granitemoehybrid": granitemoehybrid,
    "jamba": jamba,
    "mamba": mamba,
    "mamba2": mamba2,
    "nemotron_h": nemotron_h,
    "rwkv": rwkv,
    "xlstm": xlstm,
    "zamba": zamba,
    "zamba2": zamba2,
}
