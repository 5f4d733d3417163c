"""Models of state-space layers, and hybrids of them with attention."""

from collections.abc import Callable
from dataclasses import replace

from llmnotes.blocks.base import Block
from llmnotes.blocks.composite import Parallel
from llmnotes.blocks.feedforward import LatentMixtureOfExperts, MixtureOfExperts, PlainMLP
from llmnotes.blocks.statespace import Mamba, Mamba2
from llmnotes.config.common import FULL, attention, decoder, gated_mlp, layer, note_prediction_modules
from llmnotes.config.experts import experts
from llmnotes.config.keys import ConfigError, Keys
from llmnotes.equations import params
from llmnotes.spec import ModelSpec

LINEAR, MAMBA = "linear_attention", "mamba"
TIME_STEPS = ("time_step_floor", "time_step_init_scheme", "time_step_limit", "time_step_max", "time_step_min")
_NUMERICS = ("rescale_prenorm_residual", "residual_in_fp32", "time_step_scale", "use_associative_scan", "use_mambapy")


def mamba(keys: Keys) -> ModelSpec:
    """Mamba 1: nothing but mixers, one norm each."""
    keys.ignore(
        *TIME_STEPS,
        *_NUMERICS,
        "mixer_rms_eps",
        "hidden_size",
        "d_inner",
        "num_hidden_layers",
        "ssm_cfg",
        "fused_add_norm",
    )
    keys.ignore("rms_norm")
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
        bias=keys.flag("use_bias", default=False),
        conv_bias=keys.flag("use_conv_bias", default=True),
    )
    one = layer(keys, mixer, None, n_norms=1)
    return decoder(keys, [one] * keys.n_layers("num_hidden_layers"), tied=True)


def falcon_mamba(keys: Keys) -> ModelSpec:
    """Falcon Mamba: a Mamba with norms that have no gains."""
    return mamba(keys)


def mamba2(keys: Keys) -> ModelSpec:
    """Mamba 2: nothing but mixers, one norm each."""
    keys.ignore(*TIME_STEPS, *_NUMERICS, "time_step_rank", "rms_norm", "norm_before_gate")
    d_model = keys.size("hidden_size")
    d_inner = keys.size("expand", default=2) * d_model
    n_heads, head_dim = keys.size("num_attention_heads", default=128), keys.size("head_dim", default=64)
    bias = keys.flag("use_bias", default=False)
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


def bamba(keys: Keys) -> ModelSpec:
    """Bamba: Mamba-2 layers, attention where `attn_layer_indices` says, dense feed-forwards throughout."""
    keys.ignore("num_attention_heads", "num_key_value_heads", *TIME_STEPS)
    keys.ignore("num_logits_to_keep", "z_loss_coefficient", "attn_rotary_emb", "use_mamba_kernels")
    n_layers = keys.n_layers()
    bias = keys.flag("attention_bias", default=False)
    recurrent = _mamba2(keys)
    attending = keys.indices("attn_layer_indices", n_layers) if keys.stated("attn_layer_indices") else ()
    feed_forward = gated_mlp(keys, bias=keys.flag("mlp_bias", default=False))
    layers = [
        layer(keys, attention(keys, qkv_bias=bias, out_bias=bias) if index in attending else recurrent, feed_forward)
        for index in range(n_layers)
    ]
    return decoder(keys, layers)


def granitemoehybrid(keys: Keys) -> ModelSpec:
    """Granite 4: Mamba-2 layers with some attention; experts and a shared one, or the shared one alone."""
    keys.ignore("num_attention_heads", "num_key_value_heads", *TIME_STEPS)
    keys.ignore("position_embedding_type", "init_method", "rms_norm_function", "normalization_function")
    n_layers = keys.n_layers()
    bias = keys.flag("attention_bias", default=False)
    shared = gated_mlp(keys, "shared_intermediate_size")
    keys.ignore("num_experts", "num_experts_per_tok", "intermediate_size")
    if keys.stated("num_experts") and keys.count("num_experts"):
        feed_forward = experts(keys, "num_experts", expert=gated_mlp(keys), shared=shared)
    else:
        feed_forward = MixtureOfExperts(shared.d_model, 0, 0, expert=shared, shared=shared)
    kinds = block_kinds(keys, n_layers, "layer_types", "layers_block_type")
    if not kinds:
        keys.stated("layer_types")
        kinds = (FULL,) * n_layers
    keys.ignore(*(name for name in keys.config if isinstance(name, str) and name.startswith("mamba_")))
    layers = [
        layer(keys, attention(keys, qkv_bias=bias, out_bias=bias) if kind == FULL else _mamba2(keys), feed_forward)
        for kind in kinds
    ]
    return decoder(keys, layers)


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
    bias = keys.flag("attention_bias", default=False)
    recurrent = Mamba2(
        d_model=d_model,
        n_heads=n_heads,
        head_dim=keys.divides(n_heads, d_inner, "mamba_d_ssm must be a multiple of mamba_n_heads"),
        n_groups=keys.size("mamba_n_groups", default=1),
        d_state=keys.size("mamba_d_state", default=256),
        conv_kernel=keys.size("mamba_d_conv", default=4),
        chunk=keys.size("mamba_chunk_size", default=256),
        in_bias=keys.flag("mamba_proj_bias", default=False),
        out_bias=keys.flag("projectors_bias", default=False),
        conv_bias=keys.flag("mamba_conv_bias", default=True),
        normed=keys.flag("mamba_rms_norm", default=False),
    )
    mixer = Parallel((attention(keys, qkv_bias=bias, out_bias=bias), recurrent))
    one = layer(keys, mixer, gated_mlp(keys, bias=keys.flag("mlp_bias", default=False)))
    return decoder(keys, [one] * keys.n_layers())


