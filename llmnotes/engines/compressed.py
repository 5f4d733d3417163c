"""How vLLM cuts a pool among layers of compressed attention (DeepSeek-V4): families of layers with blocks of their own,
split into groups of about equally many layers that share one slab.

Source:
    vllm-project/vllm 0.27.1 (6e448d0): `vllm/v1/core/kv_cache_utils.py` (group_and_unify_kv_cache_specs,
    _approximate_gcd, _get_kv_cache_groups_uniform_groups, _get_packed_kv_cache_layout,
    _max_memory_usage_bytes_from_groups),
    `vllm/models/deepseek_v4/attention.py`, `compressor.py` and `sparse_swa.py` (pages), read 2026-12-02 in a copy of
    them. Logs say the same: pages of groups in vllm#54703, requests in vllm#52495 and #44376.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from llmnotes.engines.outline import ENTRIES, INDEX, Entry, Outline
from llmnotes.engines.parts import EngineError, padded

BLOCK, WINDOW_BLOCK, ALIGNMENT = 256, 64, 576
ROTARY, SCALES = 64, 8
INDEX_SCALE_GROUP = 128
STATE_BLOCKS = {4: 4, 128: 8}
OVERLAPPING = 4
"""Strides whose compressor also keeps the entry before."""


@dataclass(frozen=True)
class Family:
    """Layers whose blocks hold equally many tokens.

    Attributes:
        window: Tokens that they keep; 0 for all of them.
        block_size: Tokens of a block.
        pages: Bytes of one layer's page, and the stage of a pipeline that it stands in.
    """

    window: int
    block_size: int
    pages: tuple[tuple[int, int], ...]

    @property
    def n_tuples(self) -> int:
        """Layers that have a page of the most frequent size."""
        return Counter(size for size, _ in self.pages).most_common(1)[0][1]

    def split(self, width: int) -> list["Family"]:
        """Groups of at most so many layers of each size of page: every so-many-eth goes to one group."""
        by_size: dict[int, list[tuple[int, int]]] = {}
        for page in self.pages:
            by_size.setdefault(page[0], []).append(page)
        n_groups = -(-max(len(pages) for pages in by_size.values()) // width)
        return [
            Family(
                self.window,
                self.block_size,
                tuple(page for pages in by_size.values() for page in pages[first::n_groups]),
            )
            for first in range(n_groups)
        ]

    def bytes_on(self, stage: int) -> int:
        """Bytes of one block on one card: the pages of its layers side by side."""
        return sum(size for size, where in self.pages if where == stage)


def entry_bytes(width: int) -> int:
    """Bytes of one entry in the format `fp8_ds_mla`: 8 bits, the rotary part at 16, and scales.

    >>> entry_bytes(512)
    584
    """
    return width - ROTARY + 2 * ROTARY + SCALES


def families(
    model: Outline, stage_of: Sequence[int], *, block_size: int = BLOCK, n_draft_layers: int = 0
) -> list[Family]:
    """Full entries with the indexer's keys, windows, and states of compressors.

    Args:
        model: The model.
        stage_of: The stage of a pipeline that each layer stands in.
        block_size: Tokens of a block of compressed entries.
        n_draft_layers: Layers of a prediction module, which see their window alone.

    Raises:
        EngineError: If entries are compressed in a way that the source does not know.
    """
    full: list[tuple[int, int]] = []
    windows: dict[int, list[tuple[int, int]]] = {}
    states: dict[int, list[tuple[int, int]]] = {}
    for layer, stage in zip(model.layers, stage_of, strict=True):
        for entry in layer.entries:
            if entry.kind == ENTRIES and entry.window:
                page = padded(WINDOW_BLOCK * entry_bytes(entry.key_dim), ALIGNMENT)
                windows.setdefault(entry.window, []).append((page, stage))
                continue
            if entry.kind not in (ENTRIES, INDEX) or entry.stride not in STATE_BLOCKS:
                raise EngineError(
                    f"{model.name}: vLLM's pages of one vector for {entry.stride} tokens are not modelled; "
                    "ask for the ideal"
                )
            full.append((_page(entry, block_size), stage))
            states.setdefault(entry.stride, []).append((_state_page(entry), stage))
    last = stage_of[-1]
    for pages in windows.values():
        pages += [(pages[0][0], last)] * n_draft_layers
    found = [Family(0, block_size, tuple(full))]
    found += [Family(window, WINDOW_BLOCK, tuple(pages)) for window, pages in windows.items()]
    found += [Family(_kept(stride), STATE_BLOCKS[stride], tuple(pages)) for stride, pages in states.items()]
    return found


def _page(entry: Entry, block_size: int) -> int:
    """One layer's page of compressed entries, or of the keys of its indexer, which have a scale each."""
    held = entry_bytes(entry.key_dim)
    if entry.kind == INDEX:
        held = entry.key_dim + entry.key_dim // INDEX_SCALE_GROUP * 4
    return padded(max(1, block_size // entry.stride) * held, ALIGNMENT)


def _kept(stride: int) -> int:
    """Tokens that a compressor keeps: one entry's, or two where entries overlap."""
    return stride * (2 if stride == OVERLAPPING else 1)


def _state_page(entry: Entry) -> int:
    """One compressor's page: for each token a state and a score, at 32 bits, twice where entries overlap."""
    numbers = 2 * entry.key_dim * (2 if entry.stride == OVERLAPPING else 1)
    return padded(STATE_BLOCKS[entry.stride] * numbers * 4, ALIGNMENT)


def groups_of(found: list[Family]) -> list[Family]:
    """The families, split so that groups hold about equally many layers; the full one stays whole."""
    width = group_width([family.n_tuples for family in found], least=found[0].n_tuples)
    return [found[0], *(group for family in found[1:] for group in family.split(width))]


def counted_bytes(groups: list[Family]) -> int:
    """Bytes that a block of one request is taken for when the engine checks whether it fits: a page of each size for
    every layer of the widest group.

    The slab that is then allocated is narrower, as groups lie in it without gaps.
    """
    return sum({size for size, _ in groups[0].pages}) * max(group.n_tuples for group in groups)


def group_width(counts: Sequence[int], *, least: int) -> int:
    """Layers of a group: the number from `least` on that fills up all counts with the least padding, the larger of two.

    >>> group_width([21, 43, 21, 20], least=21)
    22
    """
    return min(range(least, max(counts) + 1), key=lambda width: (sum(-count % width for count in counts), -width))
