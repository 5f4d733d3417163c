"""Mixtures of experts over ordinary attention."""

from dataclasses import replace

from llmnotes.blocks.base import Block
from llmnotes.blocks.feedforward import GatedMLP, MixtureOfExperts, PlainMLP
from llmnotes.config.common import (
    attention,
    context,
    decoder,
    ends,
    gated_mlp,
    layer,
    multi_head,
    note_prediction_modules,
    span_of,
    spec,
    window,
)
from llmnotes.config.keys import ConfigError, Keys
from llmnotes.config.llama import qwen3_attention, qwen_pattern
from llmnotes.equations import params
from llmnotes.spec import Layer, ModelSpec


def experts(
    keys: Keys,
    *names: str,
    expert: GatedMLP | PlainMLP,
    shared: GatedMLP | PlainMLP | None = None,
    shared_gate: bool = False,
    router_bias: bool = False,
    top_k_names: tuple[str, ...] = ("num_experts_per_tok",),
) -> MixtureOfExperts:
    """A mixture whose number of experts stands under one of these keys."""
    n_experts = keys.size(*names)
    top_k = keys.size(*top_k_names)
    check_top_k(keys, top_k_names[0], top_k, n_experts)
    return MixtureOfExperts(keys.size("hidden_size"), n_experts, top_k, expert, shared, shared_gate, router_bias)


def check_top_k(keys: Keys, name: str, top_k: int, n_experts: int) -> None:
    """Nobody visits more experts than there are."""
    if top_k > n_experts:
        raise ConfigError(f"{keys.name}: {name} is {top_k}, but there are only {n_experts} experts; check both values")


def shared_experts(keys: Keys, *, default: int = 1) -> GatedMLP | None:
    """`n_shared_experts` of the routed experts' width side by side, which is one that is wider."""
    n_shared = keys.count("n_shared_experts", default=default)
    return GatedMLP(keys.size("hidden_size"), n_shared * keys.size("moe_intermediate_size")) if n_shared else None


def mixtral(keys: Keys) -> ModelSpec:
    """Mixtral: a Mistral whose feed-forward is one of several."""
    mixer = attention(keys, span=window(keys))
    one = layer(keys, mixer, experts(keys, "num_experts", expert=gated_mlp(keys)))
    return decoder(keys, [one] * keys.n_layers())


def minimax_m2(keys: Keys) -> ModelSpec:
    """MiniMax-M2: norms over the whole query and key projections."""
    keys.expect("use_qk_norm", True)
    keys.ignore(
        "qk_norm_type",
        "use_routing_bias",
        "rotary_dim",
        "shared_intermediate_size",
        "router_jitter_noise",
        "attn_type_list",
    )
    mixer = attention(keys, qk_norm="projection", span=window(keys))
    one = layer(keys, mixer, experts(keys, "num_experts", expert=gated_mlp(keys)))
    note_prediction_modules(keys, "num_nextn_predict_layers")
    return decoder(keys, [one] * keys.n_layers())


def dbrx(keys: Keys) -> ModelSpec:
    """DBRX: norms with gains only; attention and experts have objects of their own in the configuration."""
    inside, heads = keys.inside("ffn_config"), keys.inside("attn_config")
    plain = multi_head(keys, width=("hidden_size",), heads=("num_attention_heads",))
    n_kv_heads = heads.size("num_key_value_heads")
    heads.divides(n_kv_heads, plain.n_heads, "n_heads must be a multiple of kv_n_heads")
    n_experts, top_k = inside.size("num_experts"), inside.size("num_experts_per_tok")
    check_top_k(inside, "num_experts_per_tok", top_k, n_experts)
    expert = GatedMLP(plain.d_model, inside.size("ffn_hidden_size"))
    norm = params.rms_norm_params(width=plain.d_model)
    part = MixtureOfExperts(plain.d_model, n_experts, top_k, expert)
    one = Layer(replace(plain, n_kv_heads=n_kv_heads), part, 2 * norm)
    keys.ignore("emb_pdrop", "resid_pdrop")
    return spec(
        keys,
        embedding=ends(keys, plain.d_model, tied=False, norm_params=norm),
        layers=[one] * keys.n_layers("num_hidden_layers"),
        n_ctx=context(keys, "max_position_embeddings"),
    )


