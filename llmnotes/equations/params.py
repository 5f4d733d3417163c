r"""How many learned numbers each kind of block holds: plain integers in, plain integers out.

Weights of matrix products only, unless a function says otherwise; biases and norm gains have their own functions,
because whether a model has them is a question of its family and not of its shape.

Names, where a function says nothing else:
    d_model: Width, $d$ [elements].
    n_heads: Query heads, $h$.
    n_kv_heads: Key/value heads, $h_{kv}$.
    head_dim: Width of a query and of a key, $d_h$ [elements].
    v_head_dim: Width of a value, $d_v$ [elements].
    d_ff: Width inside, $d_{ff}$ [elements].
    n_experts: Experts among which the router chooses, $E$.
    d_inner: Channels inside, $e$ [elements].
    d_state: State of one channel, $N$ [elements].
    q_lora_rank: Rank of the query latent, $r_q$ [elements].
    kv_lora_rank: Width of the latent, $r_{kv}$ [elements].
    n_index_heads: Heads of the indexer, $h_I$.
    index_head_dim: Width of an indexer key, $d_I$ [elements].
"""


def embedding_params(*, vocab_size: int, d_embed: int) -> int:
    r"""Token embedding, or the output head, which has the same shape.

    $$ P = V \, d $$

    A tied head is the same table and counts once.

    Args:
        vocab_size: Rows, $V$: the padded size where the published table is padded.
        d_embed: Width of one row, $d$ [elements]; the model's width in nearly all families.

    Returns:
        Parameters.

    Source:
        Radford et al. 2019, GPT-2; Press & Wolf 2017, arXiv:1608.05859 (tying).

    >>> embedding_params(vocab_size=50_257, d_embed=768)
    38597376
    """
    return vocab_size * d_embed


def position_params(*, n_positions: int, d_model: int) -> int:
    r"""Learned absolute positions: the only place where a context length enters the count.

    $$ P = n_{ctx} \, d $$

    Rotary, ALiBi and "no position" models have none of these.

    Args:
        n_positions: Rows of the table (OPT keeps two more than its context).

    Returns:
        Parameters.

    Source:
        Radford et al. 2019, GPT-2; Brown et al. 2020, arXiv:2005.14165, Table 2.1.

    >>> position_params(n_positions=1024, d_model=768)
    786432
    """
    return n_positions * d_model


def rms_norm_params(*, width: int) -> int:
    r"""Gains of one RMSNorm: no bias, no mean.

    $$ P = d $$

    Args:
        width: Width of what is normed, $d$ [elements].

    Source:
        Zhang & Sennrich 2019, arXiv:1910.07467, equation 4.

    >>> rms_norm_params(width=4096)
    4096
    """
    return width


def layer_norm_params(*, width: int) -> int:
    r"""Gains and biases of one LayerNorm.

    $$ P = 2 \, d $$

    Args:
        width: Width of what is normed, $d$ [elements].

    Source:
        Ba et al. 2016, arXiv:1607.06450, equation 5: a gain and a bias for each unit.

    >>> layer_norm_params(width=768)
    1536
    """
    return 2 * width


def attention_params(*, d_model: int, n_heads: int, n_kv_heads: int, head_dim: int, v_head_dim: int) -> int:
    r"""Query, key, value and output projections of one attention layer (MHA, GQA or MQA), without biases.

    $$ P = d \, (h \, d_h + h_{kv} \, (d_h + d_v) + h \, d_v) $$

    `head_dim` is not `d_model / n_heads` in many models; nothing here divides.

    Args:
        d_model: Width of the residual stream, $d$ [elements].
        v_head_dim: Width of a value, $d_v$ [elements]; equal to `head_dim` in nearly all families.

    Returns:
        Parameters.

    Source:
        Vaswani et al. 2017, arXiv:1706.03762, section 3.2.2; Ainslie et al. 2023, arXiv:2305.13245.

    >>> attention_params(d_model=4096, n_heads=32, n_kv_heads=8, head_dim=128, v_head_dim=128)
    41943040
    """
    query = d_model * n_heads * head_dim
    key_value = d_model * n_kv_heads * (head_dim + v_head_dim)
    output = n_heads * v_head_dim * d_model
    return query + key_value + output


