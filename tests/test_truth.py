"""Counts equal what another implementation measured: every case of tests/data (see its `definitions`)."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import llmnotes as ln
from llmnotes.config import REFUSED, kinds
from llmnotes.config.wrappers import text_keys
from tests.truth.cases import KNOWN

# `definitions` of the data: eager attention computes full squares and re-expands latents in every pass.
AS_MEASURED: Any = {"causal": False, "latent": "expanded"}


SHORT = "mutated-1-lfm3-2"  # five tokens before seven taps
BLOCKS_BEFORE = "qwen4_exp_text"  # its indexer scores, query by query, only the blocks that a causal mask lets through
ABSENT = json.loads((Path(__file__).parent / "data" / "absent_keys.json").read_text())
WRAPPERS = json.loads((Path(__file__).parent / "data" / "wrappers.json").read_text())["wrappers"]
CASES = [pytest.param(case, id=case["id"]) for case in KNOWN]


def bits(case: dict) -> int:
    return 32 if case["kind"] == "random" or case.get("dtype") == "float32" else 16


def of_visited_experts(case: dict, measured: dict) -> int:
    """FLOPs without those of experts nobody asked for: Llama 4 runs every expert on every token there."""
    if case["family"] != "llama4_text":
        return measured["flops"]
    moe, routed = case["params"]["moe"], case["params"]["components"]["experts_routed"]
    idle = routed * (moe["num_experts"] - moe["top_k"]) // moe["num_experts"]
    return measured["flops"] - 2 * idle * (measured["n"] if measured["phase"] == "prefill" else 1)


@pytest.mark.parametrize("case", CASES)
def test_parameters_equal_the_measured_ones_by_component(case):
    counted = ln.count_params(ln.from_config(case["config"]))
    assert counted.components == {name: n for name, n in case["params"]["components"].items() if n}
    assert counted.total == case["params"]["total"]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in KNOWN if "moe" in case["params"]])
def test_active_parameters_follow_the_convention(case):
    measured = case["params"]["moe"]
    model = ln.from_config(case["config"])
    counted = ln.count_params(model)
    # Measured as all but idle experts; a table of which a token looks up some rows is no more active than they are.
    tables = sum(block.lookup_params() for layer in model.layers for block in layer.blocks)
    assert counted.active + tables == measured["active"]
    assert counted.active_without_embedding + tables == measured["active_excl_token_embedding"]


def copies(case: dict) -> int:
    """How often the reference stores each KV head: grouped Falcon repeats it for every query head, all others once."""
    config = case["config"]
    if not (config.get("model_type") == "falcon" and config.get("new_decoder_architecture")):
        return 1
    return config["num_attention_heads"] // (config.get("num_kv_heads") or config["num_attention_heads"])


@pytest.mark.parametrize("case", CASES)
def test_ideal_cache_equals_the_tensors_held(case):
    """Each KV head once: an ideal cache is what the architecture must keep, not what one implementation copies."""
    model = ln.from_config(case["config"])
    for held in case["kv"]:
        if "bytes_nominal" in held:
            assert (
                ln.kv_cache(model, n_tokens=held["n"], kv_bits=bits(case)).ideal_bytes * copies(case)
                == held["bytes_nominal"]
            )


@pytest.mark.parametrize("case", CASES)
def test_cache_after_a_decode_step_is_the_one_for_one_more_token(case):
    model = ln.from_config(case["config"])
    before = {held["n"]: held for held in case["kv"] if "bytes_nominal" in held}
    for held in case["kv"]:
        if held.get("after") != "decode":
            continue
        previous = before[held["n"] - 1]
        # A windowed layer holds one token less there than its window, before and after: the difference is the same.
        sizes = [ln.kv_cache(model, n_tokens=n, kv_bits=bits(case)).ideal_bytes for n in (held["n"] - 1, held["n"])]
        assert (sizes[1] - sizes[0]) * copies(case) == held["bytes"] - previous["bytes"]


@pytest.mark.parametrize("case", CASES)
def test_flops_of_a_prompt_equal_the_measured_ones(case):
    model = ln.from_config(case["config"])
    for measured in case["flops"]:
        if measured["phase"] == "prefill":
            logits = "all" if measured["logits_positions"] == measured["n"] else "last"
            ours = ln.forward_flops(model, n_new=measured["n"], logits=logits, **AS_MEASURED).total
            # A prompt shorter than a convolution is padded there: half a percent of the work at most.
            near = case["id"] == SHORT or case["family"] == BLOCKS_BEFORE
            assert ours == pytest.approx(of_visited_experts(case, measured), rel=0.005 if near else 0)


@pytest.mark.parametrize("case", CASES)
def test_flops_of_a_decode_step_equal_the_measured_ones(case):
    model = ln.from_config(case["config"])
    for measured in case["flops"]:
        if measured["phase"] == "decode":
            ours = ln.forward_flops(model, n_new=1, n_past=measured["n"], **AS_MEASURED).total
            assert ours == of_visited_experts(case, measured)


@pytest.mark.parametrize("case", CASES)
def test_nothing_in_a_measured_configuration_is_left_unexplained(case):
    unexplained = [w for w in ln.from_config(case["config"]).warnings if "not understood" in w]
    assert unexplained == []


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in WRAPPERS])
def test_the_text_model_within_a_wrapper_counts_as_measured(case):
    """Four combinations of outer and inner ties, saved by the reference: the text model and the head it uses there."""
    assert ln.count_params(ln.from_config(case["config"])).total == case["params"]["total"]


# The reference builds these and cannot run them: an output projection as wide as the model behind heads that are not
# (Helium), gate matrices for experts that compute nothing (LongCat-Flash).
NOT_RUN = {("helium", key) for key in ("head_dim", "num_attention_heads", "hidden_size")} | {("longcat_flash", "")}
# Untied there, the blocks that layers share come apart as well.
COME_APART = {("zamba", "tie_word_embeddings"), ("zamba2", "tie_word_embeddings")}
# It does not read what the published keys say of layers with a window (MiMo), or reads the older of two spellings that
# stand in one file (Kimi).
OTHERWISE_SAID = {
    ("mimo_v2_flash", "num_key_value_heads"),
    ("mimo_v2_flash", "head_dim"),
    ("kimi_linear", "n_shared_experts"),
}
# It builds heads that do not fit together, or asks for more experts than there are, and fails when it runs; layers that
# run in loops are built there, and refused here.
IMPOSSIBLE = re.compile(
    "must be a multiple of|there are only|num_experts_per_tok is (missing|0)|it needs as many KV heads|run in loops"
)


def counted_or_refused(config: dict) -> tuple[int, str]:
    """Parameters, or why there are none."""
    try:
        return ln.count_params(ln.from_config(config)).total, ""
    except ln.ConfigError as error:
        return 0, str(error)


def test_no_key_at_all_is_the_default_model_of_the_family():
    differ, counted = {}, 0
    for family, total in ABSENT["defaults"].items():
        keys = text_keys({"model_type": family}, family)
        if keys.config["model_type"] != family or family in REFUSED or family == "phi4_multimodal":
            continue  # a wrapper, measured with its towers
        if family in kinds.ENCODERS | kinds.SEQ2SEQ:
            continue  # counted without the head that fills in words
        ours, why = counted_or_refused({"model_type": family})
        counted += not why
        if (not IMPOSSIBLE.search(why) if why else ours != total) and (family, "") not in NOT_RUN:
            differ[family] = (ours, total, why)
    assert differ == {}
    assert counted > 110


def test_no_key_at_all_is_the_default_text_model_of_a_wrapper():
    differ, counted = {}, 0
    for family, total in ABSENT["texts"].items():
        if family in REFUSED:
            continue
        try:
            found = ln.count_params(ln.from_config({"model_type": family}))
        except ln.ConfigError as error:
            if not IMPOSSIBLE.search(str(error)):
                differ[family] = str(error)
            continue
        counted += 1
        ours = found.total - found.components.get("lm_head", 0)
        if ours != total:
            differ[family] = (ours, total)
    assert differ == {}
    assert counted >= 30


def test_a_key_taken_away_means_what_the_reference_makes_of_it():
    differ, counted = {}, 0
    for row in ABSENT["dropped"]:
        family = row["config"]["model_type"]
        ours, why = counted_or_refused(row["config"])
        counted += not why
        which = (family, row["without"])
        wrong = not IMPOSSIBLE.search(why) if why else ours != row["total"]
        if wrong and which not in NOT_RUN | OTHERWISE_SAID:
            differ[which] = (ours, row["total"], why)
    assert differ == {}
    assert counted > 450


def test_a_switch_turned_means_what_the_reference_makes_of_it():
    differ, counted = {}, 0
    for row in ABSENT["changed"]:
        ours, why = counted_or_refused(row["config"])
        counted += not why
        which = (row["config"]["model_type"], row["changed"])
        wrong = "is understood for this family" not in why if why else ours != row["total"]
        if wrong and which not in COME_APART | OTHERWISE_SAID:
            differ[which] = (ours, row["total"], why)
    assert differ == {}
    assert counted > 350


def test_counting_reads_no_id_and_no_published_total():
    for case in KNOWN:
        bare = {key: value for key, value in case["config"].items() if key not in ("_name_or_path", "architectures")}
        assert ln.count_params(ln.from_config(bare, name="x")).total == case["params"]["total"]
