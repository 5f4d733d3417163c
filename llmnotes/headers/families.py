"""The families that are read from GGUF, and what the files of some of them say in ways of their own."""

from collections.abc import Callable, Mapping
from typing import Any

from llmnotes.config.keys import ConfigError
from llmnotes.headers.stated import File, head_dim

# `general.architecture` -> `model_type` of the family that has its shape.
FAMILIES = {
    "afmoe": "afmoe",
    "apertus": "apertus",
    "arcee": "arcee",
    "baichuan": "baichuan",
    "bailingmoe": "bailing_moe",
    "bailingmoe2": "bailing_moe",
    "bert": "bert",
    "bitnet": "bitnet",
    "bloom": "bloom",
    "chatglm": "glm",
    "cohere2": "cohere2",
    "cohere2moe": "cohere2_moe",
    "command-r": "cohere",
    "dbrx": "dbrx",
    "deci": "nemotron-nas",
    "deepseek": "deepseek",
    "deepseek2": "deepseek_v2",
    "deepseek32": "deepseek_v32",
    "deepseek4": "deepseek_v4",
    "dots1": "dots1",
    "dots3note": "dots3_note_text",
    "dream": "Dream",
    "ernie4_5": "ernie4_5",
    "ernie4_5-moe": "ernie4_5_moe",
    "eurobert": "eurobert",
    "exaone": "llama",
    "exaone-moe": "exaone_moe",
    "exaone4": "exaone4",
    "falcon": "falcon",
    "falcon-h1": "falcon_h1",
    "gemma": "gemma",
    "gemma-embedding": "gemma3_text",
    "gemma2": "gemma2",
    "gemma3": "gemma3_text",
    "gemma3n": "gemma3n_text",
    "gemma4": "gemma4_text",
    "glm-dsa": "glm_moe_dsa",
    "glm4": "glm4",
    "glm4moe": "glm4_moe",
    "glm5-next": "glm5_next_text",
    "gpt-oss": "gpt_oss",
    "gpt2": "gpt2",
    "gptneox": "gpt_neox",
    "granite": "granite",
    "granite_swa": "granite_swa",
    "granitehybrid": "granitemoehybrid",
    "granitemoe": "granitemoe",
    "grok": "grok-1",
    "hunyuan-dense": "hunyuan_v1_dense",
    "hunyuan-moe": "hunyuan_v1_moe",
    "hunyuan_vl": "hunyuan_v1_dense",
    "hy_v3": "hy_v3",
    "internlm2": "llama",
    "jais2": "jais2",
    "jamba": "jamba",
    "jina-bert-v2": "gte",
    "jina-bert-v3": "jina_embeddings_v3",
    "laguna": "laguna",
    "kimi-linear": "kimi_linear",
    "lfm2": "lfm2",
    "lfm2moe": "lfm2_moe",
    "llama": "llama",
    "llama4": "llama4_text",
    "llada": "llada",
    "mamba": "mamba",
    "mamba2": "mamba2",
    "mellum": "mellum",
    "mimo2": "mimo_v2_flash",
    "minicpm": "llama",
    "minicpm3": "minicpm3",
    "minimax-01": "minimax",
    "minimax-m2": "minimax_m2",
    "minimax-m3": "minimax_m3_vl_text",
    "mistral3": "ministral3",
    "mistral4": "mistral4",
    "modern-bert": "modernbert",
    "mpt": "mpt",
    "nemotron": "nemotron",
    "nemotron_h": "nemotron_h",
    "nemotron_h_moe": "nemotron_h",
    "nomic-bert": "nomic_bert",
    "olmo": "olmo",
    "olmo2": "olmo2",
    "olmoe": "olmoe",
    "orion": "orion",
    "paddleocr": "ernie4_5",
    "pangu-embedded": "llama",
    "phi2": "phi",
    "phi3": "phi3",
    "phimoe": "phimoe",
    "qwen": "qwen2",
    "qwen2": "qwen2",
    "qwen2moe": "qwen2_moe",
    "qwen2vl": "qwen2",
    "qwen3": "qwen3",
    "qwen35": "qwen3_5_text",
    "qwen35moe": "qwen3_5_moe_text",
    "qwen3moe": "qwen3_moe",
    "qwen3next": "qwen3_next",
    "qwen3vl": "qwen3",
    "qwen3vlmoe": "qwen3_moe",
    "seed_oss": "seed_oss",
    "smollm3": "smollm3",
    "stablelm": "stablelm",
    "starcoder": "gpt_bigcode",
    "starcoder2": "starcoder2",
    "step35": "step3p5",
    "t5": "t5",
    "t5encoder": "t5",
    "xverse": "llama",
}

