"""Families of 2022 to 2024 with LayerNorm: each differs from GPT-2 in a few switches."""

from dataclasses import replace

from llmnotes.blocks.attention import Attention
from llmnotes.blocks.feedforward import PlainMLP
from llmnotes.config.common import (
    attention,
    context,
    decoder,
    ends,
    gated_mlp,
    head_shape,
    layer,
    multi_head,
    plain_mlp,
    spec,
    window,
)
from llmnotes.config.keys import Keys
from llmnotes.equations import params
from llmnotes.spec import Layer, ModelSpec

LAYER_NORM = params.layer_norm_params


def opt(keys: Keys) -> ModelSpec:
    """OPT: learned positions with two rows more than its context; the smallest embed narrower than they compute."""
    bias = keys.flag("enable_bias", default=True)
    mixer = multi_head(keys, qkv_bias=bias, out_bias=bias)
    d_model = mixer.d_model
    d_embed = keys.size("word_embed_proj_dim", default=d_model, why="as hidden_size")
    affine = keys.flag("layer_norm_elementwise_affine", default=True)
    norm = LAYER_NORM(width=d_model) if affine else 0
    norm_last = keys.flag("do_layer_norm_before", default=True) and not keys.flag(
        "_remove_final_layer_norm", default=False
    )
    keys.ignore("init_std")
    one = Layer(mixer, PlainMLP(d_model, keys.size("intermediate_size"), bias), 2 * norm)
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
    norm = LAYER_NORM(width=mixer.d_model)
    n_ctx = keys.size("max_position_embeddings")
    embedding = ends(keys, mixer.d_model, tied=True, norm_params=norm, n_positions=n_ctx + 2)
    one = Layer(mixer, plain_mlp(keys, bias=True), 2 * norm)
    return spec(keys, embedding=embedding, layers=[one] * keys.n_layers(), n_ctx=n_ctx)


def xglm(keys: Keys) -> ModelSpec:
    """XGLM: sinusoids for positions, biases everywhere."""
    keys.ignore("scale_embedding", "init_std")
    keys.expect("add_cross_attention", False)
    mixer = multi_head(
        keys,
        width=("hidden_size",),
        heads=("num_attention_heads",),
        qkv_bias=True,
        out_bias=True,
    )
    norm = LAYER_NORM(width=mixer.d_model)
    one = Layer(mixer, PlainMLP(mixer.d_model, keys.size("intermediate_size"), bias=True), 2 * norm)
    embedding = ends(keys, mixer.d_model, tied=True, norm_params=norm)
    n_layers = keys.n_layers("num_hidden_layers")
    return spec(keys, embedding=embedding, layers=[one] * n_layers, n_ctx=context(keys))


def bloom(keys: Keys) -> ModelSpec:
    """BLOOM: linear position biases (no parameters) and one more norm behind the embedding."""
    keys.ignore("apply_residual_connection_post_layernorm", "slow_but_exact", "seq_length", "bias_dropout_fusion")
    keys.ignore("masked_softmax_fusion", "skip_bias_add", "skip_bias_add_qkv", "intermediate_size", "unk_token_id")
    mixer = multi_head(
        keys,
        width=("hidden_size",),
        heads=("num_attention_heads",),
        qkv_bias=True,
        out_bias=True,
    )
    d_model = mixer.d_model
    norm = LAYER_NORM(width=d_model)
    one = Layer(mixer, PlainMLP(d_model, 4 * d_model, bias=True), 2 * norm)
    embedding = ends(keys, d_model, tied=True, norm_params=2 * norm)
    n_layers = keys.n_layers("num_hidden_layers")
    return spec(keys, embedding=embedding, layers=[one] * n_layers, n_ctx=context(keys))


def mpt(keys: Keys) -> ModelSpec:
    """MPT: linear position biases, no bias anywhere, norms with gains only."""
    keys.expect("no_bias", True)
    keys.expect("norm_type", "low_precision_layernorm", "low_precision_rmsnorm")
    keys.expect("embedding_fraction", 1.0, 1)
    keys.ignore("learned_pos_emb", "init_device", "emb_pdrop", "logit_scale", "verbose", "init_config", "ffn_config")
    keys.ignore("tokenizer_name", "attn_config")
    mixer = multi_head(keys, width=("hidden_size",), heads=("num_attention_heads",))
    d_model = mixer.d_model
    inside = keys.inside("attn_config")
    inside.expect("attn_type", "multihead_attention")
    inside.expect("qk_ln", False)
    norm = params.rms_norm_params(width=d_model)
    if keys.size("expansion_ratio", default=4) != 4:
        keys.warnings.append("expansion_ratio is not 4; the implementation in common use ignores it and is counted so")
    one = Layer(mixer, PlainMLP(d_model, 4 * d_model), 2 * norm)
    embedding = ends(keys, d_model, tied=True, norm_params=norm)
    n_layers = keys.n_layers("num_hidden_layers")
    return spec(keys, embedding=embedding, layers=[one] * n_layers, n_ctx=context(keys, "max_position_embeddings"))


