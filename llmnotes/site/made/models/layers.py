"""The layers of a model as a reader sees them: kinds with a letter each, in words, and the order they stand in."""

from __future__ import annotations

from dataclasses import dataclass

from llmnotes.blocks.base import Block
from llmnotes.blocks.composite import AlternatingUpdates, LowRankPath, MLPAdapter, Parallel, Projection, ResidualScales
from llmnotes.blocks.compressed import HyperConnection
from llmnotes.blocks.convolved import ResidualConvolution, ResidualQuery
from llmnotes.blocks.feedforward import GatedMLP, MixtureOfExperts, PlainMLP
from llmnotes.blocks.latent import IndexedMLA
from llmnotes.blocks.pooled import GatedStreams, HashedNgrams
from llmnotes.blocks.rwkv import ChannelMix
from llmnotes.spec import Layer, ModelSpec
from llmnotes.wording.layers import kind_and_sizes
from llmnotes.wording.words import WORDS

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LONGEST_PERIOD = 12
UNTAGGED = (GatedMLP, PlainMLP, ChannelMix, HyperConnection, LowRankPath, AlternatingUpdates)
UNTAGGED += (MLPAdapter, Projection, ResidualConvolution, ResidualScales, GatedStreams, HashedNgrams, ResidualQuery)
RECURRENT = {
    "GatedDeltaNet": "GDN",
    "KimiDeltaAttention": "KDA",
    "Mamba2": "Mamba-2",
    "Mamba": "Mamba-1",
    "TimeMix": "RWKV",
}
SPANS = {
    "zh": {
        "Window": "只看最近 {:,} 个 token",
        "Chunk": "只看同一段 {:,} 个 token",
        "Selection": "每次挑 {:,} 个 token",
    },
    "en": {
        "Window": "over the last {:,} tokens",
        "Chunk": "within chunks of {:,} tokens",
        "Selection": "over {:,} picked tokens",
    },
}


@dataclass(frozen=True)
class Kind:
    """One kind of layer.

    Attributes:
        letter: By which the order names it.
        count: Layers of this kind.
        blocks: What it is made of in words, and the sizes of each by their names in the code.
    """

    letter: str
    count: int
    blocks: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Stretch:
    """Layers in a row: pairs of letter and count, and how often they repeat."""

    parts: tuple[tuple[str, int], ...]
    times: int


def kinds(spec: ModelSpec, lang: str) -> list[Kind]:
    """Return each kind of layer, in the order of their first appearance."""
    return [
        Kind(letter_of(index), run.count, tuple(_block(block, lang) for block in run.layer.blocks))
        for index, run in enumerate(spec.census)
    ]


def letter_of(index: int) -> str:
    """Return the name of a kind.

    >>> letter_of(0), letter_of(27)
    ('A', 'B1')
    """
    return LETTERS[index % 26] + (str(index // 26) if index >= 26 else "")


def row(spec: ModelSpec) -> list[tuple[str, int]]:
    """Return runs of equal layers, first to last, by letter."""
    letters: dict[Layer, str] = {run.layer: letter_of(index) for index, run in enumerate(spec.census)}
    return [(letters[run.layer], run.count) for run in spec.runs]


def order(runs: list[tuple[str, int]]) -> list[Stretch]:
    """Return the runs with what repeats said once.

    >>> order([("A", 5), ("B", 1), ("A", 5), ("B", 1), ("A", 2)])
    [Stretch(parts=(('A', 5), ('B', 1)), times=2), Stretch(parts=(('A', 2),), times=1)]
    """
    found: list[Stretch] = []
    at = 0
    while at < len(runs):
        period, times = max(
            ((length, _repeats(runs, at, length)) for length in range(1, LONGEST_PERIOD + 1)),
            key=lambda one: (one[0] * one[1] if one[1] > 1 else 1, -one[0]),
        )
        period = period if times > 1 else 1
        found.append(Stretch(tuple(runs[at : at + period]), times))
        at += period * times
    return found


def in_words(stretches: list[Stretch], lang: str) -> str:
    """Return the order as a sentence without its end.

    >>> in_words(order([("A", 5), ("B", 1), ("A", 5), ("B", 1), ("A", 2)]), "en")
    '5 A, 1 B, 2 times over; then 2 A'
    """
    comma, times, then = ("、", "（重复 {} 次）", "，然后是 ") if lang == "zh" else (", ", ", {} times over", "; then ")
    said = []
    for stretch in stretches:
        parts = comma.join(f"{count} {letter}" for letter, count in stretch.parts)
        said.append(parts + (times.format(stretch.times) if stretch.times > 1 else ""))
    return then.join(said)


def _repeats(runs: list[tuple[str, int]], at: int, length: int) -> int:
    """Return how often the runs at a place follow each other."""
    pattern, times = runs[at : at + length], 1
    while len(pattern) == length and runs[at + times * length : at + (times + 1) * length] == pattern:
        times += 1
    return times


def _block(block: Block, lang: str) -> tuple[str, str]:
    """Return a block in words and its sizes."""
    name, _ = kind_and_sizes(block, WORDS[lang])
    _, sizes = kind_and_sizes(block, WORDS["en"])
    span = getattr(block, "span", None)
    if span is not None and (form := SPANS[lang].get(type(span).__name__)):
        said = form.format(span.size)
        name = f"{name}（{said}）" if lang == "zh" else f"{name} {said}"
    return name, sizes


def tags(spec: ModelSpec) -> list[str]:
    """Return what kinds of block a model is built of, as people abbreviate them."""
    found: list[str] = []
    for run in spec.census:
        for block in run.layer.blocks:
            found += [tag for tag in _tags(block) if tag not in found]
    return found


def _tags(block: Block) -> list[str]:
    name = type(block).__name__
    if isinstance(block, Parallel):
        return [tag for part in block.parts for tag in _tags(part)]
    if isinstance(block, UNTAGGED):
        return []
    if isinstance(block, MixtureOfExperts):
        return ["MoE"]
    if name.endswith("MLA"):
        return ["MLA", *(["DSA"] if isinstance(block, IndexedMLA) else [])]
    if name == "CompressedAttention":
        return ["CSA"]
    heads, kv_heads = getattr(block, "n_heads", 0), getattr(block, "n_kv_heads", 0)
    if not kv_heads:
        return [RECURRENT.get(name, name)]
    shared = "MHA" if kv_heads == heads else "MQA" if kv_heads == 1 else "GQA"
    span = {"Window": ["SWA"], "Chunk": ["chunked"], "Selection": ["DSA"]}
    return [shared, *span.get(type(getattr(block, "span", None)).__name__, [])]
