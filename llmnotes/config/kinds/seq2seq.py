"""Encoder–decoders (T5, BART, Whisper and their kin): parameters, bytes and caches; no FLOPs.

Read off the modules of transformers 5.24.0 and held to what it instantiates (tests/data/encoders.json).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from llmnotes.blocks.attention import Attention
from llmnotes.blocks.encoder import EncoderAttention, SourceAttention
from llmnotes.blocks.feedforward import GatedMLP, MixtureOfExperts, PlainMLP
from llmnotes.config.keys import Keys
from llmnotes.config.kinds import architectures
from llmnotes.config.kinds.encoders import ENCODER, spec_of, with_readers
from llmnotes.config.reading import listed, nth, span_of
from llmnotes.spec import Embedding, Layer, ModelSpec

BOTH = "FLOPs of an encoder–decoder depend on source and target and are not counted here"


def read(config: Mapping, name: str) -> ModelSpec:
    """The spec of an encoder–decoder.

    Raises:
        ConfigError: If something is missing, impossible or not understood.
    """
    return with_readers(READERS, DEFAULTS, config, name)


def t5(keys: Keys, *, each: bool = False, sparse: bool = False, tables: int = 0) -> ModelSpec:
    """T5 and mT5: RMS norms, no biases, distances with a bias for each head, kept by the first layer of each stack.

    Args:
        each: Every layer has its own table of distances (UMT5).
        sparse: Some layers have experts (Switch Transformers).
        tables: Further numbers of the encoder.
    """
    d_model, d_head, n_heads = keys.size("hidden_size"), keys.size("d_kv"), keys.size("num_attention_heads")
    n_encoder, d_ff = keys.n_layers(), keys.size("d_ff")
    n_decoder = keys.count("num_decoder_layers", default=n_encoder, why="as num_layers", most=4096)
    act, place = keys.raw("feed_forward_proj")
    if not isinstance(act, str):
        raise keys.error(place, "give relu or gated-gelu")
    mlp = GatedMLP(d_model, d_ff) if act.startswith("gated-") else PlainMLP(d_model, d_ff)
    shape: dict[str, Any] = {
        "d_model": d_model,
        "n_heads": n_heads,
        "n_kv_heads": n_heads,
        "head_dim": d_head,
        "v_head_dim": d_head,
    }
    encoder = Layer(EncoderAttention(**shape), mlp, 2 * d_model)
    decoder = Layer(Attention(**shape), mlp, 3 * d_model, (SourceAttention(**shape),))
    encoders = _switched(keys, encoder, n_encoder, "encoder") if sparse else [encoder] * n_encoder
    table = keys.size("relative_attention_num_buckets") * n_heads
    if any(one.endswith("EncoderModel") for one in architectures(keys.config)):
        alone = Embedding(
            vocab_size=keys.size("vocab_size"),
            d_model=d_model,
            d_embed=d_model,
            tied=True,
            norm_params=d_model,
            lookup_params=table * (n_encoder if each else 1) + tables,
        )
        return spec_of(keys, alone, encoders, why=ENCODER, n_ctx=None)
    tied = keys.flag("tie_word_embeddings", default=True)
    embedding = Embedding(
        vocab_size=keys.size("vocab_size"),
        d_model=d_model,
        d_embed=d_model,
        tied=tied,
        norm_params=2 * d_model,
        lookup_params=table * (n_encoder + n_decoder if each else 2) + tables,
    )
    keys.warnings.append("cross-attention is kept for a source as long as the target")
    decoders = _switched(keys, decoder, n_decoder, "decoder") if sparse else [decoder] * n_decoder
    return spec_of(keys, embedding, [*encoders, *decoders], why=BOTH, n_ctx=None)


def _switched(keys: Keys, dense: Layer, n_layers: int, side: str) -> list[Layer]:
    """Layers of which as many as the file says have experts, evenly spread from the second on.

    Source:
        `SwitchTransformersStack` and `SwitchTransformersConfig`, transformers 5.24.0.
    """
    n_sparse, d_model = keys.count(f"num_sparse_{side}_layers"), keys.size("hidden_size")
    step = n_layers // n_sparse if n_sparse else n_layers
    expert = PlainMLP(d_model, keys.size("d_ff"))
    routed = MixtureOfExperts(
        d_model, keys.size("num_experts"), 1, expert=expert, router_bias=keys.flag("router_bias", default=False)
    )
    sparse = replace(dense, feed_forward=routed)
    return [sparse if step == 1 or (step and index % step == 1) else dense for index in range(n_layers)]


def switch(keys: Keys) -> ModelSpec:
    """Switch Transformers: a T5 of which every so many layers have experts, each token visiting one."""
    keys.fill(feed_forward_proj="relu")
    return t5(keys, sparse=True)


def longt5(keys: Keys) -> ModelSpec:
    """LongT5: a T5 whose encoder attends nearby, and with `transient-global` also to sums of blocks."""
    keys.ignore("local_radius", "global_block_size")
    if keys.choice("encoder_attention_type", ("local", "transient-global"), default="local") == "local":
        return t5(keys)
    table = keys.size("relative_attention_num_buckets") * keys.size("num_attention_heads")
    return t5(keys, tables=table + keys.n_layers() * keys.size("hidden_size"))


def t5gemma(keys: Keys) -> ModelSpec:
    """T5Gemma: two Gemma 2, one reading both ways, one that also attends to the first one's text; a table each.

    Source: modeling_t5gemma.py, transformers 5.24.0.
    """
    sides = {}
    for side in ("encoder", "decoder"):
        value, _ = keys.raw(side)
        if value is not None and not isinstance(value, Mapping):
            raise keys.error(side, "give an object")
        sides[side] = Keys(value or {}, f"{keys.name}: {side}", GEMMA2)
        sides[side].assumed = keys.assumed
    layers, widths = [], []
    for side, one in sides.items():
        d_model, n_heads = one.size("hidden_size"), one.size("num_attention_heads")
        n_kv_heads = one.size("num_key_value_heads")
        one.divides(n_kv_heads, n_heads, "num_attention_heads must be a multiple of num_key_value_heads")
        bias, head_dim = one.flag("attention_bias", default=False), one.size("head_dim")
        shape: dict[str, Any] = {"d_model": d_model, "n_heads": n_heads, "n_kv_heads": n_kv_heads}
        shape |= {"head_dim": head_dim, "v_head_dim": head_dim, "qkv_bias": bias, "out_bias": bias}
        mlp = GatedMLP(d_model, one.size("intermediate_size"))
        widths.append(d_model)
        if side == "encoder":
            layers += [Layer(EncoderAttention(**shape), mlp, 4 * d_model)] * one.n_layers()
            continue
        kinds = listed(nth(2))(one, one.n_layers())
        cross = (SourceAttention(**shape, d_source=widths[0]),)
        layers += [Layer(Attention(**shape, span=span_of(one, kind)), mlp, 6 * d_model, cross) for kind in kinds]
    rows = keys.size("vocab_size", default=sides["decoder"].size("vocab_size"))
    embedding = Embedding(
        vocab_size=rows,
        d_model=widths[1],
        d_embed=widths[1],
        tied=keys.flag("tie_word_embeddings", default=True),
        norm_params=sum(widths),
        lookup_params=rows * widths[0],
    )
    keys.warnings.append("cross-attention is kept for a source as long as the target")
    return spec_of(keys, embedding, layers, why=BOTH, n_ctx=sides["decoder"].size("max_position_embeddings"))


def umt5(keys: Keys) -> ModelSpec:
    """UMT5: T5 whose every layer has its own table of distances."""
    return t5(keys, each=True)


def bart(keys: Keys, *, more_rows: int = 2, norms: int = 2, positions: bool = True) -> ModelSpec:
    """BART and its kin.

    Args:
        more_rows: Rows of a table of positions beyond those that are allowed.
        norms: Layer norms outside the layers.
        positions: Positions are stored, learned or not.
    """
    n_positions = keys.size("max_position_embeddings") if positions else 0
    return _seq2seq(
        keys,
        tables=2 * (n_positions + more_rows) * keys.size("hidden_size") if positions else 0,
        norms=norms,
        n_ctx=keys.size("max_position_embeddings"),
        key_bias=True,
        n_source=0,
    )


def _seq2seq(keys: Keys, *, tables: int, norms: int, n_ctx: int, key_bias: bool, n_source: int) -> ModelSpec:
    d_model = keys.size("hidden_size")
    layers = []
    for side in ("encoder", "decoder"):
        n_layers = keys.count(f"{side}_layers", "num_hidden_layers", most=4096)
        n_heads, d_ff = keys.size(f"{side}_attention_heads", "num_attention_heads"), keys.size(f"{side}_ffn_dim")
        head_dim = keys.divides(n_heads, d_model, f"d_model must be a multiple of {side}_attention_heads")
        biases = {"qkv_bias": True} if key_bias else {"scalar_params": 2 * d_model}
        shape: dict[str, Any] = {"d_model": d_model, "n_heads": n_heads, "n_kv_heads": n_heads, "head_dim": head_dim}
        shape |= {"v_head_dim": head_dim, "out_bias": True, **biases}
        mlp = PlainMLP(d_model, d_ff, bias=True)
        if side == "encoder":
            layers += [Layer(EncoderAttention(**shape), mlp, 4 * d_model)] * n_layers
        else:
            cross = SourceAttention(**shape, n_source=n_source)
            layers += [Layer(Attention(**shape), mlp, 6 * d_model, (cross,))] * n_layers
    embedding = Embedding(
        vocab_size=keys.size("vocab_size"),
        d_model=d_model,
        d_embed=d_model,
        tied=keys.flag("tie_word_embeddings", default=True),
        norm_params=norms * 2 * d_model,
        lookup_params=tables,
    )
    if not n_source:
        keys.warnings.append("cross-attention is kept for a source as long as the target")
    return spec_of(keys, embedding, layers, why=BOTH, n_ctx=n_ctx)


def blenderbot(keys: Keys) -> ModelSpec:
    """Blenderbot: learned positions, norms behind the stacks or, in the small one, behind the tables."""
    return bart(keys, more_rows=0)


def led(keys: Keys) -> ModelSpec:
    """LED: BART with a Longformer's encoder, which has queries, keys and values of its own for tokens that see all."""
    keys.ignore("attention_window")
    d_model, n_layers = keys.size("hidden_size"), keys.count("encoder_layers", most=4096)
    n_ctx = keys.size("max_decoder_position_embeddings")
    positions = (keys.size("max_encoder_position_embeddings") + n_ctx) * d_model
    seeing_all = 3 * n_layers * d_model * (d_model + 1)
    return _seq2seq(keys, tables=positions + seeing_all, norms=2, n_ctx=n_ctx, key_bias=True, n_source=0)


