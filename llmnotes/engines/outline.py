"""What an engine sees of a model when it sets memory aside: for each layer what it keeps for a token, and its state.

A configuration is outlined from its layers (`outline_of`), a llama.cpp log from the hyperparameters that it prints. The
rules of the engines take either.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from llmnotes.blocks.attention import Attention
from llmnotes.blocks.base import Block, Chunk, Keep, Window
from llmnotes.blocks.composite import Parallel
from llmnotes.blocks.compressed import CompressedAttention
from llmnotes.blocks.latent import MLA
from llmnotes.blocks.recurrent import GatedDeltaNet, KimiDeltaAttention
from llmnotes.report import count_params
from llmnotes.spec import Layer, ModelSpec

HEADS, LATENT, INDEX, ENTRIES = "heads", "latent", "index", "entries"
DELTA, KEY_DELTA, LINEAR = "delta", "key_delta", "linear"


@dataclass(frozen=True)
class Entry:
    """What one layer keeps for one token of the text.

    Attributes:
        kind: `heads` (keys and values by head), `latent` (one vector for all heads; values are a part of it), `index`
            (the key of an indexer), `entries` (one vector for every `stride` tokens).
        n_heads: Heads that divide among cards; 1 where the vector serves all of them.
        key_dim: Numbers of a key of one head.
        value_dim: Numbers of a value of one head; 0 where no value is stored.
        window: Tokens that the layer looks back on; 0 for all of them.
        chunked: The window ends at a fixed cut instead of moving with the token.
        stride: Tokens that one stored vector stands for.
        rotary_dim: Numbers of a latent that carry the position: formats that quantize a latent keep them at 16 bits.
        rebuilt: Numbers of the keys and of the values of all heads that a latent stands for.
    """

    kind: str
    n_heads: int
    key_dim: int
    value_dim: int
    window: int = 0
    chunked: bool = False
    stride: int = 1
    rotary_dim: int = 0
    rebuilt: tuple[int, int] = (0, 0)

    @property
    def width(self) -> int:
        """Numbers of one stored vector, keys and values of all heads."""
        return self.n_heads * (self.key_dim + self.value_dim)


@dataclass(frozen=True)
class State:
    """What one layer keeps however long the text is.

    Attributes:
        conv_channels: Channels of its short convolution.
        conv_columns: Last inputs of each that are needed: taps less one.
        elements: Numbers of recurrent state.
        n_heads: Heads among which the state divides.
        kind: `delta` (gated delta rule), `key_delta` (with a decay for each channel), `linear` (any other).
    """

    conv_channels: int
    conv_columns: int
    elements: int
    n_heads: int
    kind: str = LINEAR

    @property
    def conv_elements(self) -> int:
        """Numbers of the last inputs."""
        return self.conv_channels * self.conv_columns


@dataclass(frozen=True)
class Kept:
    """What one layer keeps."""

    entries: tuple[Entry, ...] = ()
    states: tuple[State, ...] = ()


@dataclass(frozen=True)
class Outline:
    """A model as an engine's allocator sees it.

    Attributes:
        layers: What each layer keeps, first to last; layers that keep nothing stand too.
        widest: Numbers of one token inside the widest block.
        n_params: Parameters in all; 0 where they are not known.
        weight_bytes: Bytes of the weights in the form that the configuration states; 0 where it states none.
        layer_params: Parameters of each layer.
        first_params: Parameters before the first layer.
        last_params: Parameters behind the last layer, of a tied table too.
    """

    name: str
    d_model: int
    vocab_size: int
    n_heads: int
    n_ctx: int | None
    layers: tuple[Kept, ...]
    widest: int = 0
    n_params: int = 0
    weight_bytes: float = 0
    layer_params: tuple[int, ...] = ()
    first_params: int = 0
    last_params: int = 0

    def stage_params(self, stages: tuple[int, ...], stage: int) -> int:
        """Parameters of one stage of a pipeline: its layers, before the first and behind the last stage the tables."""
        start = sum(stages[:stage])
        held = sum(self.layer_params[start : start + stages[stage]])
        if stage == 0:
            held += self.first_params
        return held + (self.last_params if stage == len(stages) - 1 else 0)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every entry of every layer."""
        return tuple(entry for layer in self.layers for entry in layer.entries)

    @property
    def states(self) -> tuple[State, ...]:
        """Every state of every layer."""
        return tuple(state for layer in self.layers for state in layer.states)


