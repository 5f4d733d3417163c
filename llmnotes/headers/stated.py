"""What a GGUF file says of its model: sizes of the metadata, shapes of the tensors, layer by layer."""

from functools import cached_property
from typing import Any

from llmnotes.config.keys import ConfigError, Keys
from llmnotes.headers.bounded import StoredTensor
from llmnotes.headers.gguf import GGUF


class File:
    """What a GGUF file says of its model.

    Args:
        header: The file's header.
        architecture: Its `general.architecture`.
        name: What to call the model in messages.
    """

    def __init__(self, header: GGUF, architecture: str, name: str):
        prefix = f"{architecture}."
        mine = {key.removeprefix(prefix): value for key, value in header.metadata.items() if key.startswith(prefix)}
        self.name, self.architecture = name, architecture
        self.keys = Keys(mine, f"{name}: {architecture}")
        self.tensors = {tensor.name: tensor for tensor in header.tensors}
        self.n_predict = self.keys.count("nextn_predict_layers", default=0)
        self.n_layers = self.keys.n_layers("block_count") - self.n_predict
        self.d_model = self.keys.size("embedding_length")

    @cached_property
    def table(self) -> StoredTensor:
        """The token table."""
        table = self.tensors.get("token_embd.weight")
        if table is None or len(table.shape) != 2:
            raise ConfigError(f"{self.name}: a GGUF file without a token table; give the first part of the model")
        return table

    @cached_property
    def whole(self) -> bool:
        """Whether the file has tensors of every layer: the first part of a model in several files has not."""
        named = {name.split(".")[1] for name in self.tensors if name.startswith("blk.")}
        return named.issuperset(str(index) for index in range(self.n_layers))

    def layers(self, part: str) -> list[int]:
        """The layers, without those that predict ahead, that have a tensor of this name."""
        return [index for index in range(self.n_layers) if f"blk.{index}.{part}" in self.tensors]

    def all_layers(self, part: str) -> list[int]:
        """Those layers, if every layer is in this file."""
        if not self.whole:
            raise ConfigError(f"{self.name}: its layers differ and not all are in this file; put all parts beside it")
        return self.layers(part)

    def has(self, part: str) -> bool:
        """Whether any layer has a tensor of this name."""
        return bool(self.layers(part))

    def shape(self, part: str, *, n_dims: int = 2) -> tuple[int, ...]:
        """The shape of that tensor in the first layer that has it."""
        found = self.layers(part)
        if not found:
            raise ConfigError(f"{self.name}: no layer has a tensor {part}; give the first part of the model")
        return self.sized(f"blk.{found[0]}.{part}", n_dims=n_dims)

    def sized(self, name: str, *, n_dims: int = 2) -> tuple[int, ...]:
        """The shape of a tensor, if it is one of so many dimensions."""
        shape = self.tensors[name].shape
        if len(shape) != n_dims or 0 in shape:
            raise ConfigError(f"{self.name}: {name} has the shape {shape}, not {n_dims} sizes; download the file again")
        return shape

    def kinds(self, part: str, having: str, other: str) -> list[str]:
        """For each layer, one word if it has that tensor and the other if not."""
        found = set(self.all_layers(part))
        return [having if index in found else other for index in range(self.n_layers)]

    def each(self, name: str) -> Any:
        """A size as the metadata states it: one number, or a list where layers differ; None where nothing is said.

        Layers of which a list says 0 have no such part: what the others have is meant.
        """
        value, _ = self.keys.raw(name)
        if not isinstance(value, list):
            return self.keys.size(name) if self.keys.has(name) and value != 0 else None
        sizes = [size for size in value[: self.n_layers] if size != 0]
        if not sizes:
            return None
        return sizes[0] if len(set(map(repr, sizes))) == 1 else sizes

    def flags(self, name: str) -> list[bool]:
        """What the metadata says of each layer, yes or no; empty where it does not."""
        value, _ = self.keys.raw(name)
        listed = isinstance(value, list) and len(value) >= self.n_layers
        return [one is True or one == 1 for one in value[: self.n_layers]] if listed else []


def head_dim(file: File) -> int | None:
    """The width of a head: as stated, or what the matrix of queries has of rows for each."""
    n_heads = file.each("attention.head_count")
    if file.keys.has("attention.key_length"):
        return file.keys.size("attention.key_length")
    if not file.has("attn_q.weight") or not isinstance(n_heads, int):
        return None
    return file.shape("attn_q.weight")[0] // n_heads
