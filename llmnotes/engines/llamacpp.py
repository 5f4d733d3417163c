r"""What llama.cpp sets aside (and ollama and LM Studio, which run it).

One cell holds one token of one sequence. A cache is a number of cells for each of its layers; windowed layers have a
cache of their own with fewer cells. States are rows of 32-bit numbers, one for each sequence.

Source:
    ggml-org/llama.cpp (https://github.com/ggml-org/llama.cpp), read 2026-11-30: `src/llama-kv-cache-iswa.cpp` at
    02c28f5 (cells of windowed layers), `src/llama-kv-cache.cpp` at 001d906 (one row of K and one of V for each cell, no
    V where values are a part of the latent), `src/llama-memory-recurrent.cpp` at 0054ee8 (states, rollback rows),
    `src/llama-hparams.cpp` at 01b77b5 (n_embd_r, n_embd_s), `src/llama-context.cpp` at 001d906 (batch limits).
"""

from dataclasses import dataclass

from llmnotes.engines.formats import ggml
from llmnotes.engines.outline import ENTRIES, INDEX, Entry, Outline
from llmnotes.engines.parts import Allocation, Part, padded

ENGINE, VERSION = "llama.cpp", "b10273"
CELL_PADDING = 256


@dataclass(frozen=True)
class Settings:
    """Options that change what is set aside, by the names of the library.

    Attributes:
        n_ctx: Cells of a full layer (`--ctx-size`), for all sequences together.
        n_seq_max: Sequences (`--parallel`); the server takes four with one shared cache unless told.
        kv_unified: One cache that all sequences share (`--kv-unified`); otherwise each has `n_ctx / n_seq_max` cells.
        n_ubatch: Tokens of one pass (`--ubatch-size`).
        type_k: Format of keys (`--cache-type-k`).
        type_v: Format of values (`--cache-type-v`).
        swa_full: Windowed layers hold every token (`--swa-full`).
        flash_attn: Fused attention; without it scores of every pair are stored, and values lie transposed.
        n_rs_seq: Rollback rows for each sequence's state, kept for speculative decoding.
        n_outputs: Tokens of a pass whose logits are computed; all unless given (newer servers ask for one a slot).
        padding: Cells come in so many; in 32 where older builds do not fuse attention.
    """

    n_ctx: int
    n_seq_max: int = 1
    kv_unified: bool = True
    n_ubatch: int = 512
    type_k: str = "f16"
    type_v: str = "f16"
    swa_full: bool = False
    flash_attn: bool = True
    n_rs_seq: int = 0
    n_outputs: int | None = None
    padding: int = CELL_PADDING

    @property
    def n_stream(self) -> int:
        """Caches that stand side by side."""
        return 1 if self.kv_unified else self.n_seq_max

    @property
    def cells(self) -> int:
        r"""Cells of a full layer in one stream.

        $$ \mathrm{pad}(n_{ctx} / n_{stream}, 256) $$
        """
        return padded(self.n_ctx // self.n_stream, self.padding)


def window_cells(*, window: int, settings: Settings) -> int:
    r"""Cells of a windowed layer in one stream.

    $$ \mathrm{pad}(\min(c, \; w \, s + u), 256) $$

    Args:
        window: Tokens of the window, $w$.
        settings: Gives the cells of a full layer, $c$, the sequences that share them, $s$, and the pass, $u$.

    >>> window_cells(window=128, settings=Settings(n_ctx=131072, n_seq_max=4))
    1024
    >>> window_cells(window=1024, settings=Settings(n_ctx=32768))
    1536
    """
    if settings.swa_full:
        return settings.cells
    sharing = settings.n_seq_max if settings.kv_unified else 1
    return padded(min(settings.cells, window * sharing + settings.n_ubatch), settings.padding)


def entry_cells(entry: Entry, settings: Settings) -> int:
    """Cells that one layer's entry takes in one stream."""
    if entry.window:
        return window_cells(window=entry.window, settings=settings)
    return padded(-(-settings.cells // entry.stride), 1 if entry.stride > 1 else settings.padding)


def key_bytes(entry: Entry, settings: Settings) -> float:
    """Bytes of the keys of one layer: a latent is a key."""
    cells = entry_cells(entry, settings) * settings.n_stream
    return cells * ggml(settings.type_k).row_bytes(entry.n_heads * entry.key_dim)


def value_bytes(entry: Entry, settings: Settings, widest: int = 0) -> float:
    """Bytes of the values of one layer.

    Args:
        entry: What the layer keeps.
        settings: Options.
        widest: Numbers of the widest value row of the model, to which rows are padded without fused attention.
    """
    cells = entry_cells(entry, settings) * settings.n_stream
    width = entry.n_heads * entry.value_dim
    return cells * ggml(settings.type_v).row_bytes(max(width, widest) if width else 0)


@dataclass(frozen=True)
class CacheGroup:
    """One cache: layers with equally many cells.

    Attributes:
        kind: `full`, `window`, `entries` or `index`.
        cells: Cells of each layer in one stream.
        n_layers: Layers.
    """

    kind: str
    cells: int
    n_layers: int
    key_bytes: float
    value_bytes: float

    @property
    def total_bytes(self) -> float:
        """Keys and values."""
        return self.key_bytes + self.value_bytes


def cache_groups(model: Outline, settings: Settings) -> tuple[CacheGroup, ...]:
    """Caches as llama.cpp creates and logs them: full layers, windowed layers, compressed entries by stride."""
    widest = 0
    if not settings.flash_attn:
        widest = max([entry.n_heads * entry.value_dim for entry in model.entries] or [0])
    found: dict[tuple[str, int, int], list[Entry]] = {}
    for entry in model.entries:
        kind = "window" if entry.window else entry.kind if entry.kind in (ENTRIES, INDEX) else "full"
        found.setdefault((kind, entry.window, entry.stride), []).append(entry)
    return tuple(
        CacheGroup(
            kind=kind,
            cells=entry_cells(entries[0], settings),
            n_layers=len(entries),
            key_bytes=sum(key_bytes(entry, settings) for entry in entries),
            value_bytes=sum(value_bytes(entry, settings, widest) for entry in entries),
        )
        for (kind, _, _), entries in found.items()
    )


def conv_state_bytes(model: Outline, settings: Settings) -> float:
    """Bytes of the last inputs of short convolutions (R in the log): taps less one, 32 bits, one row a sequence."""
    rows = settings.n_seq_max * (1 + settings.n_rs_seq)
    return 4.0 * rows * sum(state.conv_elements for state in model.states)


def recurrent_state_bytes(model: Outline, settings: Settings) -> float:
    """Bytes of recurrent states (S in the log): 32 bits, a row for each sequence and each rollback step."""
    rows = settings.n_seq_max * (1 + settings.n_rs_seq)
    return 4.0 * rows * sum(state.elements for state in model.states)


def output_bytes(*, vocab_size: int, n_seq_max: int) -> float:
    """Bytes of the output buffer: logits in 32 bits, one row for each sequence.

    >>> round(output_bytes(vocab_size=248_320, n_seq_max=4) / 2**20, 2)
    3.79
    """
    return 4.0 * vocab_size * n_seq_max


def head_buffer_bytes(*, n_tokens: int, d_model: int, vocab_size: int, n_outputs: int | None = None) -> float:
    r"""Bytes alive while logits of a pass are computed: normed hidden states and logits, both in 32 bits.

    $$ 4 \, (u \, d + o \, V) $$

    Where the graph is measured for a pass whose every token has logits ($o = u$), this is the compute buffer of most
    models with fused attention.

    Source:
        `src/llama-context.cpp`, graph_reserve(n_tokens, n_seqs, min(n_tokens, n_outputs_max)).

    >>> head_buffer_bytes(n_tokens=512, d_model=2880, vocab_size=201_088) / 2**20
    398.375
    """
    return 4.0 * (n_tokens * d_model + (n_tokens if n_outputs is None else n_outputs) * vocab_size)


def scores_buffer_bytes(*, n_tokens: int, n_cells: int, n_heads: int, d_model: int) -> float:
    r"""Bytes alive inside attention that is not fused: scores of all heads, the mask, and four hidden states.

    $$ 4 \, u \, (c \, (h + 1) + 4 d) $$

    >>> scores_buffer_bytes(n_tokens=512, n_cells=8192, n_heads=32, d_model=4096) / 2**20
    560.0
    """
    return 4.0 * n_tokens * (n_cells * (n_heads + 1) + 4 * d_model)


def compute_bytes(model: Outline, settings: Settings) -> float:
    """Bytes of the compute buffer of a card that holds every layer: the larger of the moments above.

    Left out: copies of inputs for pipelines over several cards, the feed-forward of models whose vocabulary is small.
    """
    n_tokens = min(settings.n_ubatch, settings.n_ctx)
    moments = [
        head_buffer_bytes(
            n_tokens=n_tokens, d_model=model.d_model, vocab_size=model.vocab_size, n_outputs=settings.n_outputs
        )
    ]
    if not settings.flash_attn:
        moments.append(
            scores_buffer_bytes(n_tokens=n_tokens, n_cells=settings.cells, n_heads=model.n_heads, d_model=model.d_model)
        )
    return max(moments)


def host_compute_bytes(*, n_tokens: int, d_model: int, cells: tuple[int, ...], n_embedded: int = 1) -> float:
    r"""Bytes of the compute buffer in main memory: embedded tokens and one mask for each cache, all in 32 bits.

    $$ 4 \, u \, \Bigl(e \, d + \sum_i c_i\Bigr) $$

    Args:
        n_tokens: Tokens of a pass, $u$.
        d_model: Width of the residual stream, $d$.
        cells: Cells of each cache, $c_i$.
        n_embedded: Rows of width $d$ for each token, $e$: newer builds take embeddings beside tokens and hold both.

    >>> round(host_compute_bytes(n_tokens=512, d_model=2880, cells=(131_072, 768)) / 2**20, 2)
    263.12
    """
    return 4.0 * n_tokens * (n_embedded * d_model + sum(cells))


def allocate(model: Outline, settings: Settings) -> Allocation:
    """Cache, state and buffers of a card that holds every layer; weights are added by the caller.

    >>> from llmnotes.engines.outline import Entry, Kept
    >>> layer = Kept((Entry("heads", 8, 128, 128),))
    >>> llama = Outline("an 8B", 4096, 128_256, 32, 8192, 32 * (layer,))
    >>> allocate(llama, Settings(n_ctx=8192)).bytes_of("cache") / 2**20
    1024.0
    """
    parts = [
        Part("cache", group.total_bytes, _cache_formula(group, settings)) for group in cache_groups(model, settings)
    ]
    if model.states:
        rows = settings.n_seq_max * (1 + settings.n_rs_seq)
        numbers = sum(state.conv_elements + state.elements for state in model.states)
        held = conv_state_bytes(model, settings) + recurrent_state_bytes(model, settings)
        parts.append(Part("state", held, f"{rows} × {numbers:,} × 4 B"))
    parts.append(
        Part(
            "output",
            output_bytes(vocab_size=model.vocab_size, n_seq_max=settings.n_seq_max),
            f"{settings.n_seq_max} × {model.vocab_size:,} × 4 B",
        )
    )
    parts.append(Part("compute", compute_bytes(model, settings), compute_formula(model, settings)))
    return Allocation(ENGINE, VERSION, tuple(parts))


def compute_formula(model: Outline, settings: Settings) -> str:
    """The larger moment, as read."""
    n_tokens = min(settings.n_ubatch, settings.n_ctx)
    n_outputs = n_tokens if settings.n_outputs is None else settings.n_outputs
    head = head_buffer_bytes(n_tokens=n_tokens, d_model=model.d_model, vocab_size=model.vocab_size, n_outputs=n_outputs)
    if compute_bytes(model, settings) > head:
        return f"4 B × {n_tokens:,} × ({settings.cells:,} × ({model.n_heads} + 1) + 4 × {model.d_model:,})"
    if n_outputs != n_tokens:
        return f"4 B × ({n_tokens:,} × {model.d_model:,} + {n_outputs:,} × {model.vocab_size:,})"
    return f"4 B × {n_tokens:,} × ({model.d_model:,} + {model.vocab_size:,})"


def _cache_formula(group: CacheGroup, settings: Settings) -> str:
    per_cell = group.total_bytes / (group.cells * settings.n_stream)
    streams = f" × {settings.n_stream}" if settings.n_stream > 1 else ""
    return f"{group.cells:,}{streams} × {per_cell:,.10g} B ({group.n_layers} × {settings.type_k}/{settings.type_v})"
