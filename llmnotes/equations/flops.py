r"""Floating-point operations of one forward pass: plain integers in, plain integers out.

A multiply-add is 2. Matrix products and convolutions are counted; norms, softmax, rotations and recurrences written
element by element are not. A *pair* is one new token looking at one earlier token or at itself.

Names, where a function says nothing else:
    n_new: Tokens processed at once, $m$.
    n_past: Tokens before them, already cached, $t$.
    chunk: Tokens in a chunk, $c$.
    stride: Tokens that one entry stands for, $s$.
    window: Positions a token sees, $w$.
    key_head_dim: Width of a key, $d_k$ [elements].
    value_head_dim: Width of a value, $d_v$ [elements].
    d_state: State of one channel, $N$ [elements].
"""


def matrix_flops(*, n_params: int) -> int:
    r"""One token through weight matrices that it uses once each.

    $$ F = 2 \, P $$

    Biases and gains multiply nothing: leave them out of $P$.

    Args:
        n_params: Parameters of the matrices, $P$.

    Source:
        Kaplan et al. 2020, arXiv:2001.08361, section 2.1.

    >>> matrix_flops(n_params=3)
    6
    """
    return 2 * n_params


def pair_flops(*, n_heads: int, head_dim: int, v_head_dim: int) -> int:
    r"""Score and weighted sum for one pair of tokens, over all query heads.

    $$ f = 2 \, h \, (d_h + d_v) $$

    KV heads do not appear: grouping saves cache, not arithmetic. Kaplan et al. 2020 (arXiv:2001.08361, Table 1) write
    $2 \, n_{ctx} \, h \, d_h$ for a token's whole context, half of this for every pair.

    Args:
        n_heads: Query heads, $h$.
        head_dim: Width of a query and of a key, $d_h$ [elements].
        v_head_dim: Width of a value, $d_v$ [elements].

    Source:
        Hoffmann et al. 2022, arXiv:2203.15556, appendix F (logits, and the softmax times the values).

    >>> pair_flops(n_heads=96, head_dim=128, v_head_dim=128)
    49152
    """
    return 2 * n_heads * (head_dim + v_head_dim)


def indexer_pair_flops(*, n_index_heads: int, index_head_dim: int) -> int:
    r"""Score of one pair by a sparse-attention indexer: a product for each head, and their weighted sum.

    $$ f = 2 \, h_I \, (d_I + 1) $$

    Args:
        n_index_heads: Heads of the indexer, $h_I$.
        index_head_dim: Width of an indexer key, $d_I$ [elements].

    Source:
        DeepSeek-V3.2, arXiv:2512.02556, equation 1.

    >>> indexer_pair_flops(n_index_heads=64, index_head_dim=128)
    16512
    """
    return 2 * n_index_heads * (index_head_dim + 1)


def causal_pairs(*, n_new: int, n_past: int) -> int:
    r"""Pairs that a causal mask lets through: new token $i$ sees $t + i$ keys.

    $$ N = m \, t + m \, (m + 1) / 2 $$

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


def square_window_pairs(*, rows: int, columns: int, window: int) -> int:
    r"""Pairs of patches of an image that attend to each other within square windows; those at its edges are cut.

    $$ N = \sum_i r_i^2 \cdot \sum_j c_j^2 $$

    Rows are cut into windows of heights $r_i$ and columns into widths $c_j$, each $w$ but for a last one that is
    shorter.

    Args:
        rows: Patches down.
        columns: Patches across.
        window: Side of a window, $w$ [patches].

    Source:
        Qwen2.5-VL Technical Report, arXiv:2502.13923, section 2.1.1; see `tests/test_flops.py` for the loop.

    >>> square_window_pairs(rows=8, columns=10, window=8)
    4352
    """
    whole_down = rows // window
    whole_across = columns // window
    down = whole_down * window**2 + (rows - whole_down * window) ** 2
    across = whole_across * window**2 + (columns - whole_across * window) ** 2
    return down * across


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

    Source:
        Yang et al. 2024, arXiv:2412.06464, section 3.3 (chunkwise form).

    >>> gated_delta_chunk_flops(n_heads=1, key_head_dim=16, value_head_dim=16, chunk=64)
    491520
    """
    squares = 2 * chunk * chunk * (2 * key_head_dim + value_head_dim)
    state = 6 * chunk * key_head_dim * value_head_dim
    return n_heads * (squares + state)


