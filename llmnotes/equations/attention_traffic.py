"""Elements that attention moves to and from slow memory and into on-chip memory: what `numerics.attention` counts."""


def first_paper_tile(*, fast_elements: int, head_dim: int) -> tuple[int, int]:
    r"""Rows and columns of a tile as the first FlashAttention paper sets them.

    $$ B_c = \lceil M / 4 d_h \rceil, \quad B_r = \min(B_c, d_h) $$

    Args:
        fast_elements: What the fast memory of one processor holds, $M$ [elements].
        head_dim: Width of one head, $d_h$ [elements].

    Source:
        Dao et al. 2022, arXiv:2205.14135, Algorithm 1, line 1.

    >>> first_paper_tile(fast_elements=51_200, head_dim=128)
    (100, 100)
    """
    if fast_elements < 4 * head_dim:
        raise ValueError(f"fast_elements is {fast_elements}: one row of q, k, v and output needs {4 * head_dim}")
    n_columns = -(-fast_elements // (4 * head_dim))
    return min(n_columns, head_dim), n_columns


def plain_traffic_elements(*, n_tokens: int, head_dim: int) -> int:
    r"""Elements that plain attention moves for one head.

    $$ A = 4 \, n \, d_h + 4 \, n^2 $$

    Scores and weights are written once and read once each: four squares.

    Source:
        Dao et al. 2022, arXiv:2205.14135, Theorem 2 and Algorithm 0.

    >>> plain_traffic_elements(n_tokens=4096, head_dim=64)
    68157440
    """
    return 4 * n_tokens * head_dim + 4 * n_tokens * n_tokens


def least_traffic_elements(*, n_tokens: int, head_dim: int) -> int:
    r"""Elements that any exact attention of one head must move: queries, keys and values in, output out, once each.

    $$ A = 4 \, n \, d_h $$

    What tiles load into on-chip memory again comes from a cache between the two where there is one; see
    `queries_first_traffic_elements`.

    Source:
        Compulsory traffic; the term that Dao et al. 2022, arXiv:2205.14135, Theorem 2 has for plain attention too.

    >>> plain_traffic_elements(n_tokens=4096, head_dim=128) / least_traffic_elements(n_tokens=4096, head_dim=128)
    33.0
    """
    return 4 * n_tokens * head_dim


def keys_first_traffic_elements(*, n_tokens: int, head_dim: int, n_columns: int) -> int:
    r"""Elements of matrices moved for one head when every block of keys meets all queries; nothing is masked.

    $$ A = 2 \, n \, d_h + 3 \, n \, d_h \, \lceil n / B_c \rceil $$

    For each block: queries in, output in and out. The statistics, $4 n \lceil n / B_c \rceil$, are left out.

    Source:
        Dao et al. 2022, arXiv:2205.14135, Algorithm 1; in the limit Theorem 2, $\Theta(n^2 d_h^2 / M)$.

    >>> keys_first_traffic_elements(n_tokens=4096, head_dim=64, n_columns=200)
    17039360
    """
    n_passes = -(-n_tokens // n_columns)
    return (2 + 3 * n_passes) * n_tokens * head_dim


def queries_first_traffic_elements(*, n_tokens: int, head_dim: int, n_rows: int) -> int:
    r"""Elements of matrices moved for one head when every block of queries meets all keys; nothing is masked.

    $$ A = 2 \, n \, d_h + 2 \, n \, d_h \, \lceil n / B_r \rceil $$

    For each block: keys and values in. One statistic for each row, $n$, is left out.

    Source:
        Dao 2023, arXiv:2307.08691, Algorithm 1.

    >>> queries_first_traffic_elements(n_tokens=4096, head_dim=64, n_rows=200)
    11534336
    """
    n_passes = -(-n_tokens // n_rows)
    return (2 + 2 * n_passes) * n_tokens * head_dim
