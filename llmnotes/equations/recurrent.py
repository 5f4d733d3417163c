"""Mixers with a matrix of state for each head: RWKV-5 to RWKV-7, gated linear attention."""


def matrix_time_mix_params(*, d_model: int, n_square: int, low_rank: int) -> int:
    r"""Matrices of a mixer of RWKV-5 to RWKV-7: square ones, and pairs of low rank that make mixing and decay depend on
    the token.

    $$ P = s \, d^2 + 2 \, d \, r $$

    Left out: vectors of mixing, decay, bonus and the norm of the heads.

    Args:
        d_model: Width of the model, $d$ [elements].
        n_square: Square matrices, $s$: five up to RWKV-6 (receptance, key, value, gate, output), four in RWKV-7.
        low_rank: Ranks of all pairs together, $r$.

    Source:
        Peng et al. 2024, Eagle and Finch, arXiv:2404.05892, section 4; Peng et al. 2025, RWKV-7, arXiv:2503.14456,
        section 4.

    >>> matrix_time_mix_params(d_model=2048, n_square=4, low_rank=96 + 96 + 64 + 256)
    18874368
    """
    return n_square * d_model * d_model + 2 * d_model * low_rank


def matrix_state_token_flops(*, n_heads: int, head_dim: int, n_products: int) -> int:
    r"""RWKV-5 to RWKV-7 against its state, for one token: products of a vector with a head's matrix, outer or inner.

    $$ F = 2 \, p \, h \, d_h^2 $$

    Args:
        n_heads: Heads, $h$.
        head_dim: Width of one of them, $d_h$ [elements].
        n_products: $p$: two up to RWKV-6 (add the outer product of value and key, read with the receptance), four in
            RWKV-7 (read what is to be replaced, take it out, add, read).

    Source:
        Peng et al. 2024, arXiv:2404.05892, section 4; Peng et al. 2025, arXiv:2503.14456, section 4.

    >>> matrix_state_token_flops(n_heads=32, head_dim=64, n_products=4)
    1048576
    """
    return 2 * n_products * n_heads * head_dim * head_dim


def gated_linear_params(
    *, d_model: int, n_heads: int, n_kv_heads: int, key_head_dim: int, value_head_dim: int, decay_rank: int
) -> int:
    r"""Matrices of gated linear attention: query, key, value, a decay of low rank, output.

    $$ P = d \, (h \, (d_k + d_v) + h_{kv} \, (d_k + d_v) + r) + r \, h_{kv} \, d_k $$

    Left out: a gate on the output and a short convolution, where a model has them, and the bias of the decay.

    Args:
        d_model: Width of the model, $d$ [elements].
        n_heads: Heads of queries, $h$.
        n_kv_heads: Heads of keys and values, $h_{kv}$.
        key_head_dim: Width of a key, $d_k$ [elements].
        value_head_dim: Width of a value, $d_v$ [elements].
        decay_rank: Rank of the two matrices that make the decay, $r$.

    Source:
        Yang et al. 2023, Gated Linear Attention, arXiv:2312.06635, section 4.4.

    >>> gated_linear_params(
    ...     d_model=96, n_heads=4, n_kv_heads=4, key_head_dim=12, value_head_dim=24, decay_rank=16
    ... )
    29952
    """
    width = key_head_dim + value_head_dim
    keys = n_kv_heads * key_head_dim
    return d_model * ((n_heads + n_kv_heads) * width + decay_rank) + decay_rank * keys


def gated_linear_chunk_flops(*, n_heads: int, key_head_dim: int, value_head_dim: int, chunk: int) -> int:
    r"""One chunk of gated linear attention in its parallel form, all heads.

    $$ F = h \, (2 c^2 (d_k + d_v) + 4 c \, d_k d_v) $$

    One square over keys, one over values, and two products with the state: it is read, and added to. A decode step
    updates the state element by element and counts nothing.

    Args:
        n_heads: Heads, $h$.
        key_head_dim: $d_k$ [elements].
        value_head_dim: $d_v$ [elements].
        chunk: Tokens in a chunk, $c$.

    Source:
        Yang et al. 2023, arXiv:2312.06635, section 4.2 (chunkwise form).

    >>> gated_linear_chunk_flops(n_heads=1, key_head_dim=16, value_head_dim=16, chunk=64)
    327680
    """
    squares = 2 * chunk * chunk * (key_head_dim + value_head_dim)
    return n_heads * (squares + 4 * chunk * key_head_dim * value_head_dim)