def conv_border_flops(*, channels: int, kernel: int, n_past: int) -> int:
    r"""Columns that an unfused causal convolution computes and throws away.

    $$ F = 2 \, C \, c \, (c - 1)\text{ at the start of a text},\quad 2 \, C \, c\text{ later} $$

    A prompt is padded on both sides and cut to length; later the kept columns give one output too many. A fused kernel
    computes neither.

    Args:
        channels: Channels of the depthwise convolution, $C$.
        kernel: Taps, $c$.
        n_past: Tokens before this pass.

    Source:
        Measured; see the cases in `tests/data`.

    >>> conv_border_flops(channels=96, kernel=4, n_past=0), conv_border_flops(channels=96, kernel=4, n_past=40)
    (2304, 768)
    """
    column = 2 * channels * kernel
    return column if n_past > 0 else column * (kernel - 1)


def short_chunk_flops(*, flops_per_chunk: int, chunk: int, rest: int) -> int:
    r"""A last chunk that is as short as what is left, where its cost is a square.

    $$ F = F_c \, r^2 / c^2 $$

    Args:
        flops_per_chunk: FLOPs of a whole chunk, $F_c$.
        chunk: Tokens in a whole chunk, $c$.
        rest: Tokens that are left, $r$.

    >>> short_chunk_flops(flops_per_chunk=6400, chunk=8, rest=4)
    1600
    """
    return flops_per_chunk * rest * rest // (chunk * chunk)


def n_chunks(*, n_tokens: int, chunk: int) -> int:
    r"""Chunks that hold `n_tokens`, the last one padded.

    $$ \lceil n / c \rceil $$

    Args:
        n_tokens: Tokens, $n$.

    >>> n_chunks(n_tokens=65, chunk=64)
    2
    """
    return (n_tokens + chunk - 1) // chunk


def state_readout_flops(*, d_inner: int, d_state: int) -> int:
    r"""Reading the state of a state-space mixer for one token: one number for each channel.

    $$ F = 2 \, e \, N $$

    The update of the state is element by element and is not counted.

    Args:
        d_inner: Channels inside, $e$ [elements].

    Source:
        Gu & Dao 2023, arXiv:2312.00752, algorithm 2.

    >>> state_readout_flops(d_inner=5120, d_state=16)
    163840
    """
    return 2 * d_inner * d_state


def mamba2_chunk_flops(*, n_heads: int, head_dim: int, d_state: int, chunk: int) -> int:
    r"""One chunk of Mamba-2 in its matrix form, all heads.

    $$ F = h \, (2 c^2 (N + p) + 4 c \, p \, N) $$

    Scores within the chunk, their product with the inputs, the chunk's state, and the part read from earlier states.

    Args:
        n_heads: Heads, $h$.
        head_dim: Channels of a head, $p$ [elements].

    Source:
        Dao & Gu 2024, arXiv:2405.21060, section 6.

    >>> mamba2_chunk_flops(n_heads=8, head_dim=8, d_state=8, chunk=8)
    32768
    """
    within = 2 * chunk * chunk * (d_state + head_dim)
    with_state = 4 * chunk * head_dim * d_state
    return n_heads * (within + with_state)


def lightning_token_flops(*, width: int, head_dim: int) -> int:
    r"""Lightning attention against its state, for one token: read it and add to it.

    $$ F = 4 \, w \, d_h $$

    Args:
        width: Heads times head width, $w$ [elements].
        head_dim: Width of a head, $d_h$ [elements].

    Source:
        Qin et al. 2024, Lightning Attention-2, arXiv:2401.04658, algorithm 1 (between blocks).

    >>> lightning_token_flops(width=128, head_dim=16)
    8192
    """
    return 4 * width * head_dim


def lightning_block_flops(*, width: int, block: int) -> int:
    r"""Lightning attention within one block of a prompt.

    $$ F = 4 \, c^2 \, w $$

    Args:
        width: Heads times head width, $w$ [elements].
        block: Tokens in a block, $c$.

    Source:
        Qin et al. 2024, Lightning Attention-2, arXiv:2401.04658, algorithm 1 (within a block).

    >>> lightning_block_flops(width=128, block=8)
    32768
    """
    return 4 * block * block * width


