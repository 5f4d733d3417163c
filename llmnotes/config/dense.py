"""Dense decoders with RMSNorm, rotary positions and grouped attention: Llama and what differs from it in a switch.

A family that is a row here needs nothing else: `"my_model": Dense(qk_norm="head")` and its files are read.
"""

from collections.abc import Callable
from dataclasses import replace

from llmnotes.blocks.attention import DifferentialAttention
from llmnotes.blocks.composite import Resting, SharedWeights
from llmnotes.blocks.feedforward import GatedMLP
from llmnotes.config.keys import MAX_LAYERS, Keys
from llmnotes.config.reading import (
    FULL,
    SLIDING,
    Dense,
    attention,
    by_switch,
    context,
    decoder,
    ends,
    every,
    gated_mlp,
    layer,
    multi_head,
    no_norm_params,
    numbered,
    one_window,
    pattern,
    plain_mlp,
    spec,
)
from llmnotes.equations import params
from llmnotes.spec import Layer, ModelSpec


def bitnet(keys: Keys) -> ModelSpec:
    """BitNet: one more norm after attention and one inside the feed-forward."""
    mixer = attention(keys, qkv_bias="attention_bias", out_bias="attention_bias")
    norms = 3 * params.rms_norm_params(width=keys.size("hidden_size"))
    norms += params.rms_norm_params(width=keys.size("intermediate_size"))
    return decoder(keys, [Layer(mixer, gated_mlp(keys), norms)] * keys.n_layers())


def diffllama(keys: Keys) -> ModelSpec:
    """DiffLlama: a Llama whose attention is the difference of two."""
    keys.ignore("lambda_std_dev")
    plain = attention(keys, qkv_bias="attention_bias", out_bias="attention_bias")
    keys.divides(2, plain.n_kv_heads, "num_key_value_heads must be even, since values are cut in two halves")
    return decoder(keys, [layer(keys, DifferentialAttention(**vars(plain)), gated_mlp(keys))] * keys.n_layers())


def hyperclovax(keys: Keys) -> ModelSpec:
    """HyperCLOVA X Think: a Granite with a norm behind each part as well, unless switched off."""
    n_norms = 4 if keys.flag("use_post_norm", default=True) else 2
    return Dense(mlp="mlp_bias", n_norms=n_norms)(keys)


def hrm_text(keys: Keys) -> ModelSpec:
    """HRM-Text: two stacks without norm gains, run over and over: the low one several times, then the high one."""
    keys.ignore("L_bp_cycles", "embedding_scale", "prefix_lm", "num_layers_per_stack")
    high, low = keys.size("H_cycles", default=2), keys.size("L_cycles", default=3)
    n_stored = _stack_depth(keys, high * (low + 1))
    keys.restate(num_key_value_heads=keys.size("num_attention_heads"))
    mixer = attention(keys, qkv_bias="attention_bias", out_bias="attention_bias", gated=True)
    mixer = replace(mixer, scalar_params=mixer.gate_width if mixer.qkv_bias else 0)
    feed_forward = gated_mlp(keys, bias="mlp_bias")
    stored, again = Layer(mixer, feed_forward, 0), Layer(SharedWeights((mixer,)), SharedWeights((feed_forward,)), 0)
    first_round = [*[stored] * n_stored, *[again] * (n_stored * (low - 1)), *[stored] * n_stored]
    layers = first_round + [again] * (n_stored * (low + 1) * (high - 1))
    keys.warnings.append(
        f"{len(layers)} layers share the weights of {2 * n_stored}: they are stored once, and read by each of these "
        "layers"
    )
    d_model = mixer.d_model
    embedding = replace(ends(keys, d_model, tied=False, norm_params=0), lookup_params=d_model)
    return spec(keys, embedding=embedding, layers=layers, n_ctx=context(keys))


def _stack_depth(keys: Keys, n_runs: int) -> int:
    """Layers that a stack stores: `num_layers_per_stack`; without it `num_hidden_layers` says so."""
    n_layers = keys.n_layers()
    if not keys.has("num_layers_per_stack"):
        keys.assume("num_layers_per_stack = num_hidden_layers (the family's default)")
        return n_layers
    n_stored = keys.n_layers("num_layers_per_stack")
    if n_stored * n_runs != n_layers:
        raise keys.error("num_layers_per_stack", f"times {n_runs} runs it must be num_hidden_layers, {n_layers}")
    return n_stored


