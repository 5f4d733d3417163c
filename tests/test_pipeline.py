"""Pipelines: against an assembly line played out stage by stage, engines' own dealing, and published servers."""

import json
import tomllib
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmnotes.cli import main
from llmnotes.cost.costs import total_params
from llmnotes.engines import sglang, tensorrt_llm, vllm
from llmnotes.engines.outline import outline_of
from llmnotes.engines.parts import Parallel
from llmnotes.equations import pipeline
from llmnotes.registry import DATA, find_chip, load_model
from llmnotes.timing.estimate import Setup, exchanged
from llmnotes.timing.formats import precision_of
from llmnotes.timing.plan import Layout, Need, layouts, replica_of
from llmnotes.timing.runtimes import find_runtime
from llmnotes.timing.serving import held_profile
from llmnotes.timing.work import count

ROUNDS = 40


def played(stage_seconds, n_parts):
    """Time between two turns of one part, when parts go around a line of stages and wait where one is taken."""
    free = [Fraction(0)] * len(stage_seconds)
    ready = [Fraction(0)] * n_parts
    ends = []
    for _ in range(ROUNDS):
        for part in range(n_parts):
            for stage, seconds in enumerate(stage_seconds):
                ready[part] = free[stage] = max(ready[part], free[stage]) + seconds
        ends.append(ready[0])
    return ends[-1] - ends[-2]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 50), min_size=1, max_size=8), st.integers(1, 8))
def test_a_line_of_stages_takes_turns_as_played_out(stage_seconds, n_parts):
    told = pipeline.pipeline_seconds(
        through_seconds=sum(stage_seconds), slowest_seconds=max(stage_seconds), n_flying=n_parts
    )
    assert told == played([Fraction(each) for each in stage_seconds], n_parts)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 8), st.integers(1, 12), st.integers(1, 9))
def test_passes_of_a_prompt_follow_each_other_as_played_out(n_stages, n_passes, seconds):
    free = [0] * n_stages
    end = 0
    for _ in range(n_passes):
        ready = 0
        for stage in range(n_stages):
            ready = free[stage] = max(ready, free[stage]) + seconds
        end = ready
    told = pipeline.pipeline_prompt_seconds(
        through_seconds=n_passes * n_stages * seconds, n_passes=n_passes, largest_share=1 / n_stages
    )
    assert told == pytest.approx(end)
    # Of that time it takes the turns of others at each stage for as long as that stage works on it.
    turn = pipeline.prompt_turn_share(n_passes=n_passes, largest_share=1 / n_stages, n_flying=n_stages)
    assert turn * end == pytest.approx(n_passes * seconds)


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 200), st.integers(1, 16))
def test_layers_are_dealt_out_whole_and_evenly(n_layers, n_stages):
    for engine in (vllm, sglang):
        sizes = engine.stage_sizes(n_layers, n_stages)
        assert sum(sizes) == n_layers
        assert max(sizes) - min(sizes) <= 1
    dealt = [len(each) for each in np.array_split(np.arange(n_layers), n_stages)]  # as torch.tensor_split
    assert dealt == [
        pipeline.stage_layers(n_layers=n_layers, n_stages=n_stages, stage=stage, spare=tensorrt_llm.SPARE)
        for stage in range(n_stages)
    ]


def test_the_slowest_stage_is_the_largest_or_the_one_with_the_head():
    even = {"n_layers": 80, "most_layers": 20, "last_layers": 20}
    assert pipeline.slowest_stage_seconds(through_seconds=8.0, head_seconds=0.0, **even) == 2
    assert pipeline.slowest_stage_seconds(through_seconds=9.0, head_seconds=1.0, **even) == 3
    spared = {"n_layers": 7, "most_layers": 4, "last_layers": 3}
    assert pipeline.slowest_stage_seconds(through_seconds=7.5, head_seconds=0.5, **spared) == 4


def test_stages_together_hold_the_model_once_and_a_tied_table_twice():
    for model_id, copies in (("llama-3.3-70b", 0), ("deepseek-v3", 0), ("gemma-3-27b", 1)):
        model = load_model(model_id)
        counted = count(model)
        for engine, n_stages in (("vllm", 4), ("sglang", 8), ("tensorrt-llm", 2)):
            setup = Setup(find_chip("h100-sxm-80gb"), find_runtime(engine), 8, n_stages=n_stages)
            held = [held_profile(counted, setup.sharing, stage, setup.runtime.spare) for stage in range(n_stages)]
            extra = copies * model.d_model * model.vocab_size
            assert sum(total_params(each) for each in held) == pytest.approx(total_params(counted.profile) + extra)
            assert sum(each.growing_elements for each in held) == pytest.approx(counted.profile.growing_elements)


