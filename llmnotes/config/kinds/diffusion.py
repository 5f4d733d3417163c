"""Models that write a text in several passes over all of it (Dream, LLaDA): sized as the decoders that their layers
are; they attend in both directions, so there is no cache that grows token by token, and no FLOPs of a token."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from llmnotes.blocks.attention import Attention
from llmnotes.blocks.encoder import EncoderAttention
from llmnotes.config.dense import FAMILIES
from llmnotes.config.experts import Moe, always
from llmnotes.config.keys import Keys
from llmnotes.config.mixtures.rows import FAMILIES as EXPERTS
from llmnotes.config.precision import stated_precision
from llmnotes.config.reading import Dense, numbered
from llmnotes.spec import Layer, ModelSpec, runs_of

PASSES = "it writes a text in several passes over all of it (diffusion): no cache is kept, and its FLOPs depend on them"


def read(config: Mapping, name: str) -> ModelSpec:
    """The spec of a diffusion model: weights and sizes, no cache and no FLOPs.

    Raises:
        ConfigError: If something is missing, impossible or not understood.
    """
    model = READERS[config["model_type"]](Keys(config, name))
    layers = [_both_ways(run.layer) for run in model.runs for _ in range(run.count)]
    return replace(
        model,
        runs=runs_of(layers),
        warnings=(PASSES, *model.warnings),
        uncounted_flops=PASSES,
        stated=stated_precision(config),
    )


def _both_ways(layer: Layer) -> Layer:
    """The layer with attention in both directions, which keeps nothing from pass to pass."""
    if not isinstance(layer.mixer, Attention):
        return layer
    return replace(layer, mixer=EncoderAttention(**vars(layer.mixer)))


def dream(keys: Keys) -> ModelSpec:
    """Dream and DiffuCoder: a Qwen 2.5. Source: modeling_dream.py beside Dream-org/Dream-v0-Instruct-7B."""
    keys.ignore("mask_token_id", "use_mrope", "block_size")
    return FAMILIES["qwen2"](keys)


def llada(keys: Keys) -> ModelSpec:
    """LLaDA: OLMo's keys for a Llama without biases. Source: modeling_llada.py beside GSAI-ML/LLaDA-8B-Base."""
    if keys.has("expert_intermediate_size"):
        return llada_moe(keys)
    keys.ignore(*LLADA.split())
    keys.expect("block_type", "llama")
    keys.expect("layer_norm_type", "rms")
    keys.expect("activation_type", "silu")
    for other in ("alibi", "attention_layer_norm", "input_emb_norm", "bias_for_layer_norm", "multi_query_attention"):
        keys.expect(other, False)
    keys.expect("block_group_size", 1)
    width = "intermediate_size" if keys.has("intermediate_size") else "mlp_hidden_size"
    keys.restate(intermediate_size=keys.size(width))
    if keys.has("embedding_size"):
        keys.restate(vocab_size=keys.size("embedding_size", "vocab_size"))
    if keys.has("weight_tying"):
        keys.restate(tie_word_embeddings=keys.flag("weight_tying"))
    both = keys.flag("include_bias")
    return Dense(qkv=both or keys.flag("include_qkv_bias"), out=both, mlp=both)(keys)


def llada_moe(keys: Keys) -> ModelSpec:
    """LLaDA-MoE: experts, and norms on queries and keys where `qk_layernorm` is on.

    Source: configuration_lladamoe.py and modeling_lladamoe.py beside inclusionAI/LLaDA-MoE-7B-A1B-Instruct.
    """
    keys.ignore("clip_qkv", "moe_router_enable_expert_bias", "moe_router_score_function", "router_num_group")
    keys.ignore("router_topk_group", "mask_token_id", "moe_layer_freq", "head_dim")
    parts = Moe(
        width="expert_intermediate_size",
        dense="dense_intermediate_size",
        shared="shared_expert_intermediate_size",
        sparse=_marked,
    )
    return Dense(qk_norm="head", qk_norm_if="qk_layernorm", parts=parts)(keys)


def _marked(keys: Keys, n_layers: int) -> Sequence[bool]:
    """Experts in the layers that `moe_layer_freq` marks; in all without it."""
    kinds = numbered(keys, "moe_layer_freq", n_layers, "", "sparse") if keys.raw("moe_layer_freq")[0] else None
    return tuple(map(bool, kinds)) if kinds else always(keys, n_layers)


def llada2_moe(keys: Keys) -> ModelSpec:
    """LLaDA 2: a Ling 2. Source: modeling_llada2_moe.py beside inclusionAI/LLaDA2.0-mini."""
    keys.ignore("mask_token_id", "block_size", "partial_rotary_factor")
    keys.restate(use_qk_norm=True)
    return EXPERTS["bailing_moe"](keys)


def rnd1(keys: Keys) -> ModelSpec:
    """RND1: a Qwen3 with experts. Source: conversion/qwen.py of llama.cpp, which reads it as one."""
    keys.ignore("mask_token_id", "model_type", "num_diffusion_steps", "diffusion_steps")
    return EXPERTS["qwen3_moe"](keys)


LLADA = """
    mask_token_id init_device init_fn init_std init_cutoff_factor mlp_ratio mlp_hidden_size vocab_size embedding_size
    precision flash_attention rope rope_full_precision scale_logits layer_norm_with_affine alibi_bias_max
    attention_layer_norm_with_affine embedding_size include_bias include_qkv_bias weight_tying
"""

READERS: dict[str, Callable[[Keys], ModelSpec]] = {
    "Dream": dream,
    "llada": llada,
    "llada2_moe": llada2_moe,
    "lladamoe": llada_moe,
    "rnd1": rnd1,
}
