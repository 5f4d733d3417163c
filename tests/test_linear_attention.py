"""Token by token and in chunks, a state gives the same answer; what it forgets is shown."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmnotes.equations import flops
from llmnotes.numerics.linear_attention import (
    gated_delta_chunked,
    gated_delta_recurrent,
    linear_attention_chunked,
    linear_attention_recurrent,
)


def inputs(n_tokens, key_head_dim=5, value_head_dim=3):
    random = np.random.default_rng(11)
    q, k = random.standard_normal((2, n_tokens, key_head_dim))
    keys = k / np.linalg.norm(k, axis=1, keepdims=True)
    gates = {"decay": random.uniform(0.7, 1, n_tokens), "strength": random.uniform(0, 1, n_tokens)}
    return (q, keys, random.standard_normal((n_tokens, value_head_dim))), gates


def test_linear_attention_is_the_sum_over_all_earlier_pairs():
    (q, k, v), _ = inputs(13)
    expected = [sum(np.dot(q[t], k[j]) * v[j] for j in range(t + 1)) for t in range(13)]
    np.testing.assert_allclose(linear_attention_recurrent(q, k, v).output, expected, rtol=0, atol=1e-13)


@given(n_tokens=st.integers(1, 40), chunk=st.integers(1, 50))
def test_chunks_of_any_size_equal_the_recurrence(n_tokens, chunk):
    arrays, gates = inputs(n_tokens)
    pairs = [
        (linear_attention_recurrent(*arrays), linear_attention_chunked(*arrays, chunk=chunk)),
        (gated_delta_recurrent(*arrays, **gates), gated_delta_chunked(*arrays, **gates, chunk=chunk)),
    ]
    for recurrent, chunked in pairs:
        np.testing.assert_allclose(chunked.output, recurrent.output, rtol=0, atol=1e-12)
        np.testing.assert_allclose(chunked.state, recurrent.state, rtol=0, atol=1e-12)


def test_strong_decay_over_a_long_chunk_stays_finite():
    (q, k, v), gates = inputs(512)
    gates["decay"][:] = 0.05
    expected = gated_delta_recurrent(q, k, v, **gates).output
    np.testing.assert_allclose(gated_delta_chunked(q, k, v, **gates, chunk=512).output, expected, rtol=0, atol=1e-12)


def test_the_delta_rule_equals_its_state_matrix_form():
    (q, k, v), gates = inputs(17)
    state = np.zeros((3, 5))
    for t in range(17):
        a, b = gates["decay"][t], gates["strength"][t]
        state = state @ (a * (np.eye(5) - b * np.outer(k[t], k[t]))) + b * np.outer(v[t], k[t])
    run = gated_delta_recurrent(q, k, v, **gates)
    np.testing.assert_allclose(run.state, state.T, rtol=0, atol=1e-13)
    np.testing.assert_allclose(run.output[-1], state @ q[-1], rtol=0, atol=1e-13)


def test_a_key_written_twice_is_overwritten_by_the_delta_rule_and_summed_by_linear_attention():
    key, values = np.array([[0.6, 0.8], [0.6, 0.8]]), np.array([[2.0], [7.0]])
    ones = np.ones(2)
    delta = gated_delta_recurrent(key, key, values, decay=ones, strength=ones)
    np.testing.assert_allclose(delta.output[-1], 7.0)
    np.testing.assert_allclose(linear_attention_recurrent(key, key, values).output[-1], 9.0)


@pytest.mark.parametrize(("n_keys", "recalled"), [(16, True), (17, False)])
def test_a_state_of_16_rows_recalls_16_keys_exactly_and_not_17(n_keys, recalled):
    random = np.random.default_rng(3)
    keys = np.linalg.qr(random.standard_normal((16, 16)))[0]
    keys = np.concatenate([keys, [(keys[0] + keys[1]) / np.sqrt(2)]])[:n_keys]
    values = random.standard_normal((n_keys, 4))
    ones = np.ones(n_keys)
    state = gated_delta_recurrent(keys, keys, values, decay=ones, strength=ones).state
    assert np.allclose(keys @ state, values) == recalled


def test_counted_products_equal_the_engine_for_linear_attention():
    (q, k, v), _ = inputs(24, key_head_dim=5, value_head_dim=5)
    per_token = flops.lightning_token_flops(width=5, head_dim=5)
    per_block = flops.lightning_block_flops(width=5, block=8)
    assert linear_attention_recurrent(q, k, v).flops == 24 * per_token
    assert linear_attention_chunked(q, k, v, chunk=8).flops == 24 * per_token + 3 * per_block


def test_counted_products_equal_the_engine_for_the_gated_delta_rule():
    (q, k, v), gates = inputs(24)
    per_chunk = flops.gated_delta_chunk_flops(n_heads=1, key_head_dim=5, value_head_dim=3, chunk=8)
    assert gated_delta_chunked(q, k, v, **gates, chunk=8).flops == 3 * per_chunk


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"decay": np.zeros(4)}, "decay holds 0.0: give numbers above 0"),
        ({"strength": np.full(4, 1.5)}, "strength holds 1.5"),
        ({"decay": np.ones(3)}, r"one number for each of the 4 tokens"),
        ({"v": np.ones((3, 3))}, "do not fit"),
        ({"chunk": 0}, "chunk is 0"),
    ],
    ids=["no decay", "too strong", "too few", "shapes", "chunk"],
)
def test_bad_input_is_one_clear_error(change, message):
    (q, k, v), gates = inputs(4)
    arguments = {"q": q, "k": k, "v": v, "chunk": 2} | gates | change
    with pytest.raises(ValueError, match=message):
        gated_delta_chunked(**arguments)