def attention_input_bias_params(*, n_heads: int, n_kv_heads: int, head_dim: int, v_head_dim: int) -> int:
    r"""Biases on the query, key and value projections (GPT-2, Qwen2), not the one on the output.

    $$ P = h \, d_h + h_{kv} \, (d_h + d_v) $$

    Source:
        Bai et al. 2023, Qwen technical report, arXiv:2309.16609, section 2.3 (bias on q, k, v only).

    >>> attention_input_bias_params(n_heads=12, n_kv_heads=2, head_dim=128, v_head_dim=128)
    2048
    """
    return n_heads * head_dim + n_kv_heads * (head_dim + v_head_dim)


def latent_query_params(*, d_model: int, q_lora_rank: int, n_heads: int, qk_head_dim: int) -> int:
    r"""The two factors of a low-rank query projection (multi-head latent attention).

    $$ P = r_q \, (d + h \, d_{qk}) $$

    Args:
        qk_head_dim: Width of one query head, the part without position plus the rotary part, $d_{qk}$ [elements].

    Source:
        DeepSeek-V2, arXiv:2405.04434, section 2.1.

    >>> latent_query_params(d_model=7168, q_lora_rank=1536, n_heads=128, qk_head_dim=192)
    48758784
    """
    return q_lora_rank * (d_model + n_heads * qk_head_dim)


def latent_down_params(*, d_model: int, kv_lora_rank: int, qk_rope_head_dim: int) -> int:
    r"""Projection of a token onto what latent attention caches: the latent and one rotary key for all heads.

    $$ P = d \, (r_{kv} + d_r) $$

    Args:
        qk_rope_head_dim: Width of the rotary key that all heads share, $d_r$ [elements].

    Source:
        DeepSeek-V2, arXiv:2405.04434, section 2.1.2 and 2.1.3.

    >>> latent_down_params(d_model=7168, kv_lora_rank=512, qk_rope_head_dim=64)
    4128768
    """
    return d_model * (kv_lora_rank + qk_rope_head_dim)


def latent_up_params(*, kv_lora_rank: int, n_heads: int, qk_nope_head_dim: int, v_head_dim: int) -> int:
    r"""Expansion of the cached latent into keys (without position) and values of every head.

    $$ P = r_{kv} \, h \, (d_{nope} + d_v) $$

    Args:
        qk_nope_head_dim: Width of a key without its rotary part, $d_{nope}$ [elements].

    Source:
        DeepSeek-V2, arXiv:2405.04434, section 2.1.2.

    >>> latent_up_params(kv_lora_rank=512, n_heads=128, qk_nope_head_dim=128, v_head_dim=128)
    16777216
    """
    return kv_lora_rank * n_heads * (qk_nope_head_dim + v_head_dim)


def indexer_params(*, d_model: int, q_lora_rank: int, n_index_heads: int, index_head_dim: int) -> int:
    r"""Matrices of a sparse-attention indexer: queries from the query latent, one shared key, a weight for each head.

    $$ P = r_q \, h_I \, d_I + d \, (d_I + h_I) $$

    Source:
        DeepSeek-V3.2, arXiv:2512.02556, section 2.1.

    >>> indexer_params(d_model=7168, q_lora_rank=1536, n_index_heads=64, index_head_dim=128)
    13959168
    """
    return q_lora_rank * n_index_heads * index_head_dim + d_model * (index_head_dim + n_index_heads)


def block_indexer_params(*, d_model: int, n_index_heads: int, index_head_dim: int) -> int:
    r"""Matrices of an indexer that picks blocks of tokens: queries of its own, one shared key.

    $$ P = d \, d_I \, (h_I + 1) $$

    Source:
        MiniMax-M3, published configuration (`sparse_attention_config`) and modelling code.

    >>> block_indexer_params(d_model=6144, n_index_heads=4, index_head_dim=128)
    3932160
    """
    return d_model * index_head_dim * (n_index_heads + 1)


def gated_mlp_params(*, d_model: int, d_ff: int) -> int:
    r"""A gated feed-forward (SwiGLU, GeGLU): gate, up and down, three matrices and not two.

    $$ P = 3 \, d \, d_{ff} $$

    Source:
        Shazeer 2020, arXiv:2002.05202, equation 6.

    >>> gated_mlp_params(d_model=4096, d_ff=14_336)
    176160768
    """
    return 3 * d_model * d_ff


def plain_mlp_params(*, d_model: int, d_ff: int) -> int:
    r"""A plain feed-forward (ReLU, GELU, squared ReLU): up and down.

    $$ P = 2 \, d \, d_{ff} $$

    Source:
        Vaswani et al. 2017, arXiv:1706.03762, equation 2.

    >>> plain_mlp_params(d_model=768, d_ff=3072)
    4718592
    """
    return 2 * d_model * d_ff


