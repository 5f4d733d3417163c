"""GPT-2 and its relatives: LayerNorm, biases, plain feed-forwards."""

from llmnotes import params
from llmnotes.blocks.attention import Attention
from llmnotes.blocks.feedforward import PlainMLP
from llmnotes.config.common import decoder, spec
from llmnotes.config.keys import Keys
from llmnotes.spec import Embedding, Layer, ModelSpec


def gpt2(keys: Keys) -> ModelSpec:
    """GPT-2: learned positions, multi-head attention, everything with a bias."""
    keys.expect("add_cross_attention", False)
    d_model = keys.size("n_embd", "hidden_size")
    n_heads = keys.size("n_head", "num_attention_heads")
    head_dim = keys.divides(n_heads, d_model, "n_embd must be a multiple of n_head")
    d_ff = keys.size("n_inner", default=4 * d_model, why="four times n_embd")
    n_positions = keys.size("n_positions", "max_position_embeddings")
    keys.ignore("n_ctx")
    norm = params.layer_norm_params(width=d_model)
    layer = Layer(
        mixer=Attention(d_model, n_heads, n_heads, head_dim, head_dim, qkv_bias=True, out_bias=True),
        feed_forward=PlainMLP(d_model, d_ff, bias=True),
        norm_params=2 * norm,
    )
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


def gpt_neox(keys: Keys) -> ModelSpec:
    """GPT-NeoX and Pythia: rotary positions, attention and feed-forward side by side."""
    d_model = keys.size("hidden_size")
    n_heads = keys.size("num_attention_heads")
    head_dim = keys.divides(n_heads, d_model, "hidden_size must be a multiple of num_attention_heads")
    bias = keys.flag("attention_bias", default=True)
    keys.ignore("use_parallel_residual")
    norm = params.layer_norm_params(width=d_model)
    layer = Layer(
        mixer=Attention(d_model, n_heads, n_heads, head_dim, head_dim, qkv_bias=bias, out_bias=bias),
        feed_forward=PlainMLP(d_model, keys.size("intermediate_size"), bias=True),
        norm_params=2 * norm,
    )
    return decoder(keys, [layer] * keys.n_layers(), norm=params.layer_norm_params)
