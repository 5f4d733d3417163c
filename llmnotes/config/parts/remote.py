"""Towers of families whose code stands beside their weights: Qwen-VL's, Molmo's, MiniCPM-V's,
DeepSeek-OCR's and DeepSeek-OCR-2's."""

from llmnotes.config.parts import vision
from llmnotes.config.parts.shapes import PartKeys, Shapes


def qwen_vl(keys: PartKeys, shapes: Shapes) -> None:
    """Qwen-VL: OpenCLIP's tower and 256 learned queries over it. Source: visual.py beside its checkpoint; the index of
    Qwen-VL-Chat-Int4 adds up to this."""
    depth, d_model, d_out = keys.n_layers("layers"), keys.size("width"), keys.size("output_dim")
    shapes.conv(3, d_model, keys.patch(), bias=False)
    shapes.plain(QUERIES, d_model)  # positions as pretrained, stretched to the image
    shapes.norm(d_model)
    shapes.layers(depth, d_model, keys.widened(d_model, 4))
    shapes.plain(2 * QUERIES, d_out)  # queries, and their fixed positions
    shapes.linear(d_model, d_out, bias=False)
    shapes.attention(d_out)
    shapes.norm(d_out, n=3)
    shapes.plain(d_out, d_out)


QUERIES = 256


def molmo(keys: PartKeys, shapes: Shapes) -> None:
    """Molmo of 2024: CLIP-L whose last layer is left out, pooled by attention of two layers' states at once. Its shape
    stands in config_molmo.py, not in the file; the index of a Molmo-7B-D adds up to this."""
    d_model, d_ff, depth, positions = 1024, 4096, 23, 577
    shapes.linear(588, d_model, bias=False)
    shapes.plain(positions + 1, d_model)
    shapes.norm(d_model)
    shapes.layers(depth, d_model, d_ff)
    shapes.plain(2, 2 * d_model)
    shapes.linear(2 * d_model, d_model, n=3)
    shapes.linear(d_model, d_model)
    d_text, d_hidden = keys.size("hidden_size"), keys.size("intermediate_size") // 2
    shapes.linear(2 * d_model - d_model, d_hidden, n=2, bias=False)
    shapes.linear(d_hidden, d_text, bias=False)


SO400M = {
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "num_hidden_layers": 27,
    "num_attention_heads": 16,
    "image_size": 384,
    "patch_size": 14,
}


def minicpmv(keys: PartKeys, shapes: Shapes) -> None:
    """MiniCPM-V: SigLIP without its head; versions 1 and 2 leave its shape to their code."""
    published = keys.inside("vision_config").config
    seen = PartKeys(published, keys.name, SO400M)
    if keys.flag("drop_vision_last_layer", default=False):
        seen = PartKeys({**published, "num_hidden_layers": seen.n_layers() - 1}, keys.name, SO400M)
    vision.siglip_body(seen, shapes, seen.grid())


def rice(keys: PartKeys, shapes: Shapes) -> None:
    """LLaVA-OneVision 1.5: RICE, with a class token and its own angles, and a merger as in Qwen2-VL. Source:
    modeling_llavaonevision1_5.py beside st156680/Instruct-ADS at c482e59, whose index adds up to this."""
    depth, d_model, n_heads = keys.n_layers("depth"), keys.size("embed_dim"), keys.size("num_attention_heads")
    shapes.at(more=1)
    shapes.conv(keys.size("in_channels"), d_model, keys.patch(), bias=False)
    shapes.plain(d_model)
    shapes.plain(keys.divides(2 * n_heads, d_model, "embed_dim must be a multiple of twice the heads"))
    shapes.norm(d_model)
    shapes.layers(depth, d_model, keys.size("intermediate_size"))
    shapes.norm(d_model)
    vision.qwen_merger(shapes, vision.merged(keys, d_model), keys.size("text_hidden_size"), d_model=d_model)


RICE = {
    "depth": 24,
    "embed_dim": 1024,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
    "in_channels": 3,
    "patch_size": 14,
    "spatial_merge_size": 2,
    "text_hidden_size": 2560,
}


def umt(keys: PartKeys, shapes: Shapes) -> None:
    """VideoChat-Flash: UMT-L, whose last layer is left out, and whose keys have no bias."""
    d_model, depth = 1024, 23
    shapes.at()
    shapes.conv(3, d_model, 16, 16)
    shapes.layers(depth, d_model, 4 * d_model, key_bias=False)
    shapes.norm(d_model)


def dots_ocr(keys: PartKeys, shapes: Shapes) -> None:
    """dots.ocr: AIMv2's gated layers with RMS norms and rotary positions, a merger as in Qwen2-VL. Source: vLLM,
    `model_executor/models/dots_ocr.py` at 0146307."""
    depth, d_model, bias = keys.n_layers(), keys.size("embed_dim"), keys.flag("use_bias", default=False)
    shapes.at()
    shapes.conv(keys.size("num_channels", default=3), d_model, keys.patch())
    shapes.norm(d_model, rms=True)
    shapes.layers(
        depth,
        d_model,
        keys.size("intermediate_size"),
        qkv_bias=bias,
        out_bias=bias,
        mlp_bias=bias,
        gated=True,
        rms=True,
    )
    shapes.norm(d_model, n=int(keys.flag("post_norm", default=True)), rms=True)
    shapes.norm(d_model)
    vision.qwen_merger(shapes, vision.merged(keys, d_model), keys.size("hidden_size"), d_model=d_model)


DOTS = {
    "embed_dim": 1536,
    "hidden_size": 1536,
    "intermediate_size": 4224,
    "num_hidden_layers": 42,
    "num_attention_heads": 12,
    "patch_size": 14,
    "spatial_merge_size": 2,
    "use_bias": False,
    "post_norm": True,
}


def deepseek_ocr(keys: PartKeys, shapes: Shapes) -> None:
    """DeepSeek-OCR beside its checkpoint: CLIP's patches are stored, though SAM's take their place."""
    vision.deepseek_ocr(keys, shapes)
    shapes.idle()
    shapes.plain(3, 14, 14, 1024)


# The encoder of DeepSeek-OCR-2, whose shape its code says (deepencoderv2.py), not its configuration.
QWEN2_05B = {
    "hidden_size": 896,
    "intermediate_size": 4864,
    "num_hidden_layers": 24,
    "num_attention_heads": 14,
    "num_key_value_heads": 2,
}
