r"""FLOPs, bytes and least time of a prompt and of a decode step, and where a step turns from limit to limit.

A pass whose intensity lies below a chip's peak over its bandwidth waits for memory, above it for arithmetic. Bytes are
those of the bound of `equations.serving`: the weights, and in a decode step the ideal cache. All weights have the same
bits, and everything is computed at one peak.
"""

from llmnotes.cost.coefficients import CostProfile
from llmnotes.cost.costs import causal_flops, ideal_cache_bytes, read_weight_bytes
from llmnotes.equations.serving import roofline_seconds

MOST_SEQUENCES = 2**20
MOST_TOKENS = 2**40


def prompt_flops(profile: CostProfile, *, n_tokens: int) -> int:
    """FLOPs of reading a prompt, logits of its last token included."""
    return causal_flops(profile, n_new=n_tokens, n_past=0, n_logits=1)


def prompt_bytes(profile: CostProfile, *, n_tokens: float, weight_bits: float = 16) -> float:
    """Bytes of weights that reading a prompt in one pass takes."""
    return read_weight_bytes(profile, n_tokens=n_tokens, weight_bits=weight_bits, expert_bits=weight_bits)


def step_flops(profile: CostProfile, *, n_tokens: int, batch_size: float = 1) -> float:
    """FLOPs of a step that gives each sequence one token after `n_tokens`."""
    return batch_size * causal_flops(profile, n_new=1, n_past=n_tokens, n_logits=1)


def step_bytes(
    profile: CostProfile, *, n_tokens: int, batch_size: float = 1, weight_bits: float = 16, kv_bits: float = 16
) -> float:
    """Bytes that such a step reads: the weights once, and the cache of every sequence."""
    weights = prompt_bytes(profile, n_tokens=batch_size, weight_bits=weight_bits)
    return weights + batch_size * ideal_cache_bytes(profile, n_tokens=n_tokens, kv_bits=kv_bits)


def prompt_seconds(
    profile: CostProfile,
    *,
    n_tokens: int,
    peak_flops_per_s: float,
    bandwidth_bytes_per_s: float,
    weight_bits: float = 16,
) -> float:
    """Least seconds of reading a prompt in one pass."""
    return roofline_seconds(
        n_flops=prompt_flops(profile, n_tokens=n_tokens),
        n_bytes=prompt_bytes(profile, n_tokens=n_tokens, weight_bits=weight_bits),
        flops_per_s=peak_flops_per_s,
        bytes_per_s=bandwidth_bytes_per_s,
    )


def step_seconds(
    profile: CostProfile,
    *,
    n_tokens: int,
    peak_flops_per_s: float,
    bandwidth_bytes_per_s: float,
    batch_size: float = 1,
    weight_bits: float = 16,
    kv_bits: float = 16,
) -> float:
    """Least seconds of a decode step.

    >>> from llmnotes.cost import cost_profile
    >>> from llmnotes.registry import load_model
    >>> shape = cost_profile(load_model("llama-3.1-8b"))
    >>> h100 = {"peak_flops_per_s": 989.4e12, "bandwidth_bytes_per_s": 3.35e12}
    >>> [round(1000 * step_seconds(shape, n_tokens=8192, batch_size=size, **h100), 1) for size in (1, 32)]
    [4.8, 14.7]
    """
    return roofline_seconds(
        n_flops=step_flops(profile, n_tokens=n_tokens, batch_size=batch_size),
        n_bytes=step_bytes(profile, n_tokens=n_tokens, batch_size=batch_size, weight_bits=weight_bits, kv_bits=kv_bits),
        flops_per_s=peak_flops_per_s,
        bytes_per_s=bandwidth_bytes_per_s,
    )


def prompt_intensity(profile: CostProfile, *, n_tokens: int, weight_bits: float = 16) -> float:
    """FLOPs a byte of reading a prompt in one pass."""
    read = prompt_bytes(profile, n_tokens=n_tokens, weight_bits=weight_bits)
    return prompt_flops(profile, n_tokens=n_tokens) / read


def step_intensity(
    profile: CostProfile, *, n_tokens: int, batch_size: float = 1, weight_bits: float = 16, kv_bits: float = 16
) -> float:
    """FLOPs a byte of a decode step."""
    read = step_bytes(profile, n_tokens=n_tokens, batch_size=batch_size, weight_bits=weight_bits, kv_bits=kv_bits)
    return step_flops(profile, n_tokens=n_tokens, batch_size=batch_size) / read


def critical_batch(
    profile: CostProfile,
    *,
    n_tokens: int,
    peak_flops_per_s: float,
    bandwidth_bytes_per_s: float,
    weight_bits: float = 16,
    kv_bits: float = 16,
) -> int:
    """Fewest sequences whose step computes as long as it reads; 0 where no number of them does.

    >>> from llmnotes.cost import cost_profile
    >>> from llmnotes.registry import load_model
    >>> shape = cost_profile(load_model("llama-3.1-8b"))
    >>> h100 = {"peak_flops_per_s": 989e12, "bandwidth_bytes_per_s": 3.35e12}
    >>> [critical_batch(shape, n_tokens=n, **h100) for n in (0, 256, 1024)]
    [296, 846, 0]
    """
    balance = peak_flops_per_s / bandwidth_bytes_per_s
    low = 0
    high = 1
    rising = True
    while rising or high - low > 1:
        batch = high if rising else (low + high) // 2
        intensity = step_intensity(
            profile, n_tokens=n_tokens, batch_size=batch, weight_bits=weight_bits, kv_bits=kv_bits
        )
        if intensity < balance:
            low = batch
            high = 2 * high if rising else high
            if high > MOST_SEQUENCES:
                return 0
        else:
            high = batch
            rising = False
    return high


def knee_tokens(profile: CostProfile, *, batch_size: float = 1, weight_bits: float = 16, kv_bits: float = 16) -> int:
    """Fewest tokens in each sequence at which a step reads as much cache as weights; 0 where no length does.

    Below the knee a step takes about as long as its weights; above it, about as long as its context.

    >>> from llmnotes.cost import cost_profile
    >>> from llmnotes.registry import load_model
    >>> shape = cost_profile(load_model("llama-3.1-8b"))
    >>> [knee_tokens(shape, batch_size=size) for size in (1, 32)]
    [114517, 3579]
    """
    weights = prompt_bytes(profile, n_tokens=batch_size, weight_bits=weight_bits)
    low = 0
    high = 1
    rising = True
    while rising or high - low > 1:
        n_tokens = high if rising else (low + high) // 2
        if batch_size * ideal_cache_bytes(profile, n_tokens=n_tokens, kv_bits=kv_bits) < weights:
            low = n_tokens
            high = 2 * high if rising else high
            if high > MOST_TOKENS:
                return 0
        else:
            high = n_tokens
            rising = False
    return high
