"""The form in which a checkpoint states that its weights are stored: `quantization_config` in all its dialects.

Each dialect names a form, and the modules that keep the type of the rest. Tables, norms and routers keep it in all of
them; the head does unless the dialect quantizes every linear layer that it does not exclude.

Source:
    The quantizers of transformers 5.24.0 (quantizers/, utils/quantization_config.py), compressed-tensors 0.17, and the
    files under tests/data/quantized.json, each with the place where it was published.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from llmnotes.config.keys import ConfigError
from llmnotes.weights import codebooks, formats, sparsity
from llmnotes.weights.dialect import EXPERTS, HEAD, KEPT_IN_8_BITS, LATENT, ROUTERS, Dialect, Picker
from llmnotes.weights.formats import Format
from llmnotes.weights.patterns import Modules
from llmnotes.weights.torchao import read_torchao


@dataclass(frozen=True)
class Stated:
    """What a configuration says about the form of its weights.

    Attributes:
        method: The dialect, as the configuration calls it; empty where the weights are not quantized.
        base: The type of what is not quantized.
        dtype: That type as the configuration names it; empty where it does not and `base` is assumed.
        pick: The form of each matrix.
        cache: The type of the cache, where it is stated: a name of `kvtypes`.
    """

    method: str
    base: Format
    dtype: str
    pick: Picker
    cache: str = ""


# Other names of a dialect: of a tool, or of the kernel that runs it.
SPELLINGS = {
    "fbgemm": "fbgemm-fp8",
    "intel/auto-round": "auto-round",
    "gptqmodel": "gptq",
    "awq-marlin": "awq",
    "gptq-marlin": "gptq",
    "gptq-bitblas": "gptq",
    "modelopt-mixed": "modelopt",
    "fpquant": "fp-quant",
    "inc": "auto-round",
    "petit-nvfp4": "modelopt",
    "sparseml": "compressed-tensors",
}


UNQUANTIZED = 16
"""Bits from which AutoRound leaves a module as it was."""

PATTERN = frozenset("*+?^$|()[]\\")
"""Letters of regular expressions that no module's name has."""


def read_stated(stated: Mapping[str, Any], name: str) -> Stated:
    """The form that a configuration states.

    Args:
        stated: `dtype`, `quantization` and whatever else of the configuration bears on it (`ModelSpec.stated`).
        name: What to call the model in messages.

    Raises:
        ConfigError: If the dialect is not known, or says something impossible; one line, with the remedy.
    """
    dtype = stated.get("dtype")
    dtype = dtype.removeprefix("torch.") if isinstance(dtype, str) else ""
    if dtype and dtype not in formats.FLOATS:
        raise ConfigError(
            f"{name}: dtype is {dtype!r}: known are {', '.join(formats.FLOATS)}; or give --weights FORMAT"
        )
    base = formats.FLOATS.get(dtype or stated.get("assumed_dtype", ""), formats.BF16)
    keys = stated.get("quantization")
    if not keys:
        return Stated("", base, dtype, Picker(None))
    if not isinstance(keys, Mapping):
        raise ConfigError(f"{name}: quantization_config is no object; take it out, or give --weights FORMAT")
    if isinstance(keys.get("quantization"), Mapping):  # hf_quant_config.json, as it lies beside some files
        keys = keys["quantization"]
    dialect = Dialect(keys, name, stated)
    method = _method(dialect)
    if method not in READERS:
        known = ", ".join(sorted(READERS))
        raise dialect.error("quant_method", f"this form is not known; known: {known}; or give --weights FORMAT")
    pick = READERS[method](dialect)
    switched_off = pick.form is None and not pick.named  # a file that says how it may be quantized, and is not
    return Stated("" if switched_off else method, base, dtype, pick, _cache(dialect))


def _method(keys: Dialect) -> str:
    """The dialect; some leave it out and are known by what they say."""
    method = keys.word("quant_method").replace("_", "-")
    producer = keys.inside("producer").word("name") if isinstance(keys.keys.get("producer"), Mapping) else ""
    if producer == "modelopt" and not method:
        return "modelopt"
    if method:
        return SPELLINGS.get(method, method)
    if keys.word("quant_algo"):
        return "modelopt"
    if keys.keys.get("load_in_4bit") or keys.keys.get("load_in_8bit"):
        return "bitsandbytes"
    return "mlx" if "bits" in keys.keys and "group_size" in keys.keys else ""


