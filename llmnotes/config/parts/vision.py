"""Vision towers: one function a kind, from the keys of `vision_config`. Each adds its tensors to `Shapes`.

Read off the modules of transformers 5.24.0 (https://github.com/huggingface/transformers/tree/v5.24.0/src/transformers/models)
and held to what that version instantiates (tests/data/towers.json).
"""

from collections.abc import Callable

from llmnotes.config.parts.shapes import PartKeys, Shapes

Tower = Callable[[PartKeys, Shapes], None]


def sizes(keys: PartKeys) -> tuple[int, int, int]:
    """Depth, width and feed-forward width by the usual names."""
    depth = keys.n_layers("num_hidden_layers", "depth", "num_layers", "layers")
    return depth, keys.size("hidden_size", "width"), keys.size("intermediate_size")


def channels(keys: PartKeys) -> int:
    """Colours of a pixel."""
    return keys.size("num_channels", "in_channels", default=3)


def clip(keys: PartKeys, shapes: Shapes) -> None:
    """CLIP: a class token, learned positions, norms before and after."""
    depth, d_model, d_ff = sizes(keys)
    shapes.at()
    shapes.conv(channels(keys), d_model, keys.patch(), bias=False)
    shapes.plain(keys.grid() + 2, d_model)
    shapes.norm(d_model, n=2)
    shapes.at(more=1)
    shapes.layers(depth, d_model, d_ff)


def siglip_body(keys: PartKeys, shapes: Shapes, n_positions: int) -> None:
    """SigLIP without its pooling head: learned positions, no class token, a norm at the end."""
    depth, d_model, d_ff = sizes(keys)
    shapes.at()
    shapes.conv(channels(keys), d_model, keys.patch())
    shapes.plain(n_positions, d_model)
    shapes.norm(d_model)
    shapes.layers(depth, d_model, d_ff)


def idefics(keys: PartKeys, shapes: Shapes) -> None:
    """SigLIP as Idefics 2 and 3, SmolVLM and Aria hold it."""
    siglip_body(keys, shapes, keys.grid())


def pooling_head(keys: PartKeys, shapes: Shapes) -> None:
    """SigLIP's attention pooling: a probe, one attention, one feed-forward. A text model reads the states before it."""
    _, d_model, d_ff = sizes(keys)
    shapes.idle()
    shapes.plain(d_model)
    shapes.attention(d_model)
    shapes.norm(d_model)
    shapes.mlp(d_model, d_ff)


def siglip(keys: PartKeys, shapes: Shapes) -> None:
    """SigLIP; with its pooling head unless the configuration says that it has none."""
    siglip_body(keys, shapes, keys.grid())
    if keys.flag("vision_use_head", default=True):
        pooling_head(keys, shapes)


def siglip2(keys: PartKeys, shapes: Shapes) -> None:
    """SigLIP 2: patches of any number, a table of positions that is interpolated."""
    siglip_body(keys, shapes, keys.size("num_patches"))
    if keys.flag("vision_use_head", default=True):
        pooling_head(keys, shapes)


def positionless_siglip(keys: PartKeys, shapes: Shapes) -> None:
    """SigLIP with rotary positions (VideoLLaMA 3)."""
    siglip_body(keys, shapes, 0)


def merged_siglip(keys: PartKeys, shapes: Shapes) -> None:
    """SigLIP with a merger of windows between its layers (MiniCPM-V 4.6)."""
    siglip_body(keys, shapes, keys.grid())
    shapes.work.clear()  # at how many positions each of its layers works stands in its code and is not read here
    shapes.idle()
    _, d_model, d_ff = sizes(keys)
    tall, wide = keys.sides("window_kernel_size")
    shapes.attention(d_model)
    shapes.norm(d_model)
    shapes.norm(d_model * tall * wide)
    shapes.linear(d_model * tall * wide, d_ff * tall * wide)
    shapes.linear(d_ff * tall * wide, d_model)