def rebuilt(model: Outline) -> Outline | None:
    """The model with the keys and values that its latents stand for in their place, as older engines store them; `None`
    where it has no latent."""
    if not any(any(entry.rebuilt) for entry in model.entries):
        return None
    layers = {
        layer: replace(layer, entries=tuple(_rebuilt(entry) for entry in layer.entries)) for layer in model.layers
    }
    return replace(model, layers=tuple(layers[layer] for layer in model.layers))


def _rebuilt(entry: Entry) -> Entry:
    key, value = entry.rebuilt
    return replace(entry, kind=HEADS, key_dim=key, value_dim=value, rotary_dim=0, rebuilt=(0, 0)) if key else entry


def outline_of(model: ModelSpec) -> Outline:
    """The outline of a configuration."""
    n_heads = 0
    widest = 0
    tables = dict(model.embedding.params())
    n_params = count_params(model).total
    layer_params = tuple(layer.n_params for layer in model.layers)
    first = tables.get("embedding_token", 0) + tables.get("embedding_position", 0)
    last = n_params - first - sum(layer_params)
    kept: dict[Layer, Kept] = {}
    for run in model.census:
        kept[run.layer] = _kept(run.layer)
        for block in run.layer.blocks:
            widest = max(widest, block.width())
            n_heads = max([n_heads, *(getattr(part, "n_heads", 0) for part in _parts(block))])
    return Outline(
        name=model.name,
        d_model=model.d_model,
        vocab_size=model.vocab_size,
        n_heads=n_heads,
        n_ctx=model.n_ctx,
        layers=tuple(kept[layer] for layer in model.layers),
        widest=widest,
        n_params=n_params,
        layer_params=layer_params,
        first_params=first,
        last_params=last + (tables.get("embedding_token", 0) if model.embedding.tied else 0),
    )


def _kept(layer: Layer) -> Kept:
    parts = [part for block in layer.blocks for part in _parts(block)]
    entries = tuple(entry for part in parts for entry in _entries(part))
    states = tuple(state for state in (_state(part) for part in parts) if state is not None)
    return Kept(entries, states)


def _parts(block: Block) -> Iterator[Block]:
    if isinstance(block, Parallel):
        for part in block.parts:
            yield from _parts(part)
    else:
        yield block


def _window(keep: Keep) -> int:
    return keep.span.size if isinstance(keep.span, Window | Chunk) else 0


def _entries(block: Block) -> Iterator[Entry]:
    keeps = block.keeps()
    if isinstance(block, CompressedAttention):
        # One vector is key and value at once; the layers that see their window alone store it once too.
        for keep in keeps:
            yield Entry(ENTRIES, 1, block.head_dim, 0, window=_window(keep))
        if block.compression is not None:
            stride = block.compression.stride
            yield Entry(ENTRIES, 1, block.head_dim, 0, stride=stride)
            if block.compression.index_head_dim:
                yield Entry(INDEX, 1, block.compression.index_head_dim, 0, stride=stride)
        return
    for position, keep in enumerate(keeps):
        window = _window(keep)
        chunked = isinstance(keep.span, Chunk)
        if position:
            yield Entry(INDEX, 1, keep.elements_per_token, 0, window, chunked)
        elif isinstance(block, MLA):
            key = block.n_heads * (block.qk_nope_head_dim + block.qk_rope_head_dim)
            rebuilt = (key, block.n_heads * block.v_head_dim)
            rotary = block.qk_rope_head_dim
            width = keep.elements_per_token
            yield Entry(LATENT, 1, width, 0, window, chunked, rotary_dim=rotary, rebuilt=rebuilt)
        elif isinstance(block, Attention):
            yield Entry(HEADS, block.n_kv_heads, block.head_dim, block.v_head_dim, window, chunked)
        else:
            yield Entry(HEADS, 1, keep.elements_per_token, 0, window, chunked)


def _state(block: Block) -> State | None:
    convolutions, elements = block.convolutions(), block.state_elements()
    if isinstance(block, CompressedAttention) or not (convolutions or elements):
        return None
    kind, n_heads = LINEAR, getattr(block, "n_heads", 1)
    if isinstance(block, KimiDeltaAttention):
        kind = KEY_DELTA
    elif isinstance(block, GatedDeltaNet):
        kind, n_heads = DELTA, block.n_value_heads
    return State(
        conv_channels=sum(each.channels for each in convolutions),
        conv_columns=max([each.kernel - 1 if each.kernel else each.columns for each in convolutions] or [0]),
        elements=elements,
        n_heads=n_heads,
        kind=kind,
    )
