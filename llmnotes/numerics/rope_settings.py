"""Published rope settings, in both spellings, to the frequencies that a model rotates by."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llmnotes.config.keys import ConfigError
from llmnotes.numerics import rope

# Families whose code rotates by 10,000 where the configuration is silent; no other base is guessed.
TEN_THOUSAND = frozenset({"gemma", "gpt_neox", "gptj", "llama", "mistral", "phi"})
NOT_ROTATED = frozenset(
    {"bloom", "gpt2", "gpt_bigcode", "gpt_neo", "jamba", "kimi_linear", "mamba", "mamba2", "mpt", "nemotron_h", "opt"}
)
SCALES_FULL_ONLY = frozenset({"olmo3"})  # its windowed layers keep the frequencies as trained
SAME_AS = {"gptj": "default", "mrope": "default", "su": "longrope"}


@dataclass(frozen=True)
class Rope:
    """How one head rotates: a frequency for each pair, and what cosine and sine are multiplied by afterwards."""

    kind: str
    frequencies: rope.Frequencies
    attention_factor: float = 1.0
    assumed: tuple[str, ...] = ()

    @property
    def wavelengths(self) -> tuple[float, ...]:
        """Tokens to a full turn of each pair; infinite for pairs that stand still."""
        return tuple(2 * math.pi / frequency if frequency else math.inf for frequency in self.frequencies)


def rope_from_config(config: Mapping, *, n_tokens: int | None = None, layer_type: str | None = None) -> Rope:
    """The rotation that a published configuration describes.

    A softmax scale that some families add on top (DeepSeek's, Llama 4's) is not part of it.

    Args:
        config: The published mapping; a nested text model is found.
        n_tokens: Tokens in the text, for scalings that depend on it (dynamic, longrope); without it, the shortest.
        layer_type: `full_attention` or `sliding_attention`, where a model rotates them differently.

    Raises:
        ConfigError: If the model does not rotate, a key is missing or a value is not understood.

    >>> rope_from_config({"rope_theta": 10_000, "head_dim": 4, "rope_scaling": {"type": "linear", "factor": 2}})
    Rope(kind='linear', frequencies=(0.5, 0.005), attention_factor=1.0, assumed=())
    """
    if not isinstance(config, Mapping):
        raise ConfigError(f"a configuration is an object, not {config!r}; give the whole config.json")
    text = config.get("text_config")
    settings = _Settings({**config, **text} if isinstance(text, Mapping) else dict(config), layer_type)
    return _KINDS[settings.kind](settings, n_tokens)


class _Settings:
    """The rope settings of one layer type, wherever the configuration keeps them."""

    def __init__(self, config: dict[str, Any], layer_type: str | None):
        family = config.get("model_type", "")
        if family in NOT_ROTATED or config.get("alibi"):
            raise ConfigError(f"model_type is {family!r}: this model does not rotate; its positions are told otherwise")
        self.config, self.layer_type = config, layer_type
        self.assumed: list[str] = []
        self.scaling = self._scaling()
        named = self.scaling.get("rope_type") or self.scaling.get("type") or "default"
        self.kind = SAME_AS.get(named, named)
        if self.kind not in _KINDS:
            raise ConfigError(f"rope_type is {named!r}: known here: {', '.join(sorted({*_KINDS, *SAME_AS}))}")
        self.theta = self._theta()
        self.head_dim = self._head_dim()
        self.rotary_dim = self._rotary_dim()

    def _scaling(self) -> Mapping:
        key = "rope_parameters" if self.config.get("rope_parameters") is not None else "rope_scaling"
        scaling = self.config.get(key) or {}
        if not isinstance(scaling, Mapping):
            raise ConfigError(f"{key} is {scaling!r}: give an object or null")
        layers = sorted(name for name, value in scaling.items() if isinstance(value, Mapping))
        if layers:
            if self.layer_type not in layers:
                known = " or ".join(layers)
                raise ConfigError(f"layer_type is {self.layer_type!r}: {key} differs by layer; give {known}")
            scaling = scaling[self.layer_type]
        elif self.config.get("rope_local_base_freq") is not None or self.config.get("model_type") in SCALES_FULL_ONLY:
            if self.layer_type not in ("full_attention", "sliding_attention"):
                remedy = "windowed layers rotate differently; give full_attention or sliding_attention"
                raise ConfigError(f"layer_type is {self.layer_type!r}: {remedy}")
            if self.layer_type == "sliding_attention":
                base = self.config.get("rope_local_base_freq")
                return {"rope_theta": base if base is not None else scaling.get("rope_theta")}
        return scaling

    def _theta(self) -> float:
        apart = self.config.get("attn_config")  # an object of its own (DBRX)
        for holder, key in (
            (self.scaling, "rope_theta"),
            (self.config, "rope_theta"),
            (self.config, "rotary_emb_base"),
            (apart if isinstance(apart, Mapping) else {}, "rope_theta"),
        ):
            if holder.get(key) is not None:
                return self._number(holder, key, above=1)
        if self.config.get("model_type") not in TEN_THOUSAND:
            raise ConfigError("rope_theta is missing; add it as the model's authors publish it")
        self.assumed.append("rope_theta = 10000 (the family's default)")
        return 10_000

    def _head_dim(self) -> int:
        names = ["qk_rope_head_dim", "head_dim"]
        if self.layer_type == "full_attention":
            names.insert(0, "global_head_dim")
        for name in names:
            if self.config.get(name) is not None:
                return self.whole(name)
        width = next((name for name in ("n_embd", "d_model") if name in self.config), "hidden_size")
        heads = next((name for name in ("n_head", "n_heads") if name in self.config), "num_attention_heads")
        return self.whole(width) // self.whole(heads)

    def _rotary_dim(self) -> int:
        if self.config.get("rotary_dim") is not None and self.kind != "proportional":
            dim = self.whole("rotary_dim")
        elif self.kind == "proportional" or self.config.get("qk_rope_head_dim") is not None:
            dim = self.head_dim
        else:
            dim = int(self.head_dim * self.share)
        if dim < 4 or dim % 2 or dim > self.head_dim:
            raise ConfigError(f"{dim} of {self.head_dim} numbers of a head rotate: an even number from 4 is needed")
        return dim

    @property
    def share(self) -> float:
        """The part of a head that rotates."""
        for holder, key in (
            (self.scaling, "partial_rotary_factor"),
            (self.config, "partial_rotary_factor"),
            (self.config, "rotary_pct"),
        ):
            if holder.get(key) is not None:
                return self._number(holder, key, above=0)
        return 1.0

    @property
    def plain(self) -> rope.Frequencies:
        """The frequencies before any scaling."""
        return rope.plain_frequencies(rope_theta=self.theta, rotary_dim=self.rotary_dim)

    @property
    def n_ctx(self) -> int:
        """Tokens the model was trained on before its context was stretched."""
        for holder in (self.config, self.scaling):
            if holder.get("original_max_position_embeddings") is not None:
                return int(self._number(holder, "original_max_position_embeddings", above=1))
        self.assumed.append("original_max_position_embeddings = max_position_embeddings (as the families' code does)")
        return self.whole("max_position_embeddings")

    @property
    def factor(self) -> float:
        """How many times longer than trained."""
        if self.scaling.get("factor") is not None or self.config.get("max_position_embeddings") is None:
            return self.number("factor")
        return self.whole("max_position_embeddings") / self.n_ctx

    def number(self, key: str, default: float | None = None) -> float:
        """A number of the scaling; the default, where there is one, is the method's own."""
        if self.scaling.get(key) is None and default is not None:
            return default
        return self._number(self.scaling, key, above=0)

    def stretches(self, key: str) -> list[float]:
        """One factor for each pair."""
        values = self.scaling.get(key)
        n_pairs = self.rotary_dim // 2
        numbers = isinstance(values, list | tuple) and all(isinstance(value, int | float) for value in values)
        if not numbers or len(values) != n_pairs or min(values) <= 0:
            raise ConfigError(f"{key} is {_short(values)}: give {n_pairs} numbers above 0, one for each pair")
        return list(values)

    def made(self, frequencies: rope.Frequencies, attention_factor: float = 1.0) -> Rope:
        """The result, with what was assumed on the way."""
        return Rope(self.kind, frequencies, attention_factor, tuple(dict.fromkeys(self.assumed)))

    def whole(self, key: str) -> int:
        """A whole number of the configuration."""
        value = self._number(self.config, key, above=0)
        if value != int(value):
            raise ConfigError(f"{key} is {value!r}: give a whole number")
        return int(value)

    def _number(self, holder: Mapping, key: str, *, above: float) -> float:
        value = holder.get(key)
        if value is None:
            raise ConfigError(f"{key} is missing; add it as the model's authors publish it")
        if isinstance(value, bool) or not isinstance(value, int | float) or not above < value < math.inf:
            raise ConfigError(f"{key} is {_short(value)}: give a number above {above}")
        return value


