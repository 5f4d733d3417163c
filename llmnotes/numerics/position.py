"""How a model is told where a token stands: numbers added to it, a rotation of it, or a penalty for distance.

Vectors are `[..., n_tokens, head_dim]`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def sinusoidal_positions(*, n_tokens: int, d_model: int, base: float = 10_000) -> Array:
    r"""Waves of many lengths, added to the token embeddings; nothing is learned and no length is the last.

    $$ p_{t, 2i} = \sin\!\left(t \, b^{-2i/d}\right), \quad p_{t, 2i+1} = \cos\!\left(t \, b^{-2i/d}\right) $$

    Args:
        n_tokens: Positions, from 0.
        d_model: Width, an even number [elements].
        base: $b$.

    Returns:
        `[n_tokens, d_model]`.

    Source:
        Vaswani et al. 2017, arXiv:1706.03762, section 3.5.

    >>> sinusoidal_positions(n_tokens=1, d_model=4)
    array([[0., 1., 0., 1.]])
    """
    if n_tokens < 0 or d_model < 2 or d_model % 2:
        raise ValueError(f"{n_tokens} positions of width {d_model}: give 0 or more, and an even width")
    angles = np.arange(n_tokens)[:, None] * base ** (-np.arange(0, d_model, 2) / d_model)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(n_tokens, d_model)


def learned_positions(table: Array, *, n_tokens: int) -> Array:
    """Rows of a learned table, added to the token embeddings; where the table ends, the context ends.

    Args:
        table: One row for each position, `[n_ctx, d_model]`: the only kind that costs parameters.
        n_tokens: Positions, from 0.

    Source:
        Radford et al. 2019, GPT-2; Brown et al. 2020, arXiv:2005.14165.

    >>> learned_positions(np.eye(3), n_tokens=2).shape
    (2, 3)
    """
    if not 0 <= n_tokens <= len(table):
        raise ValueError(f"n_tokens is {n_tokens}: the table has rows for {len(table)} positions and no more")
    return table[:n_tokens]


def rotated_neighbours(x: Array, *, frequencies: Sequence[float], positions: ArrayLike) -> Array:
    r"""Rotary embedding that turns neighbours in the vector, $(x_{2i}, x_{2i+1})$, as the paper and GPT-J do.

    $$ (x_{2i} + \mathrm{i} \, x_{2i+1}) \, e^{\mathrm{i} \, t \, \omega_i} $$

    The product of a query and a key turned so depends on the distance between them alone.

    Args:
        x: Queries or keys, `[..., n_tokens, head_dim]`.
        frequencies: $\omega$, one for each pair; numbers beyond the pairs are left as they are.
        positions: $t$, one for each token.

    Source:
        Su et al. 2021, RoFormer, arXiv:2104.09864, equation 34.

    >>> rotated_neighbours(np.array([[1.0, 0.0, 7.0]]), frequencies=[np.pi / 2], positions=[1]).round(9)
    array([[0., 1., 7.]])
    """
    n = _rotary_dim(x, frequencies)
    first, second = _turned(x[..., 0:n:2], x[..., 1:n:2], frequencies, positions)
    result = np.array(x, dtype=np.float64)
    result[..., 0:n:2], result[..., 1:n:2] = first, second
    return result


def rotated_halves(x: Array, *, frequencies: Sequence[float], positions: ArrayLike) -> Array:
    r"""Rotary embedding that turns the first half of the vector against the second, $(x_i, x_{i + d/2})$.

    The same function up to the order of the numbers, which the weights before it make up for; weights trained for one
    order are scrambled by the other.

    Args:
        x: Queries or keys, `[..., n_tokens, head_dim]`.
        frequencies: $\omega$, one for each pair; numbers beyond the pairs are left as they are.
        positions: $t$, one for each token.

    Source:
        GPT-NeoX and Llama as implemented in transformers (checked in `tests/test_position.py`).

    >>> rotated_halves(np.array([[1.0, 5.0, 0.0, 5.0]]), frequencies=[np.pi / 2, 0], positions=[1]).round(9)
    array([[0., 5., 1., 5.]])
    """
    n = _rotary_dim(x, frequencies)
    first, second = _turned(x[..., : n // 2], x[..., n // 2 : n], frequencies, positions)
    return np.concatenate([first, second, x[..., n:]], axis=-1)


def alibi_slopes(n_heads: int) -> Array:
    r"""How strongly each head dislikes distance: a geometric row from steep to almost flat.

    $$ m_j = 2^{-8 j / h}, \quad j = 1, \dots, h $$

    Where $h$ is no power of two: the row of the power below, filled up with every other slope of the power above.

    Source:
        Press et al. 2021, arXiv:2108.12409, section 3 and its code.

    >>> alibi_slopes(4)
    array([0.25      , 0.0625    , 0.015625  , 0.00390625])
    """
    if n_heads < 1:
        raise ValueError(f"n_heads is {n_heads}: give at least 1")
    below = 2 ** (n_heads.bit_length() - 1)
    slopes = 2.0 ** (-8 * np.arange(1, below + 1) / below)
    between = 2.0 ** (-4 * np.arange(1, 2 * below, 2) / below)
    return np.concatenate([slopes, between[: n_heads - below]])


def alibi_bias(*, n_heads: int, n_queries: int, n_keys: int) -> Array:
    r"""What ALiBi adds to the scores: nothing for a token itself, a penalty that grows with the distance.

    $$ b_{j, q, k} = -m_j \, (q - k), \quad k \le q $$

    Keys after the query are left to the causal mask: minus infinity here.

    Args:
        n_heads: Heads.
        n_queries: Queries, the last of the tokens.
        n_keys: Keys.

    Returns:
        `[n_heads, n_queries, n_keys]`.

    Source:
        Press et al. 2021, arXiv:2108.12409, section 3.

    >>> alibi_bias(n_heads=1, n_queries=1, n_keys=3) * 256
    array([[[-2., -1., -0.]]])
    """
    if not 0 <= n_queries <= n_keys:
        raise ValueError(f"{n_queries} queries of {n_keys} keys: the queries are the last of the keys' tokens")
    distance = np.arange(n_keys - n_queries, n_keys)[:, None] - np.arange(n_keys)
    return np.where(distance < 0, -np.inf, -alibi_slopes(n_heads)[:, None, None] * distance)


def _rotary_dim(x: Array, frequencies: Sequence[float]) -> int:
    if 2 * len(frequencies) > x.shape[-1]:
        raise ValueError(f"{len(frequencies)} frequencies turn {2 * len(frequencies)} numbers, x has {x.shape[-1]}")
    return 2 * len(frequencies)


def _turned(first: Array, second: Array, frequencies: Sequence[float], positions: ArrayLike) -> tuple[Array, Array]:
    angles = np.asarray(positions, dtype=np.float64)[..., None] * np.asarray(frequencies)
    cosine, sine = np.cos(angles), np.sin(angles)
    return first * cosine - second * sine, first * sine + second * cosine