def router_params(*, d_model: int, n_experts: int) -> int:
    r"""The linear layer that scores experts.

    $$ P = d \, E $$

    A bias that balances load without gradients (DeepSeek-V3) is a buffer and is not counted.

    Source:
        Shazeer et al. 2017, arXiv:1701.06538, section 2.1.

    >>> router_params(d_model=7168, n_experts=256)
    1835008
    """
    return d_model * n_experts


def idle_expert_params(*, expert_params: int, n_experts: int, top_k: int) -> int:
    r"""Parameters of the experts that a token does not visit; the rest of the model is *active*.

    $$ P_{idle} = P_e \, (E - k),\quad P_{active} = P - \sum P_{idle} $$

    A convention, not a measurement: embeddings, head, router and shared experts all count as active. Papers differ
    on the embeddings and on prediction modules.

    Args:
        expert_params: Parameters of one routed expert, $P_e$.
        top_k: Experts chosen for a token, $k$.

    Source:
        DeepSeek-V3, arXiv:2412.19437, abstract (671B parameters, 37B of them activated for each token).

    >>> idle_expert_params(expert_params=10, n_experts=8, top_k=2)
    60
    """
    return expert_params * (n_experts - top_k)


def expected_experts(*, n_experts: int, top_k: int, n_tokens: float) -> float:
    r"""Experts of one layer that a batch visits, as expected when tokens choose independently and evenly.

    $$ E \, (1 - (1 - k / E)^b) $$

    An upper bound: routers that prefer some experts touch fewer.

    Args:
        top_k: Experts a token visits, $k$.
        n_tokens: Tokens of the pass, $b$.

    Raises:
        ValueError: If a token visits more experts than there are.

    Source:
        Counting: a token misses an expert with probability $1 - k/E$; drawn at random in `tests/test_params.py`.

    >>> expected_experts(n_experts=4, top_k=2, n_tokens=2)
    3.0
    """
    if top_k > n_experts:
        raise ValueError("a token cannot visit more experts than there are")
    return n_experts * (1 - (1 - top_k / n_experts) ** n_tokens)


def gated_delta_params(
    *, d_model: int, n_key_heads: int, key_head_dim: int, n_value_heads: int, value_head_dim: int, conv_kernel: int
) -> int:
    r"""Matrices of a gated delta-rule mixer: input projections, short convolution, output projection.

    $$ P = d \, (2 w_k + 2 w_v + 2 h_v) + c \, (2 w_k + w_v) + w_v \, d,\quad w_k = h_k d_k,\; w_v = h_v d_v $$

    Inputs are query, key, value and gate plus two numbers a value head (write strength and decay). Left out: two
    learned constants a value head for the decay, and the $d_v$ gains of the norm on the output.

    Args:
        n_key_heads: Query/key heads, $h_k$.
        key_head_dim: Width of one of them, $d_k$ [elements].
        n_value_heads: Value heads, $h_v$.
        value_head_dim: Width of one of them, $d_v$ [elements].
        conv_kernel: Taps of the depthwise convolution over query, key and value, $c$.

    Source:
        Yang et al. 2024, Gated Delta Networks, arXiv:2412.06464, section 3.

    >>> gated_delta_params(
    ...     d_model=2048, n_key_heads=16, key_head_dim=128, n_value_heads=32, value_head_dim=128, conv_kernel=4
    ... )
    33718272
    """
    key_width = n_key_heads * key_head_dim
    value_width = n_value_heads * value_head_dim
    inputs = d_model * (2 * key_width + 2 * value_width + 2 * n_value_heads)
    convolution = conv_kernel * (2 * key_width + value_width)
    return inputs + convolution + value_width * d_model


def mamba_params(*, d_model: int, d_inner: int, d_state: int, dt_rank: int, conv_kernel: int) -> int:
    r"""Matrices of a Mamba-1 mixer: input, convolution, projection to step and state, step, output.

    $$ P = 2 d e + c \, e + e \, (r + 2 N) + r \, e + e \, d $$

    Left out: biases, and the transition $A$ and skip $D$ (`mamba_constants`), which multiply element by element.

    Args:
        dt_rank: Rank of the step size, $r$ [elements].
        conv_kernel: Taps of the depthwise convolution, $c$.

    Source:
        Gu & Dao 2023, arXiv:2312.00752, section 3.4 and algorithm 2.

    >>> mamba_params(d_model=2560, d_inner=5120, d_state=16, dt_rank=160, conv_kernel=4)
    41144320
    """
    step_and_state = d_inner * (dt_rank + 2 * d_state)
    return 2 * d_model * d_inner + conv_kernel * d_inner + step_and_state + dt_rank * d_inner + d_inner * d_model


