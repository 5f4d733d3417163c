r"""What training costs: arithmetic, state of the optimizer, activations kept for the backward pass.

Plain numbers in, plain numbers out. A backward pass takes twice the arithmetic of the forward one.
"""


def training_flops_6nd(*, n_params: float, n_tokens: float) -> float:
    r"""Approximate FLOPs of training, attention over the context left out.

    $$ C \approx 6 \, N \, D $$

    Two for each weight and token forward, four backward. Of a mixture of experts $N$ is what a token visits. Good while
    the context stays far below $12 d$ (its author's $\gg$): at $12 d$ attention costs as much again. Left out are
    recomputation, and tables that are only looked up.

    Args:
        n_params: Parameters a token passes through, without tables that are looked up, $N$.
        n_tokens: Tokens trained on, $D$.

    Source:
        Kaplan et al. 2020, arXiv:2001.08361, section 2.1.

    >>> training_flops_6nd(n_params=174.6e9, n_tokens=300e9)
    3.1428e+23
    """
    return 6 * n_params * n_tokens


def training_attention_flops(*, n_layers: int, attention_width: int, context: int, n_tokens: float) -> float:
    r"""FLOPs that attention over the context adds to `training_flops_6nd`, within the causal mask.

    $$ C_a = 6 \, L \, n \, d_a \, D $$

    Forward a token meets $n / 2$ others on average, twice (scores and sums), at 2 FLOPs a number: $2 n d_a$ a layer.
    Without the mask it is twice as much. For sequences that are full; packed shorter texts that do not see each other
    cost less.

    Args:
        n_layers: Layers with full attention, $L$.
        attention_width: Query heads times width of a head, $d_a$.
        context: Tokens of one training sequence, $n$.
        n_tokens: Tokens trained on, $D$.

    Source:
        Kaplan et al. 2020, arXiv:2001.08361, section 2.1 ($2 n_{layer} n_{ctx} d_{attn}$ forward).

    >>> training_attention_flops(n_layers=96, attention_width=12288, context=2048, n_tokens=2)
    28991029248
    """
    return 6 * n_layers * context * attention_width * n_tokens


def recomputed_flops(*, flops: float) -> float:
    r"""FLOPs when every layer runs forward again before its backward pass (full recomputation).

    $$ C' = \tfrac{4}{3} \, C $$

    Args:
        flops: FLOPs the model needs, recomputation left out, $C$.

    Source:
        Korthikanti et al. 2022, arXiv:2205.05198, section 5 (30 to 40 % more time).

    >>> recomputed_flops(flops=3e12)
    4000000000000.0
    """
    return flops * 4 / 3


def training_state_bytes(
    *, n_params: float, weight_shards: int = 1, gradient_shards: int = 1, optimizer_shards: int = 1
) -> float:
    r"""Bytes of weights, gradients and optimizer state on one chip: Adam in mixed precision.

    $$ M = P \left( \frac{2}{n_w} + \frac{2}{n_g} + \frac{12}{n_o} \right) $$

    The twelve are a copy of the weights and two moments in 32 bits each. ZeRO shards the last of these among all chips
    that see different data, then the second, then the first. Left out are activations, buffers of communication and
    fragments; other optimizers keep less (momentum alone 8, 8-bit Adam 6).

    Args:
        n_params: Parameters, all experts of a mixture, $P$.
        weight_shards: Chips among which the weights are split, $n_w$ (ZeRO stage 3).
        gradient_shards: The same of gradients, $n_g$ (stage 2).
        optimizer_shards: The same of the optimizer's state, $n_o$ (stage 1).

    Source:
        Rajbhandari et al. 2019, ZeRO, arXiv:1910.02054, section 3.1 and figure 1.

    >>> training_state_bytes(n_params=7.5e9)
    120000000000.0
    """
    held_in_16_bits = n_params * (2 / weight_shards + 2 / gradient_shards)
    return held_in_16_bits + optimizer_bytes(n_params=n_params) / optimizer_shards


