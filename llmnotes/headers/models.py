"""A model from the header of its GGUF file: shape from the metadata, counts and bytes from the tensors."""

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from llmnotes.blocks.recurrent import KimiDeltaAttention
from llmnotes.config import from_mapping
from llmnotes.config.keys import ConfigError
from llmnotes.headers.architectures import FAMILIES
from llmnotes.headers.bounded import Readable, StoredTensor
from llmnotes.headers.gguf import GGUF, read_gguf
from llmnotes.headers.safetensors import Safetensors, read_safetensors
from llmnotes.headers.shapes import config_of
from llmnotes.spec import ModelSpec

# Tensors of a GGUF file that the families count as buffers: biases that balance experts, tables that name experts by
# token, factors of rotary angles, one scale a layer; what llama.cpp asks of RWKV-7's first layer and reads nowhere; and
# what reads an encoder: the head of a reranker, layers of sentence-transformers.
BUFFERS = re.compile(
    r"exp_probs_b|blk\.0\.time_mix_v[012]|ffn_gate_tid2eid|rope_(freqs|factors)|layer_output_scale|^cls\b|^dense_\d"
)
# Two vectors of Kimi K3 that its converter keeps as their product.
FUSED = re.compile(r"_res_score\.weight$")
LEFT_OUT = "is not understood and was left out of the count"
LAYER = re.compile(r"blk\.(\d+)\.")
PART = re.compile(r"-\d{5}-of-(\d{5})\.gguf$")
MOST_PARTS = 512
# What a GGUF file is that is no model, by `general.type` or `general.architecture` (llama.cpp, `gguf-py/gguf/
# constants.py`, GGUFType and MODEL_ARCH; `common/` of control vectors).
OTHER_FILES = {
    "imatrix": "an importance matrix, which quantizing reads (imatrix)",
    "mmproj": "a tower and projector of images or sound (mmproj), which is loaded beside a model",
    "clip": "a tower and projector of images or sound (mmproj), which is loaded beside a model",
    "adapter": "an adapter (LoRA), which is loaded beside a model",
    "controlvector": "a control vector, which is added to a model",
    "dflash": "a draft head (DFlash), which is run beside a model and reads its layers",
    "eagle3": "a draft head (EAGLE-3), which is run beside a model and reads its layers",
    "gemma4-assistant": "a draft model that reads the cache of a Gemma 4",
    "pockettts": "a model that speaks a text (Pocket TTS)",
    "qwen3tts": "a model that speaks a text (Qwen3-TTS)",
    "wavtokenizer-dec": "a decoder of sound (WavTokenizer)",
}


def told(header: Any, kind: str) -> str:
    """How much a weight file holds, in a few words."""
    return f"{kind} of {len(header.tensors):,} tensors, {header.n_params:,} parameters, {header.n_bytes:,} bytes"


def by_type(tensors: Iterable[StoredTensor]) -> dict[str, tuple[int, int]]:
    """Parameters and bytes of each type, largest first."""
    found: dict[str, list[int]] = {}
    for tensor in tensors:
        both = found.setdefault(tensor.type, [0, 0])
        both[0] += tensor.n_params
        both[1] += tensor.n_bytes
    return {name: (both[0], both[1]) for name, both in sorted(found.items(), key=lambda item: -item[1][1])}


Opener = Callable[[Path], AbstractContextManager[Readable]]
"""Opens a file for reading bytes."""


def from_weight_file(file: Readable, path: str, name: str, opener: Opener) -> ModelSpec:
    """The spec of the model in a weight file, from its header; a safetensors file needs the config.json beside it.

    Args:
        file: The file, opened for reading bytes.
        path: Where it is.
        name: What to call the model.
        opener: Gives the other parts of a model in several files.

    Raises:
        ConfigError: If the file is damaged or says nothing of a shape; the line says what it holds.
    """
    size = file.seek(0, 2)
    file.seek(0)
    if not path.lower().endswith(".safetensors"):
        return from_gguf(_whole(read_gguf(file, size, name), Path(path), opener), name)
    header = read_safetensors(file, size, name)
    held = told(header, "a safetensors file")
    beside = Path(path).parent / "config.json"
    if not beside.is_file():
        raise ConfigError(f"{name}: {held}; its shape is in the config.json that is published beside it")
    from llmnotes.config.files import from_config

    return with_safetensors(from_config(beside, name=name), header)


def parts_of(header: GGUF, file: str) -> list[str]:
    """The names of all files of a model in several, as that of one of them spells them; empty if it is in one."""
    count, found = header.metadata.get("split.count"), PART.search(file)
    if not isinstance(count, int) or not 1 < count <= MOST_PARTS or found is None or int(found[1]) != count:
        return []
    return [f"{file[: found.start()]}-{place:05d}-of-{count:05d}.gguf" for place in range(1, count + 1)]


