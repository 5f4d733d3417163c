"""Decoders whose layers keep a matrix of state for each head and no cache: RWKV-5 to RWKV-7, and what
flash-linear-attention builds (Gated DeltaNet, DeltaNet, GLA, Kimi Delta Attention), which may have some attention.

Sources: `Rwkv5ForCausalLM` and `Rwkv6ForCausalLM` beside RWKV/rwkv-5-world-1b5 and RWKV/v6-Finch-1B6-HF;
`fla/models/*/configuration_*.py`, `fla/layers/*.py` of fla-org/flash-linear-attention (opened 2026-12-02).
"""

from collections.abc import Callable
from dataclasses import replace

from llmnotes.blocks.base import Block, Window
from llmnotes.blocks.feedforward import GatedMLP
from llmnotes.blocks.recurrent import GatedDeltaNet, GatedLinearAttention, KimiDeltaAttention
from llmnotes.blocks.rwkv import ChannelMix, MatrixTimeMix
from llmnotes.config.keys import Keys
from llmnotes.config.reading import attention, context, decoder, ends, layer, spec
from llmnotes.equations import params
from llmnotes.spec import Layer, ModelSpec

FLA = (
    "attn_mode hidden_ratio fuse_norm fuse_swiglu fuse_cross_entropy fuse_linear_cross_entropy use_l2warp clamp_min "
    "elementwise_affine allow_neg_eigval qk_norm qk_activation feature_map use_output_norm norm_first safe_gate "
    "lower_bound head_dim num_attention_heads num_v_heads expand_k expand_v conv_size attn num_key_value_heads"
)


def rwkv5(keys: Keys) -> ModelSpec:
    """RWKV-5: four inputs mixed with the last token's; a decay and a bonus for each channel."""
    return _rwkv(keys, n_vectors=4 + 2 + 2, ranks=())


def rwkv6(keys: Keys) -> ModelSpec:
    """RWKV-6: mixing and decay depend on the token through pairs of matrices of low rank."""
    for other in ("expand_k", "proj_low_rank_dim"):
        keys.expect(other)  # flash-linear-attention's own RWKV-6 has narrower keys under the same name
    wide = keys.size("hidden_size") >= 4096
    mix = keys.size("lora_rank_tokenshift", default=64 if wide else 32)
    decay = keys.size("lora_rank_decay", default=128 if wide else 64)
    return _rwkv(keys, n_vectors=6 + 2 + 2, ranks=(5 * mix, decay))


