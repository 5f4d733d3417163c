"""A model from the header of its GGUF file: shape from the metadata, counts and bytes from the tensors."""

import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from llmnotes.config import from_mapping
from llmnotes.config.keys import ConfigError, Keys
from llmnotes.headers.bounded import Readable, StoredTensor
from llmnotes.headers.gguf import GGUF, read_gguf
from llmnotes.headers.safetensors import Safetensors, read_safetensors
from llmnotes.spec import ModelSpec

# `general.architecture` -> `model_type` of the family that has its shape.
FAMILIES = {
    "apertus": "apertus",
    "arcee": "arcee",
    "bloom": "bloom",
    "cohere2": "cohere2",
    "command-r": "cohere",
    "deepseek2": "deepseek_v2",
    "dots1": "dots1",
    "ernie4_5": "ernie4_5",
    "exaone4": "exaone4",
    "gemma": "gemma",
    "gemma2": "gemma2",
    "gemma3": "gemma3_text",
    "glm4": "glm4",
    "glm4moe": "glm4_moe",
    "gpt-oss": "gpt_oss",
    "gpt2": "gpt2",
    "gptneox": "gpt_neox",
    "granite": "granite",
    "hunyuan-dense": "hunyuan_v1_dense",
    "llama": "llama",
    "mistral3": "ministral3",
    "nemotron": "nemotron",
    "olmo2": "olmo2",
    "olmoe": "olmoe",
    "phi2": "phi",
    "phi3": "phi3",
    "qwen2": "qwen2",
    "qwen2moe": "qwen2_moe",
    "qwen2vl": "qwen2",
    "qwen3": "qwen3",
    "qwen3moe": "qwen3_moe",
    "qwen3vl": "qwen3",
    "qwen3vlmoe": "qwen3_moe",
    "seed_oss": "seed_oss",
    "smollm3": "smollm3",
    "stablelm": "stablelm",
    "starcoder2": "starcoder2",
}
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
}
NAMED_EXPERTS = {"gpt_oss": "num_local_experts", "glm4_moe": "n_routed_experts", "deepseek_v2": "n_routed_experts"}


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


def _whole(header: GGUF, path: Path, opener: Opener) -> GGUF:
    """A model in several files with the tensors of all, where all stand in one folder; else as it is."""
    count, found = header.metadata.get("split.count"), PART.search(path.name)
    if not isinstance(count, int) or not 1 < count <= MOST_PARTS or found is None or int(found[1]) != count:
        return header
    stem = path.name[: found.start()]
    parts = [path.with_name(f"{stem}-{place:05d}-of-{count:05d}.gguf") for place in range(1, count + 1)]
    if not all(part.is_file() for part in parts):
        return header
    headers = []
    for part in parts:
        with opener(part) as file:
            headers.append(read_gguf(file, part.stat().st_size, str(part)))
    metadata = {key: value for key, value in headers[0].metadata.items() if not key.startswith("split.")}
    return replace(
        header,
        metadata=metadata,
        tensors=tuple(tensor for one in headers for tensor in one.tensors),
        n_parts=count,
    )


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
    counted = sum(_component_params(model))
    if counted != header.n_params:
        said.append(f"the shape in its metadata gives {counted:,} parameters, its tensors {header.n_params:,}")
    mine = tuple(sentence for sentence in model.assumed if "family's default" not in sentence)
    return replace(
        model,
        assumed=mine,
        warnings=(*said, *model.warnings),
        stated={"tensors": header.tensors, "form": "gguf"},
    )


def _component_params(model: ModelSpec) -> Iterable[int]:
    yield from model.embedding.params().values()
    for run in model.runs:
        yield run.count * run.layer.n_params