def mbart(keys: Keys) -> ModelSpec:
    """mBART: BART with a norm behind each stack."""
    return bart(keys, norms=4)


def pegasus(keys: Keys) -> ModelSpec:
    """Pegasus: fixed positions that are stored; norms behind the stacks, none before."""
    return bart(keys, more_rows=0)


def marian(keys: Keys) -> ModelSpec:
    """Marian (OPUS-MT): fixed positions that are stored, no norm outside the layers."""
    keys.expect("share_encoder_decoder_embeddings", True)
    return bart(keys, more_rows=0, norms=0)


def m2m_100(keys: Keys) -> ModelSpec:
    """M2M-100 and NLLB: positions are computed; norms behind the stacks."""
    return bart(keys, positions=False)


def whisper(keys: Keys) -> ModelSpec:
    """Whisper: two convolutions over mel frames, 1,500 positions for 30 seconds, keys without biases."""
    d_model, n_source = keys.size("hidden_size"), keys.size("max_source_positions")
    n_ctx = keys.size("max_target_positions")
    convolutions = 3 * d_model * (keys.size("num_mel_bins") + d_model) + 2 * d_model
    tables = convolutions + (n_source + n_ctx) * d_model
    return _seq2seq(keys, tables=tables, norms=2, n_ctx=n_ctx, key_bias=False, n_source=n_source)