def optimizer_bytes(*, n_params: float, copy_bits: float = 32, n_moments: int = 2, moment_bits: float = 32) -> float:
    r"""Bytes of an optimizer's state: a precise copy of the trained weights, and its running averages.

    $$ M = P \, (s_c + k \, s_m) / 8 $$

    Twelve bytes a parameter for AdamW in mixed precision. The copy is there because a step is often smaller than a
    weight in 16 bits can show; without it (`copy_bits` 0) such steps are rounded away. Weights that are trained in 32
    bits need no copy.

    Args:
        n_params: Parameters that are trained, $P$: those of an adapter where the rest is frozen.
        copy_bits: Bits of the copy, $s_c$.
        n_moments: Running averages of each, $k$: 2 for Adam, 0 for plain gradient descent.
        moment_bits: Bits of one of them, $s_m$, scales included (`memory.bits_with_scales`).

    Source:
        Rajbhandari et al. 2019, ZeRO, arXiv:1910.02054, section 3.1.

    >>> optimizer_bytes(n_params=1e9)
    12000000000.0
    """
    return n_params * (copy_bits + n_moments * moment_bits) / 8


def adapter_params(*, rank: int, rows: int, columns: int) -> int:
    r"""Parameters of a low-rank adapter (LoRA) beside one matrix.

    $$ P = r \, (m + n) $$

    The matrix itself has $m n$ and stays frozen.

    Args:
        rank: Rank, $r$.
        rows: Outputs of the matrix, $m$.
        columns: Inputs, $n$.

    Source:
        Hu et al. 2021, LoRA, arXiv:2106.09685, section 4.1.

    >>> adapter_params(rank=8, rows=4096, columns=4096)
    65536
    """
    return rank * (rows + columns)


def layer_activation_bytes(*, n_tokens: int, batch_size: int, d_model: int, n_heads: int, n_chips: int = 1) -> float:
    r"""Bytes that one layer keeps for its backward pass, nothing recomputed.

    $$ M = \frac{s \, b \, h}{t} \left( 34 + 5 \frac{a s}{h} \right) $$

    Assumes numbers of 16 bits, multi-head attention, a plain feed-forward of $4h$ with GELU, two norms, dropout with
    masks of one byte, and scores that are stored: $5 a s^2 b$ goes away with a fused attention kernel, see
    `layer_activation_bytes_selective`. On several chips tensor and sequence parallelism together.

    Args:
        n_tokens: Tokens of a sequence, $s$.
        batch_size: Sequences on the chips at once, $b$.
        d_model: Width, $h$.
        n_heads: Heads, $a$.
        n_chips: Chips that split the layer, $t$.

    Source:
        Korthikanti et al. 2022, arXiv:2205.05198, equations 1 and 4.

    >>> layer_activation_bytes(n_tokens=2048, batch_size=1, d_model=12288, n_heads=96) / 2**30
    2.671875
    """
    scores = 5 * n_heads * n_tokens / d_model
    return n_tokens * batch_size * d_model * (34 + scores) / n_chips


def layer_activation_bytes_tensor_parallel(
    *, n_tokens: int, batch_size: int, d_model: int, n_heads: int, n_chips: int
) -> float:
    r"""The same where chips split the matrices but not the tokens: norms, inputs and dropout stand on each of them.

    $$ M = s \, b \, h \left( 10 + \frac{24}{t} + 5 \frac{a s}{h t} \right) $$

    Assumptions as in `layer_activation_bytes`.

    Args:
        n_tokens: Tokens of a sequence, $s$.
        batch_size: Sequences on the chips at once, $b$.
        d_model: Width, $h$.
        n_heads: Heads, $a$.
        n_chips: Chips that split the layer, $t$.

    Source:
        Korthikanti et al. 2022, arXiv:2205.05198, equation 2.

    >>> layer_activation_bytes_tensor_parallel(n_tokens=512, batch_size=1, d_model=4096, n_heads=32, n_chips=8) / 2**20
    31.0
    """
    split = (24 + 5 * n_heads * n_tokens / d_model) / n_chips
    return n_tokens * batch_size * d_model * (10 + split)


def layer_activation_bytes_selective(*, n_tokens: int, batch_size: int, d_model: int, n_chips: int = 1) -> float:
    r"""Bytes that one layer keeps when scores are computed again, as fused attention always does.

    $$ M = 34 \, s \, b \, h / t $$

    Linear in the context: the quadratic part is gone. Assumptions as in `layer_activation_bytes`.

    Args:
        n_tokens: Tokens of a sequence, $s$.
        batch_size: Sequences on the chips at once, $b$.
        d_model: Width, $h$.
        n_chips: Chips that split the layer, tokens included, $t$.

    Source:
        Korthikanti et al. 2022, arXiv:2205.05198, equation 6.

    >>> layer_activation_bytes_selective(n_tokens=2048, batch_size=1, d_model=12288) / 2**20
    816.0
    """
    return 34 * n_tokens * batch_size * d_model / n_chips


