r"""Bytes that a model keeps between tokens: plain numbers in, plain numbers out.

Two numbers always: *ideal* (what the mathematics needs: a windowed layer forgets what is beyond its window) and
*full length* (what an engine sets aside when every attention layer keeps every token: `reserved` in names).
"""


def attention_cache_bytes(
    *,
    n_layers: int,
    n_kv_heads: int,
    head_dim: int,
    n_tokens: int,
    batch_size: int = 1,
    kv_bits: float = 16,
) -> float:
    r"""Bytes held by the KV cache of standard attention (MHA, GQA or MQA).

    $$ M = 2 \, b \, t \, L \, h_{kv} \, d_h \, s / 8 $$

    The leading 2 is one key plus one value. Query heads do not appear: they are never cached.

    Args:
        n_layers: Layers that keep a cache, $L$.
        n_kv_heads: Key/value heads per layer, $h_{kv}$ (not the query heads).
        head_dim: Width of one head, $d_h$ [elements].
        n_tokens: Tokens held per sequence, prompt plus generated, $t$.
        batch_size: Sequences held at once, $b$.
        kv_bits: Storage per number, $s$ [bits].

    Returns:
        Bytes, without allocator padding or paging overhead.

    Raises:
        ValueError: If any argument is negative.

    Source:
        Ainslie et al. 2023, GQA, arXiv:2305.13245, section 2.2.

    >>> attention_cache_bytes(n_layers=32, n_kv_heads=8, head_dim=128, n_tokens=8192)
    1073741824.0
    """
    if min(n_layers, n_kv_heads, head_dim, n_tokens, batch_size, kv_bits) < 0:
        raise ValueError("KV cache arguments must not be negative")
    elements_per_token = 2 * n_layers * n_kv_heads * head_dim
    return cached_bytes(elements=batch_size * n_tokens * elements_per_token, bits=kv_bits)


def cached_bytes(*, elements: float, bits: float) -> float:
    r"""Bytes of stored numbers of one width.

    $$ M = N \, s / 8 $$

    Scales of a quantised cache are left out: add them to `bits` (an 8-bit cache with one 16-bit scale for every 32
    numbers stores 8.5).

    Args:
        elements: Numbers stored, $N$.
        bits: Bits of one, its share of a scale included, $s$.

    >>> cached_bytes(elements=1024, bits=8.5)
    1088.0
    """
    return elements * bits / 8


def attention_elements_per_token(*, n_kv_heads: int, head_dim: int, v_head_dim: int) -> int:
    r"""Numbers that one layer of standard attention keeps for one token: its keys and its values.

    $$ e = h_{kv} \, (d_h + d_v) $$

    Args:
        n_kv_heads: Key/value heads of the layer, $h_{kv}$ (not the query heads).
        head_dim: Width of a key, $d_h$ [elements].
        v_head_dim: Width of a value, $d_v$ [elements].

    Source:
        Shazeer 2019, arXiv:1911.02150, section 2.4; Ainslie et al. 2023, arXiv:2305.13245.

    >>> attention_elements_per_token(n_kv_heads=8, head_dim=128, v_head_dim=128)
    2048
    """
    return n_kv_heads * (head_dim + v_head_dim)


def latent_elements_per_token(*, kv_lora_rank: int, qk_rope_head_dim: int) -> int:
    r"""Numbers that one layer of latent attention keeps for one token: one latent and one rotary key for all heads.

    $$ e = r_{kv} + d_r $$

    Heads do not appear. An implementation that caches expanded keys and values keeps
    `expanded_elements_per_token` instead.

    Args:
        kv_lora_rank: Width of the latent, $r_{kv}$ [elements].
        qk_rope_head_dim: Width of the rotary key that all heads share, $d_r$ [elements].

    Source:
        DeepSeek-V2, arXiv:2405.04434, Table 1.

    >>> latent_elements_per_token(kv_lora_rank=512, qk_rope_head_dim=64)
    576
    """
    return kv_lora_rank + qk_rope_head_dim