def aria_text(keys: Keys) -> ModelSpec:
    """Aria: a Llama with experts and some shared ones of the same width."""
    bias = keys.flag("attention_bias", default=False)
    expert = gated_mlp(keys)
    n_shared = keys.count("n_shared_experts", default=2)
    part = experts(
        keys,
        "num_experts",
        top_k_names=("num_experts_per_tok",),
        expert=expert,
        shared=GatedMLP(expert.d_model, n_shared * expert.d_ff) if n_shared else None,
    )
    keys.ignore("moe_z_loss_coeff", "moe_aux_loss_coeff")
    keys.expect("mlp_bias", False)
    mixer = attention(keys, qkv_bias=bias, out_bias=bias)
    return decoder(keys, [layer(keys, mixer, part)] * keys.n_layers())


def granitemoe(keys: Keys) -> ModelSpec:
    """Granite with experts."""
    bias = keys.flag("attention_bias", default=False)
    mixer = attention(keys, qkv_bias=bias, out_bias=bias)
    one = layer(keys, mixer, experts(keys, "num_experts", expert=gated_mlp(keys)))
    return decoder(keys, [one] * keys.n_layers())


def phimoe(keys: Keys) -> ModelSpec:
    """Phi-3.5-MoE: LayerNorm, biases by two switches."""
    keys.ignore("input_jitter_noise")
    bias = keys.flag("attention_bias", default=False)
    mixer = attention(keys, qkv_bias=bias, out_bias=bias, span=window(keys))
    feed_forward = experts(keys, "num_experts", expert=gated_mlp(keys))
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
    keys.expect("use_qk_norm", True)
    keys.expect("shared_expert_intermediate_size", 0)
    n_layers = keys.n_layers()
    feed_forward = experts(keys, "num_experts", expert=gated_mlp(keys, "moe_intermediate_size"))
    kinds = zip(qwen_pattern(keys, n_layers), sparse_layers(keys, n_layers, feed_forward), strict=True)
    layers = [layer(keys, qwen3_attention(keys, kind), part) for kind, part in kinds]
    return decoder(keys, layers)


def sparse_layers(keys: Keys, n_layers: int, feed_forward: Block) -> list[Block]:
    """Experts in every `decoder_sparse_step`-th layer that `mlp_only_layers` does not name; dense ones elsewhere."""
    dense_layers = keys.indices("mlp_only_layers", n_layers) if keys.stated("mlp_only_layers") else ()
    step = keys.size("decoder_sparse_step", default=1)
    sparse = [(index + 1) % step == 0 and index not in dense_layers for index in range(n_layers)]
    keys.ignore("intermediate_size")
    dense = feed_forward if all(sparse) else gated_mlp(keys)
    return [feed_forward if is_sparse else dense for is_sparse in sparse]


def dots1(keys: Keys) -> ModelSpec:
    """dots.llm1: norms on queries and keys, the first layers dense."""
    n_layers = keys.n_layers()
    bias = keys.flag("attention_bias", default=False)
    parts = dense_first(keys, n_layers, deepseek_kind_experts(keys))
    layers = [
        layer(keys, attention(keys, qkv_bias=bias, out_bias=bias, qk_norm="head", span=span_of(keys, kind)), part)
        for kind, part in zip(qwen_pattern(keys, n_layers), parts, strict=True)
    ]
    return decoder(keys, layers)


def glm4_moe(keys: Keys) -> ModelSpec:
    """GLM-4.5 to 4.7: biases on query, key and value, the first layers dense."""
    n_layers = keys.n_layers()
    qk_norm = "head" if keys.flag("use_qk_norm", default=False) else "none"
    qkv_bias = keys.flag("attention_bias", default=False)
    mixer = attention(keys, qkv_bias=qkv_bias, qk_norm=qk_norm)
    note_prediction_modules(keys, "num_nextn_predict_layers")
    return decoder(
        keys, [layer(keys, mixer, part) for part in dense_first(keys, n_layers, deepseek_kind_experts(keys))]
    )


def counted_shared_experts(keys: Keys) -> MixtureOfExperts:
    """Routed experts and a number of shared ones, all of one width."""
    expert = gated_mlp(keys, "moe_intermediate_size")
    n_shared = keys.count("n_shared_experts", default=1)
    return experts(
        keys,
        "num_experts",
        "num_experts",
        top_k_names=("num_experts_per_tok",),
        expert=expert,
        shared=GatedMLP(expert.d_model, n_shared * expert.d_ff) if n_shared else None,
    )


