"""Rope frequencies of published settings equal those that transformers makes, and stretch as their papers say."""

import json
import math
from pathlib import Path

import pytest

from llmnotes.config.keys import ConfigError
from llmnotes.numerics.rope import (
    interpolated_frequencies,
    llama3_frequencies,
    ntk_aware_theta,
    plain_frequencies,
    turning_pair,
    yarn_frequencies,
)
from llmnotes.numerics.rope_settings import NOT_ROTATED, rope_from_config
from llmnotes.registry import find, model_ids

CASES = json.loads((Path(__file__).parent / "data" / "rope_values.json").read_text())["cases"]
SINGLE = 5e-7  # transformers computes them in single precision
LLAMA = {"model_type": "llama", "head_dim": 8, "max_position_embeddings": 4096, "rope_theta": 10_000}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_equals_what_transformers_rotates_by(case):
    made = rope_from_config(case["config"], n_tokens=case["n_tokens"], layer_type=case["layer_type"])
    assert made.frequencies == pytest.approx(case["frequencies"], rel=SINGLE, abs=0)
    assert made.attention_factor == pytest.approx(case["attention_factor"], rel=SINGLE)


@pytest.mark.parametrize("case", [c for c in CASES if c["config"].get("rope_scaling")], ids=lambda case: case["id"])
def test_both_spellings_give_one_rotation(case):
    older = case["config"]
    newer = {key: value for key, value in older.items() if key not in ("rope_scaling", "rope_theta")}
    newer["rope_parameters"] = dict(older["rope_scaling"])
    if "rope_theta" in older:
        newer["rope_parameters"]["rope_theta"] = older["rope_theta"]
    newer["rope_parameters"]["rope_type"] = (
        newer["rope_parameters"].pop("type", None) or older["rope_scaling"]["rope_type"]
    )
    where = {"n_tokens": case["n_tokens"], "layer_type": case["layer_type"]}
    assert rope_from_config(newer, **where) == rope_from_config(older, **where)
    assert rope_from_config({"text_config": newer}, **where) == rope_from_config(older, **where)


def test_ntk_slows_the_slowest_pair_by_the_factor_and_the_fastest_not_at_all():
    as_trained = plain_frequencies(rope_theta=10_000, rotary_dim=128)
    theta = ntk_aware_theta(rope_theta=10_000, factor=8, rotary_dim=128)
    stretched = plain_frequencies(rope_theta=theta, rotary_dim=128)
    assert stretched[0] == as_trained[0]
    assert as_trained[-1] / stretched[-1] == pytest.approx(8)
    assert all(1 <= old / new <= 8 + 1e-9 for old, new in zip(as_trained, stretched, strict=True))


def test_interpolation_maps_the_longer_context_onto_the_trained_angles():
    as_trained = plain_frequencies(rope_theta=10_000, rotary_dim=16)
    stretched = interpolated_frequencies(as_trained, factor=8)
    for old, new in zip(as_trained, stretched, strict=True):
        assert new * 8 * 4096 == pytest.approx(old * 4096)


def test_a_pair_turns_as_often_as_it_is_asked_for():
    pair = turning_pair(n_turns=32, rope_theta=10_000, rotary_dim=128, n_ctx=4096)
    frequency = 10_000 ** (-2 * pair / 128)
    assert frequency * 4096 / (2 * math.pi) == pytest.approx(32)


@pytest.mark.parametrize("method", ["yarn", "llama3"])
def test_fast_pairs_stay_slow_pairs_are_interpolated_and_the_rest_lie_between(method):
    as_trained = plain_frequencies(rope_theta=500_000, rotary_dim=128)
    sizes = {"factor": 8, "n_ctx": 8192}
    stretched = {
        "yarn": yarn_frequencies(rope_theta=500_000, rotary_dim=128, beta_fast=4, beta_slow=1, truncate=False, **sizes),
        "llama3": llama3_frequencies(as_trained, low_freq_factor=1, high_freq_factor=4, **sizes),
    }[method]
    between = 0
    for old, new in zip(as_trained, stretched, strict=True):
        turns = old * 8192 / (2 * math.pi)
        if turns > 4:
            assert new == pytest.approx(old)
        elif turns < 1:
            assert new == pytest.approx(old / 8)
        else:
            between += 1
            assert old / 8 < new < old
    assert between > 3


def test_llama_3_1_stretches_from_the_pairs_that_its_paper_leaves_alone():
    made = rope_from_config(find("llama-3.1-8b").config)
    before = rope_from_config(find("llama-3-8b").config)
    ratios = [old / new for old, new in zip(before.frequencies, made.frequencies, strict=True)]
    assert ratios == sorted(ratios)
    assert (min(ratios), max(ratios)) == pytest.approx((1, 8))


def test_wavelengths_of_pairs_that_stand_still_are_infinite():
    gemma = next(case for case in CASES if case["id"] == "gemma-4-31b, full_attention")
    lengths = rope_from_config(gemma["config"], layer_type="full_attention").wavelengths
    assert lengths[0] == pytest.approx(2 * math.pi)
    assert sum(map(math.isinf, lengths)) == 192


def test_every_registry_model_that_rotates_is_read_or_says_what_is_missing():
    unread = {}
    for model_id in model_ids():
        config = find(model_id).config
        if config["model_type"] in NOT_ROTATED:
            continue
        try:
            made = rope_from_config(config, layer_type="full_attention")
        except ConfigError as err:
            unread[model_id] = str(err)
        else:
            # Published short factors of LongRoPE may begin just below 1 (MiniCPM4: 0.9978).
            assert 0 < max(made.frequencies) <= (1.01 if made.kind == "longrope" else 1)
    # Published without their base, or (Phi-3.5) without the lists of factors.
    assert all("missing" in message for message in unread.values()), unread
    assert len(unread) < 30


def test_a_base_that_stands_with_the_settings_of_attention_is_found():
    made = rope_from_config(find("dbrx").config)
    assert made.frequencies == plain_frequencies(rope_theta=500_000, rotary_dim=128)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rope_scaling": {"rope_type": "spiral"}}, "rope_type is 'spiral': known here: default, dynamic"),
        ({"rope_scaling": "yarn"}, "rope_scaling is 'yarn': give an object or null"),
        ({"rope_scaling": {"type": "linear"}}, "factor is missing"),
        ({"rope_scaling": {"type": "linear", "factor": 0}}, "factor is 0: give a number above 0"),
        ({"rope_scaling": {"type": "yarn", "factor": "8"}}, "factor is '8': give a number"),
        ({"rope_scaling": {"type": "longrope", "factor": 8, "short_factor": [1]}}, "give 4 numbers above 0"),
        ({"rope_theta": None, "model_type": "new"}, "rope_theta is missing"),
        ({"rope_theta": None, "model_type": "phi3"}, "rope_theta is missing"),  # its 128K form is stretched as well
        ({"rope_theta": math.inf}, "rope_theta is inf"),
        ({"rope_theta": True}, "rope_theta is True"),
        ({"head_dim": 7}, "7 of 7 numbers of a head rotate"),
        ({"head_dim": None}, "hidden_size is missing"),
        ({"model_type": "bloom"}, "does not rotate"),
        ({"model_type": "olmo3"}, "give full_attention or sliding_attention"),
        ({"rope_parameters": {"full_attention": {"rope_theta": 1e6}}}, "layer_type is None"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_settings_are_one_clear_error(change, message):
    with pytest.raises(ConfigError, match=message):
        rope_from_config(LLAMA | change)
