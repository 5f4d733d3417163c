"""GPT-2 and its relatives: LayerNorm, biases, plain feed-forwards."""

from dataclasses import replace

from llmnotes.blocks.base import EVERY_TOKEN, Selection
from llmnotes.blocks.feedforward import PlainMLP
from llmnotes.config.common import decoder, ends, multi_head, plain_mlp, spec
from llmnotes.config.keys import Keys
from llmnotes.equations import params
from llmnotes.spec import Layer, ModelSpec

WIDTH, HEADS, LAYERS, POSITIONS = (
    ("hidden_size",),
    ("num_attention_heads",),
    ("num_hidden_layers",),
    ("max_position_embeddings",),
)


def openai_gpt(keys: Keys) -> ModelSpec:
    """GPT-1: a GPT-2 whose norms stand behind each part, so that none is left for the end."""
    keys.ignore("afn", "predict_special_tokens", "n_special")
    keys.warnings.append("the published implementation keeps no cache; what is counted is what an engine would keep")
    return _gpt2(keys, ends_with_norm=False)


def gpt2(keys: Keys) -> ModelSpec:
    """GPT-2: learned positions, multi-head attention, everything with a bias."""
    return _gpt2(keys)


def gpt_bigcode(keys: Keys) -> ModelSpec:
    """StarCoder 1: a GPT-2 with one key/value head."""
    keys.ignore("attention_softmax_in_fp32", "scale_attention_softmax_in_fp32", "num_key_value_heads")
    keys.ignore("inference_runner", "max_batch_size", "max_sequence_length", "pad_key_length", "pre_allocate_kv_cache")
    keys.ignore("validate_runner_input")
    return _gpt2(keys, one_kv_head=keys.flag("multi_query", default=True))


def _gpt2(keys: Keys, *, one_kv_head: bool = False, ends_with_norm: bool = True) -> ModelSpec:
    keys.expect("add_cross_attention", False)
    keys.ignore("n_ctx")
    mixer = multi_head(keys, width=WIDTH, heads=HEADS, qkv_bias=True, out_bias=True)
    if one_kv_head:
        mixer = replace(mixer, n_kv_heads=1)
    d_model, n_positions = mixer.d_model, keys.size(*POSITIONS)
    norm = params.layer_norm_params(width=d_model)
    layer = Layer(mixer, _inner(keys, d_model), 2 * norm)
    embedding = ends(keys, d_model, tied=True, norm_params=norm if ends_with_norm else 0, n_positions=n_positions)
    return spec(keys, embedding=embedding, layers=[layer] * keys.n_layers(*LAYERS), n_ctx=n_positions)


def _inner(keys: Keys, d_model: int) -> PlainMLP:
    return PlainMLP(d_model, keys.size("intermediate_size", default=4 * d_model, why="four times n_embd"), bias=True)


def gptj(keys: Keys) -> ModelSpec:
    """GPT-J: rotary positions, no bias in attention, one norm a layer, a head with a bias."""
    keys.ignore("n_ctx")
    mixer = multi_head(keys, width=WIDTH, heads=HEADS)
    norm = params.layer_norm_params(width=mixer.d_model)
    layer = Layer(mixer, _inner(keys, mixer.d_model), norm)
    embedding = ends(keys, mixer.d_model, tied=False, norm_params=norm, head_bias=True)
    return spec(keys, embedding=embedding, layers=[layer] * keys.n_layers(*LAYERS), n_ctx=keys.size(*POSITIONS))


def ctrl(keys: Keys) -> ModelSpec:
    """CTRL: sinusoids for positions, everything with a bias, the tied head's too."""
    keys.ignore("n_ctx", "from_tf")
    mixer = multi_head(keys, width=WIDTH, heads=HEADS, qkv_bias=True, out_bias=True)
    norm = params.layer_norm_params(width=mixer.d_model)
    layer = Layer(mixer, PlainMLP(mixer.d_model, keys.size("intermediate_size"), bias=True), 2 * norm)
    embedding = ends(keys, mixer.d_model, tied=True, norm_params=norm, head_bias=True)
    return spec(keys, embedding=embedding, layers=[layer] * keys.n_layers(*LAYERS), n_ctx=keys.size(*POSITIONS))


def gpt_neox(keys: Keys) -> ModelSpec:
    """GPT-NeoX and Pythia: rotary positions, attention and feed-forward side by side."""
    bias = keys.flag("attention_bias", default=True)
    keys.ignore("use_parallel_residual")
    mixer = multi_head(keys, qkv_bias=bias, out_bias=bias)
    layer = Layer(mixer, plain_mlp(keys, bias=True), 2 * params.layer_norm_params(width=mixer.d_model))
    return decoder(keys, [layer] * keys.n_layers(), norm=params.layer_norm_params)


def gpt_neox_japanese(keys: Keys) -> ModelSpec:
    """GPT-NeoX Japanese: no biases but one, on the output of the last layer's attention."""
    mixer = multi_head(keys)
    multiple = keys.size("intermediate_multiple_size", default=4)
    feed_forward = PlainMLP(mixer.d_model, multiple * mixer.d_model)
    layer = Layer(mixer, feed_forward, 2 * params.layer_norm_params(width=mixer.d_model))
    last = replace(layer, mixer=replace(mixer, out_bias=True))
    return decoder(keys, [*[layer] * (keys.n_layers() - 1), last], tied=True, norm=params.layer_norm_params)


def gpt_neo(keys: Keys) -> ModelSpec:
    """GPT-Neo: every other layer looks at a window, yet keeps everything."""
    n_layers = keys.n_layers("num_hidden_layers")
    mixer = multi_head(keys, heads=("num_attention_heads",), out_bias=True)
    d_model, n_positions = mixer.d_model, keys.size("max_position_embeddings")
    d_ff = keys.size("intermediate_size", default=4 * d_model, why="four times hidden_size")
    norm = params.layer_norm_params(width=d_model)
    layers = []
    for kind in _gpt_neo_kinds(keys, n_layers):
        span = EVERY_TOKEN if kind == "global" else Selection(keys.size("window_size", default=256))
        layers.append(Layer(replace(mixer, span=span), PlainMLP(d_model, d_ff, bias=True), 2 * norm))
    keys.ignore("window_size", "resid_dropout", "embed_dropout")
    embedding = ends(keys, d_model, tied=True, norm_params=norm, n_positions=n_positions)
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
