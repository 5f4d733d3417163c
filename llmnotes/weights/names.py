"""What the published files of a family call its tensors: Llama's names, and where a family differs.

A style maps roles (of `matrices`) to module names; a tuple of roles is one matrix that holds them one after another.
`layer` stands before what belongs to a layer, `{i}` is the layer and `{e}` the expert; a name of experts without
`{e}` is one tensor that holds all of them.

Source:
    Names under which transformers 5.24.0 saves each family, listed by `tests/truth/state_dicts.py`; those of
    DeepSeek-V4, MiniMax-M3 and Kimi are their authors', as the headers of their files and the lists of quantized ones
    give them.
"""

from llmnotes.config import ALIASES

Role = str | tuple[str, ...]
Style = dict[Role, str]


def mlp(place: str, gate: str = "gate_proj", up: str = "up_proj", down: str = "down_proj", ending: str = "") -> Style:
    """Names of a feed-forward that stands at `place`."""
    names = {"ffn_gate": gate, "ffn_up": up, "ffn_down": down}
    return {role + ending: f"{place}.{name}" for role, name in names.items()}


def moe(place: str, shared: str = "shared_experts", *, router: str = "gate", w: bool = False) -> Style:
    """Names of a mixture of experts at `place`, its matrices called w1, w3 and w2 in some families."""
    inner = ("w1", "w3", "w2") if w else ("gate_proj", "up_proj", "down_proj")
    return {
        "ffn_gate_inp": f"{place}.{router}",
        "ffn_gate_inp_shexp": f"{place}.shared_expert_gate",
        **mlp(f"{place}.experts.{{e}}", *inner, ending="_exps"),
        **mlp(f"{place}.{shared}", ending="_shexp"),
    }


def together(place: str, both: str = "gate_up_proj", down: str = "down_proj", ending: str = "") -> Style:
    """Names of a feed-forward whose gate and up are one matrix."""
    return {
        ("ffn_gate" + ending, "ffn_up" + ending): f"{place}.{both}",
        "ffn_down" + ending: f"{place}.{down}",
    }


def plain(up: str, down: str) -> Style:
    """Names of a feed-forward without a gate."""
    return {"ffn_up": up, "ffn_down": down}


def attention(place: str, output: str = "o_proj", *, qkv: str = "") -> Style:
    """Names of attention at `place`; `qkv` names one matrix for queries, keys and values."""
    end = {"attn_output": f"{place}.{output}"}
    if qkv:
        return {("attn_q", "attn_k", "attn_v"): f"{place}.{qkv}", **end}
    return {f"attn_{letter}": f"{place}.{letter}_proj" for letter in "qkv"} | end


def ends(layer: str, embed: str, head: str = "lm_head", positions: str = "") -> Style:
    """Names of what stands outside the layers, and what stands before their tensors."""
    return {"layer": layer, "token_embd": embed, "output": head, "position_embd": positions}


def state_space(place: str) -> Style:
    """Names of a Mamba mixer."""
    names = {"ssm_in": "in_proj", "ssm_x": "x_proj", "ssm_dt": "dt_proj", "ssm_out": "out_proj"}
    return {role: f"{place}.{name}" for role, name in names.items()}