def nanochat(keys: Keys) -> ModelSpec:
    """nanochat: norms without gains, a plain feed-forward (squared ReLU)."""
    mixer = attention(keys, qkv_bias="attention_bias", out_bias="attention_bias")
    one = layer(keys, mixer, plain_mlp(keys), norm=no_norm_params)
    return decoder(keys, [one] * keys.n_layers(), norm=no_norm_params)


def qwen(keys: Keys) -> ModelSpec:
    """Qwen 1: one width for gate and up together, biases on query, key and value only unless `no_bias` is off."""
    keys.ignore("bf16", "fp16", "fp32", "onnx_safe", "use_dynamic_ntk", "use_flash_attn", "use_logn_attn")
    keys.ignore("use_cache_kernel", "use_cache_quantization", "softmax_in_fp32", "rotary_pct", "seq_length")
    keys.ignore("attn_dropout_prob", "emb_dropout_prob", "padded_vocab_size", "pos_emb", "params_dtype")
    keys.ignore("tokenizer_type", "apply_residual_connection_post_layernorm", "bias_dropout_fusion", "fp8")
    others = not keys.flag("no_bias", default=True)
    keys.restate(head_dim=keys.size("kv_channels", default=128))
    mixer = replace(attention(keys, qkv_bias=True), out_bias=others)
    d_ff = keys.divides(
        2, keys.size("intermediate_size", "ffn_hidden_size"), "intermediate_size counts gate and up together"
    )
    one = layer(keys, mixer, GatedMLP(mixer.d_model, d_ff, others))
    return decoder(keys, [one] * keys.n_layers())


def molmo(keys: Keys) -> ModelSpec:
    """Molmo of 2024: one width for gate and up together, a second small table for the marks of images."""
    keys.ignore(
        "layer_norm_type", "use_position_ids", "vocab_size", "weight_tying", "norm_after", "attention_layer_norm"
    )
    keys.expect("clip_qkv")
    keys.expect("layer_norm_type", "rms")
    keys.expect("norm_after", False)
    keys.restate(vocab_size=keys.size("embedding_size", "vocab_size"))
    qk_norm = "projection" if keys.flag("attention_layer_norm") else "none"
    mixer = attention(keys, qkv_bias=keys.flag("qkv_bias"), out_bias=False, qk_norm=qk_norm)
    d_ff = keys.divides(2, keys.size("intermediate_size"), "intermediate_size counts gate and up together")
    model = decoder(keys, [layer(keys, mixer, GatedMLP(mixer.d_model, d_ff))] * keys.n_layers())
    marks = MOLMO_MARKS * mixer.d_model
    return replace(model, embedding=replace(model.embedding, lookup_params=marks))


MOLMO_MARKS = 128  # rows of the second table (config_molmo.py: additional_vocab_size)


def chatglm(keys: Keys) -> ModelSpec:
    """ChatGLM 2 and 3, GLM-4-9B: a Llama whose keys come from Megatron."""
    if keys.has("position_encoding_2d"):
        return _first_chatglm(keys)
    keys.ignore("apply_query_key_layer_scaling", "apply_residual_connection_post_layernorm", "interleaved_qkv")
    keys.ignore("attention_softmax_in_fp32", "fp32_residual_connection", "rope_ratio", "original_rope", "pre_seq_len")
    keys.ignore("quantization_bit", "bias_dropout_fusion", "prefix_projection", "layernorm_epsilon", "num_layers")
    keys.ignore("multi_query_group_num", "hidden_dropout", "attention_dropout", "classifier_dropout", "seq_length")
    keys.ignore("post_layer_norm", "rmsnorm", "use_cache", "torch_dtype", "vocab_size")
    keys.expect("rmsnorm", True)
    keys.expect("post_layer_norm", True)
    keys.restate(
        vocab_size=keys.size("padded_vocab_size", "vocab_size"),
        intermediate_size=keys.size("ffn_hidden_size", "inner_hidden_size"),
        head_dim=keys.size("kv_channels"),
    )
    if keys.flag("multi_query_attention"):
        keys.restate(num_key_value_heads=keys.size("multi_query_group_num"))
    bias = keys.flag("add_bias_linear")
    mixer = replace(attention(keys, qkv_bias=bias or keys.flag("add_qkv_bias")), out_bias=bias)
    return decoder(keys, [layer(keys, mixer, gated_mlp(keys, bias=bias))] * keys.n_layers())


