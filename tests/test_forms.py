"""Forms of weights that tools write in keys of their own, or module by module: bytes added up from the tools' code."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import ceil
from typing import Any

import pytest

import llmnotes as ln
from llmnotes.spec import ModelSpec
from llmnotes.weights.sizes import StoredWeights, stored_weights
from llmnotes.wording.sentences import spoken

WIDTH, INNER, KEYS, LAYERS, VOCABULARY = 512, 1536, 128, 3, 1000
SMALL: dict[str, Any] = {"model_type": "llama", "hidden_size": WIDTH, "intermediate_size": INNER, "vocab_size": 1000}
SMALL |= {"num_hidden_layers": LAYERS, "num_attention_heads": 8, "num_key_value_heads": 2, "torch_dtype": "float16"}
SHAPES = {"q": (WIDTH, WIDTH), "k": (KEYS, WIDTH), "v": (KEYS, WIDTH), "o": (WIDTH, WIDTH)}
SHAPES |= {"gate": (INNER, WIDTH), "up": (INNER, WIDTH), "down": (WIDTH, INNER)}
NORMS = 2 * (2 * LAYERS + 1) * WIDTH
TABLE = 2 * VOCABULARY * WIDTH
Bytes = Callable[[str, int, int], float]


def stored(**keys: Any) -> StoredWeights:
    """The weights of the small model with these keys beside its shape."""
    return stored_weights(ln.from_config(SMALL | keys))


def matrices() -> Iterator[tuple[str, int, int]]:
    """Every matrix of the layers: its name, outputs and inputs."""
    for name, (rows, columns) in SHAPES.items():
        yield from [(name, rows, columns)] * LAYERS


def expected(n_bytes: Bytes, head: float = TABLE, table: float = TABLE) -> float:
    """Bytes of a file whose matrices of layers take so many."""
    return NORMS + head + table + sum(n_bytes(*matrix) for matrix in matrices())


def plain(_: str, rows: int, columns: int) -> float:
    """16 bits a number."""
    return 2 * rows * columns


def quip(_: str, rows: int, columns: int) -> float:
    """QuIP#'s buffers: Qidxs of 64 bits for 8 × 4 numbers, SU, SV, codebook_id and Wscale."""
    return 8 * rows * (columns // 32) + 2 * columns + 2 * rows + 8 + 4


def qtip(name: str, rows: int, columns: int) -> float:
    """QTIP's: a trellis in tiles of 16 by 16, the table, SU, SV, rcp and tp_rank; `v` has 3 bits."""
    bits = 3 if name == "v" else 2
    tiles = (rows // 16) * (columns // 16)
    return tiles * ceil(16 * 16 * bits / 16) * 2 + 2**9 * 2 * 2 + 2 * columns + 4 * rows + 2 * 8


def paro(_: str, rows: int, columns: int) -> float:
    """ParoQuant's: AWQ's integers, scales and zero points, and eight rotations: angles, pairs, scales of channels."""
    groups = columns // 128
    awq = rows * columns / 2 + groups * rows / 2 + 2 * groups * rows
    return awq + 2 * 8 * (columns // 2) + 2 * 8 * columns + 2 * columns


def marlin(_: str, rows: int, columns: int) -> float:
    """Marlin's: integers and scales alone."""
    return rows * columns / 2 + 2 * rows * (columns // 128)


def gemma(name: str, rows: int, columns: int) -> float:
    """Gemma's: two numbers in a byte, `down` as they are; a float32 a row, two for activations."""
    return rows * columns / (1 if name == "down" else 2) + 4 * rows + 8


def mxfp6(_: str, rows: int, columns: int) -> float:
    """Three bytes for four numbers, a byte for 32."""
    return 3 * rows * columns / 4 + rows * columns / 32


def nvfp4_above(name: str, rows: int, columns: int) -> float:
    """ModelOpt's NVFP4 in the feed-forward, its FP8 in attention."""
    if name in "qkvo":
        return rows * columns + 8
    return rows * columns / 2 + rows * columns / 16 + 8


def unpacked(_: str, rows: int, columns: int) -> float:
    """torchao's integers of 4 bits in a byte each, with a scale of 16 and a zero point of 8 bits for 32."""
    return rows * columns * (1 + 3 / 32)


QUIP = {"codebook": "E8P12", "codesz": 8, "packsz": 4, "idx_dtype": "torch.int64", "rescale_WH": False}
QTIP = {"K": 2, "K_v_proj": 3, "L": 16, "V": 2, "codebook": "bitshift", "decode_mode": "quantlut_sym", "tlut_bits": 9}
FP6 = {"weight": {"dtype": "fp6_e3m2", "qscheme": "per_group", "group_size": 32}}
FLOATS = {"num_bits": 4, "type": "float", "group_size": 16}
GROUPS = {"a": {"weights": FLOATS, "input_activations": FLOATS, "targets": ["re:.*mlp.*"]}}
EIGHT = {"num_bits": 8, "type": "float", "dynamic": False}
GROUPS |= {"b": {"weights": EIGHT, "input_activations": EIGHT, "targets": ["re:.*self_attn.*"]}}
INTX = {"weight_dtype": {"_data": "int4"}, "weight_granularity": {"_type": "PerGroup", "_data": {"group_size": 32}}}
INTX = {"_type": "Int8DynamicActivationIntxWeightConfig", "_data": INTX}
MODULES = {"_type": "FqnToConfig", "_data": {"fqn_to_config": {"_default": INTX, "lm_head": None}}}
CASES: dict[str, tuple[dict[str, Any], float]] = {
    "quip": ({"quip_params": QUIP}, expected(quip)),
    "qtip": ({"quip_params": QTIP}, expected(qtip)),
    "paroquant": ({"quant_method": "paroquant", "bits": 4, "group_size": 128, "krot": 8}, expected(paro)),
    "marlin": ({"quant_method": "gptq", "bits": 4, "group_size": 128, "is_marlin_format": True}, expected(marlin)),
    "gemma": (
        {
            "quant_method": "gemma",
            "num_bits": 4,
            "quantize_embeddings": True,
            "module_quant_configs": {"down_proj$": {"num_bits": 8}, "lm_head": {"num_bits": 8}},
            "modules_to_not_convert": [],
        },
        expected(gemma, gemma("down", VOCABULARY, WIDTH), gemma("embed", VOCABULARY, WIDTH)),
    ),
    "quark of six bits": (
        {"quant_method": "quark", "global_quant_config": FP6, "exclude": ["lm_head"]},
        expected(mxfp6),
    ),
    "modelopt by groups": (
        {"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION", "config_groups": GROUPS, "ignore": ["lm_head"]},
        expected(nvfp4_above),
    ),
    "torchao by module": ({"quant_method": "torchao", "quant_type": {"default": MODULES}}, expected(unpacked)),
    "bitsandbytes switched off": (
        {"quant_method": "bitsandbytes", "load_in_4bit": False, "load_in_8bit": False},
        expected(plain),
    ),
    "bitnet in training": ({"quant_method": "bitnet", "quantization_mode": "online"}, expected(plain)),
}


@pytest.mark.parametrize(("keys", "n_bytes"), CASES.values(), ids=CASES)
def test_a_form_takes_what_its_tool_stores(keys: dict[str, Any], n_bytes: float):
    keys = keys if "quip_params" in keys else {"quantization_config": keys}
    assert stored(**keys).checkpoint_bytes == n_bytes


@pytest.mark.parametrize("name", ["bitsandbytes switched off", "bitnet in training"])
def test_what_is_not_quantized_is_called_by_its_type(name: str):
    assert stored(quantization_config=CASES[name][0]).form == "f16"


def test_a_matrix_that_qtip_skips_keeps_its_numbers():
    kept = stored(quip_params=QTIP | {"skip_list": ["0_v", "2_down"]}).checkpoint_bytes
    changed = (("v", KEYS, WIDTH), ("down", WIDTH, INNER))
    assert kept - expected(qtip) == sum(plain(*matrix) - qtip(*matrix) for matrix in changed)


def test_experts_of_paroquant_share_their_rotations():
    sparse = SMALL | {"model_type": "qwen3_moe", "num_experts": 4, "num_experts_per_tok": 2, "head_dim": 64}
    sparse |= {"moe_intermediate_size": 256, "quantization_config": {"quant_method": "paroquant", "group_size": 128}}
    forms = {
        group.name.split(".")[-2]: group.form
        for group in stored_weights(ln.from_config(sparse)).groups
        if "experts" in group.name
    }
    assert set(forms.values()) == {"awq-4-128"}


@pytest.mark.parametrize(
    ("keys", "form", "bits"),
    [
        ({"dfloat11_config": {"pattern_dict": {r"model\.layers\.\d+": ["mlp.up_proj", "mlp.down_proj"]}}}, "df11", 11),
        ({"quantize": "w8a8_dynamic"}, "int8", 8),
    ],
    ids=["dfloat11", "modelslim"],
)
def test_what_the_configuration_does_not_say_is_said_in_both_languages(keys: dict[str, Any], form: str, bits: int):
    found = stored(**keys)
    assert found.assumed
    assert all(spoken(sentence, "zh") != sentence for sentence in found.assumed)
    group = next(group for group in found.groups if group.form == form)
    assert 8 * group.n_bytes / group.n_params == pytest.approx(bits, rel=0.02)


def test_experts_of_w4afp8_have_four_bits_and_the_rest_eight():
    sparse = SMALL | {"model_type": "qwen3_moe", "num_experts": 4, "num_experts_per_tok": 2, "head_dim": 64}
    sparse |= {"moe_intermediate_size": 256, "quantization_config": {"quant_method": "w4afp8"}}
    for group in stored_weights(ln.from_config(sparse)).groups:
        if "experts" in group.name:
            assert group.form == "int4-128"
        elif "self_attn" in group.name and "proj" in group.name:
            assert group.form == "fp8-block"


def test_mixed_precision_without_layers_is_refused_with_a_remedy():
    with pytest.raises(ln.ConfigError, match="of which form which layer is"):
        stored(quantization_config={"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION"})


@pytest.mark.parametrize(
    ("model", "form", "n_bytes"),
    [
        ("gemma-4-e2b", "bf16 as published", 10_246_357_958),
        ("gemma-4-e2b", "mlx-4", 3_580_765_126),
        ("gemma-4-e2b", "mlx-8", 5_899_232_198),
        ("gemma-4-e4b", "bf16 as published", 15_992_314_836),
        ("gemma-4-e4b", "mlx-4", 5_216_992_212),
        ("gemma-4-31b", "mlx-4", 18_411_755_224),
        ("gemma-4-31b", "mlx-8", 33_762_858_712),
        ("glm-4.7", "mlx-4", 198_556_925_568),
        ("nemotron-3-nano-30b", "mlx-8", 33_559_880_448),
    ],
)
def test_files_for_mlx_are_as_large_as_exo_lists_them(model: str, form: str, n_bytes: int):
    # exo-explore/exo, resources/inference_model_cards: the sizes of mlx-community's files (buffers of a few KB apart).
    asked = None if form.startswith("bf16") else form
    found = stored_weights(ln.load_model(model), asked)
    if asked is not None:  # as published the file holds keys and values that no layer reads; so do MLX's copies
        found = stored_weights(mlx_copy(model, int(form[-1])))
    assert found.checkpoint_bytes == pytest.approx(n_bytes, rel=1e-6)


def mlx_copy(model: str, bits: int) -> ModelSpec:
    """A registered model as its file for MLX states it."""
    spec = ln.load_model(model)
    return replace(spec, stated={"dtype": "bfloat16", "quantization": {"bits": bits, "group_size": 64}})


def test_keys_that_no_layer_reads_stand_in_the_file_alone():
    found = stored_weights(ln.load_model("gemma-4-e2b"))
    assert sum(group.n_params for group in found.groups if group.component == "unused_keys") == 18_880_512
    assert found.checkpoint_bytes - found.running_bytes == 2 * 18_880_512


def test_compressed_tensors_leaves_out_what_it_names_and_nothing_inside():
    """llm-compressor lists parents too (`linear_attn`), whose matrices it did quantize: names are whole names there.

    Source: the configuration and LFS pointers of fantasylord/Qwen36 at 2b66ce3, whose file is 18,698,467,264 bytes.
    """
    group = {"targets": ["Linear"], "weights": {"num_bits": 4, "type": "int", "strategy": "group", "group_size": 128}}
    ignore = ["lm_head", "model.layers.1.self_attn", "model.layers.0.mlp.up_proj", "re:.*layers\\.2\\.self_attn.*"]
    keys = {"quant_method": "compressed-tensors", "format": "pack-quantized", "config_groups": {"a": group}}
    found = stored(quantization_config=keys | {"ignore": ignore})
    kept = {
        group.name.split(".")[-1]: group.n_layers
        for group in found.groups
        if group.form == "f16" and "proj" in group.name
    }
    assert kept == {"up_proj": 1, "q_proj": 1, "k_proj": 1, "v_proj": 1, "o_proj": 1}


def test_modelslim_s_own_file_says_the_kind_of_each_matrix(tmp_path):
    sparse = SMALL | {"model_type": "qwen3_moe", "num_experts": 4, "num_experts_per_tok": 2, "head_dim": 64}
    sparse |= {"moe_intermediate_size": 256, "quantize": "w8a8_dynamic", "tie_word_embeddings": False}
    (tmp_path / "config.json").write_text(json.dumps(sparse))
    kinds = {"self_attn.q_proj": "W8A8", "self_attn.k_proj": "FLOAT", "mlp.gate": "FLOAT"}
    kinds |= {f"mlp.experts.{e}.{name}_proj": "W8A8_DYNAMIC" for e in range(4) for name in ("gate", "up", "down")}
    listed = {f"model.layers.{i}.{name}.weight": kind for i in range(LAYERS) for name, kind in kinds.items()}
    listed |= {f"model.layers.{i}.self_attn.q_proj.weight_scale": "W8A8" for i in range(LAYERS)}
    (tmp_path / "quant_model_description.json").write_text(json.dumps(listed | {"model_quant_type": "W8A8_DYNAMIC"}))
    model = ln.from_config(str(tmp_path / "config.json"))
    assert any("quant_model_description.json" in warning for warning in model.warnings)
    assert all(spoken(warning, "zh") != warning for warning in model.warnings)
    found = {group.name.split("layers.*.")[-1]: group for group in stored_weights(model).groups}
    assert (found["self_attn.q_proj"].form, found["self_attn.k_proj"].form) == ("int8", "f16")
    assert found["self_attn.q_proj"].n_bytes == LAYERS * (512 * WIDTH + 12 * 512)
    experts = next(group for name, group in found.items() if "experts" in name and "down" in name)
    assert experts.n_bytes == LAYERS * 4 * (WIDTH * 256 + 4 * WIDTH)
    assert not stored_weights(model).assumed
    (tmp_path / "quant_model_description.json").write_text("[")
    assert stored_weights(ln.from_config(str(tmp_path / "config.json"))).assumed  # as without it