def _cache(keys: Dialect) -> str:
    """The type of the cache that the checkpoint was calibrated for, as `kvtypes` names it."""
    scheme = keys.keys.get("kv_cache_scheme")
    if isinstance(scheme, Mapping):
        inside = keys.inside("kv_cache_scheme")
        bits, kind = inside.bits("num_bits", 8), inside.word("type") or "float"
        return {(8, "float"): "fp8", (8, "int"): "int8", (4, "float"): "nvfp4"}.get((bits, kind), "")
    word = scheme if isinstance(scheme, str) else keys.keys.get("kv_cache_quant_algo")
    if not isinstance(word, str):
        return ""
    return {"fp8": "fp8", "nvfp4": "nvfp4", "int8": "int8"}.get(word.lower(), "")


def _fp8(keys: Dialect) -> Picker:
    """Float8 of transformers, DeepSeek and Qwen: square blocks, or one scale a matrix."""
    skipped = keys.modules("modules_to_not_convert", "ignored_layers", "ignore")
    block = keys.keys.get("weight_block_size")
    experts: tuple[tuple[Modules, Format | None], ...] = ()
    if block is None:
        form = formats.fp8_tensor(static=keys.word("activation_scheme") == "static")
    else:
        if (
            not isinstance(block, list | tuple)
            or len(block) != 2
            or not all(type(side) is int and side > 0 for side in block)
        ):
            raise keys.error("weight_block_size", "give two whole numbers, rows and columns of a block")
        fp4 = keys.extra.get("expert_dtype") == "fp4"
        form = formats.fp8_block(*block, scale_bits=8 if fp4 else 32)
        if fp4:  # DeepSeek-V4: routed experts of 4 bits, scales of 8 everywhere
            experts = ((keys.matching("expert_dtype", ["re:.*experts\\.0.*"]), formats.mxfp4()),)
    if keys.word("moe_quant_algo") == "nvfp4":
        experts = ((keys.matching("moe_quant_algo", ["re:.*experts\\.0.*"]), formats.nvfp4()),)
        skipped = Modules(())  # what its `ignore` lists stays in blocks of 8 bits
    return Picker(form, experts, skipped, ROUTERS + HEAD + KEPT_IN_8_BITS)


def _fbgemm_fp8(keys: Dialect) -> Picker:
    return Picker(formats.fp8_channel(32), (), keys.modules("modules_to_not_convert"), ROUTERS + HEAD)


def _mxfp4(keys: Dialect) -> Picker:
    """gpt-oss: experts alone."""
    return Picker(formats.mxfp4(), (), keys.modules("modules_to_not_convert"), only=EXPERTS)


def _awq(keys: Dialect) -> Picker:
    form = formats.awq(
        keys.bits("bits", keys.bits("w_bit", 4)), keys.group("group_size", keys.group("q_group_size", 128))
    )
    return Picker(form, (), keys.modules("modules_to_not_convert"), ROUTERS + HEAD)


LATER_GPTQ = frozenset(
    """
    backend batch_size block_name_to_quantize checkpoint_format dataset disable_exllama dynamic is_marlin_format lm_head
    meta model_name_or_path model_seqlen pack_dtype static_groups tokenizer use_cuda_fp16 use_exllama
    """.split()  # noqa: SIM905 - so many words read better as a paragraph
)
"""What tools after GPTQ-for-LLaMa write of themselves."""


