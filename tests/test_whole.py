"""What stands beside a text model equals what another implementation instantiates and what published files hold."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import llmnotes as ln
from llmnotes import registry
from llmnotes.cli import main
from llmnotes.config.keys import Keys
from llmnotes.config.parts.inputs import inputs
from llmnotes.config.parts.wrappers import WRAPPERS, beside
from llmnotes.wording.sentences import spoken

MEASURED = json.loads((Path(__file__).parent / "data" / "towers.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in MEASURED])
def test_towers_and_projectors_equal_the_measured_ones(case):
    text = Keys(case["config"]["text_config"], "text")
    found: dict[str, int] = {}
    for part in beside(case["config"], case["id"], text, case["d_text"]).parts:
        found[part.name] = found.get(part.name, 0) + part.n_params
    assert {name: count for name, count in found.items() if count} == case["parts"]


def test_every_family_that_is_read_was_measured():
    measured = {case["config"]["model_type"] for case in MEASURED}
    # Read by another family's rules, from published remote code, or refused by the reference without its extras.
    unmeasured = {
        *(
            "internvl_chat",
            "ernie4_5_moe_vl",
            "kimi_vl",
            "ministral3",
            "phi4_multimodal",
            "janus",
            "dots_ocr",
            "glmasr_own",
            "glmga",
            "shieldgemma2",
        ),
        *("qwen2_5_omni", "qwen3_omni_moe", "gemma3n", "kimi_k3", "molmo", "qwen"),
        *(
            "DeepseekOCR",
            "DeepseekOCR2",
            "locateanything",
            "minicpmo",
            "minicpmv",
            "llavaonevision1_5",
            "videollama3_qwen2",
        ),
    }
    assert set(WRAPPERS) == measured | unmeasured


@pytest.mark.parametrize(("d_text", "total"), [(32, 976_056_160), (96, 976_285_536)])
def test_gemma_3n_holds_what_transformers_with_timm_instantiates(d_text, total):
    # Measured once on transformers 5.24.0 with timm: the whole model less its text model, two widths of the latter.
    towers = {"vision_config": {"model_type": "gemma3n_vision"}, "audio_config": {"model_type": "gemma3n_audio"}}
    found = beside({"model_type": "gemma3n", **towers}, "gemma3n", Keys({}, "text"), d_text)
    assert sum(part.n_params for part in found.parts) == total


def test_minicpm_o_holds_whispers_encoder_and_two_layers_behind_it():
    """Its page says SigLip-400M and Whisper-medium-300M: 307,216,384 in the WhisperEncoder of transformers 5.24.0;
    and the two layers are 3584 by 1024 and 3584 by 3584 with biases, as checkpoints name their shapes."""
    shape = {"version": "2.6", "hidden_size": 3584, "intermediate_size": 18_944, "num_hidden_layers": 28}
    shape |= {"num_attention_heads": 28, "num_key_value_heads": 4, "vocab_size": 151_700, "query_num": 64}
    heard = {"d_model": 1024, "encoder_layers": 24, "encoder_attention_heads": 16, "encoder_ffn_dim": 4096}
    heard |= {"num_mel_bins": 80, "max_source_positions": 1500}
    seen = ln.count_params(ln.from_config(shape | {"model_type": "minicpmv"})).parts
    both = ln.count_params(ln.from_config(shape | {"model_type": "minicpmo", "audio_config": heard})).parts
    assert both["audio_tower"] == 307_216_384
    assert both["vision_tower"] == seen["vision_tower"]
    assert both["projector"] - seen["projector"] == 1024 * 3584 + 3584 + 3584 * 3584 + 3584
    deaf = ln.from_config(shape | {"model_type": "minicpmo"})
    assert ln.count_params(deaf).parts == seen
    assert "audio_config is absent; the audio tower is not counted" in deaf.warnings


def test_what_stands_beside_under_a_name_of_its_own_is_said_where_it_is_not_counted():
    """VibeVoice ASR (its class in transformers 5.24.0): two encoders of sound that no `audio_config` describes."""
    sound = {"model_type": "vibevoice_acoustic_tokenizer_encoder", "hidden_size": 64}
    model = ln.from_config(
        {"model_type": "vibevoice_asr", "text_config": {"model_type": "qwen2"}}
        | {"acoustic_tokenizer_encoder_config": sound, "semantic_tokenizer_encoder_config": sound}
    )
    said = [one for one in model.warnings if one.endswith("is not understood; its parameters are not counted")]
    assert [one.split()[0] for one in said] == [
        "acoustic_tokenizer_encoder_config",
        "semantic_tokenizer_encoder_config",
    ]
    assert not any("not counted" in spoken(one, "zh") for one in said)


def also_stored(entry, what: str) -> int:
    """A number of the registry's note about what the published weight files hold beside the model."""
    found = re.search(rf"([\d,]+) of (?:the|a second copy of its) {what}", entry.n_params_weights_note or "")
    return int(found[1].replace(",", "")) if found else 0


