"""Audio towers: one function a kind, from the keys of `audio_config`. Each adds its tensors to `Shapes`.

Read off the modules of transformers 5.24.0, as the vision towers are.
"""

from llmnotes.config.parts.shapes import PIXELS, PartKeys, Shapes
from llmnotes.config.parts.vision import Tower


def whisper_sizes(keys: PartKeys) -> tuple[int, int, int]:
    """Depth, width and feed-forward width, in Whisper's spelling or in the usual one."""
    depth = keys.n_layers("encoder_layers", "num_hidden_layers")
    return depth, keys.size("hidden_size"), keys.size("encoder_ffn_dim", "intermediate_size")


def two_convolutions(keys: PartKeys, shapes: Shapes, d_model: int) -> None:
    """Two convolutions of three frames over the mel bins; the second halves the number of frames."""
    shapes.at(2)
    shapes.conv(keys.size("num_mel_bins"), d_model, 3)
    shapes.at()
    shapes.conv(d_model, d_model, 3)


def whisper(keys: PartKeys, shapes: Shapes) -> None:
    """Whisper's encoder: learned (or kept) positions, keys without bias, a norm at the end."""
    depth, d_model, d_ff = whisper_sizes(keys)
    two_convolutions(keys, shapes, d_model)
    shapes.plain(keys.size("max_source_positions"), d_model)
    shapes.layers(depth, d_model, d_ff, key_bias=False)
    shapes.norm(d_model)


def rotary_whisper(keys: PartKeys, shapes: Shapes) -> None:
    """Whisper's encoder with rotary positions (GLM-ASR)."""
    depth, d_model, d_ff = whisper_sizes(keys)
    d_head = d_model // keys.size("num_attention_heads")
    two_convolutions(keys, shapes, d_model)
    shapes.layers(depth, d_model, d_ff, d_kv=keys.size("num_key_value_heads") * d_head, key_bias=False)
    shapes.norm(d_model)


def qwen25_omni(keys: PartKeys, shapes: Shapes) -> None:
    """Qwen2.5-Omni: Whisper's layers, positions as buffers, two learned marks, a projection into the text model."""
    depth, d_model, d_ff = whisper_sizes(keys)
    d_out = keys.size("output_dim")
    two_convolutions(keys, shapes, d_model)
    shapes.plain(2, d_out)
    shapes.at(window=keys.size("n_window", most=PIXELS))
    shapes.layers(depth, d_model, d_ff, key_bias=False)
    shapes.norm(d_model)
    shapes.at(1 / 2)
    shapes.linear(d_model, d_out)


def qwen3_asr(keys: PartKeys, shapes: Shapes) -> None:
    """Qwen3-ASR: three strided convolutions over time and frequency, one matrix, layers with every bias."""
    depth, d_model, d_ff = whisper_sizes(keys)
    d_conv, bins = keys.size("downsample_hidden_size"), keys.size("num_mel_bins")
    shapes.conv(1, d_conv, 3, 3)
    shapes.conv(d_conv, d_conv, 3, 3, n=2)
    for _ in range(3):
        bins = (bins + 1) // 2
    shapes.linear(d_conv * bins, d_model, bias=False)
    shapes.layers(depth, d_model, d_ff)
    shapes.norm(d_model)


def qwen3_omni(keys: PartKeys, shapes: Shapes) -> None:
    """Qwen3-Omni: the same, and two matrices into the text model."""
    qwen3_asr(keys, shapes)
    _, d_model, _ = whisper_sizes(keys)
    shapes.linear(d_model, d_model)
    shapes.linear(d_model, keys.size("output_dim"))


def voxtral_realtime(keys: PartKeys, shapes: Shapes) -> None:
    """Voxtral Realtime: RMS norms and gated feed-forwards with one bias, heads of a width of their own."""
    depth, d_model, d_ff = whisper_sizes(keys)
    two_convolutions(keys, shapes, d_model)
    d_query = keys.size("num_attention_heads") * keys.size("head_dim")
    shapes.layers(depth, d_model, d_ff, d_query=d_query, key_bias=False, mlp_bias=False, gated=True, rms=True)
    shapes.plain(d_model, n=depth)
    shapes.norm(d_model, rms=True)


def gemma4(keys: PartKeys, shapes: Shapes) -> None:
    """Gemma 4: Gemma 3n's conformer and one more layer at its end."""
    gemma3n(keys, shapes)
    shapes.linear(keys.size("hidden_size"), keys.size("output_proj_dims"))


