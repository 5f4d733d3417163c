"""What speaks in Qwen's omni models: a talker that writes codes of sound, and what turns these into sound.

Read off the modules of transformers 5.24.0. The text model runs without them; their file holds them.
"""

from collections.abc import Mapping

from llmnotes.config.keys import Keys
from llmnotes.config.parts.shapes import PartKeys, Shapes
from llmnotes.spec import CHECKPOINT, Part

MOST_ENTRIES = 64  # no published list of kernels or rates has more
HEADS = ("num_attention_heads", "num_key_value_heads", "head_dim")
FREQUENCIES = 256  # of the embedding of a time step, a constant of the class


def talker_of_2(keys: PartKeys, shapes: Shapes) -> None:
    """Qwen2.5-Omni: a decoder of the Qwen2 kind over codes, whose table is as wide as the text model."""
    d_model, d_embed, rows = keys.size("hidden_size"), keys.size("embedding_size"), keys.size("vocab_size")
    n_heads, n_kv_heads, d_head = (keys.size(name) for name in HEADS)
    shapes.plain(rows, d_embed)
    shapes.linear(d_embed, d_model)
    shapes.layers(
        keys.n_layers(),
        d_model,
        keys.size("intermediate_size"),
        d_query=n_heads * d_head,
        d_kv=n_kv_heads * d_head,
        out_bias=False,
        mlp_bias=False,
        gated=True,
        rms=True,
    )
    shapes.norm(d_model, rms=True)
    shapes.linear(d_model, rows, bias=False)


def token2wav(keys: PartKeys, shapes: Shapes) -> None:
    """Qwen2.5-Omni: a diffusion transformer from codes to mel frames, BigVGAN from these to sound."""
    _diffusion(PartKeys(keys.inside("dit_config").config, f"{keys.name}: dit_config", DIT), shapes)
    _bigvgan(PartKeys(keys.inside("bigvgan_config").config, f"{keys.name}: bigvgan_config", BIGVGAN), shapes)


def _diffusion(keys: PartKeys, shapes: Shapes) -> None:
    d_model, mel, emb = keys.size("hidden_size"), keys.size("mel_dim"), keys.size("emb_dim")
    enc, d_query = keys.size("enc_dim"), keys.size("num_attention_heads") * keys.size("head_dim")
    n_layers = keys.n_layers()
    shapes.linear(FREQUENCIES, d_model)
    shapes.linear(d_model, d_model)
    shapes.plain(keys.size("num_embeds") + 1, emb)
    shapes.linear(mel + enc + keys.size("enc_emb_dim") + emb, d_model)
    _speaker(keys, shapes, mel, enc)
    shapes.linear(d_model, 6 * d_model, n=n_layers)  # scales and shifts of norms that have none of their own
    shapes.attention(d_model, n=n_layers, d_query=d_query)
    shapes.mlp(d_model, keys.size("ff_mult") * d_model, n=n_layers)
    shapes.linear(d_model, 2 * d_model)
    shapes.linear(d_model, mel)


def _speaker(keys: PartKeys, shapes: Shapes, mel: int, d_out: int) -> None:
    """ECAPA-TDNN: a vector for the speaker."""
    widths, kernels = numbers(keys, "enc_channels"), numbers(keys, "enc_kernel_sizes")
    if not 3 <= len(widths) == len(kernels):
        raise keys.error("enc_channels", "give as many widths as enc_kernel_sizes, three or more")
    squeezed, scale = keys.size("enc_se_channels"), keys.size("enc_res2net_scale", most=MOST_ENTRIES)
    attended, last = keys.size("enc_attention_channels"), widths[-1]
    shapes.conv(mel, widths[0], kernels[0])
    for before, width, kernel in zip(widths[:-2], widths[1:-1], kernels[1:-1], strict=True):
        part = keys.divides(scale, width, "enc_channels must be multiples of enc_res2net_scale")
        shapes.conv(before, width, 1)
        shapes.conv(part, part, kernel, n=scale - 1)
        shapes.conv(width, width, 1)
        shapes.conv(width, squeezed, 1)
        shapes.conv(squeezed, width, 1)
    shapes.conv(last, last, kernels[-1])
    shapes.conv(3 * last, attended, 1)
    shapes.conv(attended, last, 1)
    shapes.conv(2 * last, d_out, 1)


