"""Reading published keys: every value checked, every default remembered, every key accounted for."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

MAX_SIZE = 100_000_000  # no published width, vocabulary or context is near it
MAX_LAYERS = 4_096
REQUIRED = object()
CORE = ("hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size", "intermediate_size")

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
    output_hidden_states output_router_logits pad_token_id partial_rotary_factor pretraining_tp prefix quantization
    quantization_config query_pre_attn_scalar reorder_and_upcast_attn resid_pdrop residual_dropout rms_norm_eps
    rope_interleaved rope_local_base_freq rope_parameters rope_scaling rope_theta rope_type rotary_emb_base rotary_pct
    rotary_dim router_aux_loss_coef router_jitter_noise routed_scaling_factor scale_attn_by_inverse_layer_idx
    scale_attn_weights scoring_func sep_token_id seq_aux summary_activation summary_first_dropout
    summary_proj_to_labels summary_type summary_use_proj swiglu_alpha swiglu_limit task_specific_params
    tie_encoder_decoder tokenizer_class topk_group topk_method torch_dtype transformers_version unk_token_id use_cache
    attn_softmax_in_fp32 embedding_dropout initial_context_length mscale rope_interleave max_length token_type_ids
    min_length use_return_dict aux_loss_alpha embedding_multiplier logits_scaling residual_multiplier
    attention_multiplier chunk_size_feed_forward diversity_penalty encoder_no_repeat_ngram_size length_penalty
    no_repeat_ngram_size num_beam_groups num_beams pruned_heads repetition_penalty return_dict temperature top_k top_p
    typical_p tf_legacy_loss torchscript use_bfloat16 problem_type bad_words_ids suppress_tokens do_sample
    early_stopping layer_rope_theta number_of_conv_states per_layer_config remove_invalid_values
    return_dict_in_generate output_scores mtp_transformer_layers use_mtp _attn_implementation_autoset output_gate_type
    num_experts exponential_decay_length_penalty unsloth_fixed unsloth_version aqlm dfloat11_config quantize quip_params
    """.split()  # noqa: SIM905 - a hundred words read better as a paragraph
)

# The field's name of a key, and the other spellings in which files and libraries give it. A file that gives the first
# is read by it.
SPELLINGS = {
    "hidden_size": ("n_embd", "n_embed", "d_model", "embedding_dim", "emb_dim", "model_dim"),
    "num_hidden_layers": ("n_layer", "n_layers", "num_layers", "num_blocks"),
    "num_attention_heads": ("n_head", "n_heads", "num_heads", "attention_heads"),
    "num_key_value_heads": ("num_kv_heads", "n_head_kv", "n_kv_heads", "kv_n_heads"),
    "intermediate_size": ("n_inner", "ffn_dim", "dff"),
    "max_position_embeddings": (
        "n_positions",
        "max_seq_len",
        "model_max_length",
        "context_length",
        "max_sequence_length",
        "seq_length",
        "max_context_length",
    ),
    "num_experts": ("n_routed_experts", "num_local_experts", "moe_num_experts", "n_experts", "moe_num_primary_experts"),
    "num_experts_per_tok": (
        "num_experts_per_token",
        "experts_per_token",
        "moe_topk",
        "moe_top_k",
        "moe_k",
        "num_selected_experts",
        "moe_num_active_primary_experts",
    ),
    "n_shared_experts": ("num_shared_experts", "moe_num_shared_experts", "num_shared_expert"),
    "num_nextn_predict_layers": ("num_mtp_layers", "num_mtp_modules", "mtp_num_hidden_layers"),
    "first_k_dense_replace": ("num_dense_layers", "dense_mlp_idx"),
    "tie_word_embeddings": ("tie_embedding",),
}


def spelt(config: Mapping, own: Collection[str] = ()) -> tuple[dict, dict[str, str]]:
    """The keys under the field's names, and under which name each renamed one was published. Of two spellings in one
    file the field's holds, unless the family's class has the other for its `own`."""
    keys, published = dict(config), {}
    for name, others in SPELLINGS.items():
        found = [other for other in others if other in keys]
        if name not in own:
            found.sort(key=lambda other: other not in own)
        if found and (keys.get(name) is None or (found[0] in own and name not in own and keys[found[0]] is not None)):
            published[name] = found[0]
            keys[name] = keys[found[0]]
        for other in found:
            if keys[other] == keys[name]:
                del keys[other]
    return keys, published


class ConfigError(ValueError):
    """A configuration that cannot be sized; the message names field, value and remedy in one line."""


