r"""Bytes that a model takes on its chips while it serves: plain numbers in, plain numbers out.

Four parts share the memory: weights, the cache of all sequences (`kvcache`), what one pass computes and throws away,
and what the engine leaves alone. Bytes are those of *one* chip where `n_chips` is an argument.
"""


def bits_with_scales(*, bits: float, group_size: int, scale_bits: float) -> float:
    r"""Bits that one number takes in a format that shares a scale among a group.

    $$ s = q + s_g / g $$

    The scale is what the name of a format hides: MXFP4 stores 4.25 bits, llama.cpp's Q4_0 4.5.

    Args:
        bits: Bits of the number alone, $q$.
        group_size: Numbers that share one scale, $g$.
        scale_bits: Bits of the scale, and of a zero point where there is one, $s_g$.

    Source:
        Open Compute Project, OCP Microscaling Formats (MX) v1.0, section 5 (MXFP4: groups of 32, a scale of 8 bits).

    >>> bits_with_scales(bits=4, group_size=32, scale_bits=8)
    4.25
    """
    return bits + scale_bits / group_size


def weight_bytes(*, n_params: float, weight_bits: float) -> float:
    r"""Bytes of weights at one precision.

    $$ M = P \, s / 8 $$

    All experts count, visited or not. Formats that leave some tensors at 16 bits (embeddings, routers, norms) take
    more: add the parts up.

    Args:
        n_params: Parameters, $P$.
        weight_bits: Bits of each, scales included, $s$.

    >>> weight_bytes(n_params=8_030_261_248, weight_bits=16)
    16060522496.0
    """
    return n_params * weight_bits / 8


def share_bytes(*, total_bytes: float, n_chips: int) -> float:
    r"""Bytes of weights on one chip under tensor parallelism.

    $$ M / n $$

    Norms, routers and key/value projections with fewer heads than chips stand on every chip; they are left out here
    (under 1 % of a model, a few percent where one KV head serves many chips).

    Args:
        total_bytes: Weights of the whole model, $M$ [bytes].
        n_chips: Chips that share them, $n$.

    Source:
        Shoeybi et al. 2019, Megatron-LM, arXiv:1909.08053, section 3.

    >>> share_bytes(total_bytes=141_107_412_992, n_chips=4)
    35276853248.0
    """
    return total_bytes / n_chips


def heads_on_one_chip(*, n_heads: int, n_chips: int) -> int:
    r"""Heads on the fullest chip under tensor parallelism.

    $$ \lceil h / n \rceil $$

    A head is not split: with more chips than KV heads each chip holds one whole head, so the cache of a sequence stops
    shrinking there. A latent cache has no heads and stands on every chip whole.

    Args:
        n_heads: Heads of a layer, $h$.
        n_chips: Chips that share them, $n$.

    Source:
        Pope et al. 2022, arXiv:2211.05102, section 3.3; Shazeer 2019, arXiv:1911.02150.

    >>> heads_on_one_chip(n_heads=8, n_chips=4), heads_on_one_chip(n_heads=8, n_chips=16)
    (2, 1)
    """
    return (n_heads + n_chips - 1) // n_chips


def attention_width(*, n_heads: int, n_kv_heads: int, head_dim: int, v_head_dim: int) -> int:
    r"""Numbers of one token inside attention: query, key, value, and the weighted sum of each head.

    $$ w = (h + h_{kv}) (d_h + d_v) $$

    Scores are left out: a fused kernel never stores them.

    Args:
        n_heads: Query heads, $h$.
        n_kv_heads: Key/value heads, $h_{kv}$.
        head_dim: Width of a query and of a key, $d_h$ [elements].
        v_head_dim: Width of a value, $d_v$ [elements].

    >>> attention_width(n_heads=32, n_kv_heads=8, head_dim=128, v_head_dim=128)
    10240
    """
    return (n_heads + n_kv_heads) * (head_dim + v_head_dim)