@pytest.mark.parametrize(("model_id", "n_stages"), [("gemma-3-27b", 2), ("gpt-oss-120b", 4), ("deepseek-v3", 4)])
def test_a_stage_keeps_what_vllm_lets_it_keep(model_id, n_stages):
    # Layers are taken as equal; vLLM's own pool counts those that a stage has. Latents stand on every card whole.
    model, outline = load_model(model_id), outline_of(load_model(model_id))
    counted, n_tokens = count(model), 1024  # within every window
    setup = Setup(find_chip("h100-sxm-80gb"), find_runtime("vllm"), n_stages, n_stages=n_stages)
    options = vllm.Settings(max_model_len=n_tokens, hybrid=False, parallel=Parallel(pipeline=n_stages))
    kept = vllm.allocate(outline, options, n_tokens=n_tokens).total_bytes
    held = [held_profile(counted, setup.sharing, stage, setup.runtime.spare) for stage in range(n_stages)]
    most = max(each.growing_elements + sum(group.amount for group in each.capped_elements) for each in held)
    assert most * 2 * n_tokens == pytest.approx(kept, rel=0.01)


def test_a_pipeline_sends_next_to_nothing_beside_sums():
    model = load_model("llama-3.3-70b")
    tensor, piped = (Setup(find_chip("l40s-48gb"), find_runtime("vllm"), 4, n_stages=stages) for stages in (1, 4))
    # 160 sums, of which a chip sends 2 × 3 / 4 of a vector each; one hop with output and residual stream.
    assert exchanged(model, tensor, n_tokens=1) == 160 * 2 * 3 / 4 * 8192 * 2
    assert exchanged(model, piped, n_tokens=1) == 2 * 8192 * 2


def test_engines_without_pipelines_are_planned_without():
    model = count(load_model("llama-3.1-8b"))
    assert layouts(model, find_runtime("llama.cpp"), (1, 2)) == [Layout(1), Layout(2)]
    assert Layout(8, n_stages=4) in layouts(model, find_runtime("sglang"), (8,))
    assert layouts(model, find_runtime("vllm"), (6,)) == [Layout(6, n_stages=each) for each in (1, 2, 3, 6)]