def _default(settings: _Settings, n_tokens: int | None) -> Rope:
    return settings.made(settings.plain)


def _linear(settings: _Settings, n_tokens: int | None) -> Rope:
    return settings.made(rope.interpolated_frequencies(settings.plain, factor=settings.number("factor")))


def _dynamic(settings: _Settings, n_tokens: int | None) -> Rope:
    n_ctx = settings.whole("max_position_embeddings")
    factor = rope.dynamic_factor(factor=settings.number("factor"), n_tokens=n_tokens or n_ctx, n_ctx=n_ctx)
    theta = rope.ntk_aware_theta(rope_theta=settings.theta, factor=factor, rotary_dim=settings.rotary_dim)
    return settings.made(rope.plain_frequencies(rope_theta=theta, rotary_dim=settings.rotary_dim))


def _yarn(settings: _Settings, n_tokens: int | None) -> Rope:
    factor = settings.factor
    frequencies = rope.yarn_frequencies(
        rope_theta=settings.theta,
        rotary_dim=settings.rotary_dim,
        factor=factor,
        n_ctx=settings.n_ctx,
        beta_fast=settings.number("beta_fast", 32),
        beta_slow=settings.number("beta_slow", 1),
        truncate=settings.scaling.get("truncate", True) is not False,
    )
    mscale, of_all = settings.scaling.get("mscale"), settings.scaling.get("mscale_all_dim")
    if settings.scaling.get("attention_factor") is not None:
        attention_factor = settings.number("attention_factor")
    elif mscale and of_all:
        numerator = rope.yarn_attention_factor(factor=factor, mscale=settings.number("mscale"))
        attention_factor = numerator / rope.yarn_attention_factor(
            factor=factor, mscale=settings.number("mscale_all_dim")
        )
    else:
        attention_factor = rope.yarn_attention_factor(factor=factor)
    return settings.made(frequencies, attention_factor)


