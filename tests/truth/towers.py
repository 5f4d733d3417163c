"""Parameters of vision towers, audio towers and projectors, as transformers instantiates them on the meta device.

Run with a Python that has torch and transformers: `python tests/truth/towers.py` writes tests/data/towers.json. Nothing
here imports llmnotes: the numbers are the other implementation's alone. Each family is built with its class defaults
and with random shapes from which keys are dropped at random.
"""

import json
import random
import warnings
from pathlib import Path

import torch
import transformers
from transformers import AutoConfig
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES,
    MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES,
)

CLASSES = {
    **MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES,
    **MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES,
    "audioflamingo3": "AudioFlamingo3ForConditionalGeneration",
    "musicflamingo": "MusicFlamingoForConditionalGeneration",
}
FAMILIES = """
aria aya_vision blip-2 cohere2_vision cosmos3_omni deepseek_vl deepseek_vl_hybrid ernie4_5_vl_moe exaone4_5 fuyu gemma3
gemma4 gemma4_unified glm46v glm4v glm4v_moe glm5_next glm_ocr glmasr got_ocr2 granite_speech granite_speech_plus
hyperclovax_vision_v2 idefics2 idefics3 instructblip instructblipvideo internvl kimi_k25 lfm2_vl lfm3_vl lighton_ocr
llama4 llava llava_next llava_next_video llava_onevision minicpm_ocr minicpmv4_6 minicpmv4_7 minimax_m3_vl mistral3
mistral_large4 mllama molmo2 muse_glimmer nemotron_h_omni ovis2 paddleocr_vl paligemma pp_chart2table qianfan_ocr
qwen2_5_omni_thinker qwen2_5_vl qwen2_audio qwen2_vl qwen3_5 qwen3_5_moe qwen3_asr qwen3_omni_moe_thinker qwen3_vl
qwen3_vl_moe qwen4_exp smolvlm step3p7 unlimited_ocr video_llama_3 video_llava vipllava voxtral voxtral_realtime
deepseek_ocr2 audioflamingo3 musicflamingo
""".split()  # noqa: SIM905
TOWERS = ("vision_config", "audio_config", "encoder_config", "high_res_vision_config")
# What the reference calls its modules, and what they are here.
PLACES = {
    "vision_tower": [
        "vision_tower",
        "vision_model",
        "visual",
        "vision_encoder",
        "image_tower",
        "video_tower",
        "high_res_vision_model",
    ],
    "audio_tower": ["audio_tower", "encoder"],
    "text": ["language_model", "text_model", "lm_head"],
}
WIDTHS = ("hidden_size", "embed_dim", "d_model", "hidden_dim")
DEPTHS = ("num_hidden_layers", "depth", "encoder_layers", "num_layers", "num_global_layers", "num_blocks")
HEADS = ("num_attention_heads", "num_heads", "encoder_attention_heads", "attention_heads", "num_key_value_heads")
N_VARIANTS = 6


def measured(config) -> dict[str, int]:
    """Unique parameters by part."""
    with torch.device("meta"):
        model = getattr(transformers, CLASSES[config.model_type])(config)
    found: dict[str, int] = {}
    seen: set[int] = set()
    for name, parameter in model.named_parameters():
        if id(parameter) in seen:
            continue
        seen.add(id(parameter))
        first = name.removeprefix("model.").split(".")[0]
        if config.model_type == "gemma4_unified" and "multimodal_embedder" not in name and first == "embed_vision":
            first = "vision_tower"
        part = next((part for part, names in PLACES.items() if first in names), "projector")
        found[part] = found.get(part, 0) + parameter.numel()
    found.pop("text", None)
    return found


def plain(config) -> dict:
    """A configuration as a file would hold it, without what says nothing."""
    noise = set(transformers.PretrainedConfig().to_dict()) - {"model_type"}
    kept = {}
    for key, value in config.to_dict().items():
        if isinstance(value, dict) and hasattr(getattr(config, key, None), "to_dict"):
            kept[key] = plain(getattr(config, key))
        elif key not in noise and value is not None and key != "rope_parameters":
            kept[key] = value
    return kept


def small_text(text: dict) -> dict:
    """A text model of two layers: it is not what is measured."""
    for name in ("num_hidden_layers", "n_layer", "num_layers"):
        if name in text:
            text[name] = 2
    for name in ("layer_types", "mlp_layer_types", "indexer_types", "layers_block_type", "hybrid_override_pattern"):
        text.pop(name, None)
    return text


