"""Attention that runs and counts: the same answer with the scores in slow memory and without, and what each one moves.

Queries are `[n_heads, n_queries, head_dim]`, keys `[n_kv_heads, n_keys, head_dim]`, values `[n_kv_heads, n_keys,
v_head_dim]`; the queries are the last of the tokens, so the first of them stands at position `n_keys - n_queries`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Sees = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.bool_]]
STATISTICS = frozenset({"maxima", "sums", "log_sums"})


def everything(queries: NDArray[np.int64], keys: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Every token sees every other one, as in an encoder."""
    return np.ones(np.broadcast_shapes(queries.shape, keys.shape), dtype=np.bool_)


def the_past(queries: NDArray[np.int64], keys: NDArray[np.int64]) -> NDArray[np.bool_]:
    """A token sees itself and what stands before it (causal attention)."""
    return keys <= queries


def the_last(window: int) -> Sees:
    """A token sees the last `window` positions, itself included (sliding-window attention).

    >>> the_last(2)(np.array([[3]]), np.arange(5))
    array([[False, False,  True,  True, False]])
    """
    if window < 1:
        raise ValueError(f"window is {window}: give at least 1, a token sees itself")
    return lambda queries, keys: (keys <= queries) & (keys > queries - window)


@dataclass(frozen=True)
class AttentionRun:
    """The output of attention, and what it took to get there. Elements, not bytes."""

    output: Array
    flops: int
    loaded: Mapping[str, int]
    stored: Mapping[str, int]

    @cached_property
    def matrix_traffic(self) -> int:
        """Elements of queries, keys, values, scores and output moved to and from slow memory."""
        return self.traffic - self.statistics_traffic

    @cached_property
    def statistics_traffic(self) -> int:
        """Elements of running maxima and sums moved: one or two for each row, where a matrix has `head_dim`."""
        return sum(moved[name] for moved in (self.loaded, self.stored) for name in moved if name in STATISTICS)

    @cached_property
    def traffic(self) -> int:
        """All elements moved."""
        return sum(self.loaded.values()) + sum(self.stored.values())


class _Ledger:
    """Stands between slow memory and arithmetic: whatever passes is counted."""

    def __init__(self) -> None:
        self.loaded: Counter[str] = Counter()
        self.stored: Counter[str] = Counter()
        self.flops = 0

    def load(self, name: str, block: Array) -> Array:
        self.loaded[name] += block.size
        return block

    def store(self, name: str, place: Array, block: Array) -> None:
        self.stored[name] += block.size
        place[...] = block

    def product(self, left: Array, right: Array) -> Array:
        self.flops += 2 * left.shape[0] * left.shape[1] * right.shape[1]
        return left @ right

    def run(self, output: Array) -> AttentionRun:
        return AttentionRun(output, self.flops, dict(self.loaded), dict(self.stored))


def plain_attention(q: Array, k: Array, v: Array, *, sees: Sees = everything) -> AttentionRun:
    r"""Attention in three steps, each of which reads from slow memory and writes back.

    $$ O = \operatorname{softmax}\!\left(Q K^\top / \sqrt{d_h}\right) V $$

    The scores are one matrix of queries by keys for each head, stored and loaded twice. The mask is applied
    afterwards: masked pairs are computed and thrown away.

    Args:
        q: Queries, `[n_heads, n_queries, head_dim]`.
        k: Keys, `[n_kv_heads, n_keys, head_dim]`.
        v: Values, `[n_kv_heads, n_keys, v_head_dim]`.
        sees: Which key a query sees, from the positions of both.

    Raises:
        ValueError: If the shapes do not belong together.

    Source:
        Dao et al. 2022, arXiv:2205.14135, Algorithm 0.

    >>> run = plain_attention(np.ones((1, 2, 3)), np.ones((1, 2, 3)), np.ones((1, 2, 3)))
    >>> run.flops, run.traffic
    (48, 40)
    """
    ledger = _Ledger()
    output = np.empty((*q.shape[:2], v.shape[2]))
    for query, key, value, out in _heads(q, k, v, output):
        scores = np.empty((len(query), len(key)))
        weights = np.empty_like(scores)
        scaled = ledger.load("q", query) / np.sqrt(query.shape[1])
        ledger.store("scores", scores, ledger.product(scaled, ledger.load("k", key).T))
        visible = sees(*_positions(len(query), len(key)))
        masked = np.where(visible, ledger.load("scores", scores), -np.inf)
        raised = np.exp(masked - masked.max(axis=1, keepdims=True))
        ledger.store("weights", weights, raised / raised.sum(axis=1, keepdims=True))
        ledger.store("output", out, ledger.product(ledger.load("weights", weights), ledger.load("v", value)))
    return ledger.run(output)


