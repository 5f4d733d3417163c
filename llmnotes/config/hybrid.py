"""Hybrids: most layers recurrent, some with attention."""

from llmnotes.blocks.recurrent import GatedDelta
from llmnotes.config.common import FULL, attention, decoder, every, gated_mlp, layer, pattern
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