def _first_chatglm(keys: Keys) -> ModelSpec:
    """ChatGLM-6B of 2023: layer norms and biases throughout, a plain feed-forward, a head of its own."""
    keys.ignore("num_layers", "layernorm_epsilon", "max_sequence_length", "position_encoding_2d", "quantization_bit")
    keys.ignore("pre_seq_len", "prefix_projection", "gmask_token_id", "mask_token_id", "quantization_embeddings")
    keys.restate(intermediate_size=keys.size("inner_hidden_size"))
    tied = bool(keys.raw("quantization_bit")[0])  # the files in 4 and 8 bits hold one table for both
    keys.warnings.append("it reads a prompt in both directions; FLOPs of a prompt are counted as of a causal one")
    norm = params.layer_norm_params
    one = layer(keys, multi_head(keys, qkv_bias=True, out_bias=True), plain_mlp(keys, bias=True), norm=norm)
    return replace(decoder(keys, [one] * keys.n_layers(), tied=tied, norm=norm), family="chatglm_6b")


def nemotron_nas(keys: Keys) -> ModelSpec:
    """Llama-Nemotron, found by architecture search: each block says its KV heads and its width, or that it has none."""
    blocks, name = keys.raw("block_configs")
    n_layers = keys.n_layers()
    if not isinstance(blocks, list | tuple) or len(blocks) != n_layers:
        raise keys.error(name, f"give one object for each of the {n_layers} layers")
    bias, mlp_bias = keys.flag("attention_bias"), keys.flag("mlp_bias")
    keys.ignore("num_key_value_heads", "intermediate_size")
    d_model, n_heads = keys.size("hidden_size"), keys.size("num_attention_heads")
    norm = params.rms_norm_params(width=d_model)
    layers = []
    for index, block in enumerate(blocks):
        one = Keys(block, f"{keys.name}: block_configs[{index}]")
        heads, ffn = one.inside("attention"), one.inside("ffn")
        mixer = feed_forward = None
        if not heads.on("no_op"):
            heads.expect("replace_with_linear", False)
            group = heads.size("n_heads_in_group")
            shape = Keys(dict(keys.config) | {"num_key_value_heads": keys.divides(group, n_heads, "heads")}, keys.name)
            mixer = attention(shape, qkv_bias=bias, out_bias=bias)
        if not ffn.on("no_op"):
            ffn.expect("replace_with_linear", False)
            width = int(2 * ffn.number("ffn_mult", 1.0) * d_model / 3)
            feed_forward = GatedMLP(d_model, (width + 255) // 256 * 256, mlp_bias)
        layers.append(Layer(mixer, feed_forward, norm * ((mixer is not None) + (feed_forward is not None))))
    return decoder(keys, layers)


FIRST_MINICPM_V = "1 or 2"  # which name no version


def minicpmv(keys: Keys) -> ModelSpec:
    """MiniCPM-V and -o: the text model's keys stand beside the others, and `version` says which family it is."""
    keys.ignore("version", "query_num", "slice_mode", "use_image_id", "vision_batch_size", "batch_vision_input")
    keys.ignore("image_size", "patch_size", "slice_config", "vision_config", "drop_vision_last_layer", "audio_config")
    keys.ignore("tts_config", "init_audio", "init_tts", "init_vision", "stream_input", "audio_pool_step")
    keys.ignore("audio_chunk_length", "listen_speak_type", "chunk_input", "mm_use_im_start_end")
    keys.ignore("vision_encoder", "image_size", "mm_vision_tower")
    version = str(keys.raw("version")[0] or FIRST_MINICPM_V)
    families = {FIRST_MINICPM_V: "llama", "2.5": "llama", "2.6": "qwen2", "4.0": "llama", "4.5": "qwen3", "4": "llama"}
    if version not in families:
        raise keys.error("version", "known here: " + ", ".join(families))
    if version == FIRST_MINICPM_V:
        keys.expect("vision_encoder", "vit_so400m_patch14_siglip_384.webli")
        keys.ignore("scale_emb", "scale_depth", "dim_model_base")
    return FAMILIES[families[version]](keys)


def chameleon(keys: Keys) -> ModelSpec:
    """Chameleon: a Llama with norms that have gains and biases for every head's queries and keys."""
    keys.ignore("vq_config", "vocabulary_map", "swin_norm", "model_parallel_size")
    bias = keys.flag("attention_bias")
    mixer = attention(keys, qkv_bias=bias, out_bias=bias, qk_norm="every head")
    mixer = replace(mixer, qk_norm_params=2 * mixer.qk_norm_params)
    return decoder(keys, [layer(keys, mixer, gated_mlp(keys, bias="mlp_bias"))] * keys.n_layers())


def molmo2_text(keys: Keys) -> ModelSpec:
    """Molmo 2: norms on queries and keys by head or over the projection; a table with rows that the head lacks."""
    keys.ignore(
        "norm_after", "rope_scaling_layers", "layer_norm_eps", "qk_norm_type", "use_qk_norm", "embedding_dropout"
    )
    kind = keys.choice("qk_norm_type", ("qwen3", "olmo"), default="qwen3")
    more = keys.count("additional_vocab_size", default=128)
    model = Dense(qkv="attention_bias qkv_bias", out=False, qk_norm="head" if kind == "qwen3" else "projection")(keys)
    ends_of_model = replace(
        model.embedding,
        vocab_size=model.vocab_size + more,
        head_matrix=model.vocab_size * model.d_model,
    )
    return replace(model, embedding=ends_of_model)


def mllama_text_model(keys: Keys) -> ModelSpec:
    """Llama 3.2 Vision: layers that attend to an image among those of a Llama; without an image they are skipped."""
    keys.ignore("vision_num_cross_attention_layers", "rope_scaling")
    n_layers = keys.n_layers()
    keys.fill(cross_attention_layers=[3, 8, 13, 18, 23, 28, 33, 38])
    crossed = [index for index in keys.indices("cross_attention_layers", MAX_LAYERS) if index < n_layers]
    plain = attention(keys)
    over = replace(plain, qk_norm_params=2 * plain.head_dim, scalar_params=2)
    part = gated_mlp(keys)
    resting = layer(keys, Resting((over,)), Resting((part,)))
    layers = [resting if index in crossed else layer(keys, plain, part) for index in range(n_layers)]
    model = decoder(keys, layers)
    if crossed:
        keys.warnings.append(
            f"{len(crossed)} layers attend to an image: their weights are counted, but no work and no cache"
        )
    ends_of_model = replace(
        model.embedding, vocab_size=model.vocab_size + 8, head_matrix=model.vocab_size * model.d_model
    )
    return replace(model, embedding=ends_of_model, warnings=tuple(keys.warnings))


def _without_rope(keys: Keys, n_layers: int) -> tuple[str, ...]:
    """`layer_types`, or, where `use_sliding_window` is on, a window in the layers that do not rotate positions."""
    keys.ignore("no_rope_layers", "no_rope_layer_interval", "sliding_window")
    if keys.has("layer_types") or not keys.on("use_sliding_window") or not keys.has("sliding_window"):
        return pattern(keys, n_layers, (FULL,) * n_layers)
    rotated = numbered(keys, "no_rope_layers", n_layers, SLIDING, FULL)
    return rotated or every(n_layers, keys.size("no_rope_layer_interval", default=4), SLIDING, FULL)


def plamo(keys: Keys) -> ModelSpec:
    """PLaMo 13B: attention and feed-forward side by side behind one norm; `n_shared_head` queries share a KV head.

    Source: modeling_plamo.py beside pfnet/plamo-13b, whose `num_key_value_heads` its code does not read.
    """
    shared = keys.size("n_shared_head", default=8)
    heads = keys.divides(shared, keys.size("num_attention_heads"), "num_attention_heads must be a multiple of it")
    keys.config["num_key_value_heads"] = heads
    return Dense(qkv=False, n_norms=1)(keys)


def openelm(keys: Keys) -> ModelSpec:
    """OpenELM: each layer has its own number of heads and its own width. Source: modeling_openelm.py of Apple."""
    keys.ignore("activation_fn_name", "normalization_layer_name", "qk_multipliers", "num_gqa_groups", "ffn_multipliers")
    keys.ignore("rope_freq_constant", "rope_max_length", "num_query_heads", "num_key_value_heads", "ffn_dim_divisor")
    keys.restate(num_hidden_layers=keys.n_layers("num_transformer_layers", "num_hidden_layers"))
    n_layers, d_model, head_dim = keys.n_layers(), keys.size("hidden_size"), keys.size("head_dim")
    heads, kv_heads = (keys.indices(name, MAX_HEADS) for name in ("num_query_heads", "num_key_value_heads"))
    multipliers, divisor = keys.raw("ffn_multipliers")[0], keys.size("ffn_dim_divisor", default=256)
    for name, each in (("num_query_heads", heads), ("num_kv_heads", kv_heads), ("ffn_multipliers", multipliers)):
        if not isinstance(each, list | tuple) or len(each) != n_layers:
            raise keys.error(name, f"give one number for each of the {n_layers} layers")
    keys.expect("ffn_with_glu", True)
    normed = keys.flag("normalize_qk_projections", default=True)
    layers = []
    for n_heads, n_kv_heads, multiplier in zip(heads, kv_heads, multipliers, strict=True):
        own = {"num_attention_heads": n_heads, "num_key_value_heads": n_kv_heads, "hidden_size": d_model}
        shape = Keys(own | {"head_dim": head_dim}, keys.name)
        width = Keys({"ffn_multipliers": multiplier}, keys.name).number("ffn_multipliers", 4) * d_model
        d_ff = max(divisor, int(width + divisor / 2) // divisor * divisor)
        feed_forward = GatedMLP(d_model, d_ff + divisor if d_ff < 0.9 * width else d_ff)
        layers.append(layer(keys, attention(shape, qk_norm="head" if normed else "none"), feed_forward))
    return decoder(keys, layers, tied=keys.flag("share_input_output_layers", default=True))


MAX_HEADS = 100_000

FAMILIES: dict[str, Callable[[Keys], ModelSpec]] = {
    # An activation with two learned constants; queries and keys are normed whatever a file says.
    "apertus": Dense(qk_norm="head", gated=False, scalar_params=2, ignore="qk_norm"),
    "arcee": Dense(mlp="mlp_bias", gated=False),
    "baichuan": Dense(qkv=False, ignore="gradient_checkpointing z_loss_weight alibi_mask _from_model_config"),
    "bitnet": bitnet,
    "chameleon": chameleon,
    "chatglm": chatglm,
    "cohere": Dense(qk_norm="every head", qk_norm_if="use_qk_norm", n_norms=1, tied=True, ignore="logit_scale"),
    "cosmos3_edge_text": Dense(mlp="mlp_bias", gated=False),
    "diffllama": diffllama,
    "ernie4_5": Dense(qkv="use_bias", mlp="use_bias", tied=True),
    "glm": Dense(out=False),
    "glm4": Dense(out=False, n_norms=4),
    "glm4v_text": Dense(qkv=True, out=False, n_norms=4, ignore="attention_bias head_dim"),
    "glm_ocr_text": Dense(qkv=False, n_norms=4, ignore="attention_bias"),
    "granite": Dense(mlp="mlp_bias"),
    "helium": Dense(out=False, mlp="mlp_bias"),
    "hrm_text": hrm_text,
    "hunyuan_v1_dense": Dense(qk_norm="head", ignore="eod_token_id use_qk_norm"),
    "hyperclovax": hyperclovax,
    "internlm": Dense(qkv="bias", ignore="rotary"),
    "internlm2": Dense(qkv="bias", ignore="rotary"),
    "internlm3": Dense(qkv="attention_bias qkv_bias", mlp="mlp_bias bias"),
    "iquestcoder": Dense(mlp="mlp_bias", ignore="clip_qkv"),
    "llama": Dense(mlp="mlp_bias"),
    "apertus1p5_text": Dense(qk_norm="head", gated=False, scalar_params=2, head_rows="output_vocab_size"),
    "maincoder": Dense(qk_norm="head", ignore="use_qk_norm"),
    "mllama_text_model": mllama_text_model,
    "molmo2_text": molmo2_text,
    "mimo": Dense(qkv=True, out=False, kinds=by_switch, ignore="attention_bias"),
    "minicpmv": minicpmv,
    "ministral3": Dense(qkv=False, kinds=one_window),
    "mistral": Dense(qkv=False, kinds=one_window),
    "nanochat": nanochat,
    "nemotron-nas": nemotron_nas,
    "openelm": openelm,
    "PanguEmbedded": Dense(qkv="bias"),
    "molmo": molmo,
    "olmo": Dense(norm=no_norm_params, ignore="clip_qkv"),
    "olmo2": Dense(qk_norm="projection"),
    "plamo": plamo,
    "phi3": Dense(qkv=False, kinds=one_window),
    "qwen": qwen,
    "qwen2": Dense(qkv=True, out=False, kinds=by_switch),
    "qwen3": Dense(qk_norm="head", kinds=by_switch),
    "skywork": Dense(qkv=False),
    "seed_oss": Dense(out="attention_out_bias", mlp="mlp_bias", ignore="residual_dropout"),
    "smollm3": Dense(mlp="mlp_bias", kinds=_without_rope, tied=True, ignore="max_window_layers"),
    "xverse": Dense(qkv=False, ignore="max_tokenizer_truncation"),
}
