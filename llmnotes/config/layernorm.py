"""Decoders with LayerNorm: GPT-2 and its relatives with learned positions, and what came of them until 2024."""

from collections.abc import Callable
from dataclasses import replace

from llmnotes.blocks.attention import Attention
from llmnotes.blocks.base import EVERY_TOKEN, Selection
from llmnotes.blocks.composite import Resting
from llmnotes.blocks.feedforward import PlainMLP
from llmnotes.config.keys import Keys
from llmnotes.config.reading import (
    Dense,
    attention,
    context,
    decoder,
    ends,
    first_of,
    gated_mlp,
    layer,
    listed,
    multi_head,
    one_window,
    plain_mlp,
    span_of,
    spec,
    stack,
)
from llmnotes.equations import params
from llmnotes.spec import Layer, ModelSpec

LAYER_NORM = params.layer_norm_params


def openai_gpt(keys: Keys) -> ModelSpec:
    """GPT-1: a GPT-2 whose norms stand behind each part, so that none is left for the end."""
    keys.ignore("afn", "predict_special_tokens", "n_special")
    keys.warnings.append("the published implementation keeps no cache; what is counted is what an engine would keep")
    return gpt2(keys, ends_with_norm=False)


def gpt2(keys: Keys, *, one_kv_head: bool = False, ends_with_norm: bool = True) -> ModelSpec:
    """GPT-2: learned positions, multi-head attention, everything with a bias."""
    keys.ignore("n_ctx")
    mixer = multi_head(keys, qkv_bias=True, out_bias=True)
    if one_kv_head:
        keys.expect("add_cross_attention", False)
        mixer = replace(mixer, n_kv_heads=1)
    return _learned_positions(keys, mixer, _four_times(keys), ends_with_norm=ends_with_norm)


def _learned_positions(
    keys: Keys, mixer: Attention, feed_forward: PlainMLP, *, extra_rows: int = 0, ends_with_norm: bool = True
) -> ModelSpec:
    """Equal layers with two norms over learned positions."""
    norm = LAYER_NORM(width=mixer.d_model)
    n_ctx = keys.size("max_position_embeddings")
    embedding = ends(
        keys, mixer.d_model, tied=True, norm_params=norm if ends_with_norm else 0, n_positions=n_ctx + extra_rows
    )
    one = _crossed(keys, Layer(mixer, feed_forward, 2 * norm), norm)
    return spec(keys, embedding=embedding, layers=[one] * keys.n_layers(), n_ctx=n_ctx)


def _crossed(keys: Keys, one: Layer, norm: int) -> Layer:
    """The layer with attention to another text and one more norm, where `add_cross_attention` is on."""
    if not keys.on("add_cross_attention") or not isinstance(one.mixer, Attention):
        return one
    keys.warnings.append(
        "add_cross_attention is on: its weights are counted; what it computes and keeps of another text is not"
    )
    other = replace(one.mixer, span=EVERY_TOKEN)
    return replace(one, norm_params=one.norm_params + norm, extras=(Resting((other,)),))


def _four_times(keys: Keys) -> PlainMLP:
    """A plain feed-forward with biases, four times as wide as the model unless its width is given."""
    d_model = keys.size("hidden_size")
    d_ff = keys.size("intermediate_size", default=4 * d_model, why=f"four times {keys.said('hidden_size')}")
    return PlainMLP(d_model, d_ff, bias=True)


def gpt_bigcode(keys: Keys) -> ModelSpec:
    """StarCoder 1: a GPT-2 with one key/value head."""
    keys.ignore("attention_softmax_in_fp32", "scale_attention_softmax_in_fp32", "num_key_value_heads")
    keys.ignore("inference_runner", "max_batch_size", "max_sequence_length", "pad_key_length", "pre_allocate_kv_cache")
    keys.ignore("validate_runner_input")
    return gpt2(keys, one_kv_head=keys.flag("multi_query", default=True))


