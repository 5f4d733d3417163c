"""Bytes of caches against the bytes of real arrays."""

import numpy as np
import pytest

from llmnotes.equations import kvcache

TINY = {"n_layers": 2, "n_kv_heads": 3, "head_dim": 5, "n_tokens": 7}


def test_equals_the_size_of_real_arrays():
    cache = np.zeros((2, TINY["n_layers"], TINY["n_kv_heads"], TINY["n_tokens"], TINY["head_dim"]), np.float16)
    assert kvcache.attention_cache_bytes(**TINY, kv_bits=16) == cache.nbytes


@pytest.mark.parametrize("name", [*TINY, "batch_size"])
def test_is_linear_in(name):
    base = TINY | {"batch_size": 1}
    doubled = kvcache.attention_cache_bytes(**base | {name: 2 * base[name]})
    assert doubled == 2 * kvcache.attention_cache_bytes(**base)


@pytest.mark.parametrize("name", [*TINY, "batch_size", "kv_bits"])
def test_refuses_negative(name):
    with pytest.raises(ValueError, match="not be negative"):
        kvcache.attention_cache_bytes(**TINY | {name: -1})


def test_latent_cache_is_the_published_share_of_a_multi_head_one():
    # DeepSeek-V2, arXiv:2405.04434, Table 1: (d_c + d_r) against 2 n_h d_h, with d_c = 4 d_h and d_r = d_h / 2.
    head_dim, n_heads = 128, 128
    latent = kvcache.latent_elements_per_token(kv_lora_rank=4 * head_dim, qk_rope_head_dim=head_dim // 2)
    multi_head = kvcache.attention_elements_per_token(n_kv_heads=n_heads, head_dim=head_dim, v_head_dim=head_dim)
    assert latent == 4.5 * head_dim
    assert multi_head / latent == pytest.approx(56.9, rel=1e-3)


@pytest.mark.parametrize("n", range(9))
def test_blocks_hold_the_tokens_and_waste_less_than_one_block(n):
    held = kvcache.tokens_in_blocks(n_tokens=n, block=3)
    assert held % 3 == 0
    assert 0 <= held - n < 3


def test_a_compressed_past_holds_entries_and_the_tokens_that_wait():
    waiting, entries = [], []
    for token in range(11):
        waiting.append(token)
        if len(waiting) == 4:
            entries.append(tuple(waiting))
            waiting.clear()
        held = 7 * len(entries) + 3 * len(waiting)
        assert kvcache.entry_elements(n_tokens=token + 1, stride=4, per_entry=7, per_waiting=3) == held


def test_states_are_the_size_of_real_arrays():
    state = np.zeros((3, 5, 7))
    assert kvcache.delta_state_elements(n_heads=3, key_head_dim=5, value_head_dim=7) == state.size
    assert kvcache.conv_state_elements(channels=11, columns=4) == np.zeros((11, 4)).size


def test_an_expanded_latent_is_the_size_of_real_arrays():
    keys, values = np.zeros((3, 4 + 2)), np.zeros((3, 5))
    found = kvcache.expanded_elements_per_token(n_heads=3, qk_nope_head_dim=4, qk_rope_head_dim=2, v_head_dim=5)
    assert found == keys.size + values.size