def _gptq(keys: Dialect) -> Picker:
    """GPTQ and its heirs; `dynamic` gives modules settings of their own, or none (`-:`).

    AutoGPTQ 0.2.0 to 0.7.1 packs every layer with a bias, zeros in float16 where the model has none. Its later code,
    never released, and GPTQModel pack the model's own biases alone, and write `checkpoint_format`; optimum does not
    write `model_file_base_name`. GPTQ-for-LLaMa before AutoGPTQ kept scales and biases in float32 and no groups of
    inputs; what was written beside its files (`damp_percent`, but no `model_name_or_path`, which AutoGPTQ writes from
    0.3 on, and no `dataset`, which optimum does) tells them.

    Source:
        GPTQ-for-LLaMa, `quant.py` at 0334e25; the sizes of two files that it wrote, in tests/test_weights.py.
        AutoGPTQ, `auto_gptq/modeling/_utils.py` (make_quant): always from e2e7809 to before 82070a1, whose commit is
        three days older than that of `checkpoint_format`, 866b4c8; `modeling/_base.py` (to_dict) at v0.7.1.
    """
    bits, group = keys.bits("bits", 4), keys.group("group_size", 128)
    named: list[tuple[Modules, Format | None]] = []
    for pattern, own in keys.objects("dynamic").items():
        modules = keys.matching("dynamic", [f"re:.*{pattern.removeprefix('-:').removeprefix('+:')}"])
        kept = pattern.startswith("-:")
        form = None if kept else formats.gptq(own.bits("bits", bits), own.group("group_size", group))
        named.append((modules, form))
    kept = ROUTERS if keys.keys.get("lm_head") is True else ROUTERS + HEAD
    if "damp_percent" in keys.keys and LATER_GPTQ.isdisjoint(keys.keys) and keys.extra.get("outer") == "llama":
        wide = formats.gptq_for_llama(bits, group)
        return Picker(wide, tuple(named), keys.modules("modules_to_not_convert"), kept, zero_bias_bits=32)
    if keys.keys.get("is_marlin_format") is True or keys.word("checkpoint_format") == "marlin":
        return Picker(formats.marlin(bits, group), tuple(named), keys.modules("modules_to_not_convert"), kept)
    zero_biases = "model_file_base_name" in keys.keys and "checkpoint_format" not in keys.keys
    return Picker(
        formats.gptq(bits, group),
        tuple(named),
        keys.modules("modules_to_not_convert"),
        kept,
        zero_bias_bits=16 if zero_biases else 0,
    )


def _marlin(keys: Dialect) -> Picker:
    """Marlin's own order, from a tool that writes nothing else."""
    form = formats.marlin(keys.bits("bits", 4), keys.group("group_size", 128))
    return Picker(form, (), keys.modules("modules_to_not_convert"), ROUTERS + HEAD)


def _auto_round(keys: Dialect) -> Picker:
    """AutoRound: integers packed as GPTQ or AWQ packs them, or 4- and 8-bit floats; `extra_config` gives modules bits
    of their own, from 16 on none.

    Source:
        vLLM, `vllm/model_executor/layers/quantization/auto_round.py` at 04aa528 (get_layer_config, check_quantized).
    """
    bits, group, kind = keys.bits("bits", 4), keys.group("group_size", 128), keys.word("data_type") or "int"
    is_awq = "awq" in keys.word("packing_format")

    def form(own: Dialect) -> Format | None:
        width, size = own.bits("bits", bits), own.group("group_size", group)
        if width >= UNQUANTIZED:
            return None
        written = own.word("data_type") or kind
        if written.startswith("mx_fp") and width in (4, 8):
            return formats.mxfp4() if width == 4 else formats.mxfp8()
        if written.startswith("nv_fp") and width == 4:
            return formats.nvfp4(size or 16)
        if not written.startswith("int"):
            raise own.error("data_type", f"{written} of {width} bits is not understood; give --weights FORMAT")
        return formats.awq(width, size) if is_awq else formats.gptq(width, size)

    named = tuple(
        (keys.matching("extra_config", [f"re:.*{name}" if PATTERN & set(name) else name]), form(own))
        for name, own in keys.objects("extra_config").items()
    )
    return Picker(form(keys), named, keys.modules("modules_to_not_convert"), ROUTERS + HEAD)


def _bitsandbytes(keys: Dialect) -> Picker:
    """bitsandbytes: 8 bits, or 4 in blocks; where both are switched off, nothing is quantized.

    Source:
        transformers 5.24.0, `BitsAndBytesConfig.quantization_method`.
    """
    skipped = keys.modules("llm_int8_skip_modules")
    if keys.keys.get("load_in_8bit") is False and keys.keys.get("load_in_4bit") is False:
        return Picker(None)
    if keys.keys.get("load_in_8bit") is True:
        return Picker(formats.bnb_int8(), (), skipped, ROUTERS + HEAD)
    double = keys.keys.get("bnb_4bit_use_double_quant") is True
    kind = keys.word("bnb_4bit_quant_type") or "fp4"
    return Picker(formats.bnb_nf4(double=double, name=f"bnb-{kind}"), (), skipped, ROUTERS + HEAD)