def matrix_lstm_token_flops(*, n_heads: int, key_head_dim: int, value_head_dim: int) -> int:
    r"""An mLSTM against its state, for one token: add an outer product, read the matrix and its normaliser.

    $$ F = h \, (4 \, d_k d_v + 2 \, d_k) $$

    Args:
        n_heads: Heads, $h$.

    Source:
        Beck et al. 2024, xLSTM, arXiv:2405.04517, equations 19 to 21.

    >>> matrix_lstm_token_flops(n_heads=2, key_head_dim=8, value_head_dim=16)
    1056
    """
    return n_heads * (4 * key_head_dim * value_head_dim + 2 * key_head_dim)


def matrix_lstm_chunk_flops(*, n_heads: int, key_head_dim: int, value_head_dim: int, chunk: int) -> int:
    r"""Scores and weighted sums within one chunk of an mLSTM, all heads.

    What its tokens do with the state comes on top (`matrix_lstm_token_flops`).

    $$ F = 2 \, h \, c^2 (d_k + d_v) $$

    Args:
        n_heads: Heads, $h$.

    Source:
        Beck et al. 2025, xLSTM 7B, arXiv:2503.13427, section 3 (chunkwise-parallel form).

    >>> matrix_lstm_chunk_flops(n_heads=2, key_head_dim=8, value_head_dim=16, chunk=4)
    1536
    """
    return 2 * n_heads * chunk * chunk * (key_head_dim + value_head_dim)


def stream_mix_flops(*, d_model: int, n_streams: int) -> int:
    r"""Mixing parallel residual streams for one token, and asking their router a second time (AltUp).

    $$ F = 2 \, s^2 \, d + 2 \, s \, d $$

    Args:
        d_model: Width, $d$ [elements].
        n_streams: Residual streams, $s$.

    Source:
        Baykal et al. 2023, Alternating Updates, arXiv:2301.13310, section 3.

    >>> stream_mix_flops(d_model=48, n_streams=3)
    1152
    """
    return 2 * n_streams * n_streams * d_model + 2 * n_streams * d_model


def entries_before(*, n_tokens: int, stride: int, top_k: int) -> int:
    r"""Entries that the tokens of a text see together: token $p$ sees one for every full stride up to itself.

    $$ \sum_{p=1}^{n} \min(\lfloor p / s \rfloor, k) $$

    Args:
        n_tokens: Tokens, $n$.
        top_k: Entries that matter to one token, $k$; 0 for all.

    >>> entries_before(n_tokens=5, stride=2, top_k=0), entries_before(n_tokens=5, stride=2, top_k=1)
    (6, 4)
    """
    rising = n_tokens if top_k == 0 else min(n_tokens, top_k * stride)
    full = rising // stride
    rest = rising - full * stride
    return stride * (full * (full - 1) // 2) + full * (rest + 1) + (n_tokens - rising) * top_k


def entry_causal_pairs(*, n_new: int, n_past: int, stride: int, top_k: int) -> int:
    r"""Pairs of a new token and an entry of the compressed past that it may see.

    $$ N = A(t + m) - A(t) $$

    Args:
        top_k: Entries that a token attends to, $k$; 0 for all.

    Source:
        DeepSeek-V4 technical report, section 2.3; counted in `tests/test_flops.py`.

    >>> entry_causal_pairs(n_new=4, n_past=4, stride=4, top_k=0)
    5
    """
    after = entries_before(n_tokens=n_past + n_new, stride=stride, top_k=top_k)
    return after - entries_before(n_tokens=n_past, stride=stride, top_k=top_k)


def entry_full_pairs(*, n_new: int, n_past: int, stride: int) -> int:
    r"""Pairs of a new token and any entry, computed when the mask is applied afterwards.

    $$ N = m \, \lfloor (t + m) / s \rfloor $$

    >>> entry_full_pairs(n_new=4, n_past=4, stride=4)
    8
    """
    return n_new * ((n_past + n_new) // stride)