def expanded_elements_per_token(*, n_heads: int, qk_nope_head_dim: int, qk_rope_head_dim: int, v_head_dim: int) -> int:
    r"""Numbers that one layer of latent attention would keep if it cached what it expands: all heads, keys and values.

    $$ e = h \, (d_{nope} + d_r + d_v) $$

    Args:
        n_heads: Query heads, $h$.
        qk_nope_head_dim: Width of a key without its rotary part, $d_{nope}$ [elements].
        qk_rope_head_dim: Width of its rotary part, $d_r$ [elements].
        v_head_dim: Width of a value, $d_v$ [elements].

    Source:
        DeepSeek-V2, arXiv:2405.04434, Table 1 (the multi-head row).

    >>> expanded_elements_per_token(n_heads=128, qk_nope_head_dim=128, qk_rope_head_dim=64, v_head_dim=128)
    40960
    """
    return n_heads * (qk_nope_head_dim + qk_rope_head_dim + v_head_dim)


def tokens_in_window(*, n_tokens: int, window: int) -> int:
    r"""Tokens that a windowed or chunked layer still needs.

    $$ \min(t, w) $$

    Args:
        n_tokens: Tokens held per sequence, $t$.
        window: Positions a token sees, $w$.

    >>> tokens_in_window(n_tokens=8192, window=1024)
    1024
    """
    return min(n_tokens, window)


def tokens_in_blocks(*, n_tokens: int, block: int) -> int:
    r"""Tokens that a paged cache sets aside: whole blocks.

    $$ \lceil t / b \rceil \, b $$

    Args:
        n_tokens: Tokens held per sequence, $t$.
        block: Tokens in a block, $b$.

    Source:
        Kwon et al. 2023, PagedAttention, arXiv:2309.06180, section 4.

    >>> tokens_in_blocks(n_tokens=17, block=16)
    32
    """
    return (n_tokens + block - 1) // block * block


def delta_state_elements(*, n_heads: int, key_head_dim: int, value_head_dim: int) -> int:
    r"""Numbers in the state of a delta-rule or linear-attention layer: one matrix a head, however long the text.

    $$ e = h \, d_k \, d_v $$

    Args:
        n_heads: Heads that keep a matrix, $h$.
        key_head_dim: Width of a key, $d_k$ [elements].
        value_head_dim: Width of a value, $d_v$ [elements].

    Source:
        Katharopoulos et al. 2020, arXiv:2006.16236, section 3.4; Yang et al. 2024, arXiv:2412.06464.

    >>> delta_state_elements(n_heads=32, key_head_dim=128, value_head_dim=128)
    524288
    """
    return n_heads * key_head_dim * value_head_dim


def conv_state_elements(*, channels: int, columns: int) -> int:
    r"""Numbers that a short causal convolution keeps: its last inputs.

    $$ e = C \, c $$

    Taps less one would do; most implementations keep as many columns as there are taps.

    Args:
        channels: Channels of the convolution, $C$.
        columns: Inputs kept of each channel, $c$.

    Source:
        Gu & Dao 2023, Mamba, arXiv:2312.00752, section 3.4 (the block's convolution).

    >>> conv_state_elements(channels=8192, columns=4)
    32768
    """
    return channels * columns


def entry_elements(*, n_tokens: int, stride: int, per_entry: int, per_waiting: int) -> int:
    r"""Numbers kept of a compressed past: finished entries, and the tokens that wait for theirs.

    $$ e = \lfloor t / s \rfloor \, e_c + (t - s \lfloor t / s \rfloor) \, e_w $$

    Args:
        n_tokens: Tokens, $t$.
        stride: Tokens that one entry stands for, $s$.
        per_entry: Numbers of an entry, $e_c$.
        per_waiting: Numbers of a token that waits, $e_w$.

    Source:
        DeepSeek-V4 technical report, section 2.3.

    >>> entry_elements(n_tokens=9, stride=4, per_entry=10, per_waiting=3)
    23
    """
    entries = n_tokens // stride
    return entries * per_entry + (n_tokens - entries * stride) * per_waiting
