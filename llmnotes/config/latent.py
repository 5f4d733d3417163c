"""DeepSeek and its relatives: latent attention over a mixture of experts."""

from llmnotes.blocks.feedforward import MixtureOfExperts
from llmnotes.blocks.latent import LatentAttention
from llmnotes.config.common import decoder, gated_mlp, layer
from llmnotes.config.experts import dense_first, experts, note_prediction_modules, shared_experts
from llmnotes.config.keys import Keys
from llmnotes.spec import ModelSpec


def deepseek_v2(keys: Keys) -> ModelSpec:
    """DeepSeek-V2: latent attention, shared and routed experts, the first layer dense."""
    mixer = latent_attention(keys)
    keys.ignore("mlp_bias")
    parts = dense_first(keys, keys.n_layers(), deepseek_experts(keys))
    return decoder(keys, [layer(keys, mixer, part) for part in parts])


def deepseek_v3(keys: Keys) -> ModelSpec:
    """DeepSeek-V3 and R1. The prediction module behind the last layer is not part of the decoder."""
    note_prediction_modules(keys, "num_nextn_predict_layers")
    return deepseek_v2(keys)


def kimi_k2(keys: Keys) -> ModelSpec:
    """Kimi K2: DeepSeek-V3's code under another name."""
    return deepseek_v3(keys)


def deepseek_experts(keys: Keys) -> MixtureOfExperts:
    """Routed experts and some shared ones of the same width."""
    expert = gated_mlp(keys, "moe_intermediate_size")
    return experts(keys, "n_routed_experts", expert=expert, shared=shared_experts(keys))


def latent_attention(keys: Keys) -> LatentAttention:
    """Latent attention from the usual keys."""
    keys.ignore("num_key_value_heads", "head_dim", "qk_head_dim")
    return LatentAttention(
        d_model=keys.size("hidden_size"),
        n_heads=keys.size("num_attention_heads"),
        q_lora_rank=keys.count("q_lora_rank") if keys.has("q_lora_rank") else 0,
        kv_lora_rank=keys.size("kv_lora_rank"),
        qk_nope_head_dim=keys.size("qk_nope_head_dim"),
        qk_rope_head_dim=keys.size("qk_rope_head_dim"),
        v_head_dim=keys.size("v_head_dim"),
        bias=keys.flag("attention_bias", default=False),
    )
