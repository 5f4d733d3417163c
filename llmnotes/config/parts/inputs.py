"""What an image, one of its tiles or a second of sound is to a model: tokens in the context, positions of the tower.

Sources, all in transformers 5.24.0 (src/transformers/models/…): the processors of the families, named at each rule.
"""

from collections.abc import Mapping
from math import floor

from llmnotes.config.keys import ConfigError
from llmnotes.config.parts.shapes import PartKeys
from llmnotes.config.parts.wrappers import vision_keys
from llmnotes.spec import Input

IMAGE, TILE, SECOND = "image", "tile", "second"
# Pixels of the image that is told of, where its size counts.
PIXELS = 1024

# Families whose patches become tokens at the image's own size, some side by side merged into one.
NATIVE = frozenset(
    """
    ernie4_5_vl_moe exaone4_5 glm46v glm4v glm4v_moe glm5_next glm_ocr kimi_k25 kimi_k3 kimi_vl paddleocr_vl
    qwen2_5_omni qwen2_5_vl qwen2_vl qwen3_5 qwen3_5_moe qwen3_omni_moe qwen3_vl qwen3_vl_moe qwen4_exp
    """.split()  # noqa: SIM905 - a dozen and a half words read better as a paragraph
)
PIXTRAL = ("mistral3", "mistral_large4", "ministral3")
# Whisper's encoder keeps 50 positions a second; these families join so many of them into one token.
FRAMES_JOINED = {"qwen2_audio": 2, "voxtral": 4, "qwen2_5_omni": 2, "qwen2_5_omni_thinker": 2}
POSITIONS_PER_SECOND = 50
# Whisper's encoder reads thirty seconds at once, filled up with silence (feature_extraction_whisper.py); Qwen2.5-Omni's
# reads two, twice `n_window` frames (modeling_qwen2_5_omni.py).
SECONDS_READ = {"qwen2_audio": 30, "voxtral": 30, "qwen2_5_omni": 2, "qwen2_5_omni_thinker": 2}
# Towers of other kinds: tokens a second. Gemma 3n: a frame of 10 ms in sixteen (processing_gemma3n.py); Gemma 4: in
# four (processing_gemma4.py); Qwen3-Omni: thirteen of a hundred (processing_qwen3_omni_moe.py).
TOKENS_PER_SECOND = {"gemma3n": 6.25, "gemma4": 25, "qwen3_omni_moe": 13, "qwen3_omni_moe_thinker": 13}


def inputs(config: Mapping, *, height: int = PIXELS, width: int = PIXELS) -> tuple[Input, ...]:
    r"""Tokens of an image, of one of its tiles, or of a second of sound, where the configuration tells; and the
    positions that the towers read for them.

    An image at its own size gives $\operatorname{round}(h / pm) \cdot \operatorname{round}(w / pm)$ tokens for patches
    of $p$ pixels of which $m \times m$ are merged; an image that is scaled to a fixed size gives a fixed number. Limits
    that stand in `preprocessor_config.json`, and marks around an image, are left out.

    Args:
        config: A multimodal configuration as published.
        height, width: Pixels of the image.

    >>> qwen = {"model_type": "qwen2_5_vl", "vision_config": {"patch_size": 14, "spatial_merge_size": 2}}
    >>> [(one.name, one.tokens) for one in inputs(qwen, height=1024, width=1024)]
    [('image', 1369)]
    """
    if height < 1 or width < 1:
        raise ValueError("height and width must be at least 1 pixel")
    family = config.get("model_type")
    found: list[Input] = []
    if family in FRAMES_JOINED:
        seconds = SECONDS_READ[family]
        tokens = POSITIONS_PER_SECOND / FRAMES_JOINED[family]
        found.append(Input(SECOND, tokens, rows=seconds * POSITIONS_PER_SECOND, share=1 / seconds))
    elif family in TOKENS_PER_SECOND and _audio(config):
        found.append(Input(SECOND, TOKENS_PER_SECOND[family]))
    keys = vision_keys(config)
    if keys is None:
        return tuple(found)
    try:
        image = _image(str(family), keys, PartKeys(config, "configuration"), height, width)
    except ConfigError:
        return ()
    return tuple([image, *found] if image else found)


def _audio(config: Mapping) -> bool:
    """Whether there is a tower for sound."""
    holder = config.get("thinker_config") if isinstance(config.get("thinker_config"), Mapping) else config
    return holder is not None and bool(holder.get("audio_config"))


