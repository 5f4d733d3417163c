"""What stands beside a text model equals what another implementation instantiates and what published files hold."""

import json
import re
from pathlib import Path

import pytest

import llmnotes as ln
from llmnotes import registry
from llmnotes.config.keys import Keys
from llmnotes.config.parts.inputs import input_tokens
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
        *("internvl_chat", "kimi_vl", "ministral3", "phi4_multimodal", "janus", "glmga", "shieldgemma2"),
        *("qwen2_5_omni", "qwen3_omni_moe", "gemma3n", "kimi_k3", "molmo", "qwen"),
    }
    assert set(WRAPPERS) == measured | unmeasured


@pytest.mark.parametrize(("d_text", "total"), [(32, 976_056_160), (96, 976_285_536)])
def test_gemma_3n_holds_what_transformers_with_timm_instantiates(d_text, total):
    # Measured once on transformers 5.24.0 with timm: the whole model less its text model, two widths of the latter.
    towers = {"vision_config": {"model_type": "gemma3n_vision"}, "audio_config": {"model_type": "gemma3n_audio"}}
    found = beside({"model_type": "gemma3n", **towers}, "gemma3n", Keys({}, "text"), d_text)
    assert sum(part.n_params for part in found.parts) == total


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
    ({"model_type": "qwen2_vl", "vision_config": {"patch_size": "x"}}, {}),
    ({"model_type": "bert"}, {}),
]


@pytest.mark.parametrize(("config", "expected"), TOKENS)
def test_an_image_or_a_second_takes_what_the_model_s_own_rule_gives(config, expected):
    assert input_tokens(config) == expected


def test_no_image_is_smaller_than_a_pixel():
    with pytest.raises(ValueError, match="pixel"):
        input_tokens({"model_type": "llava"}, height=0)


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
