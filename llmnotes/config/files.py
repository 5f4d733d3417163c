"""Configurations from text, files and standard input. The browser calls `from_text`; nothing else here runs there."""

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from os import PathLike

from llmnotes.config import from_mapping
from llmnotes.config.keys import ConfigError, named
from llmnotes.config.kinds import ENCODERS, SEQ2SEQ
from llmnotes.spec import ModelSpec

INDEXES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")
WIDTHS = {2: "bfloat16", 4: "float32"}  # bytes of a number, and a type of that width
BUFFERS = re.compile(r"\.(rotary|rotary_emb|rotary_pos_emb)\.inv_freq$|\.(attention|attn)\.(masked_)?bias$")
HEADS = ("lm_head.weight", "embed_out.weight")
QUANTIZED = "hf_quant_config.json"
# Files beside a configuration that say how its weights are stored where it does not: their dialect, and a key that only
# such a file has (optimum writes a quantize_config.json of another kind beside ONNX).
BESIDE = {
    QUANTIZED: ("modelopt", "quantization"),
    "quantize_config.json": ("gptq", "bits"),
    "quant_config.json": ("awq", "w_bit"),
}
DESCRIBED = "quant_model_description.json"  # ModelSlim's: the kind of each tensor
MAX_BYTES = 16 * 2**20  # published configurations are a few kilobytes, with quantization tables up to some hundred


def from_config(source: Mapping | str | PathLike[str], *, name: str | None = None) -> ModelSpec:
    """The spec of a published configuration.

    Args:
        source: The keys as a mapping, or the path of a `config.json`.
        name: What to call the model; the path unless given.

    Raises:
        ConfigError: In one line, with field, value and remedy.
    """
    if isinstance(source, Mapping):
        return from_mapping(source, name=name or "model")
    if not isinstance(source, str | PathLike):
        raise ConfigError(f"from_config takes a mapping or the path of a config.json, not {type(source).__name__}")
    label = name or str(source)
    if os.path.basename(source) in INDEXES:
        beside = os.path.join(os.path.dirname(source), "config.json")
        if os.path.isfile(beside):
            source = beside
    try:
        with open(source, "rb") as file:
            if file.read(4) == b"GGUF" or str(source).lower().endswith((".gguf", ".safetensors")):
                from llmnotes.headers.models import from_weight_file

                return from_weight_file(file, str(source), label, lambda part: open(part, "rb"))
            file.seek(0)
            data = file.read(MAX_BYTES + 1)
    except ConfigError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"{label}: cannot be read ({reason}); give the path of a config.json") from None
    model = _quantized(from_text(data, name=label), os.path.dirname(source))
    for index in INDEXES:
        path = os.path.join(os.path.dirname(source), index)
        if os.path.isfile(path):
            return _indexed(path, index, model)
    return model


def _quantized(model: ModelSpec, folder: str) -> ModelSpec:
    """The model with the form of its weights as a file beside a configuration states it that does not itself.

    Source:
        NVIDIA Model Optimizer, `modelopt/torch/export/unified_export_hf.py`; before `quantization_config` was written
        into config.json too, checkpoints such as nvidia/DeepSeek-V3.1-NVFP4 said it in this file alone. AutoGPTQ wrote
        `quantize_config.json` (`auto_gptq/modeling/_base.py`) before transformers read it, AutoAWQ `quant_config.json`.
    """
    quantization = model.stated.get("quantization") or {}
    described = os.path.join(folder, DESCRIBED)
    if os.path.isfile(described) and (not quantization or quantization.get("quant_method") == "modelslim"):
        return _described(model, described)
    if quantization:
        return model
    for name, (method, key) in BESIDE.items():
        path = os.path.join(folder, name)
        if not os.path.isfile(path):
            continue
        try:
            with open(path, "rb") as file:
                found = json.loads(file.read(MAX_BYTES))
            stated = found["quantization"] if name == QUANTIZED else found
            if key not in found:
                continue
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return replace(model, warnings=(*model.warnings, f"{name} beside it cannot be read and is left out"))
        told = f"{name} beside it says how its weights are stored"
        stated = {"quant_method": method, **stated} if isinstance(stated, dict) else stated
        return replace(model, stated={**model.stated, "quantization": stated}, warnings=(*model.warnings, told))
    return model


def _described(model: ModelSpec, path: str) -> ModelSpec:
    """The model with the kind of each matrix, as ModelSlim lists them; the first expert of a layer speaks for all."""
    try:
        with open(path, "rb") as file:
            found = json.loads(file.read(4 * MAX_BYTES))
        modules = {
            name.removesuffix(".weight"): kind
            for name, kind in found.items()
            if name.endswith(".weight") and isinstance(kind, str) and not OTHER_EXPERTS.search(name)
        }
    except (OSError, ValueError, AttributeError, RecursionError):
        return replace(model, warnings=(*model.warnings, f"{DESCRIBED} beside it cannot be read and is left out"))
    if not modules:
        return model
    told = f"{DESCRIBED} beside it says how its weights are stored"
    stated = {"quant_method": "modelslim", "modules": modules}
    return replace(model, stated={**model.stated, "quantization": stated}, warnings=(*model.warnings, told))