def pixtral(keys: PartKeys, shapes: Shapes) -> None:
    """Pixtral: RMS norms, gated feed-forwards, rotary positions, no bias anywhere."""
    depth, d_model, d_ff = sizes(keys)
    shapes.at()
    shapes.conv(channels(keys), d_model, keys.patch(), bias=False)
    shapes.norm(d_model, rms=True)
    shapes.layers(depth, d_model, d_ff, qkv_bias=False, out_bias=False, mlp_bias=False, gated=True, rms=True)


def mllama(keys: PartKeys, shapes: Shapes) -> None:
    """Llama 3.2 Vision: tiles with positions of their own, local layers, then gated global ones."""
    depth, d_model, d_ff = sizes(keys)
    n_global = keys.count("num_global_layers")
    n_ratios, n_tiles = keys.length("supported_aspect_ratios") + 1, keys.size("max_num_tiles")
    n_patches = keys.grid() + 1
    shapes.at()
    shapes.conv(channels(keys), d_model, keys.patch(), bias=False)
    shapes.plain(1 + n_patches, d_model)
    shapes.plain(n_ratios, n_tiles, n_patches + 2, d_model)
    shapes.plain(3)
    shapes.norm(d_model, n=2)
    shapes.at(padded(n_patches) / max(keys.grid(), 1))
    shapes.layers(depth, d_model, d_ff, qkv_bias=False, out_bias=False)
    shapes.layers(n_global, d_model, d_ff, qkv_bias=False, out_bias=False, each=2)


