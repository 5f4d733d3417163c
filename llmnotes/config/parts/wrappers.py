"""Vision and audio towers and the projectors behind them, of every multimodal family that is read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from llmnotes.config.keys import Keys
from llmnotes.config.parts import audio, projector, towers
from llmnotes.config.parts.projector import Between, Projector
from llmnotes.config.parts.shapes import PartKeys, Shapes
from llmnotes.spec import Part

__all__ = ["WRAPPERS", "Beside", "Wrapper", "beside"]


@dataclass(frozen=True)
class Wrapper:
    """What a multimodal family holds beside its text model.

    Attributes:
        vision, audio: `model_type` of its towers where the configuration leaves it open; empty: it has none.
        projector: What stands between them and the text model; `None` where the tower holds it.
        any_vision: The tower is the one that the vision configuration names (LLaVA), not always the family's own.
        more: Further towers: key of their configuration and their `model_type`.
        fixed: The vision tower's shape stands in the family's code; it reads the whole configuration.
        audio_key: Where the audio tower's configuration stands.
        defaults: Keys of the whole configuration that the projector needs, where they may be absent.
    """

    vision: str = ""
    projector: Projector | None = None
    audio: str = ""
    any_vision: bool = False
    more: tuple[tuple[str, str], ...] = ()
    fixed: bool = False
    audio_key: str = "audio_config"
    defaults: dict[str, Any] = field(default_factory=dict)


CLIP, SIGLIP = "clip_vision_model", "siglip_vision_model"
QWEN_OMNI = Wrapper("qwen2_5_omni_vision_encoder", audio="qwen2_5_omni_audio_encoder")
QWEN3_OMNI = Wrapper("qwen3_omni_moe_vision_encoder", audio="qwen3_omni_moe_audio_encoder")
MERGED = {"merge_kernel_size": [2, 2]}

# `model_type` of a whole configuration -> its parts.
WRAPPERS = {
    "aria": Wrapper("idefics3_vision", projector.aria, any_vision=True),
    "audioflamingo3": Wrapper(projector=projector.audioflamingo3, audio="audioflamingo3_encoder"),
    "aya_vision": Wrapper(SIGLIP, projector.aya, any_vision=True),
    "blip-2": Wrapper("blip_2_vision_model", projector.blip2),
    "cohere2_vision": Wrapper(SIGLIP, projector.cohere2, any_vision=True),
    "cosmos3_omni": Wrapper("qwen3_vl_vision"),
    "DeepseekOCR": Wrapper("deepseek_ocr_vision", projector.deepseek_ocr),
    "DeepseekOCR2": Wrapper("deepseek_ocr2_own", projector.deepseek_ocr2),
    "deepseek_ocr2": Wrapper("deepseek_ocr2_vision", projector.deepseek_ocr2),
    "deepseek_vl": Wrapper(SIGLIP, projector.plain_two_layers, any_vision=True),
    "deepseek_vl_hybrid": Wrapper(
        SIGLIP,
        projector.deepseek_vl_hybrid,
        any_vision=True,
        more=(("high_res_vision_config", "sam_vision_model"),),
    ),
    "dots_ocr": Wrapper("dots_ocr_vision"),
    "ernie4_5_moe_vl": Wrapper("ernie4_5_vl_moe_vision", projector.ernie),
    "ernie4_5_vl_moe": Wrapper("ernie4_5_vl_moe_vision", projector.ernie),
    "exaone4_5": Wrapper("exaone4_5_vision"),
    "fuyu": Wrapper(projector=projector.fuyu),
    "gemma3": Wrapper(SIGLIP, projector.gemma3, any_vision=True),
    "gemma3n": Wrapper("gemma3n_vision", projector.gemma3n, audio="gemma3n_audio"),
    "gemma4": Wrapper("gemma4_vision", projector.gemma4, audio="gemma4_audio"),
    "gemma4_unified": Wrapper("gemma4_unified_vision", projector.gemma4_unified, audio="gemma4_unified_audio"),
    "glm46v": Wrapper("glm4v_vision"),
    "glm4v": Wrapper("glm4v_vision"),
    "glm4v_moe": Wrapper("glm4v_moe_vision"),
    "glm5_next": Wrapper("glm5_next_vision"),
    "glm_ocr": Wrapper("glm_ocr_vision"),
    "glmasr": Wrapper(projector=projector.glmasr, audio="glmasr_encoder"),
    "glmasr_own": Wrapper(projector=projector.glmasr_own, audio="whisper_encoder", audio_key="whisper_config"),
    "glmga": Wrapper("glm4v_vision"),
    "got_ocr2": Wrapper("got_ocr2_vision", projector.got_ocr2),
    "granite_speech": Wrapper(
        projector=projector.granite_speech, audio="granite_speech_encoder", audio_key="encoder_config"
    ),
    "granite_speech_plus": Wrapper(
        projector=projector.granite_speech, audio="granite_speech_plus_encoder", audio_key="encoder_config"
    ),
    "hyperclovax_vision_v2": Wrapper("qwen2_5_vl_vision", projector.hyperclovax),
    "idefics2": Wrapper("idefics2_vision", projector.idefics2),
    "idefics3": Wrapper("idefics3_vision", projector.idefics3),
    "instructblip": Wrapper("instructblip_vision_model", projector.instructblip),
    "instructblipvideo": Wrapper("instructblipvideo_vision_model", projector.instructblip),
    "internvl": Wrapper("internvl_vision", projector.internvl),
    "internvl_chat": Wrapper("intern_vit_6b", projector.internvl),
    "janus": Wrapper("janus_vision_model", projector.janus),
    "kimi_k25": Wrapper("kimi_k25_vision", projector.kimi),
    "kimi_k3": Wrapper("kimi_k3_vision", projector.kimi_k3),
    "kimi_vl": Wrapper("moonvit", projector.kimi),
    "lfm2_vl": Wrapper("siglip2_vision_model", projector.lfm2, any_vision=True),
    "lfm3_vl": Wrapper("lfm3_vl_vision", projector.lfm3),
    "lighton_ocr": Wrapper("pixtral", projector.lighton, any_vision=True),
    "llama4": Wrapper("llama4_vision_model", projector.llama4),
    "llava": Wrapper(CLIP, projector.llava, any_vision=True),
    "llava_next": Wrapper(CLIP, projector.llava_next, any_vision=True),
    "llava_next_video": Wrapper(CLIP, projector.llava_next, any_vision=True),
    "llava_onevision": Wrapper(SIGLIP, projector.llava_next, any_vision=True),
    "llavaonevision1_5": Wrapper("rice_vit"),
    "locateanything": Wrapper("moonvit", projector.internvl),
    "minicpm_ocr": Wrapper("minicpm_ocr_vision", projector.minicpm, defaults=MERGED),
    "minicpmo": Wrapper("minicpmv_vision", projector.minicpmo, audio="minicpmo_audio", fixed=True),
    "minicpmv": Wrapper("minicpmv_vision", projector.minicpmv, fixed=True),
    "minicpmv4_6": Wrapper("minicpmv4_6_vision", projector.minicpm, defaults=MERGED),
    "minicpmv4_7": Wrapper("minicpmv4_7_vision", projector.minicpm, defaults=MERGED),
    "minimax_m3_vl": Wrapper("minimax_m3_vl_vision", projector.minimax_m3),
    "ministral3": Wrapper("pixtral", projector.mistral3, any_vision=True),
    "mistral3": Wrapper("pixtral", projector.mistral3, any_vision=True),
    "mistral_large4": Wrapper("pixtral", projector.mistral3, any_vision=True),
    "mllama": Wrapper("mllama_vision_model", projector.mllama),
    "molmo": Wrapper("molmo_vision", fixed=True),
    "molmo2": Wrapper("molmo2_vision", projector.molmo2),
    "muse_glimmer": Wrapper("muse_glimmer_vision", projector.muse),
    "musicflamingo": Wrapper(projector=projector.audioflamingo3, audio="audioflamingo3_encoder"),
    "nemotron_h_omni": Wrapper("radio", projector.nemotron_omni, any_vision=True),
    "ovis2": Wrapper("ovis2_vision", projector.ovis2),
    "paddleocr_vl": Wrapper("paddleocr_vl_vision", projector.paddleocr),
    "paligemma": Wrapper(SIGLIP, projector.one_layer, any_vision=True),
    "phi4_multimodal": Wrapper("phi4_multimodal_vision", projector.phi4_multimodal, audio="phi4_multimodal_audio"),
    "pp_chart2table": Wrapper("pp_chart2table_vision", projector.got_ocr2),
    "qianfan_ocr": Wrapper("qianfan_ocr_vision", projector.internvl),
    "qwen": Wrapper(more=(("visual", "qwen_vl_vision"),)),
    "qwen2_5_omni": QWEN_OMNI,
    "qwen2_5_omni_thinker": QWEN_OMNI,
    "qwen2_5_vl": Wrapper("qwen2_5_vl_vision"),
    "qwen2_audio": Wrapper(projector=projector.qwen2_audio, audio="qwen2_audio_encoder"),
    "qwen2_vl": Wrapper("qwen2_vl_vision"),
    "qwen3_5": Wrapper("qwen3_5_vision"),
    "qwen4_exp": Wrapper("qwen4_exp_vision"),
    "qwen3_5_moe": Wrapper("qwen3_5_moe_vision"),
    "qwen3_asr": Wrapper(projector=projector.qwen3_asr, audio="qwen3_asr_encoder"),
    "qwen3_omni_moe": QWEN3_OMNI,
    "qwen3_omni_moe_thinker": QWEN3_OMNI,
    "qwen3_vl": Wrapper("qwen3_vl_vision"),
    "qwen3_vl_moe": Wrapper("qwen3_vl_moe_vision"),
    "shieldgemma2": Wrapper(SIGLIP, projector.gemma3, any_vision=True),
    "smolvlm": Wrapper("smolvlm_vision", projector.idefics3),
    "step3p7": Wrapper("step3p5_vision", projector.step3),
    "unlimited_ocr": Wrapper("unlimited_ocr_vision", projector.deepseek_ocr),
    "video_llama_3": Wrapper("video_llama_3_vision", projector.plain_two_layers),
    "videollama3_qwen2": Wrapper("video_llama_3_vision", projector.plain_two_layers),
    "video_llava": Wrapper(CLIP, projector.llava, any_vision=True),
    "vipllava": Wrapper(CLIP, projector.vipllava, any_vision=True),
    "voxtral": Wrapper(projector=projector.voxtral, audio="voxtral_encoder"),
    "voxtral_realtime": Wrapper(projector=projector.voxtral_realtime, audio="voxtral_realtime_encoder"),
}


@dataclass
class Beside:
    """What stands beside a text model, and what its reader must know.

    Attributes:
        parts: Towers and projectors.
        assumed: Defaults of the towers' classes that were filled in, one sentence each.
        unsized: What is there and not counted, one sentence each.
    """

    parts: list[Part] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    unsized: list[str] = field(default_factory=list)

    def tower(
        self, place: str, kind: str, table: Mapping[str, tuple], config: Mapping, name: str, part: str
    ) -> PartKeys:
        """Count a tower; the keys it was read from."""
        read, defaults = table[kind]
        keys, shapes = PartKeys(config, f"{name}: {place}", defaults), Shapes()
        read(keys, shapes)
        self.parts.append(shapes.part(part))
        self.assumed += [f"{place}: {sentence}" for sentence in keys.assumed]
        return keys


def beside(config: Mapping, name: str, text: Keys, d_text: int) -> Beside:
    """The towers and projectors that a multimodal configuration describes.

    Args:
        config: The whole configuration.
        name: What to call the model in messages.
        text: The text model's keys.
        d_text: Width of the text model.

    Raises:
        ConfigError: If a tower's keys are impossible.
    """
    holder, found = config, Beside()
    if isinstance(config.get("thinker_config"), Mapping):
        holder = config["thinker_config"]
    outer_kind = config.get("model_type")
    for kind in ("DeepseekOCR", "DeepseekOCR2"):  # which call themselves deepseek_vl_v2
        if f"{kind}ForCausalLM" in (config.get("architectures") or ()):
            outer_kind = kind
    if outer_kind is None and "LLaVAOneVision1_5_ForConditionalGeneration" in (config.get("architectures") or ()):
        outer_kind = "llavaonevision1_5"
    if outer_kind == "glmasr" and "whisper_config" in config:
        outer_kind = "glmasr_own"
    wrapper = WRAPPERS.get(outer_kind) if isinstance(outer_kind, str) else None
    known = wrapper or Wrapper(any_vision=True)
    outer = PartKeys(holder, name, known.defaults)
    nothing = PartKeys({}, name)
    seen = {"vision_config": nothing, known.audio_key: nothing}
    places = [("vision_config", known.vision, towers.TOWERS, "vision_tower")]
    places += [(place, kind, towers.TOWERS, "vision_tower") for place, kind in known.more]
    places.append((known.audio_key, known.audio, audio.TOWERS, "audio_tower"))
    for place, kind, table, part in places:
        inner = holder if known.fixed and place == "vision_config" else outer.inside(place).config
        published = inner.get("model_type")
        if known.any_vision and isinstance(published, str):
            kind = published
        if inner and kind in table:
            seen[place] = found.tower(place, kind, table, inner, name, part)
        elif inner:
            found.unsized.append(f"{place} ({published}) is not understood; its parameters are not counted")
        elif kind and place not in holder:
            found.unsized.append(f"{place} is absent; the {part.replace('_', ' ')} is not counted")
        elif kind and holder[place] is not None:  # null says that there is none
            found.unsized.append(f"{place} is empty; the {part.replace('_', ' ')} is not counted")
    if outer_kind == "video_llava" and found.parts:
        found.parts *= 2
    if known.projector and (found.parts or not (known.vision or known.audio)):
        shapes = Shapes()
        known.projector(Between(outer, seen["vision_config"], seen[known.audio_key], text, d_text), shapes)
        found.parts.append(shapes.part("projector"))
        found.assumed += outer.assumed
    elif found.parts and wrapper is None:
        found.unsized.append(f"what joins the towers of {outer_kind} to its text model is not known and not counted")
    return found


def by_llava(config: Mapping, name: str, d_text: int) -> Beside:
    """The projector that LLaVA's own code puts before a text model, and the tower where the file holds it.

    Source:
        haotian-liu/LLaVA v1.2, `multimodal_projector/builder.py` and `llava_arch.py`; LLaVA-NeXT,
        `multimodal_encoder/siglip_encoder.py`, which drops the last layer and the head of SigLIP.
    """
    keys, found, shapes = Keys(config, name), Beside(), Shapes()
    tower = str(config["mm_vision_tower"])
    kind = str(keys.raw("mm_projector_type")[0] or "linear")
    by_number = re.fullmatch(r"mlp([1-9])x_gelu", kind)
    depth = int(by_number[1]) if by_number else JOINED_BY.get(kind, 0)
    if depth and keys.has("mm_hidden_size") and not keys.raw("mm_resampler_type")[0]:
        shapes.linear(keys.size("mm_hidden_size"), d_text)
        shapes.linear(d_text, d_text, n=depth - 1)
        if "unpad" in str(config.get("mm_patch_merge_type")):
            shapes.plain(d_text)
        found.parts.append(shapes.part("projector"))
    else:
        found.unsized.append(f"the projector (mm_projector_type: {kind[:60]}) is not understood and not counted")
    trained = config.get("unfreeze_mm_vision_tower") or "mm_vision_tower" in str(config.get("mm_tunable_parts"))
    if tower not in NAMED_TOWERS:
        found.unsized.append(f"the vision tower (mm_vision_tower: {tower[:60]}) is not described and not counted")
    elif trained:
        found.tower(
            "mm_vision_tower", NAMED_TOWERS[tower][0], towers.TOWERS, NAMED_TOWERS[tower][1], name, "vision_tower"
        )
    else:
        found.unsized.append(f"the vision tower ({tower}) is loaded from its own files, and not counted")
    return found


# Matrices of projectors without a number in their name: VideoChat-Flash merges what it sees before two of them.
JOINED_BY = {"linear": 1, "tome16_mlp_hd64": 2}
# Towers that a file names and does not describe, as their own config.json has them; SigLIP without its last layer,
# UMT as the index of AIDASLab/VIRST at 6c82a44 adds up.
_CLIP_L = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "patch_size": 14,
}
NAMED_TOWERS: dict[str, tuple[str, dict[str, int]]] = {
    "openai/clip-vit-large-patch14": (CLIP, _CLIP_L | {"image_size": 224}),
    "openai/clip-vit-large-patch14-336": (CLIP, _CLIP_L | {"image_size": 336}),
    "umt-hd-large": ("umt", {}),
    "google/siglip-so400m-patch14-384": ("idefics3_vision", towers.SO400M | {"num_hidden_layers": 26}),
}


def vision_keys(config: Mapping) -> PartKeys | None:
    """The keys of the vision tower that a configuration describes; `None` if there is none that is known."""
    family = config.get("model_type")
    wrapper = WRAPPERS.get(family) if isinstance(family, str) else None
    holder = config.get("thinker_config") if isinstance(config.get("thinker_config"), Mapping) else config
    inner = holder.get("vision_config") if holder is not None else None
    if wrapper is None or not isinstance(inner, Mapping):
        return None
    published = inner.get("model_type")
    kind = published if wrapper.any_vision and published in towers.TOWERS else wrapper.vision
    return PartKeys(inner, "vision_config", towers.TOWERS[kind][1]) if kind in towers.TOWERS else None