def layer_activation_bytes_full(*, n_tokens: int, batch_size: int, d_model: int) -> float:
    r"""Bytes that one layer keeps when all of it is computed again: its input.

    $$ M = 2 \, s \, b \, h $$

    One layer at a time stands whole beside it while it is computed again. Numbers of 16 bits.

    Args:
        n_tokens: Tokens of a sequence, $s$.
        batch_size: Sequences at once, $b$.
        d_model: Width, $h$.

    Source:
        Korthikanti et al. 2022, arXiv:2205.05198, section 5 and table 2.

    >>> layer_activation_bytes_full(n_tokens=2048, batch_size=1, d_model=12288) / 2**20
    48.0
    """
    return 2.0 * n_tokens * batch_size * d_model


def layer_backward_elements(*, d_model: int, n_blocks: int, width: int) -> int:
    r"""Numbers that one token leaves in one layer for the backward pass, scores computed again (fused attention).

    $$ e = 2 \, k \, d + w $$

    In front of each block a norm keeps its input and the matrices behind it keep its output; inside stand query, key,
    value and the weighted sum of attention, gate, up and their product of a gated feed-forward. Left out are masks of
    dropout, numbers that a framework keeps in 32 bits, and what an unfused activation keeps twice. Where only
    adapters are trained, matrices without one need not keep their input: then it is less.

    Args:
        d_model: Width of the residual stream, $d$.
        n_blocks: Blocks of the layer, each behind a norm, $k$: 2.
        width: Numbers of one token inside all its blocks, $w$.

    Source:
        Korthikanti et al. 2022, arXiv:2205.05198, section 4.1 lists the same of a plain feed-forward.

    >>> layer_backward_elements(d_model=4096, n_blocks=2, width=10_240 + 3 * 12_288)
    63488
    """
    return 2 * n_blocks * d_model + width


def training_pass_bytes(
    *,
    n_tokens: float,
    batch_size: float,
    n_layers: int,
    d_model: int,
    layer_elements: int,
    vocab_size: int,
    logit_bytes: float = 12,
) -> float:
    r"""Bytes of activations at the worst moment of forward and backward, every layer recomputed (checkpointing).

    $$ M = n \, b \, \left( 2 \, L \, d + \max(2 \, e, \; s_l \, V) \right) $$

    Each layer keeps its input. Beside these stands either one layer that is computed again, or, at the turn from
    forward to backward, the logits of all tokens: with logarithms and gradients, three times 32 bits each. A loss that
    is computed piece by piece (`logit_bytes` 0) never holds them. Left out are copies that a framework makes, gradients
    on their way through a layer, scratch of kernels and fragments. Linear in the tokens, as attention is fused.

    Args:
        n_tokens: Tokens of one sequence, $n$.
        batch_size: Sequences of one pass, $b$.
        n_layers: Layers, $L$.
        d_model: Width of the residual stream, $d$.
        layer_elements: Numbers a token leaves in the largest layer, $e$ (`layer_backward_elements`).
        vocab_size: Rows of the output head, $V$.
        logit_bytes: Bytes that one logit takes, $s_l$.

    Source:
        Korthikanti et al. 2022, arXiv:2205.05198, section 5 (full recomputation); the logits by counting.

    >>> shape = {"n_layers": 36, "d_model": 4096, "layer_elements": 63_488, "vocab_size": 151_936}
    >>> training_pass_bytes(n_tokens=2048, batch_size=1, **shape)
    4337958912
    """
    checkpoint = 2 * n_layers * d_model
    turn = max(2 * layer_elements, logit_bytes * vocab_size)
    return n_tokens * batch_size * (checkpoint + turn)


def training_seconds(*, flops: float, n_chips: int, flops_per_s: float, utilization: float) -> float:
    r"""Time of training.

    $$ T = \frac{C}{n \, \pi \, u} $$

    Args:
        flops: FLOPs the model needs, recomputation left out, $C$.
        n_chips: Chips, $n$.
        flops_per_s: Dense peak of each, $\pi$ [FLOP/s].
        utilization: Share of the peak that goes into those FLOPs, $u$: 0.35 to 0.55 is usual, and published.

    Source:
        Chowdhery et al. 2022, PaLM, arXiv:2204.02311, appendix B (model FLOPs utilization).

    >>> training_seconds(flops=1e24, n_chips=1000, flops_per_s=1e15, utilization=0.5) / 86_400
    23.14814814814815
    """
    return flops / (n_chips * flops_per_s * utilization)