def _mlx(keys: Dialect) -> Picker:
    """MLX: every linear layer and table; a module may have bits of its own, or none (`false`)."""

    def form(own: Dialect, bits: int, group: int) -> Format:
        mode = own.word("mode") or keys.word("mode") or "affine"
        if mode == "affine":
            return formats.mlx(own.bits("bits", bits), own.whole("group_size", group))
        if mode in ("mxfp4", "nvfp4", "mxfp8"):
            return {"mxfp4": formats.mxfp4(), "nvfp4": formats.nvfp4(), "mxfp8": formats.mxfp8()}[mode]
        raise own.error("mode", "known are affine, mxfp4, mxfp8 and nvfp4")

    bits, group = keys.bits("bits", 4), keys.whole("group_size", 64)
    named: list[tuple[Modules, Format | None]] = []
    for module, own in keys.keys.items():
        if own is False:
            named.append((Modules([module]), None))
        elif isinstance(own, Mapping):
            named.append((Modules([module]), form(keys.inside(module), bits, group)))
    return Picker(form(keys, bits, group), tuple(named), kept=(), tables=True)


def _compressed_tensors(keys: Dialect) -> Picker:
    """compressed-tensors: groups of modules with a form each; `Linear` means every linear layer."""
    named: list[tuple[Modules, Format | None]] = []
    everywhere: Format | None = None
    if keys.objects("config_groups") == {} and _is_sparse(keys):
        base = str(keys.extra.get("dtype") or "").removeprefix("torch.")
        everywhere = sparsity.two_of_four(formats.FLOATS.get(base, formats.BF16))
        return Picker(everywhere, (), keys.inside("sparsity_config").modules("ignore"), ROUTERS + LATENT)
    for group in keys.objects("config_groups").values():
        form = _scheme(group, group.word("format") or keys.word("format"))
        form = sparsity.two_of_four(form) if _is_sparse(keys) else form
        targets = group.keys.get("targets") or ["Linear"]
        if not isinstance(targets, list | tuple) or not all(isinstance(target, str) for target in targets):
            raise group.error("targets", "give a list of module names or classes")
        classes = [target for target in targets if target in ("Linear", "Conv2d", "Embedding")]
        if "Linear" in classes:
            everywhere = form
        modules = [target for target in targets if target not in classes]
        if modules:
            named.append((keys.matching("targets", modules), form))
    return Picker(everywhere, tuple(named), keys.modules("ignore", exact=True), ROUTERS + LATENT)


def _is_sparse(keys: Dialect) -> bool:
    """Whether of every four numbers two are stored, with a mask."""
    layout = keys.inside("sparsity_config").word("format")
    if layout in ("", "dense"):
        return False
    if layout != "sparse-24-bitmask":
        raise keys.inside("sparsity_config").error(
            "format", "how many numbers are left is stated by its file alone; give that, or --weights FORMAT"
        )
    return True


def _scheme(group: Dialect, layout: str) -> Format:
    """The form of one group of compressed-tensors."""
    weights, inputs = group.inside("weights"), group.keys.get("input_activations")
    bits, kind = weights.bits("num_bits", 8), weights.word("type") or "int"
    strategy, size = weights.word("strategy") or "tensor", weights.group("group_size", 0)
    static = isinstance(inputs, Mapping) and inputs.get("dynamic") is False
    if kind == "float" and bits == 4:
        if "mxfp4" in layout or size == 32:
            return formats.mxfp4()
        return formats.nvfp4(size or 16, static=isinstance(inputs, Mapping))
    if kind == "float" and bits == 8:
        if strategy == "block":
            block = weights.keys.get("block_structure")
            sides = block if isinstance(block, list) and all(type(side) is int and side > 0 for side in block) else []
            return formats.fp8_block(*(sides if len(sides) == 2 else (128, 128)), scale_bits=16)
        if strategy == "channel":
            return formats.fp8_channel()
        return formats.mxfp8() if size == 32 else formats.fp8_tensor(static=static)
    if kind == "int" and layout == "marlin-24":
        return sparsity.marlin_24(bits, size)
    if kind == "int" and (layout == "pack-quantized" or bits < 8):
        symmetric = weights.keys.get("symmetric") is not False
        ordered = weights.word("actorder") in ("group", "weight") if weights.keys.get("actorder") is not True else True
        return formats.packed_int(bits, size, zero_points=not symmetric, ordered=ordered)
    if kind == "int" and bits == 8:
        return formats.int8_channel()
    raise weights.error("num_bits", f"{kind} of {bits} bits is not understood; give --weights FORMAT")


