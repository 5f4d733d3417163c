"""What the GGUF files of some families say in ways of their own."""

from collections.abc import Callable, Mapping
from typing import Any

from llmnotes.config.keys import ConfigError
from llmnotes.headers.stated import File, head_dim

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


def _over_blocks(file: File) -> Mapping[str, Any]:
    """Delta attention, and among it attention over blocks; gated streams; tables of n-grams, padded to their rows.

    Source: llama.cpp, `conversion/qwen4exp.py` and `src/models/qwen4exp.cpp`.
    """
    keys = file.keys
    found: dict[str, Any] = {
        **_delta_rule(file),
        "hc_count": keys.size("hyper_connection.count"),
        "hc_lowrank": keys.size("hyper_connection.low_rank"),
        "indexer_n_heads": keys.size("attention.indexer.head_count"),
        "indexer_head_dim": keys.size("attention.indexer.key_length"),
        "indexer_budget": keys.size("attention.indexer.top_k"),
        "indexer_compress_ratio": max(keys.indices("attention.compress_ratios", MOST), default=0),
    }
    layers = keys.indices("ple.layers", file.n_layers)
    table = "per_layer_token_embd.weight"
    if not layers or table not in file.tensors:
        return found
    size, each = keys.size("ple.ngram_size"), keys.size("ple.heads_per_ngram")
    rows, columns = file.sized(table)
    return found | {
        "ple_layer_ids": [index + 1 for index in layers],
        "ngram_size": size,
        "heads_per_ngram": each,
        "ple_conv_kernel_size": keys.size("ple.conv_kernel"),
        "ple_embed_dim": (size - 1) * each * columns,
        "ngram_vocab_size_base": min(keys.indices("ple.head_vocab_sizes", 2**31), default=0),
        "make_ngram_vocab_size_divisible_by": rows,
    }


def _kimi_delta(file: File) -> Mapping[str, Any]:
    return {
        "layer_types": file.kinds("ssm_a", "linear_attention", "full_attention"),
        "linear_num_heads": file.shape("ssm_beta.weight")[0],
        "linear_head_dim": file.keys.size("kda.head_dim"),
        "linear_conv_kernel_dim": file.keys.size("ssm.conv_kernel"),
    }


def _kimi(file: File) -> Mapping[str, Any]:
    """Kimi Linear; Kimi K3 with full gates, experts in a narrower space and residual sums that are mixed anew.

    Source: llama.cpp, `conversion/kimi_k3.py` and `src/models/kimi-k3.cpp`.
    """
    keys = file.keys
    return {
        **_kimi_delta(file),
        "linear_attn_config": {"use_full_rank_gate": file.has("ssm_g.weight")},
        "mla_use_output_gate": file.has("attn_gate.weight"),
        "routed_expert_hidden_size": keys.size("expert_latent_length") if keys.has("expert_latent_length") else None,
        "latent_moe_use_norm": file.has("ffn_routed_norm.weight"),
        "attn_res_block_size": keys.size("attn_res.block_size") if keys.has("attn_res.block_size") else None,
    }


def _on_streams(file: File) -> Mapping[str, Any]:
    """Attention over picked tokens, on parallel residual streams."""
    return {**_indexed(file), "hc_mult": file.keys.size("hyper_connection.count")}


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


def _state_matrices(file: File) -> Mapping[str, Any]:
    """RWKV-6: two ranks, of which the converter gives both by the width alone."""
    return {
        "head_size": file.keys.size("wkv.head_size"),
        "lora_rank_tokenshift": file.keys.size("time_mix_extra_dim"),
        "lora_rank_decay": file.keys.size("time_decay_extra_dim"),
    }


def _generalized_delta(file: File) -> Mapping[str, Any]:
    keys = file.keys
    ranks = {"decay": "decay", "a": "iclr", "gate": "gate", "v": "value_residual_mix"}
    return {
        "head_dim": keys.size("wkv.head_size"),
        **{f"{mine}_low_rank_dim": keys.size(f"attention.{theirs}_lora_rank") for mine, theirs in ranks.items()},
    }


def _each_layer(file: File) -> Mapping[str, Any]:
    """OpenELM: numbers for each layer; widths as multiples of the model's."""
    n_layers = file.n_layers

    def listed(name: str) -> list[Any]:
        found = file.each(name)
        return found if isinstance(found, list) else [found] * n_layers

    return {
        "num_attention_heads": None,
        "num_key_value_heads": listed("attention.head_count_kv"),
        "intermediate_size": None,
        "num_query_heads": listed("attention.head_count"),
        "ffn_multipliers": [
            width / file.d_model if isinstance(width, int) else width for width in listed("feed_forward_length")
        ],
        "ffn_dim_divisor": 1,
        "normalize_qk_projections": file.has("attn_q_norm.weight"),
        "share_input_output_layers": "output.weight" not in file.tensors,
    }


def _smallthinker(file: File) -> Mapping[str, Any]:
    """The file says no window of a layer: llama.cpp has one in three of four (src/models/smallthinker.cpp)."""
    windowed = file.keys.has("attention.sliding_window")
    return {
        "moe_ffn_hidden_size": file.shape("ffn_down_exps.weight", n_dims=3)[2],
        "sliding_window_layout": [int(windowed and index % 4 > 0) for index in range(file.n_layers)],
    }


def _arctic(file: File) -> Mapping[str, Any]:
    return {
        **_experts_alone(file),
        "moe_layer_frequency": 1,
        "parallel_attn_mlp_res": file.has("ffn_norm_exps.weight"),
    }


def _plamo(file: File) -> Mapping[str, Any]:
    keys = file.keys
    return {"n_shared_head": keys.size("attention.head_count") // keys.size("attention.head_count_kv")}


def _llada_moe(file: File) -> Mapping[str, Any]:
    return {"expert_intermediate_size": file.shape("ffn_down_exps.weight", n_dims=3)[2]}


def _nomic(file: File) -> Mapping[str, Any]:
    """The bias of the experts' sum is not in the file (conversion/bert.py)."""
    found = {**_bert(file), "qkv_proj_bias": file.has("attn_qkv.bias"), "mlp_fc1_bias": file.has("ffn_up.bias")}
    if not file.has("ffn_down_exps.weight"):
        return found
    return {**found, "moe_every_n_layers": file.keys.size("moe_every_n_layers"), "mlp_experts_bias": False}


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
    "arctic": _arctic,
    "bailing_hybrid": _kimi_delta,
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
    "hy_v4": _on_streams,
    "jamba": _jamba,
    "jina_embeddings_v3": _bert,
    "kimi_linear": _kimi,
    "laguna": _laguna,
    "lfm2": _short_convolution,
    "lfm2_moe": _short_convolution,
    "lladamoe": _llada_moe,
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
    "nomic_bert": _nomic,
    "openelm": _each_layer,
    "phimoe": _experts_alone,
    "olmo2": _olmo,
    "plamo": _plamo,
    "qwen3_5_moe_text": _delta_rule,
    "qwen3_5_text": _delta_rule,
    "qwen3_next": _delta_rule,
    "qwen4_exp_text": _over_blocks,
    "rwkv6": _state_matrices,
    "rwkv7": _generalized_delta,
    "smallthinker": _smallthinker,
    "step3p5": _step,
    "t5": _t5,
}