def padded(n_patches: int) -> int:
    """Positions of a tile of Llama 3.2 Vision: filled up to a multiple of 8 (modeling_mllama.py)."""
    return -(-n_patches // 8) * 8


def llama4(keys: PartKeys, shapes: Shapes) -> None:
    """Llama 4: patches by a matrix, and an adapter behind the shuffle of pixels."""
    depth, d_model, d_ff = sizes(keys)
    shapes.at()
    shapes.linear(channels(keys) * keys.patch(), d_model, bias=False)
    shapes.plain(keys.grid() + 2, d_model)
    shapes.norm(d_model, n=2)
    shapes.at(more=1)
    shapes.layers(depth, d_model, d_ff)
    d_out = keys.size("projector_output_dim")
    shapes.at(keys.number("pixel_shuffle_ratio", 0.5) ** 2)
    shapes.linear(d_ff, keys.size("projector_input_dim"), bias=False)
    shapes.linear(d_out, d_out, bias=False)


def merged(keys: PartKeys, d_model: int) -> int:
    """Width of the patches that become one token, side by side."""
    return d_model * keys.size("spatial_merge_size", "merge_size", most=64) ** 2


def qwen_merger(shapes: Shapes, d_merged: int, d_out: int, *, d_model: int, n: int = 1) -> None:
    """Two layers behind the merging of patches of width `d_model`."""
    shapes.at(d_model / d_merged)
    shapes.linear(d_merged, d_merged, n=n)
    shapes.linear(d_merged, d_out, n=n)


def video_patches(keys: PartKeys, shapes: Shapes, d_model: int, *, bias: bool) -> None:
    """Patches over two frames; an image is taken twice."""
    shapes.at()
    shapes.conv(channels(keys), d_model, keys.size("temporal_patch_size"), keys.patch(), bias=bias)


def qwen2_vl(keys: PartKeys, shapes: Shapes) -> None:
    """Qwen2-VL: rotary positions, layer norms; `hidden_size` is the text model's width."""
    depth, d_model = keys.n_layers("depth"), keys.size("embed_dim")
    video_patches(keys, shapes, d_model, bias=False)
    shapes.layers(depth, d_model, keys.widened(d_model, 4))
    shapes.norm(d_model)
    qwen_merger(shapes, merged(keys, d_model), keys.size("hidden_size"), d_model=d_model)


def qwen25_vl(keys: PartKeys, shapes: Shapes) -> None:
    """Qwen2.5-VL: RMS norms and gated feed-forwards with biases; KV heads may be fewer (EXAONE 4.5)."""
    depth, d_model, d_ff = sizes(keys)
    n_heads = keys.size("num_attention_heads")
    d_head = keys.divides(n_heads, d_model, "hidden_size must be a multiple of num_heads")
    n_kv_heads = keys.size("num_key_value_heads") if keys.has("num_key_value_heads") else n_heads
    video_patches(keys, shapes, d_model, bias=False)
    n_full = len(keys.indices("fullatt_block_indexes", depth))
    shapes.layers(n_full, d_model, d_ff, d_kv=n_kv_heads * d_head, gated=True, rms=True)
    merge = keys.size("spatial_merge_size", most=64)
    side = keys.size("window_size", most=4096) // keys.sides("patch_size")[0] // merge * merge
    shapes.at(window=max(side, merge))
    shapes.layers(depth - n_full, d_model, d_ff, d_kv=n_kv_heads * d_head, gated=True, rms=True)
    shapes.norm(d_model, rms=True)
    qwen_merger(shapes, merged(keys, d_model), keys.size("out_hidden_size"), d_model=d_model)


def qwen3_vl(keys: PartKeys, shapes: Shapes) -> None:
    """Qwen3-VL and Qwen3-Omni: a table of positions, and a merger for each layer whose states are handed on."""
    n_taps = keys.length("deepstack_visual_indexes")
    qwen35(keys, shapes)
    d_model = keys.size("hidden_size")
    d_merged = merged(keys, d_model)
    shapes.norm(d_merged, n=n_taps)
    qwen_merger(shapes, d_merged, keys.size("out_hidden_size"), d_model=d_model, n=n_taps)


def qwen35(keys: PartKeys, shapes: Shapes) -> None:
    """Qwen3.5 and later: Qwen3-VL's tower with its last merger alone."""
    depth, d_model, d_ff = sizes(keys)
    video_patches(keys, shapes, d_model, bias=True)
    shapes.plain(keys.size("num_position_embeddings"), d_model)
    shapes.layers(depth, d_model, d_ff)
    shapes.norm(d_model)
    qwen_merger(shapes, merged(keys, d_model), keys.size("out_hidden_size"), d_model=d_model)


def glm_merger(keys: PartKeys, shapes: Shapes, d_model: int, d_context: int) -> None:
    """A strided convolution, then a gated feed-forward behind one more projection."""
    d_out, side = keys.size("out_hidden_size"), keys.size("spatial_merge_size", most=64)
    shapes.at(1 / side**2)
    shapes.conv(d_model, d_out, side, side)
    shapes.linear(d_out, d_out, bias=False)
    shapes.norm(d_out)
    shapes.mlp(d_out, d_context, gated=True, bias=False)


def glm4v(keys: PartKeys, shapes: Shapes) -> None:
    """GLM-4V: `intermediate_size` is the merger's; the layers' feed-forward is as wide as the text model."""
    depth, d_model, d_context = sizes(keys)
    bias = keys.flag("attention_bias", default=False)
    video_patches(keys, shapes, d_model, bias=True)
    shapes.plain(keys.grid(), d_model)
    d_ff = keys.size("out_hidden_size")
    shapes.layers(depth, d_model, d_ff, qkv_bias=bias, out_bias=False, mlp_bias=False, gated=True, rms=True)
    shapes.norm(d_model, n=2, rms=True)
    glm_merger(keys, shapes, d_model, d_context)


def glm_ocr(keys: PartKeys, shapes: Shapes) -> None:
    """GLM-OCR and GLM-5 vision: norms on queries and keys, no table of positions."""
    depth, d_model, d_ff = sizes(keys)
    bias = keys.flag("attention_bias", default=True)
    d_head = d_model // keys.size("num_attention_heads")
    video_patches(keys, shapes, d_model, bias=True)
    shapes.layers(
        depth, d_model, d_ff, qkv_bias=bias, out_bias=bias, mlp_bias=bias, gated=True, rms=True, each=2 * d_head
    )
    shapes.norm(d_model, rms=True)
    d_context = keys.size("out_hidden_size") * channels(keys)
    if keys.has("projection_intermediate_size"):
        d_context = keys.size("projection_intermediate_size")
    glm_merger(keys, shapes, d_model, d_context)


def moonvit(keys: PartKeys, shapes: Shapes) -> None:
    """MoonViT (Kimi-VL, Kimi K2.5): a table of positions that is interpolated, rotary ones on top."""
    depth = keys.n_layers("num_hidden_layers", "vt_num_hidden_layers")
    d_model = keys.size("hidden_size", "vt_hidden_size")
    d_ff = keys.size("intermediate_size", "vt_intermediate_size")
    height = keys.size("pos_emb_height", "init_pos_emb_height", most=4096)
    width = keys.size("pos_emb_width", "init_pos_emb_width", most=4096)
    shapes.at()
    shapes.conv(channels(keys), d_model, keys.patch())
    shapes.plain(height, width, d_model)
    shapes.layers(depth, d_model, d_ff)
    shapes.norm(d_model)


def moonvit3(keys: PartKeys, shapes: Shapes) -> None:
    """MoonViT-3d of Kimi K3: wider heads, RMS norms, no biases unless said; positions in time are fixed. Source: the
    modelling code beside the checkpoint (modeling_kimi_k3.py) as SGLang carries it (models/kimi_k3_vision)."""
    keys.choice("norm_type", ("rmsnorm",), default="rmsnorm")
    keys.choice("mlp_type", ("mlp2",), default="mlp2")
    keys.choice("pos_emb_type", ("divided_fixed",), default="divided_fixed")
    d_model = keys.size("vt_hidden_size")
    attn_bias, bias = keys.flag("attn_bias"), keys.flag("linear_bias")
    shapes.at()
    shapes.conv(channels(keys), d_model, keys.patch(), bias=keys.flag("patch_embed_proj_bias"))
    shapes.plain(keys.size("init_pos_emb_height", most=4096), keys.size("init_pos_emb_width", most=4096), d_model)
    shapes.layers(
        keys.n_layers("vt_num_hidden_layers"),
        d_model,
        keys.size("vt_intermediate_size"),
        d_query=keys.size("qkv_hidden_size"),
        qkv_bias=attn_bias,
        out_bias=attn_bias,
        mlp_bias=bias,
        rms=True,
    )
    shapes.norm(d_model, rms=True)


def internvl(keys: PartKeys, shapes: Shapes) -> None:
    """InternViT: a class token, learned positions, a scale on each residual."""
    depth, d_model, d_ff = sizes(keys)
    bias = keys.flag("attention_bias", "qkv_bias", default=False)
    qk_norm = keys.flag("use_qk_norm", "qk_normalization", default=False)
    rms = keys.choice("norm_type", ("layer_norm", "rms_norm"), default="layer_norm") == "rms_norm"
    shapes.at()
    shapes.conv(channels(keys), d_model, keys.patch())
    shapes.at(more=1)
    positions = keys.grid() + 1 if keys.flag("use_absolute_position_embeddings", default=True) else 0
    masked = keys.flag("use_mask_token", default=False)
    shapes.plain(1 + positions + (1 if masked else 0), d_model)
    shapes.layers(depth, d_model, d_ff, qkv_bias=bias, rms=rms, each=2 * d_model + (2 * d_model if qk_norm else 0))
    if not keys.flag("use_mean_pooling", default=True):
        shapes.norm(d_model)


def ernie(keys: PartKeys, shapes: Shapes) -> None:
    """ERNIE 4.5 VL: patches by a matrix without bias, rotary positions."""
    depth, d_model, d_ff = sizes(keys)
    shapes.linear(channels(keys) * keys.patch(), d_model, bias=False)
    shapes.layers(depth, d_model, d_ff)
    shapes.norm(d_model)


def gemma4(keys: PartKeys, shapes: Shapes) -> None:
    """Gemma 4: four norms a layer, norms on queries and keys, positions for each axis."""
    depth, d_model, d_ff = sizes(keys)
    d_head = keys.size("head_dim")
    shapes.at()
    shapes.linear(3 * keys.patch(), d_model, bias=False)
    shapes.plain(2, keys.size("position_embedding_size"), d_model)
    shapes.layers(
        depth,
        d_model,
        d_ff,
        d_query=keys.size("num_attention_heads") * d_head,
        d_kv=keys.size("num_key_value_heads") * d_head,
        qkv_bias=False,
        out_bias=False,
        mlp_bias=False,
        gated=True,
        rms=True,
        n_norms=4,
        each=2 * d_head,
    )


MOBILENET_V5 = 294_126_912  # mobilenetv5_300m_enc, measured in transformers 5.24.0 on 2026-11-30: no key changes it


def gemma3n(keys: PartKeys, shapes: Shapes) -> None:
    """Gemma 3n: MobileNet V5, a convolutional tower of one published size."""
    keys.expect("architecture", "mobilenetv5_300m_enc")
    keys.expect("do_pooling", False)
    shapes.plain(MOBILENET_V5)


def gemma4_unified(keys: PartKeys, shapes: Shapes) -> None:
    """Gemma 4 unified: no layers; patches and positions are embedded and normed."""
    d_model, pooled = keys.size("mm_embed_dim"), 3 * keys.patch() * keys.size("pooling_kernel_size", most=64) ** 2
    shapes.plain(2, keys.size("mm_posemb_size"), d_model)
    shapes.norm(pooled)
    shapes.linear(pooled, d_model)
    shapes.norm(d_model, n=2)


def ovis2(keys: PartKeys, shapes: Shapes) -> None:
    """Ovis 2: RMS norms and gated feed-forwards, then a head over visual words."""
    depth, d_model, d_ff = sizes(keys)
    qkv_bias, mlp_bias = keys.flag("qkv_bias", default=False), keys.flag("mlp_bias", default=False)
    shapes.conv(channels(keys), d_model, keys.patch())
    shapes.plain(keys.grid(), d_model)
    shapes.layers(depth, d_model, d_ff, qkv_bias=qkv_bias, out_bias=qkv_bias, mlp_bias=mlp_bias, gated=True, rms=True)
    shapes.norm(d_model, n=2, rms=True)
    n_words = keys.size("vocab_size") - keys.count("num_visual_indicator_tokens")
    if n_words < 1:
        raise keys.error("vocab_size", "give more visual words than num_visual_indicator_tokens")
    shapes.linear(d_model * keys.size("hidden_stride", most=64) ** 2, n_words, bias=False)
    shapes.norm(n_words)


def sam(keys: PartKeys, shapes: Shapes) -> None:
    """SAM's encoder (GOT-OCR 2, DeepSeek-OCR): windows, positions relative along each axis, a neck."""
    depth, d_model = keys.n_layers(), keys.size("hidden_size")
    d_ff = keys.size("mlp_dim") if keys.has("mlp_dim") else keys.widened(d_model, 4)
    d_out, n_global = keys.size("output_channels"), len(keys.indices("global_attn_indexes", depth))
    side, window = int(keys.grid() ** 0.5), keys.size("window_size", most=4096)
    d_head = d_model // keys.size("num_attention_heads")
    shapes.conv(channels(keys), d_model, keys.patch())
    shapes.plain(keys.grid() if keys.flag("use_abs_pos", default=True) else 0, d_model)
    shapes.layers(depth, d_model, d_ff, qkv_bias=keys.flag("qkv_bias", default=True))
    if keys.flag("use_rel_pos", default=True):
        shapes.plain(2 * (2 * window - 1), d_head, n=depth - n_global)
        shapes.plain(2 * (2 * side - 1), d_head, n=n_global)
    shapes.conv(d_model, d_out, bias=False)
    shapes.conv(d_out, d_out, 3, 3, bias=False)
    shapes.norm(d_out, n=2)


def deepseek_ocr(keys: PartKeys, shapes: Shapes) -> None:
    """DeepSeek-OCR: SAM's encoder with two strided convolutions, then CLIP without patches or a last norm."""
    first = PartKeys(keys.inside("sam_config").config, keys.name, SAM)
    sam(first, shapes)
    d_sam = first.size("output_channels")
    shapes.conv(d_sam, 2 * d_sam, 3, 3, bias=False)
    shapes.conv(2 * d_sam, 4 * d_sam, 3, 3, bias=False)
    second = PartKeys(keys.inside("vision_config").config, keys.name, CLIP_L | {"image_size": 224})
    depth, d_model, d_ff = sizes(second)
    shapes.plain(second.grid() + 2, d_model)
    shapes.norm(d_model)
    shapes.layers(depth, d_model, d_ff)


def deepseek_ocr2(keys: PartKeys, shapes: Shapes) -> None:
    """DeepSeek-OCR-2: SAM's encoder with two strided convolutions, then a Qwen2 over its patches and learned queries,
    144 for a tile and 256 for the whole."""
    first = PartKeys(keys.inside("sam_config").config, keys.name, SAM | {"downsample_channels": [512, 896]})
    sam(first, shapes)
    before = first.size("output_channels")
    for after in first.pair("downsample_channels"):
        shapes.conv(before, after, 3, 3, bias=False)
        before = after
    second = PartKeys(keys.inside("encoder_config").config, keys.name, QWEN2)
    depth, d_model, d_ff = sizes(second)
    d_kv = second.size("num_key_value_heads") * (d_model // second.size("num_attention_heads"))
    shapes.plain(144 + 256, d_model)
    shapes.layers(depth, d_model, d_ff, d_kv=d_kv, out_bias=False, mlp_bias=False, gated=True, rms=True)
    shapes.norm(d_model, rms=True)


def minimax_m3(keys: PartKeys, shapes: Shapes) -> None:
    """MiniMax M3: patches over two frames, rotary positions, a norm before the layers and none after."""
    depth, d_model, d_ff = sizes(keys)
    video_patches(keys, shapes, d_model, bias=False)
    shapes.norm(d_model)
    shapes.layers(depth, d_model, d_ff)


def radio(keys: PartKeys, shapes: Shapes) -> None:
    """C-RADIO (Nemotron Omni): patches by a matrix, for images and for pairs of frames; scales on each residual."""
    depth, d_model = keys.n_layers(), keys.size("hidden_size")
    patch = channels(keys) * keys.patch()
    side = keys.size("max_img_size", most=PIXELS_ACROSS) // keys.sides("patch_size")[0]
    shapes.plain(side * side, d_model)
    shapes.plain(keys.count("num_cls_tokens") + keys.count("num_registers"), d_model)
    shapes.linear(patch, d_model, bias=False)
    shapes.linear(patch * keys.size("video_temporal_patch_size", most=64), d_model, bias=False)
    shapes.layers(
        depth, d_model, keys.widened(d_model, 4), qkv_bias=keys.flag("qkv_bias", default=True), each=2 * d_model
    )


PIXELS_ACROSS = 2**16


def step3(keys: PartKeys, shapes: Shapes) -> None:
    """Step-3.5 and 3.7: scales on each residual, two strided convolutions at the end."""
    depth, d_model = keys.n_layers("num_hidden_layers", "layers"), keys.size("hidden_size", "width")
    d_ff = keys.widened(d_model, 8960 / 1536)
    shapes.conv(channels(keys), d_model, keys.patch(), bias=False)
    shapes.plain(keys.grid(), d_model)
    shapes.norm(d_model)
    shapes.layers(depth, d_model, d_ff, each=2 * d_model)
    shapes.conv(d_model, 2 * d_model, 3, 3)
    shapes.conv(2 * d_model, 4 * d_model, 3, 3)


def lfm3(keys: PartKeys, shapes: Shapes) -> None:
    """LFM3-VL: short convolutions over the image beside attention, gated feed-forwards without bias."""
    depth, d_model, d_ff = sizes(keys)
    kinds = keys.words("layer_types", depth, ("conv", "full_attention"))
    if kinds is None:
        keys.assume("layer_types: attention in every other layer from the third on (the family's default)")
        kinds = tuple("conv" if index < 2 or index % 2 else "full_attention" for index in range(depth))
    n_conv, kernel = kinds.count("conv"), keys.size("conv_kernel_size", most=64)
    d_head = d_model // keys.size("num_attention_heads")
    video = keys.size("temporal_patch_size", most=64)
    shapes.linear(channels(keys) * video * keys.patch(), d_model, bias=False)
    shapes.norm(d_model, rms=True)
    shapes.linear(d_model, 3 * d_model, n=n_conv, bias=False)
    shapes.plain(d_model, kernel, kernel, n=n_conv)
    shapes.linear(d_model, d_model, n=n_conv, bias=False)
    n_attention = depth - n_conv
    d_kv = keys.size("num_key_value_heads") * d_head
    shapes.attention(d_model, n=n_attention, d_kv=d_kv, qkv_bias=False, out_bias=False)
    shapes.plain(2 * d_head, n=n_attention)
    shapes.mlp(d_model, d_ff, n=depth, gated=True, bias=False)
    shapes.norm(d_model, n=2 * depth, rms=True)


def janus(keys: PartKeys, shapes: Shapes) -> None:
    """Janus: SigLIP's layers."""
    depth, d_model = keys.n_layers(), keys.size("hidden_size")
    bias = keys.flag("attention_bias", default=True)
    head = 2 * d_model // keys.size("num_attention_heads") if keys.flag("use_qk_norm", default=False) else 0
    shapes.conv(channels(keys), d_model, keys.patch())
    shapes.plain(keys.grid(), d_model)
    shapes.norm(d_model)
    shapes.layers(depth, d_model, keys.widened(d_model, 4), qkv_bias=bias, each=2 * head)


def blip2(keys: PartKeys, shapes: Shapes) -> None:
    """EVA's tower as BLIP-2 holds it: a class token, a norm at the end."""
    depth, d_model, d_ff = sizes(keys)
    shapes.conv(3, d_model, keys.patch())
    shapes.plain(keys.grid() + 2, d_model)
    shapes.norm(d_model)
    shapes.layers(depth, d_model, d_ff, qkv_bias=keys.flag("qkv_bias", default=True))


def molmo2(keys: PartKeys, shapes: Shapes) -> None:
    """Molmo 2: patches by a matrix, no norm before or after."""
    depth, d_model, d_ff = sizes(keys)
    bias, d_head = keys.flag("attention_bias", default=True), keys.size("head_dim")
    shapes.linear(channels(keys) * keys.patch(), d_model)
    shapes.plain(keys.size("num_position_embeddings"), d_model)
    shapes.layers(
        depth,
        d_model,
        d_ff,
        d_query=keys.size("num_attention_heads") * d_head,
        d_kv=keys.size("num_key_value_heads") * d_head,
        qkv_bias=bias,
        out_bias=bias,
    )


def muse(keys: PartKeys, shapes: Shapes) -> None:
    """Muse: patches over two frames by a matrix, positions on a grid, norms before and after."""
    depth, d_model, d_ff = sizes(keys)
    shapes.linear(3 * keys.size("patch_temporal", most=64) * keys.patch(), d_model, bias=False)
    shapes.plain(keys.size("max_position_embeddings"), d_model)
    shapes.norm(d_model, n=2)
    shapes.layers(depth, d_model, d_ff)


SAM = {
    "hidden_size": 768,
    "output_channels": 256,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "image_size": 1024,
    "patch_size": 16,
    "window_size": 14,
    "global_attn_indexes": [2, 5, 8, 11],
}
QWEN2 = {
    "hidden_size": 4096,
    "intermediate_size": 22016,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 32,
}
CLIP_L = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "image_size": 336,
    "patch_size": 14,
}