MOST = 2**24  # heads, or neurons of a layer: more are no model's


def _delta_rule(file: File) -> Mapping[str, Any]:
    keys = file.keys
    n_heads = keys.size("ssm.time_step_rank")
    return {
        "layer_types": file.kinds("ssm_a", "linear_attention", "full_attention"),
        "linear_conv_kernel_dim": keys.size("ssm.conv_kernel"),
        "linear_num_key_heads": keys.size("ssm.group_count"),
        "linear_key_head_dim": keys.size("ssm.state_size"),
        "linear_num_value_heads": n_heads,
        "linear_value_head_dim": keys.size("ssm.inner_size") // n_heads,
    }


def _kimi_delta(file: File) -> Mapping[str, Any]:
    return {
        "layer_types": file.kinds("ssm_a", "linear_attention", "full_attention"),
        "linear_num_heads": file.shape("ssm_beta.weight")[0],
        "linear_head_dim": file.keys.size("kda.head_dim"),
        "linear_conv_kernel_dim": file.keys.size("ssm.conv_kernel"),
    }


def _indexed(file: File) -> Mapping[str, Any]:
    keys = file.keys
    found: dict[str, Any] = {
        "index_n_heads": keys.size("attention.indexer.head_count"),
        "index_head_dim": keys.size("attention.indexer.key_length"),
        "index_topk": keys.size("attention.indexer.top_k"),
    }
    if file.has("indexer.attn_k.weight"):
        found["indexer_types"] = file.kinds("indexer.attn_k.weight", "full", "shared")
    return found


def _pooled(file: File) -> Mapping[str, Any]:
    """Delta attention, and among it latent attention over pools of tokens, in parallel streams."""
    keys = file.keys
    own = ["full" if one else "shared" for one in file.flags("attention.indexer.types")]
    return {
        **_kimi_delta(file),
        **_indexed(file),
        "layer_types": file.kinds("ssm_a", "linear_attention", "indexed_attention"),
        "indexer_types": own or None,
        "index_kpool": keys.size("attention.indexer.kpool"),
        "hc_mult": keys.size("hyper_connection.count"),
    }


def _compressed(file: File) -> Mapping[str, Any]:
    """A past of which some layers keep an entry for so many tokens, and some of these pick among their entries."""
    keys = file.keys
    compressing, picking = file.all_layers("attn_compressor_kv.weight"), file.all_layers("indexer.proj.weight")
    kinds = ["sliding_attention"] * file.n_layers
    for kind, layers in (("heavily_compressed_attention", compressing), ("compressed_sparse_attention", picking)):
        for index in layers:
            kinds[index] = kind
    ratios, name = keys.raw("attention.compress_ratios")
    if not isinstance(ratios, list) or len(ratios) < file.n_layers:
        raise keys.error(name, f"give one for each of the {file.n_layers} layers")
    return {
        **_indexed(file),
        "layer_types": kinds,
        "compress_rates": {kinds[index]: ratios[index] for index in compressing},
        "o_groups": keys.size("attention.output_group_count"),
        "o_lora_rank": keys.size("attention.output_lora_rank"),
        "q_lora_rank": keys.size("attention.q_lora_rank"),
        "hc_mult": keys.size("hyper_connection.count"),
    }


