"""Frequencies of rotary position embeddings, as trained and stretched to longer contexts: numbers in, numbers out.

Each pair of numbers in a query or key turns by `frequency * position`; a frequency is in radians per token, and its
wavelength, 2π / frequency, is the number of tokens after which the pair points the same way again.
"""

import math

Frequencies = tuple[float, ...]


def plain_frequencies(*, rope_theta: float, rotary_dim: int) -> Frequencies:
    r"""Frequencies as trained: a geometric row from one radian per token downwards.

    $$ \omega_i = \theta^{-2i / d}, \quad i = 0, \dots, d/2 - 1 $$

    Args:
        rope_theta: Base, $\theta$.
        rotary_dim: Numbers of a head that rotate, $d$; less than the head's width in many models [elements].

    Source:
        Su et al. 2021, RoFormer, arXiv:2104.09864, equation 15.

    >>> plain_frequencies(rope_theta=10_000, rotary_dim=4)
    (1.0, 0.01)
    """
    return tuple(rope_theta ** (-2 * i / rotary_dim) for i in range(rotary_dim // 2))


def interpolated_frequencies(frequencies: Frequencies, *, factor: float) -> Frequencies:
    r"""Position interpolation: every pair turns more slowly, as if positions were squeezed together.

    $$ \omega_i' = \omega_i / s $$

    Neighbours come closer too: the fastest pairs, which tell them apart, lose resolution like all others.

    Source:
        Chen et al. 2023, arXiv:2306.15595, equation 3.

    >>> interpolated_frequencies((1.0, 0.01), factor=4)
    (0.25, 0.0025)
    """
    return tuple(frequency / factor for frequency in frequencies)


def ntk_aware_theta(*, rope_theta: float, factor: float, rotary_dim: int) -> float:
    r"""A larger base that slows the slowest pair by the whole factor and the fastest not at all.

    $$ \theta' = \theta \, s^{d / (d - 2)} $$

    Source:
        Peng et al. 2023, YaRN, arXiv:2309.00071, definition 1 (after a post by the user bloc97).

    >>> ntk_aware_theta(rope_theta=10_000, factor=4, rotary_dim=4)
    160000.0
    """
    return rope_theta * factor ** (rotary_dim / (rotary_dim - 2))


def dynamic_factor(*, factor: float, n_tokens: int, n_ctx: int) -> float:
    r"""The factor of dynamic NTK scaling: 1 up to the trained length, then growing with the text.

    $$ s(t) = s \, t / n - (s - 1), \quad t \ge n $$

    Args:
        factor: The published factor, $s$.
        n_tokens: Tokens in the text, $t$.
        n_ctx: Tokens the model was trained on, $n$.

    Source:
        A post by the user emozilla, as implemented in transformers (checked in `tests/test_rope.py`).

    >>> dynamic_factor(factor=2, n_tokens=16_384, n_ctx=4096), dynamic_factor(factor=2, n_tokens=100, n_ctx=4096)
    (7.0, 1.0)
    """
    return factor * max(n_tokens, n_ctx) / n_ctx - (factor - 1)


def turning_pair(*, n_turns: float, rope_theta: float, rotary_dim: int, n_ctx: int) -> float:
    r"""The pair that turns `n_turns` times over the trained context, as a number between two pairs.

    $$ i = \frac{d}{2} \cdot \frac{\ln\left(n / 2 \pi r\right)}{\ln \theta} $$

    Source:
        Peng et al. 2023, YaRN, arXiv:2309.00071, section 3.2 ($r(d)$ solved for the dimension).

    >>> round(turning_pair(n_turns=1, rope_theta=10_000, rotary_dim=128, n_ctx=4096), 1)
    45.0
    """
    return rotary_dim * math.log(n_ctx / (n_turns * 2 * math.pi)) / (2 * math.log(rope_theta))


def yarn_frequencies(
    *, rope_theta: float, rotary_dim: int, factor: float, n_ctx: int, beta_fast: float, beta_slow: float, truncate: bool
) -> Frequencies:
    r"""YaRN: pairs that turn often stay as trained, pairs that never turn once are interpolated, a ramp lies between.

    $$ \omega_i' = (1 - \gamma_i) \, \omega_i / s + \gamma_i \, \omega_i $$

    The ramp $\gamma$ falls from 1 at the pair with `beta_fast` turns over the trained context to 0 at the one with
    `beta_slow`.

    Args:
        rope_theta: Base.
        rotary_dim: Numbers of a head that rotate [elements].
        factor: How many times longer than trained, $s$.
        n_ctx: Tokens the model was trained on before.
        beta_fast: Turns above which a pair is left alone; 32 in the paper.
        beta_slow: Turns below which a pair is interpolated; 1 in the paper.
        truncate: Whether the ramp begins and ends at whole pairs.

    Source:
        Peng et al. 2023, YaRN, arXiv:2309.00071, definition 2.

    >>> yarn_frequencies(
    ...     rope_theta=10_000, rotary_dim=4, factor=4, n_ctx=64, beta_fast=32, beta_slow=1, truncate=True
    ... )
    (1.0, 0.0025)
    """
    sizes = {"rope_theta": rope_theta, "rotary_dim": rotary_dim, "n_ctx": n_ctx}
    low, high = turning_pair(n_turns=beta_fast, **sizes), turning_pair(n_turns=beta_slow, **sizes)
    if truncate:
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, rotary_dim - 1)
    width = high - low if high != low else 0.001
    as_trained = plain_frequencies(rope_theta=rope_theta, rotary_dim=rotary_dim)
    interpolated = [min(max((i - low) / width, 0), 1) for i in range(len(as_trained))]
    return tuple(
        share * frequency / factor + (1 - share) * frequency
        for share, frequency in zip(interpolated, as_trained, strict=True)
    )


def yarn_attention_factor(*, factor: float, mscale: float = 1) -> float:
    r"""What YaRN multiplies queries and keys by after rotation, so that attention stays as sharp over more tokens.

    $$ \sqrt{1 / t} = 0.1 \, \ln s + 1 $$

    Args:
        factor: How many times longer than trained, $s$.
        mscale: A weight of the logarithm that some models publish; 1 in the paper.

    Source:
        Peng et al. 2023, YaRN, arXiv:2309.00071, equation 22.

    >>> round(yarn_attention_factor(factor=8), 6)
    1.207944
    """
    return 0.1 * mscale * math.log(factor) + 1 if factor > 1 else 1.0


def llama3_frequencies(
    frequencies: Frequencies, *, factor: float, n_ctx: int, low_freq_factor: float, high_freq_factor: float
) -> Frequencies:
    r"""Llama 3.1: short wavelengths stay, long ones are interpolated, between them a blend by turns per context.

    $$ \omega' = (1 - \gamma) \, \omega / s + \gamma \, \omega, \quad
    \gamma = \operatorname{clip}\!\left(\frac{n / \lambda - l}{h - l}, 0, 1\right) $$

    YaRN's ramp is straight in the number of the pair, this one in the turns over the trained context.

    Args:
        frequencies: As trained.
        factor: $s$.
        n_ctx: Tokens the model was trained on before, $n$.
        low_freq_factor: Turns below which a pair is interpolated, $l$.
        high_freq_factor: Turns above which it stays, $h$.

    Source:
        Meta's reference code for Llama 3.1; checked against transformers in `tests/test_rope.py`.

    >>> llama3_frequencies((1.0, 1e-4), factor=8, n_ctx=8192, low_freq_factor=1, high_freq_factor=4)
    (1.0, 1.25e-05)
    """
    scaled = []
    for frequency in frequencies:
        turns = n_ctx * frequency / (2 * math.pi)
        if turns > high_freq_factor:
            kept = 1.0
        elif turns < low_freq_factor:
            kept = 0.0
        else:
            kept = (turns - low_freq_factor) / (high_freq_factor - low_freq_factor)
        scaled.append((1 - kept) * frequency / factor + kept * frequency)
    return tuple(scaled)


def longrope_attention_factor(*, factor: float, n_ctx: int) -> float:
    r"""What LongRoPE multiplies queries and keys by after rotation.

    $$ \sqrt{1 + \ln s / \ln n} $$

    Source:
        Ding et al. 2024, LongRoPE, arXiv:2402.13753, as in the published code of Phi-3.

    >>> longrope_attention_factor(factor=1, n_ctx=4096)
    1.0
    """
    return math.sqrt(1 + math.log(factor) / math.log(n_ctx)) if factor > 1 else 1.0
