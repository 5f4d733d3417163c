"""Tensors against the reference's state dicts, bytes against published files, types against llama.cpp's logs."""

import json
import re
from pathlib import Path

import pytest

import llmnotes as ln
from llmnotes.cli import main
from llmnotes.config.keys import ConfigError
from llmnotes.units import BITS
from llmnotes.weights import formats, kvtypes
from llmnotes.weights.gguf import BASE
from llmnotes.weights.matrices import Matrix, matrices_of
from llmnotes.weights.patterns import Modules
from llmnotes.weights.quantization import READERS, read_stated
from llmnotes.weights.sizes import known_forms, stored_weights
from llmnotes.weights.tensors import Tensor, tensors_of
from tests.truth.cases import KNOWN, MODELS

DATA = Path(__file__).parent / "data"
SAVED = {case["id"]: case for case in json.loads((DATA / "state_dicts.json").read_text())["cases"]}
STORED = json.loads((DATA / "stored_bytes.json").read_text())
# Convolutions, states, streams and norms of two dimensions: no quantizer touches them, and they have no name here.
SMALL = re.compile(
    r"conv1d|conv_1d|conv_qk|conv\.conv$|A_log|\.D$|decay|slope|time_mix|altup|laurel|_norm$|_bias$|hc_|\.ape$|tid2eid|x_proj_weight|dt_proj_weight"
    r"|rg_lru|rel_logits|dt_proj_bias|per_layer_model_projection|gate_bias|e_score"
    r"|hyper_connection|attn_res\.|sconv$|static_w$|l2_clip"
)
# What the file calls these is not in the reference's form, or the layers of the two are cut differently.
OWN_NAMES = {
    "deepseek_v4": "layers.{i}.attn and embed, as its authors publish",
    "minimax_m3_vl_text": "block_sparse_moe, as its authors publish",
    "inkling2_text": "the head is padded to vocab_size rows where it is saved",
    "kimi_linear": "the dense layer is mlp, as its authors publish",
    "longcat_flash": "two sublayers of the reference's are two layers here",
    "hrm_text": "two modules with layers of their own",
    "zamba": "the shared block holds the layer's own mixer",
    "zamba2": "the shared block holds the layer's own mixer",
    "axk2": "gates of norms",
    "gemma3n_text": "two narrow paths of one kind",
    "dbrx": "experts under each other in one matrix",
    "doge": "experts of one neuron",
}


def named(tensor: Tensor) -> dict[str, int]:
    """Names and shapes as the reference lists them: `#` for numbers, experts as one where they are stored so."""
    spread = "{e}" in tensor.name
    shape = tensor.shape if spread or tensor.n_experts == 1 else (tensor.n_experts, *tensor.shape)
    name = re.sub(r"\.(\d+|\{[ie]\})(?=\.|$)", ".#", tensor.name)
    return {f"{name} {'x'.join(map(str, sorted(shape)))}": len(tensor.layers) * (tensor.n_experts if spread else 1)}


def decoder_tensors(model) -> list[Tensor]:
    """The tensors without those of parts beside the decoder, which the reference does not build."""
    parts = {part.name for part in model.parts}
    return [tensor for tensor in tensors_of(model) if tensor.component not in parts]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in KNOWN])
def test_tensors_add_up_to_every_component(case):
    counted: dict[str, int] = {}
    for tensor in decoder_tensors(MODELS[case["id"]]):
        counted[tensor.component] = counted.get(tensor.component, 0) + tensor.n_params
    assert counted == {name: n for name, n in case["params"]["components"].items() if n}


@pytest.mark.parametrize("model_id", ln.model_ids())
def test_tensors_of_registered_models_add_up(model_id):
    model = ln.load_model(model_id)
    counted: dict[str, int] = {}
    for tensor in tensors_of(model):
        counted[tensor.component] = counted.get(tensor.component, 0) + tensor.n_params
    assert counted == {**ln.count_params(model).components, **ln.count_params(model).parts}


