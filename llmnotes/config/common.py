"""Parts that many families share: ends of the model, spans of attention, feed-forwards."""

from collections.abc import Callable, Iterable
from itertools import groupby

from llmnotes.blocks.attention import Attention
from llmnotes.blocks.base import EVERY_TOKEN, Block, Chunk, Span, Window
from llmnotes.blocks.feedforward import GatedMLP, PlainMLP
from llmnotes.config.keys import NEUTRAL, Keys
from llmnotes.equations import params
from llmnotes.spec import Embedding, Layer, ModelSpec, runs_of

FULL, SLIDING, CHUNKED = "full_attention", "sliding_attention", "chunked_attention"
ATTENTIONS = (FULL, SLIDING)

Norm = Callable[..., int]


def no_norm_params(*, width: int) -> int:
    """A norm without gains (OLMo): nothing to count, whatever its width."""
    return 0 * width


def layer(
    keys: Keys,
    mixer: Block | None,
    feed_forward: Block | None,
    *,
    n_norms: int = 2,
    norm: Norm = params.rms_norm_params,
) -> Layer:
    """A layer with `n_norms` norms over the model's width."""
    return Layer(mixer, feed_forward, n_norms * norm(width=keys.size("hidden_size")))


def decoder(
    keys: Keys,
    layers: Iterable[Layer],
    *,
    tied: bool = False,
    norm: Norm = params.rms_norm_params,
    head_bias: bool = False,
) -> ModelSpec:
    """A token table, layers, one norm, a head: the whole of most families, `tied` unless the configuration says."""
    d_model = keys.size("hidden_size")
    embedding = ends(keys, d_model, tied=tied, norm_params=norm(width=d_model), head_bias=head_bias)
    return spec(keys, embedding=embedding, layers=layers, n_ctx=context(keys))


def ends(
    keys: Keys, d_model: int, *, tied: bool, norm_params: int, n_positions: int = 0, head_bias: bool = False
) -> Embedding:
    """A token table and a head of the model's width, `tied` unless the configuration says."""
    return Embedding(
        vocab_size=keys.size("vocab_size"),
        d_model=d_model,
        d_embed=d_model,
        tied=tie(keys, default=tied),
        norm_params=norm_params,
        n_positions=n_positions,
        head_bias=head_bias,
    )


def tie(keys: Keys, *, default: bool) -> bool:
    """Whether the head is the token table: as the file says, where the family's code ties them at all."""
    tied = keys.flag("tie_word_embeddings", default=default)
    if tied and keys.config.get("never_ties"):
        keys.warnings.append("tie_word_embeddings is true, but the family's code never ties them; counted apart")
        return False
    return tied


def spec(keys: Keys, *, embedding: Embedding, layers: Iterable[Layer], n_ctx: int | None) -> ModelSpec:
    """Close a configuration: whatever nobody asked for and nobody knows to be neutral becomes a warning."""
    layers = tuple(layers)
    for key, value in keys.config.items():
        if key in keys.used or key in NEUTRAL or key not in keys.published or value is None or value is False:
            continue
        keys.warnings.append(f"{keys.said(key)} is not understood and was left out of the count")
    return ModelSpec(
        name=keys.name,
        family=keys.config["model_type"],
        embedding=embedding,
        runs=runs_of(layers),
        n_ctx=n_ctx,
        assumed=tuple(keys.assumed),
        warnings=tuple(keys.warnings),
    )


def context(keys: Keys, *names: str) -> int | None:
    """Positions the configuration allows, if it says itself."""
    names = names or ("max_position_embeddings",)
    said = keys.published & set(names) and keys.has(*names)
    keys.ignore(*names)
    return keys.size(*names) if said else None


def head_shape(keys: Keys) -> tuple[int, int, int]:
    """Query heads, KV heads and head width of grouped attention."""
    n_heads = keys.size("num_attention_heads")
    n_kv_heads = keys.size("num_key_value_heads", default=n_heads, why="as many as query heads")
    keys.divides(n_kv_heads, n_heads, "num_attention_heads must be a multiple of num_key_value_heads")
    if keys.has("head_dim"):
        return n_heads, n_kv_heads, keys.size("head_dim")
    head_dim = keys.divides(n_heads, keys.size("hidden_size"), "hidden_size must be a multiple of num_attention_heads")
    return n_heads, n_kv_heads, head_dim


def attention(
    keys: Keys,
    *,
    span: Span = EVERY_TOKEN,
    qkv_bias: bool = False,
    out_bias: bool = False,
    qk_norm: str = "none",
    sinks: bool = False,
    gated: bool = False,
) -> Attention:
    """Grouped attention from the usual keys.

    Args:
        qk_norm: Norms with gains on queries and keys: `"none"`, one `"head"` wide and shared by all heads, a gain for
            `"every head"`, or over the whole `"projection"` (as many gains as for every head).
    """
    n_heads, n_kv_heads, head_dim = head_shape(keys)
    every_head = (n_heads + n_kv_heads) * head_dim
    gains = {"none": 0, "head": 2 * head_dim, "every head": every_head, "projection": every_head}[qk_norm]
    return Attention(
        d_model=keys.size("hidden_size"),
        n_heads=n_heads,
        n_kv_heads=n_kv_heads,
        head_dim=head_dim,
        v_head_dim=head_dim,
        span=span,
        qkv_bias=qkv_bias,
        out_bias=out_bias,
        gate_width=n_heads * head_dim if gated else 0,
        qk_norm_params=gains,
        sink_params=n_heads if sinks else 0,
    )