def _bigvgan(keys: PartKeys, shapes: Shapes) -> None:
    width, rates = keys.size("upsample_initial_channel"), numbers(keys, "upsample_rates")
    wide, kernels = numbers(keys, "upsample_kernel_sizes"), numbers(keys, "resblock_kernel_sizes")
    if len(wide) != len(rates):
        raise keys.error("upsample_kernel_sizes", "give as many as upsample_rates")
    shapes.conv(keys.size("mel_dim"), width, 7)
    for kernel in wide:
        half = max(1, width // 2)
        shapes.conv(width, half, kernel)
        for each in kernels:
            shapes.conv(half, half, each, n=6)
            shapes.plain(2, half, n=6)  # of activations
        width = half
    shapes.plain(2, width)
    shapes.conv(width, 1, 7, bias=False)


def talker_of_3(keys: PartKeys, shapes: Shapes) -> None:
    """Qwen3-Omni: a sparse decoder over the first code of each frame, a small dense one over the rest."""
    text = PartKeys(keys.inside("text_config").config, f"{keys.name}: text_config", TALKER3)
    d_model, rows, d_ff = text.size("hidden_size"), text.size("vocab_size"), text.size("intermediate_size")
    for _ in ("text_projection", "hidden_projection"):
        shapes.linear(keys.size("thinker_hidden_size"), d_ff)
        shapes.linear(d_ff, d_model)
    shapes.plain(rows, d_model)
    shapes.linear(d_model, rows, bias=False)
    n_layers, n_experts = text.n_layers(), text.size("num_experts")
    d_expert, d_shared = text.size("moe_intermediate_size"), text.size("shared_expert_intermediate_size")
    _qwen3_attention(text, shapes, n_layers, d_model)
    shapes.mlp(d_model, d_expert, n=n_layers * n_experts, gated=True, bias=False)
    shapes.mlp(d_model, d_shared, n=n_layers, gated=True, bias=False)
    shapes.linear(d_model, n_experts + 1, n=n_layers, bias=False)
    shapes.norm(d_model, n=2 * n_layers + 1, rms=True)
    rest = PartKeys(keys.inside("code_predictor_config").config, f"{keys.name}: code_predictor_config", PREDICTOR)
    groups, width, codes = (
        rest.size("num_code_groups", most=1024) - 1,
        rest.size("hidden_size"),
        rest.size("vocab_size"),
    )
    shapes.plain(codes, width, n=groups)
    shapes.linear(width, codes, n=groups, bias=False)
    _qwen3_attention(rest, shapes, rest.n_layers(), width)
    shapes.mlp(width, rest.size("intermediate_size"), n=rest.n_layers(), gated=True, bias=False)
    shapes.norm(width, n=2 * rest.n_layers() + 1, rms=True)


def _qwen3_attention(keys: PartKeys, shapes: Shapes, n_layers: int, d_model: int) -> None:
    n_heads, n_kv_heads = keys.size("num_attention_heads"), keys.size("num_key_value_heads")
    d_head = keys.size("head_dim", default=d_model // n_heads)
    bias = keys.flag("attention_bias", default=False)
    shapes.attention(
        d_model, n=n_layers, d_query=n_heads * d_head, d_kv=n_kv_heads * d_head, qkv_bias=bias, out_bias=bias
    )
    shapes.plain(2, d_head, n=n_layers)


def code2wav(keys: PartKeys, shapes: Shapes) -> None:
    """Qwen3-Omni: a small transformer over codes, then convolutions that grow them to sound."""
    d_model, n_layers = keys.size("hidden_size"), keys.n_layers()
    n_heads, n_kv_heads = keys.size("num_attention_heads"), keys.size("num_key_value_heads")
    d_head, bias = keys.size("head_dim", default=d_model // n_heads), keys.flag("attention_bias", default=False)
    shapes.plain(keys.size("codebook_size") * keys.size("num_quantizers"), d_model)
    shapes.layers(
        n_layers,
        d_model,
        keys.size("intermediate_size"),
        d_query=n_heads * d_head,
        d_kv=n_kv_heads * d_head,
        qkv_bias=bias,
        out_bias=bias,
        mlp_bias=False,
        gated=True,
        rms=True,
        each=2 * d_model,
    )
    shapes.norm(d_model, rms=True)
    for factor in numbers(keys, "upsampling_ratios"):
        shapes.conv(d_model, d_model, factor)
        shapes.plain(d_model, 8)  # a convolution of each channel alone, and its bias
        shapes.norm(d_model)
        shapes.mlp(d_model, 4 * d_model)
        shapes.plain(d_model)
    width = keys.size("decoder_dim")
    shapes.conv(d_model, width, 7)
    for rate in numbers(keys, "upsample_rates"):
        half = max(1, width // 2)
        shapes.plain(2, width)
        shapes.conv(width, half, 2 * rate)
        shapes.plain(4, half, n=3)
        shapes.conv(half, half, 7, n=3)
        shapes.conv(half, half, 1, n=3)
        width = half
    shapes.plain(2, width)
    shapes.conv(width, 1, 7)


def numbers(keys: Keys, name: str) -> tuple[int, ...]:
    """A short list of integers of at least 1.

    Raises:
        ConfigError: If it is none.
    """
    value, place = keys.raw(name)
    good = isinstance(value, list | tuple) and 0 < len(value) <= MOST_ENTRIES
    if not good or any(type(one) is not int or not 0 < one < 2**20 for one in value):
        raise keys.error(place, "give a list of integers of at least 1")
    return tuple(value)


DIT = {
    "hidden_size": 1024,
    "num_hidden_layers": 22,
    "num_attention_heads": 16,
    "ff_mult": 2,
    "emb_dim": 512,
    "head_dim": 64,
    "num_embeds": 8193,
    "mel_dim": 80,
    "enc_emb_dim": 192,
    "enc_dim": 128,
    "enc_channels": (256, 256, 256, 256, 768),
    "enc_kernel_sizes": (5, 3, 3, 3, 1),
    "enc_attention_channels": 64,
    "enc_res2net_scale": 2,
    "enc_se_channels": 64,
}
BIGVGAN = {
    "mel_dim": 80,
    "upsample_initial_channel": 1536,
    "resblock_kernel_sizes": (3, 7, 11),
    "upsample_rates": (5, 3, 2, 2, 2, 2),
    "upsample_kernel_sizes": (11, 7, 4, 4, 4, 4),
}
TALKER3 = {
    "vocab_size": 3072,
    "hidden_size": 1024,
    "intermediate_size": 2048,
    "num_hidden_layers": 20,
    "num_attention_heads": 16,
    "num_key_value_heads": 2,
    "moe_intermediate_size": 384,
    "num_experts": 128,
}
PREDICTOR = {
    "vocab_size": 2048,
    "hidden_size": 1024,
    "intermediate_size": 3072,
    "num_hidden_layers": 5,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "num_code_groups": 32,
}
# Of a whole configuration: `model_type` -> key within it -> what reads it, and its class's defaults.
VOICES = {
    "qwen2_5_omni": {
        "talker_config": (
            talker_of_2,
            {"vocab_size": 8448, "embedding_size": 3584, "hidden_size": 3584, "intermediate_size": 18944}
            | {"num_hidden_layers": 28, "num_attention_heads": 28, "num_key_value_heads": 4, "head_dim": 128},
        ),
        "token2wav_config": (token2wav, {}),
    },
    "qwen3_omni_moe": {
        "talker_config": (talker_of_3, {"thinker_hidden_size": 2048}),
        "code2wav_config": (
            code2wav,
            {"codebook_size": 2048, "hidden_size": 1024, "num_attention_heads": 16, "num_key_value_heads": 16}
            | {"intermediate_size": 3072, "num_hidden_layers": 8, "num_quantizers": 16, "decoder_dim": 1536}
            | {"upsample_rates": (8, 5, 4, 3), "upsampling_ratios": (2, 2)},
        ),
    },
}


def voice(config: Mapping, name: str) -> tuple[tuple[Part, ...], tuple[str, ...], tuple[str, ...]]:
    """What speaks, as a part; what was assumed; and the keys that were read.

    Args:
        config: The whole configuration.
        name: What to call the model in messages.

    Raises:
        ConfigError: If a key is impossible.
    """
    family = config.get("model_type")
    known = VOICES.get(family, {}) if isinstance(family, str) else {}
    shapes, assumed, read = Shapes(), [], []
    for place, (count, defaults) in known.items():
        if isinstance(config.get(place), Mapping):
            read.append(place)
            if config.get("enable_audio_output") is not False:
                keys = PartKeys(config[place], f"{name}: {place}", defaults)
                count(keys, shapes)
                assumed += [f"{place}: {sentence}" for sentence in keys.assumed]
    part = shapes.part("speech", CHECKPOINT)
    return ((part,) if part.n_params else ()), tuple(assumed), tuple(read)
