"""What the article on quantizing weights or cache shows, against arrays, published bits and the theory of rounding."""

import runpy

import numpy as np
import pytest

from llmnotes import load_model
from llmnotes.weights.sizes import stored_weights


@pytest.fixture(scope="module")
def module(root):
    """A snippet of the article, by name."""
    return lambda name: runpy.run_path(str(root / "snippets/memory/quantize-weights-or-cache" / f"{name}.py"))


def test_at_the_break_even_a_cache_of_real_arrays_is_as_large_as_the_published_weights(module):
    n_tokens = int(module("hand")["compute"]()["even"].value)
    one = np.zeros((2, 32, 8, 128), np.float16)  # keys and values of a token of Llama 3.1 8B
    weights = 2 * 8_030_261_248  # its published parameters in two bytes
    assert n_tokens * one.nbytes <= weights < (n_tokens + 1) * one.nbytes


def test_halves_of_many_users_break_even_where_their_caches_together_do(module):
    found = module("models")["compute"]()
    for key in module("models")["MODELS"]:
        row, users = found[key], found["users"].value
        # Windows that are full, and the state of no token, bring it forward or back by a few tokens alone.
        assert row["many"].value == pytest.approx(row["one"].value / users, rel=0.26)
    assert found["llama8"]["many"].value == found["llama8"]["one"].value // 32


def test_bits_are_those_that_llama_cpp_publishes(module):
    # llama.cpp 311c2c9, tools/quantize/README.md, Llama 3.1 8B; its sizes in GiB beside them.
    sizes = {"Q8_0": 7.95, "Q6_K": 6.14, "Q5_K_M": 5.33, "Q4_K_M": 4.58, "Q4_K_S": 4.36, "Q3_K_S": 3.41}
    found = module("formats")["compute"]()
    assert all(abs(found["whole"][form].value - bits.value) < 5e-5 for form, bits in found["printed"].items())
    for form, size in sizes.items():
        stored = stored_weights(load_model("llama-3.1-8b"), form)
        assert stored.running_bytes / 2**30 == pytest.approx(size, abs=0.01)


def test_a_checkpoint_in_awq_is_as_large_as_the_published_one_and_larger_than_q4_k_m(module):
    found = module("formats")["compute"]()
    # Hugging Quants: 4.68 GB and 1.05 GB, each to the hundredth.
    assert stored_weights(load_model("llama-3.1-8b"), "awq").checkpoint_bytes == pytest.approx(5.73e9, abs=0.01e9)
    assert found["awq_published"].value == pytest.approx(5.73e9)
    four = [found["whole"][name].value for name in ("awq", "gptq_4_128", "bnb_nf4", "nvfp4")]
    assert min(four) > found["whole"]["q4_k_m"].value
    assert found["large"]["awq"].value < found["large"]["q4_k_m"].value
    # A vocabulary of 128,256 in 4,096 and in 8,192 dimensions, twice.
    assert found["tables"].value == pytest.approx(2 * 128_256 * 4_096 / 8_030_261_248)
    assert found["tables_large"].value == pytest.approx(2 * 128_256 * 8_192 / 70_553_706_496)


def test_half_of_what_mistral_loses_in_two_bits_is_lost_in_one_task_of_fifteen(module):
    found = module("published")["compute"]()
    lost = {key: found[key]["mistral"]["plain"].value - found[key]["mistral"]["two"].value for key in ("long", "found")}
    assert lost["found"] / (15 * lost["long"]) == pytest.approx(0.5, abs=0.02)
    assert found["found"]["longchat"]["two"].value > found["found"]["longchat"]["plain"].value


@pytest.mark.parametrize("bits", [2, 4, 8])
@pytest.mark.parametrize("axis", [0, 1])
def test_rounding_is_what_a_loop_over_numbers_does(module, bits, axis):
    numbers = np.random.default_rng(3).standard_normal((5, 7))
    found = module("scales")["rounded"](numbers, bits, axis)
    for place, one in np.ndenumerate(numbers):
        line = numbers[:, place[1]] if axis == 0 else numbers[place[0]]
        grid = np.linspace(line.min(), line.max(), 2**bits)
        assert found[place] == pytest.approx(grid[np.argmin(abs(grid - one))])


def test_an_error_of_even_steps_is_a_step_over_the_root_of_twelve(module):
    # Widrow: where steps are fine, the error of rounding is uniform.
    ways, keys = module("keys"), np.random.default_rng(5).standard_normal((256, 128))
    step = np.ptp(keys, axis=0) / (2**8 - 1)
    error = np.sqrt(np.mean((ways["per_channel"](keys, 8) - keys) ** 2))
    assert error == pytest.approx(np.sqrt(np.mean(step**2) / 12), rel=0.02)


def test_a_rotation_changes_no_score(module):
    draw = np.random.default_rng(7)
    keys = draw.standard_normal((64, 128))
    assert np.allclose(module("keys")["rotated"](keys, 30), keys, atol=1e-6)


def test_a_loud_channel_hurts_those_that_share_its_scale_alone(module):
    found = module("keys")["compute"]()
    errors = {way: found["at_4"][way].value for way in ("token", "block", "rotated", "channel")}
    assert errors["token"] > errors["block"] > errors["rotated"] > errors["channel"]
    assert found["values"].value < 1.2 * errors["channel"]


def test_neither_half_is_larger_at_the_break_even_of_the_figure(module):
    found = module("yours")
    from llmnotes.cost import cost_profile

    profile, bits = cost_profile(load_model("llama-3.1-8b")), {"kv_bits": 8.5, "batch_size": 8}
    even = found["even"](profile, weight_bits=8.5, **bits)
    weights = found["weights"](profile, weight_bits=8.5)
    assert (
        found["cache"](profile, n_tokens=even, **bits) <= weights < found["cache"](profile, n_tokens=even + 1, **bits)
    )
