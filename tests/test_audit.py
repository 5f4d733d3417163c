"""Errors of the field, each with its formula written out and the number its own tool gives; and the seed's claims.

The numbers of EleutherAI's three scripts (commit 827ee3b) were printed by running them; the others are quoted beside
their source.
"""

import runpy

import numpy as np
import pytest

import llmnotes as ln
from llmnotes import registry
from llmnotes.equations.flops import causal_pairs
from llmnotes.numerics.attention import plain_attention, tiled_attention_keys_first
from llmnotes.units import GIB, KIB, MIB

LONG = 131_072
AUDIT = "snippets/audit/which-claims-are-wrong"


@pytest.fixture(scope="module")
def page(root):
    """The formulas that the page shows as wrong."""
    return runpy.run_path(str(root / AUDIT / "field.py"))


def config(model_id):
    return registry.find(model_id).config


def cache(model_id, n_tokens=LONG):
    return ln.kv_cache(ln.load_model(model_id), n_tokens).ideal_bytes


@pytest.mark.parametrize(
    ("model_id", "width", "n_layers", "n_tokens", "printed", "right"),
    [("llama-2-7b", 4096, 32, 4096, 1.00, 2), ("llama-3.1-70b", 8192, 80, LONG, 160.00, 40)],
    ids=["mha", "gqa"],
)
def test_cookbook_memory_lacks_the_two_and_the_kv_heads(page, model_id, width, n_layers, n_tokens, printed, right):
    wrong = 2 * width * n_layers * (n_tokens + 1)
    assert round(wrong / GIB, 2) == printed
    assert page["cookbook_cache"](config(model_id), n_tokens) == wrong
    assert cache(model_id, n_tokens) == right * GIB


@pytest.mark.parametrize(("n_tokens", "printed"), [(2048, 8.84), (LONG, 9.37)])
def test_cookbook_parameters_change_with_the_sequence_length(page, n_tokens, printed):
    wrong = 2 * 128_256 * 4096 + 4096 * n_tokens + 8 * 32 * 4096 + 2 * 4096
    wrong += 2 * 1.25 * 32 * 4096**2 + 3 * 4 * 32 * 4096**2
    assert round(wrong / 1e9, 2) == printed
    assert page["cookbook_params"](config("llama-3.1-8b"), n_tokens) == wrong
    longer = ln.from_config(dict(config("llama-3.1-8b")) | {"max_position_embeddings": n_tokens})
    assert ln.count_params(longer).total == 8_030_261_248


@pytest.mark.parametrize("width", [14_336, 100_000])
def test_cookbook_flops_ignore_the_feed_forward_width(page, width):
    assert round(page["cookbook_ffn_flops"](config("llama-3.1-8b"), width) / 1e21, 2) == 10.31


def test_gpu_poor_takes_every_query_head_and_more(page):
    wrong = 2 * LONG * 2 * 2 * 4096 * 32
    assert page["gpu_poor_cache"](config("llama-3.1-8b"), LONG) == wrong == 128 * GIB
    assert wrong == 8 * cache("llama-3.1-8b")


def test_width_over_heads_is_what_a_chinese_author_first_computed_for_qwen3(page):
    # QingyaFan/blog#190: 64 * 8 * (5120/64) * 2 * 2 = 163,840 bytes a token, marked as wrong there.
    assert page["width_over_heads_cache"](config("qwen3-32b"), 1) == 163_840
    assert ln.kv_cache(ln.load_model("qwen3-32b"), 1).ideal_bytes == 262_144


def test_the_textbook_formula_holds_for_llama_and_fails_where_its_words_do_not_apply(page):
    plain = page["width_over_heads_cache"]
    for model_id in ("llama-2-7b", "llama-3.1-8b", "llama-3.1-405b", "qwen2.5-72b"):
        assert plain(config(model_id), LONG) == cache(model_id)
    for model_id in ("deepseek-v3", "gemma-3-27b", "gpt-oss-120b", "qwen3-next-80b-a3b", "qwen3-0.6b"):
        assert plain(config(model_id), LONG) != cache(model_id)


def test_scaling_books_crossover_is_half_of_what_scanning_finds(page):
    model = ln.load_model("gemma-2-27b")
    assert page["eight_widths"](config("gemma-2-27b")) == 36_864

    def attention_leads(n_tokens):
        pairs = sum(query + 1 for query in range(4)) if n_tokens == 4 else n_tokens * n_tokens
        per_layer = 4 * pairs * 32 * 128  # query heads and their width, as its config has them
        return model.n_layers * per_layer > ln.forward_flops(model, n_tokens, causal=False, logits="last").linear

    low, high = 1_000, 1_000_000
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if attention_leads(middle) else (middle, high)
    assert low == 69_120