def varied(tower: dict, rng: random.Random) -> dict:
    """Other sizes, other flags, some keys dropped."""
    heads = rng.choice((2, 4))
    new = dict(tower)
    for key, value in tower.items():
        if key in HEADS:
            new[key] = heads
        elif key in ("num_key_value_heads",):
            new[key] = rng.choice((1, 2, heads))
        elif key in WIDTHS and key != "head_dim":
            new[key] = heads * 8 * rng.randint(1, 4)
        elif key in DEPTHS:
            new[key] = rng.randint(1, 5)
        elif key in ("intermediate_size", "encoder_ffn_dim", "output_dim", "out_hidden_size", "projection_dim"):
            new[key] = 4 * rng.randint(4, 40)
        elif key in ("image_size",) and isinstance(value, int):
            new[key] = value + 64 * rng.randint(0, 3)
        elif isinstance(value, bool) and rng.random() < 0.4:
            new[key] = not value
    for key in ("layer_types", "fullatt_block_indexes"):
        new.pop(key, None)
    if "deepstack_visual_indexes" in new:
        new["deepstack_visual_indexes"] = list(range(rng.randint(0, 4)))
    for key in list(new):
        if key != "model_type" and rng.random() < 0.15:
            del new[key]
    return new


def cases(family: str, rng: random.Random):
    """The family with its defaults, then with random shapes."""
    if family in NESTED:
        yield from nested(family)
        return
    whole = plain(AutoConfig.for_model(family, **START.get(family, {})))
    if family not in OWN_DEPTH:
        whole["text_config"] = small_text(whole.get("text_config", {}))
    found = 0
    for attempt in range(60):
        config = json.loads(json.dumps(whole))
        if attempt:
            for place in TOWERS:
                if place in config:
                    config[place] = varied(config[place], rng)
            if "multimodal_projector_bias" in config:
                config["multimodal_projector_bias"] = rng.random() < 0.5
        try:
            built = AutoConfig.for_model(**json.loads(json.dumps(config)))
            parts = measured(built)
        except Exception as error:  # a shape that the reference refuses is no case
            last = error
            continue
        text = built.get_text_config()
        kept = {key: value for key, value in config.items() if key != "text_config"}
        kept["text_config"] = {"model_type": text.model_type, "hidden_size": text.hidden_size}
        if family == "idefics2":
            kept["text_config"]["intermediate_size"] = text.intermediate_size
        yield {"id": f"{family}-{found}", "config": kept, "d_text": text.hidden_size, "parts": parts}
        found += 1
        if found > N_VARIANTS:
            return
    print(family, "only", found, "cases;", type(last).__name__, str(last)[:120])


def nested(family: str):
    """The family with each of its shapes in `NESTED`."""
    for index, start in enumerate(NESTED[family]):
        built = AutoConfig.for_model(family, **json.loads(json.dumps(start)))
        kept, text = plain(built), built.text_config
        kept["text_config"] = {"model_type": text.model_type, "hidden_size": text.hidden_size}
        text.num_hidden_layers, text.mlp_layer_types = 2, ["dense", "dense"]
        yield {"id": f"{family}-{index}", "config": kept, "d_text": text.hidden_size, "parts": measured(built)}


# Families whose tower holds towers, which `varied` does not reach. DeepSeek-OCR-2: as published, its class, small.
NESTED = {
    "deepseek_ocr2": [
        {
            "vision_config": {
                "encoder_config": {
                    "hidden_size": 896,
                    "intermediate_size": 4864,
                    "num_hidden_layers": 24,
                    "num_attention_heads": 14,
                    "num_key_value_heads": 2,
                }
            },
            "text_config": {"hidden_size": 1280},
        },
        {},
        {
            "vision_config": {
                "sam_config": {
                    "hidden_size": 96,
                    "num_hidden_layers": 5,
                    "num_attention_heads": 4,
                    "output_channels": 24,
                    "image_size": 512,
                    "window_size": 7,
                    "global_attn_indexes": [1, 3],
                    "downsample_channels": [40, 64],
                    "mlp_dim": 288,
                },
                "encoder_config": {
                    "hidden_size": 64,
                    "intermediate_size": 152,
                    "num_hidden_layers": 3,
                    "num_attention_heads": 4,
                    "num_key_value_heads": 1,
                },
            }
        },
    ]
}
# Text models whose keys depend on their depth stay as they are.
OWN_DEPTH = ("gemma4", "gemma4_unified", "llama4", "mistral_large4")
START = {
    "gemma4": {"vision_config": {}, "audio_config": {}},
    "gemma4_unified": {"vision_config": {}, "audio_config": {}, "text_config": {"model_type": "gemma4_unified_text"}},
    "aya_vision": {"vision_config": {"model_type": "siglip_vision_model", "num_attention_heads": 12}},
}


def main() -> None:
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    rng = random.Random(20261130)
    found = [case for family in FAMILIES for case in cases(family, rng)]
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    told = "unique parameters of what stands beside the text model, by part, on the meta device"
    path = Path(__file__).parents[1] / "data" / "towers.json"
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in found)
    path.write_text(
        json.dumps({"versions": versions, "measured": told})[:-1] + f', "cases": [\n{lines}\n]}}\n', encoding="utf-8"
    )
    print(len(found), "cases")


if __name__ == "__main__":
    main()
