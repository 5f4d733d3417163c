"""The header of a GGUF file: its metadata and its tensors, without their data.

Source:
    The specification of the format, https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (versions 2 and 3, and
    version 1 with lengths of 32 bits).
"""

import struct
from dataclasses import dataclass
from math import prod
from typing import Any

from llmnotes.headers.bounded import MAX_DIMS, MAX_NUMBERS, HeaderBytes, Readable, StoredTensor
from llmnotes.headers.ggml import TYPES

MAGIC = b"GGUF"
MAX_KEYS = MAX_TENSORS = 2**16
MAX_TEXT = 2**20  # of a value; longer ones are skipped
MAX_NAME = 2**16  # of a key or tensor
KEPT_ITEMS = 4096  # items of an array that are kept: more are a vocabulary, and their number is enough
MAX_ITEMS = 2**20  # of all arrays that have to be walked through; the largest vocabularies have half as many merges
DEEPEST = 4  # arrays within arrays

FIXED = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
TEXT, ARRAY = 8, 9


@dataclass(frozen=True)
class Long:
    """An array that is too long to keep: how many items it has."""

    length: int


@dataclass(frozen=True)
class GGUF:
    """What the header of a GGUF file says.

    Attributes:
        metadata: Values by key; of long arrays only their length (`Long`).
        tensors: Every tensor.
        n_parts: Files whose tensors these are.
        n_bytes: Bytes of all tensors.
    """

    version: int
    metadata: dict[str, Any]
    tensors: tuple[StoredTensor, ...]
    n_parts: int = 1

    @property
    def n_bytes(self) -> int:
        """Bytes of all tensors, padding between them left out."""
        return sum(tensor.n_bytes for tensor in self.tensors)

    @property
    def n_params(self) -> int:
        """Parameters of all tensors."""
        return sum(tensor.n_params for tensor in self.tensors)


def read_gguf(file: Readable, size: int, name: str) -> GGUF:
    """The header of a GGUF file.

    Args:
        file: The file from its first byte.
        size: Its length [B].
        name: What to call it in messages.

    Raises:
        ConfigError: If the file is cut short, damaged or of a later version; no more is read than that takes.
    """
    source = HeaderBytes(file, size, name, "GGUF")
    if source.take(4) != MAGIC:
        raise source.error("it does not begin with GGUF")
    raw = source.take(4)
    version, order = struct.unpack("<I", raw)[0], "<"
    if version > 0xFFFF:
        version, order = struct.unpack(">I", raw)[0], ">"
    if version not in (1, 2, 3):
        raise source.error(f"version {version:,} is not known (1 to 3 are); give a file of one of these")
    reader = _Reader(source, order, wide=version > 1)
    n_tensors, n_keys = reader.length(), reader.length()
    if n_tensors > MAX_TENSORS or n_keys > MAX_KEYS:
        raise source.error(f"{n_tensors:,} tensors and {n_keys:,} keys are no model's; the file is damaged")
    metadata: dict[str, Any] = {}
    for _ in range(n_keys):
        key = reader.name()
        if key in metadata:
            raise source.error(f"the key {key[:80]!r} stands twice; the file is damaged")
        metadata[key] = reader.value(reader.number("I"))
    tensors: dict[str, StoredTensor] = {}
    for _ in range(n_tensors):
        tensor = reader.tensor()
        if tensor.name in tensors:
            raise source.error(f"the tensor {tensor.name[:80]!r} stands twice; the file is damaged")
        tensors[tensor.name] = tensor
    return GGUF(version, metadata, tuple(tensors.values()))


class _Reader:
    def __init__(self, source: HeaderBytes, order: str, *, wide: bool):
        self.source, self.order, self.lengths = source, order, "Q" if wide else "I"
        self.items = 0

    def number(self, kind: str) -> Any:
        code = self.order + kind
        return struct.unpack(code, self.source.take(struct.calcsize(code)))[0]

    def length(self) -> int:
        return self.number(self.lengths)

    def name(self) -> str:
        length = self.length()
        if length > MAX_NAME:
            raise self.source.error(f"a name of {length:,} bytes at byte {self.source.at:,}; the file is damaged")
        return self.source.take(length).decode("utf-8", "replace")

    def value(self, kind: int, depth: int = 0) -> Any:
        if kind in FIXED:
            return self.number(FIXED[kind])
        if kind == TEXT:
            length = self.length()
            if length > MAX_TEXT:
                self.source.skip(length)
                return Long(length)
            return self.source.take(length).decode("utf-8", "replace")
        if kind == ARRAY:
            return self.array(depth)
        raise self.source.error(f"a value of unknown kind {kind} at byte {self.source.at:,}; the file is damaged")

    def array(self, depth: int) -> Any:
        kind, length = self.number("I"), self.length()
        if depth >= DEEPEST:
            raise self.source.error(f"arrays {depth + 1} deep at byte {self.source.at:,}; the file is damaged")
        if kind in FIXED and length > KEPT_ITEMS:
            self.source.skip(length * struct.calcsize(self.order + FIXED[kind]))
            return Long(length)
        self.items += length
        if self.items > MAX_ITEMS:
            raise self.source.error(f"arrays of {self.items:,} items; no vocabulary is that large, the file is damaged")
        if length <= KEPT_ITEMS:
            return [self.value(kind, depth + 1) for _ in range(length)]
        for _ in range(length):
            if kind == TEXT:
                self.source.skip(self.length())
            else:
                self.value(kind, depth + 1)
        return Long(length)

    def tensor(self) -> StoredTensor:
        name, n_dims = self.name(), self.number("I")
        if n_dims > MAX_DIMS:
            raise self.source.error(f"{name} has {n_dims:,} dimensions; the file is damaged")
        shape = tuple(self.length() for _ in range(n_dims))
        kind = self.number("I")
        self.source.take(8)  # where its data begins
        if kind not in TYPES:
            raise self.source.error(
                f"{name} has type {kind}, which is not known here; give the config.json of the model"
            )
        type_name, block, block_bytes = TYPES[kind]
        numbers = prod(shape)
        if numbers > MAX_NUMBERS:
            raise self.source.error(f"{name} has {numbers:,} numbers; the file is damaged")
        if shape and shape[0] % block:
            raise self.source.error(f"rows of {name} ({shape[0]:,}) are no whole blocks of {type_name} ({block})")
        return StoredTensor(name, shape[::-1], type_name, numbers // block * block_bytes)
