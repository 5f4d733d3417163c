"""What the three articles on compute show, against counts made elsewhere, loops over single numbers and limits."""

import runpy
from functools import partial
from typing import Any

import numpy as np
import pytest

from llmnotes import load_model
from llmnotes.cost import causal_attention_flops, cost_profile, linear_flops
from llmnotes.cost.intensity import critical_batch


@pytest.fixture(scope="module")
def snippet(root):
    """Names of a snippet's module, by its path under `snippets`."""
    return lambda name: runpy.run_path(str(root / "snippets" / f"{name}.py"))


@pytest.fixture(scope="module")
def crossover(snippet):
    return snippet("flops/double-the-context/crossover")["crossover"]


# Counted once with independent code.
@pytest.mark.parametrize(
    ("model_id", "tokens"),
    [
        ("gpt2", 9_216),
        ("llama-3.1-8b", 53_248),
        ("llama-3.1-70b", 104_448),
        ("llama-3.1-405b", 194_560),
        ("qwen3-32b", 59_520),
        ("qwen3-235b-a22b", 27_200),
        ("gpt3-175b", 12 * 12_288),
    ],
)
def test_crossover_equals_an_independent_count(crossover, model_id, tokens):
    assert crossover(load_model(model_id)) == tokens


def test_crossover_of_deepseek_v3_is_within_its_dense_layers_of_one_expert_layer(crossover):
    assert crossover(load_model("deepseek-v3")) == pytest.approx(28_580, rel=3e-4)


def test_what_reading_or_writing_says_in_words():
    # "None" at 256 tokens, and products with weights as most of what Gemma 3 27B still does at 128K.
    qwen, gemma = (cost_profile(load_model(name)) for name in ("qwen3-30b-a3b", "gemma-3-27b"))
    assert critical_batch(qwen, n_tokens=256, peak_flops_per_s=989e12, bandwidth_bytes_per_s=3.35e12) == 0
    assert causal_attention_flops(gemma, n_new=1, n_past=131_072) < linear_flops(gemma, n_new=1) / 2


def test_windows_in_every_layer_never_cross_over(crossover):
    assert crossover(load_model("mistral-7b-v0.1")) is None


@pytest.mark.parametrize("model_id", ["gpt3-175b", "qwen3-235b-a22b"])
def test_growth_formula_holds_where_every_layer_sees_everything(crossover, model_id):
    profile = cost_profile(load_model(model_id))
    for n in (4_096, 65_536, 1_048_576):
        x = n / crossover(load_model(model_id))
        small, large = (
            linear_flops(profile, n_new=m) + causal_attention_flops(profile, n_new=m, n_past=0) for m in (n, 2 * n)
        )
        assert large / small == pytest.approx(2 * (1 + 2 * x) / (1 + x), rel=2e-4)


@pytest.mark.parametrize("tile", [(1, 1), (7, 5), (64, 200)], ids=["one pair", "odd", "larger than the text"])
def test_shown_tiles_equal_attention_at_once(snippet, tile):
    q, k, v = np.random.default_rng(5).standard_normal((3, 53, 11))
    scores = q @ k.T / np.sqrt(11)
    weights = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    output, log_sums = snippet("attention/what-flashattention-saves/tiles")["tiled_attention"](q, k, v, *tile)
    np.testing.assert_allclose(output, weights @ v, rtol=0, atol=1e-14)
    np.testing.assert_allclose(log_sums[:, 0], np.log(np.exp(scores).sum(axis=1)), rtol=1e-14)


def test_shown_backward_equals_finite_differences(snippet):
    names = snippet("attention/what-flashattention-saves/backward")
    inputs = np.random.default_rng(7).standard_normal((3, 11, 5))
    d_output = np.random.default_rng(8).standard_normal((11, 5))
    count = names["Products"]()
    output, _, log_sums = names["plain_forward"](count, *inputs)
    found = names["tiled_backward"](count, *inputs, output, log_sums, d_output, 4)
    for which, gradient in enumerate(found):
        for place in ((0, 0), (10, 4), (6, 2)):
            losses = []
            for step in (1e-5, -1e-5):
                moved = inputs.copy()
                moved[which][place] += step
                losses.append((names["plain_forward"](count, *moved)[0] * d_output).sum())
            assert gradient[place] == pytest.approx((losses[0] - losses[1]) / 2e-5, abs=1e-8)


