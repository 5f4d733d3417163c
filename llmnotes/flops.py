r"""Floating-point operations of one forward pass: plain integers in, plain integers out.

A multiply-add is 2. Matrix products and convolutions are counted; norms, softmax, rotations and recurrences written
element by element are not. A *pair* is one new token looking at one earlier token or at itself.
"""


def matrix_flops(*, n_params: int) -> int:
    r"""One token through weight matrices that it uses once each.

    $$ F = 2 \, P $$

    Biases and gains multiply nothing: leave them out of $P$.

    Source:
        Kaplan et al. 2020, arXiv:2001.08361, section 2.1.

    >>> matrix_flops(n_params=3)
    6
    """
    return 2 * n_params


def pair_flops(*, n_heads: int, head_dim: int, v_head_dim: int) -> int:
    r"""Score and weighted sum for one pair of tokens, over all query heads.

    $$ f = 2 \, h \, (d_h + d_v) $$

    KV heads do not appear: grouping saves cache, not arithmetic.

    Source:
        Kaplan et al. 2020, arXiv:2001.08361, Table 1 (attention: mask).

    >>> pair_flops(n_heads=96, head_dim=128, v_head_dim=128)
    49152
    """
    return 2 * n_heads * (head_dim + v_head_dim)


def causal_pairs(*, n_new: int, n_past: int) -> int:
    r"""Pairs that a causal mask lets through: new token $i$ sees $t + i$ keys.

    $$ N = m \, t + m \, (m + 1) / 2 $$

    Args:
        n_new: Tokens processed at once, $m$.
        n_past: Tokens before them, already cached, $t$.

    Returns:
        Pairs.

    Source:
        Counting; see `tests/test_flops.py` for the loop.

    >>> causal_pairs(n_new=4, n_past=0)
    10
    """
    return n_new * n_past + n_new * (n_new + 1) // 2


def full_pairs(*, n_new: int, n_past: int) -> int:
    r"""Pairs computed when the mask is applied afterwards: every new token against every key.

    $$ N = m \, (t + m) $$

    Most implementations without a fused kernel run these and throw half of a prefill away.

    >>> full_pairs(n_new=4, n_past=0)
    16
    """
    return n_new * (n_past + n_new)


def window_causal_pairs(*, n_new: int, n_past: int, window: int) -> int:
    r"""Causal pairs when a token sees at most the last `window` positions, itself included.

    $$ N = \sum_{i=1}^{m} \min(t + i, w) $$

    Args:
        n_new: Tokens processed at once, $m$.
        n_past: Tokens before them, $t$.
        window: Positions a token sees, $w$.

    Source:
        Beltagy et al. 2020, arXiv:2004.05150, section 3.1; Mistral 7B, arXiv:2310.06825, section 2.

    >>> window_causal_pairs(n_new=4, n_past=0, window=2)
    7
    """
    growing = min(n_new, max(0, window - n_past))
    return growing * n_past + growing * (growing + 1) // 2 + (n_new - growing) * window


def window_full_pairs(*, n_new: int, n_past: int, window: int) -> int:
    r"""Pairs of a windowed layer that masks afterwards: cached keys beyond the window do not exist.

    $$ N = m \, (\min(t, w - 1) + m) $$

    A prefill runs the full square, a decode step at most the window.

    >>> window_full_pairs(n_new=1, n_past=9, window=4), window_full_pairs(n_new=9, n_past=0, window=4)
    (4, 81)
    """
    return n_new * (min(n_past, window - 1) + n_new)


def chunk_causal_pairs(*, n_new: int, n_past: int, chunk: int) -> int:
    r"""Causal pairs when a token sees its own chunk only: positions are cut every `chunk` tokens.

    $$ N = A(t + m) - A(t),\quad A(x) = q \, c (c + 1) / 2 + r (r + 1) / 2,\; x = q c + r $$

    Source:
        Llama 4 (chunked attention layers); Child et al. 2019, arXiv:1904.10509 (blocks).

    >>> chunk_causal_pairs(n_new=5, n_past=0, chunk=3)
    9
    """
    end = n_past + n_new
    full_before = n_past // chunk
    full_after = end // chunk
    rest_before = n_past - full_before * chunk
    rest_after = end - full_after * chunk
    whole = (full_after - full_before) * (chunk * (chunk + 1) // 2)
    return whole + rest_after * (rest_after + 1) // 2 - rest_before * (rest_before + 1) // 2


def gated_delta_chunk_flops(*, n_heads: int, key_head_dim: int, value_head_dim: int, chunk: int) -> int:
    r"""One chunk of the gated delta rule in its parallel form, all heads.

    $$ F = h \, (2 c^2 (2 d_k + d_v) + 6 c \, d_k d_v) $$

    Two squares over keys, one over values, and three products with the state. The triangular solve inside a chunk is
    not counted, as the counters this is checked against do not. A decode step updates the state element by element
    and counts nothing.

    Args:
        n_heads: Value heads, $h$.
        key_head_dim: $d_k$ [elements].
        value_head_dim: $d_v$ [elements].
        chunk: Tokens in a chunk, $c$.

    Source:
        Yang et al. 2024, arXiv:2412.06464, section 3.3 (chunkwise form).

    >>> gated_delta_chunk_flops(n_heads=1, key_head_dim=16, value_head_dim=16, chunk=64)
    491520
    """
    squares = 2 * chunk * chunk * (2 * key_head_dim + value_head_dim)
    state = 6 * chunk * key_head_dim * value_head_dim
    return n_heads * (squares + state)


def n_chunks(*, n_tokens: int, chunk: int) -> int:
    r"""Chunks that hold `n_tokens`, the last one padded.

    $$ \lceil n / c \rceil $$

    >>> n_chunks(n_tokens=65, chunk=64)
    2
    """
    return (n_tokens + chunk - 1) // chunk
