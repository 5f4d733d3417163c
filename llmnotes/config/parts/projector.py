"""What stands between a tower and the text model: one function a kind of projector."""

from collections.abc import Callable
from dataclasses import dataclass

from llmnotes.config.keys import Keys
from llmnotes.config.parts.shapes import PartKeys, Shapes


@dataclass(frozen=True)
class Between:
    """Keys that a projector is read from.

    Attributes:
        outer: The whole configuration.
        vision, audio: The towers' keys; empty where there is none.
        text: The text model's keys.
        d_text: Width of the text model.
    """

    outer: PartKeys
    vision: PartKeys
    audio: PartKeys
    text: Keys
    d_text: int

    @property
    def d_vision(self) -> int:
        """Width of the vision tower."""
        return self.vision.size("hidden_size")


Projector = Callable[[Between, Shapes], None]


def n_taps(outer: PartKeys) -> int:
    """Layers of the tower that are read, side by side."""
    value, _ = outer.raw("vision_feature_layer")
    return max(len(value), 1) if isinstance(value, list | tuple) else 1


def two_layers(shapes: Shapes, d_in: int, d_out: int, *, bias: bool = True) -> None:
    """A matrix into the text model's width, an activation, a square matrix."""
    shapes.linear(d_in, d_out, bias=bias)
    shapes.linear(d_out, d_out, bias=bias)


def llava(at: Between, shapes: Shapes) -> None:
    """LLaVA: two layers."""
    bias = at.outer.flag("multimodal_projector_bias", default=True)
    shapes.at()
    two_layers(shapes, at.d_vision * n_taps(at.outer), at.d_text, bias=bias)


def llava_next(at: Between, shapes: Shapes) -> None:
    """LLaVA-NeXT and OneVision: the same, and a learned mark at the end of a row."""
    llava(at, shapes)
    shapes.plain(at.d_text)


def vipllava(at: Between, shapes: Shapes) -> None:
    """ViP-LLaVA: a norm over five layers' states, then two layers."""
    value, _ = at.outer.raw("vision_feature_layer")
    layers = len(value) if isinstance(value, list | tuple) else 5
    shapes.norm(layers * at.d_vision)
    two_layers(shapes, layers * at.d_vision, at.d_text)


def plain_two_layers(at: Between, shapes: Shapes) -> None:
    """Two layers with biases (VideoLLaMA 3, DeepSeek-VL)."""
    two_layers(shapes, at.d_vision, at.d_text)