LLAMA: Style = {
    **ends("model.layers.{i}", "model.embed_tokens", positions="model.embed_positions"),
    **attention("self_attn"),
    "attn_gate": "self_attn.gate_proj",
    "attn_q_a": "self_attn.q_a_proj",
    "attn_q_b": "self_attn.q_b_proj",
    "attn_kv_a_mqa": "self_attn.kv_a_proj_with_mqa",
    "attn_kv_b": "self_attn.kv_b_proj",
    "indexer.attn_q_b": "self_attn.indexer.wq_b",
    "indexer.attn_k": "self_attn.indexer.wk",
    "indexer.proj": "self_attn.indexer.weights_proj",
    "indexer.q": "self_attn.indexer.q_proj",
    "indexer.k": "self_attn.indexer.k_proj",
    **mlp("mlp"),
    **moe("mlp"),
    **state_space("mamba"),
}
NEOX = {
    **attention("attention", "dense", qkv="query_key_value"),
    **plain("mlp.dense_h_to_4h", "mlp.dense_4h_to_h"),
}
BLOOM = {
    **ends("transformer.h.{i}", "transformer.word_embeddings"),
    **attention("self_attention", "dense", qkv="query_key_value"),
    **plain("mlp.dense_h_to_4h", "mlp.dense_4h_to_h"),
}
GPT = {
    **ends("transformer.h.{i}", "transformer.wte", positions="transformer.wpe"),
    **plain("mlp.c_fc", "mlp.c_proj"),
}
GPT2 = GPT | attention("attn", "c_proj", qkv="c_attn")
GPTJ = GPT | attention("attn", "out_proj") | plain("mlp.fc_in", "mlp.fc_out")
FC = plain("fc1", "fc2")
MIXTRAL = moe("block_sparse_moe", w=True)
GRANITE_MOE = {
    "ffn_gate_inp": "block_sparse_moe.router.layer",
    **together("block_sparse_moe", "input_linear", "output_linear", "_exps"),
    **together("shared_mlp", "input_linear", "output_linear", "_shexp"),
}
QWEN_SHARED = {**moe("mlp", "shared_expert")}
QWEN_DELTA = {
    ("ssm_q", "ssm_k", "ssm_v"): "linear_attn.in_proj_qkv",
    "ssm_z": "linear_attn.in_proj_z",
    "ssm_beta": "linear_attn.in_proj_b",
    "ssm_alpha": "linear_attn.in_proj_a",
    "ssm_out": "linear_attn.out_proj",
}
# The query projection holds the output gate.
GATED_QUERY = {("attn_q", "attn_gate"): "self_attn.q_proj"}
KIMI_DELTA = {
    "ssm_beta": "self_attn.b_proj",
    **{f"ssm_{gate}": f"self_attn.{gate}_proj" for gate in "fg"},
    **{f"ssm_{gate}_{half}": f"self_attn.{gate}_{half}_proj" for gate in "fg" for half in "ab"},
}
MAMBA = {**ends("backbone.layers.{i}", "backbone.embeddings"), **state_space("mixer")}
FALCON_H1 = mlp("feed_forward")
LFM2 = {
    **mlp("feed_forward", "w1", "w3", "w2"),
    "attn_output": "self_attn.out_proj",
    "shortconv.in_proj": "conv.in_proj",
    "shortconv.out_proj": "conv.out_proj",
}
LING = {
    **ends("model.layers.{i}", "model.word_embeddings"),
    **{role: name.replace("self_attn", "attention") for role, name in LLAMA.items() if name.startswith("self_attn")},
    "attn_output": "attention.dense",
    "ssm_beta": "attention.b_proj",
    "ssm_f": "attention.f_proj",
    "ssm_g": "attention.g_proj",
    "attn_gate": "attention.g_proj",
}
GEMMA_PATH = {
    "per_layer_token_embd": "model.embed_tokens_per_layer",
    "per_layer_model_proj": "model.per_layer_model_projection",
    "path_in": "per_layer_input_gate",
    "path_out": "per_layer_projection",
}

INKLING2 = {
    **ends("model.llm.layers.{i}", "model.llm.embed", "model.llm.unembed"),
    "attn_q": "attn.wq_du",
    "attn_k": "attn.wk_dv",
    "attn_v": "attn.wv_dv",
    **{f"attn_{letter}_taps": f"attn.{letter}_sconv.weight_proj" for letter in "kv"},
    "attn_output": "attn.wo_ud",
    "attn_gate": "attn.gate_attn",
    "attn_sink": "attn.attn_sink_proj",
    "attn_rel": "attn.wr_du",
    **together("mlp.experts", "w13_weight", "w2_weight", "_exps"),
}

