"""The forms in which engines keep a cache, by the names of their options, and the bits that a number then takes."""

from dataclasses import dataclass

from llmnotes.blocks.attention import Attention
from llmnotes.blocks.base import Block, Chunk, Keep, Window
from llmnotes.blocks.composite import Parallel
from llmnotes.blocks.compressed import CompressedAttention
from llmnotes.blocks.latent import MLA
from llmnotes.equations import kvcache
from llmnotes.spec import ModelSpec
from llmnotes.weights.ggml import ggml_type

DS_MLA = "fp8_ds_mla"
V4_ROTARY, V4_SCALES = 64, 8  # of a vector of DeepSeek-V4: numbers kept in 16 bits, bytes of scales and padding
FLOATS = {"f32": 32, "f16": 16, "bf16": 16, "fp8": 8, "int8": 8, "nvfp4": 4.5}
GGML = ("q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl", "mxfp4")
BITS: dict[str, float] = {**FLOATS, **{name: ggml_type(name.upper()).bits for name in GGML}}
"""Bits of a number, scales of its block included (NVFP4: an 8-bit float for 16 numbers).

Source:
    llama.cpp, kv_cache_types in common/arg.cpp, with the blocks of `ggml`; vLLM, CacheDType in vllm/config/cache.py.
"""
ALIASES = {
    "fp32": "f32",
    "float32": "f32",
    "fp16": "f16",
    "float16": "f16",
    "bfloat16": "bf16",
    "fp8_e4m3": "fp8",
    "fp8_e5m2": "fp8",
    "auto": "bf16",
}
KNOWN = (*BITS, DS_MLA)


@dataclass(frozen=True)
class CacheForm:
    """The forms of keys and of values. Latent attention keeps keys alone.

    Attributes:
        keys: A name of `KNOWN`.
        values: The same.
    """

    keys: str = "bf16"
    values: str = "bf16"

    @property
    def name(self) -> str:
        """What to call it."""
        return self.keys if self.keys == self.values else f"K {self.keys}, V {self.values}"


def cache_form(keys: str, values: str | None = None) -> CacheForm:
    """The form that these names mean.

    Raises:
        ValueError: If one is not known, or `fp8_ds_mla`, which holds keys and values in one, is given for one of them.

    >>> cache_form("Q8_0", "f16").name
    'K q8_0, V f16'
    """
    names = [_known(name) for name in (keys, values or keys)]
    if DS_MLA in names and names[0] != names[1]:
        raise ValueError(f"{DS_MLA} keeps keys and values as one; give it for both (--kv {DS_MLA})")
    return CacheForm(*names)


def _known(text: str) -> str:
    name = text.strip().lower().removeprefix("torch.")
    name = ALIASES.get(name, name)
    if name not in KNOWN:
        raise ValueError(f"{text!r} is not a form of a cache; write one of {', '.join(KNOWN)}")
    return name


def cached_number_bits(model: ModelSpec, form: CacheForm, n_tokens: int) -> float:
    r"""Mean bits of a number in the cache of a sequence of `n_tokens`.

    $$ \bar s = \sum_i n_i s_i \Big/ \sum_i n_i $$

    The mean is over what all layers keep then: keys in one form, values in another, indexer keys as keys. It depends on
    the length only where layers of different make keep different spans.

    Raises:
        ValueError: If the form is for latent attention and the model has none.

    >>> from llmnotes.registry import load_model
    >>> cached_number_bits(load_model("llama-3.1-8b"), cache_form("q4_0", "f16"), 8192)
    10.25
    >>> cached_number_bits(load_model("deepseek-v3.2"), cache_form("fp8_ds_mla"), 8192) * (576 + 128) / 8
    788.0
    """
    if form.keys == DS_MLA and not any(_is_latent(block) for run in model.census for block in run.layer.blocks):
        raise ValueError(f"{DS_MLA} is for latent attention, which {model.name} does not have; try --kv fp8")
    bits = numbers = 0.0
    for run in model.census:
        for block in run.layer.blocks:
            for amount, each in _stored(block, form, max(n_tokens, 1)):
                bits += run.count * amount * each
                numbers += run.count * amount
    return bits / numbers if numbers else BITS.get(form.keys, 16)


