"""Mixtures of experts over grouped attention, each said in a row: which layers have experts, and what they share."""

from collections.abc import Callable, Sequence

from llmnotes.config.experts import BY_TYPE, DEEPSEEK, FIRST_DENSE, Moe, by_mlp_types, first_dense, stepped
from llmnotes.config.keys import Keys
from llmnotes.config.reading import (
    FULL,
    SLIDING,
    Dense,
    by_switch,
    every,
    first_of,
    listed,
    nth,
    one_window,
    pattern,
)
from llmnotes.config.sliding import lettered
from llmnotes.equations import params
from llmnotes.spec import ModelSpec


def ernie4_5_moe(keys: Keys) -> ModelSpec:
    """ERNIE 4.5 with experts in a stretch of layers; the balancing bias is a parameter here."""
    keys.ignore("moe_capacity", "moe_norm_min", "moe_use_aux_free", "moe_gate")
    parts = Moe(shared="n_shared_experts", router_bias=True, bias="use_bias", sparse=_stretch)
    return Dense(qkv="use_bias", parts=parts, tied=True, head_bias="use_bias")(keys)


def _stretch(keys: Keys, n_layers: int) -> Sequence[bool]:
    """Every `moe_layer_interval`-th layer from `moe_layer_start_index` to `moe_layer_end_index`."""
    first, interval = keys.count("moe_layer_start_index", default=1), keys.size("moe_layer_interval", default=1)
    last, _ = keys.raw("moe_layer_end_index")
    last = n_layers - 1 if last in (None, -1) else keys.count("moe_layer_end_index")
    return tuple((index + 1) % interval == 0 and first <= index <= last for index in range(n_layers))


def hunyuan_v1_moe(keys: Keys) -> ModelSpec:
    """Hunyuan with experts, one shared; numbers may be given once or for each layer."""
    keys.ignore("eod_token_id", "use_qk_norm", "n_shared_experts", "moe_intermediate_size", "use_mixed_mlp_moe")
    keys.expect("use_cla", False)
    keys.expect("use_mla", False)
    keys.expect("moe_layer_num_skipped", 0)
    keys.ignore(*(key for key in keys.config if key.startswith(HUNYUAN_INPUTS)))
    keys.ignore("attention_head_dim", "cla_share_factor", "class_num", "dense_list", "norm_type", "pool_type", "pad_id")
    keys.ignore("org_vocab_size", "use_rotary_pos_emb")
    if keys.has("attention_head_dim") and not keys.has("head_dim"):
        keys.config["head_dim"] = keys.size("attention_head_dim")
    n_layers = keys.n_layers()
    for name in ("num_experts", "num_experts_per_tok"):
        keys.config[name] = _one_for_all(keys, name, n_layers)
    return Dense(qk_norm="head", parts=Moe(width="intermediate_size", shared="intermediate_size"))(keys)


def _one_for_all(keys: Keys, name: str, n_layers: int) -> int:
    """A number, or a list that gives every layer the same one."""
    value, _ = keys.raw(name)
    if not isinstance(value, list | tuple):
        return keys.size(name)
    if len(value) != n_layers or any(item != value[0] for item in value):
        raise keys.error(name, f"only one number, or {n_layers} equal ones, is understood")
    return Keys({name: value[0]}, keys.name).size(name)


def hy_v3(keys: Keys) -> ModelSpec:
    """Hunyuan 3: norms on queries and keys; where no shared expert is counted, one of the dense width is built."""
    none = keys.has("n_shared_experts") and keys.count("n_shared_experts") == 0
    shared = "intermediate_size" if none else "n_shared_experts"
    parts = Moe(shared=shared, bias="mlp_bias", sparse=by_mlp_types(1))
    return Dense(qk_norm="head", parts=parts, ignore=HY_V3)(keys)


def bailing_moe(keys: Keys) -> ModelSpec:
    """Ling 1.5 and 2: DeepSeek's layers over grouped attention, norms on queries and keys from 2 on."""
    keys.ignore("norm_head", "norm_softmax", "moe_router_enable_expert_bias", "router_dtype", "score_function")
    keys.ignore("moe_router_topk_scaling_factor", "use_rmsnorm", "num_routed_experts", "multi_gate", "routed_scaling")
    keys.ignore("moe_shared_expert_intermediate_size", "mtp_loss_scaling_factor", "embedding_dropout", "output_dropout")
    keys.ignore("moe_router_enable_shared_expert", "sliding_window", "use_sliding_window", "max_window_layers")
    keys.ignore("scale_attn_weights", "use_qk_norm")
    both = keys.flag("use_bias")
    qkv = both or keys.flag("use_qkv_bias")
    parts = Moe(shared="n_shared_experts", bias=both, sparse=first_dense, expert_bias=both)
    return Dense(qkv=qkv, out=both, qk_norm="head" if keys.on("use_qk_norm") else "none", parts=parts)(keys)


def minicpm(keys: Keys) -> ModelSpec:
    """MiniCPM 1, 2 and 4: a Llama with everything scaled, or a Mixtral where `num_experts` is above 0."""
    keys.ignore("scale_emb", "scale_depth", "dim_model_base", "mup_denominator", "sparse_config", "use_sparse")
    many = keys.has("num_experts") and keys.count("num_experts") > 0
    return Dense(parts=Moe(width="intermediate_size") if many else None, tied=True)(keys)


