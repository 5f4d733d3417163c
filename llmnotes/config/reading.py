"""What many families share: the ends of a model, patterns of layers, and a family as one row (`Dense`)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
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
Switch = str | bool
KindRule = Callable[[Keys, int], tuple[str, ...]]
Parts = Callable[[Keys, int], Sequence[Block]]


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
        head_matrix=keys.head_matrix,
    )


def tie(keys: Keys, *, default: bool) -> bool:
    """Whether the head is the token table: as the file says, where the family's code ties them at all."""
    tied = keys.flag("tie_word_embeddings", default=default)
    if tied and keys.config.get("ties") is False:
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


def context(keys: Keys) -> int | None:
    """Positions the configuration allows, if it says so itself."""
    name = "max_position_embeddings"
    return keys.size(name) if name in keys.published and keys.has(name) else None


def head_shape(keys: Keys) -> tuple[int, int, int]:
    """Query heads, KV heads and head dimension of grouped attention."""
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
    qkv_bias: Switch = False,
    out_bias: Switch = False,
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
        qkv_bias=switched(keys, qkv_bias),
        out_bias=switched(keys, out_bias),
        gate_width=n_heads * head_dim if gated else 0,
        qk_norm_params=gains,
        scalar_params=n_heads if sinks else 0,
    )


def switched(keys: Keys, switch: Switch) -> bool:
    """A switch of a family: the key of a flag in one or more spellings, or what its code fixes."""
    return switch if isinstance(switch, bool) else keys.flag(*switch.split())


def multi_head(keys: Keys, *, qkv_bias: bool = False, out_bias: bool = False) -> Attention:
    """Attention as it was first: a KV head for each query head, all together as wide as the model."""
    d_model, n_heads = keys.size("hidden_size"), keys.size("num_attention_heads")
    head_dim = keys.divides(n_heads, d_model, "hidden_size must be a multiple of num_attention_heads")
    return Attention(d_model, n_heads, n_heads, head_dim, head_dim, qkv_bias=qkv_bias, out_bias=out_bias)


def gated_mlp(keys: Keys, width: str = "intermediate_size", *, bias: Switch = False) -> GatedMLP:
    """A gated feed-forward."""
    return GatedMLP(keys.size("hidden_size"), keys.size(width), switched(keys, bias))


def plain_mlp(keys: Keys, *, bias: Switch = False, scalar_params: int = 0) -> PlainMLP:
    """A plain feed-forward, as wide as `intermediate_size`."""
    return PlainMLP(keys.size("hidden_size"), keys.size("intermediate_size"), switched(keys, bias), scalar_params)


def span_of(keys: Keys, kind: str) -> Span:
    """The span that a layer type stands for."""
    if kind == CHUNKED:
        return Chunk(keys.size("attention_chunk_size"))
    return Window(keys.size("sliding_window")) if kind == SLIDING else EVERY_TOKEN


def full(_keys: Keys, n_layers: int) -> tuple[str, ...]:
    """No layer has a window."""
    return (FULL,) * n_layers


def one_window(keys: Keys, n_layers: int) -> tuple[str, ...]:
    """All layers share one sliding window where `sliding_window` is set."""
    return (SLIDING if keys.stated("sliding_window") else FULL,) * n_layers


def by_switch(keys: Keys, n_layers: int) -> tuple[str, ...]:
    """`layer_types`, or a window from layer `max_window_layers` on where `use_sliding_window` is on."""
    keys.ignore("use_sliding_window", "max_window_layers", "sliding_window")
    if keys.has("layer_types"):
        return pattern(keys, n_layers, ())
    if "sliding_window" in keys.published and keys.has("sliding_window"):
        keys.stated("use_sliding_window")
    sliding = keys.on("use_sliding_window") and keys.has("sliding_window")
    first = keys.count("max_window_layers") if sliding and keys.stated("max_window_layers") else n_layers
    return tuple(SLIDING if sliding and index >= first else FULL for index in range(n_layers))


def listed(
    rule: KindRule | None = None, *, name: str = "layer_types", options: tuple[str, ...] = ATTENTIONS
) -> KindRule:
    """`layer_types`; without it a rule of the family's code, remembered as an assumption, or full attention."""

    def kinds(keys: Keys, n_layers: int) -> tuple[str, ...]:
        if rule is None:
            keys.stated(name)
            return pattern(keys, n_layers, (FULL,) * n_layers, options)
        return family_pattern(keys, n_layers, rule(keys, n_layers), options)

    return kinds


def nth(interval: int, kind: str = FULL, others: str = SLIDING) -> KindRule:
    """`kind` in every `interval`-th layer, `others` before it."""
    return lambda _keys, n_layers: every(n_layers, interval, kind, others)


def first_of(interval: int, kind: str = FULL, others: str = SLIDING) -> KindRule:
    """`kind` in the first of every `interval` layers, `others` after it."""
    return lambda _keys, n_layers: tuple(others if index % interval else kind for index in range(n_layers))


