"""MiniMind, a course in training small models whose files have had three sets of keys."""

from collections.abc import Callable

from llmnotes.config.experts import Moe
from llmnotes.config.keys import Keys
from llmnotes.config.reading import Dense
from llmnotes.spec import ModelSpec


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


FAMILIES: dict[str, Callable[[Keys], ModelSpec]] = {"minimind": minimind}