def _short_convolution(file: File) -> Mapping[str, Any]:
    return {
        "layer_types": file.kinds("shortconv.conv.weight", "conv", "full_attention"),
        "conv_L_cache": file.keys.size("shortconv.l_cache"),
        "conv_bias": file.has("shortconv.conv.bias"),
        "block_auto_adjust_ff_dim": False,  # the width is the one after it was adjusted
    }


def _shared_width(file: File) -> int:
    return file.shape("ffn_down_shexp.weight")[1] if file.has("ffn_down_shexp.weight") else 0


def _granite_hybrid(file: File) -> Mapping[str, Any]:
    dense = file.has("ffn_down.weight")
    found: dict[str, Any] = {"num_experts": 0} if dense else {}
    found |= {
        "layer_types": file.kinds("ssm_a", "mamba", "attention"),
        "shared_intermediate_size": file.shape("ffn_down.weight")[1] if dense else _shared_width(file),
    }
    width = head_dim(file)
    if width and file.has("attn_k.weight"):
        found["num_key_value_heads"] = file.shape("attn_k.weight")[0] // width
    return found


def _granite_moe(file: File) -> Mapping[str, Any]:
    shared = _shared_width(file)
    return {"model_type": "granitemoeshared", "shared_intermediate_size": shared} if shared else {}


def _granite_windowed(file: File) -> Mapping[str, Any]:
    if not file.has("ffn_down_exps.weight"):
        return {}
    return {"model_type": "granitemoe_swa", "shared_intermediate_size": _shared_width(file)}


def _llama(file: File) -> Mapping[str, Any]:
    return {"model_type": "mixtral"} if file.has("ffn_down_exps.weight") else {}


def _llama4(file: File) -> Mapping[str, Any]:
    return {
        "intermediate_size": file.shape("ffn_down_exps.weight", n_dims=3)[2],
        "intermediate_size_mlp": file.each("feed_forward_length"),
        "moe_layers": file.all_layers("ffn_down_exps.weight"),
    }


def _experts_alone(file: File) -> Mapping[str, Any]:
    """Families whose one width is that of an expert."""
    return {"intermediate_size": file.shape("ffn_down_exps.weight", n_dims=3)[2]}


def _minimax(file: File) -> Mapping[str, Any]:
    return {**_experts_alone(file), "layer_types": file.kinds("attn_qkv.weight", "linear_attention", "full_attention")}


def _minimax_m3(file: File) -> Mapping[str, Any]:
    keys = file.keys
    return {
        **_experts_alone(file),
        "dense_intermediate_size": file.shape("ffn_down.weight")[1] if file.has("ffn_down.weight") else None,
        "shared_intermediate_size": _shared_width(file),
        "n_shared_experts": 1,  # one tensor, as wide as all together
        "layer_types": file.kinds("indexer.q_proj.weight", "minimax_m3_sparse", "full_attention"),
        "index_n_heads": keys.size("attention.indexer.head_count"),
        "index_head_dim": keys.size("attention.indexer.key_length"),
        "index_topk_blocks": keys.size("attention.indexer.top_k"),
        "index_block_size": keys.size("attention.indexer.block_size"),
    }


def _cohere_moe(file: File) -> Mapping[str, Any]:
    return {**_experts_alone(file), "prefix_dense_intermediate_size": file.each("feed_forward_length")}


def _ernie_moe(file: File) -> Mapping[str, Any]:
    file.shape("ffn_down_exps.weight", n_dims=3)
    sparse = file.all_layers("ffn_down_exps.weight")
    return {
        "moe_layer_start_index": sparse[0],
        "moe_layer_end_index": sparse[-1],
        "moe_layer_interval": file.keys.size("interleave_moe_layer_step", default=1),
    }


def _dbrx(file: File) -> Mapping[str, Any]:
    n_experts, _, width = file.shape("ffn_down_exps.weight", n_dims=3)
    n_active = file.keys.size("expert_used_count")
    return {
        "attn_config": {"kv_n_heads": file.each("attention.head_count_kv")},
        "ffn_config": {"ffn_hidden_size": width, "moe_num_experts": n_experts, "moe_top_k": n_active},
    }