def jamba(keys: Keys) -> ModelSpec:
    """Jamba: Mamba-1 layers, attention in one of eight, experts in every other."""
    keys.ignore("use_mamba_kernels", "num_logits_to_keep", *_NUMERICS)
    n_layers = keys.n_layers()
    plain = mamba1(keys)
    norms = params.rms_norm_params(width=plain.dt_rank) + 2 * params.rms_norm_params(width=plain.d_state)
    recurrent = replace(plain, norm_params=norms)
    attending = _periodic(keys, "attn_layer", period=8, offset=4)
    sparse = _periodic(keys, "expert_layer", period=2, offset=1)
    keys.ignore("num_experts", "num_experts_per_tok")
    dense = gated_mlp(keys)
    many = keys.size("num_experts", default=16) > 1
    routed: Block = experts(keys, "num_experts", expert=dense) if many else dense
    layers = [
        layer(keys, attention(keys) if attending(index) else recurrent, routed if sparse(index) else dense)
        for index in range(n_layers)
    ]
    return decoder(keys, layers)


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
        bias=keys.flag("mamba_proj_bias", default=False),
        conv_bias=keys.flag("mamba_conv_bias", default=True),
    )


def nemotron_h(keys: Keys) -> ModelSpec:
    """Nemotron-H and Nemotron 3: each layer is one part only, spelt out letter by letter."""
    keys.ignore(*TIME_STEPS, *_NUMERICS, "num_logits_to_keep", "use_mamba_kernels", "mamba_hidden_act", "expand")
    keys.ignore("mamba_ssm_cache_dtype", "moe_shared_expert_overlap", "mtp_layers_block_type", "attention_head_dim")
    keys.ignore("mtp_hybrid_override_pattern", "sliding_window", "mamba_expand", "mamba_dt_init", "mamba_dt_limit")
    keys.ignore("rope_theta", "moe_latent_size", "keep_mtp", "time_step_rank", "mlp_bias", "intermediate_size")
    n_layers = keys.n_layers() if keys.has("num_hidden_layers") else None
    bias = keys.flag("attention_bias", default=False)
    d_model = keys.size("hidden_size")
    note_prediction_modules(keys, "num_nextn_predict_layers")
    mlp_bias = keys.flag("mlp_bias", default=False)
    parts = {}
    layers = []
    for kind in _nemotron_kinds(keys, n_layers):
        if kind not in parts:
            mixer: Block | None = None
            feed_forward: Block | None = None
            if kind == MAMBA:
                mixer = _nemotron_mamba(keys)
            elif kind == FULL:
                mixer = attention(keys, qkv_bias=bias, out_bias=bias)
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
            raise ConfigError(f"{keys.name}: hybrid_override_pattern is missing; it says what each layer is")
        return kinds
    if not isinstance(letters, str) or not letters or set(letters) - set(names):
        raise keys.error(name, "give a text of the letters M, *, - and E, one for each layer")
    if n_layers is not None and len(letters) != n_layers:
        raise ConfigError(f"{keys.name}: {name} spells {len(letters)} layers, num_hidden_layers is {n_layers}")
    return tuple(names[letter] for letter in letters)


def _nemotron_mamba(keys: Keys) -> Mamba2:
    bias = keys.flag("mamba_proj_bias", default=False) or keys.flag("use_bias", default=False)
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
    n_shared = keys.count("n_shared_experts", default=1)
    d_shared = n_shared * keys.size("moe_shared_expert_intermediate_size")
    latent = keys.size("moe_latent_size") if keys.stated("moe_latent_size") else None
    expert = PlainMLP(latent or d_model, keys.size("moe_intermediate_size"), mlp_bias)
    shared = PlainMLP(d_model, d_shared, mlp_bias) if d_shared else None
    plain = experts(keys, "num_experts", expert=expert, shared=shared)
    if latent is None:
        return plain
    return LatentMixtureOfExperts(d_model, plain.n_experts, plain.top_k, expert, shared, latent_bias=mlp_bias)


def _mamba2(keys: Keys) -> Mamba2:
    """Mamba-2 from the keys of Bamba and Granite."""
    d_inner = keys.size("mamba_expand", default=2) * keys.size("hidden_size")
    n_heads = keys.size("mamba_n_heads", default=128)
    per_head, _ = keys.raw("mamba_d_head")
    share = keys.divides(n_heads, d_inner, "mamba_expand * hidden_size must be a multiple of mamba_n_heads")
    head_dim = share if per_head in (None, "auto") else keys.size("mamba_d_head")
    bias = keys.flag("mamba_proj_bias", default=False)
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