def gptj(keys: Keys) -> ModelSpec:
    """GPT-J: rotary positions, no bias in attention, one norm a layer, a head with a bias."""
    keys.ignore("n_ctx")
    one = layer(keys, multi_head(keys), _four_times(keys), n_norms=1, norm=LAYER_NORM)
    return decoder(keys, [one] * keys.n_layers(), norm=LAYER_NORM, head_bias=True)


def ctrl(keys: Keys) -> ModelSpec:
    """CTRL: sinusoids for positions, everything with a bias, the tied head's too."""
    keys.ignore("n_ctx", "from_tf")
    one = layer(keys, multi_head(keys, qkv_bias=True, out_bias=True), plain_mlp(keys, bias=True), norm=LAYER_NORM)
    return decoder(keys, [one] * keys.n_layers(), tied=True, norm=LAYER_NORM, head_bias=True)


def gpt_neox(keys: Keys) -> ModelSpec:
    """GPT-NeoX and Pythia: rotary positions, attention and feed-forward side by side."""
    bias = keys.flag("attention_bias", default=True)
    keys.ignore("use_parallel_residual")
    one = layer(keys, multi_head(keys, qkv_bias=bias, out_bias=bias), plain_mlp(keys, bias=True), norm=LAYER_NORM)
    return decoder(keys, [one] * keys.n_layers(), norm=LAYER_NORM)


def gpt_neox_japanese(keys: Keys) -> ModelSpec:
    """GPT-NeoX Japanese: no biases but one, on the output of the last layer's attention."""
    mixer = multi_head(keys)
    multiple = keys.size("intermediate_multiple_size", default=4)
    one = layer(keys, mixer, PlainMLP(mixer.d_model, multiple * mixer.d_model), norm=LAYER_NORM)
    last = replace(one, mixer=replace(mixer, out_bias=True))
    return decoder(keys, [*[one] * (keys.n_layers() - 1), last], tied=True, norm=LAYER_NORM)


def gpt_neo(keys: Keys) -> ModelSpec:
    """GPT-Neo: every other layer looks at a window, yet keeps everything."""
    n_layers = keys.n_layers()
    mixer, feed_forward = multi_head(keys, out_bias=True), _four_times(keys)
    norm = LAYER_NORM(width=mixer.d_model)
    spans = {"global": EVERY_TOKEN, "local": Selection(keys.size("window_size", default=256))}
    layers = [
        Layer(replace(mixer, span=spans[kind]), feed_forward, 2 * norm) for kind in _gpt_neo_kinds(keys, n_layers)
    ]
    keys.ignore("resid_dropout", "embed_dropout")
    n_ctx = keys.size("max_position_embeddings")
    embedding = ends(keys, mixer.d_model, tied=True, norm_params=norm, n_positions=n_ctx)
    return spec(keys, embedding=embedding, layers=layers, n_ctx=n_ctx)


def _gpt_neo_kinds(keys: Keys, n_layers: int) -> tuple[str, ...]:
    """`attention_layers` as published, or `attention_types`: pairs of a list of kinds and how often it repeats."""
    kinds = keys.words("attention_layers", n_layers, ("global", "local"))
    types, _ = keys.raw("attention_types")
    if kinds is not None:
        return kinds
    if types is None:
        keys.assume("attention_types = global and local in turn (the family's default)")
        return tuple("local" if index % 2 else "global" for index in range(n_layers))
    spelt: list[str] = []
    try:
        for names, times in types:
            spelt += [*names] * min(times, n_layers)
    except (TypeError, ValueError):
        raise keys.error("attention_types", 'give pairs such as [[["global", "local"], 12]]') from None
    if len(spelt) != n_layers or not set(spelt) <= {"global", "local"}:
        raise keys.error("attention_types", f"it must spell global or local for each of the {n_layers} layers")
    return tuple(spelt)