def _is_latent(block: Block) -> bool:
    if isinstance(block, Parallel):
        return any(_is_latent(part) for part in block.parts)
    return isinstance(block, MLA | CompressedAttention)


def _held(keep: Keep, n_tokens: int) -> int:
    """Numbers that are kept of so many tokens."""
    if isinstance(keep.span, Window | Chunk):
        n_tokens = kvcache.tokens_in_window(n_tokens=n_tokens, window=keep.span.size)
    return keep.elements_per_token * n_tokens


def _entries(block: Block, n_tokens: int) -> int:
    """Numbers of entries that stand for several tokens."""
    return sum(
        kvcache.entry_elements(n_tokens=n_tokens, stride=stride, per_entry=per_entry, per_waiting=per_waiting)
        for per_entry, stride, per_waiting in block.entry_keeps()
    )


def _stored(block: Block, form: CacheForm, n_tokens: int) -> list[tuple[float, float]]:
    """Numbers that a block keeps, and the bits of each."""
    if isinstance(block, Parallel):
        return [entry for part in block.parts for entry in _stored(part, form, n_tokens)]
    if form.keys == DS_MLA:
        return _ds_mla(block, n_tokens)
    keys, values = BITS[form.keys], BITS[form.values]
    found: list[tuple[float, float]] = [(_entries(block, n_tokens), keys)]
    for number, keep in enumerate(block.keeps()):
        held = _held(keep, n_tokens)
        if number == 0 and isinstance(block, Attention):  # what follows are keys of an indexer
            share = block.v_head_dim / (block.head_dim + block.v_head_dim)
            found += [(held * (1 - share), keys), (held * share, values)]
        else:
            found.append((held, keys))
    return found


def _ds_mla(block: Block, n_tokens: int) -> list[tuple[float, float]]:
    r"""The layout of vLLM and SGLang for DeepSeek: 8-bit floats, the rotary part of a key in 16 bits, scales.

    V3.2: $r + 4 r / 128 + 2 d_r$ bytes, 656 for a latent of 512; V4: $448 + 2 \cdot 64 + 8$, 584 bytes for a vector of
    512; an indexer key is 8-bit floats and a float32 for each 128 of them.

    Source:
        vLLM, vllm/v1/attention/backends/mla (fp8_ds_mla, 656 bytes), vllm issue 47716 (656 and 584 bytes; read
        2026-11-30); SGLang, index keys of 132 bytes.
    """
    if isinstance(block, MLA):
        rank, rotary = block.kv_lora_rank, block.qk_rope_head_dim
        found: list[tuple[float, float]] = []
        beside = list(block.keeps())
        if MLA.keeps(block)[0] in beside:  # a layer may read the latents of an earlier one
            main = beside.pop(0)
            found.append((_held(main, n_tokens), 8 * _latent_bytes(rank, rotary) / (rank + rotary)))
        for keep in beside:
            found.append((_held(keep, n_tokens), 8 * _index_bytes(keep.elements_per_token) / keep.elements_per_token))
        return found
    if isinstance(block, CompressedAttention):
        vector = block.head_dim - V4_ROTARY + 2 * V4_ROTARY + V4_SCALES
        window = block.keeps()[0]
        found = [(_held(window, n_tokens), 8 * vector / window.elements_per_token)]
        if block.compression is not None:
            index = block.compression.index_head_dim
            found.append((_entries(block, n_tokens), 8 * (vector + _index_bytes(index)) / (block.head_dim + index)))
        return found
    return [(_held(keep, n_tokens), BITS["fp8"]) for keep in block.keeps()]


def _latent_bytes(rank: int, rotary: int) -> int:
    """8-bit floats with a float32 for each 128 of them, the rotary part in 16 bits."""
    return rank + 4 * -(-rank // 128) + 2 * rotary


def _index_bytes(width: int) -> int:
    """8-bit floats with a float32 for each 128 of them."""
    return width + 4 * -(-width // 128)