@pytest.mark.parametrize("model_id", [name for name in registry.model_ids() if registry.find(name).n_params_weights])
def test_prediction_modules_equal_what_published_files_hold(model_id):
    entry = registry.find(model_id)
    parts = ln.count_params(entry.spec).parts
    if "mtp" in parts:
        assert parts["mtp"] == also_stored(entry, "multi-token prediction module")
        assert parts.get("mtp_copies", 0) == also_stored(entry, "table and head")
    elif "num_mtp_modules" in entry.config:
        assert also_stored(entry, "multi-token prediction module") == 0


# Vision configurations as published, and the parameters that the published files hold for them (registry, of the file).
PUBLISHED = {
    "gemma-3-4b": {
        "model_type": "gemma3",
        "vision_config": {
            "hidden_size": 1152,
            "image_size": 896,
            "intermediate_size": 4304,
            "model_type": "siglip_vision_model",
            "num_attention_heads": 16,
            "num_hidden_layers": 27,
            "patch_size": 14,
            "vision_use_head": False,
        },
    },
    "qwen3.5-27b": {
        "model_type": "qwen3_5",
        "vision_config": {
            "deepstack_visual_indexes": [],
            "depth": 27,
            "hidden_size": 1152,
            "in_channels": 3,
            "intermediate_size": 4304,
            "model_type": "qwen3_5",
            "num_heads": 16,
            "num_position_embeddings": 2304,
            "out_hidden_size": 5120,
            "patch_size": 16,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
        },
    },
}


@pytest.mark.parametrize("model_id", PUBLISHED)
def test_image_encoders_equal_what_published_files_hold(model_id):
    entry = registry.find(model_id)
    found = beside(PUBLISHED[model_id], model_id, Keys({}, "text"), entry.spec.d_model)
    assert sum(part.n_params for part in found.parts) == also_stored(entry, "image encoder")


def test_deepseek_v3_is_671_billion_and_its_file_684():
    counted = ln.count_params(ln.load_model("deepseek-v3"))
    assert (counted.total, counted.whole) == (671_026_404_352, 671_026_404_352)
    entry = registry.find("deepseek-v3")
    scales_and_biases = 41_540_496 + 15_104
    assert counted.checkpoint + scales_and_biases == entry.n_params_weights


def test_what_stands_beside_is_said_with_its_size_in_both_languages():
    model = ln.from_config(PUBLISHED["gemma-3-4b"] | {"text_config": {"model_type": "gemma3_text"}})
    sizes = [said for said in model.warnings if said.startswith("beside the text model")]
    assert len(sizes) == 2
    assert "416,866,032" in sizes[0]
    for said in model.warnings:
        assert re.search("[\u4e00-\u9fff]", spoken(said, "zh")), said


