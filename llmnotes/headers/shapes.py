"""The shape of a model as its GGUF file states it, in the keys of `config.json`: sizes from the metadata, and from the
tensors what the metadata leaves out (biases, which layers have experts, which of them attend)."""

from collections.abc import Mapping
from typing import Any

from llmnotes.config.keys import ConfigError
from llmnotes.headers.architectures import FAMILIES
from llmnotes.headers.families import MORE
from llmnotes.headers.gguf import GGUF
from llmnotes.headers.stated import File, head_dim

BY_LAYER = ("gemma3n_text", "openelm")  # families whose configuration gives sizes layer by layer


def config_of(header: GGUF, architecture: str, name: str) -> dict[str, Any]:
    """The metadata and tensors as `config.json` would say them."""
    file = File(header, architecture, name)
    family = FAMILIES[architecture]
    parts = (_usual, _experts, _windows, _biases, _latent, _state_space, MORE.get(family, _nothing))
    config: dict[str, Any] = {"model_type": family}
    for part in parts:
        config |= part(file)
    for key in ("num_attention_heads", "num_key_value_heads", "intermediate_size"):
        if isinstance(config.get(key), list) and config["model_type"] not in BY_LAYER:
            raise ConfigError(
                f"{name}: {key} is {str(config[key])[:60]}: layers that differ are not read from GGUF; give the "
                "config.json of the model"
            )
    # A key that is null is one that was not found, but for this one: keys and queries may have a rank or none.
    return {key: value for key, value in config.items() if value is not None or key == "q_lora_rank"}


def _nothing(_file: File) -> Mapping[str, Any]:
    return {}


def _usual(file: File) -> Mapping[str, Any]:
    keys = file.keys  # where `context_length` is one more spelling of `max_position_embeddings`
    return {
        "hidden_size": file.d_model,
        "num_hidden_layers": file.n_layers,
        "vocab_size": file.table.shape[0],
        "tie_word_embeddings": "output.weight" not in file.tensors,
        "num_attention_heads": file.each("attention.head_count"),
        "num_key_value_heads": file.each("attention.head_count_kv") or file.each("attention.head_count"),
        "intermediate_size": _width(file),
        "use_parallel_residual": keys.flag("use_parallel_residual") if keys.has("use_parallel_residual") else None,
        "max_position_embeddings": keys.size("max_position_embeddings")
        if keys.has("max_position_embeddings")
        else None,
        "num_nextn_predict_layers": file.n_predict or None,
        "head_dim": head_dim(file),
    }


def _width(file: File) -> Any:
    """Of the dense feed-forward, from its tensors where all layers say the same: some converters state another."""
    stated = file.each("feed_forward_length")
    return file.shape("ffn_down.weight")[1] if isinstance(stated, int) and file.has("ffn_down.weight") else stated


