"""Families of 2026 whose layers read the tokens that an indexer picks: pooled, shared between layers, in windows.

Source: the modelling code of transformers 5.24.0 (models/glm5_next, qwen4_exp, mistral_large4, dots3_note).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from llmnotes.blocks.base import Block, Selection, Window
from llmnotes.blocks.compressed import HyperConnection
from llmnotes.blocks.latent import MLA
from llmnotes.blocks.pooled import DirectIndexMLA, GatedStreams, HashedNgrams, PooledIndexAttention, PooledIndexMLA
from llmnotes.blocks.recurrent import KimiDeltaAttention
from llmnotes.config.experts import Moe, by_mlp_types
from llmnotes.config.keys import ConfigError, Keys
from llmnotes.config.linear import LINEAR, gated_attention, gated_delta
from llmnotes.config.mla import index_shared, indexed, mla, picking
from llmnotes.config.reading import (
    FULL,
    SLIDING,
    context,
    decoder,
    either,
    ends,
    every,
    family_pattern,
    layer,
    note_prediction_modules,
    numbered,
    pattern,
    spec,
    stack,
)
from llmnotes.equations import params
from llmnotes.spec import Layer, ModelSpec

INDEXED = "indexed_attention"
MOST_TABLES = 4_096  # no published model has more than sixteen in a layer


def _kinds(keys: Keys, n_layers: int, others: str, default: tuple[str, ...]) -> tuple[str, ...]:
    """`layer_types`; files published before the class was written say `full_attention` where an indexer picks."""
    kinds = family_pattern(keys, n_layers, default, (INDEXED, FULL, others))
    return tuple(INDEXED if kind == FULL else kind for kind in kinds)


def glm5_next(keys: Keys) -> ModelSpec:
    """GLM-5.3-Flash: three layers of Kimi Delta Attention, then one of latent attention over pools of tokens that an
    indexer picks; parallel residual streams, experts behind three dense layers."""
    keys.ignore("swiglu_limit", "hc_eps", "hc_sinkhorn_iters", "linear_lower_bound", "index_kpool_always_select_tail")
    keys.ignore("moe_layer_freq", "linear_head_dim", "linear_num_heads", "linear_conv_kernel_dim")
    keys.expect("mhc", True)
    note_prediction_modules(keys)
    n_layers, d_model = keys.n_layers(), keys.size("hidden_size")
    inside = keys.inside("linear_attn_config")
    recurrent = KimiDeltaAttention(
        d_model,
        n_heads=either(keys, inside, "linear_num_heads", "num_attention_heads"),
        head_dim=either(keys, inside, "linear_head_dim", "head_dim"),
        conv_kernel=either(keys, inside, "linear_conv_kernel_dim", "short_conv_kernel_size"),
    )
    plain, pool = mla(keys), keys.size("index_kpool")
    by_own = PooledIndexMLA(**vars(indexed(keys, plain)), pool=pool)
    shared = index_shared(keys, n_layers)
    kinds = _kinds(keys, n_layers, LINEAR, every(n_layers, 4, INDEXED, LINEAR))
    mixers: list[Block] = [
        recurrent if kind == LINEAR else picking(keys, plain) if is_shared else by_own
        for kind, is_shared in zip(kinds, shared, strict=True)
    ]
    if "index_kpool" in keys.published and pool > 1:
        keys.warnings.append(
            f"keys of the indexer are counted as the reference keeps them, for every token; an engine that keeps the "
            f"means of {pool} tokens alone needs less"
        )
    parts = Moe(shared="n_shared_experts", sparse=by_mlp_types(3))(keys, n_layers)
    streams = (HyperConnection(d_model, keys.size("hc_mult")),) * 2
    made = [layer(keys, mixer, part) for mixer, part in zip(mixers, parts, strict=True)]
    return decoder(keys, [replace(one, extras=streams) for one in made])


def qwen4_exp(keys: Keys) -> ModelSpec:
    """Qwen4-Exp: three gated delta layers, then one of attention over blocks that an indexer picks; gated residual
    streams, tables of hashed n-grams in some layers, experts throughout."""
    keys.ignore("mamba_ssm_dtype", "seed", "split_ngram_parts", "output_gate_type", "indexer_kv_heads")
    keys.ignore("full_attention_interval", "mtp_use_dedicated_embeddings", "attn_output_gate")
    note_prediction_modules(keys)
    n_layers, d_model = keys.n_layers(), keys.size("hidden_size")
    interval = keys.size("full_attention_interval", default=4) if not keys.has("layer_types") else 4
    kinds = _kinds(keys, n_layers, LINEAR, every(n_layers, interval, INDEXED, LINEAR))
    n_streams = keys.size("hc_count")
    streams = (GatedStreams(d_model, n_streams, keys.size("hc_lowrank")),) * 2
    recurrent = gated_delta(keys)
    attending = _over_blocks(keys) if INDEXED in kinds else None
    mixers = [recurrent if kind == LINEAR else attending for kind in kinds]
    tables = _tables(keys, n_layers, n_streams)
    parts = Moe(shared="shared_expert_intermediate_size", shared_gate=True)(keys, n_layers)
    layers = [
        Layer(mixer, part, 0, streams if (table := tables.get(index)) is None else (table, *streams))
        for index, (mixer, part) in enumerate(zip(mixers, parts, strict=True))
    ]
    width = n_streams * d_model
    embedding = replace(
        ends(keys, d_model, tied=False, norm_params=n_streams * params.rms_norm_params(width=d_model)),
        project_params=2 * width * keys.size("hc_lowrank"),
    )
    return spec(keys, embedding=embedding, layers=layers, n_ctx=context(keys))


def _over_blocks(keys: Keys) -> PooledIndexAttention:
    """Gated attention over as many tokens as the budget allows, in blocks."""
    keys.expect("indexer_kv_heads", 1)
    # Read before the call: Brython evaluates what is named before what is unpacked.
    plain = vars(replace(gated_attention(keys, FULL), span=Selection(keys.size("indexer_budget"))))
    return PooledIndexAttention(
        **plain,
        n_index_heads=keys.size("indexer_n_heads"),
        index_head_dim=keys.size("indexer_head_dim"),
        pool=keys.size("indexer_compress_ratio"),
    )


def _tables(keys: Keys, n_layers: int, n_streams: int) -> dict[int, HashedNgrams]:
    """The tables of n-grams by layer: each of its heads has a prime number of rows, no two the same."""
    keys.ignore("ple_embed_dim", "ple_conv_kernel_size", "ngram_size", "heads_per_ngram", "ngram_vocab_size_base")
    keys.ignore("make_ngram_vocab_size_divisible_by")
    named = sorted({index for index in keys.indices("ple_layer_ids", n_layers + 1) if index})
    if not named:
        return {}
    d_model, size = keys.size("hidden_size"), keys.size("ngram_size", most=64)
    heads = (size - 1) * keys.size("heads_per_ngram", most=MOST_TABLES)
    if not heads or heads * len(named) > MOST_TABLES:
        raise keys.error("heads_per_ngram", f"give from 1 to {MOST_TABLES:,} heads in all")
    d_embed = keys.size("ple_embed_dim", default=d_model, why="as hidden_size")
    columns = keys.divides(heads, d_embed, "ple_embed_dim must be a multiple of the heads of all n-grams")
    step = keys.size("make_ngram_vocab_size_divisible_by")
    primes = _primes_from(keys.size("ngram_vocab_size_base"), heads * len(named))
    found = {}
    for order, index in enumerate(named):
        rows = sum(primes[order * heads : (order + 1) * heads])
        found[index - 1] = HashedNgrams(
            d_model,
            n_streams,
            rows=-(-rows // step) * step,
            columns=columns,
            d_embed=d_embed,
            conv_kernel=keys.size("ple_conv_kernel_size"),
            dilation=size,
        )
    looked_up = sum(table.lookup_params() for table in found.values())
    keys.warnings.append(f"of {looked_up:,} parameters in tables of n-grams a token reads {heads} rows a table")
    return found


def _primes_from(start: int, count: int) -> list[int]:
    """The first primes that are at least `start`."""
    found: list[int] = []
    number = max(start, 2)
    while len(found) < count:
        if number == 2 or (number % 2 and all(number % divisor for divisor in range(3, int(number**0.5) + 1, 2))):
            found.append(number)
        number += 1
    return found


def mistral_large4(keys: Keys) -> ModelSpec:
    """Mistral Large 4: latent attention over picked tokens, without rotations in every fourth layer; a layer may read
    the latents and the choice of an earlier one."""
    keys.ignore("layer_types", "num_key_value_heads", "head_dim", "no_rope_layer_interval", "kv_source_layers")
    n_layers = keys.n_layers()
    rotated = numbered(keys, "no_rope_layers", n_layers, "still", "rotated")
    if rotated is None:
        interval = keys.size("no_rope_layer_interval", default=4)
        rotated = every(n_layers, interval, "still", "rotated")
    sources = _sources(keys, n_layers)
    rope, nope = keys.size("qk_rope_head_dim"), keys.size("qk_nope_head_dim")
    plain = MLA(
        d_model=keys.size("hidden_size"),
        n_heads=keys.size("num_attention_heads"),
        q_lora_rank=0,
        kv_lora_rank=keys.size("kv_lora_rank"),
        qk_nope_head_dim=nope,
        qk_rope_head_dim=rope,
        v_head_dim=keys.size("v_head_dim"),
        span=Selection(keys.size("index_topk")),
        bias=keys.flag("attention_bias"),
    )
    still = replace(plain, qk_nope_head_dim=nope + rope, qk_rope_head_dim=0)
    mixers = [
        DirectIndexMLA(
            **vars(plain if rotates == "rotated" else still),
            n_index_heads=keys.size("index_n_heads"),
            index_head_dim=keys.size("index_head_dim"),
            shared=source != index,
            indexed=not is_shared,
        )
        for index, (rotates, source, is_shared) in enumerate(
            zip(rotated, sources, index_shared(keys, n_layers), strict=True)
        )
    ]
    parts = Moe(shared="n_shared_experts", sparse=by_mlp_types(1))(keys, n_layers)
    model = decoder(keys, [layer(keys, mixer, part) for mixer, part in zip(mixers, parts, strict=True)])
    return replace(model, embedding=replace(model.embedding, lookup_params=rope // 2))  # learned frequencies


def _sources(keys: Keys, n_layers: int) -> Sequence[int]:
    """`kv_source_layers`: whose latents each layer reads; its own where the key is absent."""
    if not keys.has("kv_source_layers"):
        return range(n_layers)
    sources = keys.indices("kv_source_layers", n_layers)
    if len(sources) != n_layers:
        raise ConfigError(f"{keys.name}: kv_source_layers has {len(sources)} entries for {n_layers} layers")
    for index, source in enumerate(sources):
        if source > index or sources[source] != source:
            raise ConfigError(f"{keys.name}: layer {index} reads the latents of layer {source}, which has none yet")
    return sources


# Latent attention within a window, where neither the file nor its list of layers says otherwise.
WINDOWED = {
    "num_attention_heads": 64,
    "q_lora_rank": 1024,
    "kv_lora_rank": 1024,
    "head_dim": 256,
    "qk_nope_head_dim": 192,
    "v_head_dim": 128,
}


def dots3_note(keys: Keys) -> ModelSpec:
    """dots3-note: latent attention over picked tokens in some layers, latent attention of another shape within a window
    in the others; a gate for each head, a norm on rotary keys."""
    keys.ignore("mlp_bias", "swa_rope_theta", "n_shared_experts", "shared_experts_intermediate_size", "use_dsa")
    keys.ignore("moe_shared_expert_intermediate_size", "use_sliding_window", "sliding_window", "sliding_window_size")
    keys.ignore("per_layer_config", "num_key_value_heads", *(f"swa_{name}" for name in WINDOWED))
    keys.ignore("swa_num_key_value_heads", "swa_qk_rope_head_dim", "index_n_heads", "index_head_dim", "index_topk")
    note_prediction_modules(keys)
    n_layers = keys.n_layers()
    windowed = not keys.has("use_sliding_window") or keys.flag("use_sliding_window")
    default = tuple(SLIDING if windowed and i > 1 and i % 4 != 1 else INDEXED for i in range(n_layers))
    kinds = pattern(keys, n_layers, default, (INDEXED, FULL, SLIDING))
    picks = keys.flag("use_dsa") if keys.has("use_dsa") else not keys.has("per_layer_config")
    if picks:
        kinds = tuple(INDEXED if kind == FULL else kind for kind in kinds)
    elif keys.has("use_dsa"):
        kinds = tuple(FULL if kind == INDEXED else kind for kind in kinds)
    plain = mla(keys)
    plain = replace(plain, gate_width=plain.n_heads)

    def mixer(kind: str) -> MLA:
        if kind == SLIDING:
            return _within_window(keys, kinds.index(SLIDING))
        return indexed(keys, plain) if kind == INDEXED else plain

    n_shared = keys.count("n_shared_experts", default=1)
    width = keys.size("moe_shared_expert_intermediate_size", "shared_experts_intermediate_size", default=1536)
    keys.restate(shared_width=n_shared * width)
    parts = Moe(shared="shared_width", sparse=_by_list_or_step)(keys, n_layers)
    layers = stack(keys, kinds, mixer, parts)
    return decoder(keys, [_with_rotary_norm(one) for one in layers])


def _with_rotary_norm(one: Layer) -> Layer:
    """Beside its two norms a layer has one as wide as the rotary part of a key."""
    rotary = one.mixer.qk_rope_head_dim if isinstance(one.mixer, MLA) else 0
    return replace(one, norm_params=one.norm_params + rotary)


def _within_window(keys: Keys, first: int) -> MLA:
    """Latent attention of a layer with a window: `per_layer_config` of the first such layer, which leaves out what is
    as in the other layers; `swa_…`, or defaults."""
    given = keys.inside("per_layer_config")
    own = given.inside(str(first))

    def size(name: str) -> int:
        if own.config:
            return (own if own.has(name) else keys).size(name)
        return keys.size(f"swa_{name}", default=WINDOWED[name])

    rotary = "qk_rope_head_dim"
    width = size("head_dim") - size("qk_nope_head_dim")
    rope = size(rotary) if own.config else keys.size(f"swa_{rotary}", default=max(1, width), why="what is left")
    return MLA(
        d_model=keys.size("hidden_size"),
        n_heads=size("num_attention_heads"),
        q_lora_rank=size("q_lora_rank"),
        kv_lora_rank=size("kv_lora_rank"),
        qk_nope_head_dim=size("qk_nope_head_dim"),
        qk_rope_head_dim=rope,
        v_head_dim=size("v_head_dim"),
        span=Window(keys.size("sliding_window", "sliding_window_size", default=512)),
        bias=keys.flag("attention_bias"),
        gate_width=size("num_attention_heads"),
    )


def _by_list_or_step(keys: Keys, n_layers: int) -> Sequence[bool]:
    """`mlp_layer_types`; or from `first_k_dense_replace` on the layers that `moe_layer_freq` lists or steps to."""
    kinds = keys.words("mlp_layer_types", n_layers, ("dense", "sparse"))
    keys.ignore("first_k_dense_replace", "moe_layer_freq")
    if kinds is not None:
        return tuple(kind == "sparse" for kind in kinds)
    first = keys.count("first_k_dense_replace", default=1)
    value, _ = keys.raw("moe_layer_freq")
    if isinstance(value, list | tuple):
        listed = numbered(keys, "moe_layer_freq", n_layers, "dense", "sparse") or ()
        return tuple(index >= first and kind == "sparse" for index, kind in enumerate(listed))
    step = keys.size("moe_layer_freq", default=1)
    return tuple(index >= first and index % step == 0 for index in range(n_layers))


FAMILIES: dict[str, Callable[[Keys], ModelSpec]] = {
    "dots3_note_text": dots3_note,
    "glm5_next_text": glm5_next,
    "mistral_large4_text": mistral_large4,
    "qwen4_exp_text": qwen4_exp,
}