def falcon(keys: Keys) -> ModelSpec:
    """Falcon: the 7B one key/value head; the larger ones grouped heads and two norms side by side."""
    keys.ignore(
        "intermediate_size",
        "alibi",
        "multi_query",
        "num_key_value_heads",
        "num_ln_in_parallel_attn",
        "parallel_attn",
        "num_key_value_heads",
    )
    d_model = keys.size("hidden_size")
    n_heads = keys.size("num_attention_heads")
    head_dim = keys.divides(n_heads, d_model, "hidden_size must be a multiple of num_attention_heads")
    grouped = keys.flag("new_decoder_architecture", default=False)
    one_head = keys.flag("multi_query", default=True)
    n_kv_heads = n_heads
    if grouped:
        n_kv_heads = keys.size("num_key_value_heads", default=n_heads, why="as many as query heads")
        keys.divides(n_kv_heads, n_heads, "num_attention_heads must be a multiple of num_kv_heads")
    elif one_head:
        n_kv_heads = 1
    parallel = keys.flag("parallel_attn", default=True)
    n_norms = keys.size("num_ln_in_parallel_attn", default=2, most=2) if grouped else 1 if parallel else 2
    bias = keys.flag("bias", default=False)
    d_ff = keys.size("ffn_hidden_size", default=4 * d_model, why="four times hidden_size")
    mixer = Attention(
        d_model,
        n_heads,
        n_kv_heads,
        head_dim,
        head_dim,
        qkv_bias=bias,
        out_bias=bias,
        broadcast_cache=grouped and n_kv_heads < n_heads,
    )
    if mixer.broadcast_cache:
        keys.warnings.append(
            f"the published implementation repeats its {n_kv_heads} key/value heads for all {n_heads} query heads "
            f"before caching them, and is counted so; an engine that caches them once needs {n_heads // n_kv_heads} "
            "times less"
        )
    one = layer(keys, mixer, PlainMLP(d_model, d_ff, bias), n_norms=n_norms, norm=LAYER_NORM)
    n_layers = keys.n_layers("num_hidden_layers")
    return decoder(keys, [one] * n_layers, tied=True, norm=LAYER_NORM)


def phi(keys: Keys) -> ModelSpec:
    """Phi-1 to 2: one norm a layer, biases everywhere, the head's too."""
    n_heads, n_kv_heads, head_dim = head_shape(keys)
    normed = keys.flag("qk_layernorm", default=False)
    mixer = Attention(
        keys.size("hidden_size"),
        n_heads,
        n_kv_heads,
        head_dim,
        head_dim,
        qkv_bias=True,
        out_bias=True,
        qk_norm_params=2 * LAYER_NORM(width=head_dim) if normed else 0,
    )
    one = layer(keys, mixer, plain_mlp(keys, bias=True), n_norms=1, norm=LAYER_NORM)
    return decoder(keys, [one] * keys.n_layers(), norm=LAYER_NORM, head_bias=True)


def persimmon(keys: Keys) -> ModelSpec:
    """Persimmon: norms with biases on queries and keys."""
    plain = multi_head(keys, qkv_bias=True, out_bias=True)
    normed = keys.flag("qk_layernorm", default=True)
    mixer = replace(plain, qk_norm_params=2 * LAYER_NORM(width=plain.head_dim) if normed else 0)
    keys.ignore("num_key_value_heads")
    one = layer(keys, mixer, plain_mlp(keys, bias=True), norm=LAYER_NORM)
    return decoder(keys, [one] * keys.n_layers(), norm=LAYER_NORM)


def stablelm(keys: Keys) -> ModelSpec:
    """StableLM: a Llama with LayerNorm; side by side it needs one norm less."""
    parallel = keys.flag("use_parallel_residual", default=False)
    qk_norm = "every head" if keys.flag("qk_layernorm", default=False) else "none"
    mixer = attention(keys, qkv_bias=keys.flag("use_qkv_bias", default=False), qk_norm=qk_norm)
    one = layer(keys, mixer, gated_mlp(keys), n_norms=1 if parallel else 2, norm=LAYER_NORM)
    return decoder(keys, [one] * keys.n_layers(), norm=LAYER_NORM)


def starcoder2(keys: Keys) -> ModelSpec:
    """StarCoder2: grouped heads, one switch for every bias."""
    bias = keys.flag("use_bias", default=True)
    mixer = attention(keys, qkv_bias=bias, out_bias=bias, span=window(keys))
    one = layer(keys, mixer, plain_mlp(keys, bias=bias), norm=LAYER_NORM)
    return decoder(keys, [one] * keys.n_layers(), tied=True, norm=LAYER_NORM)


def nemotron(keys: Keys) -> ModelSpec:
    """Nemotron-4: a plain feed-forward (squared ReLU), norms with biases."""
    bias = keys.flag("attention_bias", default=False)
    mixer = attention(keys, qkv_bias=bias, out_bias=bias)
    feed_forward = plain_mlp(keys, bias=keys.flag("mlp_bias", default=False))
    one = layer(keys, mixer, feed_forward, norm=LAYER_NORM)
    return decoder(keys, [one] * keys.n_layers(), norm=LAYER_NORM)