def _jamba(file: File) -> Mapping[str, Any]:
    attending, sparse = file.all_layers("attn_q.weight"), file.all_layers("ffn_down_exps.weight")
    found: dict[str, Any] = {"num_experts": 1} if not sparse else {}
    for name, layers in (("attn_layer", attending), ("expert_layer", sparse)):
        if not layers:
            continue
        period = layers[1] - layers[0] if len(layers) > 1 else file.n_layers
        if layers != list(range(layers[0], file.n_layers, period)):
            raise ConfigError(f"{file.name}: its layers follow no period; give the config.json of the model")
        found |= {f"{name}_offset": layers[0], f"{name}_period": period}
    return found


def _laguna(file: File) -> Mapping[str, Any]:
    n_heads, width = file.each("attention.head_count"), file.keys.size("attention.key_length")
    return {
        "num_attention_heads": min(n_heads) if isinstance(n_heads, list) else n_heads,
        "num_attention_heads_per_layer": n_heads if isinstance(n_heads, list) else None,
        "gating": file.shape("attn_gate.weight")[0] == file.shape("attn_q.weight")[0] // width,
    }


def _mamba(file: File) -> Mapping[str, Any]:
    keys = file.keys
    normed, _ = keys.raw("ssm.dt_b_c_rms")
    return {
        "model_type": "falcon_mamba" if normed else "mamba",
        "intermediate_size": keys.size("ssm.inner_size"),
        "time_step_rank": keys.size("ssm.time_step_rank"),
    }


def _mamba2(file: File) -> Mapping[str, Any]:
    d_inner, n_heads = file.keys.size("ssm.inner_size"), file.keys.size("ssm.time_step_rank")
    return {
        "expand": d_inner // file.d_model,
        "num_attention_heads": n_heads,
        "head_dim": d_inner // n_heads,
    }


def _nemotron_h(file: File) -> Mapping[str, Any]:
    keys = file.keys
    parts = {"ssm_a": "mamba", "attn_q.weight": "attention", "ffn_gate_inp.weight": "moe", "ffn_up.weight": "mlp"}
    of = {index: kind for part, kind in reversed(parts.items()) for index in file.all_layers(part)}
    d_inner, n_heads = keys.size("ssm.inner_size"), keys.size("ssm.time_step_rank")
    return {
        "layers_block_type": [of.get(index) for index in range(file.n_layers)],
        "mamba_num_heads": n_heads,
        "mamba_head_dim": d_inner // n_heads,
        "ssm_state_size": keys.size("ssm.state_size"),
        "moe_shared_expert_intermediate_size": _shared_width(file) or None,
        "moe_latent_size": keys.size("moe_latent_size") if keys.has("moe_latent_size") else None,
    }


def _narrow_embeddings(file: File) -> Mapping[str, Any]:
    """An embedding for each layer, and upper layers that read the cache of lower ones."""
    keys, table = file.keys, "per_layer_token_embd.weight"
    return {
        "hidden_size_per_layer_input": keys.count("embedding_length_per_layer_input", default=0),
        "vocab_size_per_layer_input": file.sized(table)[0] if table in file.tensors else None,
        "num_kv_shared_layers": keys.count("attention.shared_kv_layers", default=0),
    }


def _gemma3n(file: File) -> Mapping[str, Any]:
    return {
        **_narrow_embeddings(file),
        "altup_num_inputs": file.keys.size("altup.num_inputs"),
        "laurel_rank": file.shape("laurel_l.weight")[0],
    }


def _gemma3(file: File) -> Mapping[str, Any]:
    return {"use_bidirectional_attention": True} if file.architecture == "gemma-embedding" else {}