@pytest.mark.parametrize("model_id", ln.model_ids())
def test_every_registered_model_has_bytes_in_every_kind_of_form(model_id):
    model = ln.load_model(model_id)
    plain = stored_weights(model, "bf16").checkpoint_bytes
    assert plain == 2 * sum(tensor.n_params for tensor in tensors_of(model))
    for form, least, most in (
        ("fp8", 0.4, 1),
        ("awq", 0.2, 1),
        ("Q4_K_M", 0.2, 1),
        ("IQ2_XS", 0.1, 1),
        ("mlx-4", 0.2, 1),
    ):
        assert least * plain < stored_weights(model, form).checkpoint_bytes < most * plain, form


@pytest.mark.parametrize("case", [case for case in KNOWN if case["id"] in SAVED], ids=lambda case: case["id"])
def test_matrices_have_the_names_and_shapes_that_the_reference_saves(case):
    if case["family"] in OWN_NAMES:
        pytest.skip(OWN_NAMES[case["family"]])  # each family says why its names are its own
    ours: dict[str, int] = {}
    for tensor in decoder_tensors(MODELS[case["id"]]):
        if tensor.role != "rest":
            for key, count in named(tensor).items():
                ours[key] = ours.get(key, 0) + count
    theirs: dict[str, int] = {}
    for key, count in SAVED[case["id"]]["matrices"].items():
        name, shape = key.split(" ")
        if not SMALL.search(name):
            ordered = f"{name} {'x'.join(sorted(shape.split('x'), key=int))}"
            theirs[ordered] = theirs.get(ordered, 0) + count
    assert ours == theirs


def test_every_kind_of_block_has_a_rule_that_leaves_vectors_alone():
    """What is left of a block beside its matrices is under a percent of wide models: norms, biases, convolutions."""
    for model_id in ("llama-3.1-8b", "deepseek-v3", "qwen3.5-27b", "kimi-linear-48b-a3b", "nemotron-3-nano-30b-a3b"):
        if model_id not in ln.model_ids():
            continue
        tensors = tensors_of(ln.load_model(model_id))
        rest = sum(tensor.n_params for tensor in tensors if tensor.role == "rest")
        assert rest < 0.005 * sum(tensor.n_params for tensor in tensors), model_id


def test_matrices_never_hold_more_than_their_block():
    for model in MODELS.values():
        for run in model.census:
            for block in run.layer.blocks:
                sums: dict[str, int] = {}
                for matrix in matrices_of(block):
                    assert isinstance(matrix, Matrix)
                    sums[matrix.component] = sums.get(matrix.component, 0) + matrix.n_params
                for component, count in sums.items():
                    assert count <= block.params()[component], type(block).__name__


@pytest.mark.parametrize("file", STORED["checkpoints"], ids=lambda file: file["id"])
def test_bytes_of_published_checkpoints(file):
    model = ln.from_config(file["config"]) if "config" in file else ln.load_model(file["registry"])
    stored = stored_weights(model)
    assert stored.stated or file.get("assumed")
    assert stored.checkpoint_bytes == pytest.approx(file["bytes"], rel=file.get("within", 0), abs=0)


def test_a_draft_head_holds_what_its_file_holds():
    # SpecForge's head for Llama 3.1 8B borrows the token table: 424,689,664 numbers in the file (its modelling code).
    config = {
        "architectures": ["LlamaForCausalLMEagle3"],
        "model_type": "llama",
        "hidden_size": 4096,
        "intermediate_size": 14_336,
        "num_hidden_layers": 1,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "vocab_size": 128_256,
        "draft_vocab_size": 32_000,
        "max_position_embeddings": 2048,
        "tie_word_embeddings": False,
        "torch_dtype": "float16",
    }
    assert stored_weights(ln.from_config(config)).checkpoint_bytes == 2 * 424_689_664


@pytest.mark.parametrize("file", STORED["gguf"], ids=lambda file: f"{file['model']}-{file['mix']}")
def test_bytes_of_published_gguf_files(file):
    stored = stored_weights(ln.load_model(file["model"]), file["mix"])
    assert stored.checkpoint_bytes / 2**30 == pytest.approx(file["gib"], abs=0.006)
    if "bits" in file:
        assert stored.bits_per_param == pytest.approx(file["bits"], abs=0.005)


