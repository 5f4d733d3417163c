"""Hybrids: most layers recurrent, some with attention."""

from llmnotes.blocks.attention import Attention
from llmnotes.blocks.base import Window
from llmnotes.blocks.feedforward import GatedMLP
from llmnotes.blocks.recurrent import GatedDelta, GatedLRU, Lightning
from llmnotes.config.common import FULL, attention, decoder, every, gated_mlp, head_shape, layer, pattern
from llmnotes.config.experts import experts, sparse_layers
from llmnotes.config.keys import Keys
from llmnotes.spec import ModelSpec

LINEAR = "linear_attention"


def qwen3_next(keys: Keys) -> ModelSpec:
    """Qwen3-Next: three gated delta layers, then one of gated attention; experts throughout."""
    n_layers = keys.n_layers()
    feed_forward = experts(
        keys,
        "num_experts",
        expert=gated_mlp(keys, "moe_intermediate_size"),
        shared=gated_mlp(keys, "shared_expert_intermediate_size"),
        shared_gate=True,
    )
    kinds = zip(qwen3_next_kinds(keys, n_layers), sparse_layers(keys, n_layers, feed_forward), strict=True)
    layers = [layer(keys, gated_delta(keys) if kind == LINEAR else gated_attention(keys), part) for kind, part in kinds]
    return decoder(keys, layers)


def qwen3_next_kinds(keys: Keys, n_layers: int) -> tuple[str, ...]:
    """`layer_types`, or attention in every `full_attention_interval`-th layer."""
    interval = keys.size("full_attention_interval") if keys.has("full_attention_interval") else 4
    return pattern(keys, n_layers, every(n_layers, interval, FULL, LINEAR), (FULL, LINEAR))


def gated_delta(keys: Keys) -> GatedDelta:
    """The recurrent layers of Qwen3-Next."""
    return GatedDelta(
        d_model=keys.size("hidden_size"),
        n_key_heads=keys.size("linear_num_key_heads"),
        key_head_dim=keys.size("linear_key_head_dim"),
        n_value_heads=keys.size("linear_num_value_heads"),
        value_head_dim=keys.size("linear_value_head_dim"),
        conv_kernel=keys.size("linear_conv_kernel_dim"),
    )


def gated_attention(keys: Keys):
    """The attention layers of Qwen3-Next: norms on queries and keys, and a gate as wide as the output."""
    bias = keys.flag("attention_bias", default=False)
    return attention(keys, qkv_bias=bias, out_bias=bias, qk_norm="head", gated=True, default_head_dim=256)


def minimax(keys: Keys) -> ModelSpec:
    """MiniMax-01 and M1: lightning attention, softmax attention in one of eight layers; experts throughout."""
    keys.ignore(*(f"{part}_{end}_factor" for part in ("full_attn", "linear_attn", "mlp") for end in ("alpha", "beta")))
    keys.ignore("router_jitter_noise", "sliding_window", "postnorm", "layernorm_full_attention_alpha")
    n_layers = keys.n_layers()
    n_heads, _, head_dim = head_shape(keys)
    d_model = keys.size("hidden_size")
    recurrent = Lightning(d_model, n_heads, head_dim, keys.size("block_size", default=256))
    feed_forward = experts(keys, "num_local_experts", expert=gated_mlp(keys))
    numbered = keys.indices("attn_type_list", 2) if keys.has("attn_type_list") else ()
    if numbered and len(numbered) != n_layers:
        raise keys.error("attn_type_list", f"give 0 (linear) or 1 (softmax) for each of the {n_layers} layers")
    default = tuple(FULL if kind else LINEAR for kind in numbered) or every(n_layers, 2, LINEAR, FULL)
    layers = [
        layer(keys, recurrent if kind == LINEAR else attention(keys), feed_forward)
        for kind in pattern(keys, n_layers, default, (FULL, LINEAR))
    ]
    return decoder(keys, layers)


def recurrent_gemma(keys: Keys) -> ModelSpec:
    """RecurrentGemma: two recurrent layers, then one whose attention has a window."""
    keys.ignore(
        "logits_soft_cap", "w_init_variance_scale", "final_w_init_variance_scale", "embeddings_scale_by_sqrt_dim"
    )
    n_layers = keys.n_layers()
    d_model = keys.size("hidden_size")
    n_heads, n_kv_heads, head_dim = head_shape(keys)
    bias = keys.flag("attention_bias", default=False)
    lru_width = keys.size("lru_width", default=d_model, why="as hidden_size")
    keys.divides(n_heads, lru_width, "lru_width must be a multiple of num_attention_heads")
    recurrent = GatedLRU(d_model, lru_width, n_heads, keys.size("conv1d_width", default=4))
    span = Window(keys.size("attention_window_size", default=2048))
    attending = Attention(d_model, n_heads, n_kv_heads, head_dim, head_dim, span, qkv_bias=bias, out_bias=True)
    d_ff = keys.divides(2, keys.size("intermediate_size"), "intermediate_size counts gate and up together")
    kinds, name = keys.raw("block_types", "_block_types")
    kinds = ("recurrent", "recurrent", "attention") if kinds is None else kinds
    if not isinstance(kinds, list | tuple) or not kinds or any(k not in ("recurrent", "attention") for k in kinds):
        raise keys.error(name, "give a list of recurrent and attention")
    one = {"recurrent": recurrent, "attention": attending}
    feed_forward = GatedMLP(d_model, d_ff, bias=True)
    layers = [layer(keys, one[kinds[index % len(kinds)]], feed_forward) for index in range(n_layers)]
    return decoder(keys, layers, tied=True)
