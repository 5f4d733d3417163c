"""Tokens that an image or a second of sound takes in the context, by the model's own rule.

Sources, all in transformers 5.24.0 (src/transformers/models/…): the processors of the families, named at each rule.
"""

from collections.abc import Mapping
from math import floor

from llmnotes.config.keys import ConfigError
from llmnotes.config.parts.shapes import PartKeys
from llmnotes.config.parts.wrappers import vision_keys

IMAGE, TILE, SECOND = "image", "tile", "second"

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


def input_tokens(config: Mapping, *, height: int = 1024, width: int = 1024) -> dict[str, float]:
    r"""Tokens of an image, of one of its tiles, or of a second of sound, where the configuration tells.

    An image at its own size gives $\operatorname{round}(h / pm) \cdot \operatorname{round}(w / pm)$ tokens for patches
    of $p$ pixels of which $m \times m$ are merged; an image that is scaled to a fixed size gives a fixed number. Limits
    that stand in `preprocessor_config.json`, and marks around an image, are left out.

    Args:
        config: A multimodal configuration as published.
        height, width: Pixels of the image.

    Returns:
        `image`, `tile` and `second`, those that are known.

    >>> qwen = {"model_type": "qwen2_5_vl", "vision_config": {"patch_size": 14, "spatial_merge_size": 2}}
    >>> input_tokens(qwen, height=1024, width=1024)
    {'image': 1369}
    """
    if height < 1 or width < 1:
        raise ValueError("height and width must be at least 1 pixel")
    family = config.get("model_type")
    found: dict[str, float] = {}
    if family in FRAMES_JOINED:
        found[SECOND] = POSITIONS_PER_SECOND / FRAMES_JOINED[family]
    keys = vision_keys(config)
    if keys is None:
        return found
    outer = PartKeys(config, "configuration")
    try:
        if family in NATIVE:
            found[IMAGE] = _native(keys, height, width)
        elif family in PIXTRAL:
            found[IMAGE] = _pixtral(keys, outer, height, width)
        elif family in ("gemma3", "shieldgemma2"):  # processing_gemma3.py
            found[IMAGE] = outer.size("mm_tokens_per_image", default=256)
        elif family in ("gemma3n", "gemma4"):  # processing_gemma3n.py, processing_gemma4.py
            known = outer.has("vision_soft_tokens_per_image")
            found |= {IMAGE: outer.size("vision_soft_tokens_per_image")} if known else {}
        elif family in ("llava", "vipllava", "paligemma"):  # processing_llava.py, processing_paligemma.py
            found[IMAGE] = keys.grid()
        elif family in ("idefics3", "smolvlm"):  # processing_idefics3.py
            found[TILE] = keys.grid() // outer.size("scale_factor", default=2, most=64) ** 2
        elif family in ("internvl", "internvl_chat"):  # processing_internvl.py
            found[TILE] = round(keys.grid() * outer.number("downsample_ratio", 0.5) ** 2)
        elif family == "llama4":  # processing_llama4.py
            found[TILE] = round(keys.grid() * keys.number("pixel_shuffle_ratio", 0.5) ** 2)
    except ConfigError:
        return {}
    return found


def _native(keys: PartKeys, height: int, width: int) -> int:
    """Whole merged patches nearest to the image's own size (`smart_resize` in image_processing_qwen2_vl.py)."""
    merge = keys.config.get("merge_kernel_size")
    side = merge[0] if isinstance(merge, list) and merge and type(merge[0]) is int else None
    side = side or keys.size("spatial_merge_size", default=2, most=64)
    step = keys.sides("patch_size")[0] * side
    return max(round(height / step), 1) * max(round(width / step), 1)


def _pixtral(keys: PartKeys, outer: PartKeys, height: int, width: int) -> int:
    """Rows of merged patches, each with one mark at its end, of an image of at most `image_size` pixels a side
    (image_processing_pixtral.py, processing_pixtral.py)."""
    most = keys.sides("image_size")[0]
    ratio = max(height / most, width / most, 1)
    step = keys.sides("patch_size")[0] * outer.size("spatial_merge_size", default=2, most=64)
    rows, columns = ((floor(side / ratio) - 1) // step + 1 for side in (height, width))
    return rows * (columns + 1)
