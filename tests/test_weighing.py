"""A cache weighed with a stopwatch: lines against numpy's, published runs against shapes counted by hand."""

import runpy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmnotes.cost.weighing import depth_slope
from llmnotes.timing.curves import depth_curve, line_of, line_through

depths = st.lists(st.integers(0, 200_000), min_size=2, max_size=12, unique=True)


@pytest.fixture(scope="module")
def module(root):
    """A snippet of the article, by name."""
    return lambda name: runpy.run_path(str(root / "snippets/kvcache/weighing-with-a-stopwatch" / f"{name}.py"))


@given(depths, st.data())
def test_a_line_is_numpy_s(at, data):
    values = data.draw(st.lists(st.floats(1e-3, 1), min_size=len(at), max_size=len(at)))
    found, (slope, start) = line_through(at, values), np.polyfit(np.array(at, float), values, 1)
    scale = max(values) / max(at)
    assert found.slope == pytest.approx(slope, rel=1e-6, abs=1e-7 * scale)
    assert found.start == pytest.approx(start, rel=1e-6, abs=1e-7 * max(values))


@given(depths, st.floats(1e-9, 1e-4), st.floats(0, 1))
def test_a_line_is_found_again(at, slope, start):
    found = line_of(at, lambda depth: start + slope * depth)
    assert found.slope == pytest.approx(slope, rel=1e-4, abs=1e-13)
    assert found.most_off < 1e-3


def test_one_depth_has_no_slope():
    with pytest.raises(ValueError, match="all points lie at one depth"):
        depth_slope(n_points=2, sum_depth=20, sum_value=3, sum_depth_squared=200, sum_depth_value=30)


def test_a_run_is_one_run():
    with pytest.raises(ValueError, match="names several runs"):
        depth_curve(model="ministral-3-14b")


# Counted by hand from the published shapes: key and value, layers that see everything, KV heads, dimension, two bytes;
# of MLA one latent of 512 and a rotary key of 64.
KEPT = {
    "ministral": 2 * 40 * 8 * 128 * 2,
    "oss": 2 * 12 * 8 * 64 * 2,
    "qwen": 2 * 16 * 4 * 256 * 2,
    "minimax": 2 * 62 * 8 * 128 * 2,
    "llama2": 2 * 32 * 32 * 128 * 2,
    "glm": 47 * (512 + 64) * 2,
}
PLAIN = {"llama2": KEPT["llama2"], "ministral": 4 * KEPT["ministral"], "glm": 47 * 20 * (256 + 256) * 2}


def test_the_scale_never_reads_light_and_tells_designs_apart(module):
    found = module("models")["compute"]()
    for key, size in KEPT.items():
        assert found[key]["kept"].value == pytest.approx(size, rel=0.01), key
        assert 1 < found[key]["heavy"].value < 3
    for key, size in PLAIN.items():
        assert found[key]["plain"].value == size
        # The reading is below what each head would keep, but for the model where each does.
        assert (found[key]["weighed"].value < size) == (key != "llama2")
    # Windows in half of the layers, none: the reading lies nearer to the first.
    assert found["oss"]["weighed"].value < 1.5 * KEPT["oss"]


def test_among_all_published_runs_only_small_caches_read_light(module):
    found = module("every")["compute"]()
    assert found["n"].value >= 80
    assert found["light"].value <= 0.03 * found["n"].value
    assert found["rise"].value < 0.15
    assert 1.1 < found["middle"].value < 1.5


def test_the_cache_is_read_at_one_speed_whatever_the_depth_the_model_and_the_weights(module):
    found = module("straight")["compute"]()
    assert 220e9 < found["least"].value < found["most"].value < 239e9
    for key in ("dense", "eight", "four"):
        assert found[key]["most_off"].value < 0.02
    assert found["slopes_apart"].value < 0.02 < 0.1 < found["starts_apart"].value


def test_two_models_on_one_machine_balance_as_their_layers(module):
    found = module("check")["compute"]()
    # 18 of 36 layers of gpt-oss-120b see everything, 12 of 24 of gpt-oss-20b; their heads are alike.
    assert found["balance"].value == pytest.approx(18 / 12, rel=0.01)
    assert found["starts"].value > 5 > 1.1 > 1 + found["slopes"].value


def test_the_sum_by_hand_is_that_of_a_pencil(module):
    found = module("hand")["compute"]()
    slope = (1 / 5.74 - 1 / 7.83) / 65_536
    assert found["slope"].value == pytest.approx(slope)
    assert found["weighed"].value == pytest.approx(slope * 256e9)
    assert found["kept"].value == 163_840


def test_what_mistakes_give_is_far_from_the_truth(module):
    found = module("mistakes")["compute"]()
    assert found["whole"].value == pytest.approx(256e9 / 5.74 / 65_536)
    assert found["there"].value > 3
    # llama.cpp: a block of q8_0 has 34 bytes for 32 numbers.
    assert found["both"].value == 163_840 * (34 / 32 + 2) / 4


def test_the_next_speed_is_told_within_four_per_cent_of_what_was_published(module):
    solve, part = module("exercise_next")["solve"], module("exercise_next")
    for model in part["MODELS"]:
        for build in part["BUILDS"]:
            found = solve(model=model, build=build)
            assert found["answer"].value == pytest.approx(float(found["published"]), rel=0.04), (model, build)
