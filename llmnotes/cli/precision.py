"""The precision that options ask for, or that a checkpoint states: of weights (`--weights`) and cache (`--kv`)."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmnotes.spec import ModelSpec
    from llmnotes.weights.sizes import StoredWeights


@dataclass(frozen=True)
class CachePrecision:
    """How a cache is kept.

    Attributes:
        bits: Mean bits of a cached number.
        form: The form by name; empty where bits were given.
        stated: The checkpoint says so.
    """

    bits: float
    form: str = ""
    stated: bool = False


def add_weights(verb: ArgumentParser) -> None:
    """The option that says in which form the weights are."""
    help_text = "form of the weights: bf16, fp8, nvfp4, awq, mlx-4, Q4_K_M … (as the checkpoint states)"
    verb.add_argument("--weights", metavar="FORM", help=help_text)


def add_cache(verb: ArgumentParser) -> None:
    """The options that say in which form keys and values are."""
    help_text = "form of the cache: f16, fp8, q8_0, nvfp4, fp8_ds_mla … (as the checkpoint states, else 16 bits)"
    verb.add_argument("--kv", metavar="TYPE", help=help_text)
    verb.add_argument("--kv-k", metavar="TYPE", help="of keys, where that differs")
    verb.add_argument("--kv-v", metavar="TYPE", help="of values, where that differs")


def check(options: Namespace) -> None:
    """Refuse options that contradict each other, whatever the model."""
    cache = [name for name in ("kv", "kv_k", "kv_v") if getattr(options, name, None) is not None]
    if cache and getattr(options, "kv_bits", None) is not None:
        raise ValueError(f"--{cache[0].replace('_', '-')} and --kv-bits both say how the cache is kept; give one")
    if "kv" in cache and len(cache) > 1:
        raise ValueError("--kv is for keys and values alike; give it, or --kv-k and --kv-v")
    bits = [name for name in ("weight_bits", "expert_bits") if getattr(options, name, None) is not None]
    if bits and getattr(options, "weights", None) is not None:
        raise ValueError(f"--weights and --{bits[0].replace('_', '-')} both say how weights are stored; give one")


def stored_or_why(model: ModelSpec, options: Namespace) -> tuple[StoredWeights | None, tuple[str, ...]]:
    """The weights as asked for or as the checkpoint states, or why what it states is not understood: a verb that tells
    of other things tells that beside them."""
    from llmnotes.config.keys import ConfigError
    from llmnotes.weights.sizes import stored_weights

    try:
        return stored_weights(model, options.weights), ()
    except ConfigError as error:
        return None, (str(error),)


def cache_precision(model: ModelSpec, options: Namespace, n_tokens: int) -> CachePrecision:
    """How the cache of a model is kept: as asked for, as its checkpoint states, or in 16 bits."""
    check(options)
    if options.kv_bits is not None:
        return CachePrecision(options.kv_bits)
    from llmnotes.weights.kvtypes import cache_form, cached_number_bits

    asked = [options.kv_k or options.kv, options.kv_v or options.kv]
    stated = ""
    if asked == [None, None]:
        if not model.stated.get("quantization"):
            return CachePrecision(16)
        from llmnotes.config.keys import ConfigError
        from llmnotes.weights.quantization import read_stated

        try:
            stated = read_stated(model.stated, model.name).cache
        except ConfigError:  # a form of weights that is not understood says nothing of the cache
            stated = ""
        if not stated:
            return CachePrecision(16)
    form = cache_form(asked[0] or stated or "bf16", asked[1] or stated or "bf16")
    return CachePrecision(cached_number_bits(model, form, n_tokens), form.name, bool(stated))