def _gemma4(file: File) -> Mapping[str, Any]:
    keys = file.keys
    widths = file.each("feed_forward_length")
    n_kv_heads, n_global_kv_heads = _by_window(file, "attention.head_count_kv")
    values = set(file.all_layers("attn_v.weight"))
    return {
        **_narrow_embeddings(file),
        "intermediate_size": min(widths) if isinstance(widths, list) else widths,
        "use_double_wide_mlp": isinstance(widths, list),
        "head_dim": keys.size("attention.key_length_swa", "attention.key_length"),
        "global_head_dim": keys.size("attention.key_length"),
        "num_key_value_heads": n_kv_heads,
        "num_global_key_value_heads": n_global_kv_heads,
        "attention_k_eq_v": not values.issuperset(file.all_layers("attn_k.weight")),
        "enable_moe_block": file.has("ffn_down_exps.weight"),
        "top_k_experts": keys.size("expert_used_count") if file.has("ffn_down_exps.weight") else None,
    }


def _by_window(file: File, name: str) -> tuple[Any, Any]:
    """A size that layers with a window have, and the one of those without, which may be the same."""
    stated, windowed = file.each(name), file.flags("attention.sliding_window_pattern")
    if not isinstance(stated, list) or len(stated) != len(windowed):
        return stated, stated
    of = dict(zip(windowed, stated, strict=True))
    return of.get(True), of.get(False)


def _mimo(file: File) -> Mapping[str, Any]:
    keys = file.keys
    swa_heads, heads = _by_window(file, "attention.head_count")
    swa_kv_heads, kv_heads = _by_window(file, "attention.head_count_kv")
    key, value = keys.size("attention.key_length"), keys.size("attention.value_length")
    return {
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "v_head_dim": value,
        "swa_num_attention_heads": swa_heads,
        "swa_num_key_value_heads": swa_kv_heads,
        "swa_head_dim": key,
        "swa_v_head_dim": value,
    }


def _dots(file: File) -> Mapping[str, Any]:
    """Latent attention over picked tokens, and of another shape within a window."""
    keys = file.keys
    swa_heads, heads = _by_window(file, "attention.head_count")
    width, rope = keys.size("attention.key_length_mla_swa"), keys.size("rope.dimension_count")
    return {
        **_indexed(file),
        "indexer_types": None,
        "layer_types": file.kinds("indexer.proj.weight", "indexed_attention", "sliding_attention"),
        "num_attention_heads": heads,
        "num_key_value_heads": heads,
        "swa_num_attention_heads": swa_heads,
        "swa_q_lora_rank": keys.size("attention.q_lora_rank"),
        "swa_kv_lora_rank": keys.size("attention.kv_lora_rank_swa"),
        "swa_head_dim": width,
        "swa_qk_nope_head_dim": width - rope,
        "swa_v_head_dim": keys.size("attention.value_length_mla_swa"),
        "n_shared_experts": 1,  # one tensor, as wide as all together
        "shared_expert_intermediate_size": None,
        "shared_experts_intermediate_size": _shared_width(file) or None,
    }


def _step(file: File) -> Mapping[str, Any]:
    swa_heads, heads = _by_window(file, "attention.head_count")
    return {
        "num_attention_heads": heads,
        "num_sliding_attention_heads": swa_heads,
        "share_expert_dim": _shared_width(file),
    }


def _falcon(file: File) -> Mapping[str, Any]:
    grouped = file.has("attn_norm_2.weight")
    return {
        "new_decoder_architecture": grouped,
        "multi_query": file.each("attention.head_count_kv") == 1,
        "ffn_hidden_size": file.each("feed_forward_length"),
    }


def _olmo(file: File) -> Mapping[str, Any]:
    return {"model_type": "olmo3"} if file.each("attention.sliding_window") else {}


def _deepseek(file: File) -> Mapping[str, Any]:
    return {} if file.has("ffn_down_exps.weight") else {"model_type": "youtu"}