def _rwkv(keys: Keys, *, n_vectors: int, ranks: tuple[int, ...]) -> ModelSpec:
    """RWKV-5 and RWKV-6: five square matrices, a gated feed-forward of three and a half times the width."""
    keys.ignore("rescale_every", "num_attention_heads", "attention_hidden_size", "intermediate_size", "model_version")
    d_model, head_dim = keys.size("hidden_size"), keys.size("head_size", default=64)
    keys.divides(head_dim, d_model, "hidden_size must be a multiple of head_size")
    keys.expect("attention_hidden_size", d_model)
    d_ff = keys.size("intermediate_size", default=int(d_model * 3.5) // 32 * 32, why="3.5 times hidden_size")
    norm = params.layer_norm_params(width=d_model)
    mixer = MatrixTimeMix(d_model, head_dim, n_vectors, n_square=5, ranks=ranks, n_products=2)
    one = Layer(mixer, ChannelMix(d_model, d_ff), 2 * norm)
    embedding = ends(keys, d_model, tied=False, norm_params=2 * norm)
    return spec(keys, embedding=embedding, layers=[one] * keys.n_layers(), n_ctx=context(keys))


def rwkv7(keys: Keys) -> ModelSpec:
    """RWKV-7: a delta rule; from the second layer on, values are mixed with those of the first."""
    keys.ignore(*FLA.split(), "intermediate_size", "value_dim")
    d_model = keys.size("hidden_size")
    head_dim = keys.size("head_dim", "head_size", default=64)
    keys.divides(head_dim, d_model, "hidden_size must be a multiple of head_dim")
    if not keys.has("lora_rank_decay"):
        keys.fill(decay_low_rank_dim=64, a_low_rank_dim=64, gate_low_rank_dim=128, v_low_rank_dim=16)
    n_layers = keys.n_layers()
    keys.expect("value_dim", d_model, [d_model] * n_layers)
    keys.expect("attn")
    *ranks, values = (
        keys.size(one, other, default=_rank(d_model, head_dim, one), why="from hidden_size") for one, other in RANKS
    )
    ratio = keys.number("hidden_ratio", 4)
    d_ff = keys.size("intermediate_size", default=-(-int(d_model * ratio) // 32) * 32, why="hidden_ratio * hidden_size")
    norm = params.layer_norm_params(width=d_model) if keys.flag("norm_bias", default=True) else d_model
    mixing, heads, norm_of_heads, biases = 6, 3, 2, 2
    mixer = MatrixTimeMix(
        d_model, head_dim, mixing + heads + norm_of_heads + biases, n_square=4, ranks=tuple(ranks), n_products=4
    )
    later = replace(mixer, n_vectors=mixer.n_vectors + 1, ranks=(*ranks, values))
    feed_forward = ChannelMix(d_model, d_ff, gated=False)
    first, other = (Layer(one, feed_forward, 2 * norm) for one in (mixer, later))
    n_norms = 2 if keys.flag("norm_first", default=True) else 1
    embedding = ends(keys, d_model, tied=False, norm_params=n_norms * norm)
    return spec(keys, embedding=embedding, layers=[first, *[other] * (n_layers - 1)], n_ctx=context(keys))


def _rank(d_model: int, head_dim: int, name: str) -> int:
    """Where the file says null: `fla/layers/rwkv7.py`, which rounds a multiple of the width's root."""
    factor = FACTORS[name] * (1 if name.startswith("gate") else head_dim / 64)
    return max(32, round(factor * d_model**0.5 / 32) * 32)


# The ranks of RWKV-7 as flash-linear-attention and as its authors' files name them, and what they grow with.
RANKS = (
    ("decay_low_rank_dim", "lora_rank_decay"),
    ("a_low_rank_dim", "lora_rank_iclr"),
    ("gate_low_rank_dim", "lora_rank_gate"),
    ("v_low_rank_dim", "lora_rank_value_residual_mix"),
)
FACTORS = {"decay_low_rank_dim": 2.5, "a_low_rank_dim": 2.5, "gate_low_rank_dim": 5, "v_low_rank_dim": 1.7}


def _fla(mixer: Callable[[Keys], Block], ratio: float = 4) -> Callable[[Keys], ModelSpec]:
    """A family of flash-linear-attention: a recurrent mixer, attention where `attn` says so, a gated feed-forward."""

    def read(keys: Keys) -> ModelSpec:
        keys.ignore(*FLA.split(), "intermediate_size")
        d_model, n_layers = keys.size("hidden_size"), keys.n_layers()
        width = int(d_model * keys.number("hidden_ratio", ratio) * 2 / 3)
        d_ff = keys.size("intermediate_size", default=-(-width // 256) * 256, why="hidden_ratio * hidden_size")
        feed_forward, recurrent = GatedMLP(d_model, d_ff), mixer(keys)
        layers = [layer(keys, recurrent, feed_forward)] * n_layers
        inside = keys.inside("attn")
        attending = inside.indices("layers", n_layers)
        if attending:
            own = layer(keys, _attention(keys, inside, d_model), feed_forward)
            layers = [own if index in attending else layers[index] for index in range(n_layers)]
        return decoder(keys, layers)

    return read


def _attention(keys: Keys, inside: Keys, d_model: int) -> Block:
    """Attention of the layers that `attn` names."""
    shape = Keys({**inside.config, "hidden_size": d_model}, f"{keys.name}: attn")
    size = inside.size("window_size") if inside.has("window_size") else 0
    plain = attention(shape, qkv_bias=inside.flag("qkv_bias"), qk_norm="head" if inside.on("qk_norm") else "none")
    return replace(plain, span=Window(size)) if size else plain


def _gated_delta(keys: Keys) -> GatedDeltaNet:
    n_heads, head_dim = keys.size("num_attention_heads", default=6), keys.size("head_dim", default=256)
    keys.expect("use_short_conv", True)
    return GatedDeltaNet(
        keys.size("hidden_size"),
        n_heads,
        head_dim,
        keys.size("num_v_heads", default=n_heads, why="as many as heads"),
        int(head_dim * keys.number("expand_v", 2)),
        keys.size("conv_size", default=4),
        gated=keys.flag("use_gate", default=True),
    )


def _delta(keys: Keys) -> GatedDeltaNet:
    n_heads, d_model = keys.size("num_attention_heads", default=16), keys.size("hidden_size")
    for name in ("use_short_conv", "use_beta"):
        keys.expect(name, True)
    widths = [
        keys.divides(n_heads, int(d_model * keys.number(name, 1)), f"{name} times hidden_size must be a multiple of it")
        for name in ("expand_k", "expand_v")
    ]
    return GatedDeltaNet(
        d_model,
        n_heads,
        widths[0],
        n_heads,
        widths[1],
        keys.size("conv_size", default=4),
        gated=keys.flag("use_gate", default=False),
        decays=False,
    )


def _gla(keys: Keys) -> GatedLinearAttention:
    n_heads, d_model = keys.size("num_attention_heads", default=4), keys.size("hidden_size")
    n_kv_heads = keys.size("num_key_value_heads", default=n_heads, why="as many as heads")
    keys.divides(n_kv_heads, n_heads, "num_heads must be a multiple of num_kv_heads")
    key, value = (
        keys.divides(n_heads, int(d_model * keys.number(name, usual)), f"{name} times hidden_size must be a multiple")
        for name, usual in (("expand_k", 0.5), ("expand_v", 1))
    )
    keys.expect("use_gk", True)
    return GatedLinearAttention(
        d_model,
        n_heads,
        n_kv_heads,
        key,
        value,
        conv_kernel=keys.size("conv_size", default=4) if keys.on("use_short_conv") else 0,
        gated=keys.flag("use_output_gate", default=True),
    )


def _key_delta(keys: Keys) -> KimiDeltaAttention:
    n_heads = keys.size("num_attention_heads", default=16)
    keys.expect("use_short_conv", True)
    keys.expect("expand_v", 1)
    keys.expect("num_v_heads", n_heads)
    return KimiDeltaAttention(
        keys.size("hidden_size"),
        n_heads,
        keys.size("head_dim", default=128),
        keys.size("conv_size", default=4),
        gate_bias=True,
    )


FAMILIES: dict[str, Callable[[Keys], ModelSpec]] = {
    "delta_net": _fla(_delta),
    "gated_deltanet": _fla(_gated_delta),
    "gla": _fla(_gla),
    "kda": _fla(_key_delta),
    "rwkv5": rwkv5,
    "rwkv6": rwkv6,
    "rwkv7": rwkv7,
}