def mamba_constants(*, d_inner: int, d_state: int) -> int:
    r"""Transition matrix (diagonal for each channel) and skip of a Mamba-1 mixer.

    $$ P = e \, (N + 1) $$

    Source:
        Gu & Dao 2023, arXiv:2312.00752, section 3.

    >>> mamba_constants(d_inner=5120, d_state=16)
    87040
    """
    return d_inner * (d_state + 1)


def mamba2_params(*, d_model: int, d_inner: int, n_heads: int, n_groups: int, d_state: int, conv_kernel: int) -> int:
    r"""Matrices of a Mamba-2 mixer: one input projection, a convolution, an output projection.

    $$ P = d \, (2 e + 2 g N + h) + c \, (e + 2 g N) + e \, d $$

    Left out: biases, the gains of the norm on the output, and three constants a head (decay, skip, step).

    Args:
        d_inner: Channels inside, $e$ = heads times head width [elements].
        n_heads: Heads, $h$; each has one scalar decay.
        n_groups: Groups that share input and output projections of the state, $g$.
        conv_kernel: Taps of the depthwise convolution, $c$.

    Source:
        Dao & Gu 2024, arXiv:2405.21060, section 7.

    >>> mamba2_params(d_model=4096, d_inner=8192, n_heads=128, n_groups=8, d_state=128, conv_kernel=4)
    109617152
    """
    state = 2 * n_groups * d_state
    return d_model * (2 * d_inner + state + n_heads) + conv_kernel * (d_inner + state) + d_inner * d_model


def lightning_params(*, d_model: int, width: int) -> int:
    r"""Matrices of a lightning (linear) attention mixer: query, key, value, output gate, output.

    $$ P = 5 \, d \, w $$

    Args:
        d_model: Width of the model, $d$ [elements].
        width: Heads times head width, $w$ [elements].

    Source:
        MiniMax-01, arXiv:2501.08313, section 2.2.

    >>> lightning_params(d_model=6144, width=8192)
    251658240
    """
    return 5 * d_model * width


