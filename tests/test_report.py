"""Breakdowns sum to their totals, and sizes move the way they must."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import llmnotes as ln
from tests.truth.cases import CASES, MODELS

models = st.sampled_from(sorted(MODELS)).map(MODELS.get)
length = st.integers(0, 5000)


@given(models)
def test_components_sum_to_the_total_and_no_part_is_empty(model):
    counted = ln.count_params(model)
    assert sum(counted.components.values()) == counted.total
    assert all(counted.components.values())
    assert 0 < counted.active <= counted.total


@given(models, length, st.integers(1, 5), st.sampled_from([4, 8, 16, 32]))
def test_cache_is_linear_in_batch_and_bits_and_never_above_what_is_reserved(model, n, batch, bits):
    one = ln.kv_cache(model, n_tokens=n, kv_bits=bits, state_bits=bits)
    many = ln.kv_cache(model, n_tokens=n, batch_size=batch, kv_bits=2 * bits, state_bits=2 * bits)
    assert many.ideal_bytes == 2 * batch * one.ideal_bytes
    assert one.state_bytes <= one.ideal_bytes <= one.reserved_bytes


@given(models, length)
def test_one_more_token_adds_the_growing_bytes_once_windows_are_full(model, n):
    beyond, step = 10_000_000 + n, 1024  # a multiple of every stride of compressed pasts
    sizes = [ln.kv_cache(model, n_tokens=t) for t in (beyond, beyond + step)]
    assert sizes[1].ideal_bytes - sizes[0].ideal_bytes == step * sizes[0].growing_bytes_per_token


@given(models, st.lists(st.integers(1, 300), min_size=1, max_size=4))
def test_a_prompt_in_parts_costs_at_least_what_it_costs_in_one(model, parts):
    whole = ln.forward_flops(model, n_new=sum(parts), causal=True, latent="absorbed")
    attention = done = 0
    for part in parts:
        attention += ln.forward_flops(model, n_new=part, n_past=done, causal=True, latent="absorbed").attention
        done += part
    assert attention == whole.attention


@given(models, st.integers(1, 400), st.integers(0, 400))
def test_the_cheaper_reading_of_latents_is_never_dearer(model, n_new, n_past):
    cheaper, expanded, absorbed = (
        ln.forward_flops(model, n_new=n_new, n_past=n_past, latent=latent).total
        for latent in ("cheaper", "expanded", "absorbed")
    )
    assert cheaper <= min(expanded, absorbed)


@given(models, st.integers(1, 400))
def test_logits_of_the_last_position_alone_save_the_others(model, n):
    every, last = (ln.forward_flops(model, n_new=n, logits=logits) for logits in ("all", "last"))
    assert every.logits == n * last.logits
    assert every.linear == last.linear


def test_gpt3_prefill_grows_19_times_from_2k_to_32k():
    # 24 d^2 L per token plus 2 n d L of attention, averaged over a causal sequence: x19.3; full squares x22.5.
    gpt3 = ln.from_config(
        {
            "model_type": "gpt2",
            "vocab_size": 50_257,
            "n_positions": 2048,
            "n_embd": 12_288,
            "n_layer": 96,
            "n_head": 96,
        }
    )

    def layers(n: int, causal: bool):
        return ln.forward_flops(gpt3, n_new=n, causal=causal)

    for causal, growth, share_2k, share_32k in ((True, 19.3, 0.014, 0.182), (False, 22.5, 0.027, 0.308)):
        short, long = layers(2048, causal), layers(32_768, causal)
        assert (long.linear + long.attention) / (short.linear + short.attention) == pytest.approx(growth, rel=0.003)
        assert short.attention_share == pytest.approx(share_2k, abs=5e-4)
        assert long.attention_share == pytest.approx(share_32k, abs=5e-4)
        assert long.attention / short.attention == pytest.approx(256, rel=0.001)


def test_deepseek_v3_decodes_absorbed_and_reads_prompts_expanded():
    shape = next(case["config"] for case in CASES if case["id"] == "rand-deepseek_v3-0")
    big = shape | {"kv_lora_rank": 512, "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128}
    model = ln.from_config(big)

    def attention(n_new, n_past, latent):
        return ln.forward_flops(model, n_new=n_new, n_past=n_past, latent=latent).attention

    assert attention(1, 4096, "cheaper") == attention(1, 4096, "absorbed") < attention(1, 4096, "expanded")
    assert attention(4096, 0, "cheaper") == attention(4096, 0, "expanded") < attention(4096, 0, "absorbed")


def test_pages_hold_what_a_loop_over_layers_and_blocks_of_tokens_hands_out():
    # Pages are handed out one by one as tokens arrive; a windowed layer needs none for tokens beyond its window.
    def handed_out(n_layers: int, elements: int, n_tokens: int, page: int, window: float) -> int:
        pages = 0
        for token in range(n_tokens):
            pages += token % page == 0 and token < window
        return n_layers * elements * pages * page

    shape = {"model_type": "mistral", "intermediate_size": 7, "vocab_size": 11, "head_dim": 2}
    shape |= {"hidden_size": 10, "num_hidden_layers": 3, "num_attention_heads": 5, "num_key_value_heads": 1}
    for window in (20, None):
        model = ln.from_config(shape | {"sliding_window": window})
        for n_tokens in (0, 1, 16, 17, 47, 48, 49):
            cache = ln.kv_cache(model, n_tokens=n_tokens, page=16, kv_bits=8)
            assert cache.ideal_bytes == handed_out(3, 4, n_tokens, 16, window or float("inf"))
            assert cache.reserved_bytes == handed_out(3, 4, n_tokens, 16, float("inf"))


def test_a_page_of_no_tokens_is_refused():
    with pytest.raises(ValueError, match="page must be a whole number above 0"):
        ln.kv_cache(MODELS["real-gpt2"], n_tokens=1, page=0)


def test_a_pass_of_no_tokens_has_no_attention_share():
    assert ln.forward_flops(ln.load_model("gpt2"), n_new=0).attention_share == 0
