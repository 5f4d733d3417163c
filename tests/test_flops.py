"""Pairs of tokens, counted one by one, and FLOPs against published figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmnotes.equations import flops

small = st.integers(0, 40)
size = st.integers(1, 17)


def visible(position: int, *, window: int | None = None, chunk: int | None = None) -> list[int]:
    """Positions that a causal mask shows to `position`, written out."""
    seen = list(range(position + 1))
    if window is not None:
        seen = [p for p in seen if p > position - window]
    if chunk is not None:
        seen = [p for p in seen if p // chunk == position // chunk]
    return seen


@given(n_new=small, n_past=small)
def test_causal_pairs_are_the_ones_of_a_mask(n_new, n_past):
    expected = sum(len(visible(n_past + i)) for i in range(n_new))
    assert flops.causal_pairs(n_new=n_new, n_past=n_past) == expected


@given(n_new=small, n_past=small, window=size)
def test_window_causal_pairs_are_the_ones_of_a_mask(n_new, n_past, window):
    expected = sum(len(visible(n_past + i, window=window)) for i in range(n_new))
    assert flops.window_causal_pairs(n_new=n_new, n_past=n_past, window=window) == expected


@given(rows=small, columns=small, window=size)
def test_square_window_pairs_are_those_of_patches_in_one_window(rows, columns, window):
    within: dict[tuple[int, int], int] = {}
    for row in range(rows):
        for column in range(columns):
            at = row // window, column // window
            within[at] = within.get(at, 0) + 1
    expected = sum(n_patches**2 for n_patches in within.values())
    assert flops.square_window_pairs(rows=rows, columns=columns, window=window) == expected


@given(n_new=small, n_past=small, chunk=size)
def test_chunk_causal_pairs_are_the_ones_of_a_mask(n_new, n_past, chunk):
    expected = sum(len(visible(n_past + i, chunk=chunk)) for i in range(n_new))
    assert flops.chunk_causal_pairs(n_new=n_new, n_past=n_past, chunk=chunk) == expected


@given(n_new=small, n_past=small, stride=size, top_k=st.integers(0, 5))
def test_entry_causal_pairs_are_the_ones_of_a_mask(n_new, n_past, stride, top_k):
    finished = [len(range(stride, position + 1, stride)) for position in range(n_past + 1, n_past + n_new + 1)]
    expected = sum(min(entries, top_k) if top_k else entries for entries in finished)
    assert flops.entry_causal_pairs(n_new=n_new, n_past=n_past, stride=stride, top_k=top_k) == expected
    assert expected <= flops.entry_full_pairs(n_new=n_new, n_past=n_past, stride=stride)


@given(n_new=small, n_past=small, window=size)
def test_no_mode_counts_fewer_pairs_than_the_mask_needs(n_new, n_past, window):
    causal = flops.window_causal_pairs(n_new=n_new, n_past=n_past, window=window)
    assert causal <= flops.window_full_pairs(n_new=n_new, n_past=n_past, window=window)
    assert causal <= flops.causal_pairs(n_new=n_new, n_past=n_past)


@given(n_past=small, window=size)
def test_a_decode_step_sees_at_most_the_window_in_either_mode(n_past, window):
    expected = min(n_past + 1, window)
    assert flops.window_full_pairs(n_new=1, n_past=n_past, window=window) == expected
    assert flops.window_causal_pairs(n_new=1, n_past=n_past, window=window) == expected


@given(parts=st.lists(small, max_size=5), window=size)
def test_a_prompt_in_parts_costs_what_it_costs_in_one(parts, window):
    done = together = 0
    for part in parts:
        together += flops.window_causal_pairs(n_new=part, n_past=done, window=window)
        done += part
    assert together == flops.window_causal_pairs(n_new=done, n_past=0, window=window)


@pytest.mark.parametrize(("n", "expected"), [(0, 0), (1, 1), (63, 1), (64, 1), (65, 2)], ids=str)
def test_the_last_chunk_is_padded(n, expected):
    assert flops.n_chunks(n_tokens=n, chunk=64) == expected