def config_of(header: GGUF, architecture: str, name: str) -> dict[str, Any]:
    """The metadata as `config.json` would say it."""
    prefix = f"{architecture}."
    metadata = {key.removeprefix(prefix): value for key, value in header.metadata.items() if key.startswith(prefix)}
    keys = Keys(metadata, f"{name}: {architecture}")
    tensors = {tensor.name: tensor for tensor in header.tensors}
    table = tensors.get("token_embd.weight")
    if table is None or len(table.shape) != 2:
        raise ConfigError(f"{name}: a GGUF file without a token table; give the first part of the model")
    family = FAMILIES[architecture]
    n_layers = keys.n_layers("block_count")
    n_predict = keys.count("nextn_predict_layers", default=0)
    d_model, n_heads = keys.size("embedding_length"), _one(keys, "attention.head_count", n_layers)
    usual: dict[str, Any] = {
        "model_type": family,
        "hidden_size": d_model,
        "num_hidden_layers": n_layers - n_predict,
        "num_attention_heads": n_heads,
        "vocab_size": table.shape[0],
        "tie_word_embeddings": "output.weight" not in tensors,
    }
    if keys.has("feed_forward_length"):
        usual["intermediate_size"] = _one(keys, "feed_forward_length", n_layers)
    if keys.has("attention.head_count_kv"):
        usual["num_key_value_heads"] = _one(keys, "attention.head_count_kv", n_layers)
    if keys.has("context_length"):
        usual["max_position_embeddings"] = keys.size("context_length")
    if keys.has("attention.key_length") and family not in ("deepseek_v2", "gpt2", "gpt_neox", "bloom"):
        usual["head_dim"] = keys.size("attention.key_length")
    if keys.has("attention.sliding_window") and keys.count("attention.sliding_window"):
        usual["sliding_window"] = keys.size("attention.sliding_window")
    if family == "llama":
        usual |= {"attention_bias": "blk.0.attn_q.bias" in tensors, "mlp_bias": False}
    if n_predict:
        usual["num_nextn_predict_layers"] = n_predict
    return usual | _experts(keys, usual, tensors) | _latent(keys, usual)


def _one(keys: Keys, name: str, n_layers: int) -> int:
    """A number that is the same for all layers, or given for each of them and the same."""
    value, _ = keys.raw(name)
    if isinstance(value, list):
        if len(value) != n_layers or len(set(map(repr, value))) != 1:
            raise keys.error(name, "layers that differ are not read from GGUF; give the config.json of the model")
        return Keys({name: value[0]}, keys.name).size(name)
    return keys.size(name)


def _experts(keys: Keys, usual: dict[str, Any], tensors: dict[str, StoredTensor]) -> dict[str, Any]:
    if not keys.has("expert_count") or not keys.count("expert_count"):
        return {}
    family = usual["model_type"]
    more: dict[str, Any] = {"num_experts_per_tok": keys.size("expert_used_count")}
    if family == "llama":
        return {**more, "model_type": "mixtral", "num_local_experts": keys.size("expert_count")}
    more[NAMED_EXPERTS.get(family, "num_experts")] = keys.size("expert_count")
    if keys.has("expert_feed_forward_length"):
        width = keys.size("expert_feed_forward_length")
        more["intermediate_size" if family == "gpt_oss" else "moe_intermediate_size"] = width
    if keys.has("expert_shared_feed_forward_length"):
        more["shared_expert_intermediate_size"] = keys.size("expert_shared_feed_forward_length")
    if keys.has("expert_shared_count"):
        more["n_shared_experts"] = keys.count("expert_shared_count")
    if keys.has("leading_dense_block_count"):
        more["first_k_dense_replace"] = keys.count("leading_dense_block_count")
    if family == "glm4_moe":
        more["use_qk_norm"] = "blk.0.attn_q_norm.weight" in tensors
        more["attention_bias"] = "blk.0.attn_q.bias" in tensors
    return more


def _latent(keys: Keys, usual: dict[str, Any]) -> dict[str, Any]:
    """Latent attention: heads are as wide as the metadata says before keys were absorbed."""
    if usual["model_type"] != "deepseek_v2":
        return {}
    rope = keys.size("rope.dimension_count")
    key = keys.size("attention.key_length_mla", "attention.key_length")
    value = keys.size("attention.value_length_mla", "attention.value_length")
    if key <= rope:
        raise keys.error("attention.key_length", "give more than rope.dimension_count")
    rank = keys.count("attention.q_lora_rank", default=0)
    return {
        "q_lora_rank": rank or None,
        "kv_lora_rank": keys.size("attention.kv_lora_rank"),
        "qk_rope_head_dim": rope,
        "qk_nope_head_dim": key - rope,
        "v_head_dim": value,
        "num_key_value_heads": usual["num_attention_heads"],
    }
