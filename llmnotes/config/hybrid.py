"""Hybrids: most layers recurrent, some with attention."""

from llmnotes import params
from llmnotes.blocks.base import Block
from llmnotes.blocks.feedforward import GatedMLP, MixtureOfExperts
from llmnotes.blocks.recurrent import GatedDelta
from llmnotes.config.common import FULL, attention, context, pattern, rms_embedding, spec
from llmnotes.config.experts import n_experts_and_top_k
from llmnotes.config.keys import Keys
from llmnotes.spec import Layer, ModelSpec

LINEAR = "linear_attention"


def qwen3_next(keys: Keys) -> ModelSpec:
    """Qwen3-Next: three gated delta layers, then one of gated attention; experts throughout."""
    embedding = rms_embedding(keys, tied=False)
    d_model = embedding.d_model
    n_layers = keys.n_layers()
    n_experts, top_k = n_experts_and_top_k(keys, "num_experts")
    experts = MixtureOfExperts(
        d_model,
        n_experts,
        top_k,
        expert=GatedMLP(d_model, keys.size("moe_intermediate_size")),
        shared=GatedMLP(d_model, keys.size("shared_expert_intermediate_size")),
        shared_gate=True,
    )
    dense = GatedMLP(d_model, keys.size("intermediate_size"))
    dense_layers = keys.indices("mlp_only_layers", n_layers)
    step = keys.size("decoder_sparse_step", default=1)
    interval = keys.size("full_attention_interval") if keys.has("full_attention_interval") else 4
    default = tuple(LINEAR if (index + 1) % interval else FULL for index in range(n_layers))
    layers = []
    for index, kind in enumerate(pattern(keys, n_layers, default, (FULL, LINEAR))):
        feed_forward: Block = dense if index in dense_layers or (index + 1) % step else experts
        mixer: Block = gated_delta(keys) if kind == LINEAR else gated_attention(keys)
        layers.append(Layer(mixer, feed_forward, 2 * params.rms_norm_params(width=d_model)))
    return spec(keys, embedding=embedding, layers=layers, n_ctx=context(keys))


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
    head_dim = keys.size("head_dim", default=256)
    return attention(
        keys,
        qkv_bias=bias,
        out_bias=bias,
        gate_width=keys.size("num_attention_heads") * head_dim,
        qk_norm_params=2 * params.rms_norm_params(width=head_dim),
        default_head_dim=256,
    )
