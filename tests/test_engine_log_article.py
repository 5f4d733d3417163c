"""What the article on engines' logs shows, against what logs printed, real arrays and blocks handed out one by one."""

import re
import runpy

import numpy as np
import pytest

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.engines import vllm
from llmnotes.engines.outline import outline_of
from llmnotes.units import GIB


@pytest.fixture(scope="module")
def module(root):
    """A snippet of the article, by name."""
    return lambda name: runpy.run_path(str(root / "snippets/memory/what-the-engine-log-says" / f"{name}.py"))


def test_one_pool_is_called_what_three_starts_logged(module):
    # epsilonagentx/intel_arc_gpu_llm at 3ee798b, UPSTREAM_VLLM_NOTES.md, section 7: vLLM 0.29, 4.25 GiB.
    found = module("sizes")["compute"]()
    assert [found[key]["printed"].value for key in ("short", "middle", "long")] == [78_433, 116_025, 152_592]
    assert found["longest"].value == 162_496
    assert [round(found["requests"][key].value, 2) for key in ("short", "middle", "long")] == [2.39, 1.77, 1.16]


def test_the_first_log_says_what_is_derived_from_its_first_line(module, root):
    found = module("hand")["compute"]()["today"]
    log = (root / "tests/data/logs/vllm-qwen3-14b.log").read_text(encoding="utf-8")
    for lang in ("en", "zh"):
        page = (root / f"docs/{lang}/memory/what-the-engine-log-says.md").read_text(encoding="utf-8")
        (shown, *_) = re.findall(r"```text\n(.*?)```", page, re.S)
        assert len(shown.splitlines()) == 3
        assert all(line in log for line in shown.splitlines())
        assert f"memory: {found['pool'].value} GiB" in shown
        assert f"size: {found['tokens'].value:,} tokens" in shown
        assert f"for {found['length'].value:,} tokens per request: {found['concurrency'].value:.2f}x" in shown
    # By hand: 40 layers of 8 heads of 128 numbers, key and value, two bytes each.
    assert found["per_token"].value == 2 * 40 * 8 * 128 * 2
    assert found["tokens"].value == int(6.51 * GIB / found["per_token"].value / 16) * 16 == found["logged"].value


def test_a_request_needs_what_two_versions_said(module):
    # vLLM 49878, comment of 2026-07-26: Gemma 4 31B, 262,144 tokens, passes of 32,768: the rule before, and the error.
    derived = module("mistakes")["compute"]()["versions"]["derived"]
    assert {key: round(size.value / GIB, 2) for key, size in derived.items()} == {"before": 45.79, "since": 70.79}


def test_as_many_requests_start_as_blocks_can_be_handed_out_to(module):
    sizes = module("sizes")
    for model_id in sizes["MODELS"]:
        found = sizes["sized"](model_id, 16_384)
        free, started = found["blocks"], 0
        while free >= found["each"]:
            free, started = free - found["each"], started + 1
        assert started == int(found["concurrency"])
        assert found["printed"] // 16_384 == started


def test_where_all_layers_are_alike_the_size_depends_on_no_length(module):
    sized = module("sizes")["sized"]
    llama = {sized("llama-3.1-8b", length)["printed"] for length in (4_096, 8_192, 32_768)}
    # A whole block is a whole number of tokens, so nothing is lost in rounding either.
    assert llama == {int(4.25 * GIB // (16 * np.zeros((2, 32, 8, 128), np.float16).nbytes)) * 16}
    gemma = [sized("gemma-4-26b-a4b", length)["printed"] for length in (4_096, 8_192, 32_768, 65_536)]
    assert gemma == sorted(set(gemma))


def test_the_sum_by_hand_is_what_the_log_says_within_its_rounding(module):
    # vLLM 10517: 1,952 and 1,478 blocks; four sizes of two decimals may be 0.005 GiB off each.
    hand = module("hand")["compute"]()
    slack = 4 * 0.005 * GIB / hand["block"].value
    for key, blocks, pool in (("short", 1_952, 3.81), ("refused", 1_478, 2.89)):
        assert abs(hand[key]["blocks"].value - blocks) <= slack
        assert hand[key]["room"].value == pytest.approx(pool, abs=0.01)
        assert hand[key]["formula"].value == pytest.approx(hand[key]["passes"].value, abs=0.02)
    assert hand["short"]["concurrency"].value == pytest.approx(1.56, abs=0.01)
    assert hand["refused"]["concurrency"].value < 1 < hand["long"]["concurrency"].value


def test_parts_of_the_card_add_up_to_what_it_shows(module):
    found = module("filling")["compute"]()
    parts = sum(found[key].value for key in ("weights", "passes", "rest", "pool", "unused"))
    assert parts == pytest.approx(found["visible"].value, abs=0.01 * GIB)


def test_a_line_of_one_card_of_four_is_an_eighth_of_the_cache(module):
    # 94 layers of Qwen3 235B, one of its four heads on each card, keys alone, one page more than asked for.
    keys = module("mistakes")["compute"]()["keys"]
    on_one_card = np.zeros((94, 1, 128), np.float16).nbytes * (367_404 + 1)
    assert round(on_one_card / GIB, 2) == 8.23
    assert keys["cards"].value == 8 * on_one_card
    assert keys["decimal"].value < keys["tokens"].value


def test_the_small_card_of_a_pipeline_holds_three_times_the_estimate(module):
    pipeline = module("mistakes")["compute"]()["pipeline"]
    token = np.zeros((2, 16, 4, 128), np.float16).nbytes  # 16 layers of Qwen3 30B-A3B
    assert pipeline["own"].value == 262_144 * token
    assert 0 <= 3.18 * GIB - pipeline["right"].value * token < 16 * token


@pytest.mark.parametrize("model_id", ["llama-3.1-8b", "qwen3-8b", "gpt-oss-20b"])
def test_the_figure_that_readers_change_starts_where_vllm_would(module, model_id):
    yours, profile = module("yours"), cost_profile(load_model(model_id))
    seen = yours["visible"](memory_bytes=24 * GIB)
    assert seen == vllm.visible_bytes(24 * GIB)
    each = yours["request"](profile, n_tokens=32_768, kv_bits=16)
    pool = vllm.pool(outline_of(load_model(model_id)), settings := vllm.Settings(max_model_len=32_768))
    engine = pool.blocks(32_768, settings) * pool.block_bytes
    if model_id == "gpt-oss-20b":
        assert each < engine  # windows alone, without the tokens under way
    else:
        assert each == engine
    assert yours["printed"](concurrency=2.0, n_tokens=1_000) == 2_000
    assert yours["room"](visible=seen, unused=0, weights=30 * GIB, passes=0, graphs=0) == 0


def test_the_exercise_is_solved_as_blocks_of_real_arrays(module):
    exercise = module("exercise")
    solved = exercise["solve"](model="qwen3-8b", visible=44.5 * GIB, utilization=0.9, peak=1.25 * GIB)
    block = np.zeros((2, 36, 8, 16, 128), np.float16).nbytes
    weights = 2 * 8_190_735_360  # published parameters
    left = 44.5 * GIB * 0.9 - weights - 1.25 * GIB - 0.35 * GIB
    assert solved["answer"].value == int(left // block) * 16
    assert exercise["solve"](model="qwen3-14b", visible=31.4 * GIB, utilization=0.85, peak=2.5 * GIB) is None