@pytest.mark.parametrize(
    ("vision", "named"),
    [
        ({"hidden_size": "7"}, "hidden_size"),
        ({"num_hidden_layers": 10**9}, "num_hidden_layers"),
        ({"patch_size": [1, 2, 3]}, "patch_size"),
        ({"patch_size": 0}, "patch_size"),
        ({"image_size": -1}, "image_size"),
    ],
)
def test_an_impossible_tower_is_named_and_hides_no_decoder(vision, named):
    config = PUBLISHED["gemma-3-4b"] | {"text_config": {"model_type": "gemma3_text"}}
    config["vision_config"] = config["vision_config"] | vision
    model = ln.from_config(config)
    assert ln.count_params(model).parts == {}
    (said,) = [said for said in model.warnings if said.startswith("its other parts are not counted")]
    assert named in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("vision", "said"), [({}, "vision_config is empty"), ("absent", "vision_config is absent"), (None, "")]
)
def test_a_tower_without_sizes_is_named_and_one_that_is_null_is_none(vision, said):
    """Text-only copies of multimodal models are published with null; what is empty or left out stands for a tower."""
    text = {"model_type": "qwen3_vl_text", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    text |= {"intermediate_size": 128, "vocab_size": 100, "num_key_value_heads": 1, "head_dim": 32}
    config = {"model_type": "qwen3_vl", "text_config": text, "vision_config": vision}
    if vision == "absent":
        del config["vision_config"]
    told = [warning for warning in ln.from_config(config).warnings if "vision_config" in warning]
    assert [warning.split(";")[0] for warning in told] == ([said] if said else [])


def test_a_tower_that_is_not_known_is_named_and_not_counted():
    config = PUBLISHED["gemma-3-4b"] | {"model_type": "llava", "text_config": {"model_type": "llama"}}
    config["vision_config"] = {"model_type": "no_such_tower", "hidden_size": 8}
    model = ln.from_config(config)
    assert ln.count_params(model).whole == ln.count_params(model).total
    assert any("no_such_tower" in said for said in model.warnings)


# What the families' own processors give (transformers 5.24.0), and what their papers and model cards say.
TOKENS = [
    ({"model_type": "llava", "vision_config": {"image_size": 336, "patch_size": 14}}, {"image": 576}),
    ({"model_type": "gemma3", "vision_config": {"model_type": "siglip_vision_model"}}, {"image": 256}),
    ({"model_type": "qwen2_vl", "vision_config": {"patch_size": 14}}, {"image": 37 * 37}),
    ({"model_type": "qwen3_vl", "vision_config": {"patch_size": 16}}, {"image": 32 * 32}),
    ({"model_type": "internvl", "vision_config": {"image_size": [448, 448], "patch_size": [14, 14]}}, {"tile": 256}),
    (
        {"model_type": "smolvlm", "scale_factor": 4, "vision_config": {"image_size": 512, "patch_size": 16}},
        {"tile": 64},
    ),
    ({"model_type": "llama4", "vision_config": {"image_size": 336, "patch_size": 14}}, {"tile": 144}),
    ({"model_type": "mistral3", "vision_config": {"image_size": 1540, "patch_size": 14}}, {"image": 37 * 38}),
    ({"model_type": "voxtral", "audio_config": {}}, {"second": 12.5}),
    ({"model_type": "qwen2_audio", "audio_config": {}}, {"second": 25}),
    ({"model_type": "gemma3n", "audio_config": {"hidden_size": 1536}}, {"second": 6.25}),
    ({"model_type": "qwen3_omni_moe", "thinker_config": {"audio_config": {"d_model": 1280}}}, {"second": 13}),
    ({"model_type": "qwen2_vl", "vision_config": {"patch_size": "x"}}, {}),
    ({"model_type": "bert"}, {}),
]


@pytest.mark.parametrize(("config", "expected"), TOKENS)
def test_an_image_or_a_second_takes_what_the_model_s_own_rule_gives(config, expected):
    assert {one.name: one.tokens for one in inputs(config)} == expected


def test_no_image_is_smaller_than_a_pixel():
    with pytest.raises(ValueError, match="pixel"):
        inputs({"model_type": "llava"}, height=0)


SO400M = {
    "model_type": "siglip_vision_model",
    "hidden_size": 1152,
    "image_size": 896,
    "intermediate_size": 4304,
    "num_attention_heads": 16,
    "num_hidden_layers": 27,
    "patch_size": 14,
    "vision_use_head": False,
}
PIXTRAL = {"model_type": "pixtral", "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24}
PIXTRAL |= {"num_attention_heads": 16, "head_dim": 64, "image_size": 1540, "patch_size": 14}
LLAMA4 = {"model_type": "llama4_vision_model", "hidden_size": 1408, "intermediate_size": 5632, "num_hidden_layers": 34}
LLAMA4 |= {"image_size": 336, "patch_size": 14, "projector_input_dim": 4096, "projector_output_dim": 4096}
LLAMA4 |= {"vision_output_dim": 4096}
QWEN35 = {"depth": 27, "hidden_size": 1152, "intermediate_size": 4304, "num_heads": 16, "num_position_embeddings": 2304}
QWEN35 |= {"patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2}
# Text models of the registry within their published wrappers: family, vision configuration, what the text model lacks.
WHOLE = {
    "gemma-3-4b": ("gemma3", SO400M, {"vocab_size": 262_208}),
    "gemma-3-12b": ("gemma3", SO400M, {"vocab_size": 262_208}),
    "gemma-3-27b": ("gemma3", SO400M, {"vocab_size": 262_208}),
    "llama-4-scout": ("llama4", LLAMA4, {}),
    "ministral-3-8b": ("mistral3", PIXTRAL, {}),
    "ministral-3-14b": ("mistral3", PIXTRAL, {}),
    "qwen3.5-122b-a10b": ("qwen3_5_moe", QWEN35 | {"out_hidden_size": 3072}, {}),
    "qwen3.5-35b-a3b": ("qwen3_5_moe", QWEN35 | {"out_hidden_size": 2048}, {}),
    "qwen3.5-397b-a17b": ("qwen3_5_moe", QWEN35 | {"out_hidden_size": 4096}, {}),
    "qwen3.6-27b": ("qwen3_5", QWEN35 | {"out_hidden_size": 5120}, {}),
}


@pytest.mark.parametrize("model_id", WHOLE)
def test_the_checkpoint_equals_the_published_weight_files(model_id):
    entry = registry.find(model_id)
    family, vision, more = WHOLE[model_id]
    config = {"model_type": family, "text_config": dict(entry.config) | more, "vision_config": vision}
    assert ln.count_params(ln.from_config(config)).checkpoint == entry.n_params_weights


def input_cost(family: str, vision: dict, text: dict | None = None, **more):
    """What an image or a tile costs a wrapper around a small text model."""
    config = {"model_type": family, "vision_config": vision, "text_config": text or {"model_type": "llama"}, **more}
    (cost,) = ln.input_costs(ln.from_config(config)).values()
    return cost


def clip(width: int, depth: int, d_ff: int, side: int, patch: int) -> dict:
    sizes = {"hidden_size": width, "num_hidden_layers": depth, "intermediate_size": d_ff}
    return sizes | {"image_size": side, "patch_size": patch, "model_type": "clip_vision_model"}


# GFLOPs of an image as open_clip measured them on its own modules (docs/model_profile.csv at 3b37473, read 2026-12-01).
# Its CLIP towers end with one small product more, its SigLIP ones with a pooling head, which no text model reads: keys
# and values at each of n patches, query and output at one, and a feed-forward.
MEASURED_GFLOPS = [
    (clip(1024, 24, 4096, 336, 14), 381.92),
    (clip(1024, 24, 4096, 224, 14), 162.03),
    (clip(1280, 32, 5120, 224, 14), 334.59),
    (clip(1664, 48, 8192, 336, 14), 2231.15),
    (clip(768, 12, 3072, 224, 32), 8.82),
    (clip(1152, 27, 4304, 384, 14) | {"model_type": "siglip_vision_model"}, 670.35),
    (clip(1152, 27, 4304, 224, 14) | {"model_type": "siglip_vision_model"}, 220.35),
    (clip(768, 12, 3072, 512, 16) | {"model_type": "siglip_vision_model"}, 216.24),
]


@pytest.mark.parametrize(("vision", "gflops"), MEASURED_GFLOPS)
def test_a_tower_does_the_work_that_open_clip_measured(vision, gflops):
    found = input_cost("llava", vision | {"vision_use_head": False}).part_flops["vision_tower"]
    width, n = vision["hidden_size"], (vision["image_size"] // vision["patch_size"]) ** 2
    if vision["model_type"] == "siglip_vision_model":
        found += 2 * ((2 * n + 2) * width**2 + 2 * width * vision["intermediate_size"]) + 4 * n * width
    assert found / 1e9 == pytest.approx(gflops, rel=1e-3 if width == 768 else 1e-4)


QWEN25: dict = {"depth": 32, "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16, "out_hidden_size": 3584}
QWEN25 |= {"patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 2, "window_size": 112}
QWEN25 |= {"fullatt_block_indexes": [7, 15, 23, 31]}


def test_qwen2_5_vl_takes_a_token_for_28_by_28_pixels_and_attends_within_windows_of_112():
    # Bai et al. 2025, Qwen2.5-VL Technical Report, arXiv:2502.13923, section 2.1.1 and table 1: four layers of full
    # attention, windows of 112 x 112 pixels (8 x 8 patches) in the others, 2 x 2 patches a token.
    cost = input_cost("qwen2_5_vl", QWEN25, {"model_type": "qwen2"})
    side, width, d_ff = round(1024 / 28) * 2, 1280, 3420
    assert cost.tokens == (side // 2) ** 2
    windows: dict[tuple[int, int], int] = {}
    for row in range(side):
        for column in range(side):
            windows[row // 8, column // 8] = windows.get((row // 8, column // 8), 0) + 1
    near = sum(size**2 for size in windows.values())
    every = side**4
    layer = 4 * width**2 + 3 * width * d_ff
    merger = side**2 // 4 * ((4 * width) ** 2 + 4 * width * 3584)
    patches = side**2 * 3 * 2 * 14 * 14 * width
    pairs = 2 * width * (28 * near + 4 * every)
    assert cost.part_flops["vision_tower"] == 2 * (side**2 * 32 * layer + merger + patches + pairs)


def test_an_image_of_llama_3_2_vision_is_kept_by_its_layers_of_cross_attention():
    # Lee et al. 2025, Efficient LLaMA-3.2-Vision by Trimming Cross-attended Visual Features, arXiv:2504.00557: an image
    # is 6,404 features, four tiles of 1,601, kept in the cross-attention layers and not among the tokens of the text.
    model = ln.load_model("llama-3.2-11b-vision")
    cost = ln.input_costs(model)["image"]
    assert cost.tokens == 1
    text = ln.kv_cache(model, n_tokens=1).ideal_bytes
    assert cost.cache_bytes - text == 8 * 2 * 8 * 128 * 2 * 6404
    token = 8 * (4096 * 4096 * 2 + 3 * 4096 * 14336 + 2 * 4096 * 6404)
    assert cost.token_flops == 2 * token


@pytest.mark.parametrize(
    ("height", "width", "n_tiles"), [(1024, 1024, 4), (560, 560, 1), (300, 300, 1), (561, 560, 2), (600, 3000, 4)]
)
def test_tiles_are_those_of_the_canvas_that_changes_an_image_least(height, width, n_tiles):
    # Counted by hand from the rule in image_processing_mllama.py (get_optimal_tiled_canvas) of transformers.
    vision = {"image_size": 560, "patch_size": 14, "max_num_tiles": 4}
    (image,) = inputs({"model_type": "mllama", "vision_config": vision}, height=height, width=width)
    assert image.source == n_tiles * 1601


def test_a_second_of_sound_is_a_thirtieth_of_whisper_s_1500_positions():
    # Radford et al. 2022, arXiv:2212.04356, section 2.2: 30 seconds, 3,000 frames, a second convolution of stride two.
    cost = ln.input_costs(ln.load_model("voxtral-mini-3b"))["second"]
    width, depth, frames = 1280, 32, 1500
    layers = frames * depth * 12 * width**2 + 2 * width * frames**2 * depth
    stem = 2 * frames * 3 * 128 * width + frames * 3 * width**2
    assert cost.part_flops["audio_tower"] == pytest.approx(2 * (layers + stem) / 30, rel=1e-9)
    assert cost.tokens == 12.5
    assert cost.part_flops["projector"] == pytest.approx(12.5 * 2 * (5120 * 3072 + 3072**2), rel=1e-9)


def test_windows_that_are_full_keep_less_of_an_image():
    cost = ln.input_costs(ln.load_model("gemma-3-27b"))["image"]
    assert cost.tokens == 256
    each = 2 * 16 * 128 * 2 * 256
    assert (cost.cache_bytes, cost.growing_bytes) == (62 * each, 10 * each)


def test_what_is_not_known_is_not_guessed():
    cost = ln.input_costs(ln.load_model("gemma-4-e2b"))["second"]
    assert cost.tokens == 25  # 40 ms a token: processing_gemma4.py
    assert cost.part_flops == {"vision_tower": None, "audio_tower": None, "projector": None}


def test_a_prediction_module_costs_its_layer_its_join_and_the_head():
    # DeepSeek-V3 (arXiv:2412.19437, section 2.2): a layer of the model behind a matrix d x 2d; head shared.
    model = ln.load_model("deepseek-v3")
    n, module = 4096, ln.module_costs(ln.load_model("deepseek-v3"), 4096)["mtp"]
    assert module.cache_bytes == n * (512 + 64) * 2
    d, mixer = 7168, model.layers[-1].mixer
    attention = d * 1536 + 1536 * 128 * 192 + d * 576 + 512 * 128 * 256 + 128 * 128 * d
    experts = (8 + 1) * 3 * d * 2048 + d * 256
    pairs = (n + 1) * 128 * (512 + 64 + 512)  # absorbed: scores over latents and the rotary part, sums over latents
    assert mixer is not None
    assert mixer.token_matrices() == attention
    assert module.flops == 2 * (2 * d * d + attention + experts + pairs + d * 129_280)


@pytest.mark.parametrize("model_id", [name for name in registry.model_ids() if registry.find(name).beside])
def test_towers_of_registered_models_add_up_to_their_published_files(model_id):
    entry = registry.find(model_id)
    parts = ln.count_params(entry.spec).parts
    found = sum(count for name, count in parts.items() if name not in ("mtp", "mtp_copies"))
    assert found
    assert ln.count_params(ln.from_config(dict(entry.config))).total == ln.count_params(entry.spec).total
    stored = also_stored(entry, "image encoder") or also_stored(entry, "image and audio encoders")
    vision = entry.published.get("vision_config", {})
    # Gemma 4's larger towers store a mean and a scale of their output; transformers holds them as buffers.
    buffers = 2 * vision["hidden_size"] if vision.get("standardize") else 0
    assert stored in (0, found + buffers)


def test_costs_of_inputs_and_modules_are_on_the_command_line(capsys):
    for verb in ("params", "flops", "show"):
        assert main([verb, "llama-3.2-11b-vision", "--json"]) == 0
        facts = json.loads(capsys.readouterr().out)
        (image,) = facts.get("params", facts)["inputs"].values()
        assert set(image) == {
            *("tokens", "part_flops", "text_flops", "token_flops", "cache_bytes", "growing_bytes"),
        }
        assert set(image["part_flops"]) == {"vision_tower", "projector"}
    for lang, said in (("en", "each text token, more"), ("zh", "每个文本 token 多算")):
        assert main(["params", "llama-3.2-11b-vision", "--lang", lang]) == 0
        assert said in capsys.readouterr().out
    assert main(["kv", "deepseek-v3", "--tokens", "4096", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["modules"] == {"mtp": {"cache_bytes": 4096 * 576 * 2.0}}


def test_phi_4_multimodal_is_whole_as_the_reference_instantiates_it():
    # Its class holds the towers within the text model: 870,162,688 parameters, measured on transformers 5.24.0.
    config: dict = {"model_type": "phi4_multimodal", "vocab_size": 343, "hidden_size": 64, "intermediate_size": 34}
    config |= {"num_hidden_layers": 5, "num_attention_heads": 8, "num_key_value_heads": 1, "tie_word_embeddings": False}
    config |= {"vision_config": {"model_type": "phi4_multimodal_vision"}}
    config |= {"audio_config": {"model_type": "phi4_multimodal_audio"}}
    assert ln.count_params(ln.from_config(config)).whole == 870_162_688


TALKER_2 = {"vocab_size": 8448, "embedding_size": 3584, "hidden_size": 896, "intermediate_size": 4864}
TALKER_2 |= {"num_hidden_layers": 2, "num_attention_heads": 12, "num_key_value_heads": 4, "head_dim": 128}
TALKER_3: dict[str, Any] = {
    "thinker_hidden_size": 64,
    "text_config": {"hidden_size": 32, "intermediate_size": 48, "head_dim": 16},
}
TALKER_3["text_config"] |= {
    "vocab_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
TALKER_3["text_config"] |= {"moe_intermediate_size": 24, "shared_expert_intermediate_size": 40, "num_experts": 4}
TALKER_3 |= {
    "code_predictor_config": {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "vocab_size": 64}
}
TALKER_3["code_predictor_config"] |= {
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "num_code_groups": 8,
}
THINKER = {"model_type": "qwen2", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "vocab_size": 128}
THINKER |= {"num_attention_heads": 4, "num_key_value_heads": 2, "tie_word_embeddings": False}


@pytest.mark.parametrize(
    ("family", "voices", "n_params"),
    [
        ("qwen2_5_omni", {"talker_config": TALKER_2}, 74_557_696),
        ("qwen2_5_omni", {"token2wav_config": {"dit_config": {}, "bigvgan_config": {}}}, 449_051_264),
        ("qwen3_omni_moe", {"talker_config": TALKER_3}, 104_864),
        ("qwen3_omni_moe", {"code2wav_config": {"num_hidden_layers": 3, "upsampling_ratios": [2, 3]}}, 148_887_233),
    ],
)
def test_what_speaks_is_as_large_as_its_class(family, voices, n_params):
    """Classes of transformers 5.24.0 on the meta device, from the same keys."""
    found = ln.from_config({"model_type": family, "thinker_config": {"text_config": THINKER}, **voices})
    counted = ln.count_params(found)
    assert counted.parts["speech"] == n_params
    assert counted.checkpoint - counted.whole == n_params  # the text model runs without it
    told = next(said for said in found.warnings if "speech" in said)
    assert spoken(told, "zh") != told
    silent = ln.from_config(
        {"model_type": family, "thinker_config": {"text_config": THINKER}, "enable_audio_output": False, **voices}
    )
    assert "speech" not in ln.count_params(silent).parts


@pytest.mark.parametrize(
    "voices",
    [
        {"talker_config": {"hidden_size": -1}},
        {"code2wav_config": {"upsample_rates": "8"}},
        {"code2wav_config": {"upsample_rates": [2**40]}},
        {"code2wav_config": {"upsampling_ratios": [2] * 1000}},
    ],
)
def test_a_voice_that_cannot_be_sized_hides_no_text_model(voices):
    found = ln.from_config({"model_type": "qwen3_omni_moe", "thinker_config": {"text_config": THINKER}, **voices})
    assert ln.count_params(found).total
    assert any("not counted" in said for said in found.warnings)