def _experts(file: File) -> Mapping[str, Any]:
    """How many, how wide, which layers; of the shared ones the number, and the width of all together."""
    keys = file.keys
    if not keys.has("expert_count") or not keys.count("expert_count"):
        return {}
    if not file.has("ffn_down_exps.weight"):
        raise ConfigError(f"{file.name}: no expert is in this file; put all parts of the model beside it")
    n_experts, _, width = file.shape("ffn_down_exps.weight", n_dims=3)
    found: dict[str, Any] = {
        "num_experts": n_experts,
        "num_experts_per_tok": keys.size("expert_used_count"),
        "moe_intermediate_size": width,
        "n_shared_experts": 0,
    }
    if file.whole:
        found["mlp_layer_types"] = file.kinds("ffn_down_exps.weight", "sparse", "dense")
        found["first_k_dense_replace"] = file.layers("ffn_down_exps.weight")[0]
    elif keys.has("leading_dense_block_count"):
        found["first_k_dense_replace"] = keys.count("leading_dense_block_count")
    if file.has("ffn_down_shexp.weight"):
        shared = file.shape("ffn_down_shexp.weight")[1]
        n_shared = keys.count("expert_shared_count", default=0) or max(1, shared // width)
        found |= {"n_shared_experts": n_shared, "shared_expert_intermediate_size": shared}
    return found


def _windows(file: File) -> Mapping[str, Any]:
    if not file.each("attention.sliding_window"):
        return {}
    found: dict[str, Any] = {"sliding_window": file.keys.size("attention.sliding_window")}
    windowed = file.flags("attention.sliding_window_pattern")
    if windowed:
        found["layer_types"] = ["sliding_attention" if one else "full_attention" for one in windowed]
    return found


def _biases(file: File) -> Mapping[str, Any]:
    """Under every name that a family has for them."""
    attention = file.has("attn_q.bias") or file.has("attn_qkv.bias")
    normed = file.has("attn_q_norm.weight")
    return {
        "attention_bias": attention,
        "use_qkv_bias": attention,
        "use_bias": attention or file.has("ssm_in.bias"),
        "bias": attention,
        "mlp_bias": file.has("ffn_up.bias"),
        "lm_head_bias": "output.bias" in file.tensors,
        "use_qk_norm": normed,
        "qk_layernorm": normed,
    }


def _latent(file: File) -> Mapping[str, Any]:
    """Latent attention: heads are as wide as the metadata says before keys were absorbed."""
    keys = file.keys
    if not keys.has("attention.kv_lora_rank"):
        return {}
    rope, n_heads = keys.count("rope.dimension_count"), file.each("attention.head_count")
    if isinstance(n_heads, list):  # of layers with and without a window; the family says which has how many
        n_heads = n_heads[0]
    if not isinstance(n_heads, int):
        raise keys.error("attention.head_count", "give a number")
    key = keys.size("attention.key_length_mla", "attention.key_length")
    if key <= rope:
        raise keys.error("attention.key_length", "give more than rope.dimension_count")
    return {
        "q_lora_rank": keys.count("attention.q_lora_rank", default=0) or None,
        "kv_lora_rank": keys.size("attention.kv_lora_rank"),
        "qk_rope_head_dim": rope,
        "qk_nope_head_dim": key - rope,
        "v_head_dim": _value_head_dim(file, n_heads),
        "num_key_value_heads": n_heads,
        "head_dim": rope or None,
    }


def _value_head_dim(file: File, n_heads: int) -> int:
    if file.keys.has("attention.value_length_mla"):
        return file.keys.size("attention.value_length_mla")
    return file.shape("attn_output.weight")[1] // n_heads


def _state_space(file: File) -> Mapping[str, Any]:
    """Mamba, by the sizes that every family of it has in its metadata, under the names that they give them."""
    keys = file.keys
    if not keys.has("ssm.inner_size"):
        return {}
    d_inner, n_heads = keys.size("ssm.inner_size"), keys.size("ssm.time_step_rank")
    d_state, kernel = keys.size("ssm.state_size"), keys.size("ssm.conv_kernel")
    n_groups = keys.size("ssm.group_count", default=1)
    bias = file.has("ssm_conv1d.bias")
    return {
        "mamba_d_ssm": d_inner,
        "mamba_expand": d_inner // file.d_model,
        "mamba_n_heads": n_heads,
        "mamba_d_head": d_inner // n_heads,
        "mamba_n_groups": n_groups,
        "mamba_d_state": d_state,
        "mamba_d_conv": kernel,
        "mamba_dt_rank": n_heads,
        "mamba_conv_bias": bias,
        "mamba_proj_bias": file.has("ssm_in.bias"),
        "mamba_rms_norm": file.has("ssm_norm.weight"),
        "projectors_bias": file.has("ssm_out.bias"),
        "state_size": d_state,
        "conv_kernel": kernel,
        "n_groups": n_groups,
        "use_conv_bias": bias,
    }
