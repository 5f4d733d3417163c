"""Bytes of a header, taken in order and never more than there are or than a header needs."""

from dataclasses import dataclass
from math import prod
from typing import Protocol

from llmnotes.config.keys import ConfigError

MAX_HEADER = 64 * 2**20  # published headers are a few megabytes, with the largest vocabularies some twenty
MAX_TENSORS = 1_000_000
MAX_DIMS = 8
MAX_NUMBERS = 2**50  # parameters of a tensor


class Readable(Protocol):
    """What a header is read from: a file opened for reading bytes, or one that is far away."""

    def read(self, n: int, /) -> bytes: ...

    def seek(self, offset: int, whence: int = 0, /) -> int: ...


@dataclass(frozen=True)
class StoredTensor:
    """A tensor as a weight file names it.

    Attributes:
        shape: Rows first, as `config.json` sizes read.
        type: Its type, in the words of the format.
    """

    name: str
    shape: tuple[int, ...]
    type: str
    n_bytes: int

    @property
    def n_params(self) -> int:
        """Numbers of the tensor."""
        return prod(self.shape)


class HeaderBytes:
    """Bytes of a file from its beginning.

    Args:
        file: The file, opened for reading bytes.
        size: Its length [B].
        name: What to call it in messages.
        what: What it is.
    """

    def __init__(self, file: Readable, size: int, name: str, what: str):
        self.file, self.size, self.name, self.what = file, size, name, what
        self.at = 0

    def error(self, reason: str) -> ConfigError:
        """An error about the file, in one line."""
        return ConfigError(f"{self.name}: {self.what}: {reason}")

    def take(self, n_bytes: int) -> bytes:
        """The next bytes."""
        self._reach(n_bytes)
        data = self.file.read(n_bytes)
        if len(data) < n_bytes:
            raise self.error(f"cut short at byte {self.at + len(data):,}; download it again")
        self.at += n_bytes
        return data

    def skip(self, n_bytes: int) -> None:
        """Leave out the next bytes without reading them."""
        self._reach(n_bytes)
        self.file.seek(n_bytes, 1)
        self.at += n_bytes

    def _reach(self, n_bytes: int) -> None:
        if n_bytes > self.size - self.at:
            raise self.error(
                f"a length of {n_bytes:,} at byte {self.at:,} points beyond its end ({self.size:,} bytes); the file is "
                "cut short or damaged"
            )
        if self.at + n_bytes > MAX_HEADER:
            raise self.error(f"more than {MAX_HEADER // 2**20} MiB of header; this is no header of a model")
