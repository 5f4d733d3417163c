"""Mixtures of experts over ordinary attention."""

from llmnotes import params
from llmnotes.blocks.base import Block
from llmnotes.blocks.feedforward import GatedMLP, MixtureOfExperts, PlainMLP
from llmnotes.config.common import (
    ATTENTIONS,
    CHUNKED,
    FULL,
    SLIDING,
    attention,
    decoder,
    every,
    gated_mlp,
    layer,
    pattern,
    span_of,
    window,
)
from llmnotes.config.keys import ConfigError, Keys
from llmnotes.config.llama import qwen3_attention, qwen_pattern
from llmnotes.spec import ModelSpec


def experts(
    keys: Keys,
    *names: str,
    expert: GatedMLP | PlainMLP,
    shared: GatedMLP | PlainMLP | None = None,
    shared_gate: bool = False,
    router_bias: bool = False,
) -> MixtureOfExperts:
    """A mixture whose number of experts stands under one of these keys."""
    n_experts = keys.size(*names)
    top_k = keys.size("num_experts_per_tok", "experts_per_token")
    if top_k > n_experts:
        raise ConfigError(f"{keys.name}: num_experts_per_tok is {top_k}, but there are only {n_experts} experts")
    return MixtureOfExperts(keys.size("hidden_size"), n_experts, top_k, expert, shared, shared_gate, router_bias)


def shared_experts(keys: Keys, *, default: int = 1) -> GatedMLP | None:
    """`n_shared_experts` of the routed experts' width side by side, which is one that is wider."""
    n_shared = keys.count("n_shared_experts", default=default)
    return GatedMLP(keys.size("hidden_size"), n_shared * keys.size("moe_intermediate_size")) if n_shared else None


def mixtral(keys: Keys) -> ModelSpec:
    """Mixtral: a Mistral whose feed-forward is one of several."""
    mixer = attention(keys, span=window(keys))
    one = layer(keys, mixer, experts(keys, "num_local_experts", expert=gated_mlp(keys)))
    return decoder(keys, [one] * keys.n_layers())


def minimax_m2(keys: Keys) -> ModelSpec:
    """MiniMax-M2: norms over the whole query and key projections."""
    keys.expect("use_qk_norm", True)
    keys.ignore("qk_norm_type", "use_routing_bias", "shared_intermediate_size", "router_jitter_noise", "attn_type_list")
    mixer = attention(keys, qk_norm="projection", span=window(keys), default_head_dim=128)
    one = layer(keys, mixer, experts(keys, "num_local_experts", expert=gated_mlp(keys)))
    note_prediction_modules(keys, "num_mtp_modules")
    return decoder(keys, [one] * keys.n_layers())


def granitemoe(keys: Keys) -> ModelSpec:
    """Granite with experts."""
    bias = keys.flag("attention_bias", default=False)
    mixer = attention(keys, qkv_bias=bias, out_bias=bias)
    one = layer(keys, mixer, experts(keys, "num_local_experts", expert=gated_mlp(keys)))
    return decoder(keys, [one] * keys.n_layers(), tied=True)


def phimoe(keys: Keys) -> ModelSpec:
    """Phi-3.5-MoE: LayerNorm, biases by two switches."""
    keys.ignore("input_jitter_noise")
    bias = keys.flag("attention_bias", default=False)
    mixer = attention(keys, qkv_bias=bias, out_bias=bias, span=window(keys))
    feed_forward = experts(keys, "num_local_experts", expert=gated_mlp(keys))
    one = layer(keys, mixer, feed_forward, norm=params.layer_norm_params)
    head_bias = keys.flag("lm_head_bias", default=False)
    return decoder(keys, [one] * keys.n_layers(), norm=params.layer_norm_params, head_bias=head_bias)


def olmoe(keys: Keys) -> ModelSpec:
    """OLMoE: norms over the whole query and key projections."""
    keys.ignore("clip_qkv")
    bias = keys.flag("attention_bias", default=False)
    mixer = attention(keys, qkv_bias=bias, out_bias=bias, qk_norm="projection")
    one = layer(keys, mixer, experts(keys, "num_experts", expert=gated_mlp(keys)))
    return decoder(keys, [one] * keys.n_layers())


def gpt_oss(keys: Keys) -> ModelSpec:
    """gpt-oss: windows in every other layer, attention sinks, biases everywhere, the router's too."""
    n_layers = keys.n_layers()
    bias = keys.flag("attention_bias", default=True)
    feed_forward = experts(keys, "num_local_experts", expert=gated_mlp(keys, bias=True), router_bias=True)
    layers = [
        layer(
            keys,
            attention(keys, qkv_bias=bias, out_bias=bias, span=span_of(keys, kind), sinks=True, default_head_dim=64),
            feed_forward,
        )
        for kind in pattern(keys, n_layers, every(n_layers, 2, FULL, SLIDING))
    ]
    return decoder(keys, layers)


def qwen2_moe(keys: Keys) -> ModelSpec:
    """Qwen1.5 and Qwen2 with experts: one shared expert behind a gate."""
    n_layers = keys.n_layers()
    keys.ignore("sliding_window")
    feed_forward = experts(
        keys,
        "num_experts",
        expert=gated_mlp(keys, "moe_intermediate_size"),
        shared=gated_mlp(keys, "shared_expert_intermediate_size"),
        shared_gate=True,
    )
    bias = keys.flag("qkv_bias", default=True)
    kinds = zip(qwen_pattern(keys, n_layers), sparse_layers(keys, n_layers, feed_forward), strict=True)
    layers = [layer(keys, attention(keys, qkv_bias=bias, span=span_of(keys, kind)), part) for kind, part in kinds]
    return decoder(keys, layers)