@pytest.mark.parametrize(("mix", "bits"), STORED["mixes_of_llama_3_1_8b"]["bits"].items())
def test_bits_of_every_mix_are_those_that_llama_cpp_prints(mix, bits):
    assert stored_weights(ln.load_model("llama-3.1-8b"), mix).bits_per_param == pytest.approx(bits, abs=0.0001)


def deepseek_scales(model_id: str) -> int:
    model = ln.load_model(model_id)
    stated = read_stated(model.stated, model_id)
    scales = 0
    for tensor in tensors_of(model):
        form = stated.pick(tensor, (tensor.name.replace("{e}", "0"),))
        if form is not None:
            scales += form.n_groups(*tensor.shape) * tensor.n_experts * len(tensor.layers)
    return scales


@pytest.mark.parametrize(("model_id", "n_scales"), [("deepseek-r1", 41_540_496), ("deepseek-v3.2", 41_591_584)])
def test_scales_of_deepseek_are_those_of_its_files(model_id, n_scales):
    # Registry: "… scales of 8-bit blocks", what the published files hold beyond parameters.
    assert f"{n_scales:,} scales" in (ln.registry.find(model_id).n_params_weights_note or "")
    assert deepseek_scales(model_id) == n_scales


def test_experts_of_deepseek_v4_flash_are_stored_in_four_bits():
    # 43 layers of 256 records of 13,369,344 bytes (read in the headers of deepseek-ai/DeepSeek-V4-Flash, 2026-11-30).
    stored = stored_weights(ln.load_model("deepseek-v4-flash"))
    experts = sum(group.n_bytes for group in stored.groups if group.component == "experts_routed")
    assert experts == 43 * 256 * 13_369_344
    # The other matrices are blocks of 128 by 128 with a scale of one byte (UE8M0) each.
    down = next(group for group in stored.groups if group.name == "layers.*.attn.wq_a")
    assert down.n_bytes == 43 * (1024 * 4096 + 8 * 32)


SHAPE = {
    "model_type": "llama",
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 4,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "head_dim": 128,
    "vocab_size": 32_000,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
}
ATTENTION = 2 * 1024 * 1024 + 2 * 256 * 1024
MLP = 3 * 1024 * 4096
KEPT = 2 * (2 * 32_000 * 1024 + 9 * 1024)


def tiny(quantization: dict) -> float:
    return stored_weights(ln.from_config({**SHAPE, "quantization_config": quantization})).checkpoint_bytes


