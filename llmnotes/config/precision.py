"""What a configuration says about the precision of its weights and of its cache, as published; `weights` reads it."""

from collections.abc import Callable, Mapping
from typing import Any

TEXT_MODELS = ("text_config", "llm_config", "language_config", "thinker_config", "lm_config")


def stated_precision(config: Mapping) -> dict[str, Any]:
    """The type of the weights, their quantization, and what else bears on it; the text model's own come first.

    >>> stated_precision({"torch_dtype": "float16", "text_config": {"dtype": "bfloat16"}})["dtype"]
    'bfloat16'
    """
    places: list[Mapping] = []
    for name in TEXT_MODELS:
        if isinstance(config.get(name), Mapping):
            places += [config[name], config[name].get("text_config") or {}]
    places = [place for place in (*places, config) if isinstance(place, Mapping)]

    def first(*names: str) -> Any:
        return next((place[name] for place in places for name in names if place.get(name) is not None), None)

    found = {
        "dtype": first("dtype", "torch_dtype"),
        "quantization": first("quantization_config", "quantization", "compression_config"),
        "expert_dtype": first("expert_dtype"),
        "outer": config.get("model_type"),
        "version": config.get("transformers_version"),
    }
    if found["quantization"] is None:
        found["quantization"] = _by_own_key(first)
    return {name: value for name, value in found.items() if value is not None}


OWN_KEYS = {"aqlm": "aqlm", "dfloat11_config": "dfloat11", "quip_params": "quip-sharp"}
"""Keys of tools that do not write `quantization_config`, and their form."""


def _by_own_key(first: Callable[[str], Any]) -> Any:
    """What a tool says in a key of its own, as `quantization_config` would say it; `None` where there is none."""
    for key, method in OWN_KEYS.items():
        stated = first(key)
        if isinstance(stated, Mapping):
            trellis = key == "quip_params" and "K" in stated
            return {"quant_method": "qtip" if trellis else method, **stated}
    bits, kind = first("quantization_bit"), first("quantize")
    if bits:  # ChatGLM's own
        return {"quant_method": "chatglm", "bits": bits}
    return {"quant_method": "modelslim", "quantize": kind} if isinstance(kind, str) and kind else None