def experts_width(*, n_experts: int, top_k: int, expert_width: int, d_expert: int) -> int:
    r"""Numbers of one token inside a mixture of experts: router scores, and for each expert it visits the inside and
    the output before all are added up.

    $$ w = E + k \, (w_e + d_e) $$

    Args:
        n_experts: Choices of the router, $E$.
        top_k: Experts a token visits, $k$.
        expert_width: Numbers inside one expert, $w_e$ (three times its inner width when gated).
        d_expert: Width of an expert's output, $d_e$.

    >>> experts_width(n_experts=128, top_k=8, expert_width=3 * 768, d_expert=2048)
    34944
    """
    return n_experts + top_k * (expert_width + d_expert)


def pass_bytes(*, n_tokens: int, d_model: int, widest_block: int, n_chips: int = 1, bits: float = 16) -> float:
    r"""Bytes alive at the worst moment of a forward pass: inside its widest block.

    $$ M = m \, (3 d + w / n) \, s / 8 $$

    The three are the residual stream, the block's normed input and its output; everything a block computes lives until
    it returns. Valid for inference with fused attention, layer after layer, all tokens of the pass at once. Left out:
    scratch of kernels, communication buffers, recorded graphs, keys and values that latent attention rebuilds for
    earlier chunks. A framework that frees earlier, or fuses, takes less.

    Args:
        n_tokens: Tokens of one pass over all sequences: a chunk of a prompt, $m$.
        d_model: Width of the residual stream, on every chip whole, $d$.
        widest_block: Numbers of one token inside the widest block, $w$.
        n_chips: Chips among which the inside of a block is split, $n$.
        bits: Bits of an activation, $s$.

    Source:
        Counting; `tests/test_memory.py` runs a layer in numpy and compares the peak.

    >>> pass_bytes(n_tokens=2048, d_model=4096, widest_block=3 * 14336) / 2**20
    216.0
    """
    return n_tokens * (3 * d_model + widest_block / n_chips) * bits / 8


def head_bytes(
    *, n_tokens: int, n_sequences: int, d_model: int, vocab_size: int, n_chips: int = 1, bits: float = 16
) -> float:
    r"""Bytes alive when a pass ends: hidden states of all its tokens, normed and not, and logits in 32 bits.

    $$ M = 2 \, m \, d \, s / 8 + 4 \, b \, V / n $$

    Logits are computed for the last position of each sequence alone. Computing them for a whole prompt, as training
    does, takes $4 m V$ instead. What sampling adds is left out.

    Args:
        n_tokens: Tokens of the pass, $m$.
        n_sequences: Sequences whose next token is computed, $b$.
        d_model: Width of the residual stream, $d$.
        vocab_size: Rows of the output head, $V$, split among the chips.
        n_chips: Chips, $n$.
        bits: Bits of an activation, $s$.

    >>> head_bytes(n_tokens=2048, n_sequences=256, d_model=4096, vocab_size=128_256) / 2**20
    157.25
    """
    return n_tokens * 2 * d_model * bits / 8 + 4 * n_sequences * vocab_size / n_chips


def overhead_bytes(*, memory_bytes: float, usable_share: float) -> float:
    r"""Bytes that the engine leaves alone: driver context, libraries, recorded graphs, fragments.

    $$ M (1 - u) $$

    An assumption, not a count: engines are told a share to use, and the rest is headroom. vLLM's default share is 0.92
    (0.9 before 2026); a card that also draws a desktop needs more.

    Args:
        memory_bytes: Memory of the chip, $M$ [B].
        usable_share: Share that the engine may fill, $u$.

    Source:
        vLLM, `gpu_memory_utilization` in vllm/config/cache.py at 002f10e (read 2026-11-23).

    >>> overhead_bytes(memory_bytes=80e9, usable_share=0.75)
    20000000000.0
    """
    return memory_bytes * (1 - usable_share)