def opt(keys: Keys) -> ModelSpec:
    """OPT: learned positions with two rows more than its context; the smallest embed narrower than they compute."""
    bias = keys.flag("enable_bias", default=True)
    mixer = multi_head(keys, qkv_bias=bias, out_bias=bias)
    d_model = mixer.d_model
    d_embed = keys.size("word_embed_proj_dim", default=d_model, why="as hidden_size")
    norm = LAYER_NORM(width=d_model) if keys.flag("layer_norm_elementwise_affine", default=True) else 0
    removed = keys.on("_remove_final_layer_norm")
    norm_last = keys.flag("do_layer_norm_before", default=True) and not removed
    keys.ignore("init_std")
    one = Layer(mixer, plain_mlp(keys, bias=bias), 2 * norm)
    n_ctx = keys.size("max_position_embeddings")
    embedding = replace(
        ends(keys, d_model, tied=True, norm_params=norm if norm_last else 0, n_positions=n_ctx + 2),
        d_embed=d_embed,
        project_params=2 * d_embed * d_model if d_embed != d_model else 0,
    )
    return spec(keys, embedding=embedding, layers=[one] * keys.n_layers(), n_ctx=n_ctx)


def biogpt(keys: Keys) -> ModelSpec:
    """BioGPT: an OPT with biases everywhere."""
    keys.ignore("scale_embedding", "attention_probs_dropout_prob", "hidden_dropout_prob")
    mixer = multi_head(keys, qkv_bias=True, out_bias=True)
    return _learned_positions(keys, mixer, plain_mlp(keys, bias=True), extra_rows=2)


def xglm(keys: Keys) -> ModelSpec:
    """XGLM: sinusoids for positions, biases everywhere; where switched on, attention to another text in each layer."""
    keys.ignore("scale_embedding", "init_std")
    mixer = multi_head(keys, qkv_bias=True, out_bias=True)
    norm = LAYER_NORM(width=mixer.d_model)
    one = _crossed(keys, Layer(mixer, plain_mlp(keys, bias=True), 2 * norm), norm)
    return decoder(keys, [one] * keys.n_layers(), tied=True, norm=LAYER_NORM)


def bloom(keys: Keys) -> ModelSpec:
    """BLOOM: linear position biases (no parameters) and one more norm behind the embedding."""
    keys.ignore("apply_residual_connection_post_layernorm", "slow_but_exact", "max_position_embeddings")
    keys.ignore("masked_softmax_fusion", "skip_bias_add", "skip_bias_add_qkv", "intermediate_size")
    keys.ignore("bias_dropout_fusion", "seq_length", "offset_alibi")
    mixer = multi_head(keys, qkv_bias=True, out_bias=True)
    d_model = mixer.d_model
    norm = LAYER_NORM(width=d_model)
    one = Layer(mixer, PlainMLP(d_model, 4 * d_model, bias=True), 2 * norm)
    embedding = ends(keys, d_model, tied=True, norm_params=2 * norm)
    return spec(keys, embedding=embedding, layers=[one] * keys.n_layers(), n_ctx=context(keys))


MPT_ATTENTIONS = ("multihead_attention", "multiquery_attention", "grouped_query_attention")


def mpt(keys: Keys) -> ModelSpec:
    """MPT: linear position biases, no bias anywhere, norms with gains only."""
    keys.expect("no_bias", True)
    keys.expect("norm_type", "low_precision_layernorm", "low_precision_rmsnorm")
    keys.expect("embedding_fraction", 1.0, 1)
    keys.ignore("learned_pos_emb", "init_device", "emb_pdrop", "logit_scale", "verbose", "init_config", "ffn_config")
    keys.ignore("tokenizer_name")
    inside = keys.inside("attn_config")
    inside.expect("qk_ln", False)
    mixer = multi_head(keys)
    kind = inside.choice("attn_type", MPT_ATTENTIONS, default=MPT_ATTENTIONS[0])
    if kind != MPT_ATTENTIONS[0]:  # in the code beside the weights alone: the reference's class has a head each
        shared = 1 if kind == MPT_ATTENTIONS[1] else inside.size("num_key_value_heads")
        keys.divides(shared, mixer.n_heads, "n_heads must be a multiple of kv_n_heads")
        mixer = replace(mixer, n_kv_heads=shared)
    if keys.size("expansion_ratio", default=4) != 4:
        keys.warnings.append("expansion_ratio is not 4; the implementation in common use ignores it and is counted so")
    one = layer(keys, mixer, PlainMLP(mixer.d_model, 4 * mixer.d_model))
    return decoder(keys, [one] * keys.n_layers(), tied=True)


