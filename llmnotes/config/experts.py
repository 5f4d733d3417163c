"""Mixtures of experts over ordinary attention."""

from llmnotes import params
from llmnotes.blocks.base import Block
from llmnotes.blocks.feedforward import GatedMLP, MixtureOfExperts
from llmnotes.config.common import FULL, SLIDING, attention, context, pattern, rms_embedding, span_of, spec, window
from llmnotes.config.keys import ConfigError, Keys
from llmnotes.spec import Layer, ModelSpec


def n_experts_and_top_k(keys: Keys, *names: str) -> tuple[int, int]:
    """How many experts there are and how many a token visits."""
    n_experts = keys.size(*names)
    top_k = keys.size("num_experts_per_tok", "experts_per_token")
    if top_k > n_experts:
        raise ConfigError(f"{keys.name}: num_experts_per_tok is {top_k}, but there are only {n_experts} experts")
    return n_experts, top_k


def mixtral(keys: Keys) -> ModelSpec:
    """Mixtral: a Mistral whose feed-forward is one of several."""
    embedding = rms_embedding(keys, tied=False)
    n_experts, top_k = n_experts_and_top_k(keys, "num_local_experts")
    expert = GatedMLP(embedding.d_model, keys.size("intermediate_size"))
    layer = Layer(
        mixer=attention(keys, span=window(keys)),
        feed_forward=MixtureOfExperts(embedding.d_model, n_experts, top_k, expert),
        norm_params=2 * params.rms_norm_params(width=embedding.d_model),
    )
    return spec(keys, embedding=embedding, layers=[layer] * keys.n_layers(), n_ctx=context(keys))


def gpt_oss(keys: Keys) -> ModelSpec:
    """gpt-oss: windows in every other layer, attention sinks, biases everywhere, the router's too."""
    n_layers = keys.n_layers()
    embedding = rms_embedding(keys, tied=False)
    n_experts, top_k = n_experts_and_top_k(keys, "num_local_experts")
    expert = GatedMLP(embedding.d_model, keys.size("intermediate_size"), bias=True)
    bias = keys.flag("attention_bias", default=True)
    experts: Block = MixtureOfExperts(embedding.d_model, n_experts, top_k, expert, router_bias=True)
    default = tuple(FULL if index % 2 else SLIDING for index in range(n_layers))
    layers = [
        Layer(
            mixer=attention(
                keys,
                qkv_bias=bias,
                out_bias=bias,
                span=span_of(keys, kind),
                sink_params=keys.size("num_attention_heads"),
                default_head_dim=64,
            ),
            feed_forward=experts,
            norm_params=2 * params.rms_norm_params(width=embedding.d_model),
        )
        for kind in pattern(keys, n_layers, default, (FULL, SLIDING))
    ]
    return spec(keys, embedding=embedding, layers=layers, n_ctx=context(keys))