def test_one_figure_per_token_counts_windows_for_ever():
    gemma = ln.load_model("gemma-3-27b")
    assert 62 * 2 * 16 * 128 * 2 == 496 * KIB == ln.kv_cache(gemma, 1).ideal_bytes
    assert ln.kv_cache(gemma, LONG).growing_bytes_per_token == 80 * KIB
    gpt_oss = ln.load_model("gpt-oss-120b")
    assert ln.kv_cache(gpt_oss, 1).ideal_bytes == 72 * KIB
    assert ln.kv_cache(gpt_oss, LONG).growing_bytes_per_token == 36 * KIB


def test_a_preset_is_not_the_model_of_its_name(page):
    preset, model = ln.from_config(page["PHI_4_PRESET"]), ln.load_model("phi-4")
    # microsoft/Phi-4-mini-instruct: "3.8B parameters"; phi-4: "14B".
    assert round(ln.count_params(preset).total / 1e9, 1) == 3.8
    assert int(ln.count_params(model).total / 1e9) == 14


def test_a_runtime_keeps_what_the_formula_says_where_its_window_says_more():
    # lmstudio-bug-tracker#1862: llama.cpp prints 16384.00 MiB for Qwen3.6-27B at 262,144 cells.
    held = ln.kv_cache(ln.load_model("qwen3.6-27b"), 262_144)
    assert held.ideal_bytes - held.state_bytes == 16_384 * MIB


def test_256_is_the_growth_of_the_pairs_alone():
    model = ln.load_model("gpt3-175b")
    short, long = (ln.forward_flops(model, n, causal=True, logits="last") for n in (2048, 32_768))
    pairs = [sum(query + 1 for query in range(n)) for n in (2048, 32_768)]
    assert [causal_pairs(n_new=n, n_past=0) for n in (2048, 32_768)] == pairs
    assert long.attention / short.attention == pairs[1] / pairs[0] == pytest.approx(256, rel=1e-3)
    # Matrices of its table, 12 d^2 a layer, and 4 d a pair: no call into the package.
    by_hand = [2 * 12 * 12_288**2 * n + 4 * 12_288 * p for n, p in zip((2048, 32_768), pairs, strict=True)]
    grown = (long.linear + long.attention) / (short.linear + short.attention)
    assert grown == pytest.approx(by_hand[1] / by_hand[0], rel=1e-9)
    assert round(grown, 1) == 19.3


def test_tiling_changes_neither_the_result_nor_the_multiplications():
    random = np.random.default_rng(1)
    q, k, v = (random.standard_normal((1, 97, 8)) for _ in range(3))
    plain, tiled = plain_attention(q, k, v), tiled_attention_keys_first(q, k, v, n_rows=13, n_columns=17)
    assert tiled.flops == plain.flops
    assert abs(tiled.output - plain.output).max() < 1e-14


def test_a_new_indexer_has_parameters_and_a_wider_window_has_none():
    mistral = dict(config("mistral-7b-v0.1"))
    wider = ln.from_config(mistral | {"sliding_window": 2 * mistral["sliding_window"]})
    assert ln.count_params(wider).total == ln.count_params(ln.from_config(mistral)).total
    added = ln.count_params(ln.load_model("deepseek-v3.2")).total - ln.count_params(ln.load_model("deepseek-v3")).total
    # Each of 61 layers: queries from the latent, one key, a weight a head, and the key's norm.
    assert added == 61 * (1536 * 64 * 128 + 7168 * 128 + 7168 * 64 + 2 * 128)


def test_ranks_of_equal_values_share_the_mean_of_their_places(root):
    ranks = runpy.run_path(str(root / "snippets/question/are-they-related/ranks.py"))
    values = [3, 1, 2, 2, 2, 9]
    places = sorted(range(6), key=lambda place: values[place])
    mean = [np.mean([places.index(j) + 1 for j in range(6) if values[j] == values[i]]) for i in range(6)]
    assert list(ranks["ranks"](values)) == mean
    # Without ties: 1 - 6 sum(d^2) / (n (n^2 - 1)).
    x, y = [1, 2, 3, 4, 5], [2, 1, 4, 3, 5]
    assert ranks["spearman"](x, y) == pytest.approx(1 - 6 * sum((a - b) ** 2 for a, b in zip(x, y, strict=True)) / 120)
    # A weight is how often a value is there.
    times = [2, 0, 3, 1, 1]
    repeated = [np.repeat(values, times) for values in (x, y)]
    assert ranks["spearman"](x, y, np.array(times)) == pytest.approx(ranks["spearman"](*repeated))