def deepseek_vl_hybrid(at: Between, shapes: Shapes) -> None:
    """DeepSeek-VL with two towers: each to half the width, then one layer; SAM's neck and strides before."""
    d_sam = at.outer.inside("high_res_vision_config")
    keys = PartKeys(d_sam.config, d_sam.name, {"output_channels": 256, "hidden_size": 768})
    d_out = keys.size("output_channels")
    shapes.conv(keys.size("hidden_size"), d_out, bias=False)
    shapes.conv(d_out, d_out, 3, 3, bias=False)
    shapes.norm(d_out, n=2)
    shapes.conv(d_out, 2 * d_out, 3, 3, bias=False)
    shapes.conv(2 * d_out, 4 * d_out, 3, 3, bias=False)
    shapes.plain(1)
    shapes.linear(at.d_vision, at.d_text // 2)
    shapes.linear(4 * d_out, at.d_text // 2)
    shapes.linear(at.d_text, at.d_text)


def janus(at: Between, shapes: Shapes) -> None:
    """Janus: as many layers as the tower's `depth` says."""
    width = at.vision.size("projection_dim", default=2048)
    shapes.linear(at.vision.size("hidden_size"), width)
    shapes.linear(width, width, n=at.vision.size("depth", default=2, most=64) - 1)


def aria(at: Between, shapes: Shapes) -> None:
    """Aria: queries attend to patches, then a feed-forward into the text model."""
    d_model = at.d_vision
    shapes.plain(at.outer.size("max_value_projector_patch_to_query_dict", default=256), d_model)
    shapes.linear(d_model, d_model, n=3, bias=False)
    shapes.attention(d_model)
    shapes.linear(d_model, d_model)
    shapes.norm(d_model, n=3)
    shapes.linear(d_model, at.d_text, bias=False)
    shapes.linear(at.d_text, at.d_text, bias=False)


def gemma3(at: Between, shapes: Shapes) -> None:
    """Gemma 3: an RMS norm and one matrix, over as many pooled patches as an image has tokens."""
    shapes.at(at.outer.size("mm_tokens_per_image", default=256) / max(at.vision.grid(), 1))
    shapes.norm(at.d_vision, rms=True)
    shapes.linear(at.d_vision, at.d_text, bias=False)


def gemma3n(at: Between, shapes: Shapes) -> None:
    """Gemma 3n: for each tower a small vocabulary of its own, two norms and a matrix."""
    for keys in (at.vision, at.audio):
        if keys.config:
            width = keys.size("hidden_size")
            shapes.plain(keys.size("vocab_size"), width)
            shapes.norm(width, n=2, rms=True)
            shapes.linear(width, at.d_text, bias=False)


def gemma4(at: Between, shapes: Shapes) -> None:
    """Gemma 4: one matrix for each tower, behind norms without gains."""
    if at.vision.config:
        shapes.at(1 / at.vision.size("pooling_kernel_size", default=3, most=64) ** 2)
        shapes.linear(at.d_vision, at.d_text, bias=False)
        shapes.idle()
    if at.audio.config:
        shapes.linear(at.audio.size("output_proj_dims"), at.d_text, bias=False)


def gemma4_unified(at: Between, shapes: Shapes) -> None:
    """Gemma 4 unified: one matrix for each kind of input."""
    if at.vision.config:
        shapes.linear(at.vision.size("mm_embed_dim"), at.d_text, bias=False)
    if at.audio.config:
        shapes.linear(at.audio.size("audio_embed_dim"), at.d_text, bias=False)


def one_layer(at: Between, shapes: Shapes) -> None:
    """One matrix with a bias (PaliGemma)."""
    shapes.at()
    shapes.linear(at.d_vision, at.d_text)


def idefics2(at: Between, shapes: Shapes) -> None:
    """Idefics 2: a gated projection, then a perceiver whose latents become the tokens of an image."""
    perceiver = at.outer.inside("perceiver_config")
    defaults = {"resampler_n_latents": 64, "resampler_depth": 3, "resampler_n_heads": 16, "resampler_head_dim": 96}
    keys = PartKeys(perceiver.config, perceiver.name, defaults | {"num_key_value_heads": 4})
    depth, d_head = keys.n_layers("resampler_depth"), keys.size("resampler_head_dim")
    d_ff, d_text = at.text.size("intermediate_size"), at.d_text
    shapes.linear(at.d_vision, d_ff, n=2, bias=False)
    shapes.linear(d_ff, d_text, bias=False)
    shapes.plain(keys.size("resampler_n_latents"), d_text)
    shapes.norm(d_text, n=3 * depth + 1, rms=True)
    d_query, d_kv = keys.size("resampler_n_heads") * d_head, keys.size("num_key_value_heads") * d_head
    shapes.attention(d_text, n=depth, d_query=d_query, d_kv=d_kv, qkv_bias=False, out_bias=False)
    shapes.mlp(d_text, 4 * d_text, n=depth, gated=True, bias=False)


def idefics3(at: Between, shapes: Shapes) -> None:
    """Idefics 3 and SmolVLM: patches side by side, one matrix."""
    scale = at.outer.size("scale_factor", default=2, most=64)
    shapes.at(1 / scale**2)
    shapes.linear(at.d_vision * scale**2, at.d_text, bias=False)


def mllama(at: Between, shapes: Shapes) -> None:
    """Llama 3.2 Vision: one layer from all tapped states, at the patches of a tile and its class token."""
    shapes.at((at.vision.grid() + 1) / max(at.vision.grid(), 1))
    shapes.linear(at.vision.size("vision_output_dim"), at.d_text)


def llama4(at: Between, shapes: Shapes) -> None:
    """Llama 4: one matrix."""
    shapes.at(at.vision.number("pixel_shuffle_ratio", 0.5) ** 2)
    shapes.linear(at.vision.size("vision_output_dim"), at.d_text, bias=False)


def internvl(at: Between, shapes: Shapes) -> None:
    """InternVL: a norm over patches side by side, two layers."""
    scale = round(1 / at.outer.number("downsample_ratio", 0.5))
    shapes.at(1 / scale**2)
    shapes.norm(at.d_vision * scale**2)
    two_layers(shapes, at.d_vision * scale**2, at.d_text)


def mistral3(at: Between, shapes: Shapes) -> None:
    """Mistral 3: a norm, patches merged by one matrix, two layers."""
    side = at.outer.size("spatial_merge_size", default=2, most=64)
    taps = n_taps(at.outer)
    shapes.at(1 / side**2)
    shapes.norm(at.d_vision, rms=True)
    shapes.linear(at.d_vision * side**2, at.d_vision, bias=False)
    two_layers(shapes, at.d_vision * taps, at.d_text, bias=at.outer.flag("multimodal_projector_bias", default=False))


def lighton(at: Between, shapes: Shapes) -> None:
    """LightOnOCR: Mistral 3's without biases."""
    side = at.outer.size("spatial_merge_size", default=2, most=64)
    shapes.norm(at.d_vision, rms=True)
    shapes.linear(at.d_vision * side**2, at.d_vision, bias=False)
    two_layers(shapes, at.d_vision, at.d_text, bias=False)


def kimi(at: Between, shapes: Shapes) -> None:
    """Kimi-VL and K2.5: a norm of each patch, two layers over four side by side."""
    d_vision = at.vision.size("mm_hidden_size", "vt_hidden_size", "hidden_size")
    tall, wide = at.vision.sides("merge_kernel_size")
    d_merged = d_vision * tall * wide
    shapes.at(1 / (tall * wide))
    shapes.norm(at.outer.size("projection_hidden_size", default=d_vision))
    shapes.linear(d_merged, d_merged)
    shapes.linear(d_merged, at.d_text)


def kimi_k3(at: Between, shapes: Shapes) -> None:
    """Kimi K3: two layers without biases over four patches side by side, then a norm."""
    at.vision.choice("mm_projector_type", ("patchmergerv2",), default="patchmergerv2")
    tall, wide = at.vision.sides("merge_kernel_size")
    d_merged = at.vision.size("mm_hidden_size", "vt_hidden_size") * tall * wide
    shapes.at(1 / (tall * wide))
    shapes.linear(d_merged, d_merged, bias=False)
    shapes.linear(d_merged, at.d_text, bias=False)
    shapes.norm(at.d_text, rms=True)


def aya(at: Between, shapes: Shapes) -> None:
    """Aya Vision: a norm, a gated layer, one more layer."""
    side = at.outer.size("downsample_factor", default=2, most=64)
    d_align = at.outer.size("alignment_intermediate_size", default=at.d_text)
    shapes.norm(at.d_vision * side**2)
    shapes.linear(at.d_vision * side**2, d_align)
    shapes.linear(d_align // 2, at.d_text)


def cohere2(at: Between, shapes: Shapes) -> None:
    """Command A Vision: the same without the norm."""
    side = at.outer.size("downsample_factor", default=2, most=64)
    d_align = at.outer.size("alignment_intermediate_size", default=36864)
    shapes.linear(at.d_vision * side**2, d_align)
    shapes.linear(d_align // 2, at.d_text)


def fuyu(at: Between, shapes: Shapes) -> None:
    """Fuyu: no tower; patches are projected by one layer."""
    patch = at.outer.size("patch_size", default=30, most=4096) ** 2
    shapes.linear(at.outer.size("num_channels", default=3) * patch, at.d_text)


def ovis2(at: Between, shapes: Shapes) -> None:
    """Ovis 2: a table of visual words."""
    shapes.plain(at.vision.size("vocab_size"), at.outer.size("hidden_size", default=at.d_text))


def ernie(at: Between, shapes: Shapes) -> None:
    """ERNIE 4.5 VL: patches merged in space, then in time, then one layer and a norm."""
    d_space = at.d_vision * at.vision.size("spatial_merge_size", most=64) ** 2
    d_time = d_space * at.vision.size("temporal_merge_size", most=64)
    shapes.linear(d_space, d_space, n=2)
    shapes.linear(d_time, d_space)
    shapes.linear(d_space, d_space)
    shapes.norm(d_space, n=2)
    shapes.linear(d_space, at.d_text)
    shapes.norm(at.d_text, rms=True)


def paddleocr(at: Between, shapes: Shapes) -> None:
    """PaddleOCR-VL: a norm of each patch, two layers over four side by side."""
    d_merged = at.d_vision * at.vision.size("spatial_merge_size", most=64) ** 2
    shapes.norm(at.d_vision)
    shapes.linear(d_merged, d_merged)
    shapes.linear(d_merged, at.d_text)


def lfm2(at: Between, shapes: Shapes) -> None:
    """LFM2-VL: a norm over patches side by side, two layers through a width of their own."""
    d_merged = at.d_vision * at.outer.size("downsample_factor", default=2, most=64) ** 2
    width, bias = at.outer.size("projector_hidden_size", default=2560), at.outer.flag("projector_bias", default=True)
    if at.outer.flag("projector_use_layernorm", default=True):
        shapes.norm(d_merged)
    shapes.linear(d_merged, width, bias=bias)
    shapes.linear(width, at.d_text, bias=bias)


def lfm3(at: Between, shapes: Shapes) -> None:
    """LFM3-VL: the same, the norm before the merging."""
    d_merged = at.d_vision * at.vision.size("spatial_merge_size", default=2, most=64) ** 2
    width, bias = at.outer.size("projector_hidden_size", default=4096), at.outer.flag("projector_bias", default=True)
    shapes.norm(at.d_vision)
    shapes.linear(d_merged, width, bias=bias)
    shapes.linear(width, at.d_text, bias=bias)


def got_ocr2(at: Between, shapes: Shapes) -> None:
    """GOT-OCR 2: two strided convolutions, one layer."""
    d_out = at.vision.size("output_channels")
    shapes.conv(d_out, 2 * d_out, 3, 3, bias=False)
    shapes.conv(2 * d_out, at.d_text, 3, 3, bias=False)
    shapes.linear(at.d_text, at.d_text)


def deepseek_ocr(at: Between, shapes: Shapes) -> None:
    """DeepSeek-OCR: one layer from both towers, and two learned marks."""
    shapes.linear(2048, at.d_text)
    shapes.plain(2, at.d_text)


def deepseek_ocr2(at: Between, shapes: Shapes) -> None:
    """DeepSeek-OCR-2: one layer, and a learned mark between views."""
    shapes.linear(at.vision.inside("encoder_config").size("hidden_size", default=4096), at.d_text)
    shapes.plain(at.d_text)


def minimax_m3(at: Between, shapes: Shapes) -> None:
    """MiniMax M3: two layers for each patch, two more over four side by side."""
    width = at.outer.size("projector_hidden_size", default=at.d_text)
    shapes.linear(at.d_vision, width)
    shapes.linear(width, at.d_text)
    side = at.vision.size("spatial_merge_size", default=2, most=64)
    shapes.linear(at.d_text * side**2, width)
    shapes.linear(width, at.d_text)


def minicpm(at: Between, shapes: Shapes) -> None:
    """MiniCPM-V 4.6: as many mergings as `merger_times` says, each a norm and two layers; the last into the text."""
    tall, wide = at.outer.sides("merge_kernel_size")
    d_merged, times = at.d_vision * tall * wide, at.outer.size("merger_times", default=1, most=64)
    for index in range(times):
        shapes.norm(d_merged)
        shapes.linear(d_merged, d_merged)
        shapes.linear(d_merged, at.d_text if index == times - 1 else at.d_vision)


def minicpmv(at: Between, shapes: Shapes) -> None:
    """MiniCPM-V to 4.5: learned queries attend to the patches. 1 and 2 store the queries' positions."""
    d_in = at.outer.inside("vision_config").size("hidden_size", default=1152)
    n_queries = at.outer.size("query_num", default=64)
    stores_positions = not at.outer.has("version")
    shapes.plain(n_queries * (1 + stores_positions), at.d_text)
    shapes.linear(d_in, at.d_text, bias=False)
    shapes.attention(at.d_text)
    shapes.norm(at.d_text, n=3)
    shapes.linear(at.d_text, at.d_text, bias=False)


def minicpmo(at: Between, shapes: Shapes) -> None:
    """MiniCPM-o: that of MiniCPM-V, and two layers behind Whisper's encoder."""
    minicpmv(at, shapes)
    if at.audio.has("hidden_size"):
        two_layers(shapes, at.audio.size("hidden_size"), at.d_text)


def nemotron_omni(at: Between, shapes: Shapes) -> None:
    """Nemotron Omni: an RMS norm over patches side by side, two matrices."""
    scale = round(1 / at.outer.number("downsample_ratio", 0.5))
    d_merged = at.outer.size("vision_hidden_size", default=at.d_vision) * scale**2
    width = at.outer.size("projector_hidden_size", default=4096)
    shapes.norm(d_merged, rms=True)
    shapes.linear(d_merged, width, bias=False)
    shapes.linear(width, at.d_text, bias=False)


def step3(at: Between, shapes: Shapes) -> None:
    """Step-3.7: one matrix from four times the tower's width."""
    shapes.linear(4 * at.d_vision, at.d_text, bias=at.outer.flag("projector_bias", default=False))


def hyperclovax(at: Between, shapes: Shapes) -> None:
    """HyperCLOVA X Vision: one layer behind Qwen2.5-VL's merger."""
    shapes.linear(at.vision.size("out_hidden_size"), at.d_text)


def qformer(keys: PartKeys, shapes: Shapes, d_memory: int, *, text: bool) -> int:
    """BLIP-2's querying transformer; with a text side of its own in InstructBLIP. Returns its width."""
    depth, d_model, d_ff = keys.n_layers(), keys.size("hidden_size"), keys.size("intermediate_size")
    n_cross = -(-depth // keys.size("cross_attention_frequency", most=4096))
    shapes.norm(d_model)
    shapes.attention(d_model, n=depth)
    shapes.norm(d_model, n=depth)
    shapes.attention(d_model, n=n_cross, d_memory=d_memory)
    shapes.norm(d_model, n=n_cross)
    sides = 2 if text else 1
    shapes.mlp(d_model, d_ff, n=sides * depth)
    shapes.norm(d_model, n=sides * depth)
    if text:
        shapes.plain(keys.size("vocab_size") + keys.size("max_position_embeddings"), d_model)
    return d_model


QFORMER = {
    "vocab_size": 30522,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "intermediate_size": 3072,
    "max_position_embeddings": 512,
    "cross_attention_frequency": 2,
    "encoder_hidden_size": 1408,
}


def blip2(at: Between, shapes: Shapes) -> None:
    """BLIP-2: queries, a querying transformer, one layer."""
    _blip(at, shapes, text=False)


def instructblip(at: Between, shapes: Shapes) -> None:
    """InstructBLIP: the same, reading the instruction too."""
    _blip(at, shapes, text=True)


def _blip(at: Between, shapes: Shapes, *, text: bool) -> None:
    inner = at.outer.inside("qformer_config")
    keys = PartKeys(inner.config, inner.name, QFORMER)
    width = qformer(keys, shapes, at.d_vision, text=text)
    shapes.plain(at.outer.size("num_query_tokens", default=32), width)
    shapes.linear(width, at.d_text)


def granite_speech(at: Between, shapes: Shapes) -> None:
    """Granite Speech: a querying transformer over windows of frames, one layer."""
    inner = at.outer.inside("projector_config")
    keys = PartKeys(inner.config, inner.name, QFORMER)
    width = qformer(keys, shapes, keys.size("encoder_hidden_size"), text=False)
    window, rate = at.outer.size("window_size", default=15), at.outer.size("downsample_rate", default=5)
    shapes.plain(window // rate, width)
    shapes.linear(width, at.d_text)


def molmo2(at: Between, shapes: Shapes) -> None:
    """Molmo 2: patches pooled by attention over two layers' states, then a gated feed-forward."""
    inner = at.outer.inside("adapter_config")
    defaults = {"hidden_size": 1152, "num_attention_heads": 16, "head_dim": 72, "intermediate_size": 18944}
    keys = PartKeys(inner.config, inner.name, defaults | {"num_key_value_heads": 16, "vision_feature_layer": [24, 18]})
    d_model, d_head = keys.size("hidden_size"), keys.size("head_dim")
    d_query, d_kv = keys.size("num_attention_heads") * d_head, keys.size("num_key_value_heads") * d_head
    d_in = d_model * keys.length("vision_feature_layer")
    shapes.linear(d_in, d_query)
    shapes.linear(d_in, d_kv, n=2)
    shapes.linear(d_query, d_model)
    d_ff = keys.size("intermediate_size")
    shapes.linear(d_model, d_ff, n=2, bias=False)
    shapes.linear(d_ff, keys.size("text_hidden_size", default=at.d_text), bias=False)


def muse(at: Between, shapes: Shapes) -> None:
    """Muse: an adapter of two matrices, one more into the text model."""
    width = at.outer.size("projector_hidden_size", default=4096)
    shapes.linear(at.outer.size("out_hidden_size", default=6144), width, bias=False)
    shapes.linear(width, width, bias=False)
    shapes.linear(width, at.d_text, bias=False)


def phi4_multimodal(at: Between, shapes: Shapes) -> None:
    """Phi-4-multimodal: two layers for images, two for speech, two for speech beside images."""
    d_audio = at.audio.size("hidden_size")
    shapes.plain(2, at.d_vision)
    two_layers(shapes, at.d_vision, at.d_text)
    shapes.linear(d_audio, at.d_text, n=2)
    shapes.linear(at.d_text, at.d_text, n=2)


def qwen2_audio(at: Between, shapes: Shapes) -> None:
    """Qwen2-Audio: one layer, over pairs of frames pooled."""
    shapes.at(1 / 2)
    shapes.linear(at.audio.size("hidden_size"), at.d_text)


def audioflamingo3(at: Between, shapes: Shapes) -> None:
    """Audio Flamingo 3 and Music Flamingo: two layers, over pairs of frames pooled."""
    shapes.at(1 / 2)
    two_layers(shapes, at.audio.size("hidden_size"), at.d_text, bias=at.outer.flag("projector_bias", default=True))


def qwen3_asr(at: Between, shapes: Shapes) -> None:
    """Qwen3-ASR: two layers."""
    d_audio = at.audio.size("hidden_size")
    shapes.linear(d_audio, d_audio)
    shapes.linear(d_audio, at.audio.size("output_dim"))


def voxtral(at: Between, shapes: Shapes) -> None:
    """Voxtral: two matrices over as many frames as the tower's feed-forward is wide."""
    shapes.at(at.audio.size("hidden_size") / at.audio.size("intermediate_size"))
    two_layers(shapes, at.audio.size("intermediate_size"), at.d_text, bias=False)


def voxtral_realtime(at: Between, shapes: Shapes) -> None:
    """Voxtral Realtime: two matrices over some frames side by side."""
    frames = at.outer.size("downsample_factor", default=4, most=64)
    two_layers(shapes, at.audio.size("hidden_size") * frames, at.d_text, bias=False)


def glmasr_own(at: Between, shapes: Shapes) -> None:
    """GLM-ASR by its authors' keys: two layers over as many frames as `merge_factor` says. Source:
    modeling_glmasr.py and modeling_audio.py beside linyubupa/glm_asr_vllm at 5af0a8b, whose tower keeps positions."""
    frames = at.outer.size("merge_factor", default=4, most=64)
    shapes.linear(frames * at.audio.size("hidden_size"), 2 * at.d_text)
    shapes.linear(2 * at.d_text, at.d_text)


def glmasr(at: Between, shapes: Shapes) -> None:
    """GLM-ASR: two layers over four frames side by side."""
    shapes.linear(at.audio.size("intermediate_size"), 2 * at.d_text)
    shapes.linear(2 * at.d_text, at.d_text)
