"""Forms whose numbers are entries of codebooks or steps through a trellis, and those of further quantizers.

Source:
    exllamav2 and exllamav3 (conversion/compile.py: `quant_method` exl2 and exl3, `bits`, `head_bits`; exllamav3
    modules/quant/exl3.py: trellis, suh, svh), VPTQ (vptq/layers/vqlinear.py), SpQR, HIGGS, FP-Quant, SINQ, Metal and
    Gemma in transformers 5.24.0 (utils/quantization_config.py), SGLang's w8a8_int8 and w8a8_fp8.
"""

from collections.abc import Callable
from math import log2

from llmnotes.weights import formats
from llmnotes.weights.dialect import HEAD, ROUTERS, Dialect, Picker
from llmnotes.weights.formats import Format
from llmnotes.weights.patterns import Modules


def _number(keys: Dialect, key: str, default: float) -> float:
    """Bits of a number on average, whole or not."""
    value = keys.keys.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 32:
        raise keys.error(key, "give a number of bits")
    return float(value)


def _with_head(keys: Dialect, form: Callable[[float], Format]) -> Picker:
    """Linear layers at `bits` on average, the head at `head_bits`; routers and tables as they are."""
    head = keys.matching("head_bits", ["lm_head"]), form(_number(keys, "head_bits", 6))
    return Picker(form(_number(keys, "bits", 4)), (head,), None, ROUTERS)


def _exl2(keys: Dialect) -> Picker:
    """ExLlamaV2: bits on average over a matrix, scales included."""
    return _with_head(keys, lambda bits: Format(f"exl2-{bits:g}", bits))


def _exl3(keys: Dialect) -> Picker:
    """ExLlamaV3: a trellis of so many bits a number, and signs with scales (float16) of every input and output."""
    return _with_head(keys, lambda bits: Format(f"exl3-{bits:g}", bits, row_bits=16, column_bits=16, tensor_bits=32))


def _vptq(keys: Dialect) -> Picker:
    """VPTQ: for every module the codebooks that vectors of its outputs are looked up in."""
    named: list[tuple[Modules, Format | None]] = []
    forms: dict[Format, list[str]] = {}
    for module, own in keys.objects("config_for_layers").items():
        forms.setdefault(_vectors(own), []).append(module)
    if not forms:
        raise keys.error("config_for_layers", "name the codebooks of each module; or give --weights FORMAT")
    for form, modules in forms.items():
        named.append((keys.matching("config_for_layers", modules), form))
    return Picker(None, tuple(named), keys.modules("modules_to_not_convert"), ROUTERS)


def _vectors(own: Dialect) -> Format:
    """One module's form: an index into centroids, and one into those of what is left, for each vector."""

    def last(key: str, most: int) -> int:
        value = own.keys.get(key)
        if not isinstance(value, list | tuple) or not value or type(value[-1]) is not int or value[-1] > most:
            raise own.error(key, "give two whole numbers")
        return value[-1]

    width, centroids = last("vector_lens", 64), last("num_centroids", 2**24)
    rest = last("num_res_centroids", 2**24) if own.keys.get("num_res_centroids") is not None else -1
    if width < 1 or centroids < 2:
        raise own.error("vector_lens", "give the length of a vector and at least two centroids")
    bits = log2(centroids) + (log2(rest) if rest > 1 else 0)
    entries = own.whole("group_num", 1) * (centroids + max(rest, 0))
    columns = (32 if own.keys.get("enable_norm", True) else 0) + (16 if own.keys.get("enable_perm", True) else 0)
    return Format(
        f"vptq-{bits / width:g}", bits / width, column_bits=columns, tensor_bits=entries * width * 16, padded=0
    )


def _spqr(keys: Dialect) -> Picker:
    """SpQR: tiles of 16 by 16 at 3 bits with scales of 3 bits; outliers apart, whose number `shapes` tells."""
    shapes = keys.inside("shapes").keys
    sizes = {name: value for name, value in shapes.items() if type(value) is int and 0 <= value < 2**40}
    dense = sum(value for name, value in sizes.items() if name.endswith("dense_weights.shape"))
    others = sum(value for name, value in sizes.items() if name.endswith(("col_vals.shape", "row_offsets.shape")))
    if not dense:
        raise keys.error("shapes", "the sizes of outliers are missing; or give --weights FORMAT")
    # A word of 64 bits holds 16 numbers with what they share; outliers take 32 bits each.
    bits = 64 * 16 / 256 * (1 + others * 32 / (dense * 64))
    return Picker(Format("spqr", bits), (), keys.modules("modules_to_not_convert"), ROUTERS + HEAD)


def _higgs(keys: Dialect) -> Picker:
    """HIGGS: entries of a grid, a float16 for each group."""
    bits, group = keys.bits("bits", 4), keys.group("group_size", 256)
    form = Format(f"higgs-{bits}", bits, group=group, scale_bits=16)
    return Picker(form, (), keys.modules("modules_to_not_convert"), ROUTERS + HEAD)


def _fp_quant(keys: Dialect) -> Picker:
    """FP-Quant and Four-over-Six: NVFP4 or MXFP4 in all linear layers."""
    word = keys.word("forward_dtype") or keys.word("weight_dtype") or keys.word("dtype") or "nvfp4"
    forms = {"nvfp4": formats.nvfp4(static=False), "mxfp4": formats.mxfp4()}
    if word not in forms:
        raise keys.error("forward_dtype", "known are nvfp4 and mxfp4; or give --weights FORMAT")
    return Picker(forms[word], (), keys.modules("modules_to_not_convert"), ROUTERS + HEAD)


def _plain(form: Format) -> Callable[[Dialect], Picker]:
    """A form for all linear layers that are not excluded."""
    return lambda keys: Picker(
        form, (), keys.modules("modules_to_not_convert", "ignored_layers", "ignore"), ROUTERS + HEAD
    )


def _sinq(keys: Dialect) -> Picker:
    """SINQ: HQQ's groups, and one more scale for each input."""
    bits, group = keys.bits("nbits", 4), keys.group("group_size", 64)
    form = Format(f"sinq-{bits}-{group}", bits, group=group, scale_bits=32, column_bits=16)
    return Picker(form, (), keys.modules("modules_to_not_convert"), ROUTERS + HEAD)


def _metal(keys: Dialect) -> Picker:
    """MLX's affine groups as transformers loads them."""
    form = formats.mlx(keys.bits("bits", 4), keys.whole("group_size", 64))
    return Picker(form, (), keys.modules("modules_to_not_convert"), ROUTERS + HEAD)


READERS: dict[str, Callable[[Dialect], Picker]] = {
    "exl2": _exl2,
    "exl3": _exl3,
    "fouroversix": _fp_quant,
    "fp-quant": _fp_quant,
    "higgs": _higgs,
    "metal": _metal,
    "mxfp8": _plain(formats.mxfp8()),
    "nvfp4": _plain(formats.nvfp4()),
    "sinq": _sinq,
    "spqr": _spqr,
    "vptq": _vptq,
    "w8a8-fp8": _plain(formats.fp8_channel(32)),
    "w8a8-int8": _plain(formats.int8_channel(32)),
}
"""Dialects by `quant_method`, `_` written as `-`."""