def joined(headers: Sequence[GGUF]) -> GGUF:
    """The header of a model in several files: what the first says of it, and the tensors of all."""
    metadata = {key: value for key, value in headers[0].metadata.items() if not key.startswith("split.")}
    tensors = tuple(tensor for one in headers for tensor in one.tensors)
    return replace(headers[0], metadata=metadata, tensors=tensors, n_parts=len(headers))


def _whole(header: GGUF, path: Path, opener: Opener) -> GGUF:
    """A model in several files with the tensors of all, where all stand in one folder; else as it is."""
    parts = [path.with_name(name) for name in parts_of(header, path.name)]
    if not parts or not all(part.is_file() for part in parts):
        return header
    headers = []
    for part in parts:
        with opener(part) as file:
            headers.append(read_gguf(file, part.stat().st_size, str(part)))
    return joined(headers)


def with_safetensors(model: ModelSpec, header: Safetensors) -> ModelSpec:
    """The model of a `config.json`, with what a weight file beside it holds said first."""
    held = f"{told(header, 'a safetensors file')}: {_types(header.tensors)}"
    return replace(model, warnings=(held, *model.warnings))


def _types(tensors: Iterable[StoredTensor]) -> str:
    return ", ".join(f"{kind} {n_bytes:,}" for kind, (_, n_bytes) in by_type(tensors).items())


def from_gguf(header: GGUF, name: str) -> ModelSpec:
    """The spec of the model in a GGUF file.

    Its `stated` holds the tensors, so that `weights` counts the bytes that the file has.

    Args:
        header: What the file's header says.
        name: What to call the model.

    Raises:
        ConfigError: If the architecture is not read from GGUF, with what the file holds.
    """
    held = told(header, "a GGUF file")
    architecture = header.metadata.get("general.architecture")
    other = OTHER_FILES.get(str(header.metadata.get("general.type"))) or OTHER_FILES.get(str(architecture))
    if other:
        raise ConfigError(f"{name}: {held}: this is {other}; give the model's own file")
    place, count = header.metadata.get("split.no"), header.metadata.get("split.count")
    if isinstance(place, int) and place > 0:
        raise ConfigError(
            f"{name}: {held}: this is part {place + 1} of {count}; give part 1, with the others beside it"
        )
    if not header.tensors:
        raise ConfigError(f"{name}: {held}: this is a vocabulary alone; give the model's own file")
    if not isinstance(architecture, str) or architecture not in FAMILIES:
        raise ConfigError(
            f"{name}: {held}; the shape of architecture {str(architecture)[:40]!r} is not read from GGUF: give the "
            "config.json of the model"
        )
    if isinstance(count, int) and count > 1:
        held += f" (part 1 of {count})"
    elif header.n_parts > 1:
        held += f" (all {header.n_parts} parts)"
    model = from_mapping(config_of(header, architecture, name), name=name)
    said = [f"{held}: {_types(header.tensors)}"]
    own = [tensor for tensor in header.tensors if not _ahead(tensor, model.n_layers)]
    counted, held_params = sum(_component_params(model)), sum(tensor.n_params for tensor in own)
    counted -= _lost(own, model)
    buffers = sum(tensor.n_params for tensor in own if BUFFERS.search(tensor.name))
    told_of = list(model.warnings)
    if counted not in (held_params, held_params - buffers):
        said.append(f"the shape in its metadata gives {counted:,} parameters, its tensors {held_params:,}")
    else:  # every tensor is counted: a key that its family does not ask for leaves nothing out
        told_of = [sentence for sentence in told_of if not sentence.endswith(LEFT_OUT)]
    mine = tuple(sentence for sentence in model.assumed if "family's default" not in sentence)
    return replace(
        model,
        assumed=mine,
        warnings=(*said, *told_of),
        stated={"tensors": header.tensors, "form": "gguf"},
    )


def _ahead(tensor: StoredTensor, n_layers: int) -> bool:
    """Whether it is of the layers behind the last, which predict further tokens (MTP)."""
    found = LAYER.match(tensor.name)
    return found is not None and int(found[1]) >= n_layers


def _lost(own: Iterable[StoredTensor], model: ModelSpec) -> int:
    """Parameters that a converter joins or cuts: in Kimi K3 a vector of each product, and decays behind the heads'.

    Source: llama.cpp, `conversion/kimi_k3.py` (`_try_fuse_res`, `A_log`).
    """
    fused = sum(tensor.n_params for tensor in own if FUSED.search(tensor.name))
    mixers = [block for layer in model.layers for block in layer.blocks if isinstance(block, KimiDeltaAttention)]
    return fused + sum(max(0, one.head_dim - one.n_heads) for one in mixers if one.decay_by_channel)


def _component_params(model: ModelSpec) -> Iterable[int]:
    yield from model.embedding.params().values()
    for run in model.runs:
        yield run.count * run.layer.n_params
