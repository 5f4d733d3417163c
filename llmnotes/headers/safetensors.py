"""The header of a safetensors file: names, types and shapes of its tensors.

Source:
    The format, https://huggingface.co/docs/safetensors/index: eight bytes with the length of a JSON object, the object,
    the data.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, NoReturn

from llmnotes.headers.bounded import MAX_DIMS, MAX_HEADER, MAX_NUMBERS, HeaderBytes, Readable, StoredTensor

BITS = {
    "BOOL": 8,
    "U8": 8,
    "I8": 8,
    "F8_E5M2": 8,
    "F8_E4M3": 8,
    "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8,
    "F8_E5M2FNUZ": 8,
    "F4": 4,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
    "I16": 16,
    "U16": 16,
    "F16": 16,
    "BF16": 16,
    "I32": 32,
    "U32": 32,
    "F32": 32,
    "I64": 64,
    "U64": 64,
    "F64": 64,
    "C64": 64,
}
"""Bits of a number, by type."""
MAX_PIECES = (
    2_000_000  # commas and brackets of a header; a tensor has nine, and the largest published files 100,000 tensors
)


@dataclass(frozen=True)
class Safetensors:
    """What the header of a safetensors file says.

    Attributes:
        metadata: Its `__metadata__`, texts by name.
        tensors: Every tensor.
    """

    metadata: dict[str, str]
    tensors: tuple[StoredTensor, ...]

    @property
    def n_bytes(self) -> int:
        """Bytes of all tensors."""
        return sum(tensor.n_bytes for tensor in self.tensors)

    @property
    def n_params(self) -> int:
        """Numbers of all tensors."""
        return sum(tensor.n_params for tensor in self.tensors)


def read_safetensors(file: Readable, size: int, name: str) -> Safetensors:
    """The header of a safetensors file.

    Args:
        file: The file from its first byte.
        size: Its length [B].
        name: What to call it in messages.

    Raises:
        ConfigError: If the file is cut short or damaged.
    """
    source = HeaderBytes(file, size, name, "safetensors")
    length = int.from_bytes(source.take(8), "little")
    if length > MAX_HEADER:
        raise source.error(f"a header of {length:,} bytes; this is no safetensors file, or it is damaged")
    text = source.take(length)
    if sum(map(text.count, (b",", b"[", b"{"))) > MAX_PIECES:
        raise source.error("its header has millions of entries; this is no safetensors file, or it is damaged")
    try:
        header = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise source.error("its header is not JSON; the file is damaged") from None
    if not isinstance(header, dict):
        raise source.error("its header is no object of tensors; the file is damaged")
    noted = header.pop("__metadata__", None)
    noted = {} if noted is None else noted
    if not isinstance(noted, dict) or not all(isinstance(value, str) for value in noted.values()):
        raise source.error("its __metadata__ is no object of texts; the file is damaged")
    found = [_tensor(source, key, value) for key, value in header.items()]
    _side_by_side(source, found)
    return Safetensors(noted, tuple(tensor for tensor, _ in found))


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)  # Python's JSON has NaN and infinities, the format's has none


def _side_by_side(source: HeaderBytes, tensors: Sequence[tuple[StoredTensor, int]]) -> None:
    """Refuse data that overlap, leave a gap, or do not fill the file: the format's own package does."""
    end = 0
    for tensor, start in sorted(tensors, key=lambda one: (one[1], one[0].n_bytes)):
        if start != end:
            what = "overlap those before them" if start < end else "leave a gap before them"
            raise source.error(f"the data of {tensor.name[:80]} {what}; the file is damaged")
        end += tensor.n_bytes
    if source.at + end > source.size:
        raise source.error(f"its data end beyond the file ({source.size:,} bytes); it is cut short")
    if source.at + end < source.size:
        raise source.error(f"{source.size - source.at - end:,} bytes behind its data are no tensor's; it is damaged")


def _tensor(source: HeaderBytes, name: str, value: Any) -> tuple[StoredTensor, int]:
    """A tensor, and where its data begin."""
    found = value if isinstance(value, dict) else {}
    shape, kind, offsets = _counts(found.get("shape")), found.get("dtype"), _counts(found.get("data_offsets"))
    if not isinstance(kind, str) or kind not in BITS:
        raise source.error(f"{name[:80]} has type {kind!r:.40}, which is not known here")
    if shape is None or len(shape) > MAX_DIMS or prod(shape) > MAX_NUMBERS:
        raise source.error(f"the shape of {name[:80]} is impossible; the file is damaged")
    n_bytes = prod(shape) * BITS[kind] // 8
    if offsets is None or len(offsets) != 2 or offsets[1] - offsets[0] != n_bytes:
        raise source.error(f"the data of {name[:80]} are not as long as its shape says; the file is damaged")
    return StoredTensor(name, tuple(shape), kind, n_bytes), offsets[0]


def _counts(value: Any) -> list[int] | None:
    """A list of whole numbers that are not negative; `None` if it is none."""
    if isinstance(value, list) and all(type(number) is int and number >= 0 for number in value):
        return value
    return None
