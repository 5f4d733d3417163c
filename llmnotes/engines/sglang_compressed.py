r"""What SGLang sets aside for compressed attention (DeepSeek-V4): pools of windows, of entries and of compressors'
states, whose sizes all follow from the tokens of whole texts.

Source:
    sgl-project/sglang (https://github.com/sgl-project/sglang), read 2026-12-02:
    `python/sglang/srt/model_executor/pool_configurator.py` at 003fca8 (DSV4PoolConfigurator),
    `python/sglang/srt/mem_cache/deepseek_v4_memory_pool.py` at 007bddd (pages, rings) and
    `python/sglang/srt/mem_cache/deepseek_v4_compress_state.py` at 067c8c8 (rows of states). Logs say the same: bytes of
    a token and sizes of pools for DeepSeek-V4-Flash on 2026-08-10, pages of windows in sglang#26783, rows of states in
    #40337.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from llmnotes.engines.compressed import OVERLAPPING, entry_bytes
from llmnotes.engines.outline import INDEX, Entry, Outline
from llmnotes.engines.parts import Allocation, EngineError, Part, padded

VERSION = "at 003fca8"
PAGE, ALIGNMENT = 256, 576
"""Tokens of a page unless `--page-size` says more or, as on Ascend, less; and what a page of entries is padded to."""

WINDOW_SHARE = 0.1
"""Tokens of windows for each token of whole texts (`--swa-full-tokens-ratio`), as logs of this model have it."""

RINGS = {4: 8, 128: 128}
"""Tokens that a compressor keeps, by its stride, without drafts."""

INDEX_SCALE_GROUP = 128
STATE_BYTES = 4


@dataclass(frozen=True)
class Pools:
    """Sizes of the pools, as the engine logs them (“DSV4 pool sizes”).

    Attributes:
        full: Tokens of whole texts.
        window: Tokens of windows (`swa`).
        entries: Entries by stride (`c4`, `c128`).
        ring_rows: Rows of states of overlapping entries (`c4_state`), one ring for each window of tokens.
    """

    full: int
    window: int
    entries: dict[int, int]
    ring_rows: int


def pools(model: Outline, n_tokens: int, page: int = PAGE) -> Pools:
    """The pools for so many tokens of whole texts, in pages of so many."""
    full = n_tokens // page * page
    windowed = int(full * WINDOW_SHARE) // page * page
    return Pools(
        full=full,
        window=windowed,
        entries={stride: full // stride for stride in RINGS},
        ring_rows=ring_rows(model, windowed),
    )


def ring_rows(model: Outline, windowed: int) -> int:
    """Rows of states of overlapping entries for so many tokens of windows: one ring for each window."""
    return windowed // window_tokens(model) * RINGS[OVERLAPPING]


def full_token_bytes(model: Outline, *, states_by_windows: bool = False, n_draft_layers: int = 0) -> float:
    """Bytes of one token of a whole text on one card, its share of all pools (`bytes_per_full_token`); states that each
    request has of its own are left out.

    Args:
        model: The model.
        states_by_windows: Every compressor has a ring for each window, as versions of spring 2026 (sglang#24523) do.
        n_draft_layers: Windowed layers of a prediction module.
    """
    total, windows = 0.0, [entry for entry in _known(model) if entry.window]
    for entry in _known(model):
        total += (WINDOW_SHARE if entry.window else 1 / entry.stride) * _stored(entry)
        if entry.stride == OVERLAPPING or (states_by_windows and entry.stride > 1):
            total += WINDOW_SHARE * RINGS[entry.stride] / window_tokens(model) * _state_bytes(entry)
    return total + n_draft_layers * WINDOW_SHARE * _stored(windows[0])


def request_state_bytes(model: Outline, n_seqs: int) -> int:
    """Bytes of the states that each request has of its own, one more than asked for, on one card."""
    return sum(_state_rows(entry, 0, n_seqs) * _state_bytes(entry) for entry in _request_states(model))


def n_tokens_in(model: Outline, rest_bytes: float, n_seqs: int) -> int:
    """Tokens of whole texts that so many bytes hold (`max_total_num_tokens`), whole pages."""
    left = max(0.0, rest_bytes - request_state_bytes(model, n_seqs))
    return int(left / full_token_bytes(model)) // PAGE * PAGE


def allocate(model: Outline, engine: str, *, n_tokens: int, n_seqs: int) -> Allocation:
    """Pools for so many requests of one length on one card: buffers in whole pages, and one page more."""
    found = pools(model, padded(n_tokens, PAGE) * n_seqs)
    parts: dict[tuple[str, int, int], int] = {}
    for entry in _known(model):
        size, page = (found.window, PAGE) if entry.window else (found.entries[entry.stride], PAGE // entry.stride)
        key = ("cache", _pages(size, page), page_bytes(entry, page))
        parts[key] = parts.get(key, 0) + 1
        if entry.stride > 1:
            rows = ("state", _state_rows(entry, found.ring_rows, n_seqs), _state_bytes(entry))
            parts[rows] = parts.get(rows, 0) + 1
    return Allocation(
        engine,
        VERSION,
        tuple(
            Part(name, layers * rows * each, f"{layers} × {rows:,} × {each:,} B")
            for (name, rows, each), layers in parts.items()
        ),
    )


def page_bytes(entry: Entry, page: int) -> int:
    """Bytes of one layer's page of so many tokens or entries; those of an indexer's keys are not padded."""
    held = page * _stored(entry)
    return held if entry.kind == INDEX else padded(held, ALIGNMENT)


def _stored(entry: Entry) -> int:
    """Bytes of one entry, or of one key of an indexer with its scale."""
    if entry.kind == INDEX:
        return entry.key_dim + entry.key_dim // INDEX_SCALE_GROUP * 4
    return entry_bytes(entry.key_dim)


def _state_bytes(entry: Entry) -> int:
    """Bytes of one row of a compressor: a state and a score, twice where entries overlap."""
    return 2 * (2 if entry.stride == OVERLAPPING else 1) * entry.key_dim * STATE_BYTES


def _state_rows(entry: Entry, ring_rows: int, n_seqs: int) -> int:
    """Rows of a compressor: rings that go with windows, or one ring for each request and one more, then padded."""
    ring = RINGS[entry.stride]
    held = ring_rows if entry.stride == OVERLAPPING else (n_seqs + 1) * ring
    return padded(held + ring + 1, entry.stride)


def _pages(size: int, page: int) -> int:
    return (size + page + 1) // page


def window_tokens(model: Outline) -> int:
    """Tokens of a window."""
    return next(entry.window for entry in model.entries if entry.window)


def _request_states(model: Outline) -> Iterator[Entry]:
    return (entry for entry in _known(model) if entry.stride > OVERLAPPING)


def _known(model: Outline) -> Iterator[Entry]:
    """What layers keep for a token.

    Raises:
        EngineError: If entries are compressed in a way that the source does not know.
    """
    for entry in model.entries:
        if not entry.window and entry.stride not in RINGS:
            raise EngineError(
                f"{model.name}: SGLang's pools of one vector for {entry.stride} tokens are not modelled; "
                "ask for the ideal"
            )
        yield entry