def test_groups_are_planned_within_stages_where_experts_are_shared():
    runtime = find_runtime("tensorrt-llm")
    found = [one for one in layouts(count(load_model("deepseek-v3")), runtime, (8,)) if one.n_groups > 1]
    assert found == [Layout(8, n_groups=8 // each, n_stages=each) for each in (1, 2, 4)]
    assert [one for one in layouts(count(load_model("llama-3.3-70b")), runtime, (8,)) if one.n_groups > 1] == []


@pytest.mark.parametrize(("n_groups", "n_stages"), [(4, 2), (2, 4), (2, 2)])
def test_groups_of_a_stage_hold_what_engines_say_of_both_divisions(n_groups, n_stages):
    model = load_model("deepseek-v3")
    counted, cards = count(model), Parallel(tensor=n_groups, data=n_groups, pipeline=n_stages)
    runtime = find_runtime("tensorrt-llm")
    setup = Setup(find_chip("b200-sxm-180gb"), runtime, n_groups * n_stages, n_groups=n_groups, n_stages=n_stages)
    held = [total_params(held_profile(counted, setup.sharing, stage, runtime.spare)) for stage in range(n_stages)]
    routed = sum(group.n_layers * group.n_experts * group.expert_params for group in counted.profile.experts)
    said = cards.weight_bytes_on_one_card(dense_bytes=total_params(counted.profile) - routed, routed_bytes=routed)
    # The engine's rule is of a mean stage; here the first has the table and the last the head.
    assert sum(held) / n_stages == pytest.approx(said, rel=1e-9)


def test_groups_of_a_stage_tell_each_other_of_its_own_experts_alone():
    model, n_tokens = load_model("deepseek-v3"), 8
    runtime = find_runtime("tensorrt-llm")
    setup = Setup(find_chip("b200-sxm-180gb"), runtime, 8, n_groups=4, n_stages=2)
    # 58 layers with experts, half of them in a stage: there and back, 3 / 4 of 8 vectors in 16 bits; one hop of the
    # two tokens of a group, with output and residual stream.
    expected = 58 / 2 * 2 * 3 / 4 * n_tokens * 7168 * 2 + 2 * n_tokens / 4 * 7168 * 2
    assert exchanged(model, setup, n_tokens=n_tokens) == pytest.approx(expected)


PUBLISHED = tomllib.loads((DATA / "timing" / "staged.toml").read_text(encoding="utf-8"))
"""Servers to which nothing is fitted: one on two cards both ways, and one on one card and as two stages."""

TWO_CARDS = {
    (int(n_users), n_stages): row[1:]
    for way, n_stages in (("tensor", 1), ("pipeline", 2))
    for n_users, row in PUBLISHED[way].items()
}
CARDS = PUBLISHED["cards"]


def two_cards(n_users, n_stages):
    of = PUBLISHED["setup"]
    model, runtime = load_model(of["model"]), find_runtime(of["engine"])
    setup = Setup(find_chip(of["chip"]), runtime, of["n_chips"], precision_of(model, None), n_stages=n_stages)
    return replica_of(count(model), setup, Need(of["n_prompt"], of["n_output"], n_users))


@pytest.mark.parametrize(("n_users", "n_stages"), TWO_CARDS)
def test_a_published_pair_of_cards_is_as_fast_as_planned_either_way(n_users, n_stages):
    between_tokens, tokens_per_s = TWO_CARDS[n_users, n_stages]
    told = two_cards(n_users, n_stages)
    assert told.batch_size == n_users
    assert told.each.low < between_tokens < told.each.high
    assert n_users / told.each.expected == pytest.approx(tokens_per_s, rel=0.1)


def test_one_request_waits_for_all_stages_as_published():
    told = two_cards(1, 2).each.expected / two_cards(1, 1).each.expected
    assert told == pytest.approx(TWO_CARDS[1, 2][0] / TWO_CARDS[1, 1][0], rel=0.05)


def test_a_published_stage_holds_as_many_bytes_as_planned():
    model, told = load_model(PUBLISHED["setup"]["model"]), two_cards(1, 2)
    for stage in range(2):
        held = held_profile(count(model), told.setup.sharing, stage, told.setup.runtime.spare)
        assert total_params(held) * 2 / 2**30 == pytest.approx(PUBLISHED["setup"]["stage_gib"], rel=0.01)


def each_card(n_prompt, n_output, n_requests, n_stages):
    model, runtime = load_model(CARDS["model"]), find_runtime(CARDS["engine"])
    chip = find_chip(PUBLISHED["setup"]["chip"])
    setup = Setup(chip, runtime, n_stages, precision_of(model, CARDS["form"]), n_stages=n_stages)
    told = replica_of(count(model), setup, Need(n_prompt, n_output, n_requests))
    assert told is not None
    return told.batch_size / told.each.expected / n_stages


@pytest.mark.parametrize("row", CARDS["rows"])
def test_stages_leave_room_for_more_on_each_card_as_published(row):
    *case, alone, staged = row
    gain = each_card(*case, CARDS["n_stages"]) / each_card(*case, 1)
    assert gain == pytest.approx(staged / alone, rel=0.02)


def spoken(capsys, *words):
    status = main(["speed", "llama-3.3-70b", "--chip", "l40s-48gb", "--tokens", "4k", *words])
    streams = capsys.readouterr()
    return status, streams.out, streams.err


def test_speed_of_a_pipeline_names_its_stages(capsys):
    words = ("--engine", "vllm", "--weights", "fp8", "--batch", "4")
    status, out, _ = spoken(capsys, *words, "--pp", "3", "--json")
    found = json.loads(out)
    assert status == 0
    assert found["n_chips"] == 3
    assert found["stage_layers"] == [27, 27, 26]  # none to the last, which has the head
    assert "27 + 27 + 26" in spoken(capsys, *words, "--pp", "3", "--lang", "zh")[1]
    assert json.loads(spoken(capsys, *words, "--json")[1])["stage_layers"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--engine", "vllm", "--pp", "3", "--chips", "4"), "--pp 3 stages"),
        (("--engine", "vllm", "--pp", "2", "--dp", "3", "--chips", "4"), "2 chips of each stage"),
        (("--engine", "vllm", "--pp", "100"), "80 layers"),
        (("--pp", "2"), "llama.cpp has no --pp"),
    ],
)
def test_stages_that_cannot_be_are_refused_in_one_line(capsys, words, said):
    status, out, err = spoken(capsys, *words)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert said in err