def _image(family: str, keys: PartKeys, outer: PartKeys, height: int, width: int) -> Input | None:
    """An image or one of its tiles."""
    if family in NATIVE:
        return _native(keys, height, width)
    if family in PIXTRAL:
        return _pixtral(keys, outer, height, width)
    if family == "mllama":
        return _mllama(keys, height, width)
    if family in ("gemma3", "shieldgemma2"):  # processing_gemma3.py
        return Input(IMAGE, outer.size("mm_tokens_per_image", default=256), rows=keys.grid())
    if family == "gemma3n":  # processing_gemma3n.py
        known = outer.has("vision_soft_tokens_per_image")
        return Input(IMAGE, outer.size("vision_soft_tokens_per_image")) if known else None
    if family == "gemma4":  # processing_gemma4.py: at most so many, and patches are filled up to those of as many
        if not outer.has("vision_soft_tokens_per_image"):
            return None
        tokens, side = outer.size("vision_soft_tokens_per_image"), keys.size("pooling_kernel_size", default=3, most=64)
        return Input(IMAGE, tokens, rows=tokens * side**2)
    if family in ("llava", "vipllava", "paligemma"):  # processing_llava.py, processing_paligemma.py
        return Input(IMAGE, keys.grid(), rows=keys.grid())
    if family in ("idefics3", "smolvlm"):  # processing_idefics3.py
        return Input(TILE, keys.grid() // outer.size("scale_factor", default=2, most=64) ** 2, rows=keys.grid())
    if family in ("internvl", "internvl_chat"):  # processing_internvl.py
        return Input(TILE, round(keys.grid() * outer.number("downsample_ratio", 0.5) ** 2), rows=keys.grid())
    if family == "llama4":  # processing_llama4.py
        return Input(TILE, round(keys.grid() * keys.number("pixel_shuffle_ratio", 0.5) ** 2), rows=keys.grid())
    return None


def _native(keys: PartKeys, height: int, width: int) -> Input:
    """Whole merged patches nearest to the image's own size (`smart_resize` in image_processing_qwen2_vl.py)."""
    merge = keys.config.get("merge_kernel_size")
    side = merge[0] if isinstance(merge, list) and merge and type(merge[0]) is int else None
    side = side or keys.size("spatial_merge_size", default=2, most=64)
    step = keys.sides("patch_size")[0] * side
    down, across = max(round(height / step), 1), max(round(width / step), 1)
    return Input(IMAGE, down * across, rows=down * side, columns=across * side)


def _pixtral(keys: PartKeys, outer: PartKeys, height: int, width: int) -> Input:
    """Rows of merged patches, each with one mark at its end, of an image of at most `image_size` pixels a side
    (image_processing_pixtral.py, processing_pixtral.py)."""
    most = keys.sides("image_size")[0]
    ratio = max(height / most, width / most, 1)
    side = outer.size("spatial_merge_size", default=2, most=64)
    step = keys.sides("patch_size")[0] * side
    down, across = ((floor(pixels / ratio) - 1) // step + 1 for pixels in (height, width))
    return Input(IMAGE, down * (across + 1), rows=down * side, columns=across * side)


def _mllama(keys: PartKeys, height: int, width: int) -> Input:
    """One mark in the text; layers of cross-attention keep every patch of every tile and its class token. The tower
    reads as many tiles as there may be, filled up (image_processing_mllama.py, modeling_mllama.py)."""
    side, most = keys.sides("image_size")[0], keys.size("max_num_tiles", most=64)
    return Input(IMAGE, 1, rows=keys.grid() * most, source=_tiles(most, side, height, width) * (keys.grid() + 1))


def _tiles(most: int, side: int, height: int, width: int) -> int:
    """Tiles of the canvas on which the image grows the least, or, where it must shrink, shrinks the least; the smallest
    of several such (`get_optimal_tiled_canvas`)."""
    canvases = [(down, across) for down in range(1, most + 1) for across in range(1, most // down + 1)]
    scales = {canvas: min(canvas[0] * side / height, canvas[1] * side / width) for canvas in canvases}
    growing = [scale for scale in scales.values() if scale >= 1]
    chosen = min(growing) if growing else max(scales.values())
    return min(down * across for (down, across), scale in scales.items() if scale == chosen)