def _llama3(settings: _Settings, n_tokens: int | None) -> Rope:
    frequencies = rope.llama3_frequencies(
        settings.plain,
        factor=settings.number("factor"),
        n_ctx=settings.n_ctx,
        low_freq_factor=settings.number("low_freq_factor"),
        high_freq_factor=settings.number("high_freq_factor"),
    )
    return settings.made(frequencies)


def _longrope(settings: _Settings, n_tokens: int | None) -> Rope:
    n_ctx = settings.n_ctx
    stretches = settings.stretches("long_factor" if (n_tokens or 0) > n_ctx else "short_factor")
    default = rope.longrope_attention_factor(factor=settings.factor, n_ctx=n_ctx)
    frequencies = (frequency / by for frequency, by in zip(settings.plain, stretches, strict=True))
    return settings.made(tuple(frequencies), settings.number("attention_factor", default))


def _proportional(settings: _Settings, n_tokens: int | None) -> Rope:
    """Pairs beyond the rotated part stand still, and the row is as long as the whole head's."""
    n_turning = int(settings.share * settings.head_dim // 2)
    factor = settings.number("factor", 1)
    turning = rope.interpolated_frequencies(settings.plain[:n_turning], factor=factor)
    return settings.made(turning + (0.0,) * (settings.head_dim // 2 - n_turning))


def _short(value: object) -> str:
    text = "missing" if value is None else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


_KINDS = {
    "default": _default,
    "linear": _linear,
    "dynamic": _dynamic,
    "yarn": _yarn,
    "llama3": _llama3,
    "longrope": _longrope,
    "proportional": _proportional,
}
