r"""What TensorRT-LLM sets aside: pages of tokens, as many as a share of the free memory holds.

Source:
    NVIDIA/TensorRT-LLM (https://github.com/NVIDIA/TensorRT-LLM), read 2026-11-30: `_get_kv_size_per_token` in
    `tensorrt_llm/_torch/pyexecutor/_util.py`. Logs say the same: Llama-2-7B 69,524,783,104 bytes for 132,608 tokens
    (issue 1400), Qwen2.5-0.5B 4.53 GiB for 395,776 (issue 1188).
"""

from dataclasses import dataclass, field

from llmnotes.engines.formats import torch
from llmnotes.engines.outline import ENTRIES, INDEX, LATENT, Entry, Outline
from llmnotes.engines.parts import Allocation, EngineError, Parallel, Part, padded
from llmnotes.equations.pipeline import FIRST, stage_layers

ENGINE, VERSION = "tensorrt-llm", "1.2"
SPARE = FIRST
"""Who takes the layers left over in a pipeline (`tensorrt_llm/mapping.py`, Mapping.pp_layers: torch.tensor_split)."""


@dataclass(frozen=True)
class Settings:
    """Options that change what is set aside.

    Attributes:
        kv_cache_dtype: Format of keys and values (`kv_cache_config.dtype`).
        tokens_per_block: Tokens of a page.
        free_gpu_memory_fraction: Share of the memory left after weights and one pass that the pages take.
        state_bits: Bits of recurrent states.
        parallel: How the model divides among cards.
    """

    kv_cache_dtype: str = "auto"
    tokens_per_block: int = 32
    free_gpu_memory_fraction: float = 0.9
    state_bits: int = 32
    parallel: Parallel = field(default=Parallel())


def entry_bytes(entry: Entry, settings: Settings) -> float:
    """Bytes that one layer keeps for one token on one card."""
    if entry.kind == ENTRIES:
        raise EngineError("TensorRT-LLM's pools of compressed entries are not modelled; ask for the ideal")
    if entry.kind == INDEX:
        return entry.key_dim + entry.key_dim / 128 * 4
    stored = torch(settings.kv_cache_dtype)
    if entry.kind == LATENT:
        return stored.head_bytes(entry.key_dim)
    heads = settings.parallel.heads_on_one_card(entry.n_heads)
    return heads * (stored.head_bytes(entry.key_dim) + stored.head_bytes(entry.value_dim))


def token_bytes(model: Outline, settings: Settings) -> float:
    """Bytes of one token on one card, the layers of the first stage of a pipeline: the first stages take what is left
    over."""
    n_layers = stage_layers(n_layers=len(model.layers), n_stages=settings.parallel.pipeline, stage=0, spare=SPARE)
    kept = (entry for layer in model.layers[:n_layers] for entry in layer.entries)
    return sum(entry_bytes(entry, settings) for entry in kept)


def pages_bytes(model: Outline, settings: Settings, n_tokens: int) -> float:
    r"""Bytes of the pages of so many tokens.

    $$ \lceil t / b \rceil \, b \, m $$
    """
    return padded(n_tokens, settings.tokens_per_block) * token_bytes(model, settings)


def n_tokens_in(model: Outline, settings: Settings, available_bytes: float) -> int:
    """Tokens that so many bytes hold, whole pages."""
    page = settings.tokens_per_block * token_bytes(model, settings)
    return int(available_bytes // page) * settings.tokens_per_block


def allocate(model: Outline, settings: Settings, *, n_tokens: int, n_seqs: int = 1) -> Allocation:
    """Pages and states of so many requests of one length on one card.

    >>> from llmnotes.engines.outline import Kept
    >>> llama = Outline("a 7B", 4096, 32_000, 32, 4096, 32 * (Kept((Entry("heads", 32, 128, 128),)),))
    >>> allocate(llama, Settings(), n_tokens=132_608).total_bytes
    69524783104.0
    """
    if settings.parallel.context > 1:
        # docs/source/features/helix.md at 04c8822: with prompts read elsewhere, and latents alone.
        raise EngineError(
            "TensorRT-LLM divides tokens among cards on servers that only decode; not modelled, leave --cp"
        )
    rows = padded(n_tokens, settings.tokens_per_block)
    per_token = token_bytes(model, settings)
    parts = []
    if per_token:
        parts.append(Part("cache", n_seqs * rows * per_token, f"{n_seqs} × {rows:,} × {per_token:,.10g} B"))
    if model.states:
        cards = settings.parallel.attention
        conv = sum(state.conv_elements for state in model.states) * 2 / cards
        state = sum(state.elements for state in model.states) * settings.state_bits / 8 / cards
        parts.append(Part("state", n_seqs * (conv + state), f"{n_seqs} × ({conv:,.10g} + {state:,.10g}) B"))
    return Allocation(ENGINE, VERSION, tuple(parts))