def _searched(file: File) -> Mapping[str, Any]:
    """Each layer has its own number of KV heads and its own width, or 0 where it has no such part."""
    keys, n_heads = file.keys, file.each("attention.head_count")
    sizes = []
    for name in ("attention.head_count_kv", "feed_forward_length"):
        sizes.append(keys.indices(name, MOST))
        if len(sizes[-1]) != file.n_layers:
            raise keys.error(name, f"give one for each of the {file.n_layers} layers")
    if not isinstance(n_heads, int):
        raise keys.error("attention.head_count", "only one number for all layers that attend is understood")
    return {
        "num_key_value_heads": None,
        "intermediate_size": None,
        "block_configs": [
            {
                "attention": {"n_heads_in_group": n_heads // kv} if kv else {"no_op": True},
                "ffn": {"ffn_mult": 3 * width / (2 * file.d_model)} if width else {"no_op": True},
            }
            for kv, width in zip(*sizes, strict=True)
        ],
    }


def _grok(file: File) -> Mapping[str, Any]:
    dense = file.has("ffn_down.weight")
    return {"residual_moe": True} if dense else _experts_alone(file)


def _bigcode(file: File) -> Mapping[str, Any]:
    return {"multi_query": file.each("attention.head_count_kv") == 1}


def _bert(file: File) -> Mapping[str, Any]:
    """Rows of positions and segments, where there are tables of them; the converter leaves out what pools."""
    return {
        "add_pooling_layer": False,
        "max_position_embeddings": _rows(file, "position_embd.weight") or file.keys.size("max_position_embeddings"),
        "type_vocab_size": _rows(file, "token_types.weight"),
    }


def _rows(file: File, table: str) -> int:
    return file.sized(table)[0] if table in file.tensors else 0


def _t5(file: File) -> Mapping[str, Any]:
    """Two stacks with names of their own, or the encoder alone."""
    keys, named = file.keys, file.tensors
    each = "enc.blk.1.attn_rel_b.weight" in named
    alone = not any(name.startswith("dec.") for name in named)
    return {
        "model_type": "umt5" if each else "t5",
        "architectures": ["T5EncoderModel"] if alone else None,
        "num_decoder_layers": None if alone else keys.size("decoder_block_count", default=file.n_layers),
        "d_kv": keys.size("attention.key_length"),
        "d_ff": file.each("feed_forward_length"),
        "relative_attention_num_buckets": keys.size("attention.relative_buckets_count"),
        "feed_forward_proj": "gated-gelu" if "enc.blk.0.ffn_gate.weight" in named else "relu",
        "head_dim": None,
    }


# What a family's files say in ways of their own.
MORE: dict[str, Callable[[File], Mapping[str, Any]]] = {
    "bert": _bert,
    "cohere2_moe": _cohere_moe,
    "dbrx": _dbrx,
    "deepseek_v2": _deepseek,
    "deepseek_v32": _indexed,
    "deepseek_v4": _compressed,
    "dots3_note_text": _dots,
    "ernie4_5_moe": _ernie_moe,
    "falcon": _falcon,
    "gemma3_text": _gemma3,
    "gemma3n_text": _gemma3n,
    "gemma4_text": _gemma4,
    "glm5_next_text": _pooled,
    "glm_moe_dsa": _indexed,
    "gte": _bert,
    "gpt_bigcode": _bigcode,
    "gpt_oss": _experts_alone,
    "granite_swa": _granite_windowed,
    "granitemoe": _granite_moe,
    "granitemoehybrid": _granite_hybrid,
    "grok-1": _grok,
    "hunyuan_v1_moe": _experts_alone,
    "jamba": _jamba,
    "jina_embeddings_v3": _bert,
    "kimi_linear": _kimi_delta,
    "laguna": _laguna,
    "lfm2": _short_convolution,
    "lfm2_moe": _short_convolution,
    "llama": _llama,
    "llama4_text": _llama4,
    "mamba": _mamba,
    "mamba2": _mamba2,
    "mimo_v2_flash": _mimo,
    "minimax": _minimax,
    "minimax_m2": _experts_alone,
    "minimax_m3_vl_text": _minimax_m3,
    "nemotron-nas": _searched,
    "nemotron_h": _nemotron_h,
    "nomic_bert": _bert,
    "phimoe": _experts_alone,
    "olmo2": _olmo,
    "qwen3_5_moe_text": _delta_rule,
    "qwen3_5_text": _delta_rule,
    "qwen3_next": _delta_rule,
    "step3p5": _step,
    "t5": _t5,
}
