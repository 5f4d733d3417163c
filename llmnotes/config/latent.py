"""DeepSeek and its relatives: latent attention over a mixture of experts."""

from llmnotes import params
from llmnotes.blocks.feedforward import GatedMLP, MixtureOfExperts
from llmnotes.blocks.latent import LatentAttention
from llmnotes.config.common import context, rms_embedding, spec
from llmnotes.config.experts import n_experts_and_top_k
from llmnotes.config.keys import Keys
from llmnotes.spec import Layer, ModelSpec


def deepseek_v3(keys: Keys) -> ModelSpec:
    """DeepSeek-V3 and R1: the first layers dense, then one shared and many routed experts.

    The prediction module that follows the last layer of the published weights is not part of the decoder.
    """
    embedding = rms_embedding(keys, tied=False)
    d_model = embedding.d_model
    n_experts, top_k = n_experts_and_top_k(keys, "n_routed_experts")
    d_expert = keys.size("moe_intermediate_size")
    n_shared = keys.count("n_shared_experts", default=1)
    experts = MixtureOfExperts(
        d_model,
        n_experts,
        top_k,
        expert=GatedMLP(d_model, d_expert),
        shared=GatedMLP(d_model, n_shared * d_expert) if n_shared else None,
    )
    dense = GatedMLP(d_model, keys.size("intermediate_size"))
    mixer = latent_attention(keys)
    norms = 2 * params.rms_norm_params(width=d_model)
    n_layers = keys.n_layers()
    n_dense = min(keys.count("first_k_dense_replace", default=3), n_layers)
    keys.expect("moe_layer_freq", 1)
    if keys.has("num_nextn_predict_layers") and keys.count("num_nextn_predict_layers"):
        keys.warnings.append("the multi-token prediction module is left out; its layers come on top of this count")
    layers = [Layer(mixer, dense, norms)] * n_dense + [Layer(mixer, experts, norms)] * (n_layers - n_dense)
    return spec(keys, embedding=embedding, layers=layers, n_ctx=context(keys))


def kimi_k2(keys: Keys) -> ModelSpec:
    """Kimi K2: DeepSeek-V3's code under another name."""
    return deepseek_v3(keys)


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