def multi_head(
    keys: Keys,
    *,
    width: tuple[str, ...] = ("hidden_size",),
    heads: tuple[str, ...] = ("num_attention_heads",),
    span: Span = EVERY_TOKEN,
    qkv_bias: bool = False,
    out_bias: bool = False,
) -> Attention:
    """Attention as it was first: a KV head for each query head, all together as wide as the model.

    Args:
        width: Keys that may hold the model's width.
        heads: Keys that may hold the number of heads.
    """
    d_model, n_heads = keys.size(*width), keys.size(*heads)
    head_dim = keys.divides(n_heads, d_model, f"{width[0]} must be a multiple of {heads[0]}")
    return Attention(d_model, n_heads, n_heads, head_dim, head_dim, span=span, qkv_bias=qkv_bias, out_bias=out_bias)


def gated_mlp(keys: Keys, *names: str, bias: bool = False) -> GatedMLP:
    """A gated feed-forward, as wide as `intermediate_size` unless another key is named."""
    return GatedMLP(keys.size("hidden_size"), keys.size(*(names or ("intermediate_size",))), bias)


def plain_mlp(keys: Keys, *, bias: bool, activation_params: int = 0) -> PlainMLP:
    """A plain feed-forward, as wide as `intermediate_size`."""
    return PlainMLP(keys.size("hidden_size"), keys.size("intermediate_size"), bias, activation_params)


def window(keys: Keys) -> Span:
    """One span for all layers: a sliding window where `sliding_window` is set."""
    return span_of(keys, SLIDING) if keys.stated("sliding_window") else EVERY_TOKEN


def pattern(
    keys: Keys, n_layers: int, default: tuple[str, ...], options: tuple[str, ...] = ATTENTIONS
) -> tuple[str, ...]:
    """The kind of each layer: `layer_types` as published, or the family's rule."""
    keys.ignore("sliding_window", "sliding_window_pattern", "attention_chunk_size")
    return keys.words("layer_types", n_layers, options) or default


def family_pattern(
    keys: Keys, n_layers: int, default: tuple[str, ...], options: tuple[str, ...] = ATTENTIONS
) -> tuple[str, ...]:
    """`layer_types`, or a rule that stands in the family's code alone: then it is remembered as an assumption."""
    if not keys.has("layer_types"):
        turn = next(n for n in range(1, n_layers + 1) if default[n:] == default[: n_layers - n])
        kinds = ", ".join(f"{len(list(group))} × {kind}" for kind, group in groupby(default[:turn]))
        keys.assume(f"layer_types = [{kinds}, …] (the family's default)")
    return pattern(keys, n_layers, default, options)


def spaced_pattern(keys: Keys, n_layers: int, name: str, interval: int, kind: str, others: str) -> tuple[str, ...]:
    """`layer_types`, or `kind` in every so many layers: as the key `name` says, or the family's `interval`."""
    if keys.has("layer_types"):
        keys.ignore(name)
        return pattern(keys, n_layers, (), (kind, others))
    return every(n_layers, keys.size(name, default=interval), kind, others)


def every(n_layers: int, interval: int, kind: str, others: str) -> tuple[str, ...]:
    """`kind` in every `interval`-th layer, `others` before it."""
    return tuple(others if (index + 1) % interval else kind for index in range(n_layers))


def span_of(keys: Keys, kind: str) -> Span:
    """The span that a layer type stands for."""
    if kind == CHUNKED:
        return Chunk(keys.size("attention_chunk_size"))
    return Window(keys.size("sliding_window")) if kind == SLIDING else EVERY_TOKEN


def note_prediction_modules(keys: Keys, name: str) -> None:
    """Say that modules which predict more than one token are not counted."""
    keys.ignore("num_mtp_layers", "num_mtp_modules", "mtp_num_hidden_layers", "mtp_layer_types", "mtp_mlp_layer_types")
    if name in keys.published and keys.has(name) and keys.count(name):
        keys.warnings.append("the multi-token prediction module is left out; its layers come on top of this count")


def either(keys: Keys, inside: Keys, flat: str, nested: str) -> int:
    """A size that stands within an object of the configuration in one spelling, beside it in another."""
    return inside.size(nested) if inside.has(nested) else keys.size(flat)


def numbered(keys: Keys, name: str, n_layers: int, zero: str, one: str) -> tuple[str, ...] | None:
    """A list of zeros and ones, one for each layer, as words."""
    numbers, _ = keys.raw(name)
    if numbers is None:
        return None
    if not isinstance(numbers, list | tuple) or len(numbers) != n_layers or any(n not in (0, 1) for n in numbers):
        raise keys.error(name, f"give 0 or 1 for each of the {n_layers} layers")
    return tuple(one if number else zero for number in numbers)