FLA = {
    **ends("model.layers.{i}", "model.embeddings"),
    **attention("attn"),
    "ssm_out": "attn.o_proj",
    "ssm_z": "attn.g_proj",
    "ssm_beta": "attn.b_proj",
    "ssm_alpha": "attn.a_proj",
    **{f"ssm_{letter}": f"attn.{letter}_proj" for letter in "qkv"},
}
RWKV = {
    **ends("rwkv.blocks.{i}", "rwkv.embeddings", "head"),
    **{f"time_mix_{end}": f"attention.{end}" for end in ("key", "value", "receptance", "output", "gate")},
    **{f"channel_mix_{end}": f"feed_forward.{end}" for end in ("key", "value", "receptance")},
}
RWKV7 = ("receptance", "key", "value", "output")
STYLES: dict[str, Style] = {
    "afmoe": {"ffn_gate_inp": "mlp.router.gate"},
    "aria_text": {
        "ffn_gate_inp": "mlp.router",
        ("ffn_gate_exps", "ffn_up_exps"): "mlp.experts.fc1",
        "ffn_down_exps": "mlp.experts.fc2",
    },
    "bailing_hybrid": LING,
    "bamba": FALCON_H1,
    "biogpt": {
        **ends("biogpt.layers.{i}", "biogpt.embed_tokens", "output_projection", "biogpt.embed_positions"),
        **attention("self_attn", "out_proj"),
        **FC,
    },
    "bloom": BLOOM,
    "codegen": GPTJ | attention("attn", "out_proj", qkv="qkv_proj"),
    "ctrl": {
        **ends("transformer.h.{i}", "transformer.w"),
        **{f"attn_{letter}": f"multi_head_attention.W{letter}" for letter in "qkv"},
        "attn_output": "multi_head_attention.dense",
        **plain("ffn.0", "ffn.2"),
    },
    "dbrx": {
        **ends("transformer.blocks.{i}", "transformer.wte"),
        **attention("norm_attn_norm.attn", "out_proj", qkv="Wqkv"),
        "ffn_gate_inp": "ffn.router.layer",
        **mlp("ffn.experts.mlp", "w1", "v1", "w2", ending="_exps"),
    },
    "deepseek_v4": {
        **ends("layers.{i}", "embed", "head"),
        "attn_q_a": "attn.wq_a",
        "attn_q_b": "attn.wq_b",
        "attn_kv": "attn.wkv",
        "attn_output_a": "attn.wo_a",
        "attn_output_b": "attn.wo_b",
        "compressor.kv": "attn.compressor.wkv",
        "compressor.gate": "attn.compressor.wgate",
        "indexer.compressor.kv": "attn.indexer.compressor.wkv",
        "indexer.compressor.gate": "attn.indexer.compressor.wgate",
        "indexer.attn_q_b": "attn.indexer.wq_b",
        "indexer.proj": "attn.indexer.weights_proj",
        **moe("ffn", w=True),
        **mlp("ffn.shared_experts", "w1", "w3", "w2", ending="_shexp"),
    },
    "dots3_note_text": {"attn_gate": "self_attn.g_proj"},
    "doge": {
        "attn_dt": "self_attn.dt_proj",
        "ffn_gate_inp": "mlp.router_gate",
        "ffn_up_exps": "mlp.up_embed",
        "ffn_down_exps": "mlp.down_embed",
        **mlp("mlp", ending="_shexp"),
    },
    "falcon": BLOOM,
    "falcon_h1": FALCON_H1,
    "falcon_mamba": MAMBA,
    "flint": QWEN_SHARED,
    "gemma3n_text": GEMMA_PATH,
    "gemma4_text": {
        **GEMMA_PATH,
        "ffn_gate_inp": "router.proj",
        **together("experts", ending="_exps"),
    },
    "glm": together("mlp"),
    "glm4": together("mlp"),
    "glm5_next_text": KIMI_DELTA,
    "gpt-sw3": GPT2,
    "gpt2": GPT2,
    "gpt_bigcode": GPT2,
    "gpt_neo": GPT | attention("attn.attention", "out_proj"),
    "gpt_neox": {**ends("gpt_neox.layers.{i}", "gpt_neox.embed_in", "embed_out"), **NEOX},
    "gpt_neox_japanese": {**ends("gpt_neox_japanese.layers.{i}", "gpt_neox_japanese.embed_in", "embed_out"), **NEOX},
    "gpt_oss": {"ffn_gate_inp": "mlp.router", **together("mlp.experts", ending="_exps")},
    "gptj": GPTJ,
    "granitemoe": GRANITE_MOE,
    "granitemoe_swa": {
        **GRANITE_MOE,
        "ffn_gate_inp": "block_sparse_moe.router",
        **together("block_sparse_moe.experts", ending="_exps"),
    },
    "granitemoehybrid": GRANITE_MOE | together("shared_mlp", "input_linear", "output_linear"),
    "granitemoeshared": GRANITE_MOE,
    "hrm_text": {
        ("attn_gate", "attn_q", "attn_k", "attn_v"): "attn.gqkv_proj",
        "attn_output": "attn.o_proj",
        **together("mlp"),
    },
    "hunyuan_v1_moe": {**moe("mlp", "shared_mlp", router="gate.wg")},
    "hy_v3": {**moe("mlp", "shared_mlp", router="router.gate")},
    "hy_v4": {
        "attn_gate": "self_attn.linear_gate",
        **mlp("mlp", "linear_gate"),
        **together("mlp.experts", ending="_exps"),
        **mlp("mlp.shared_experts", "linear_gate", ending="_shexp"),
    },
    "inkling2_loop_text": INKLING2,
    "inkling2_text": INKLING2,
    "inkling_text": {
        "attn_rel": "self_attn.r_proj",
        **together("mlp.experts", ending="_exps"),
    },
    "jamba": {**FALCON_H1, **moe("feed_forward", router="router")},
    "jetmoe": {
        ("attn_k", "attn_v"): "self_attention.kv_proj",
        "attn_gate_inp": "self_attention.experts.router.layer",
        "attn_q_exps": "self_attention.experts.input_linear",
        "attn_output_exps": "self_attention.experts.output_linear",
        "ffn_gate_inp": "mlp.router.layer",
        **together("mlp", "input_linear", "output_linear", "_exps"),
    },
    "kimi_linear": {
        **KIMI_DELTA,
        **MIXTRAL,
        "attn_gate": "self_attn.g_proj",
        "ffn_latent_in": "block_sparse_moe.routed_expert_down_proj",
        "ffn_latent_out": "block_sparse_moe.routed_expert_up_proj",
        **mlp("block_sparse_moe.shared_experts", ending="_shexp"),
    },
    "laguna": {**QWEN_SHARED, "attn_gate": "self_attn.g_proj"},
    "lfm2": LFM2,
    "lfm2_moe": {**LFM2, **moe("feed_forward", w=True)},
    "lfm3": LFM2 | {"attn_output": "self_attn.o_proj"},
    "llama4_text": {
        **FALCON_H1,
        "ffn_gate_inp": "feed_forward.router",
        **together("feed_forward.experts", ending="_exps"),
        **mlp("feed_forward.shared_expert", ending="_shexp"),
    },
    "longcat_flash": {
        "ffn_gate_inp": "mlp.router.classifier",
        **mlp("mlps.{n}"),
        **{role: name.replace("self_attn", "self_attn.{n}") for role, name in LLAMA.items() if "self_attn" in name},
    },
    "mamba": MAMBA,
    "mamba2": MAMBA,
    "minimax": {
        **MIXTRAL,
        ("ssm_q", "ssm_k", "ssm_v"): "self_attn.qkv_proj",
        "ssm_z": "self_attn.output_gate",
        "ssm_out": "self_attn.out_proj",
    },
    "minimax_m2": MIXTRAL,
    "minimax_m3_vl_text": {
        **MIXTRAL,
        **mlp("block_sparse_moe.shared_experts", ending="_shexp"),
        "indexer.q": "self_attn.index_q_proj",
        "indexer.k": "self_attn.index_k_proj",
    },
    "mixtral": MIXTRAL,
    "molmo": {
        **ends("model.transformer.blocks.{i}", "model.transformer.wte", "model.transformer.ff_out"),
        ("attn_q", "attn_k", "attn_v"): "att_proj",
        "attn_output": "attn_out",
        ("ffn_gate", "ffn_up"): "ff_proj",
        "ffn_down": "ff_out",
    },
    "mpt": {
        **ends("transformer.blocks.{i}", "transformer.wte"),
        **attention("attn", "out_proj", qkv="Wqkv"),
        **plain("ffn.up_proj", "ffn.down_proj"),
    },
    "nanochat": plain("mlp.fc1", "mlp.fc2"),
    "nemotron_h": {
        **MAMBA,
        **attention("mixer"),
        **mlp("mixer"),
        **moe("mixer"),
        "ffn_latent_in": "mixer.fc1_latent_proj",
        "ffn_latent_out": "mixer.fc2_latent_proj",
    },
    "olmo_hybrid": {
        **{f"ssm_{letter}": f"linear_attn.{letter}_proj" for letter in "qkv"},
        "ssm_z": "linear_attn.g_proj",
        "ssm_beta": "linear_attn.b_proj",
        "ssm_alpha": "linear_attn.a_proj",
        "ssm_out": "linear_attn.o_proj",
    },
    "openai-gpt": GPT2 | ends("transformer.h.{i}", "transformer.tokens_embed", positions="transformer.positions_embed"),
    "opt": {
        **ends("model.decoder.layers.{i}", "model.decoder.embed_tokens", positions="model.decoder.embed_positions"),
        **attention("self_attn", "out_proj"),
        **FC,
        "project_in": "model.decoder.project_in",
        "project_out": "model.decoder.project_out",
    },
    "persimmon": {**NEOX, **attention("self_attn", "dense", qkv="query_key_value")},
    "phi": {"attn_output": "self_attn.dense", **plain("mlp.fc1", "mlp.fc2")},
    "phi3": {**attention("self_attn", qkv="qkv_proj"), **together("mlp")},
    "phimoe": MIXTRAL,
    "qwen": {
        **ends("transformer.h.{i}", "transformer.wte"),
        **attention("attn", "c_proj", qkv="c_attn"),
        **mlp("mlp", "w2", "w1", "c_proj"),
    },
    "qwen2_moe": QWEN_SHARED,
    "qwen3_5_moe_text": {**QWEN_DELTA, **GATED_QUERY, **QWEN_SHARED},
    "qwen3_5_text": {**QWEN_DELTA, **GATED_QUERY},
    "qwen3_next": {
        ("ssm_q", "ssm_k", "ssm_v", "ssm_z"): "linear_attn.in_proj_qkvz",
        ("ssm_beta", "ssm_alpha"): "linear_attn.in_proj_ba",
        "ssm_out": "linear_attn.out_proj",
        **GATED_QUERY,
        **QWEN_SHARED,
    },
    "qwen4_exp_text": {
        **QWEN_DELTA,
        **GATED_QUERY,
        **QWEN_SHARED,
        ("indexer.q", "indexer.k"): "self_attn.indexer.index_qk_proj",
        "ngram_key": "ple.key_proj",
        "ngram_value": "ple.value_proj",
    },
    "recurrent_gemma": {
        **attention("temporal_block"),
        **mlp("mlp_block"),
        "lru_x": "temporal_block.linear_x",
        "lru_y": "temporal_block.linear_y",
        "lru_out": "temporal_block.linear_out",
    },
    "delta_net": FLA,
    "gated_deltanet": FLA,
    "gla": {**FLA, "ssm_f_a": "attn.gk_proj.0", "ssm_f_b": "attn.gk_proj.1"},
    "kda": {
        **FLA,
        **{f"ssm_{gate}_{half}": f"attn.{gate}_proj.{place}" for gate in "fg" for place, half in enumerate("ab")},
    },
    "rwkv": RWKV,
    "rwkv5": RWKV,
    "rwkv6": {
        **RWKV,
        **{f"time_mix_w{half}": f"attention.time_maa_w{half}" for half in "12"},
        **{f"time_mix_decay_w{half}": f"attention.time_decay_w{half}" for half in "12"},
    },
    "rwkv7": {
        **FLA,
        **{f"time_mix_{end}": f"attn.{letter}_proj" for end, letter in zip(RWKV7, "rkvo", strict=True)},
        **{f"time_mix_{name}1": f"attn.{name}_lora.lora.0" for name in "wagv"},
        **{f"time_mix_{name}2": f"attn.{name}_lora.lora.2" for name in "wagv"},
        "channel_mix_key": "ffn.key",
        "channel_mix_value": "ffn.value",
    },
    "starcoder2": plain("mlp.c_fc", "mlp.c_proj"),
    "xglm": {"attn_output": "self_attn.out_proj", **FC},
    "xlstm": {
        **ends("backbone.blocks.{i}", "backbone.embeddings"),
        **{f"lstm_{letter}": f"mlstm_layer.{letter}" for letter in "qkv"},
        **{f"lstm_{gate}gate": f"mlstm_layer.{gate}gate_preact" for gate in "oif"},
        "lstm_out": "mlstm_layer.out_proj",
        **mlp("ffn", "proj_up_gate", "proj_up", "proj_down"),
    },
    "zamba": {**mlp("shared_transf.feed_forward"), **attention("shared_transf.self_attn"), "projection": "linear"},
    "zamba2": {
        **attention("shared_transformer.self_attn"),
        **together("shared_transformer.feed_forward"),
        "projection": "linear",
    },
    "zaya": {
        "attn_q": "self_attn.qkv_proj.q_proj",
        "attn_k": "self_attn.qkv_proj.k_proj",
        "attn_v": "self_attn.qkv_proj.v_proj_current",
        "attn_v_delayed": "self_attn.qkv_proj.v_proj_delayed",
        "ffn_gate_inp_down": "mlp.gate.down_proj",
        "ffn_gate_inp_1": "mlp.gate.router_mlp.fc1",
        "ffn_gate_inp_2": "mlp.gate.router_mlp.fc2",
        "ffn_gate_inp": "mlp.gate.router_mlp.out_proj",
        **together("mlp.experts", ending="_exps"),
    },
}


def style_of(family: str) -> Style:
    """The names of a family: Llama's, and where it differs its own."""
    return LLAMA | STYLES.get(family, STYLES.get(ALIASES.get(family, ""), {}))
