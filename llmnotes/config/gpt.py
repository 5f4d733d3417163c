"""GPT-2 and its relatives: LayerNorm, biases, plain feed-forwards."""

from llmnotes import params
from llmnotes.blocks.attention import Attention
from llmnotes.blocks.base import EVERY_TOKEN, Selection
from llmnotes.blocks.feedforward import PlainMLP
from llmnotes.config.common import decoder, plain_mlp, spec
from llmnotes.config.keys import Keys
from llmnotes.spec import Embedding, Layer, ModelSpec


def gpt2(keys: Keys) -> ModelSpec:
    """GPT-2: learned positions, multi-head attention, everything with a bias."""
    return _gpt2(keys, n_kv_heads=keys.size("n_head", "num_attention_heads"))


def gpt_bigcode(keys: Keys) -> ModelSpec:
    """StarCoder 1: a GPT-2 with one key/value head."""
    keys.ignore("attention_softmax_in_fp32", "scale_attention_softmax_in_fp32", "num_key_value_heads")
    keys.ignore("inference_runner", "max_batch_size", "max_sequence_length", "pad_key_length", "pre_allocate_kv_cache")
    keys.ignore("validate_runner_input")
    many = not keys.flag("multi_query", default=True)
    return _gpt2(keys, n_kv_heads=keys.size("n_head", "num_attention_heads") if many else 1)


def _gpt2(keys: Keys, *, n_kv_heads: int) -> ModelSpec:
    keys.expect("add_cross_attention", False)
    keys.ignore("n_ctx")
    d_model = keys.size("n_embd", "hidden_size")
    n_heads = keys.size("n_head", "num_attention_heads")
    head_dim = keys.divides(n_heads, d_model, "n_embd must be a multiple of n_head")
    d_ff = keys.size("n_inner", default=4 * d_model, why="four times n_embd")
    n_positions = keys.size("n_positions", "max_position_embeddings")
    norm = params.layer_norm_params(width=d_model)
    mixer = Attention(d_model, n_heads, n_kv_heads, head_dim, head_dim, qkv_bias=True, out_bias=True)
    layer = Layer(mixer, PlainMLP(d_model, d_ff, bias=True), 2 * norm)
    embedding = Embedding(
        vocab_size=keys.size("vocab_size"),
        d_model=d_model,
        d_embed=d_model,
        tied=keys.flag("tie_word_embeddings", default=True),
        norm_params=norm,
        n_positions=n_positions,
    )
    n_layers = keys.n_layers("n_layer", "num_hidden_layers")
    return spec(keys, embedding=embedding, layers=[layer] * n_layers, n_ctx=n_positions)


def gptj(keys: Keys) -> ModelSpec:
    """GPT-J: rotary positions, no bias in attention, one norm a layer, a head with a bias."""
    d_model = keys.size("n_embd", "hidden_size")
    n_heads = keys.size("n_head", "num_attention_heads")
    head_dim = keys.divides(n_heads, d_model, "n_embd must be a multiple of n_head")
    d_ff = keys.size("n_inner", default=4 * d_model, why="four times n_embd")
    norm = params.layer_norm_params(width=d_model)
    mixer = Attention(d_model, n_heads, n_heads, head_dim, head_dim)
    layer = Layer(mixer, PlainMLP(d_model, d_ff, bias=True), norm)
    embedding = Embedding(
        vocab_size=keys.size("vocab_size"),
        d_model=d_model,
        d_embed=d_model,
        tied=keys.flag("tie_word_embeddings", default=False),
        norm_params=norm,
        head_bias=True,
    )
    n_layers = keys.n_layers("n_layer", "num_hidden_layers")
    n_ctx = keys.size("n_positions", "max_position_embeddings")
    return spec(keys, embedding=embedding, layers=[layer] * n_layers, n_ctx=n_ctx)


def gpt_neox(keys: Keys) -> ModelSpec:
    """GPT-NeoX and Pythia: rotary positions, attention and feed-forward side by side."""
    d_model = keys.size("hidden_size")
    n_heads = keys.size("num_attention_heads")
    head_dim = keys.divides(n_heads, d_model, "hidden_size must be a multiple of num_attention_heads")
    bias = keys.flag("attention_bias", default=True)
    keys.ignore("use_parallel_residual")
    mixer = Attention(d_model, n_heads, n_heads, head_dim, head_dim, qkv_bias=bias, out_bias=bias)
    layer = Layer(mixer, plain_mlp(keys, bias=True), 2 * params.layer_norm_params(width=d_model))
    return decoder(keys, [layer] * keys.n_layers(), norm=params.layer_norm_params)


def gpt_neo(keys: Keys) -> ModelSpec:
    """GPT-Neo: every other layer looks at a window, yet keeps everything."""
    n_layers = keys.n_layers("num_layers", "num_hidden_layers")
    d_model = keys.size("hidden_size")
    n_heads = keys.size("num_heads", "num_attention_heads")
    head_dim = keys.divides(n_heads, d_model, "hidden_size must be a multiple of num_heads")
    d_ff = keys.size("intermediate_size", default=4 * d_model, why="four times hidden_size")
    n_positions = keys.size("max_position_embeddings")
    norm = params.layer_norm_params(width=d_model)
    layers = []
    for kind in _gpt_neo_kinds(keys, n_layers):
        span = EVERY_TOKEN if kind == "global" else Selection(keys.size("window_size", default=256))
        mixer = Attention(d_model, n_heads, n_heads, head_dim, head_dim, span=span, out_bias=True)
        layers.append(Layer(mixer, PlainMLP(d_model, d_ff, bias=True), 2 * norm))
    keys.ignore("window_size", "resid_dropout", "embed_dropout")
    embedding = Embedding(
        vocab_size=keys.size("vocab_size"),
        d_model=d_model,
        d_embed=d_model,
        tied=keys.flag("tie_word_embeddings", default=True),
        norm_params=norm,
        n_positions=n_positions,
    )
    return spec(keys, embedding=embedding, layers=layers, n_ctx=n_positions)


def _gpt_neo_kinds(keys: Keys, n_layers: int) -> tuple[str, ...]:
    """`attention_layers` as published, or `attention_types`: pairs of a list of kinds and how often it repeats."""
    kinds = keys.words("attention_layers", n_layers, ("global", "local"))
    types, _ = keys.raw("attention_types")
    if kinds is not None:
        return kinds
    spelt: list[str] = []
    try:
        for names, times in types:
            spelt += [*names] * min(times, n_layers)
    except (TypeError, ValueError):
        raise keys.error("attention_types", 'give pairs such as [[["global", "local"], 12]]') from None
    if len(spelt) != n_layers or not set(spelt) <= {"global", "local"}:
        raise keys.error("attention_types", f"it must spell global or local for each of the {n_layers} layers")
    return tuple(spelt)
