"""The form of weights that torchao quantized: the classes of its settings, for all linear layers or module by module.

Source:
    torchao at 36027d8, `torchao/quantization/quant_api.py` (the settings, `FqnToConfig`), `prototype/mx_formats`, and
    `quantize_/workflows/intx/intx_unpacked_to_int8_tensor.py`, where integers below 8 bits take a byte each;
    transformers 5.24.0, `quantizers/quantizer_torchao.py`.
"""

from collections.abc import Mapping
from typing import Any

from llmnotes.weights import formats
from llmnotes.weights.dialect import HEAD, ROUTERS, Dialect, Picker
from llmnotes.weights.formats import Format
from llmnotes.weights.patterns import REGULAR, Modules

DEFAULT = "_default"
BY_MODULE = ("fqn_to_config", "module_fqn_to_config")


def read_torchao(keys: Dialect) -> Picker:
    """The form of each matrix."""
    kind = keys.keys.get("quant_type")
    settings = keys.inside("quant_type").inside("default").keys if isinstance(kind, Mapping) else {"_type": kind}
    within = keys.keys.get("include_input_output_embeddings") is True
    kept = ROUTERS if within or keys.keys.get("modules_to_not_convert") is not None else ROUTERS + HEAD
    skipped, data = keys.modules("modules_to_not_convert"), settings.get("_data")
    by_module = next((data[key] for key in BY_MODULE if isinstance(data, Mapping) and data.get(key)), None)
    if by_module is None:
        given = keys.inside("quant_type_kwargs").keys if not isinstance(kind, Mapping) else {}
        return Picker(_form(keys, settings, given), (), skipped, ROUTERS + HEAD, tables=within)
    if not isinstance(by_module, Mapping):
        raise keys.error("quant_type", "give an object of modules")
    named: list[tuple[Modules, Format | None]] = []
    for name, own in by_module.items():
        if name != DEFAULT:
            pattern = f"{REGULAR}(?:{name.removeprefix(REGULAR)})$" if name.startswith(REGULAR) else name
            named.append((keys.matching("quant_type", [pattern]), None if own is None else _form(keys, own, {})))
    rest = by_module.get(DEFAULT)
    return Picker(None if rest is None else _form(keys, rest, {}), tuple(named), skipped, kept, tables=within)


def _form(keys: Dialect, settings: Any, given: Mapping[str, Any]) -> Format:
    """The form that one class of settings stores."""
    if not isinstance(settings, Mapping):
        raise keys.error("quant_type", "give an object of settings")
    data = settings.get("_data") if isinstance(settings.get("_data"), Mapping) else given
    own = Dialect(data, keys.name, keys.extra)
    word = str(settings.get("_type") or "").lower().replace("_", "").removesuffix("config")
    per = str(data.get("weight_granularity") or data.get("granularity") or "").lower()
    if word in ("intxweightonly", "int8dynamicactivationintxweight", "int8dynamicactivationint4weight"):
        return Format("int8", 8, group=_group(own, 0 if word == "intxweightonly" else 32), scale_bits=16 + 8)
    if word in ("int4weightonly", "float8dynamicactivationint4weight"):
        return Format("int4", 4, group=own.group("group_size", 128), scale_bits=32)
    if word.startswith("int8"):
        return formats.int8_channel()
    if word.startswith("float8"):
        whole = "pertensor" in per or (not per and word == "float8dynamicactivationfloat8weight")
        return formats.fp8_tensor() if whole else formats.fp8_channel(32)
    if word.startswith("nvfp4"):
        return formats.nvfp4(static=False)
    if word.startswith("mx"):
        return formats.mxfp4() if "float4" in str(data.get("weight_dtype")).lower() else formats.mxfp8()
    raise keys.error("quant_type", "known are int4, int8, intx, float8, mx and nvfp4; or give --weights FORMAT")


def _group(own: Dialect, usual: int) -> int:
    """Numbers of a row that share a scale, where the settings say so; 0: the whole row."""
    for key in ("weight_granularity", "granularity"):
        if isinstance(own.keys.get(key), Mapping):
            inside = own.inside(key)
            return inside.inside("_data").group("group_size", 0)
    return own.group("group_size", usual)
