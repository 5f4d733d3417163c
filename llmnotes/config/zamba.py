"""Zamba and Zamba 2: state-space layers, and among them a transformer block whose weights several layers share."""

from llmnotes.blocks.attention import WideInputAttention
from llmnotes.blocks.base import Block
from llmnotes.blocks.composite import AttentionAdapter, MLPAdapter, Parallel, Projection, SharedWeights
from llmnotes.blocks.feedforward import GatedMLP
from llmnotes.blocks.statespace import Mamba2
from llmnotes.config.common import decoder, gated_mlp
from llmnotes.config.keys import ConfigError, Keys
from llmnotes.config.statespace import MAMBA, TIME_STEPS, block_kinds, mamba1
from llmnotes.equations import params
from llmnotes.spec import Layer, ModelSpec

HYBRID = "hybrid"


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
    return _shared(keys, kinds, mamba1(keys), _attention(keys), gated_mlp(keys), n_blocks=1)


def zamba2(keys: Keys) -> ModelSpec:
    """Zamba 2: Mamba-2 layers, one or more shared blocks in turn, each use corrected by adapters of its own."""
    keys.ignore("use_mamba_kernels", "use_mem_eff_path", "use_mem_rope", "use_long_context", "num_logits_to_keep")
    keys.ignore("use_conv_bias", "use_shared_attention_lora", "use_shared_mlp_lora", "mamba_headdim", "lora_rank")
    keys.ignore("attention_head_dim", "kv_channels", "num_query_groups", "ffn_hidden_size", "state_size", *TIME_STEPS)
    n_layers, d_model = keys.n_layers(), keys.size("hidden_size")
    bias = keys.flag("add_bias_linear", default=False)
    keys.fill(intermediate_size=4 * d_model)
    feed_forward = gated_mlp(keys, bias=bias)
    mixer = _attention(keys)
    rank = keys.size("adapter_rank", default=128)
    adapters: tuple[Block, ...] = (MLPAdapter(d_model, rank, 2 * feed_forward.d_ff),)
    if keys.flag("use_shared_attention_adapter", default=False):
        if mixer.n_kv_heads != mixer.n_heads:
            raise keys.error("use_shared_attention_adapter", "it needs as many KV heads as query heads")
        adapters += (AttentionAdapter(2 * d_model, rank, 2 * d_model),) * 3
    return _shared(
        keys,
        _zamba2_kinds(keys, n_layers),
        _mamba2(keys, bias=bias),
        mixer,
        feed_forward,
        n_blocks=keys.size("num_mem_blocks", default=1),
        adapters=adapters,
    )


def _shared(
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


def _attention(keys: Keys) -> WideInputAttention:
    """Heads that are as wide together as their input: the residual stream beside the token's embedding."""
    d_model = keys.size("hidden_size")
    keys.expect("attention_hidden_size", 2 * d_model)
    n_heads = keys.size("num_attention_heads")
    n_kv_heads = keys.size("num_key_value_heads", default=n_heads, why="as many as query heads")
    keys.divides(n_kv_heads, n_heads, "num_attention_heads must be a multiple of num_key_value_heads")
    share = keys.divides(n_heads, 2 * d_model, "twice hidden_size must be a multiple of num_attention_heads")
    head_dim = keys.size("attention_head_dim", default=share, why="twice hidden_size over num_attention_heads")
    return WideInputAttention(d_model, n_heads, n_kv_heads, head_dim, head_dim)


def _zamba2_kinds(keys: Keys, n_layers: int) -> tuple[str, ...]:
    """`layers_block_type`, or the numbers of the hybrid layers."""
    kinds = block_kinds(keys, n_layers, "layers_block_type", "layer_types", more=(HYBRID,))
    listed = keys.indices("hybrid_layer_ids", n_layers)
    if kinds:
        return kinds
    if not keys.has("hybrid_layer_ids"):
        raise ConfigError(f"{keys.name}: layers_block_type is missing; it says which layers are hybrid")
    return tuple(HYBRID if index in listed else MAMBA for index in range(n_layers))


def _mamba2(keys: Keys, *, bias: bool) -> Mamba2:
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