def phi3small(keys: Keys) -> ModelSpec:
    """Phi-3-small: biases throughout, gate and up in one matrix; some layers attend to blocks that a pattern picks.

    Source: modeling_phi3_small.py beside microsoft/Phi-3-small-128k-instruct.
    """
    keys.ignore("dense_attention_every_n_layers", "gegelu_limit", "gegelu_pad_to_256", "mup_attn_multiplier")
    keys.ignore("mup_embedding_multiplier", "mup_use_scaling", "mup_width_multiplier", "ff_dim_multiplier")
    keys.ignore("embedding_dropout_prob", "attention_dropout_prob", "ffn_dropout_prob", "rope_embedding_base")
    keys.ignore("rope_position_scale", "pad_sequence_to_multiple_of_64", "dummy_token_indices", "attention_bias")
    keys.ignore(*(key for key in keys.config if isinstance(key, str) and key.startswith("blocksparse_")))
    keys.restate(intermediate_size=keys.size("ff_intermediate_size", "intermediate_size"))
    if keys.has("dense_attention_every_n_layers"):
        keys.warnings.append("layers with block-sparse attention are counted as if they attended to every token")
    return Dense(qkv=True, out=True, mlp=True, norm=LAYER_NORM, tied=True)(keys)


def falcon(keys: Keys) -> ModelSpec:
    """Falcon: the 7B one key/value head; the larger ones grouped heads and two norms side by side."""
    keys.ignore("intermediate_size", "alibi", "multi_query", "num_key_value_heads", "num_ln_in_parallel_attn")
    keys.ignore("parallel_attn")
    if keys.config.get("model_type") == "RefinedWeb":  # the 40B's first code, which knows grouped heads alone
        keys.restate(new_decoder_architecture=True)
    d_model, n_heads = keys.size("hidden_size"), keys.size("num_attention_heads")
    head_dim = keys.divides(n_heads, d_model, "hidden_size must be a multiple of num_attention_heads")
    grouped = keys.flag("new_decoder_architecture")
    one_head = keys.flag("multi_query", default=True)
    n_kv_heads = 1 if one_head and not grouped else n_heads
    if grouped:
        n_kv_heads = keys.size("num_key_value_heads", default=n_heads, why="as many as query heads")
        keys.divides(n_kv_heads, n_heads, "num_attention_heads must be a multiple of num_kv_heads")
    parallel = keys.flag("parallel_attn", default=True)
    n_norms = keys.size("num_ln_in_parallel_attn", default=2, most=2) if grouped else 1 if parallel else 2
    bias = keys.flag("bias")
    d_ff = keys.size("ffn_hidden_size", default=4 * d_model, why="four times hidden_size")
    mixer = Attention(d_model, n_heads, n_kv_heads, head_dim, head_dim, qkv_bias=bias, out_bias=bias)
    if grouped and n_kv_heads < n_heads:
        keys.warnings.append(
            f"the implementation in transformers repeats its {n_kv_heads} key/value heads for all {n_heads} query "
            f"heads before caching them and so holds {n_heads // n_kv_heads} times what is counted here; engines keep "
            "each once"
        )
    one = layer(keys, mixer, PlainMLP(d_model, d_ff, bias), n_norms=n_norms, norm=LAYER_NORM)
    return decoder(keys, [one] * keys.n_layers(), tied=True, norm=LAYER_NORM)


def _normed_heads(mixer: Attention, *, normed: bool) -> Attention:
    """Attention with norms that have biases on queries and keys, one shared by all heads."""
    return replace(mixer, qk_norm_params=2 * LAYER_NORM(width=mixer.head_dim) if normed else 0)


def phi(keys: Keys) -> ModelSpec:
    """Phi-1 to 2: one norm a layer, biases everywhere, the head's too."""
    mixer = _normed_heads(attention(keys, qkv_bias=True, out_bias=True), normed=keys.flag("qk_layernorm"))
    keys.ignore("flash_attn", "flash_rotary", "fused_dense", "img_processor", "architecture")
    one = layer(keys, mixer, _four_times(keys), n_norms=1, norm=LAYER_NORM)
    return decoder(keys, [one] * keys.n_layers(), norm=LAYER_NORM, head_bias=True)


