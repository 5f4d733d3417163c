r"""What SGLang sets aside: one pool of tokens, beside it one of states, and one for windowed layers.

Source:
    sgl-project/sglang (https://github.com/sgl-project/sglang), read 2026-11-30:
    `python/sglang/srt/model_executor/model_runner_kv_cache_mixin.py` at 001ccef (get_cell_size_per_token,
    profile_max_num_token, handle_max_mamba_cache, set_num_tokens_hybrid_swa, calculate_mla_kv_cache_dim) and
    `python/sglang/srt/mem_cache/memory_pool.py` (one page more than asked for, one state more than asked for).
"""

from dataclasses import dataclass, field, replace

from llmnotes.engines import sglang_compressed
from llmnotes.engines.formats import torch
from llmnotes.engines.outline import HEADS, INDEX, LATENT, Entry, Outline
from llmnotes.engines.parts import Allocation, EngineError, Parallel, Part, padded
from llmnotes.equations.pipeline import LAST, stage_layers

ENGINE, VERSION = "sglang", "0.5.9"
INDEX_SCALE_GROUP = 128
LATENT_SCALE_GROUP = 128
INDEX_PAGE = 64
SPARE = LAST
"""Who takes the layers left over in a pipeline; see `stage_sizes`."""


@dataclass(frozen=True)
class Settings:
    """Options that change what is set aside.

    Attributes:
        kv_cache_dtype: Format of keys and values (`--kv-cache-dtype`).
        page_size: Tokens of a page (`--page-size`): 1 unless the attention kernel wants more.
        state_bits: Bits of recurrent states (`SGLANG_MAMBA_SSM_DTYPE`, 32 unless set).
        swa_full_tokens_ratio: Tokens of windowed layers for each token of full ones.
        mamba_full_memory_ratio: Memory of states for each byte of cache.
        packed_latent: An 8-bit latent beside an indexer keeps its scales and a 16-bit rotary part (not with TensorRT
            kernels).
        parallel: How the model divides among cards.
    """

    kv_cache_dtype: str = "auto"
    page_size: int = 1
    state_bits: int = 32
    swa_full_tokens_ratio: float = 0.8
    mamba_full_memory_ratio: float = 0.9
    packed_latent: bool = True
    parallel: Parallel = field(default=Parallel())


def entry_bytes(entry: Entry, settings: Settings, indexed: bool = False) -> float:
    """Bytes that one layer keeps for one token on one card.

    >>> from llmnotes.engines.outline import Entry
    >>> entry_bytes(Entry("index", 1, 128, 0), Settings())
    132.0
    """
    if entry.kind == INDEX:
        return entry.key_dim + entry.key_dim / INDEX_SCALE_GROUP * 4
    stored = torch(settings.kv_cache_dtype)
    if entry.kind == LATENT:
        if indexed and stored.bits == 8 and settings.packed_latent:
            rank = entry.key_dim - entry.rotary_dim
            return rank + rank / LATENT_SCALE_GROUP * 4 + entry.rotary_dim * 2
        return stored.head_bytes(entry.key_dim)
    if entry.kind != HEADS:
        raise EngineError("SGLang's pools of compressed entries are not modelled; ask for the ideal")
    heads = settings.parallel.heads_on_one_card(entry.n_heads)
    return heads * (stored.head_bytes(entry.key_dim) + stored.head_bytes(entry.value_dim))


def stage_sizes(n_layers: int, n_stages: int) -> tuple[int, ...]:
    """Layers of each stage of a pipeline: equally many, and one more in the last stages.

    Source:
        `python/sglang/srt/distributed/utils.py` at 1107be1, get_pp_indices (before November 2025 the last stage took
        all that was left over, pull request 13282).

    >>> stage_sizes(43, 2)
    (21, 22)
    """
    return tuple(
        stage_layers(n_layers=n_layers, n_stages=n_stages, stage=stage, spare=SPARE) for stage in range(n_stages)
    )


def last_stage(model: Outline, settings: Settings) -> Outline:
    """The model on the last stage of a pipeline, which holds the most layers and so has room for the fewest tokens."""
    held = stage_sizes(len(model.layers), settings.parallel.pipeline)[-1]
    return model if held == len(model.layers) else replace(model, layers=model.layers[-held:])


def is_compressed(model: Outline) -> bool:
    """Whether layers keep one entry for several tokens."""
    return any(entry.stride > 1 for entry in model.entries)


def token_bytes(model: Outline, settings: Settings, *, windowed: bool | None = None) -> float:
    """Bytes of one token on one card: of all layers, or of windowed or full ones alone; of compressed attention, its
    share of all pools."""
    model = last_stage(model, settings)
    if is_compressed(model):
        return sglang_compressed.full_token_bytes(model)
    indexed = any(entry.kind == INDEX for entry in model.entries)
    chosen = (entry for entry in model.entries if windowed is None or bool(entry.window) == windowed)
    return sum(entry_bytes(entry, settings, indexed) for entry in chosen)


