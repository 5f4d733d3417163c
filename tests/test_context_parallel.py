"""Decode context parallelism: against vLLM's own cases, collectives counted one by one, logs, and published servers."""

import json
import tomllib

import pytest

from llmnotes import from_config, load_model
from llmnotes.cli import main
from llmnotes.cost import cost_profile
from llmnotes.cost.parallel import chip_cache_bytes, kv_copies
from llmnotes.engines import EngineError, allocate
from llmnotes.engines.parts import Parallel
from llmnotes.registry import DATA, find, find_chip
from llmnotes.timing.estimate import Setup, decode_timing, exchanged
from llmnotes.timing.formats import precision_of
from llmnotes.timing.plan import Need, layouts, replica_of
from llmnotes.timing.runtimes import find_runtime
from llmnotes.timing.serving import sequences_at_once
from llmnotes.timing.terms import context_bytes, context_sums, tokens_on_one_chip
from llmnotes.timing.work import count

PUBLISHED = tomllib.loads((DATA / "timing" / "contexts.toml").read_text(encoding="utf-8"))
EIGHT = {int(among): value for among, value in PUBLISHED["tokens_per_s"].items()}


# docs/serving/context_parallel_deployment.md; of the last, vllm#41623 says that four cards cannot.
@pytest.mark.parametrize(
    ("model", "n_chips", "most"),
    [("deepseek-r1", 8, 8), ("kimi-k2", 16, 16), ("qwen3-235b-a22b", 8, 2), ("qwen3-235b-a22b", 4, 1)],
)
def test_as_many_chips_may_divide_tokens_as_vllm_says(model, n_chips, most):
    assert kv_copies(cost_profile(load_model(model)), n_chips=n_chips) == most


@pytest.mark.parametrize(
    "model", ["gpt-oss-120b", "gemma-3-27b", "qwen3.6-35b-a3b", "deepseek-v3.2", "deepseek-v4-flash", "jamba-v0.1"]
)
def test_models_that_keep_more_than_every_token_are_left_out(model):
    assert kv_copies(cost_profile(load_model(model)), n_chips=64) == 1


def divided(model, engine, n_chips=8):
    found = layouts(count(load_model(model)), find_runtime(engine), (n_chips,))
    return [one.n_context for one in found if one.n_context > 1]


def test_each_engine_divides_what_it_can():
    assert divided("deepseek-v3", "vllm") == divided("deepseek-v3", "sglang") == [2, 4, 8]
    assert (divided("qwen3-235b-a22b", "vllm"), divided("qwen3-235b-a22b", "sglang")) == ([2], [])
    assert divided("deepseek-v3", "tensorrt-llm") == divided("deepseek-v3", "llama.cpp") == []


def sent_in_turn(pieces, n_context):
    """Numbers that a chip sends in a ring until each has every chip's pieces; a scatter goes backwards."""
    return sum(pieces for _ in range(n_context - 1))


@pytest.mark.parametrize(
    ("model", "n_chips", "n_context", "query_dim", "found_dim"),
    [("deepseek-v3", 8, 4, 512 + 64, 512), ("kimi-k2.6", 8, 8, 512 + 64, 512), ("qwen3-235b-a22b", 8, 2, 128, 128)],
)
def test_bytes_are_those_of_every_gather_and_scatter(model, n_chips, n_context, query_dim, found_dim):
    config = find(model).config
    config = config.get("text_config", config)
    heads, n_tokens, numbers = config["num_attention_heads"] // n_chips, 5, 0
    for _layer in range(config["num_hidden_layers"]):
        numbers += sent_in_turn(n_tokens * heads * query_dim, n_context)
        numbers += sent_in_turn(n_tokens * heads * found_dim, n_context)
    counted = count(load_model(model))
    told = context_bytes(counted.profile, n_tokens=n_tokens, n_chips=n_chips, n_context=n_context)
    assert told == 2 * numbers
    assert context_sums(counted.layers, n_context=n_context) == 1.5 * config["num_hidden_layers"]
    whole, parts = (setup(model, "h200-sxm-141gb", "vllm", among) for among in (1, n_context))
    added = exchanged(counted, parts, n_tokens=n_tokens) - exchanged(counted, whole, n_tokens=n_tokens)
    assert added == pytest.approx(2 * numbers)


def setup(model, chip, engine, n_context, n_chips=8):
    precision = precision_of(load_model(model), None)
    return Setup(find_chip(chip), find_runtime(engine), n_chips, precision, n_context=n_context)


@pytest.mark.parametrize(("kept", "n_context"), [("whole", 1), ("divided", 2)])
def test_a_logged_cache_takes_as_many_bytes_as_planned(kept, n_context):
    config = dict(find("qwen3-0.6b").config) | {"num_key_value_heads": PUBLISHED["tokens"]["n_kv_heads"]}
    n_tokens, logged = PUBLISHED["tokens"][kept]
    on_one = tokens_on_one_chip(n_tokens=n_tokens, n_context=n_context)
    held = chip_cache_bytes(cost_profile(from_config(config)), n_tokens=on_one, n_chips=2, batch_size=1, kv_bits=16)
    assert f"{held / 2**30:.2f} GiB" == logged


