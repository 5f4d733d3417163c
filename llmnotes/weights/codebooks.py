"""Forms whose numbers are entries of codebooks or steps through a trellis, and those of further quantizers.

Source:
    exllamav2 and exllamav3 (conversion/compile.py: `quant_method` exl2 and exl3, `bits`, `head_bits`; exllamav3
    modules/quant/exl3.py: trellis, suh, svh), VPTQ (vptq/layers/vqlinear.py), SpQR, HIGGS, FP-Quant, SINQ, Metal and
    Gemma in transformers 5.24.0 (utils/quantization_config.py, integrations/gemma_quant.py), SGLang's w8a8_int8,
    w8a8_fp8 and w4afp8, QuIP# and QTIP (`lib/linear/quantized_linear.py` at 1d8f873 and e90c668), ParoQuant
    (`inference/backends/transformers/modules.py` and `cli/convert.py` at f74a96c), DFloat11 (`dfloat11.py` and the
    README at 4577338).
"""

from collections.abc import Callable
from dataclasses import replace
from math import log2

from llmnotes.weights import formats
from llmnotes.weights.dialect import HEAD, KEPT_IN_8_BITS, ROUTERS, Dialect, Picker
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


def _quip(keys: Dialect) -> Picker:
    """QuIP#: 64-bit words of so many codes for so many numbers each; a float16 for every input and output.

    A residual codebook writes a part of a word as what a word holds (`packsz` of 8/3: 3 bits).
    """
    width, packed = _number(keys, "codesz", 8), _number(keys, "packsz", 1)
    word = keys.word("idx_dtype").removeprefix("torch.")
    sizes = {"int64": 64, "int32": 32, "int16": 16, "uint8": 8, "int8": 8}
    if word not in sizes:
        raise keys.error("idx_dtype", f"known are {', '.join(sizes)}; or give --weights FORMAT")
    bits = sizes[word] / (width * packed)
    columns = 16 + (32 if keys.keys.get("rescale_WH") is True else 0)
    return Picker(Format(f"quip-{bits:g}", bits, row_bits=16, column_bits=columns, tensor_bits=96), kept=ROUTERS + HEAD)


PLACES = {name: f"self_attn.{name}_proj" for name in "qkvo"} | {
    name: f"mlp.{name}_proj" for name in ("gate", "up", "down")
}


def _qtip(keys: Dialect) -> Picker:
    """QTIP: a trellis of K bits a number, signs of every input (float16) and output (float32), a table for each
    matrix; `skip_list` names matrices of layers that stay, as `0_v`."""

    def form(bits: float) -> Format:
        table = 0 if not keys.word("decode_mode").startswith(("lut", "quantlut")) else 2 ** keys.bits("tlut_bits", 9)
        tensor = table * keys.whole("V", 2, 1, 64) * 16 + 128
        return Format(f"qtip-{bits:g}", bits, row_bits=32, column_bits=16, tensor_bits=tensor)

    skipped = keys.keys.get("skip_list") or []
    if not isinstance(skipped, list | tuple) or not all(isinstance(name, str) for name in skipped):
        raise keys.error("skip_list", "give a list of names such as 0_v")
    cut = [name.rpartition("_") for name in skipped]
    left = Modules([f"model.layers.{layer}.{PLACES.get(place, place)}" for layer, _, place in cut])
    usual = _number(keys, "K", 2)
    values = keys.matching("K_v_proj", ["v_proj"]), form(_number(keys, "K_v_proj", usual))
    return Picker(form(usual), (values,), left, ROUTERS + HEAD)


