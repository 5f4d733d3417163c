"""The whole of a published model: its decoder, with the towers, projectors and prediction modules beside it."""

from collections.abc import Mapping
from dataclasses import replace

from llmnotes.config.keys import Keys
from llmnotes.config.parts.mtp import prediction_modules
from llmnotes.spec import Input, ModelSpec

# What tells that there is more than a decoder.
TOWERS = (
    *("vision_config", "audio_config", "text_config", "thinker_config", "encoder_config", "llm_config", "visual"),
    *("vision_encoder_config", "whisper_config"),
)
HELD_BESIDE = (
    *("talker_config", "token2wav_config", "vq_config", "code2wav_config", "dit_config", "tts_config"),
    *("acoustic_tokenizer_config", "acoustic_tokenizer_encoder_config", "semantic_tokenizer_config"),
    *("semantic_tokenizer_encoder_config", "semantic_model_config", "diffusion_head_config"),
)


def whole(model: ModelSpec, config: Mapping, text: Keys) -> ModelSpec:
    """The model with its parts.

    Args:
        model: Its decoder.
        config: The configuration as published.
        text: The decoder's keys.
    """
    if "vision_encoder_config" in config:  # VideoLLaMA 3 by its authors' own code
        config = {"vision_config": config["vision_encoder_config"], **config}
    parts, warnings = prediction_modules(model, text)
    if parts and isinstance(config.get("quantization"), Mapping):  # the key that MLX writes
        parts, warnings = (), ("prediction modules are named; files that MLX converted leave them out",)
    assumed, inputs = model.assumed, ()
    if any(isinstance(config.get(name), Mapping) for name in TOWERS) or config.get("model_type") in BARE:
        from llmnotes.config.parts.wrappers import beside

        found = beside(config, text.name, text, model.d_model)
        parts, assumed = (*found.parts, *parts), (*assumed, *found.assumed)
        from llmnotes.config.parts.voice import voice

        speech, told, read = voice(config, text.name)
        parts, assumed = (*parts, *speech), (*assumed, *told)
        unsized = [
            f"{name} is not understood; its parameters are not counted"
            for name in HELD_BESIDE
            if config.get(name) and name not in read
        ]
        inputs = _inputs(config)
        warnings = (*found.unsized, *unsized, *_told(inputs), *warnings)
    tower = config.get("mm_vision_tower")  # LLaVA's own code, and what grew from it
    if isinstance(tower, str) and "vision_config" not in config:
        from llmnotes.config.parts.wrappers import by_llava

        found = by_llava(config, text.name, model.d_model)
        parts, warnings = (*found.parts, *parts), (*found.unsized, *warnings)
        kept = [said for said in model.warnings if not said.startswith(LLAVAS)]
        model = replace(model, warnings=tuple(kept))
    sizes: dict[str, int] = {}
    for part in parts:
        sizes[part.name] = sizes.get(part.name, 0) + part.n_params
    told = tuple(
        f"beside the text model: {SPOKEN.get(name, name.replace('_', ' '))}, {count:,} parameters"
        for name, count in sizes.items()
        if count
    )
    left = [said for said in model.warnings if not (told and _is_read(said))]
    return replace(model, parts=tuple(parts), inputs=inputs, assumed=assumed, warnings=(*left, *told, *warnings))


def _is_read(said: str) -> bool:
    """Whether a reader of the text model missed a key that is read here, or that marks where images stand."""
    key = said.removesuffix(" is not understood and was left out of the count")
    return key != said and (key in TOWERS or key.endswith(("_token_id", "_token_index")))


# How keys begin that say how LLaVA's code joins its tower to the text model.
LLAVAS = ("mm_", "image_", "use_mm_proj ", "tune_mm_", "freeze_mm_", "unfreeze_mm_", "tokenizer_")
# Parts whose names are no words.
SPOKEN = {"mtp": "prediction module", "mtp_copies": "copies of table and head for it"}
# Families whose parts stand in the configuration without an object of their own.
BARE = ("fuyu", "minicpmo", "minicpmv", "molmo", "phi4_multimodal")


def _inputs(config: Mapping) -> tuple[Input, ...]:
    from llmnotes.config.parts.inputs import inputs

    return inputs(config)


def _told(inputs: tuple[Input, ...]) -> tuple[str, ...]:
    """What an image or a second of sound takes in the context."""
    told = {
        "image": "an image of 1,024 × 1,024 pixels takes {} tokens",
        "tile": "each tile of an image takes {} tokens",
        "second": "a second of sound takes {} tokens",
    }
    return tuple(
        f"an image of 1,024 × 1,024 pixels is kept at {one.source:,} positions by layers of cross-attention"
        if one.source
        else told[one.name].format(f"{one.tokens:,.10g}")
        for one in inputs
    )