@pytest.mark.parametrize("n_context", [2, 4, 8])
def test_so_many_times_as_many_fit_and_a_step_reads_so_small_a_part(n_context):
    model, n_tokens = count(load_model("deepseek-v3")), 65_536
    whole, parts = (setup("deepseek-v3", "h200-sxm-141gb", "vllm", among) for among in (1, n_context))
    fit, more = (
        sequences_at_once(model, each.chip, each.sharing, n_tokens=n_tokens, precision=each.precision)
        for each in (whole, parts)
    )
    assert n_context * fit <= more < n_context * (fit + 1)
    read = [decode_timing(model, each, n_past=n_tokens, batch_size=4).parts["cache"] for each in (whole, parts)]
    assert read[0] == pytest.approx(n_context * read[1])


def kept(model, engine, context, tensor=8):
    cards = Parallel(tensor=tensor, context=context)
    return allocate(load_model(model), engine=engine, n_tokens=65_536, parallel=cards).bytes_of("cache")


def test_engines_set_aside_a_part_of_the_tokens():
    for engine in ("vllm", "sglang"):
        assert kept("deepseek-v3", engine, 8) == pytest.approx(kept("deepseek-v3", engine, 1) / 8, rel=0.001)
    assert kept("qwen3-235b-a22b", "vllm", 2) * 2 == kept("qwen3-235b-a22b", "vllm", 1)


@pytest.mark.parametrize(
    ("model", "engine", "context", "said"),
    [
        ("qwen3-235b-a22b", "vllm", 4, "here 2"),
        ("llama-3.1-8b", "vllm", 2, "here 1"),
        ("gpt-oss-120b", "vllm", 2, "window"),
        ("qwen3-235b-a22b", "sglang", 2, "latents alone"),
        ("deepseek-v3.2", "sglang", 8, "latents alone"),
        ("deepseek-v3", "tensorrt-llm", 8, "only decode"),
    ],
)
def test_what_an_engine_does_not_divide_is_refused(model, engine, context, said):
    with pytest.raises(EngineError, match=said):
        kept(model, engine, context)


def planned(n_context):
    of = PUBLISHED["setup"]
    told = setup(of["model"], of["chip"], of["engine"], n_context, of["n_chips"])
    return replica_of(count(load_model(of["model"])), told, Need(of["n_prompt"], of["n_output"], of["n_requests"]))


@pytest.mark.parametrize("n_context", EIGHT)
def test_a_published_server_is_within_the_interval(n_context):
    told = planned(n_context)
    assert told.each.low < told.batch_size / EIGHT[n_context] < told.each.high


def test_eight_cards_gain_as_published():
    gain = (planned(8).batch_size / planned(8).each.expected) / (planned(1).batch_size / planned(1).each.expected)
    assert gain == pytest.approx(EIGHT[8] / EIGHT[1], rel=0.05)


def test_a_single_request_pays_no_more_than_twice_what_was_published():
    of = PUBLISHED["alone"]
    model = count(load_model(of["model"]))
    one, parts = (
        decode_timing(model, setup(of["model"], of["chip"], of["engine"], among), n_past=32_768).expected
        for among in (1, of["n_context"])
    )
    assert 0 < parts - one < 2 * of["most_s"]


def test_the_verb_names_it_as_engines_do(capsys):
    words = ["plan", "kimi-k2.6", "--tokens", "64k", "--output", "1000", "--users", "64", "--ttft", "30", "--speed"]
    assert main([*words, "15", "--engine", "vllm", "--json"]) == 0
    found = [one for one in json.loads(capsys.readouterr().out)["pareto"] if one["n_context"] > 1]
    assert found
    for one in found:
        assert one["parallelism"] == f"TP {one['n_chips']} + DCP {one['n_context']}"
        assert one["n_chips"] % one["n_context"] == 0


def test_the_verb_times_the_division_that_is_asked_for(capsys):
    words = ["speed", "deepseek-v3", "--chip", "h200-sxm-141gb", "--engine", "vllm", "--chips", "8"]
    words += ["--tokens", "64k", "--batch", "16", "--json"]

    def step(n_context):
        assert main([*words, "--cp", str(n_context)]) == 0
        return json.loads(capsys.readouterr().out)

    model, runtime = load_model("deepseek-v3"), find_runtime("vllm")
    for n_context in (1, 8):
        how = Setup(find_chip("h200-sxm-141gb"), runtime, 8, precision_of(model, None), n_context=n_context)
        meant = decode_timing(count(model), how, n_past=65_536, batch_size=16)
        found = step(n_context)
        assert found["decode"]["step_seconds"]["expected"] == meant.expected
        assert found["n_context"] == n_context
    assert main([*words[:-1], "--cp", "8"]) == 0
    assert "chips sharing the tokens" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("deepseek-v3 --engine vllm --chips 8 --cp 3", "--cp 3: on 8 chips 2, 4, 8 can share the tokens"),
        ("deepseek-v3 --engine vllm --chips 8 --cp 2 --pp 2", "leave them out"),
        ("qwen3-32b --engine vllm --chips 4 --cp 2", "4 chips would hold no head of Qwen3 32B twice"),
        ("deepseek-v3 --engine tensorrt-llm --chips 8 --cp 2", "leave --cp out"),
    ],
)
def test_speed_refuses_a_division_that_the_engine_does_not_have(words, said, capsys):
    assert main(["speed", *words.split(), "--chip", "h200-sxm-141gb", "--tokens", "64k"]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