T5 = {
    "vocab_size": 32128,
    "d_model": 512,
    "d_kv": 64,
    "d_ff": 2048,
    "num_layers": 6,
    "num_heads": 8,
    "relative_attention_num_buckets": 32,
    "feed_forward_proj": "relu",
    "tie_word_embeddings": True,
}
MT5 = T5 | {"vocab_size": 250112, "d_ff": 1024, "num_layers": 8, "num_heads": 6, "feed_forward_proj": "gated-gelu"}
BART = {
    "vocab_size": 50265,
    "max_position_embeddings": 1024,
    "d_model": 1024,
    "encoder_layers": 12,
    "encoder_ffn_dim": 4096,
    "encoder_attention_heads": 16,
    "decoder_layers": 12,
    "decoder_ffn_dim": 4096,
    "decoder_attention_heads": 16,
}
BLENDERBOT = BART | {
    "vocab_size": 8008,
    "max_position_embeddings": 128,
    "d_model": 2560,
    "encoder_layers": 2,
    "encoder_ffn_dim": 10240,
    "encoder_attention_heads": 32,
    "decoder_layers": 24,
    "decoder_ffn_dim": 10240,
    "decoder_attention_heads": 32,
}
BLENDERBOT_SMALL = BART | {
    "max_position_embeddings": 512,
    "d_model": 512,
    "encoder_layers": 8,
    "encoder_ffn_dim": 2048,
    "decoder_layers": 8,
    "decoder_ffn_dim": 2048,
}
PLBART = BART | {
    "vocab_size": 50005,
    "d_model": 768,
    "encoder_layers": 6,
    "encoder_ffn_dim": 3072,
    "encoder_attention_heads": 12,
    "decoder_layers": 6,
    "decoder_ffn_dim": 3072,
    "decoder_attention_heads": 12,
}
LED = {key: value for key, value in BART.items() if key != "max_position_embeddings"} | {
    "max_encoder_position_embeddings": 16384,
    "max_decoder_position_embeddings": 1024,
}
SWITCH = T5 | {
    "d_model": 768,
    "num_layers": 12,
    "num_decoder_layers": 12,
    "num_heads": 12,
    "num_experts": 8,
    "num_sparse_encoder_layers": 3,
    "num_sparse_decoder_layers": 3,
}
GEMMA2 = {
    "vocab_size": 256000,
    "hidden_size": 2304,
    "intermediate_size": 9216,
    "num_hidden_layers": 26,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 256,
    "max_position_embeddings": 8192,
    "sliding_window": 4096,
}
WHISPER = BART | {
    "vocab_size": 51865,
    "num_mel_bins": 80,
    "d_model": 384,
    "encoder_layers": 4,
    "encoder_ffn_dim": 1536,
    "encoder_attention_heads": 6,
    "decoder_layers": 4,
    "decoder_ffn_dim": 1536,
    "decoder_attention_heads": 6,
    "max_source_positions": 1500,
    "max_target_positions": 448,
}
# Defaults of the classes in transformers 5.24.0, where `config.defaults` has none.
DEFAULTS: dict[str, dict] = {
    "bart": BART,
    "blenderbot": BLENDERBOT,
    "blenderbot-small": BLENDERBOT_SMALL,
    "led": LED,
    "longt5": T5,
    "m2m_100": BART | {"vocab_size": 128112},
    "marian": BART | {"vocab_size": 58101},
    "mbart": BART,
    "mt5": MT5,
    "mvp": BART | {"vocab_size": 50267},
    "pegasus": BART,
    "plbart": PLBART,
    "switch_transformers": SWITCH,
    "t5": T5,
    "umt5": MT5,
    "whisper": WHISPER,
}
READERS: dict[str, Callable[[Keys], ModelSpec]] = {
    "bart": bart,
    "blenderbot": blenderbot,
    "blenderbot-small": blenderbot,
    "led": led,
    "longt5": longt5,
    "m2m_100": m2m_100,
    "marian": marian,
    "mbart": mbart,
    "mt5": t5,
    "mvp": bart,
    "pegasus": pegasus,
    "plbart": bart,
    "switch_transformers": switch,
    "t5": t5,
    "t5gemma": t5gemma,
    "umt5": umt5,
    "whisper": whisper,
}