def minimind(keys: Keys) -> ModelSpec:
    """MiniMind: a small Llama with tied ends, in its first keys (`dim`), in those of 2025, and in today's (`head_dim`),
    with norms on queries and keys; experts as wide as the dense feed-forward, one of them shared.

    Source: LMConfig.py and model.py beside HYanChen/MiniMind2; jingyaogong/minimind at 0074dcf, model_minimind.py.
    """
    keys.ignore("dropout", "flash_attn", "multiple_of", "scoring_func", "aux_loss_alpha", "seq_aux", "norm_topk_prob")
    keys.ignore(
        "use_moe", "n_shared_experts", "num_experts", "num_experts_per_tok", "moe_intermediate_size", "norm_eps"
    )
    keys.ignore("inference_rope_scaling", "router_aux_loss_coef", "dim", "hidden_dim", "intermediate_size")
    normed = keys.has("head_dim")
    if keys.has("dim"):
        keys.restate(hidden_size=keys.size("dim"))
    width = keys.size("hidden_dim", "intermediate_size", default=-(-(8 * keys.size("hidden_size") // 3) // 64) * 64)
    keys.restate(intermediate_size=width)
    parts = None
    if keys.on("use_moe"):
        shared = keys.raw("n_shared_experts")[0]
        own = keys.size("moe_intermediate_size", default=width) if normed else width
        keys.config |= {"n_shared_experts": int(not normed and shared is not None), "moe_intermediate_size": own}
        parts = Moe(shared="n_shared_experts")
    return Dense(qkv=False, qk_norm="head" if normed else "none", tied=True, parts=parts)(keys)


AFMOE = "mup_enabled route_scale route_norm score_func load_balance_coeff use_grouped_mm num_expert_groups"
# How keys begin that Tencent's own code has for images and sound, which these models do not read.
HUNYUAN_INPUTS = ("anyres_", "im_", "image_token", "mask_init", "num_media", "text_", "video_", "vit_")
HY_V3 = "enable_moe_fp32_combine router_scaling_factor route_norm expert_hidden_dim moe_router_use_sigmoid qk_norm"
MINIMAX_M2 = "qk_norm_type use_routing_bias shared_intermediate_size attn_type_list use_qk_norm"

FAMILIES: dict[str, Callable[[Keys], ModelSpec]] = {
    "afmoe": Dense(
        qk_norm="head",
        gate=True,
        n_norms=4,
        kinds=lambda keys, n: pattern(
            keys, n, every(n, keys.size("global_attn_every_n_layers", default=4), FULL, SLIDING)
        ),
        parts=Moe(shared="n_shared_experts", router_bias=True, sparse=by_mlp_types(1)),
        ignore=f"{AFMOE} num_limited_groups rope_scaling n_group topk_group global_attn_every_n_layers",
    ),
    "aria_text": Dense(
        parts=Moe(width="intermediate_size", shared="n_shared_experts", bias="mlp_bias"),
        ignore="moe_z_loss_coeff moe_aux_loss_coeff",
    ),
    "bailing_moe": bailing_moe,
    "deepseek": Dense(parts=DEEPSEEK),
    "deepseek_ocr2_text": Dense(parts=BY_TYPE, ignore="topk_method"),
    "dots1": Dense(qk_norm="head", kinds=by_switch, parts=DEEPSEEK),
    "ernie4_5_moe": ernie4_5_moe,
    "exaone_moe": Dense(qkv=False, qk_norm="head", kinds=lettered, parts=FIRST_DENSE),
    "flex_olmo": Dense(qk_norm="projection", parts=Moe(width="intermediate_size"), ignore="clip_qkv"),
    "glm4_moe": Dense(out=False, qk_norm="head", qk_norm_if="use_qk_norm", parts=DEEPSEEK),
    "glm4v_moe_text": Dense(out=False, parts=DEEPSEEK, ignore="use_qk_norm"),
    "gpt_oss": Dense(
        sinks=True,
        kinds=listed(nth(2)),
        parts=Moe(width="intermediate_size", expert_bias=True, router_bias=True),
    ),
    "granitemoe": Dense(parts=Moe(width="intermediate_size")),
    "granitemoe_swa": Dense(
        sinks=True,
        kinds=listed(first_of(4)),
        parts=Moe(width="intermediate_size", shared="shared_intermediate_size"),
    ),
    "granitemoeshared": Dense(
        kinds=one_window, parts=Moe(width="intermediate_size", shared="shared_intermediate_size")
    ),
    "hunyuan_v1_moe": hunyuan_v1_moe,
    "hy_v3": hy_v3,
    "kolibri1": Dense(
        qkv=False,
        qk_norm="head",
        n_norms=4,
        kinds=listed(nth(5)),
        parts=Moe(shared="shared_expert_intermediate_size"),
    ),
    "mellum": Dense(qk_norm="head", kinds=listed(), parts=Moe(sparse=by_mlp_types())),
    "minicpm": minicpm,
    "minimax_m2": Dense(
        qkv=False, qk_norm="projection", kinds=one_window, parts=Moe(width="intermediate_size"), ignore=MINIMAX_M2
    ),
    "minimind": minimind,
    "mixtral": Dense(qkv=False, kinds=one_window, parts=Moe(width="intermediate_size")),
    "olmoe": Dense(qk_norm="projection", parts=Moe(width="intermediate_size"), ignore="clip_qkv"),
    "phimoe": Dense(
        kinds=one_window,
        parts=Moe(width="intermediate_size"),
        norm=params.layer_norm_params,
        head_bias="lm_head_bias",
        ignore="input_jitter_noise",
    ),
    "qwen2_moe": Dense(
        qkv="qkv_bias",
        out=False,
        kinds=by_switch,
        parts=Moe(shared="shared_expert_intermediate_size", shared_gate=True, sparse=stepped),
    ),
    "qwen3_moe": Dense(
        qk_norm="head",
        kinds=by_switch,
        parts=Moe(sparse=stepped),
        ignore="use_qk_norm shared_expert_intermediate_size",
    ),
    "solar_open": Dense(out=False, parts=BY_TYPE),
}