@pytest.fixture(scope="module")
def recall(snippet):
    return snippet("attention/breaking-n-squared/recall")


def test_a_window_recalls_what_is_in_it_and_a_state_what_fits(recall):
    share = partial(recall["share_right"], recall["recalls"])
    assert share(recall["full"], 256, 64) == share(recall["indexed"], 256, 64) == 1
    assert share(recall["window"], 256, 64) == 64 / 256
    for name in ("linear", "delta"):
        assert share(recall[name], 16, 64) == 1
        assert share(recall[name], 1024, 64) < 0.2


def test_the_selected_are_as_many_as_are_seen(recall):
    keys = np.ones((200, 1))
    values = np.arange(200.0)[:, None]
    assert recall["indexed"](keys[:1], keys, values)[0, 0] == pytest.approx(np.arange(64).mean())
    assert recall["full"](keys[:1], keys, values)[0, 0] == pytest.approx(99.5)


def test_the_delta_rule_overwrites_where_linear_attention_adds(recall):
    key, values = np.eye(1, 64).repeat(2, axis=0), np.array([[2.0], [7.0]])
    assert recall["delta"](key[:1], key, values, 1.0)[0, 0] == pytest.approx(7)
    assert recall["linear"](key[:1], key, values)[0, 0] == pytest.approx(9)


def test_both_shown_forms_of_latent_attention_equal_loops_over_heads_and_tokens(snippet):
    names = snippet("kvcache/deriving-latent-attention/arrays")
    rng = np.random.default_rng(7)
    heads, n, rank, width, rotary = 3, 5, 11, 4, 2
    q, q_rope, k_rope = rng.normal(size=(heads, width)), rng.normal(size=(heads, rotary)), rng.normal(size=(n, rotary))
    c, w_uk, w_uv = rng.normal(size=(n, rank)), *rng.normal(size=(2, heads, rank, width))
    expected = np.zeros((heads, width))
    for head in range(heads):
        keys = [np.concatenate([c[j] @ w_uk[head], k_rope[j]]) for j in range(n)]
        query = np.concatenate([q[head], q_rope[head]])
        raised = np.exp([query @ key / (width + rotary) ** 0.5 for key in keys])
        for j in range(n):
            expected[head] += raised[j] / raised.sum() * (c[j] @ w_uv[head])
    for form in ("expanded", "absorbed"):
        np.testing.assert_allclose(names[form](q, q_rope, c, k_rope, w_uk, w_uv), expected, rtol=1e-12)


def test_rebuilding_breaks_even_where_the_closed_form_says(snippet):
    break_even = snippet("kvcache/deriving-latent-attention/cost")["break_even"]
    for model_id in ("deepseek-v3", "glm-4.7-flash", "kimi-k2"):
        mixer: Any = load_model(model_id).layers[0].mixer
        both = mixer.qk_nope_head_dim + mixer.v_head_dim
        exact = mixer.kv_lora_rank * both / (2 * mixer.kv_lora_rank - both)
        assert exact <= break_even(mixer) < exact + 1


def test_numbers_kept_equal_table_9_of_the_deepseek_v2_paper(snippet):
    names = snippet("kvcache/deriving-latent-attention/models")
    result, large = names["compute"](), load_model("deepseek-v2")
    mixer: Any = large.layers[0].mixer
    counted = [one.value for one in (result["lite"]["all_layers"], result["v2"]["all_layers"], result["small_mha"])]
    counted.append(large.n_layers * 2 * names["LARGE_HEADS"] * mixer.v_head_dim)
    assert [round(one / 1000, 1) for one in counted] == [15.6, 34.6, 110.6, 860.2]