def gated_lru_params(*, d_model: int, lru_width: int, n_blocks: int, conv_kernel: int) -> int:
    r"""Matrices of a gated linear recurrent unit (RG-LRU): two inputs, a convolution, two block-diagonal gates, output.

    $$ P = 3 \, d \, w + c \, w + 2 \, w^2 / h $$

    Args:
        d_model: Width of the model, $d$ [elements].
        lru_width: Channels of the recurrence, $w$ [elements].
        n_blocks: Blocks on the diagonal of a gate, $h$.
        conv_kernel: Taps of the depthwise convolution, $c$.

    Source:
        De et al. 2024, Griffin, arXiv:2402.19427, section 2.4.

    >>> gated_lru_params(d_model=64, lru_width=96, n_blocks=4, conv_kernel=4)
    23424
    """
    gates = 2 * lru_width * (lru_width // n_blocks)
    return 3 * d_model * lru_width + conv_kernel * lru_width + gates


def short_conv_params(*, d_model: int, conv_kernel: int) -> int:
    r"""Matrices of a gated short convolution: input to two gates and a value, taps, output.

    $$ P = 4 \, d^2 + c \, d $$

    Args:
        conv_kernel: Taps of the convolution, $c$.

    Source:
        Liquid AI 2025, LFM2, arXiv:2511.23404 (gated short convolution).

    >>> short_conv_params(d_model=1024, conv_kernel=3)
    4197376
    """
    return 4 * d_model * d_model + conv_kernel * d_model


def time_mix_params(*, d_model: int) -> int:
    r"""Matrices of an RWKV-4 mixer: receptance, key, value and output.

    $$ P = 4 \, d^2 $$

    Left out: how much of the last token is mixed into each input, and a decay and a bonus for each channel.

    Source:
        Peng et al. 2023, RWKV, arXiv:2305.13048, section 3.1.

    >>> time_mix_params(d_model=768)
    2359296
    """
    return 4 * d_model * d_model


def channel_mix_params(*, d_model: int, d_ff: int) -> int:
    r"""Matrices of an RWKV-4 feed-forward: up, down, and a gate of the model's width.

    $$ P = 2 \, d \, d_{ff} + d^2 $$

    Source:
        Peng et al. 2023, RWKV, arXiv:2305.13048, section 3.1.

    >>> channel_mix_params(d_model=768, d_ff=3072)
    5308416
    """
    return 2 * d_model * d_ff + d_model * d_model


def matrix_lstm_params(*, d_model: int, n_heads: int, qk_width: int, v_width: int) -> int:
    r"""Matrices of an mLSTM mixer: query, key, value, output gate, two gates a head, output.

    $$ P = d \, (2 w_{qk} + 3 w_v + 2 h) $$

    Args:
        d_model: Width of the model, $d$ [elements].
        n_heads: Heads, $h$, each with an input and a forget gate.
        qk_width: Queries (or keys) of all heads, $w_{qk}$ [elements].
        v_width: Values of all heads, $w_v$ [elements].

    Source:
        Beck et al. 2025, xLSTM 7B, arXiv:2503.13427, section 3.

    >>> matrix_lstm_params(d_model=4096, n_heads=8, qk_width=2048, v_width=4096)
    67174400
    """
    return d_model * (2 * qk_width + 3 * v_width + 2 * n_heads)


def key_delta_params(*, d_model: int, n_heads: int, head_dim: int, conv_kernel: int) -> int:
    r"""Matrices of a delta-rule mixer with a decay for each channel (Kimi Delta Attention).

    $$ P = 4 \, d \, w + 3 \, c \, w + 2 \, d_h \, (d + w) + d \, h,\quad w = h \, d_h $$

    Query, key, value and output; a convolution over the first three; low-rank decay and output gates; a write strength.

    Args:
        n_heads: Heads, $h$.
        head_dim: Width of a head and rank of the gates, $d_h$ [elements].
        conv_kernel: Taps of the depthwise convolution, $c$.

    Source:
        Kimi Linear, arXiv:2510.26692, sections 3 and 4.

    >>> key_delta_params(d_model=2304, n_heads=32, head_dim=128, conv_kernel=4)
    39510016
    """
    width = n_heads * head_dim
    gates = 2 * head_dim * (d_model + width)
    return 4 * d_model * width + 3 * conv_kernel * width + gates + d_model * n_heads


def alternating_update_params(*, d_model: int, n_streams: int) -> int:
    r"""Small matrices that mix parallel residual streams (AltUp): a router, predictions and corrections.

    $$ P = s \, d + s^3 + s^2 $$

    Args:
        d_model: Width of one stream, $d$ [elements].
        n_streams: Streams, $s$.

    Source:
        Baykal et al. 2023, Alternating Updates, arXiv:2301.13310, section 3.

    >>> alternating_update_params(d_model=2048, n_streams=4)
    8272
    """
    return n_streams * d_model + n_streams**3 + n_streams**2


def grouped_output_attention_params(
    *, d_model: int, n_heads: int, head_dim: int, q_lora_rank: int, o_lora_rank: int, o_groups: int
) -> int:
    r"""Attention with low-rank queries, one shared vector as key and value, and a low-rank output in groups of heads.

    $$ P = r_q \, (d + h \, d_h) + d \, d_h + h \, d_h \, r_o + g \, r_o \, d $$

    Args:
        head_dim: Width of a head, $d_h$ [elements].
        o_lora_rank: Width that one group of heads is projected to, $r_o$ [elements].
        o_groups: Groups of heads, $g$.

    Source:
        DeepSeek-V4 technical report, section 2.3.

    >>> grouped_output_attention_params(
    ...     d_model=4096, n_heads=64, head_dim=512, q_lora_rank=1024, o_lora_rank=1024, o_groups=8
    ... )
    106954752
    """
    query = q_lora_rank * (d_model + n_heads * head_dim)
    output = n_heads * head_dim * o_lora_rank + o_groups * o_lora_rank * d_model
    return query + d_model * head_dim + output


def compressor_params(*, d_model: int, width: int) -> int:
    r"""Projections of a token to what entries of a compressed past are mixed from, and to its weight in the mixture.

    $$ P = 2 \, d \, w $$

    Args:
        width: Width of an entry, $w$ [elements].

    Source:
        DeepSeek-V4 technical report, section 2.3.

    >>> compressor_params(d_model=4096, width=512)
    4194304
    """
    return 2 * d_model * width


def hyper_connection_params(*, d_model: int, n_streams: int) -> int:
    r"""Matrix that reads all residual streams and answers how to collapse, expand and mix them.

    $$ P = (2 + s) \, s \cdot s \, d $$

    Args:
        d_model: Width of one stream, $d$ [elements].
        n_streams: Streams, $s$.

    Source:
        DeepSeek-V4 technical report, section 2.2.

    >>> hyper_connection_params(d_model=4096, n_streams=4)
    393216
    """
    return (2 + n_streams) * n_streams * n_streams * d_model
