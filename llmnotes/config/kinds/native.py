"""Native forms: what Llama, Mistral, DeepSeek and Mamba publish beside their weights, as `config.json` would say it.

Sources: llama-models (models/llama3/args.py), mistral-common's params.json, DeepSeek's inference/config_*.json, mamba's
config_mamba.py, ExecuTorch's examples/models/*/config/*.json, which extend Llama's form.
"""

from collections.abc import Mapping
from typing import Any

from llmnotes.config.keys import ConfigError, Keys
from llmnotes.spec import ModelSpec

LLAMA_TABLE = 32_000  # rows of Llama 1's and 2's tokenizer, where their files say -1

# Keys of these forms that change no count.
QUIET = frozenset(
    """
    norm_eps rope_theta use_scaled_rope max_batch_size use_hf_rope partial_rotary_factor bos_idx eos_idx rope_scaling
    rope_scaling_factor max_position_embeddings original_max_position_embeddings embedding_scale_factor softcap yarn
    qk_norm_before_rope no_rope_layer_interval attention_multiplier residual_multiplier logits_scaling act_fn causal
    rope_scaling_short_factor rope_scaling_long_factor local_rope_theta apply_embedding high_freq_factor max_seq_len
    ragged_attention rms_norm_add_unit_offset attn_logit_softcapping final_logit_softcapping attention_type quantization
    llama_4_scaling qk_norm model_parallel_size rms_norm_eps apply_output use_ffn_norm sliding_window_pattern
    """.split()  # noqa: SIM905 - fifty words read better as a paragraph
)


def read(config: Mapping, name: str) -> ModelSpec:
    """The spec of a native `params.json` (or `config.json`) of Llama, Mistral, DeepSeek or Mamba.

    Raises:
        ConfigError: If it is none of them; the line names the key that tells.
    """
    from llmnotes.config import from_mapping

    keys = Keys(config, name)
    translate = _form(keys)
    usual, said = translate(keys)
    unread = [key for key, value in keys.config.items() if key not in keys.used and value not in (None, False)]
    unknown = [keys.said(key) for key in unread if keys.said(key) not in QUIET]
    if unknown:
        raise ConfigError(
            f"{name}: {unknown[0]} is not understood in a params.json; give the config.json of the same model"
        )
    model = from_mapping(usual, name=name)
    return _with(model, said)


def _with(model: ModelSpec, said: list[str]) -> ModelSpec:
    from dataclasses import replace

    mine = tuple(sentence for sentence in model.assumed if "family's default" not in sentence)
    return replace(model, assumed=(*said, *mine))


def _form(keys: Keys):
    config = keys.config
    if "ssm_cfg" in config:
        return mamba
    if "moe_inter_dim" in config or ("n_routed_experts" in config and "dim" in config):
        return deepseek
    if "swiglu_limit" in config:
        return gpt_oss
    if "kv_lora_rank" in config:
        return mistral_latent
    for key, what in (
        ("vision_chunk_size", "Llama 3.2 Vision in its native form"),
        ("moe_args", "Llama 4 in its native form"),
        ("kv_share_target_layers", "Gemma 3n or 4 in ExecuTorch's form"),
    ):
        if key in config:
            raise ConfigError(f"{keys.name}: this is {what} ({key}); give the config.json of the same model")
    return dense


def gpt_oss(keys: Keys) -> tuple[dict[str, Any], list[str]]:
    """gpt-oss beside its `original/` weights: experts in MXFP4, all else in 16 bits.

    Source:
        openai/gpt-oss, `gpt_oss/torch/model.py` (ModelConfig) and `torch/weights.py`.
    """
    keys.ignore("swiglu_limit", "initial_context_length", "rope_ntk_alpha", "rope_ntk_beta")
    usual: dict[str, Any] = {
        "model_type": "gpt_oss",
        "num_hidden_layers": keys.n_layers(),
        "num_local_experts": keys.size("num_experts"),
        "num_experts_per_tok": keys.size("num_experts_per_tok"),
        "attention_bias": True,
        "tie_word_embeddings": False,
    }
    same = ("hidden_size", "intermediate_size", "vocab_size", "head_dim", "num_attention_heads", "num_key_value_heads")
    usual |= {name: keys.size(name) for name in (*same, "sliding_window")}
    kept = ["model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"]
    return usual | {"quantization_config": {"quant_method": "mxfp4", "modules_to_not_convert": kept}}, []


