"""Positions as they are published: rotations of transformers, slopes of BLOOM, and what each kind can and cannot do."""

import json

import numpy as np
import pytest

from llmnotes.numerics.position import (
    alibi_bias,
    alibi_slopes,
    learned_positions,
    rotated_halves,
    rotated_neighbours,
    sinusoidal_positions,
)
from llmnotes.numerics.rope import plain_frequencies

ROTATIONS = {"halves": rotated_halves, "neighbours": rotated_neighbours}


@pytest.fixture(scope="module")
def truth(root):
    return json.loads((root / "tests" / "data" / "rope_values.json").read_text())


@pytest.mark.parametrize("layout", ROTATIONS)
def test_a_rotation_equals_that_of_transformers(truth, layout):
    expected = next(case["rotated"] for case in truth["rotations"] if case["layout"] == layout)
    frequencies = [100 ** (-i / 4) for i in range(4)]
    rotated = ROTATIONS[layout](np.arange(1.0, 9.0)[None], frequencies=frequencies, positions=[5])
    np.testing.assert_allclose(rotated[0], expected, rtol=1e-14)


@pytest.mark.parametrize("rotated", ROTATIONS.values(), ids=ROTATIONS)
def test_a_rotated_product_depends_on_the_distance_alone(rotated):
    q, k = np.random.default_rng(2).standard_normal((2, 1, 16))
    frequencies = plain_frequencies(rope_theta=500_000, rotary_dim=12)
    products = [
        (
            rotated(q, frequencies=frequencies, positions=[at + 7])
            @ rotated(k, frequencies=frequencies, positions=[at]).T
        )
        for at in (0, 1, 100, 131_072)
    ]
    np.testing.assert_allclose(products, np.broadcast_to(products[0], (4, 1, 1)), rtol=1e-9)
    other = rotated(q, frequencies=frequencies, positions=[8]) @ rotated(k, frequencies=frequencies, positions=[0]).T
    assert abs(other - products[0]) > 1e-3


@pytest.mark.parametrize("rotated", ROTATIONS.values(), ids=ROTATIONS)
def test_a_rotation_keeps_lengths_and_what_is_beyond_its_pairs(rotated):
    x = np.random.default_rng(3).standard_normal((2, 5, 10))
    turned = rotated(x, frequencies=[1.0, 0.1, 0.01], positions=np.arange(5))
    np.testing.assert_allclose(np.linalg.norm(turned, axis=-1), np.linalg.norm(x, axis=-1), rtol=1e-14)
    np.testing.assert_array_equal(turned[..., 6:], x[..., 6:])
    np.testing.assert_array_equal(turned[:, 0], x[:, 0])


def test_the_two_layouts_are_one_function_of_reordered_numbers():
    x = np.random.default_rng(5).standard_normal((3, 8))
    order = [0, 2, 4, 6, 1, 3, 5, 7]
    arguments = {"frequencies": [0.7, 0.5, 0.3, 0.1], "positions": [2, 9, 4]}
    np.testing.assert_allclose(rotated_halves(x[:, order], **arguments), rotated_neighbours(x, **arguments)[:, order])


def test_sinusoids_a_distance_apart_are_a_fixed_rotation_of_each_other():
    waves = sinusoidal_positions(n_tokens=50, d_model=14)
    shifted = np.linalg.lstsq(waves[:-3], waves[3:], rcond=None)[0]
    np.testing.assert_allclose(waves[:-3] @ shifted, waves[3:], atol=1e-10)
    np.testing.assert_allclose((waves**2).sum(axis=1), 7)


def test_sinusoids_equal_sines_and_cosines_of_single_positions():
    waves = sinusoidal_positions(n_tokens=4, d_model=6)
    for t in range(4):
        for i in range(3):
            angle = t / 10_000 ** (2 * i / 6)
            np.testing.assert_allclose(waves[t, 2 * i : 2 * i + 2], [np.sin(angle), np.cos(angle)], atol=1e-15)


@pytest.mark.parametrize("n_heads", [8, 12, 40])
def test_slopes_equal_those_of_bloom(truth, n_heads):
    np.testing.assert_allclose(alibi_slopes(n_heads), truth["alibi_slopes"][str(n_heads)], rtol=1e-6)


def test_the_bias_grows_evenly_with_distance_and_hides_the_future():
    bias = alibi_bias(n_heads=3, n_queries=2, n_keys=5)
    for head, slope in enumerate(alibi_slopes(3)):
        np.testing.assert_allclose(bias[head, 0, :4], [-3 * slope, -2 * slope, -slope, 0])
        assert bias[head, 0, 4] == -np.inf
        np.testing.assert_allclose(bias[head, 1], np.arange(-4, 1) * slope)


def test_a_learned_table_ends():
    table = np.random.default_rng(7).standard_normal((5, 3))
    np.testing.assert_array_equal(learned_positions(table, n_tokens=5), table)
    with pytest.raises(ValueError, match="rows for 5 positions"):
        learned_positions(table, n_tokens=6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sinusoidal_positions(n_tokens=2, d_model=5), "an even width"),
        (lambda: alibi_slopes(0), "n_heads is 0"),
        (lambda: alibi_bias(n_heads=2, n_queries=3, n_keys=2), "3 queries of 2 keys"),
        (lambda: rotated_halves(np.ones((1, 3)), frequencies=[1.0, 1.0], positions=[0]), "turn 4 numbers, x has 3"),
    ],
    ids=["odd width", "no heads", "more queries than keys", "too many frequencies"],
)
def test_bad_input_is_one_clear_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()
