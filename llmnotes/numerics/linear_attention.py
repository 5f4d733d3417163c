"""Attention with a state instead of a cache, token by token and in chunks, with its matrix products counted.

One head: queries and keys `[n_tokens, key_head_dim]`, values `[n_tokens, value_head_dim]`, decays and strengths
`[n_tokens]`. The state is `[key_head_dim, value_head_dim]` and does not grow.
"""

from dataclasses import dataclass

import numpy as np

from llmnotes.numerics.attention import Array


@dataclass(frozen=True)
class StateRun:
    """The output of a layer with a state, the state it leaves, and the FLOPs of its matrix products."""

    output: Array
    state: Array
    flops: int


class _Products:
    def __init__(self) -> None:
        self.flops = 0

    def __call__(self, left: Array, right: Array) -> Array:
        self.flops += 2 * left.shape[0] * left.shape[1] * right.shape[1]
        return left @ right


def linear_attention_recurrent(q: Array, k: Array, v: Array) -> StateRun:
    r"""Linear attention one token at a time: add to the state, then read it.

    $$ S_t = S_{t-1} + k_t v_t^\top, \quad o_t = S_t^\top q_t $$

    No softmax and no normalisation; apply a feature map to queries and keys before.

    Args:
        q: Queries, `[n_tokens, key_head_dim]`.
        k: Keys, `[n_tokens, key_head_dim]`.
        v: Values, `[n_tokens, value_head_dim]`.

    Source:
        Katharopoulos et al. 2020, arXiv:2006.16236, equations 16 to 20.
    """
    _check(q, k, v)
    product = _Products()
    state = np.zeros((k.shape[1], v.shape[1]))
    output = np.empty_like(v, dtype=np.float64)
    for t in range(len(q)):
        state = state + product(k[t, :, None], v[t, None])
        output[t] = product(q[t, None], state)
    return StateRun(output, state, product.flops)


def linear_attention_chunked(q: Array, k: Array, v: Array, *, chunk: int) -> StateRun:
    r"""Linear attention a chunk at a time: pairs within the chunk, the state for everything before it.

    $$ O_c = (Q_c K_c^\top \odot M)\, V_c + Q_c S, \quad S \leftarrow S + K_c^\top V_c $$

    Masked pairs within a chunk are computed and thrown away.

    Args:
        q: Queries, `[n_tokens, key_head_dim]`.
        k: Keys, `[n_tokens, key_head_dim]`.
        v: Values, `[n_tokens, value_head_dim]`.
        chunk: Tokens in a chunk.

    Source:
        Qin et al. 2024, Lightning Attention-2, arXiv:2401.04658, algorithm 1.
    """
    _check(q, k, v)
    product = _Products()
    state = np.zeros((k.shape[1], v.shape[1]))
    output = np.empty_like(v, dtype=np.float64)
    for span in _spans(len(q), chunk):
        within = np.tril(product(q[span], k[span].T))
        output[span] = product(within, v[span]) + product(q[span], state)
        state = state + product(k[span].T, v[span])
    return StateRun(output, state, product.flops)


def gated_delta_recurrent(q: Array, k: Array, v: Array, *, decay: Array, strength: Array) -> StateRun:
    r"""The gated delta rule one token at a time: forget a little, look up the key, correct what is stored there.

    $$ S_t = \alpha_t S_{t-1} + \beta_t k_t \left(v_t - \alpha_t S_{t-1}^\top k_t\right)^\top, \quad
    o_t = S_t^\top q_t $$

    With keys of length one and $\beta_t = 1$ the state afterwards returns $v_t$ for $k_t$: a key is overwritten, where
    linear attention adds to it. With all $\alpha_t = 1$ this is the delta rule without a gate.

    Args:
        q: Queries, `[n_tokens, key_head_dim]`.
        k: Keys of length one, `[n_tokens, key_head_dim]`.
        v: Values, `[n_tokens, value_head_dim]`.
        decay: What is kept of the state, $\alpha_t$ in (0, 1], `[n_tokens]`.
        strength: How far a stored value is corrected, $\beta_t$ in [0, 1], `[n_tokens]`.

    Source:
        Yang et al. 2024, arXiv:2412.06464, equation 10.
    """
    _check_gates(q, k, v, decay, strength)
    product = _Products()
    state = np.zeros((k.shape[1], v.shape[1]))
    output = np.empty_like(v, dtype=np.float64)
    for t in range(len(q)):
        state = decay[t] * state
        missing = v[t, None] - product(k[t, None], state)
        state = state + product(strength[t] * k[t, :, None], missing)
        output[t] = product(q[t, None], state)
    return StateRun(output, state, product.flops)