OTHER_EXPERTS = re.compile(r"\.experts\.[1-9]")


def _indexed(path: str, name: str, model: ModelSpec) -> ModelSpec:
    """The model with what the index of the weight files beside a configuration says that they hold.

    A tied head that they hold a second time stands in the index alone, as Falcon-180B-chat's does; so does the type of
    weights whose configuration names none, or another.
    """
    try:
        with open(path, "rb") as file:
            index = json.loads(file.read(MAX_BYTES))
        total, names = index["metadata"]["total_size"], list(index["weight_map"])
        files = len(set(index["weight_map"].values()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return model
    if type(total) not in (int, float) or not 0 < total < 2**60:
        return model
    said = [f"{name} beside it counts {int(total):,} bytes in {files:,} files"]
    model, typed = _typed(model, total, name)
    head = next((one for one in names if one.endswith(HEADS)), "")
    if head and model.embedding.tied:
        table = model.embedding.params()["embedding_token"]
        said.append(f"{name} lists {head}, the tied token table once more: {table:,} parameters, of the files alone")
    buffers = [one for one in names if BUFFERS.search(one)]
    if buffers:
        said.append(
            f"{name} lists {len(buffers):,} tables of angles or masks, such as {named(buffers[0])}: no parameters"
        )
    stated = {**model.stated, "index_bytes": total, "head_again": bool(head)}
    return replace(model, stated=stated, warnings=(*model.warnings, *said, *typed))


def _typed(model: ModelSpec, total: float, name: str) -> tuple[ModelSpec, tuple[str, ...]]:
    """The model with weights as wide as the index says, and what was changed; a quantized one stays as it is."""
    if model.stated.get("quantization"):
        return model, ()
    each = total / max(1, model.held_params)
    width = next((width for width in WIDTHS if abs(each / width - 1) < 0.01), 0)
    stated = str(model.stated.get("dtype", model.stated.get("assumed_dtype", "bfloat16"))).removeprefix("torch.")
    if not width or stated not in ("float32", "float16", "bfloat16") or (stated == "float32") == (width == 4):
        return model, ()
    told = f"{name} counts {width} bytes a number: weights are counted as {WIDTHS[width]}"
    return replace(model, stated={**model.stated, "dtype": WIDTHS[width]}), (told,)


def from_stdin() -> ModelSpec:
    """The spec of a configuration piped in."""
    return from_text(sys.stdin.buffer.read(MAX_BYTES + 1), name="standard input")


def from_text(text: str | bytes, *, name: str = "config.json") -> ModelSpec:
    """The spec of a configuration as JSON text."""
    if len(text) > MAX_BYTES:
        raise ConfigError(f"{name}: more than {MAX_BYTES:,} bytes; this is not a config.json")
    try:
        config = json.loads(_standard(text))
    except RecursionError:
        raise ConfigError(f"{name}: nested too deeply for a config.json; check the file") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{name}: not a text file; give a config.json") from None
    except Exception as error:  # the browser's parser has an error of its own, which is no ValueError
        raise ConfigError(
            f"{name}: not JSON ({str(error).splitlines()[0]}); give the config.json as published"
        ) from None
    return _wide(from_mapping(config, name=name))


# Decoders of before configurations named a type, whose published files are float32, as those of encoders and of
# encoder–decoders are. Source: the types that the hub counted in 60 published files, huggingface/safetensors, temp.md.
FLOAT32 = frozenset(("gpt2", "openai-gpt"))


def _wide(model: ModelSpec) -> ModelSpec:
    """The model in float32 where its file names no type and its family is of the time when none was named."""
    old = model.family in FLOAT32 or model.family in ENCODERS or model.family in SEQ2SEQ
    if not old or not {"dtype", "quantization"}.isdisjoint(model.stated):
        return model
    return replace(model, stated={**model.stated, "assumed_dtype": "float32"})


def _standard(text: str | bytes) -> str:
    """The text with what JSON does not have and published configurations do (infinities, NaN), or what the browser's
    parser refuses (1e+30), written so that every parser reads it."""
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text))
    words = {"Infinity": "1e999", "-Infinity": "-1e999", "NaN": '"NaN"', "e+": "e", "E+": "e"}
    if not any(word in text for word in words):
        return text
    return re.sub(r'"(?:[^"\\]|\\.)*"|-?Infinity|NaN|[eE]\+', lambda found: words.get(found[0], found[0]), text)