def dense_first(keys: Keys, n_layers: int, feed_forward: Block) -> list[Block]:
    """Dense feed-forwards in the first `first_k_dense_replace` layers, experts in the others."""
    if keys.has("moe_layer_freq") and keys.size("moe_layer_freq") != 1:
        keys.warnings.append("moe_layer_freq is not 1; the implementation in common use ignores it and is counted so")
    n_dense = min(keys.count("first_k_dense_replace", default=0), n_layers)
    keys.ignore("intermediate_size")
    return [gated_mlp(keys)] * n_dense + [feed_forward] * (n_layers - n_dense) if n_dense else [feed_forward] * n_layers


def mlp_kinds(keys: Keys, n_layers: int, feed_forward: Block, *, n_dense: int = 0) -> list[Block]:
    """`mlp_layer_types` where it names each layer dense or sparse; otherwise `first_k_dense_replace`, or `n_dense`."""
    kinds = keys.words("mlp_layer_types", n_layers, ("dense", "sparse"))
    if kinds is None:
        keys.fill(first_k_dense_replace=n_dense)
        return dense_first(keys, n_layers, feed_forward)
    keys.ignore("first_k_dense_replace", "moe_layer_freq", "intermediate_size")
    dense = gated_mlp(keys) if "dense" in kinds else feed_forward
    return [dense if kind == "dense" else feed_forward for kind in kinds]


def ernie4_5_moe(keys: Keys) -> ModelSpec:
    """ERNIE 4.5 with experts in a stretch of layers; the balancing bias is a parameter here."""
    n_layers = keys.n_layers()
    bias = keys.flag("use_bias", default=False)
    keys.ignore("moe_capacity", "moe_norm_min", "moe_use_aux_free", "moe_gate", "n_shared_experts")
    first = keys.count("moe_layer_start_index", default=1)
    last, _ = keys.raw("moe_layer_end_index")
    last = n_layers - 1 if last in (None, -1) else keys.count("moe_layer_end_index")
    interval = keys.size("moe_layer_interval", default=1)
    n_shared = keys.count("n_shared_experts", default=0)
    d_expert = keys.size("moe_intermediate_size")
    feed_forward = experts(
        keys,
        "num_experts",
        top_k_names=("num_experts_per_tok",),
        expert=gated_mlp(keys, "moe_intermediate_size", bias=bias),
        shared=GatedMLP(keys.size("hidden_size"), n_shared * d_expert, bias) if n_shared else None,
        router_bias=True,
    )
    sparse = [(index + 1) % interval == 0 and first <= index <= last for index in range(n_layers)]
    mixer = attention(keys, qkv_bias=bias, out_bias=bias)
    dense = gated_mlp(keys, bias=bias)
    return decoder(keys, [layer(keys, mixer, feed_forward if yes else dense) for yes in sparse], tied=True)


def hunyuan_v1_moe(keys: Keys) -> ModelSpec:
    """Hunyuan with experts, one shared; numbers may be given once or for each layer."""
    keys.ignore("eod_token_id", "use_qk_norm", "num_shared_expert", "moe_intermediate_size", "use_mixed_mlp_moe")
    keys.expect("use_cla", False)
    n_layers = keys.n_layers()
    bias = keys.flag("attention_bias", default=False)
    expert = gated_mlp(keys)
    n_experts = _one_for_all(keys, "num_experts", n_layers)
    top_k = _one_for_all(keys, "num_experts_per_tok", n_layers)
    check_top_k(keys, "num_experts_per_tok", top_k, n_experts)
    feed_forward = MixtureOfExperts(keys.size("hidden_size"), n_experts, top_k, expert, shared=expert)
    mixer = attention(keys, qkv_bias=bias, out_bias=bias, qk_norm="head")
    return decoder(keys, [layer(keys, mixer, feed_forward)] * n_layers)


def _one_for_all(keys: Keys, name: str, n_layers: int) -> int:
    """A number, or a list that gives every layer the same one."""
    value, _ = keys.raw(name)
    if not isinstance(value, list | tuple):
        return keys.size(name)
    if len(value) != n_layers or any(item != value[0] for item in value):
        raise keys.error(name, f"only one number, or {n_layers} equal ones, is understood")
    return Keys({name: value[0]}, keys.name).size(name)


def deepseek_kind_experts(keys: Keys) -> MixtureOfExperts:
    """Routed experts and some shared ones of the same width, by DeepSeek's keys."""
    return experts(keys, "num_experts", expert=gated_mlp(keys, "moe_intermediate_size"), shared=shared_experts(keys))