def spaced(name: str, interval: int, kind: str = FULL, others: str = SLIDING) -> KindRule:
    """`layer_types`, or `kind` in every so many layers: as the key `name` says, or the family's `interval`."""

    def kinds(keys: Keys, n_layers: int) -> tuple[str, ...]:
        if keys.has("layer_types"):
            keys.ignore(name)
            return pattern(keys, n_layers, (), (kind, others))
        return every(n_layers, keys.size(name, default=interval), kind, others)

    return kinds


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


def every(n_layers: int, interval: int, kind: str, others: str) -> tuple[str, ...]:
    """`kind` in every `interval`-th layer, `others` before it."""
    return tuple(others if (index + 1) % interval else kind for index in range(n_layers))


@dataclass(frozen=True)
class Dense:
    """A family of decoders with grouped attention, said in one row. A switch is the key of a flag, or what is fixed.

    Attributes:
        qkv: Switch for the biases of queries, keys and values.
        out: Switch for the bias of attention's output; `None`: that of `qkv`.
        mlp: Switch for the biases of the feed-forward.
        gated: The feed-forward has a gate.
        parts: What reads the feed-forward of each layer, where it is not the same dense one in all.
        qk_norm: See `attention`; `qk_norm_if` is the key of the flag that switches it on.
        kinds: What reads which layers have a window.
        norm: Parameters of one norm; `n_norms` of them in a layer.
        tied: The head is the token table unless the file or the family's class says otherwise.
        head_bias: Switch for a bias of the head.
        head_rows: Key of the rows of a head that is smaller than the token table.
        scalar_params: Learned constants of a plain feed-forward's activation.
        ignore: Keys that change no count here.
    """

    qkv: Switch = "attention_bias"
    out: Switch | None = None
    mlp: Switch = False
    gated: bool = True
    parts: Parts | None = None
    qk_norm: str = "none"
    qk_norm_if: str = ""
    sinks: bool = False
    gate: bool = False
    kinds: KindRule = full
    norm: Norm = params.rms_norm_params
    n_norms: int = 2
    tied: bool = False
    head_bias: Switch = False
    head_rows: str = ""
    scalar_params: int = 0
    ignore: str = ""

    def __call__(self, keys: Keys) -> ModelSpec:
        """The spec of a configuration of this family."""
        keys.ignore(*self.ignore.split())
        n_layers = keys.n_layers()
        kinds = self.kinds(keys, n_layers)
        parts = self.parts(keys, n_layers) if self.parts else [self.feed_forward(keys)] * n_layers
        layers = stack(
            keys, kinds, lambda kind: self.attention(keys, kind), parts, n_norms=self.n_norms, norm=self.norm
        )
        note_prediction_modules(keys)
        if self.head_rows and keys.has(self.head_rows):
            keys.head_matrix = keys.size(self.head_rows) * keys.size("hidden_size")
        return decoder(keys, layers, tied=self.tied, norm=self.norm, head_bias=switched(keys, self.head_bias))

    def attention(self, keys: Keys, kind: str) -> Attention:
        """Attention of the layers of one kind."""
        normed = not self.qk_norm_if or keys.flag(self.qk_norm_if)
        return attention(
            keys,
            span=span_of(keys, kind),
            qkv_bias=self.qkv,
            out_bias=self.qkv if self.out is None else self.out,
            qk_norm=self.qk_norm if normed else "none",
            sinks=self.sinks,
            gated=self.gate,
        )

    def feed_forward(self, keys: Keys) -> GatedMLP | PlainMLP:
        """The dense feed-forward."""
        if self.gated:
            return gated_mlp(keys, bias=self.mlp)
        return plain_mlp(keys, bias=self.mlp, scalar_params=self.scalar_params)


def stack(
    keys: Keys,
    kinds: Iterable[str],
    mixers: Callable[[str], Block],
    parts: Iterable[Block | None],
    *,
    n_norms: int = 2,
    norm: Norm = params.rms_norm_params,
) -> list[Layer]:
    """Layers from the kind of each, what mixes tokens in a kind, and the feed-forward of each."""
    known: dict[str, Block] = {}
    made: dict[tuple[str, int], Layer] = {}
    layers = []
    for kind, part in zip(kinds, parts, strict=True):
        if kind not in known:
            known[kind] = mixers(kind)
        which = kind, id(part)
        if which not in made:
            made[which] = layer(keys, known[kind], part, n_norms=n_norms, norm=norm)
        layers.append(made[which])
    return layers


def note_prediction_modules(keys: Keys) -> None:
    """Check how many modules predict more than one token (`parts.mtp` sizes them)."""
    name = "num_nextn_predict_layers"
    keys.ignore("num_mtp_layers", "num_mtp_modules", "mtp_num_hidden_layers", "mtp_layer_types", "mtp_mlp_layer_types")
    keys.ignore(name)
    if name in keys.published and keys.has(name):
        keys.count(name)


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