@pytest.mark.parametrize(
    ("quantization", "extra"),
    [
        # Two float32 scales a matrix, 7 matrices a layer.
        (
            {"quant_method": "modelopt", "quant_algo": "FP8", "ignore": ["lm_head"]},
            4 * (ATTENTION + MLP + 7 * 8),
        ),
        # Attention of layer 0 in 16 bits, by a wildcard.
        (
            {
                "quant_method": "modelopt",
                "quant_algo": "FP8",
                "exclude_modules": ["lm_head", "model.layers.0.self_attn*"],
            },
            4 * (MLP + 3 * 8) + 3 * (ATTENTION + 4 * 8) + 2 * ATTENTION,
        ),
        # 4 bits, an 8-bit scale for each 16, two float32 a matrix.
        (
            {"quant_method": "modelopt", "quant_algo": "NVFP4", "ignore": ["lm_head"]},
            4 * ((ATTENTION + MLP) * 9 / 16 + 7 * 8),
        ),
        # One for each module, nothing else.
        (
            {
                "quant_method": "modelopt",
                "quant_algo": "MIXED_PRECISION",
                "quantized_layers": {"model.layers.1.mlp.up_proj": {"quant_algo": "FP8"}},
            },
            2 * (4 * (ATTENTION + MLP) - 1024 * 4096) + 1024 * 4096 + 8,
        ),
        # A scale for each row, bfloat16.
        (
            {
                "quant_method": "compressed-tensors",
                "format": "float-quantized",
                "ignore": ["lm_head", "re:.*self_attn.*"],
                "config_groups": {
                    "group_0": {
                        "targets": ["Linear"],
                        "weights": {"num_bits": 8, "type": "float", "strategy": "channel"},
                    }
                },
            },
            4 * (2 * ATTENTION + MLP + 2 * (4096 + 4096 + 1024)),
        ),
        # Words of 32 bits, a bfloat16 scale for each 32, two 64-bit numbers of shape.
        (
            {
                "quant_method": "compressed-tensors",
                "format": "pack-quantized",
                "ignore": ["lm_head"],
                "config_groups": {
                    "group_0": {
                        "targets": ["Linear"],
                        "weights": {"num_bits": 4, "type": "int", "strategy": "group", "group_size": 32},
                    }
                },
            },
            4 * ((ATTENTION + MLP) * (0.5 + 2 / 32) + 7 * 16),
        ),
        # A float16 scale and a 4-bit zero point for each 128; for GPTQ a 32-bit group number for each input too.
        ({"quant_method": "awq", "bits": 4, "group_size": 128}, 4 * (ATTENTION + MLP) * (4 + 20 / 128) / 8),
        (
            {"quant_method": "gptq", "bits": 4, "group_size": 128, "desc_act": True},
            4 * ((ATTENTION + MLP) * (4 + 20 / 128) / 8 + 4 * (6 * 1024 + 4096)),
        ),
        # AutoGPTQ up to 0.7.1 packs a float16 zero for each output; where its later code says which format, none.
        (
            {"quant_method": "gptq", "bits": 4, "group_size": 128, "model_file_base_name": "model"},
            4 * ((ATTENTION + MLP) * (4 + 20 / 128) / 8 + 4 * (6 * 1024 + 4096) + 2 * (3 * 1024 + 2 * 256 + 2 * 4096)),
        ),
        (
            {"quant_method": "gptq", "bits": 4, "model_file_base_name": None, "checkpoint_format": "gptq"},
            4 * ((ATTENTION + MLP) * (4 + 20 / 128) / 8 + 4 * (6 * 1024 + 4096)),
        ),
        # Blocks of 64 with 8-bit scales, a float32 for each 256 of those; tables of 16 and 256 float32.
        (
            {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": True},
            4 * ((ATTENTION + MLP) * (0.5 + (1 + 4 / 256) / 64) + 7 * 4 * 272),
        ),
        (
            {"quant_method": "fbgemm_fp8", "modules_to_not_convert": ["lm_head"]},
            4 * (ATTENTION + MLP + 4 * (2 * 1024 + 2 * 256 + 2 * 4096 + 1024)),
        ),
        (
            {"quant_method": "quark", "exclude": ["lm_head"], "global_quant_config": {"weight": {"dtype": "fp4"}}},
            4 * (ATTENTION + MLP) * 4.25 / 8,
        ),
        # AutoRound: packed as AWQ packs; attention of all layers as it was, one matrix in 8 bits (vLLM auto_round.py).
        (
            {
                "quant_method": "auto-round",
                "packing_format": "auto_round:auto_awq",
                "bits": 4,
                "group_size": 128,
                "extra_config": {
                    ".*self_attn.*": {"bits": 16, "data_type": "fp"},
                    "model.layers.2.mlp.up_proj": {"bits": 8},
                },
            },
            4 * (2 * ATTENTION + MLP * (4 + 20 / 128) / 8) + 1024 * 4096 * (4 + 4 / 128) / 8,
        ),
        # The same tool's floats: 4 bits, with an 8-bit power of two for each 32.
        (
            {"quant_method": "auto-round", "data_type": "mx_fp", "bits": 4, "group_size": 32},
            4 * (ATTENTION + MLP) * 4.25 / 8,
        ),
        # HQQ with settings by the last two names: what has none stays (transformers quantizer_hqq.py, module_tag).
        (
            {
                "quant_method": "hqq",
                "quant_config": {"mlp.up_proj": {"weight_quant_params": {"nbits": 2, "group_size": 16}}},
            },
            4 * (2 * (ATTENTION + MLP) - 2 * 1024 * 4096 + 1024 * 4096 * (2 + 32 / 16) / 8),
        ),
    ],
)
def test_each_dialect_counts_scales_and_exclusions(quantization, extra):
    assert tiny(quantization) == pytest.approx(KEPT + extra, abs=0.01)


@pytest.mark.parametrize("n_bytes", [1, 2])
def test_two_of_four_numbers_are_stored_with_a_mask(n_bytes):
    """Brute force: every matrix is halved and its mask packed as compressed-tensors' Sparse24BitMaskCompressor does."""
    numpy = pytest.importorskip("numpy")
    draw, stored = numpy.random.default_rng(1), 0
    for matrix in linear_tensors():
        rows, columns = matrix.shape
        few = draw.random((8, columns))  # eight of the rows; all are alike
        mask = numpy.argsort(numpy.argsort(-few.reshape(-1, 4), axis=1), axis=1).reshape(few.shape) < 2
        values, packed = few[mask].reshape(8, columns // 2), numpy.packbits(mask, axis=-1)
        shape = numpy.array(few.shape)
        stored += 4 * ((values.size * n_bytes + packed.nbytes) * rows // 8 + shape.nbytes)
    eight = {"group_0": {"targets": ["Linear"], "weights": {"num_bits": 8, "type": "float", "strategy": "channel"}}}
    scales = 4 * 2 * (2 * 1024 + 2 * 256 + 2 * 4096 + 1024) if n_bytes == 1 else 0
    found = tiny(
        {
            "quant_method": "compressed-tensors",
            "format": "float-quantized",
            "sparsity_config": {"format": "sparse-24-bitmask", "ignore": ["lm_head"]},
            "config_groups": eight if n_bytes == 1 else {},
            "ignore": ["lm_head"],
        }
    )
    assert found == KEPT + stored + scales


def test_a_layer_with_a_bias_of_its_own_gets_none_of_zeros():
    """AutoGPTQ v0.7.1, QuantLinear.pack: the model's bias takes the place of the zeros."""
    old = {"quant_method": "gptq", "bits": 4, "model_file_base_name": "model"}
    new = old | {"checkpoint_format": "gptq"}
    models = [
        ln.from_config(SHAPE | {"attention_bias": True, "mlp_bias": True, "quantization_config": keys})
        for keys in (old, new)
    ]
    assert stored_weights(models[0]).checkpoint_bytes == stored_weights(models[1]).checkpoint_bytes


def test_what_a_sparse_file_has_left_is_not_guessed():
    with pytest.raises(ln.ConfigError, match="how many numbers are left"):
        tiny({"quant_method": "compressed-tensors", "sparsity_config": {"format": "sparse-bitmask"}})


def test_codebooks_and_trellises_count_what_stands_beside_them():
    """Bytes by the formats' own papers and code: see the module `codebooks`."""
    linear, head = 4 * (ATTENTION + MLP), 32_000 * 1024
    quarter = {"quant_method": "exl2", "bits": 4.25, "head_bits": 6}
    assert tiny(quarter) == pytest.approx(KEPT - 2 * head + linear * 4.25 / 8 + head * 6 / 8)
    # ExLlamaV3: two float16 for every input and output of each matrix, and 32 bits of settings.
    trellis = tiny({"quant_method": "exl3", "bits": 4, "head_bits": 8})
    sides = sum(m.shape[0] + m.shape[1] for m in linear_tensors()) * 4 + 32_000 + 1024
    assert trellis == pytest.approx(KEPT - 2 * head + linear / 2 + head + 2 * sides + (7 * 4 + 1) * 4)
    # VPTQ: 16 bits pick one of 65,536 vectors of 8; a scale, an offset and a place for every input.
    one = {"vector_lens": [-1, 8], "num_centroids": [-1, 65_536], "num_res_centroids": [-1, -1], "group_num": 1}
    only = {"quant_method": "vptq", "config_for_layers": {f"model.layers.{i}.mlp.up_proj": one for i in range(4)}}
    up = next(m for m in linear_tensors() if m.name.endswith("up_proj"))
    rows, columns = up.shape
    saved = tiny({"quant_method": "vptq", "config_for_layers": {"model.layers.9.x": one}}) - tiny(only)
    assert saved == 4 * (rows * columns * (2 - 2 / 8) - columns * 6 - 65_536 * 8 * 2)


def linear_tensors() -> list[Tensor]:
    return [t for t in tensors_of(ln.from_config(SHAPE)) if t.is_matrix and t.role not in ("output", "token_embd")]


def test_mlx_takes_the_tables_too_and_obeys_single_modules():
    plain = stored_weights(ln.from_config({**SHAPE, "quantization": {"group_size": 64, "bits": 4}}))
    assert plain.checkpoint_bytes == (4 * (ATTENTION + MLP) + 2 * 32_000 * 1024) * 4.5 / 8 + 2 * 9 * 1024
    own = {"group_size": 64, "bits": 4, "lm_head": {"group_size": 64, "bits": 8}, "model.embed_tokens": False}
    mixed = stored_weights(ln.from_config({**SHAPE, "quantization": own}))
    table = 32_000 * 1024
    assert mixed.checkpoint_bytes - plain.checkpoint_bytes == table * (8.5 + 16 - 2 * 4.5) / 8


def test_mlx_leaves_prediction_modules_out_of_its_files():
    """Arp1tMoga/fast_qwen, a Qwen3.5 27B: its index names no tensor of them, and all of mlx-lm's models drop them."""
    config: dict = {"model_type": "qwen3_5_text", "num_hidden_layers": 8, "mtp_num_hidden_layers": 1}
    published, converted = ln.from_config(config), ln.from_config(config | {"quantization": {"bits": 4}})
    assert [part.name for part in published.parts] == ["mtp"]
    assert converted.parts == ()
    assert any("MLX" in said for said in converted.warnings)


def test_mlx_leaves_a_router_that_is_no_layer_of_its():
    """delsakov/mcp_tests, a Mistral Small 4 without its tower: `total_size` of its index."""
    shape = {"model_type": "mistral4", "hidden_size": 4096, "intermediate_size": 12_288, "num_hidden_layers": 36}
    shape |= {"num_attention_heads": 32, "q_lora_rank": 1024, "kv_lora_rank": 256, "v_head_dim": 128}
    shape |= {"qk_nope_head_dim": 64, "qk_rope_head_dim": 64, "moe_intermediate_size": 2048, "n_routed_experts": 128}
    shape |= {"n_shared_experts": 1, "num_experts_per_tok": 4, "first_k_dense_replace": 0, "vocab_size": 131_072}
    model = ln.from_config(shape | {"tie_word_embeddings": False, "quantization": {"group_size": 64, "bits": 4}})
    assert stored_weights(model).checkpoint_bytes == stored_weights(model, "mlx-4").checkpoint_bytes == 66_949_842_944


@pytest.mark.parametrize("method", READERS)
def test_each_dialect_answers_or_refuses_in_one_line(method):
    for more in (
        {},
        {"bits": -3},
        {"group_size": "x"},
        {"config_groups": 5},
        {"ignore": 7},
        {"weight_block_size": [0]},
    ):
        told = ""
        try:
            assert tiny({"quant_method": method, **more}) > 0
        except ConfigError as error:
            told = str(error)
        assert "\n" not in told
        assert not told or "quantization_config" in told


def test_an_unknown_dialect_is_named_with_what_is_known():
    with pytest.raises(ConfigError, match=r"quant_method is 'qoq': this form is not known; known: aqlm, .*--weights"):
        tiny({"quant_method": "qoq"})


def test_what_does_not_rest_on_the_weights_is_told_all_the_same(capsys, tmp_path):
    file = tmp_path / "config.json"
    config = {**SHAPE, "max_position_embeddings": 1024, "quantization_config": {"quant_method": "qoq"}}
    file.write_text(json.dumps(config))
    for verb in ("params", "kv", "flops", "show"):
        assert main([verb, str(file), "--json"]) == 0
        facts = json.loads(capsys.readouterr().out)
    assert "qoq" in facts["weights_unknown"][0]
    assert main(["fit", str(file), "--memory", "24GiB"]) == 2
    assert "qoq" in capsys.readouterr().err
    assert main(["fit", str(file), "--memory", "24GiB", "--weights", "awq"]) == 0


def test_a_regular_expression_that_is_none_is_one_line():
    with pytest.raises(ConfigError, match=r"ignore: .* is not a regular expression"):
        tiny({"quant_method": "compressed-tensors", "config_groups": {}, "ignore": ["re:("]})


@pytest.mark.parametrize("pattern", ["re:(.*)*x", "re:(a+)+$", "re:" + ".*a" * 9])
def test_an_expression_that_may_take_for_ever_is_refused(pattern):
    with pytest.raises(ConfigError, match="repeats what repeats"):
        tiny({"quant_method": "compressed-tensors", "config_groups": {}, "ignore": [pattern]})


def test_patterns_mean_whole_parts_of_names():
    some = Modules(["lm_head", "gate", "model.layers.1", "re:.*q_proj"])
    assert "model.layers.1.mlp.up_proj" in some
    assert "model.layers.11.mlp.up_proj" not in some
    assert "model.language_model.layers.11.self_attn.q_proj" in some
    assert "model.layers.11.mlp.gate_proj" not in some
    assert "model.layers.11.mlp.gate" in Modules(["*.gate"])


@pytest.mark.parametrize("form", known_forms())
def test_every_form_is_between_one_and_thirty_two_bits_and_names_its_types(form):
    for model_id in ("llama-3.1-8b", "gpt-oss-20b", "deepseek-v2-lite"):
        stored = stored_weights(ln.load_model(model_id), form)
        assert 1 < stored.bits_per_param <= 32
        beside = stored.parts
        decoder = sum(group.n_params for group in stored.groups if group.component not in beside)
        assert decoder == ln.count_params(ln.load_model(model_id)).total


def test_larger_mixes_of_one_base_take_more_bytes():
    model = ln.load_model("llama-3.1-8b")
    order = ("IQ1_S", "IQ2_XXS", "IQ2_M", "Q2_K", "Q3_K_S", "Q3_K_M", "Q3_K_L", "Q4_K_S", "Q4_K_M", "Q5_K_S", "Q5_K_M")
    sizes = [stored_weights(model, mix).checkpoint_bytes for mix in (*order, "Q6_K", "Q8_0")]
    assert sizes == sorted(sizes)
    assert set(order) <= set(BASE)


def test_a_row_that_is_no_multiple_of_the_block_falls_back():
    narrow = {**SHAPE, "hidden_size": 1056, "intermediate_size": 4096}  # 1,056 is a multiple of 32 and not of 256
    types = {group.name: group.form for group in stored_weights(ln.from_config(narrow), "Q4_K_S").groups}
    assert types["model.layers.*.self_attn.k_proj"] == "Q5_0"
    assert types["model.embed_tokens"] == "Q5_0"
    assert types["lm_head"] == "Q8_0"


def test_names_of_cache_types_mean_the_same_bits_everywhere():
    assert {name: bits for name, bits in BITS.items() if name in kvtypes.BITS} == kvtypes.BITS


@pytest.mark.parametrize(
    ("model_id", "options", "n_bytes"),
    [
        # Published logs: llama.cpp (ik_llama.cpp issue 296), unsloth pull request 9525, vllm issue 47716.
        ("deepseek-v3", ("--tokens", "32768", "--kv", "q8_0"), 1166.625 * 2**20),
        ("llama-3.1-8b", ("--tokens", "131072", "--kv", "q8_0"), 8.5 * 2**30),
        ("deepseek-v3", ("--tokens", "1000", "--kv", "fp8_ds_mla"), 1000 * 61 * 656),
        ("deepseek-v3.2", ("--tokens", "1000", "--kv", "fp8_ds_mla"), 1000 * 61 * (656 + 132)),
        ("llama-3.1-8b", ("--tokens", "8192", "--kv-k", "q4_0", "--kv-v", "f16"), 8192 * 32 * 8 * 128 * 20.5 / 8),
        ("llama-3.1-8b", ("--tokens", "8192", "--kv-bits", "q8_0"), 8192 * 32 * 8 * 256 * 8.5 / 8),
    ],
)
def test_caches_by_the_name_of_their_form(capsys, model_id, options, n_bytes):
    assert main(["kv", model_id, "--json", *options]) == 0
    assert json.loads(capsys.readouterr().out)["ideal_bytes"] == pytest.approx(n_bytes, abs=1)


def test_the_checkpoint_says_how_its_cache_is_kept(capsys, tmp_path):
    file = tmp_path / "config.json"
    quantization = {"quant_method": "modelopt", "quant_algo": "FP8", "kv_cache_quant_algo": "FP8"}
    file.write_text(json.dumps({**SHAPE, "max_position_embeddings": 1024, "quantization_config": quantization}))
    assert main(["kv", str(file), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["kv"], facts["kv_stated"], facts["kv_bits"]) == ("fp8", True, 8)
    assert main(["kv", str(file), "--json", "--kv", "f16"]) == 0
    assert json.loads(capsys.readouterr().out)["kv_bits"] == 16


def test_fit_takes_the_checkpoints_own_form_and_says_so(capsys):
    file = "gpt-oss-120b"
    assert main(["fit", file, "--chip", "h100-sxm-80gb", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    # It runs on one H100 (vllm issue 23278: 65.97 GiB loaded there).
    assert facts["ideal"]["fewest_chips"] == 1
    assert facts["weight_bytes"] == 65_248_815_744
    assert facts["weights"]["form"] == "mxfp4"
    assert main(["fit", file, "--chip", "h100-sxm-80gb"]) == 0
    assert "mxfp4, its own file" in capsys.readouterr().out
    assert main(["fit", file, "--chip", "h100-sxm-80gb", "--weight-bits", "16", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ideal"]["fewest_chips"] == 4


def test_weights_answers_in_the_documented_keys(capsys):
    assert main(["weights", "llama-3.1-8b", "--weights", "Q4_K_M", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert {"checkpoint_bytes", "groups", "form"} <= set(facts)
    assert {"name", "params", "type", "bytes"} <= set(facts["groups"][0])
    assert sum(group["bytes"] for group in facts["groups"]) == facts["checkpoint_bytes"]
    assert sum(group["params"] for group in facts["groups"]) == 8_030_261_248


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("weights llama-3.1-8b --weights q4_km", "closest: q4_k_m"),
        ("weights llama-3.1-8b --weights UD-Q4_K_XL", "follows no rule"),
        ("kv llama-3.1-8b --kv q4", "write one of f32, f16"),
        ("kv llama-3.1-8b --kv q4_0 --kv-bits 8", "--kv and --kv-bits both"),
        ("kv llama-3.1-8b --kv q4_0 --kv-k q8_0", "give it, or --kv-k and --kv-v"),
        ("kv llama-3.1-8b --kv fp8_ds_mla", "does not have; try --kv fp8"),
        ("kv deepseek-v3 --kv-k fp8_ds_mla --kv-v f16", "as one"),
        ("fit llama-3.1-8b --memory 24GiB --weights awq --weight-bits 4", "--weights and --weight-bits both"),
    ],
)
def test_what_cannot_be_meant_is_one_line(capsys, line, words):
    assert main(line.split()) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert words in told


def test_forms_of_one_matrix():
    assert formats.fp8_block().n_bytes(300, 300) == 300 * 300 + 9 * 4  # three squares a side, the last not full
    assert formats.packed_int(4, 32).n_bytes(8, 60) == 8 * 32 + 8 * 2 * 2 + 16  # 60 numbers fill eight words
    assert formats.mlx(4).fits(8, 100) is False