def tiled_attention_keys_first(
    q: Array, k: Array, v: Array, *, n_rows: int, n_columns: int, sees: Sees = everything
) -> AttentionRun:
    r"""Attention by tiles in the order of the first FlashAttention paper: each block of keys meets all queries in turn.

    The output and its statistics (running maximum $m$ and sum $\ell$ of each row) travel to slow memory and back for
    every block of keys; the zeros they start from are not counted.

    Args:
        q: Queries, `[n_heads, n_queries, head_dim]`.
        k: Keys, `[n_kv_heads, n_keys, head_dim]`.
        v: Values, `[n_kv_heads, n_keys, v_head_dim]`.
        n_rows: Queries in a tile, $B_r$.
        n_columns: Keys in a tile, $B_c$.
        sees: Which key a query sees; a tile that nobody sees is left out.

    Source:
        Dao et al. 2022, arXiv:2205.14135, Algorithm 1.
    """
    ledger = _Ledger()
    output = np.zeros((*q.shape[:2], v.shape[2]))
    for query, key, value, out in _heads(q, k, v, output):
        queries, keys = _positions(len(query), len(key))
        maxima, sums = np.full((len(query), 1), -np.inf), np.zeros((len(query), 1))
        for columns in _blocks(len(key), n_columns):
            rows_seen = [rows for rows in _blocks(len(query), n_rows) if sees(queries[rows], keys[columns]).any()]
            if not rows_seen:
                continue
            key_tile, value_tile = ledger.load("k", key[columns]), ledger.load("v", value[columns])
            for rows in rows_seen:
                tile = _Tile(
                    ledger.load("output", out[rows]) * ledger.load("sums", sums[rows]),
                    ledger.load("maxima", maxima[rows]),
                    sums[rows],
                )
                visible = sees(queries[rows], keys[columns])
                tile.add(ledger, ledger.load("q", query[rows]), key_tile, value_tile, visible)
                ledger.store("output", out[rows], tile.normalised())
                ledger.store("maxima", maxima[rows], tile.maxima)
                ledger.store("sums", sums[rows], tile.sums)
    return ledger.run(output)


def tiled_attention_queries_first(
    q: Array, k: Array, v: Array, *, n_rows: int, n_columns: int, sees: Sees = everything
) -> AttentionRun:
    r"""Attention by tiles in FlashAttention-2's order: each block of queries meets all keys and is written once.

    Of the statistics only the logarithm of each row's sum is kept, for the backward pass.

    Args:
        q: Queries, `[n_heads, n_queries, head_dim]`.
        k: Keys, `[n_kv_heads, n_keys, head_dim]`.
        v: Values, `[n_kv_heads, n_keys, v_head_dim]`.
        n_rows: Queries in a tile, $B_r$.
        n_columns: Keys in a tile, $B_c$.
        sees: Which key a query sees; a tile that nobody sees is left out.

    Source:
        Dao 2023, arXiv:2307.08691, Algorithm 1.
    """
    ledger = _Ledger()
    output = np.empty((*q.shape[:2], v.shape[2]))
    for query, key, value, out in _heads(q, k, v, output):
        queries, keys = _positions(len(query), len(key))
        log_sums = np.empty((len(query), 1))
        for rows in _blocks(len(query), n_rows):
            query_tile = ledger.load("q", query[rows])
            shape = (len(query_tile), 1)
            tile = _Tile(np.zeros((len(query_tile), value.shape[1])), np.full(shape, -np.inf), np.zeros(shape))
            for columns in _blocks(len(key), n_columns):
                visible = sees(queries[rows], keys[columns])
                if visible.any():
                    key_tile, value_tile = ledger.load("k", key[columns]), ledger.load("v", value[columns])
                    tile.add(ledger, query_tile, key_tile, value_tile, visible)
            ledger.store("output", out[rows], tile.normalised())
            ledger.store("log_sums", log_sums[rows], tile.maxima + np.log(tile.sums))
    return ledger.run(output)


@dataclass
class _Tile:
    """Rows of the output on their way: not yet divided by their sums, which are relative to their maxima so far."""

    weighted: Array
    maxima: Array
    sums: Array

    def add(self, ledger: _Ledger, query: Array, key: Array, value: Array, visible: NDArray[np.bool_]) -> None:
        """Take in one more block of keys; what was there is rescaled to the new maximum (online softmax)."""
        scores = np.where(visible, ledger.product(query / np.sqrt(query.shape[1]), key.T), -np.inf)
        maxima = np.maximum(self.maxima, scores.max(axis=1, keepdims=True))
        reference = np.where(np.isneginf(maxima), 0.0, maxima)
        raised = np.exp(scores - reference)
        rescale = np.exp(self.maxima - reference)
        self.sums = rescale * self.sums + raised.sum(axis=1, keepdims=True)
        self.weighted = rescale * self.weighted + ledger.product(raised, value)
        self.maxima = maxima

    def normalised(self) -> Array:
        return self.weighted / np.where(self.sums == 0, 1.0, self.sums)


def _heads(q: Array, k: Array, v: Array, output: Array) -> Iterator[tuple[Array, Array, Array, Array]]:
    """One query head after the other, with the keys and values that its group shares."""
    if q.ndim != 3 or k.ndim != 3 or v.ndim != 3:
        raise ValueError(f"q, k, v have shapes {q.shape}, {k.shape}, {v.shape}: give [heads, tokens, width] each")
    if k.shape[:2] != v.shape[:2] or q.shape[2] != k.shape[2] or q.shape[1] > k.shape[1] or q.shape[0] % k.shape[0]:
        raise ValueError(
            f"q {q.shape}, k {k.shape}, v {v.shape} do not fit: k and v share heads and tokens, q and k share width, "
            "query heads are a multiple of KV heads, and there are at least as many keys as queries"
        )
    shared_by = q.shape[0] // k.shape[0]
    for head in range(q.shape[0]):
        yield q[head], k[head // shared_by], v[head // shared_by], output[head]


def _positions(n_queries: int, n_keys: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    keys = np.arange(n_keys)
    return keys[n_keys - n_queries :, None], keys


def _blocks(n: int, size: int) -> list[slice]:
    if size < 1:
        raise ValueError(f"a tile of {size} tokens: give n_rows and n_columns of at least 1")
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]