def gated_delta_chunked(q: Array, k: Array, v: Array, *, decay: Array, strength: Array, chunk: int) -> StateRun:
    r"""The gated delta rule a chunk at a time, in matrix products; the same output as the recurrent form.

    $$ (I + A)\, U = \operatorname{diag}(\beta) \left(V - \operatorname{diag}(\gamma) K S\right), \quad
    A_{ij} = \beta_i \tfrac{\gamma_i}{\gamma_j} k_i^\top k_j \;(j < i) $$

    $\gamma_i$ is the product of the decays in the chunk up to $i$; each row of $U$ is what its token adds to the state
    under its key. The system is triangular; solving it is not counted, but multiplying $U$ by the pairs is.

    Args:
        q: Queries, `[n_tokens, key_head_dim]`.
        k: Keys of length one, `[n_tokens, key_head_dim]`.
        v: Values, `[n_tokens, value_head_dim]`.
        decay: What is kept of the state, in (0, 1], `[n_tokens]`.
        strength: How far a stored value is corrected, in [0, 1], `[n_tokens]`.
        chunk: Tokens in a chunk.

    Source:
        Yang et al. 2024, arXiv:2412.06464, section 3.3.
    """
    _check_gates(q, k, v, decay, strength)
    product = _Products()
    state = np.zeros((k.shape[1], v.shape[1]))
    output = np.empty_like(v, dtype=np.float64)
    for span in _spans(len(q), chunk):
        query, key, value, beta = q[span], k[span], v[span], strength[span, None]
        logs = np.cumsum(np.log(decay[span]))
        kept = np.exp(np.minimum(logs[:, None] - logs, 0))
        gamma, rest = np.exp(logs)[:, None], np.exp(logs[-1] - logs)[:, None]
        overlap = np.tril(beta * kept * product(key, key.T), -1)
        added = np.linalg.solve(np.eye(len(key)) + overlap, beta * (value - gamma * product(key, state)))
        pairs = np.tril(kept * product(query, key.T))
        output[span] = gamma * product(query, state) + product(pairs, added)
        state = np.exp(logs[-1]) * state + product((rest * key).T, added)
    return StateRun(output, state, product.flops)


def _spans(n_tokens: int, chunk: int) -> list[slice]:
    if chunk < 1:
        raise ValueError(f"chunk is {chunk}: give at least 1 token")
    return [slice(start, min(start + chunk, n_tokens)) for start in range(0, n_tokens, chunk)]


def _check(q: Array, k: Array, v: Array) -> None:
    if q.ndim != 2 or v.ndim != 2 or q.shape != k.shape or len(k) != len(v):
        raise ValueError(
            f"q {q.shape}, k {k.shape}, v {v.shape} do not fit: give [tokens, width] each, q and k of one shape"
        )


def _check_gates(q: Array, k: Array, v: Array, decay: Array, strength: Array) -> None:
    _check(q, k, v)
    for name, gate, lowest in (("decay", decay, "above 0"), ("strength", strength, "0 or more")):
        if gate.shape != (len(q),):
            raise ValueError(f"{name} has shape {gate.shape}: give one number for each of the {len(q)} tokens")
        wrong = gate[(gate < 0) | (gate > 1) | ((gate == 0) & (name == "decay"))]
        if wrong.size:
            raise ValueError(f"{name} holds {wrong[0]}: give numbers {lowest} and at most 1")