def checked(config: Mapping, name: str) -> Mapping:
    """The configuration, if it is an object."""
    if not isinstance(config, Mapping):
        raise ConfigError(f"{name}: a configuration is a JSON object, not {_kind(config)}; give the whole config.json")
    return config


class Keys:
    """The keys of one published configuration, read by name.

    Args:
        config: The mapping as published.
        name: What to call the model in messages.
        defaults: What absent keys mean: the defaults of the family's class in the reference.
    """

    def __init__(self, config: Mapping, name: str, defaults: Mapping | None = None):
        self.name = name
        self.config, self.spelling = spelt(checked(config, name), defaults or ())
        self.published = frozenset(self.config)
        self.filled: set[str] = set()
        self.used: set[str] = set()
        self.assumed: list[str] = []
        self.warnings: list[str] = []
        self.head_matrix = 0  # weights of the head, where it is not as large as the token table
        self.within = {key: value for key, value in (defaults or {}).items() if isinstance(value, Mapping)}
        self.reserved = frozenset((*(defaults or ()), *spelt(defaults or {})[0], *CORE))
        if defaults:
            self.fill(**{key: value for key, value in spelt(defaults)[0].items() if key not in self.within})

    def error(self, key: str, remedy: str) -> ConfigError:
        """An error about one key, with the value it has."""
        return ConfigError(f"{self.name}: {self.said(key)} is {_shown(self.config.get(key))}: {remedy}")

    def said(self, key: str) -> str:
        """The name under which the file gives a key, as a message can show it."""
        return named(self.spelling.get(key, key))

    def raw(self, *names: str) -> tuple[Any, str]:
        """The value of the first of these keys that is present and not null, and its name; what the file says comes
        before a default, and a default that is used is remembered."""
        self.used.update(names)
        for name in names:
            if self.config.get(name) is not None and name not in self.filled:
                return self.config[name], name
        for name in names:
            if name in self.filled:
                self.assume(f"{name} = {_shown(self.config[name])} (the family's default)")
                return self.config[name], name
        return None, names[0]

    def has(self, *names: str) -> bool:
        """Whether one of these keys is present and not null."""
        return self.raw(*names)[0] is not None

    def stated(self, name: str) -> bool:
        """Whether a key that a model may do without is given; null says that it does, absence is remembered."""
        if name not in self.published and name not in self.config:
            self.assume(f"{name} is absent; counted without it")
        return self.has(name)

    def size(self, *names: str, default=REQUIRED, why: str = "", most: int = MAX_SIZE) -> int:
        """A whole number of at least 1."""
        return self._whole(names, default, why, least=1, most=most)

    def count(self, *names: str, default=REQUIRED, why: str = "", most: int = MAX_SIZE) -> int:
        """A whole number of at least 0."""
        return self._whole(names, default, why, least=0, most=most)

    def n_layers(self, *names: str, default=REQUIRED) -> int:
        """The depth."""
        return self.size(*(names or ("num_hidden_layers",)), default=default, most=MAX_LAYERS)

    def _whole(self, names: Sequence[str], default, why: str, least: int, most: int) -> int:
        value, name = self.raw(*names)
        if name in self.filled:
            self._misspelt(name)
        if value is None:
            return self._default(names, default, why)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.error(name, f"give a whole number of at least {least}")
        if value < least:
            raise self.error(name, f"give a whole number of at least {least}")
        if value > most:
            raise self.error(name, f"no published model has more than {most:,}; check the value")
        return value

    def number(self, name: str, default: float) -> float:
        """A positive number, whole or not."""
        value, _ = self.raw(name)
        if value is None:
            return self._default((name,), default, "")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1000:
            raise self.error(name, "give a positive number")
        return value

    def flag(self, *names: str, default: bool = False, why: str = "") -> bool:
        """True or false."""
        value, name = self.raw(*names)
        if value is None:
            return self._default(names, default, why)
        if not isinstance(value, bool):
            raise self.error(name, "give true or false")
        return value

    def on(self, name: str) -> bool:
        """A switch that nearly no file has on: off where it is absent, without a word."""
        self.used.add(name)
        return name in self.published and self.flag(name)

    def choice(self, name: str, options: Sequence[str], default=REQUIRED) -> str:
        """One of a few words."""
        value, _ = self.raw(name)
        if value is None:
            return self._default((name,), default, "")
        if not isinstance(value, str) or value not in options:
            raise self.error(name, "known here: " + ", ".join(options))
        return value

    def words(self, name: str, n: int, options: Sequence[str]) -> tuple[str, ...] | None:
        """A list of `n` words, one for each layer; `None` where the key is absent."""
        value, _ = self.raw(name)
        if value is None:
            return None
        if not isinstance(value, list | tuple):
            raise self.error(name, f"give a list with one entry for each of the {n} layers")
        if len(value) != n:
            raise ConfigError(f"{self.name}: {name} has {len(value)} entries for {n} layers; give one for each layer")
        for word in value:
            if word not in options:
                known = ", ".join(options)
                raise ConfigError(f"{self.name}: {name} holds {_shown(word)}: known here: {known}")
        return tuple(value)

    def indices(self, name: str, n: int) -> tuple[int, ...]:
        """A list of layer numbers; empty where the key is absent."""
        value, _ = self.raw(name)
        if value is None:
            return ()
        if not isinstance(value, list | tuple):
            raise self.error(name, f"give a list of layer numbers below {n}")
        for index in value:
            if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < n:
                raise ConfigError(f"{self.name}: {name} holds {_shown(index)}: give layer numbers from 0 to {n - 1}")
        return tuple(value)

    def expect(self, name: str, *allowed) -> None:
        """Refuse a key whose value would change the answer in a way that is not understood."""
        self.used.add(name)
        value = self.config.get(name)
        if value is not None and value not in allowed:
            known = " or ".join(_shown(option) for option in allowed)
            remedy = f"only {known} is understood for this family" if known else "this is not understood"
            raise self.error(name, remedy)

    def divides(self, divisor: int, number: int, what: str) -> int:
        """`number / divisor`, or an error that names both numbers."""
        if number % divisor:
            raise ConfigError(f"{self.name}: {what}: {number} is not a multiple of {divisor}; check both values")
        return number // divisor

    def fill(self, **defaults) -> None:
        """Give keys that are absent the values that the family's code gives them; null stays null."""
        missing = {name: value for name, value in defaults.items() if name not in self.config}
        self.filled.update(missing)
        self.config.update(missing)

    def restate(self, **values) -> None:
        """Give what the configuration says in another way the name that shared readers know."""
        for name, value in values.items():
            if self.config.get(name) is None or name in self.filled:
                self.config[name] = value
                self.filled.discard(name)
        self.used.update(values)

    def inside(self, name: str) -> "Keys":
        """The keys of an object within the configuration; empty where it is absent."""
        value = self.config.get(name)
        self.used.add(name)
        if value is not None and not isinstance(value, Mapping):
            raise self.error(name, "give an object")
        inner = Keys(value or {}, f"{self.name}: {name}", self.within.get(name))
        inner.assumed, inner.warnings = self.assumed, self.warnings
        return inner

    def ignore(self, *names: str) -> None:
        """Keys that do not change what is counted here."""
        self.used.update(names)

    def assume(self, sentence: str) -> None:
        """Remember something that the configuration does not say."""
        if sentence not in self.assumed:
            self.assumed.append(sentence)

    def _default(self, names: Sequence[str], default, why: str):
        if default is REQUIRED:
            self._misspelt(names[0])
            raise ConfigError(f"{self.name}: {names[0]} is missing; add it as the model's authors publish it")
        self.assume(f"{self.said(names[0])} = {_shown(default)}" + (f" ({why})" if why else " (the family's default)"))
        return default

    def _misspelt(self, name: str) -> None:
        """Refuse a file that seems to say this in words of its own, rather than take a default for it."""
        known = self.used | self.reserved | NEUTRAL
        unread = [key for key in self.config if isinstance(key, str) and key not in known and key not in self.filled]
        from difflib import get_close_matches

        near = get_close_matches(name, [key for key in unread if abs(len(key) - len(name)) < 3], n=1, cutoff=0.85)
        if near:
            raise ConfigError(
                f"{self.name}: {name} is missing (found {near[0]}); add it as the model's authors publish it"
            )
        unknown = [key for key in unread if name in CORE and type(self.config[key]) is int and self.config[key] > 99]
        if unknown:
            raise ConfigError(
                f"{self.name}: {name} is missing, and {named(unknown[0])} is not a key of this family; give the "
                "config.json as the model's authors publish it"
            )


def _kind(value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, str):
        return "text"
    return "a number" if isinstance(value, int | float) else "an object"


def named(key) -> str:
    """A name that a file gives, in one line and cut.

    >>> named("hidden_size"), named("a\\nb"), len(named("x" * 100_000))
    ('hidden_size', "'a\\\\nb'", 60)
    """
    text = str(key)
    return _cut(text if text.isprintable() else repr(text))


def _shown(value) -> str:
    if value is None:
        return "missing"
    return _cut(str(value).lower() if isinstance(value, bool) else repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