def mamba(keys: Keys) -> tuple[dict[str, Any], list[str]]:
    """Mamba 1 and 2 as mamba-ssm saves them."""
    keys.ignore("rms_norm", "residual_in_fp32", "fused_add_norm", "attn_cfg", "d_intermediate", "tie_embeddings")
    inner = keys.inside("ssm_cfg")
    kind = inner.choice("layer", ("Mamba1", "Mamba2"), default="Mamba1")
    layers, place = keys.raw("attn_layer_idx")
    if layers:
        raise keys.error(place, "attention layers between Mamba's are not understood here; give the config.json")
    keys.expect("d_intermediate", 0)
    step = keys.size("pad_vocab_size_multiple", default=8)
    rows = -(-keys.size("vocab_size") // step) * step
    d_model, expand = keys.size("hidden_size"), inner.size("expand", default=2, most=64)
    usual: dict[str, Any] = {
        "model_type": {"Mamba1": "mamba", "Mamba2": "mamba2"}[kind],
        "hidden_size": d_model,
        "num_hidden_layers": keys.n_layers(),
        "vocab_size": rows,
        "expand": expand,
        "conv_kernel": inner.size("d_conv", default=4, most=4096),
        "tie_word_embeddings": keys.flag("tie_word_embeddings", "tie_embeddings", default=True),
        "use_bias": False,
        "use_conv_bias": True,
    }
    if kind == "Mamba1":
        usual |= {"state_size": inner.size("d_state", default=16), "intermediate_size": expand * d_model}
        usual["time_step_rank"] = -(-d_model // 16)
    else:
        head_dim = inner.size("headdim", default=64)
        usual |= {"state_size": inner.size("d_state", default=128), "head_dim": head_dim}
        usual |= {"num_heads": expand * d_model // head_dim, "n_groups": inner.size("ngroups", default=1)}
    return usual, [f"the table has {rows:,} rows, vocab_size rounded up to a multiple of {step}"]


def deepseek(keys: Keys) -> tuple[dict[str, Any], list[str]]:
    """DeepSeek V2 to V3.2, as their inference code reads them."""
    keys.ignore("dtype", "scale_fmt", "beta_fast", "beta_slow", "rope_factor", "mscale", "original_seq_len")
    keys.ignore("route_scale", "score_func", "n_expert_groups", "n_limited_groups", "gate_temperature")
    keys.ignore("world_size", "score_alpha")
    if keys.has("compress_ratios", "o_groups"):
        return deepseek_v4(keys)
    usual = {
        "model_type": "deepseek_v32" if keys.has("index_n_heads") else "deepseek_v3",
        "hidden_size": keys.size("dim"),
        "intermediate_size": keys.size("inter_dim"),
        "moe_intermediate_size": keys.size("moe_inter_dim"),
        "num_hidden_layers": keys.n_layers(),
        "first_k_dense_replace": keys.count("n_dense_layers", default=1),
        "num_attention_heads": keys.size("num_attention_heads"),
        "n_routed_experts": keys.size("num_experts"),
        "n_shared_experts": keys.count("n_shared_experts", default=2),
        "num_experts_per_tok": keys.size("n_activated_experts"),
        "q_lora_rank": keys.count("q_lora_rank", default=0),
        "kv_lora_rank": keys.size("kv_lora_rank"),
        "qk_nope_head_dim": keys.size("qk_nope_head_dim"),
        "qk_rope_head_dim": keys.size("qk_rope_head_dim"),
        "v_head_dim": keys.size("v_head_dim"),
        "vocab_size": keys.size("vocab_size"),
        "tie_word_embeddings": False,
    }
    if usual["model_type"] == "deepseek_v32":
        for name in ("index_n_heads", "index_head_dim", "index_topk"):
            usual[name] = keys.size(name)
    if not usual["q_lora_rank"]:
        usual |= {"model_type": "deepseek_v2", "q_lora_rank": None}
    return usual, []


def deepseek_v4(keys: Keys) -> tuple[dict[str, Any], list[str]]:
    """DeepSeek V4 as its inference code reads it."""
    keys.ignore("n_hash_layers", "swiglu_limit", "hc_sinkhorn_iters", "hc_eps", "compress_rope_theta", "dtype")
    usual = {
        "model_type": "deepseek_v4",
        "hidden_size": keys.size("dim"),
        "moe_intermediate_size": keys.size("moe_inter_dim"),
        "num_hidden_layers": keys.n_layers(),
        "num_attention_heads": keys.size("num_attention_heads"),
        "qk_rope_head_dim": keys.size("rope_head_dim"),
        "n_routed_experts": keys.size("num_experts"),
        "n_shared_experts": keys.count("n_shared_experts", default=1),
        "num_experts_per_tok": keys.size("n_activated_experts"),
        "sliding_window": keys.size("window_size"),
        "compress_ratios": keys.raw("compress_ratios")[0],
        "vocab_size": keys.size("vocab_size"),
    }
    same = ("head_dim", "q_lora_rank", "o_groups", "o_lora_rank", "index_n_heads", "index_head_dim", "index_topk")
    usual |= {name: keys.size(name) for name in (*same, "hc_mult")}
    if keys.config.get("dtype") == "fp8":  # routed experts apart, as `expert_dtype` says
        usual |= {"quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]}}
    experts, _ = keys.raw("expert_dtype")
    return usual | ({"expert_dtype": experts} if isinstance(experts, str) else {}), []


def mistral_latent(keys: Keys) -> tuple[dict[str, Any], list[str]]:
    """Mistral Large 3: DeepSeek's layers in Mistral's words."""
    moe = keys.inside("moe")
    moe.ignore("num_expert_groups", "num_expert_groups_per_tok", "routed_scale", "route_every_n", "num_shared_experts")
    keys.ignore("head_dim", "n_kv_heads", "num_key_value_heads", "tied_embeddings", "vision_encoder")
    usual = {
        "model_type": "deepseek_v3",
        "hidden_size": keys.size("dim"),
        "intermediate_size": keys.size("hidden_dim"),
        "moe_intermediate_size": moe.size("expert_hidden_dim"),
        "num_hidden_layers": keys.n_layers(),
        "first_k_dense_replace": moe.count("first_k_dense_replace", default=0),
        "num_attention_heads": keys.size("num_attention_heads"),
        "n_routed_experts": moe.size("num_experts"),
        "n_shared_experts": moe.count("n_shared_experts", default=0),
        "num_experts_per_tok": moe.size("num_experts_per_tok"),
        "tie_word_embeddings": keys.flag("tied_embeddings", default=False),
        "vocab_size": keys.size("vocab_size"),
        "q_lora_rank": keys.size("q_lora_rank"),
    }
    for name in ("kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"):
        usual[name] = keys.size(name)
    return _with_pixtral(keys, usual, "mistral3"), []


def dense(keys: Keys) -> tuple[dict[str, Any], list[str]]:
    """Llama's form, as Mistral (experts, a vision encoder) and ExecuTorch (biases, norms, convolutions) extend it."""
    said: list[str] = []
    d_model, n_heads = keys.size("dim"), keys.size("num_attention_heads")
    rows = keys.config.get("vocab_size")
    if rows == -1 or rows is None:
        keys.ignore("vocab_size")
        rows = LLAMA_TABLE
        said.append(f"vocab_size = {rows} (its tokenizer's; the file leaves it open)")
    else:
        rows = keys.size("vocab_size")
    keys.ignore("model_type", "architectures")
    usual = {
        "model_type": keys.config.get("model_type") or "llama",
        "hidden_size": d_model,
        "num_hidden_layers": keys.n_layers(),
        "num_attention_heads": n_heads,
        "num_key_value_heads": keys.size("num_key_value_heads", default=n_heads, why="as many as query heads"),
        "intermediate_size": _hidden(keys, d_model),
        "vocab_size": rows,
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": keys.flag("tied_embeddings", default=False),
    }
    for name in ("head_dim", "sliding_window"):
        if keys.has(name):
            usual[name] = keys.size(name)
    if "sliding_window" in usual:
        usual["model_type"] = "mistral"
    if keys.has("moe"):
        moe = keys.inside("moe")
        usual |= {"model_type": "mixtral", "num_local_experts": moe.size("num_experts")}
        usual["num_experts_per_tok"] = moe.size("num_experts_per_tok")
    usual = _executorch(keys, usual)
    if not keys.has("tied_embeddings") and not usual["tie_word_embeddings"]:
        said.append("tied_embeddings is absent; counted with an output head of its own")
    return _with_pixtral(keys, usual, "llava"), said


def _hidden(keys: Keys, d_model: int) -> int:
    """Llama's rule where the width is not given: two thirds of 4 d, times a factor, rounded up."""
    step, factor = keys.size("multiple_of", default=256, why="Llama's"), 1.0
    if keys.has("ffn_dim_multiplier"):
        factor = keys.number("ffn_dim_multiplier", 1.0)
    if keys.has("hidden_dim"):
        return keys.size("hidden_dim")
    return -(-int(factor * int(8 * d_model / 3)) // step) * step


def _executorch(keys: Keys, usual: dict[str, Any]) -> dict[str, Any]:
    """What ExecuTorch adds to Llama's form, as the family that it stands for."""
    n_layers, layers = usual["num_hidden_layers"], keys.config.get("layer_types")
    keys.ignore("layer_types", "post_attention_norm", "post_ffn_norm", "norm_type", "use_q_gate", "model_architecture")
    bias = keys.flag("attention_qkv_bias", default=False) if keys.has("attention_qkv_bias") else False
    qk_norm = keys.flag("use_qk_norm", default=False) if keys.has("use_qk_norm") else False
    code, norm = keys.config.get("model_architecture"), keys.config.get("norm_type")
    if code == "CodeGenModel" and norm == "layernorm":
        keys.ignore("output_bias", "use_ffn_norm")
        return _family({name: value for name, value in usual.items() if name != "num_key_value_heads"}, "codegen")
    if code not in (None, "LlamaForCausalLM", "GlmForCausalLM"):
        raise keys.error("model_architecture", "only Llama's and GLM's are understood here; give the config.json")
    if norm not in (None, "rmsnorm", "gemma3"):
        raise keys.error("norm_type", "norms of this kind are not understood here; give the config.json")
    if norm == "gemma3":
        kinds = {"layer_types": layers[:n_layers]} if isinstance(layers, list) else {}
        post_norm = bool(keys.config.get("post_attention_norm"))
        family = "gemma3_text" if qk_norm else "gemma2" if post_norm else "gemma"
        return _family(usual, family, tie_word_embeddings=True, **kinds)
    if layers is not None:
        if not isinstance(layers, list) or len(layers) < n_layers:
            raise keys.error("layer_types", f"give a list with one entry for each of the {n_layers} layers")
        if "conv" in layers:
            keys.ignore("conv_cache_len")
            shape = {"layer_types": layers[:n_layers], "conv_L_cache": 3, "block_auto_adjust_ff_dim": False}
            return _family(usual, "lfm2", tie_word_embeddings=True, **shape)
        linear = {name: keys.size(name) for name in LINEAR if keys.has(name)}
        if len(linear) < len(LINEAR):
            raise keys.error("layer_types", "these kinds are not understood in a params.json; give the config.json")
        return _family(usual, "qwen3_5_text", layer_types=layers[:n_layers], **linear)
    if code == "GlmForCausalLM":
        return _family(usual, "glm", attention_bias=bias)
    if qk_norm:
        return usual | {"model_type": "qwen3", "attention_bias": bias}
    return usual | ({"model_type": "qwen2"} if bias else {})


LINEAR = (
    "linear_conv_kernel_dim",
    "linear_key_head_dim",
    "linear_value_head_dim",
    "linear_num_key_heads",
    "linear_num_value_heads",
)


def _family(usual: dict[str, Any], family: str, **more) -> dict[str, Any]:
    """The same sizes as another family's, with what that family adds."""
    sizes = {name: value for name, value in usual.items() if name not in ("attention_bias", "mlp_bias")}
    return {**sizes, "model_type": family, **more}


def _with_pixtral(keys: Keys, usual: dict[str, Any], plain: str) -> dict[str, Any]:
    """Mistral's vision encoder, where there is one: Pixtral 12B joins it by two layers with biases, later models merge
    patches first."""
    keys.ignore("vision_encoder")
    if not keys.has("vision_encoder"):
        return usual
    seen = keys.inside("vision_encoder")
    merges = seen.config.get("mm_projector_id") == "patch_merge" or seen.has("spatial_merge_size")
    bias = seen.flag("adapter_bias", default=True)
    merging = {"spatial_merge_size": seen.config["spatial_merge_size"]} if seen.has("spatial_merge_size") else {}
    return {
        "model_type": "mistral3" if merges else plain,
        "multimodal_projector_bias": bias and not merges,
        **merging,
        "text_config": usual | ({"model_type": "mistral"} if usual["model_type"] == "llama" else {}),
        "tie_word_embeddings": usual["tie_word_embeddings"],
        "vision_config": {**seen.config, "model_type": "pixtral"},
    }