def _modelopt(keys: Dialect) -> Picker:
    """NVIDIA's ModelOpt: one algorithm, or one for each module."""
    skipped = keys.modules("exclude_modules", "ignore")
    algorithm = keys.word("quant_algo")
    group = keys.group("group_size", 16)
    if algorithm != "mixed_precision":
        for entry in keys.objects("config_groups").values():
            group = entry.inside("weights").group("group_size", group)
        return Picker(_algorithm(keys, algorithm, group), (), skipped, ROUTERS)
    modules: dict[tuple[str, int], list[str]] = {}
    for module, own in keys.objects("quantized_layers").items():
        modules.setdefault((own.word("quant_algo"), own.group("group_size", group)), []).append(module)
    if not modules:
        return _in_groups(keys)
    named = tuple(
        (Modules(_inside_one_expert(listed)), _algorithm(keys, algorithm, size))
        for (algorithm, size), listed in modules.items()
    )
    return Picker(None, named, skipped, ())


def _in_groups(keys: Dialect) -> Picker:
    """Mixed precision whose layers stand in the groups of compressed-tensors alone, which ModelOpt writes as well.

    Source:
        ModelOpt, `modelopt/torch/export/convert_hf_config.py` (convert_hf_quant_config_format).
    """
    if not keys.objects("config_groups"):
        raise keys.error("quantized_layers", "of which form which layer is, is not said; or give --weights FORMAT")
    return replace(_compressed_tensors(keys), kept=())


def _inside_one_expert(modules: list[str]) -> list[str]:
    """The list without the namesakes of the first expert: the experts of a layer share a form."""
    return [name for name in modules if ".experts." not in name or ".experts.0." in name]


def _algorithm(keys: Dialect, algorithm: str, group: int) -> Format:
    name = algorithm.replace("-", "_")
    if name == "fp8":
        return formats.fp8_tensor(static=True)
    if name in ("nvfp4", "nvfp4_awq", "w4a8_nvfp4_fp8"):
        return formats.nvfp4(group or 16)
    if name == "w4a16_nvfp4":
        return formats.nvfp4(group or 16, static=False)
    if name in ("fp8_pb_wo", "fp8_pb_real"):
        return formats.fp8_block()
    if name == "fp8_pc_pt":
        return formats.fp8_channel(32)
    if name == "mxfp8":
        return formats.mxfp8()
    if name in ("mxfp4", "w4a16_mxfp4", "w4a8_mxfp4_fp8"):
        return formats.mxfp4()
    if name in ("w4a16_awq", "w4a8_awq"):
        return formats.packed_int(4, group or 128)
    if name in ("w8a16", "w8a8_sq_per_channel", "int8_sq", "int8"):
        return formats.int8_channel()
    raise keys.error("quant_algo", f"{algorithm.upper() or 'no algorithm'} is not understood; give --weights FORMAT")


def _quark(keys: Dialect) -> Picker:
    """AMD's Quark: one form, and modules with forms of their own."""

    def form(own: Dialect) -> Format | None:
        stages = own.keys.get("weight")
        if isinstance(stages, list) and stages and all(isinstance(stage, Mapping) for stage in stages):
            own = Dialect({"weight": stages[-1]}, own.name, own.extra)  # the last of several stages is what is stored
        weights = own.inside("weight")
        if not weights.keys:
            return None
        kind, scheme = weights.word("dtype"), weights.word("qscheme")
        size = weights.group("group_size", 0)
        if kind.startswith("fp8"):
            return formats.fp8_channel(32) if scheme == "per_channel" else formats.fp8_tensor(static=True)
        if kind == "fp4":
            return formats.nvfp4() if size == 16 else formats.mxfp4()
        if kind.startswith("fp6"):
            return formats.mxfp6()
        if kind in ("int4", "uint4"):
            size = size or (0 if scheme == "per_channel" else 128)
            return formats.packed_int(4, size, zero_points=kind == "uint4")
        if kind == "int8":
            return formats.int8_channel(32)
        raise weights.error("dtype", "known are fp8_e4m3, fp6, fp4, int4, uint4 and int8; or give --weights FORMAT")

    named = tuple(
        (keys.matching("layer_quant_config", [pattern]), form(own))
        for pattern, own in keys.objects("layer_quant_config").items()
    )
    return Picker(form(keys.inside("global_quant_config")), named, keys.modules("exclude"), ROUTERS)


