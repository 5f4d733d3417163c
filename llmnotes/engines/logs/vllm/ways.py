"""Options that make a number of vLLM's log fit where the log does not show them all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import product

from llmnotes.engines import vllm
from llmnotes.engines.formats import torch
from llmnotes.engines.logs.flags import Flags
from llmnotes.engines.logs.reading import Printed
from llmnotes.engines.outline import Outline
from llmnotes.engines.parts import EngineError

MOST_COUNTS = 64


@dataclass(frozen=True)
class Way:
    """One set of options under which a pool may have been cut.

    Attributes:
        why: Name of the sentence that says which option the log does not show; empty for what it does show.
    """

    pool: vllm.Pool
    settings: vllm.Settings
    why: str = ""
    values: dict[str, str] = field(default_factory=dict)


def ways(plain: Way, given: Outline, flags: Flags) -> Iterator[Way]:
    """The options that the log shows, then those with one that it does not show changed: the likeliest first."""
    yield plain
    shown = plain.settings
    states, windows = bool(given.states), any(entry.window for entry in given.entries)
    changes: list[tuple[str, dict[str, str], dict]] = []
    if windows and not flags.get("max_num_batched_tokens"):
        changes += [
            ("other_batch", {"batch": f"{n:,}"}, {"max_num_batched_tokens": n}) for n in (8192, 16384, 4096, 1024, 512)
        ]
    if states:
        changes.append(("other_caching", {}, {"prefix_caching": not shown.prefix_caching}))
    if windows and shown.hybrid:
        changes.append(("groups_off", {}, {"hybrid": False}))
    if not flags.get("kv_cache_dtype"):
        other = "auto" if torch(shown.kv_cache_dtype).bits == 8 else "fp8"
        changes.append(("other_format", {"format": other}, {"kv_cache_dtype": other}))
    if not states and not flags.get("block_size"):
        changes += [("other_block", {"block": f"{n}"}, {"block_size": n}) for n in (32, 64, 128, 256)]
    for layers in (1, 2, 3, 4, 5):
        draft = {"n_draft_layers": layers}
        changes.append(("draft_layers", {"draft": str(layers)}, draft))
        if states:
            for tokens in (1, 2, 3, 4, 5):
                for caching in (True, False):
                    options = {**draft, "n_speculative": tokens, "prefix_caching": caching}
                    changes.append(("draft_tokens", {"draft": str(layers), "tokens": str(tokens)}, options))
    if states:
        bits = 16 if shown.state_bits == 32 else 32
        changes.append(("other_states", {"bits": str(bits)}, {"state_bits": bits}))
    if not flags.get("tensor"):
        for cards in (2, 4, 8, 16):
            divided = {"parallel": replace(shown.parallel, tensor=cards)}
            changes.append(("other_cards", {"cards": str(cards)}, divided))
        for cards in (2, 4, 8, 16) if windows and shown.hybrid else ():
            divided = {"parallel": replace(shown.parallel, tensor=cards), "hybrid": False}
            changes.append(("cards_and_groups_off", {"cards": str(cards)}, divided))
    for why, values, options in changes:
        changed = replace(shown, **options)
        try:
            yield Way(vllm.pool(given, changed), changed, why, values)
        except EngineError:
            continue


def several(plain: Way, given: Outline, flags: Flags) -> Iterator[Way]:
    """Two and three options at once that the log does not show: cards, the format of the cache, and drafts."""
    shown = plain.settings
    cards: list[tuple[str, dict]] = [("", {})]
    if not flags.get("tensor"):
        for n in (2, 4, 8):
            divided = replace(shown.parallel, tensor=n)
            cards.append((f"--tensor-parallel-size {n}", {"parallel": divided}))
    formats: list[tuple[str, dict]] = [("", {})]
    if not flags.get("kv_cache_dtype"):
        other = "auto" if torch(shown.kv_cache_dtype).bits == 8 else "fp8"
        formats.append((f"--kv-cache-dtype {other}", {"kv_cache_dtype": other}))
    drafts: list[tuple[str, dict]] = [("", {})]
    if given.states and not flags.get("n_speculative"):
        for tokens in (1, 2, 3, 4, 5):
            options = {"n_draft_layers": 1, "n_speculative": tokens}
            drafts.append((f"MTP, num_speculative_tokens {tokens}", options))
    for parts in product(cards, formats, drafts):
        told = [text for text, _ in parts if text]
        if len(told) < 2:  # one alone was tried
            continue
        changed = replace(shown, **{name: value for _, options in parts for name, value in options.items()})
        try:
            yield Way(vllm.pool(given, changed), changed, "several_options", {"options": "; ".join(told)})
        except EngineError:
            continue


def counted_by(way: Way, said: Printed, available: Printed) -> Callable[[int, vllm.Settings], int]:
    """How that version counts tokens: requests times their length, or blocks shared out among groups."""
    pool, settings = way.pool, way.settings
    least, most = pool.n_blocks(available.least), pool.n_blocks(available.most)
    counted = pool.tokens_by_concurrency
    if counted(max(0, least - 1), settings) <= said.value <= counted(most + 1, settings):
        return counted
    return pool.tokens_by_blocks


def fits(way: Way, said: Printed, available: Printed) -> bool:
    """Whether the tokens are those of some number of blocks that the printed memory may hold."""
    pool, settings = way.pool, way.settings
    least, most = pool.n_blocks(available.least), pool.n_blocks(available.most)
    # A rank with a little less memory decides: one block fewer still fits.
    counts = range(max(0, least - 1), most + 2)
    if len(counts) > MOST_COUNTS:
        counted = counted_by(way, said, available)
        return counted(counts[0], settings) <= said.value <= counted(counts[-1], settings)
    return any(
        counted(n, settings) == said.value
        for n in counts
        for counted in (pool.tokens_by_concurrency, pool.tokens_by_blocks)
    )
