"""Parts that many families share: ends of the model, spans of attention, feed-forwards."""

from collections.abc import Iterable

from llmnotes import params
from llmnotes.blocks.attention import Attention
from llmnotes.blocks.base import EveryToken, Span, Window
from llmnotes.config.keys import Keys
from llmnotes.spec import Embedding, Layer, ModelSpec, runs_of

FULL, SLIDING, CHUNKED = "full_attention", "sliding_attention", "chunked_attention"

# Keys that change no count: training, numerics, token ids, packaging, rotary settings.
NEUTRAL = frozenset(
    """
    _name_or_path activation activation_dropout activation_function architectures attention_dropout attn_implementation
    attn_logit_softcapping attn_pdrop auto_map begin_suppress_tokens bos_token_id classifier_dropout conv_init
    cross_attention_hidden_size decoder_start_token_id dropout dtype embd_pdrop eos_token_id ep_size ffn_dropout
    final_logit_softcapping finetuning_task forced_bos_token_id forced_eos_token_id gradient_checkpointing hidden_act
    hidden_activation hidden_dropout id2label initializer_factor initializer_range is_decoder is_encoder_decoder
    is_llama_config label2id layer_norm_eps layer_norm_epsilon layerdrop mlp_hidden_act model_type n_group name
    norm_eps norm_epsilon norm_topk_prob num_return_sequences original_max_position_embeddings output_attentions
    output_hidden_states output_router_logits pad_token_id partial_rotary_factor pretraining_tp
    prefix quantization_config query_pre_attn_scalar reorder_and_upcast_attn resid_pdrop residual_dropout rms_norm_eps
    rope_interleaved rope_local_base_freq rope_parameters rope_scaling rope_theta rope_type rotary_emb_base rotary_pct
    rotary_dim router_aux_loss_coef router_jitter_noise routed_scaling_factor scale_attn_by_inverse_layer_idx
    scale_attn_weights scoring_func sep_token_id seq_aux summary_activation summary_first_dropout
    summary_proj_to_labels summary_type summary_use_proj swiglu_alpha swiglu_limit task_specific_params
    tie_encoder_decoder tokenizer_class topk_group topk_method torch_dtype transformers_version unk_token_id use_cache
    attn_softmax_in_fp32 embedding_dropout initial_context_length mscale rope_interleave max_length
    token_type_ids min_length
    use_return_dict aux_loss_alpha embedding_multiplier logits_scaling residual_multiplier attention_multiplier
    """.split()  # noqa: SIM905 - a hundred words read better as a paragraph
)


def spec(
    keys: Keys,
    *,
    embedding: Embedding,
    layers: Iterable[Layer],
    n_ctx: int | None,
) -> ModelSpec:
    """Close a configuration: whatever nobody asked for and nobody knows to be neutral becomes a warning."""
    layers = tuple(layers)
    unknown = [
        key
        for key, value in keys.config.items()
        if key not in keys.used and key not in NEUTRAL and value is not None and value is not False
    ]
    for key in unknown:
        keys.warnings.append(f"{key} is not understood and was left out of the count")
    return ModelSpec(
        name=keys.name,
        family=keys.config["model_type"],
        embedding=embedding,
        runs=runs_of(layers),
        n_ctx=n_ctx,
        assumed=tuple(keys.assumed),
        warnings=tuple(keys.warnings),
    )


def context(keys: Keys, *names: str) -> int | None:
    """Positions the configuration allows, if it says."""
    names = names or ("max_position_embeddings",)
    return keys.size(*names) if keys.has(*names) else None


def rms_embedding(keys: Keys, *, tied: bool) -> Embedding:
    """A token table, one RMSNorm after the last layer, a head: the ends of a Llama."""
    d_model = keys.size("hidden_size")
    return Embedding(
        vocab_size=keys.size("vocab_size"),
        d_model=d_model,
        d_embed=d_model,
        tied=keys.flag("tie_word_embeddings", default=tied),
        norm_params=params.rms_norm_params(width=d_model),
    )


def head_shape(keys: Keys, *, default_head_dim: int | None = None) -> tuple[int, int, int]:
    """Query heads, KV heads and head width of grouped attention."""
    n_heads = keys.size("num_attention_heads")
    n_kv_heads = keys.size("num_key_value_heads", default=n_heads, why="as many as query heads")
    keys.divides(n_kv_heads, n_heads, "num_attention_heads must be a multiple of num_key_value_heads")
    if keys.has("head_dim"):
        return n_heads, n_kv_heads, keys.size("head_dim")
    if default_head_dim is not None:
        return n_heads, n_kv_heads, keys.size("head_dim", default=default_head_dim)
    d_model = keys.size("hidden_size")
    head_dim = keys.divides(n_heads, d_model, "hidden_size must be a multiple of num_attention_heads")
    return n_heads, n_kv_heads, head_dim


def attention(keys: Keys, *, qkv_bias: bool = False, out_bias: bool = False, span: Span | None = None, **more):
    """Grouped attention from the usual keys."""
    n_heads, n_kv_heads, head_dim = head_shape(keys, default_head_dim=more.pop("default_head_dim", None))
    return Attention(
        d_model=keys.size("hidden_size"),
        n_heads=n_heads,
        n_kv_heads=n_kv_heads,
        head_dim=head_dim,
        v_head_dim=head_dim,
        span=span or EveryToken(),
        qkv_bias=qkv_bias,
        out_bias=out_bias,
        **more,
    )


def window(keys: Keys) -> Span:
    """One span for all layers: a sliding window where `sliding_window` is set."""
    return Window(keys.size("sliding_window")) if keys.has("sliding_window") else EveryToken()


def pattern(keys: Keys, n_layers: int, default: tuple[str, ...], options: tuple[str, ...]) -> tuple[str, ...]:
    """The kind of each layer: `layer_types` as published, or the family's rule."""
    return keys.words("layer_types", n_layers, options) or default


def span_of(keys: Keys, kind: str) -> Span:
    """The span that a layer type stands for."""
    return Window(keys.size("sliding_window")) if kind == SLIDING else EveryToken()