def state_bytes(model: Outline, settings: Settings) -> tuple[float, float]:
    """Bytes of one request's states on one card: last inputs at 16 bits, recurrences at their own precision."""
    model = last_stage(model, settings)
    cards = settings.parallel.attention
    conv = sum(state.conv_elements for state in model.states) * 2 / cards
    return conv, sum(state.elements for state in model.states) * settings.state_bits / 8 / cards


def key_value_bytes(model: Outline, settings: Settings, n_tokens: int) -> tuple[float, float]:
    """Bytes of keys and of values of a pool on one card: one page more than the tokens asked for."""
    held = n_tokens + settings.page_size
    model = last_stage(model, settings)
    stored = torch(settings.kv_cache_dtype)
    heads = [entry for entry in model.entries if entry.kind == HEADS]
    cards = settings.parallel
    keys = sum(cards.heads_on_one_card(entry.n_heads) * stored.head_bytes(entry.key_dim) for entry in heads)
    values = sum(cards.heads_on_one_card(entry.n_heads) * stored.head_bytes(entry.value_dim) for entry in heads)
    return held * keys, held * values


def latent_bytes(model: Outline, settings: Settings, n_tokens: int) -> float:
    """Bytes of latents and indexer keys of a pool on one card."""
    held = n_tokens + settings.page_size
    model = last_stage(model, settings)
    indexed = any(entry.kind == INDEX for entry in model.entries)
    total = 0.0
    for entry in model.entries:
        if entry.kind in (LATENT, INDEX):
            rows = padded(held, INDEX_PAGE) if entry.kind == INDEX else held
            total += rows * entry_bytes(entry, settings, indexed)
    return total


def n_tokens_in(model: Outline, settings: Settings, rest_bytes: float, *, n_seqs: int = 1) -> int:
    r"""Tokens of full layers that so many bytes hold (`max_total_num_tokens`), whole pages.

    $$ t = \left\lfloor \frac{M}{F + r S} \right\rfloor $$

    Args:
        model: The model.
        settings: Gives $r$, tokens of windowed layers for each token of full ones; without windowed layers $S = 0$.
        rest_bytes: What weights and the reserved share leave, states taken off, $M$.
        n_seqs: Requests at once, each of which has states of its own where entries are compressed.
    """
    if is_compressed(model):
        return sglang_compressed.n_tokens_in(last_stage(model, settings), rest_bytes, n_seqs)
    full, windowed = (token_bytes(model, settings, windowed=which) for which in (False, True))
    per_token = full + settings.swa_full_tokens_ratio * windowed if full else windowed
    if per_token == 0:
        raise EngineError(f"{model.name} keeps nothing for a token; there is no pool to divide")
    return int(rest_bytes / per_token) // settings.page_size * settings.page_size


def allocate(model: Outline, settings: Settings, *, n_tokens: int, n_seqs: int = 1) -> Allocation:
    """Pools for so many requests of one length on one card.

    >>> from llmnotes.engines.outline import Kept
    >>> llama = Outline("an 8B", 4096, 128_256, 32, 8192, 32 * (Kept((Entry("heads", 8, 128, 128),)),))
    >>> allocate(llama, Settings(), n_tokens=8191).total_bytes / 2**20
    1024.0
    """
    if settings.parallel.context > 1:  # docs/advanced_features/dcp.md, read 2026-12-02
        if any(entry.kind != LATENT for entry in model.entries):
            raise EngineError(f"{model.name}: SGLang divides the tokens of latents alone among cards; leave --cp")
        n_tokens = settings.parallel.tokens_on_one_card(n_tokens)
    if is_compressed(model):
        if settings.kv_cache_dtype != "auto" and torch(settings.kv_cache_dtype).bits != 8:
            raise EngineError(f"{model.name}: SGLang keeps compressed entries in 8 bits alone; ask for fp8")
        return sglang_compressed.allocate(last_stage(model, settings), ENGINE, n_tokens=n_tokens, n_seqs=n_seqs)
    held = padded(n_tokens, settings.page_size) * n_seqs + settings.page_size
    full, windowed = (token_bytes(model, settings, windowed=which) for which in (False, True))
    parts = []
    if full:
        parts.append(Part("cache", held * full, f"{held:,} × {full:,.10g} B"))
    if windowed:
        rows = int(held * settings.swa_full_tokens_ratio) if full else held
        parts.append(Part("cache", rows * windowed, f"{rows:,} × {windowed:,.10g} B"))
    conv, state = state_bytes(model, settings)
    if conv or state:
        slots = n_seqs + 1
        parts.append(Part("state", slots * (conv + state), f"{slots} × ({conv:,.10g} + {state:,.10g}) B"))
    return Allocation(ENGINE, VERSION, tuple(parts))