def persimmon(keys: Keys) -> ModelSpec:
    """Persimmon: norms with biases on queries and keys."""
    keys.ignore("num_key_value_heads")
    normed = keys.flag("qk_layernorm", default=True)
    mixer = _normed_heads(multi_head(keys, qkv_bias=True, out_bias=True), normed=normed)
    one = layer(keys, mixer, plain_mlp(keys, bias=True), norm=LAYER_NORM)
    return decoder(keys, [one] * keys.n_layers(), norm=LAYER_NORM)


def stablelm(keys: Keys) -> ModelSpec:
    """StableLM: a Llama with LayerNorm; side by side it needs one norm less."""
    qk_norm = "every head" if keys.flag("qk_layernorm") else "none"
    n_norms = 1 if keys.flag("use_parallel_residual") else 2
    return Dense(qkv="use_qkv_bias", out=False, qk_norm=qk_norm, norm=LAYER_NORM, n_norms=n_norms)(keys)


def modernbert_decoder(keys: Keys) -> ModelSpec:
    """ModernBERT writing: half the published window in two layers of three; a matrix and a norm before the head."""
    keys.ignore("classifier_bias", "classifier_activation", "classifier_pooling", "cls_token_id", "sep_token_id")
    keys.ignore("global_rope_theta", "local_rope_theta", "mlp_dropout", "initializer_cutoff_factor")
    n_layers, biased = keys.n_layers(), keys.on("norm_bias")
    norm = LAYER_NORM if biased else params.rms_norm_params
    keys.restate(sliding_window=max(1, keys.size("local_attention", default=128) // 2))
    interval = keys.size("global_attn_every_n_layers", default=3) if not keys.has("layer_types") else 3
    keys.ignore("global_attn_every_n_layers", "sliding_window")
    kinds = listed(first_of(interval))(keys, n_layers)
    bias = keys.flag("attention_bias")
    plain = multi_head(keys, qkv_bias=bias, out_bias=bias)
    parts = [gated_mlp(keys, bias="mlp_bias")] * n_layers
    layers = stack(keys, kinds, lambda kind: replace(plain, span=span_of(keys, kind)), parts, norm=norm)
    layers[0] = replace(layers[0], norm_params=norm(width=plain.d_model))
    model = decoder(keys, layers, tied=True, norm=norm, head_bias=keys.flag("decoder_bias", default=True))
    width, d_model = 2 * norm(width=plain.d_model), plain.d_model  # behind the table, and before the head
    before = d_model * d_model + (d_model if keys.on("classifier_bias") else 0)
    ends_of_model = replace(model.embedding, norm_params=model.embedding.norm_params + width, project_params=before)
    return replace(model, embedding=ends_of_model)


FAMILIES: dict[str, Callable[[Keys], ModelSpec]] = {
    "biogpt": biogpt,
    "bloom": bloom,
    "ctrl": ctrl,
    "falcon": falcon,
    "gpt2": gpt2,
    "gpt_bigcode": gpt_bigcode,
    "gpt_neo": gpt_neo,
    "gpt_neox": gpt_neox,
    "gpt_neox_japanese": gpt_neox_japanese,
    "gptj": gptj,
    "jais2": Dense(mlp="mlp_bias", gated=False, norm=LAYER_NORM),
    "modernbert-decoder": modernbert_decoder,
    "mpt": mpt,
    "nemotron": Dense(mlp="mlp_bias", gated=False, norm=LAYER_NORM),
    "openai-gpt": openai_gpt,
    "opt": opt,
    "orion": Dense(norm=LAYER_NORM, ignore="mlp_bias"),
    "persimmon": persimmon,
    "phi": phi,
    "phi3small": phi3small,
    "stablelm": stablelm,
    "starcoder2": Dense(qkv="use_bias", mlp="use_bias", gated=False, kinds=one_window, norm=LAYER_NORM, tied=True),
    "xglm": xglm,
}
