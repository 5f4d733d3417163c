"""Attention by tiles gives what plain attention gives, and moves what the papers' formulas say."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmnotes.equations import flops
from llmnotes.equations.attention_traffic import (
    first_paper_tile,
    keys_first_traffic_elements,
    least_traffic_elements,
    plain_traffic_elements,
    queries_first_traffic_elements,
)
from llmnotes.numerics.attention import (
    everything,
    plain_attention,
    the_last,
    the_past,
    tiled_attention_keys_first,
    tiled_attention_queries_first,
)

TILED = [tiled_attention_keys_first, tiled_attention_queries_first]
FAST_ELEMENTS = 100 * 1024 // 2  # 100 KB of numbers in 16 bits


def normal(*shape, seed=7):
    return np.random.default_rng(seed).standard_normal(shape)


def inputs(*, n_heads=1, n_kv_heads=1, n_queries, n_keys, head_dim, v_head_dim):
    return (
        normal(n_heads, n_queries, head_dim, seed=2),
        normal(n_kv_heads, n_keys, head_dim, seed=3),
        normal(n_kv_heads, n_keys, v_head_dim, seed=5),
    )


def one_pair_at_a_time(q, k, v, sees):
    """Attention by loops over single numbers."""
    n_past = k.shape[1] - q.shape[1]
    output = np.zeros((*q.shape[:2], v.shape[2]))
    for head, kv_head in ((h, h * k.shape[0] // q.shape[0]) for h in range(q.shape[0])):
        for i in range(q.shape[1]):
            seen = [j for j in range(k.shape[1]) if sees(n_past + i, j)]
            exponentials = [math.exp(math.fsum(q[head, i] * k[kv_head, j]) / math.sqrt(q.shape[2])) for j in seen]
            for weight, j in zip(exponentials, seen, strict=True):
                output[head, i] += weight / math.fsum(exponentials) * v[kv_head, j]
    return output


@pytest.mark.parametrize(
    ("pattern", "sees"),
    [
        (everything, lambda i, j: True),
        (the_past, lambda i, j: j <= i),
        (the_last(4), lambda i, j: i - 4 < j <= i),
    ],
    ids=["full", "causal", "windowed"],
)
def test_equals_attention_one_pair_at_a_time(pattern, sees):
    q, k, v = inputs(n_heads=6, n_kv_heads=2, n_queries=11, n_keys=13, head_dim=5, v_head_dim=3)
    expected = one_pair_at_a_time(q, k, v, sees)
    np.testing.assert_allclose(plain_attention(q, k, v, sees=pattern).output, expected, rtol=0, atol=1e-14)
    for tiled in TILED:
        run = tiled(q, k, v, n_rows=3, n_columns=2, sees=pattern)
        np.testing.assert_allclose(run.output, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("n_tokens", [1, 257, 1025])
@pytest.mark.parametrize("sees", [everything, the_past, the_last(128)], ids=["full", "causal", "windowed"])
def test_tiles_differ_from_plain_by_less_than_1e_14(n_tokens, sees):
    q, k, v = inputs(n_queries=n_tokens, n_keys=n_tokens, head_dim=64, v_head_dim=64)
    n_rows, n_columns = first_paper_tile(fast_elements=FAST_ELEMENTS, head_dim=64)
    plain = plain_attention(q, k, v, sees=sees)
    for tiled in TILED:
        run = tiled(q, k, v, n_rows=n_rows, n_columns=n_columns, sees=sees)
        assert np.abs(run.output - plain.output).max() <= 1e-14


@given(
    n_queries=st.integers(1, 12),
    n_past=st.integers(0, 9),
    n_rows=st.integers(1, 15),
    n_columns=st.integers(1, 15),
    window=st.integers(1, 20),
)
def test_any_tile_gives_the_same_answer(n_queries, n_past, n_rows, n_columns, window):
    q, k, v = inputs(n_queries=n_queries, n_keys=n_past + n_queries, head_dim=3, v_head_dim=2)
    for sees in (everything, the_past, the_last(window)):
        plain = plain_attention(q, k, v, sees=sees).output
        for tiled in TILED:
            run = tiled(q, k, v, n_rows=n_rows, n_columns=n_columns, sees=sees)
            np.testing.assert_allclose(run.output, plain, rtol=0, atol=1e-14)


def test_scores_of_a_thousand_do_not_overflow():
    q, k, v = inputs(n_queries=9, n_keys=9, head_dim=4, v_head_dim=4)
    expected = plain_attention(1e3 * q, k, v).output
    assert np.isfinite(expected).all()
    for tiled in TILED:
        np.testing.assert_allclose(tiled(1e3 * q, k, v, n_rows=2, n_columns=5).output, expected, rtol=0, atol=1e-13)


def test_tiles_run_exactly_the_products_of_plain_attention():
    n_queries, n_keys, n_heads, head_dim, v_head_dim = 11, 17, 6, 5, 3
    q, k, v = inputs(
        n_heads=n_heads, n_kv_heads=2, n_queries=n_queries, n_keys=n_keys, head_dim=head_dim, v_head_dim=v_head_dim
    )
    pair = flops.pair_flops(n_heads=n_heads, head_dim=head_dim, v_head_dim=v_head_dim)
    expected = pair * flops.full_pairs(n_new=n_queries, n_past=n_keys - n_queries)
    assert plain_attention(q, k, v).flops == expected
    for tiled in TILED:
        assert tiled(q, k, v, n_rows=4, n_columns=3).flops == expected


@pytest.mark.parametrize("tiled", TILED)
def test_tiles_of_one_run_exactly_the_pairs_that_are_seen(tiled):
    q, k, v = inputs(n_queries=11, n_keys=13, head_dim=5, v_head_dim=3)
    pair = flops.pair_flops(n_heads=1, head_dim=5, v_head_dim=3)
    causal = tiled(q, k, v, n_rows=1, n_columns=1, sees=the_past).flops
    windowed = tiled(q, k, v, n_rows=1, n_columns=1, sees=the_last(4)).flops
    assert causal == pair * flops.causal_pairs(n_new=11, n_past=2)
    assert windowed == pair * flops.window_causal_pairs(n_new=11, n_past=2, window=4)


def test_larger_causal_tiles_run_more_than_is_seen_and_less_than_the_square():
    q, k, v = inputs(n_queries=64, n_keys=64, head_dim=4, v_head_dim=4)
    needed = flops.pair_flops(n_heads=1, head_dim=4, v_head_dim=4) * flops.causal_pairs(n_new=64, n_past=0)
    for tiled in TILED:
        assert needed < tiled(q, k, v, n_rows=8, n_columns=8, sees=the_past).flops < plain_attention(q, k, v).flops


@pytest.mark.parametrize(("n_tokens", "head_dim"), [(31, 5), (64, 8), (97, 16)])
def test_what_is_counted_equals_the_formulas(n_tokens, head_dim):
    q, k, v = inputs(n_queries=n_tokens, n_keys=n_tokens, head_dim=head_dim, v_head_dim=head_dim)
    sizes = {"n_tokens": n_tokens, "head_dim": head_dim}
    assert plain_attention(q, k, v).traffic == plain_traffic_elements(**sizes)
    keys_first = tiled_attention_keys_first(q, k, v, n_rows=5, n_columns=7)
    assert keys_first.matrix_traffic == keys_first_traffic_elements(**sizes, n_columns=7)
    assert keys_first.statistics_traffic == 4 * n_tokens * math.ceil(n_tokens / 7)
    queries_first = tiled_attention_queries_first(q, k, v, n_rows=5, n_columns=7)
    assert queries_first.matrix_traffic == queries_first_traffic_elements(**sizes, n_rows=5)
    assert queries_first.statistics_traffic == n_tokens


@pytest.mark.parametrize(
    ("head_dim", "first", "second"), [(64, 4.00, 5.91), (128, 1.06, 1.57)], ids=["64 wide", "128 wide"]
)
def test_100_kb_save_what_an_independent_count_found(head_dim, first, second):
    sizes = {"n_tokens": 4096, "head_dim": head_dim}
    _, block = first_paper_tile(fast_elements=FAST_ELEMENTS, head_dim=head_dim)
    plain = plain_traffic_elements(**sizes)
    assert plain / keys_first_traffic_elements(**sizes, n_columns=block) == pytest.approx(first, abs=0.005)
    assert plain / queries_first_traffic_elements(**sizes, n_rows=block) == pytest.approx(second, abs=0.005)


def test_rows_of_128_save_half_at_128_wide():
    sizes = {"n_tokens": 4096, "head_dim": 128}
    saved = plain_traffic_elements(**sizes) / queries_first_traffic_elements(**sizes, n_rows=128)
    assert saved == pytest.approx(2.0, abs=0.005)


def test_no_square_is_ever_stored_by_tiles():
    q, k, v = inputs(n_queries=40, n_keys=40, head_dim=2, v_head_dim=2)
    assert plain_attention(q, k, v).stored == {"scores": 1600, "weights": 1600, "output": 80}
    for tiled in TILED:
        assert {"scores", "weights"}.isdisjoint(tiled(q, k, v, n_rows=8, n_columns=8).stored)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: the_last(0), "window is 0"),
        (lambda: plain_attention(normal(2, 3), normal(1, 2, 3), normal(1, 2, 3)), r"\[heads, tokens, width\]"),
        (lambda: plain_attention(normal(3, 2, 4), normal(2, 2, 4), normal(2, 2, 4)), "multiple of KV heads"),
        (lambda: plain_attention(normal(1, 3, 4), normal(1, 2, 4), normal(1, 2, 4)), "as many keys as queries"),
        (lambda: TILED[0](normal(1, 2, 4), normal(1, 2, 4), normal(1, 2, 4), n_rows=0, n_columns=1), "at least 1"),
        (lambda: first_paper_tile(fast_elements=100, head_dim=64), "needs 256"),
    ],
    ids=["window", "axes", "groups", "length", "tile", "memory"],
)
def test_bad_input_is_one_clear_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_least_is_every_matrix_once():
    """Tiles that hold everything load each matrix once: what was counted then is the least."""
    n_tokens, head_dim = 13, 8
    q, k, v = inputs(n_queries=n_tokens, n_keys=n_tokens, head_dim=head_dim, v_head_dim=head_dim)
    whole = tiled_attention_queries_first(q, k, v, n_rows=n_tokens, n_columns=n_tokens)
    assert least_traffic_elements(n_tokens=n_tokens, head_dim=head_dim) == whole.matrix_traffic
    assert whole.matrix_traffic == q.size + k.size + v.size + whole.output.size
