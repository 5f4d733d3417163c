"""How fast a model can be on chips of the registry: the roofline of a prompt and of a decode step."""

from dataclasses import dataclass, replace

from llmnotes.cost import CostProfile, causal_flops, cost_profile, read_weight_bytes
from llmnotes.cost.assumptions import Precision
from llmnotes.cost.parallel import chip_cache_bytes
from llmnotes.equations import memory, serving
from llmnotes.registry import find_chip
from llmnotes.spec import ModelSpec


@dataclass(frozen=True)
class Pace:
    """The least time of one pass on each chip.

    Attributes:
        flops: FLOPs on one chip, pairs within the causal mask.
        weight_bytes: Bytes of weights that one chip reads, experts as many as are expected to be touched.
        cache_bytes: Bytes of cache that one chip reads; of a sparse selection all of it, which is more than it needs.
        seconds: Least time.
        n_sequences: Sequences of the pass.
        expected_seconds: What a common engine takes for a decode step; `None` for chips without published ones.
    """

    flops: float
    weight_bytes: float
    cache_bytes: float
    seconds: float
    n_sequences: int
    expected_seconds: float | None = None

    @property
    def tokens_per_second(self) -> float:
        """Of all sequences, where the pass gives each of them one token."""
        return serving.tokens_per_second(n_sequences=self.n_sequences, step_seconds=self.seconds)

    @property
    def tokens_per_second_per_user(self) -> float:
        """Of one sequence."""
        return serving.tokens_per_second(n_sequences=1, step_seconds=self.seconds)


def decode_step(
    model: ModelSpec,
    chip: str,
    n_chips: int = 1,
    *,
    n_past: int,
    batch_size: int = 1,
    precision: Precision | None = None,
    peak: str = "bf16",
) -> Pace:
    """One new token for each of `batch_size` sequences after `n_past` tokens.

    Args:
        model: The model.
        chip: Id of a chip.
        n_chips: Chips that split the model (tensor parallelism); what they tell each other is left out.
        n_past: Tokens in the cache of each sequence.
        batch_size: Sequences.
        precision: Bits of what is stored; 16 unless given.
        peak: Data type whose dense peak computes.
    """
    precision = precision or Precision()
    profile = cost_profile(model)
    each = causal_flops(profile, n_new=1, n_past=n_past, n_logits=1)
    cache = chip_cache_bytes(
        profile,
        n_tokens=n_past,
        n_chips=n_chips,
        batch_size=batch_size,
        kv_bits=precision.cache,
        state_bits=precision.state,
    )
    n_flops = batch_size * each / n_chips
    pace = _pace(n_flops, profile, n_chips, batch_size, cache, batch_size, precision, chip, peak)
    found = find_chip(chip)
    if found.efficiency is None or found.seconds_per_sequence is None:
        return pace
    expected = serving.expected_step_seconds(
        least_seconds=pace.seconds,
        n_sequences=batch_size,
        efficiency=found.efficiency,
        seconds_per_sequence=found.seconds_per_sequence,
    )
    return replace(pace, expected_seconds=expected)


def prefill(
    model: ModelSpec,
    chip: str,
    n_chips: int = 1,
    *,
    n_tokens: int,
    batch_size: int = 1,
    precision: Precision | None = None,
    peak: str = "bf16",
) -> Pace:
    """Reading prompts of `n_tokens`, all at once: its seconds are the least time to the first token.

    Args:
        model: The model.
        chip: Id of a chip.
        n_chips: Chips that split the model (tensor parallelism); what they tell each other is left out.
        n_tokens: Tokens of each prompt.
        batch_size: Prompts.
        precision: Bits of what is stored; 16 unless given.
        peak: Data type whose dense peak computes.
    """
    precision = precision or Precision()
    profile = cost_profile(model)
    each = causal_flops(profile, n_new=n_tokens, n_past=0, n_logits=1)
    n_flops = batch_size * each / n_chips
    return _pace(n_flops, profile, n_chips, batch_size * n_tokens, 0.0, batch_size, precision, chip, peak)


def _pace(
    n_flops: float,
    profile: CostProfile,
    n_chips: int,
    n_tokens: int,
    cache_bytes: float,
    n_sequences: int,
    precision: Precision,
    chip: str,
    peak: str,
) -> Pace:
    found = find_chip(chip)
    if peak not in found.peak_flops_per_s:
        known = ", ".join(found.peak_flops_per_s) or "none"
        raise ValueError(f"{found.name} has no peak for {peak!r} in the registry; known: {known}")
    read = read_weight_bytes(
        profile, n_tokens=n_tokens, weight_bits=precision.weights, expert_bits=precision.expert_bits
    )
    weights = memory.share_bytes(total_bytes=read, n_chips=n_chips)
    seconds = serving.roofline_seconds(
        n_flops=n_flops,
        n_bytes=weights + cache_bytes,
        flops_per_s=found.peak_flops_per_s[peak],
        bytes_per_s=found.bandwidth_bytes_per_s,
    )
    return Pace(n_flops, weights, cache_bytes, seconds, n_sequences)