def _hqq(keys: Dialect) -> Picker:
    """HQQ: bits, and a float16 scale and zero point for each group; for every linear layer, or for those alone whose
    last two names have settings of their own.

    Source:
        transformers, `quantizers/quantizer_hqq.py` at 00c6e5f (create_quantized_param: module_tag).
    """

    def form(inside: Dialect) -> Format:
        bits = inside.bits("nbits", keys.bits("nbits", 4))
        group = inside.group("group_size", keys.group("group_size", 64))
        return Format(f"hqq-{bits}-{group}", bits, group=group, scale_bits=32)

    inside, skipped = keys.inside("quant_config"), keys.modules("skip_modules", "modules_to_not_convert")
    if "weight_quant_params" in inside.keys:
        return Picker(form(inside.inside("weight_quant_params")), (), skipped, ROUTERS + HEAD)
    tagged = [tag for tag, own in inside.keys.items() if isinstance(own, Mapping)]
    if not tagged:
        return Picker(form(inside), (), skipped, ROUTERS + HEAD)
    named = []
    for tag in tagged:
        own = inside.inside(tag)
        settings = own.inside("weight_quant_params") if "weight_quant_params" in own.keys else own
        named.append((Modules([tag]), form(settings)))
    return Picker(None, tuple(named), skipped, ROUTERS + HEAD)


def _aqlm(keys: Dialect) -> Picker:
    """AQLM: codes into tables of vectors, a float16 for each row."""
    width, books = keys.whole("in_group_size", 8), keys.whole("num_codebooks", 1)
    bits, rows = keys.bits("nbits_per_codebook", 16), keys.whole("out_group_size", 1)
    tables = books * 2**bits * rows * width * 16
    form = Format(f"aqlm-{books}x{bits}", books * bits / (width * rows), row_bits=16 // rows, tensor_bits=tables)
    return Picker(form, (), keys.modules("linear_weights_not_to_quantize"), ROUTERS + HEAD)


def _chatglm(keys: Dialect) -> Picker:
    """ChatGLM's own 4 or 8 bits: a scale for each row of the matrices of layers; table and head stay.

    Source:
        `quantization.py` beside chatglm2-6b-int4 (bq-xiao/chatglm2-6b-int4), `QuantizedLinear` and `quantize`.
    """
    bits = keys.bits("bits", 4)
    return Picker(Format(f"int{bits}", bits, row_bits=16), kept=ROUTERS + HEAD)


def _quanto(keys: Dialect) -> Picker:
    kinds = {"int8": formats.int8_channel(), "float8": formats.fp8_channel(16)}
    kinds |= {f"int{bits}": Format(f"int{bits}", bits, group=128, scale_bits=32) for bits in (2, 4)}
    word = keys.word("weights")
    if word not in kinds:
        raise keys.error("weights", f"known are {', '.join(kinds)}; or give --weights FORMAT")
    return Picker(kinds[word], (), keys.modules("modules_to_not_convert"), ROUTERS + HEAD)


def _eetq(keys: Dialect) -> Picker:
    return Picker(formats.int8_channel(), (), keys.modules("modules_to_not_convert"), ROUTERS + HEAD)


def _bitnet(keys: Dialect) -> Picker:
    """BitNet: four numbers in a byte, one scale a matrix; in the mode `online` the file holds what was trained.

    Source:
        transformers 5.24.0, `integrations/bitnet.py` (AutoBitLinear).
    """
    if keys.word("quantization_mode") == "online":
        return Picker(None)
    ternary = Format("bitnet", 2, tensor_bits=16)
    return Picker(ternary, (), keys.modules("modules_to_not_convert"), ROUTERS + HEAD)


READERS: dict[str, Callable[[Dialect], Picker]] = codebooks.READERS | {
    "aqlm": _aqlm,
    "auto-round": _auto_round,
    "awq": _awq,
    "bitnet": _bitnet,
    "bitsandbytes": _bitsandbytes,
    "chatglm": _chatglm,
    "compressed-tensors": _compressed_tensors,
    "eetq": _eetq,
    "fbgemm-fp8": _fbgemm_fp8,
    "fp8": _fp8,
    "gptq": _gptq,
    "hqq": _hqq,
    "marlin": _marlin,
    "mlx": _mlx,
    "modelopt": _modelopt,
    "modelopt-fp4": _modelopt,
    "mxfp4": _mxfp4,
    "quanto": _quanto,
    "quark": _quark,
    "torchao": read_torchao,
}
"""Dialects by `quant_method`, `_` written as `-`."""