def qwen3_moe(keys: Keys) -> ModelSpec:
    """Qwen3 with experts: none shared."""
    n_layers = keys.n_layers()
    feed_forward = experts(keys, "num_experts", "num_local_experts", expert=gated_mlp(keys, "moe_intermediate_size"))
    kinds = zip(qwen_pattern(keys, n_layers), sparse_layers(keys, n_layers, feed_forward), strict=True)
    layers = [layer(keys, qwen3_attention(keys, kind, default_head_dim=None), part) for kind, part in kinds]
    return decoder(keys, layers)


def sparse_layers(keys: Keys, n_layers: int, feed_forward: Block) -> list[Block]:
    """Experts in every `decoder_sparse_step`-th layer that `mlp_only_layers` does not name; dense ones elsewhere."""
    dense_layers = keys.indices("mlp_only_layers", n_layers)
    step = keys.size("decoder_sparse_step", default=1)
    sparse = [(index + 1) % step == 0 and index not in dense_layers for index in range(n_layers)]
    keys.ignore("intermediate_size")
    dense = feed_forward if all(sparse) else gated_mlp(keys)
    return [feed_forward if is_sparse else dense for is_sparse in sparse]


def dots1(keys: Keys) -> ModelSpec:
    """dots.llm1: norms on queries and keys, the first layers dense."""
    n_layers = keys.n_layers()
    bias = keys.flag("attention_bias", default=False)
    parts = dense_first(keys, n_layers, _deepseek_experts(keys))
    layers = [
        layer(keys, attention(keys, qkv_bias=bias, out_bias=bias, qk_norm="head", span=span_of(keys, kind)), part)
        for kind, part in zip(qwen_pattern(keys, n_layers), parts, strict=True)
    ]
    return decoder(keys, layers)


def glm4_moe(keys: Keys) -> ModelSpec:
    """GLM-4.5 to 4.7: biases on query, key and value, the first layers dense."""
    n_layers = keys.n_layers()
    qk_norm = "head" if keys.flag("use_qk_norm", default=False) else "none"
    mixer = attention(keys, qkv_bias=keys.flag("attention_bias", default=False), qk_norm=qk_norm)
    note_prediction_modules(keys, "num_nextn_predict_layers")
    return decoder(keys, [layer(keys, mixer, part) for part in dense_first(keys, n_layers, _deepseek_experts(keys))])


def dense_first(keys: Keys, n_layers: int, feed_forward: Block) -> list[Block]:
    """Dense feed-forwards in the first `first_k_dense_replace` layers, experts in the others."""
    keys.expect("moe_layer_freq", 1)
    n_dense = min(keys.count("first_k_dense_replace", default=0), n_layers)
    keys.ignore("intermediate_size")
    return [gated_mlp(keys)] * n_dense + [feed_forward] * (n_layers - n_dense) if n_dense else [feed_forward] * n_layers


def llama4_text(keys: Keys) -> ModelSpec:
    """Llama 4: three layers in chunks of positions, then one over everything; one shared expert."""
    n_layers = keys.n_layers()
    keys.ignore("attn_temperature_tuning", "floor_scale", "attn_scale", "use_qk_norm", "for_llm_compressor")
    bias = keys.flag("attention_bias", default=False)
    expert = gated_mlp(keys)
    feed_forward = experts(keys, "num_local_experts", expert=expert, shared=expert)
    keys.ignore("interleave_moe_layer_step")
    if keys.has("moe_layers"):
        sparse = keys.indices("moe_layers", n_layers)
    else:
        step = keys.size("interleave_moe_layer_step", default=1)
        sparse = tuple(range(step - 1, n_layers, step))
    keys.ignore("intermediate_size_mlp", "no_rope_layer_interval")
    layers = [
        layer(
            keys,
            attention(keys, qkv_bias=bias, out_bias=bias, span=span_of(keys, kind), default_head_dim=128),
            feed_forward if index in sparse else gated_mlp(keys, "intermediate_size_mlp"),
        )
        for index, kind in enumerate(_llama4_kinds(keys, n_layers))
    ]
    return decoder(keys, layers)


def _llama4_kinds(keys: Keys, n_layers: int) -> tuple[str, ...]:
    """Chunks wherever positions are rotated: as `no_rope_layers` says (1: rotated), or three layers out of four."""
    interval = keys.size("no_rope_layer_interval") if keys.has("no_rope_layer_interval") else 4
    rotated, _ = keys.raw("no_rope_layers")
    default = every(n_layers, interval, FULL, CHUNKED)
    if rotated:
        if not isinstance(rotated, list | tuple) or len(rotated) != n_layers or any(r not in (0, 1) for r in rotated):
            raise keys.error("no_rope_layers", f"give 0 or 1 for each of the {n_layers} layers, or an empty list")
        default = tuple(CHUNKED if rotates else FULL for rotates in rotated)
    if not keys.has("attention_chunk_size"):
        keys.ignore("attention_chunk_size")
        default = (FULL,) * n_layers
    return pattern(keys, n_layers, default, (*ATTENTIONS, CHUNKED))


def _deepseek_experts(keys: Keys) -> MixtureOfExperts:
    return experts(
        keys, "n_routed_experts", expert=gated_mlp(keys, "moe_intermediate_size"), shared=shared_experts(keys)
    )


def note_prediction_modules(keys: Keys, name: str) -> None:
    """Say that modules which predict more than one token are not counted."""
    if keys.has(name) and keys.count(name):
        keys.warnings.append("the multi-token prediction module is left out; its layers come on top of this count")