def _paroquant(keys: Dialect) -> Picker:
    """ParoQuant: AWQ's integers, and for every input the angles, pairs and scale of its rotations; experts of a layer
    share theirs."""
    bits, group, turns = keys.bits("bits", 4), keys.group("group_size", 128), keys.whole("krot", 8)
    plain = formats.awq(bits, group)
    turned = replace(plain, name=f"paro-{bits}-{group}", column_bits=turns * (16 // 2 + 16) + 16)
    experts = keys.matching("krot", ["re:.*experts\\.0.*"]), plain
    return Picker(turned, (experts,), keys.modules("modules_to_not_convert"), ROUTERS + HEAD)


def _dfloat11(keys: Dialect) -> Picker:
    """DFloat11: exponents by an entropy code, which makes 11 bits of 16 or a little less; the file alone says how
    many."""
    named: list[tuple[Modules, Format | None]] = []
    form = Format("df11", 11)
    for pattern, inside in keys.inside("pattern_dict").keys.items():
        if not isinstance(inside, list | tuple):
            raise keys.error("pattern_dict", "give lists of module names")
        names = [f"re:{pattern}\\.{name}" for name in inside] if inside else [f"re:{pattern}"]
        named.append((keys.matching("pattern_dict", names), form))
    return Picker(None, tuple(named), kept=(), tables=True, assumed=(DF11,))


DF11 = "how many bits its entropy code takes is in the weight files alone; 11 are assumed, as its name says"


def _gemma(keys: Dialect) -> Picker:
    """Gemma's own integers of 2, 4 or 8 bits: a float32 for each row, two for each matrix; tables where it says so."""
    usual = keys.bits("num_bits", 4)

    def form(bits: int) -> Format:
        return Format(f"int{bits}", bits, row_bits=32, tensor_bits=64, padded=8)

    named = tuple(
        (keys.matching("module_quant_configs", [f"re:.*{pattern}"]), form(own.bits("num_bits", usual)))
        for pattern, own in keys.objects("module_quant_configs").items()
    )
    listed = keys.keys.get("modules_to_not_convert") is not None
    return Picker(
        form(usual),
        named,
        keys.modules("modules_to_not_convert"),
        () if listed else HEAD,
        tables=keys.keys.get("quantize_embeddings") is True,
    )


def _w4afp8(keys: Dialect) -> Picker:
    """SGLang's W4AFP8: experts of 4 bits with a float32 for each group, everything else in squares of 8-bit floats."""
    group = keys.group("group_size", 128)
    experts = Format(f"int4-{group}", 4, group=group, scale_bits=32, tensor_bits=16)
    named = ((keys.matching("quant_method", ["re:.*experts\\.0.*"]), experts),)
    return Picker(formats.fp8_block(), named, keys.modules("ignored_layers"), ROUTERS + HEAD + KEPT_IN_8_BITS)


MODELSLIM = (
    "which matrices keep 16 bits stands in quant_model_description.json; all but tables, head and routers are assumed "
    "to be quantized"
)


def _modelslim(keys: Dialect) -> Picker:
    """Ascend's ModelSlim, of which the configuration says the kind alone (w8a8, w8a8_dynamic, w4a8 …); the file beside
    it, where there is one, says the kind of each matrix.

    Source:
        vLLM Ascend at 182b75e, `docs/source/developer_guide/Design_Documents/quantization.md`, and
        `quantization/methods/w8a8_dynamic.py`, `w8a8_static.py` and `w4a8.py` (what stands beside the weights).
    """
    usual, modules = keys.word("quantize"), keys.inside("modules").keys
    kinds: dict[str, list[str]] = {}
    for name, kind in modules.items():
        kinds.setdefault(str(kind).lower(), []).append(name)
    named = tuple((Modules(names, exact=True), _ascend(keys, kind)) for kind, names in kinds.items())
    if named:
        return Picker(None, named, kept=())
    return Picker(_ascend(keys, usual), kept=ROUTERS + HEAD, assumed=(MODELSLIM,))


def _ascend(keys: Dialect, kind: str) -> Format | None:
    """One of ModelSlim's kinds: scale and offset for each row; with static inputs, and at 4 bits, more."""
    if kind == "float":
        return None
    bits = {"w8": 8, "w4": 4}.get(kind[:2])
    if bits is None:
        raise keys.error("quantize", "known are w8a8, w4a8 and their kin; or give --weights FORMAT")
    return Format(f"int{bits}", bits, row_bits=96 if kind == "w8a8" or bits == 4 else 32)


READERS: dict[str, Callable[[Dialect], Picker]] = {
    "dfloat11": _dfloat11,
    "exl2": _exl2,
    "exl3": _exl3,
    "fouroversix": _fp_quant,
    "fp-quant": _fp_quant,
    "gemma": _gemma,
    "higgs": _higgs,
    "metal": _metal,
    "modelslim": _modelslim,
    "mxfp8": _plain(formats.mxfp8()),
    "nvfp4": _plain(formats.nvfp4()),
    "paroquant": _paroquant,
    "qtip": _qtip,
    "quip-sharp": _quip,
    "sinq": _sinq,
    "spqr": _spqr,
    "vptq": _vptq,
    "w4afp8": _w4afp8,
    "w8a8-fp8": _plain(formats.fp8_channel(32)),
    "w8a8-int8": _plain(formats.int8_channel(32)),
}
"""Dialects by `quant_method`, `_` written as `-`."""