def gemma3n(keys: PartKeys, shapes: Shapes) -> None:
    """Gemma 3n: a conformer. Two feed-forwards around attention and a convolution, no bias, nine norms a layer."""
    depth = keys.n_layers("num_hidden_layers", "conf_num_hidden_layers")
    d_model = keys.size("hidden_size")
    first, second = keys.pair("subsampling_conv_channels", "sscp_conv_channel_size")
    heads = keys.size("num_attention_heads", "conf_num_attention_heads")
    kernel = keys.size("conv_kernel_size", "conf_conv_kernel_size", most=4096)
    shapes.conv(1, first, 3, 3, bias=False)
    shapes.conv(first, second, 3, 3, bias=False)
    shapes.norm(first + second, rms=True)
    shapes.linear(second * MEL_BINS_OF_GEMMA // 4, d_model, bias=False)
    shapes.mlp(d_model, 4 * d_model, n=2 * depth, bias=False)
    shapes.attention(d_model, n=depth, qkv_bias=False, out_bias=False)
    shapes.linear(d_model, d_model, n=depth, bias=False)
    shapes.linear(d_model, 2 * d_model, n=depth, bias=False)
    shapes.linear(d_model, d_model, n=depth, bias=False)
    shapes.plain(d_model, kernel, n=depth)
    shapes.plain(d_model // heads, n=depth)
    shapes.norm(d_model, n=9 * depth, rms=True)


MEL_BINS_OF_GEMMA = 128  # fixed in the code of the tower


def gemma4_unified(keys: PartKeys, shapes: Shapes) -> None:
    """Gemma 4 unified: frames go straight to the projection."""
    keys.size("audio_embed_dim")


def granite_speech(keys: PartKeys, shapes: Shapes) -> None:
    """Granite Speech: a conformer with a CTC head that is fed back in the middle."""
    depth, d_model = keys.n_layers(), keys.size("hidden_dim")
    n_heads = keys.size("num_attention_heads")
    d_head = keys.size("dim_head", default=d_model // n_heads, why="hidden_dim over num_heads")
    d_ff = d_model * keys.size("feedforward_mult", most=64)
    d_conv = d_model * keys.size("conv_expansion_factor", most=64)
    d_query, n_out = d_head * n_heads, keys.size("output_dim")
    shapes.linear(keys.size("input_dim"), d_model)
    shapes.norm(d_model, n=2 * depth)
    shapes.mlp(d_model, d_ff, n=2 * depth)
    shapes.attention(d_model, n=depth, d_query=d_query, qkv_bias=False)
    shapes.plain(2 * keys.size("max_pos_emb") + 1, d_head, n=depth)
    shapes.linear(d_model, 2 * d_conv, n=depth)
    shapes.plain(d_conv, keys.size("conv_kernel_size", most=4096), n=depth)
    shapes.linear(d_conv, d_model, n=depth)
    shapes.norm(d_conv, n=depth)
    shapes.norm(d_model, n=3 * depth)
    shapes.linear(d_model, n_out)
    shapes.linear(n_out, d_model)


def phi4_multimodal(keys: PartKeys, shapes: Shapes) -> None:
    """Phi-4-multimodal: a conformer of gated feed-forwards behind separable convolutions."""
    depth, d_model, d_ff = keys.n_layers(), keys.size("hidden_size"), keys.size("intermediate_size")
    d_conv, wide = keys.size("nemo_conv_channels"), keys.size("ext_pw_out_channel")
    d_sep, multiplier = keys.size("depthwise_separable_out_channel"), keys.size("depthwise_multiplier", most=64)
    halvings = keys.size("time_reduction", most=4096).bit_length() - 1
    shapes.conv(1, d_conv, 3, 3, n=halvings)
    shapes.conv(d_conv, d_conv, n=halvings - 1)
    shapes.linear(d_conv * keys.size("nemo_final_size"), d_model)
    symmetric = keys.flag("bias_symmetric", default=False)
    distance = keys.size("bias_max_distance")
    shapes.plain(distance if symmetric else 2 * distance, keys.size("num_attention_heads"))
    shapes.norm(d_model, n=2 * depth)
    shapes.linear(d_model, 2 * d_ff, n=2 * depth)
    shapes.linear(d_ff, d_model, n=2 * depth)
    shapes.attention(d_model, n=depth)
    shapes.norm(d_model, n=depth)
    shapes.plain(2 * wide, n=depth)
    shapes.linear(d_model, 2 * wide, n=depth)
    shapes.conv(1, d_model * multiplier, keys.size("kernel_size", most=4096), n=depth)
    shapes.linear(d_model * multiplier, d_sep, n=depth)
    shapes.linear(d_model, wide, n=depth)
    shapes.norm(d_model, n=2 * depth)


WHISPER = {
    "num_mel_bins": 128,
    "encoder_layers": 32,
    "encoder_ffn_dim": 5120,
    "d_model": 1280,
    "max_source_positions": 1500,
}
USUAL = {
    "num_mel_bins": 128,
    "num_hidden_layers": 32,
    "intermediate_size": 5120,
    "hidden_size": 1280,
    "num_attention_heads": 20,
    "num_key_value_heads": 20,
    "max_source_positions": 1500,
}
GRANITE = {
    "input_dim": 160,
    "num_layers": 10,
    "hidden_dim": 1024,
    "feedforward_mult": 4,
    "num_heads": 8,
    "output_dim": 42,
    "max_pos_emb": 512,
    "conv_kernel_size": 15,
    "conv_expansion_factor": 2,
}

# `model_type` of an audio configuration -> what reads it, and the defaults of its class in transformers 5.24.0.
# What an absent key means to Whisper's own class, which MiniCPM-o uses.
WHISPER_TINY = WHISPER | {"d_model": 384, "encoder_layers": 4, "encoder_ffn_dim": 1536, "num_mel_bins": 80}
TOWERS: dict[str, tuple[Tower, dict]] = {
    "audioflamingo3_encoder": (whisper, WHISPER),
    "gemma3n_audio": (
        gemma3n,
        {
            "hidden_size": 1536,
            "vocab_size": 128,
            "conf_num_hidden_layers": 12,
            "conf_num_attention_heads": 8,
            "conf_conv_kernel_size": 5,
            "sscp_conv_channel_size": [128, 32],
        },
    ),
    "gemma4_audio": (
        gemma4,
        {
            "hidden_size": 1024,
            "num_hidden_layers": 12,
            "num_attention_heads": 8,
            "subsampling_conv_channels": [128, 32],
            "conv_kernel_size": 5,
            "output_proj_dims": 1536,
        },
    ),
    "gemma4_unified_audio": (gemma4_unified, {"audio_embed_dim": 640}),
    "glmasr_encoder": (rotary_whisper, USUAL),
    "granite_speech_encoder": (granite_speech, GRANITE),
    "granite_speech_plus_encoder": (granite_speech, GRANITE),
    "moss_transcribe_diarize_audio": (
        whisper,
        USUAL | {"num_mel_bins": 80, "num_hidden_layers": 24, "intermediate_size": 4096, "hidden_size": 1024},
    ),
    "phi4_multimodal_audio": (
        phi4_multimodal,
        {
            "hidden_size": 1024,
            "intermediate_size": 1536,
            "num_blocks": 24,
            "num_attention_heads": 16,
            "ext_pw_out_channel": 1024,
            "depthwise_separable_out_channel": 1024,
            "depthwise_multiplier": 1,
            "kernel_size": 3,
            "time_reduction": 8,
            "bias_max_distance": 1000,
            "nemo_conv_channels": 1024,
            "nemo_final_size": 10,
        },
    ),
    "qwen2_5_omni_audio_encoder": (qwen25_omni, WHISPER | {"output_dim": 3584, "n_window": 100}),
    "minicpmo_audio": (whisper, WHISPER_TINY),
    "qwen2_audio_encoder": (whisper, WHISPER),
    "whisper_encoder": (whisper, WHISPER),
    "qwen3_asr_encoder": (
        qwen3_asr,
        WHISPER
        | {
            "encoder_layers": 24,
            "encoder_ffn_dim": 4096,
            "d_model": 1024,
            "downsample_hidden_size": 480,
            "output_dim": 3584,
        },
    ),
    "qwen3_omni_moe_audio_encoder": (qwen3_omni, WHISPER | {"downsample_hidden_size": 480, "output_dim": 3584}),
    "voxtral_encoder": (whisper, USUAL),
    "voxtral_realtime_encoder": (voxtral_realtime, USUAL | {"num_attention_heads": 32, "head_dim": 64}),
}
