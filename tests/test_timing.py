"""Expected speeds against published measurements, and what any expectation must obey."""

import json
import math
from dataclasses import replace
from statistics import median

import pytest

from llmnotes import load_model
from llmnotes.cost import cost_profile, ideal_cache_bytes, read_weight_bytes
from llmnotes.cost.assumptions import Precision
from llmnotes.cost.layers import count_layers
from llmnotes.engines import EngineError
from llmnotes.registry import DATA, chip_ids, find_chip, model_ids
from llmnotes.timing import compare, constants, estimate
from llmnotes.timing.formats import WrongSize, precision_of, precision_of_file
from llmnotes.timing.points import KINDS, load_points
from llmnotes.timing.runtimes import RUNTIMES, backend_of, find_runtime, multiplied_as
from llmnotes.timing.work import UnknownPeak, count, peak_of, peaks_of, prompt_terms, step_terms
from llmnotes.weights.sizes import stored_weights

LLAMA = find_runtime("llama.cpp")


def setup(chip="rtx-4090", engine="vllm", n_chips=1, **bits):
    return estimate.Setup(find_chip(chip), find_runtime(engine), n_chips, Precision(**bits))


@pytest.fixture(scope="module")
def compared():
    return compare.compare_all()


def sets_of(compared):
    found = {}
    for one in compared:
        found.setdefault(f"{one.point.source.id} {one.point.kind} {one.point.backend}".strip(), []).append(one)
    return found


def test_no_set_of_measurements_is_met_worse_than_when_it_was_last_committed(compared, root):
    """`data/speed_medians.json` holds what the page showed; constants, counts and formats may only gain."""
    committed = json.loads((root / "tests/data/speed_medians.json").read_text())
    now = {name: compare.summarize(rows) for name, rows in sets_of(compared).items()}
    assert set(now) == set(committed)
    worse = {
        name: (now[name].median_error, was["median_error"])
        for name, was in committed.items()
        if now[name].n < was["n"] or now[name].median_error > was["median_error"] + 0.002
    }
    assert worse == {}


@pytest.mark.parametrize(
    ("kind", "family", "most", "least_within_25"),
    [
        ("decode", "local", 0.12, 0.8),
        ("decode", "servers", 0.12, 0.8),
        ("decode", "busy servers", 0.25, 0),
        ("prefill", "local", 0.2, 0),
    ],
)
def test_models_that_were_held_out_are_met_as_well_as_was_asked(kind, family, most, least_within_25):
    """The targets were set before anything was fitted; `benchmarks/fit_speed.py` writes what came out."""
    held = constants.fit_facts()["held_out"][kind][family]["model"]
    assert held["median_error"] <= most
    assert held["within_25"] >= least_within_25
    assert 0.75 <= held["covered"] <= 0.85


@pytest.mark.parametrize(
    ("kind", "family"), [("decode", "local"), ("decode", "servers"), ("decode", "busy servers"), ("prefill", "local")]
)
def test_four_of_five_chips_that_were_held_out_lie_in_the_interval(kind, family):
    """Each chip with a backend counts once: 498 of 594 prompts in llama.cpp are of one chip, and held 57.2 % of rows at
    a width of forty times."""
    held = constants.fit_facts()["held_out"][kind][family]["chip"]
    assert 0.75 <= held["covered"] <= 0.85
    spread = constants._read()[kind][family]["spread"]
    assert spread[constants.OTHER_CHIPS][1] / spread[constants.OTHER_CHIPS][0] < 4


def test_a_chip_of_a_class_that_was_never_measured_has_a_wider_interval():
    """Servers were measured on stacked memory alone: an RTX 4090 is less sure than an H200, neither of which was."""
    stacked, card = (
        constants.constants_of("decode", find_runtime("vllm"), find_chip(chip), "")
        for chip in ("h200-sxm-141gb", "rtx-4090")
    )
    assert stacked.scope == card.scope == constants.OTHER_CHIPS
    assert card.low < stacked.low < 1 < stacked.high < card.high


def test_a_class_that_a_backend_was_not_measured_on_takes_what_it_needs_elsewhere():
    """Chips that share memory with a processor reach less of their peak with prompts under every backend."""
    fitted = constants._read()["prefill"]["local"]
    assert "shared" not in fitted["classes"]["llama.cpp/cublas"]
    factor, is_known = constants._factor(fitted, "llama.cpp/cublas", find_chip("gb10-128gb"))
    assert (factor, is_known) == (fitted["any"]["shared"], False)
    assert factor > fitted["any"]["geforce"]


@pytest.mark.parametrize(
    ("chip", "half_sums", "eight"),
    [("rtx-3090", 142e12, 284e12), ("rtx-3060", 51e12, 102e12), ("rtx-a6000-48gb", 154.8e12, 309.6e12)],
)
def test_cards_for_games_add_up_in_32_bits_half_as_fast(chip, half_sums, eight):
    """Data sheets: 142 TFLOP/s with FP16 accumulation and 284 TOP/s on an RTX 3090, 102 on an RTX 3060; workstation's
    cards have one figure for both."""
    backends = {name: multiplied_as(LLAMA, name) for name in ("cuda", "cublas")}
    assert peaks_of(find_chip(chip), backends["cublas"]).of(4.5) == half_sums
    assert multiplied_as(LLAMA, "vulkan") == backends["cublas"]
    assert peaks_of(find_chip(chip), backends["cuda"]).of(4.5) == pytest.approx(eight)
    assert peaks_of(find_chip(chip), multiplied_as(find_runtime("vllm"), "")).wide == peak_of(find_chip(chip))


def test_four_of_five_measurements_lie_in_the_interval(compared):
    rows = [one for one in compared if compare.is_fitted(one.point)]
    covered = compare.summarize(rows).covered
    assert 0.75 <= covered <= 0.97, (
        covered
    )  # of rows that were fitted; of rows held out 75 to 85 %, which the page shows


def test_rows_that_leave_something_unsaid_are_never_fitted():
    rows = [point for point in load_points() if point.source.inferred]
    assert rows
    assert not any(compare.is_fitted(point) for point in rows)
    assert constants.fit_facts()["fitted"] == sum(compare.is_fitted(point) for point in load_points())


def test_every_measurement_names_a_known_kind_chip_model_and_format():
    for point in load_points():
        assert point.kind in KINDS
        assert point.chip in chip_ids()
        assert point.engine in RUNTIMES
        assert point.value > 0
        assert compare.precision_of_point(point).weights > 0
        assert point.address.startswith("https://")


@pytest.mark.parametrize(
    ("pull", "model", "chip", "n_new", "tokens_per_s"),
    [
        (11583, "gemma-2b", "rtx-3090", 16384, 11162.57),
        (6646, "gemma-2b", "rtx-3090", 4096, 13149.46),
        (3816, "llama-2-7b", "rtx-3090-ti", 512, 4851.38),
    ],
)
def test_llama_cpp_multiplies_f16_with_cublas_without_being_told(pull, model, chip, n_new, tokens_per_s):
    """llama-bench in micro-batches of 512, https://github.com/ggml-org/llama.cpp/pull/…; none of these was fitted."""
    found = estimate.prefill_timing(load_model(model), setup(chip, "llama.cpp"), n_new=n_new)
    assert 0.85 < n_new / found.expected / tokens_per_s < 1.3, pull


def test_extra_time_at_depth_is_the_cache_read_at_nearly_the_full_bandwidth():
    """On a chip of 256 GB/s, what Qwen3.6-27B takes longer at depth divides into our bytes at 200 to 256 GB/s."""
    profile = cost_profile(load_model("qwen3.6-27b"))
    rows = [
        point
        for point in load_points()
        if point.model == "qwen3.6-27b" and point.kind == "decode" and point.backend == "rocm" and "curve" in point.path
    ]
    found = []
    for path in {point.path for point in rows}:
        mine = {point.n_past: point.seconds for point in rows if point.path == path}
        for n_past in set(mine) - {0}:
            n_bytes = ideal_cache_bytes(profile, n_tokens=n_past) - ideal_cache_bytes(profile, n_tokens=0)
            found.append(n_bytes / (mine[n_past] - mine[0]))
    assert len(found) > 10
    assert 200e9 < median(found) < 256e9


def test_an_estimate_grows_with_context_and_batch_and_shrinks_with_bandwidth():
    model = load_model("llama-3.1-8b")
    one = estimate.decode_timing(model, setup(), n_past=1000)
    assert estimate.decode_timing(model, setup(), n_past=50_000).expected > one.expected
    assert estimate.decode_timing(model, setup(), n_past=1000, batch_size=64).expected > one.expected
    faster = setup()
    faster = replace(faster, chip=replace(faster.chip, bandwidth_bytes_per_s=2 * faster.chip.bandwidth_bytes_per_s))
    assert estimate.decode_timing(model, faster, n_past=1000).expected < one.expected


def test_bound_low_expected_and_high_stand_in_order():
    for model_id in ("llama-3.1-8b", "qwen3-30b-a3b", "deepseek-v3.2", "jamba-v0.1"):
        for chip in ("b200-sxm-180gb", "rtx-3090", "mi300x-192gb"):
            for engine in RUNTIMES:
                model, on = load_model(model_id), setup(chip, engine, weights=8)
                for found in (
                    estimate.decode_timing(model, on, n_past=2000, batch_size=4),
                    estimate.prefill_timing(model, on, n_new=2000),
                ):
                    assert 0 < found.bound <= found.low <= found.expected <= found.high, (model_id, chip, engine)
                    assert found.floor + found.collectives < found.expected * 2


def test_layers_of_a_step_are_read_one_card_after_the_other_and_tensors_all_at_once():
    """Several cards of llama.cpp give a token no faster; a server's do. XiongjieDai: 16.29, 16.89, 16.93 tokens/s."""
    rows = [p for p in load_points() if p.chip == "rtx-3090" and p.format == "Q4_K_M" and p.model == "llama-3-70b"]
    measured = {point.n_chips: point.value for point in rows if point.kind == "decode"}
    assert measured[6] / measured[2] < 1.05
    model = count(load_model("llama-3-70b"))
    terms = {
        (engine, n): step_terms(
            model,
            find_chip("rtx-3090"),
            setup("rtx-3090", engine, n).sharing,
            n_past=512,
            batch_size=1,
            precision=Precision(weights=4.9),
        )["weights_mix"]
        for engine in ("llama.cpp", "vllm")
        for n in (1, 4)
    }
    assert terms["llama.cpp", 4] == terms["llama.cpp", 1]
    assert terms["vllm", 4] == terms["vllm", 1] / 4


def test_experts_are_read_as_often_as_they_are_expected_to_be_visited():
    """Brute force: tokens choose 8 of 128 experts at random, and the distinct ones are counted."""
    import random

    model, draw = count(load_model("qwen3-30b-a3b")), random.Random(1)
    profile = model.profile
    (group,) = profile.experts
    trials = [
        len({expert for _ in range(12) for expert in draw.sample(range(group.n_experts), group.top_k)})
        for _ in range(400)
    ]
    visited = sum(trials) / len(trials)
    sharing = setup().sharing
    terms = step_terms(model, find_chip("rtx-4090"), sharing, n_past=0, batch_size=12, precision=Precision())
    n_bytes = terms["experts_16"] * find_chip("rtx-4090").bandwidth_bytes_per_s
    assert n_bytes == pytest.approx(visited * group.n_layers * group.expert_params * 2, rel=0.01)
    assert read_weight_bytes(profile, n_tokens=12) == pytest.approx(
        n_bytes + terms["weights_16"] * find_chip("rtx-4090").bandwidth_bytes_per_s
    )


def test_layers_are_counted_by_what_they_do():
    found = count_layers(load_model("qwen3.6-35b-a3b"))
    assert (found.n_layers, found.n_expert, found.n_recurrent) == (40, 40, 30)
    assert count_layers(load_model("deepseek-v3")).n_latent == 61
    assert count_layers(load_model("llama-3.1-8b")).n_expert == 0


def test_a_prompt_in_small_pieces_reads_its_weights_more_often():
    model, chip = count(load_model("llama-3.1-8b")), find_chip("rtx-4090")
    whole, pieces = (
        prompt_terms(model, chip, setup().sharing, n_new=4096, n_past=0, micro_batch=m, precision=Precision())
        for m in (4096, 512)
    )
    assert pieces["reads"] == 8 * whole["reads"]
    assert pieces["attention"] == whole["attention"]


def test_chips_without_measurements_say_so_and_are_less_sure():
    known = constants.constants_of("decode", LLAMA, find_chip("rtx-4090"), "cuda")
    other = constants.constants_of("decode", LLAMA, find_chip("rtx-3060"), "cuda")
    assert known.scope == constants.SAME
    assert other.scope == constants.OTHER_CHIPS
    assert other.low <= known.low
    assert other.high >= known.high
    assert (
        constants.constants_of("decode", find_runtime("sglang"), find_chip("h20-96gb"), "").scope
        == constants.OTHER_ENGINES
    )


def test_the_size_of_a_file_says_what_its_experts_take():
    """llama-bench prints 21.27 GiB for Qwen3.6-35B-A3B UD-Q4_K_XL: five bits and a little for each expert's weight."""
    model = load_model("qwen3.6-35b-a3b")
    found = precision_of_file(model, "UD-Q4_K_XL", 22_842_671_616)
    assert found.weights == 8.5
    assert 4.9 < found.expert_bits < 5.3
    assert precision_of(model, "ud-q4_k_xl").expert_bits == pytest.approx(found.expert_bits, rel=0.05)


def test_bad_input_is_one_clear_error():
    with pytest.raises(ValueError, match="q4_k_m"):
        precision_of(load_model("qwen3-8b"), "Q4_KM")
    with pytest.raises(EngineError, match=r"llama\.cpp"):
        find_runtime("lama")
    with pytest.raises(EngineError, match="cuda"):
        backend_of(LLAMA, find_chip("rtx-4090"), "opencl")
    with pytest.raises(WrongSize, match="too few"):
        precision_of_file(load_model("qwen3.6-35b-a3b"), "UD-Q4_K_XL", 1e9)
    with pytest.raises(UnknownPeak, match="Apple"):
        estimate.prefill_timing(load_model("llama-3.1-8b"), setup("m3-max-128gb", "llama.cpp"), n_new=100)


def run(capsys, *words):
    from llmnotes.cli import main

    status = main(["speed", *words])
    streams = capsys.readouterr()
    return status, streams.out, streams.err


def test_the_verb_gives_what_a_script_needs(capsys):
    status, out, _ = run(
        capsys, "qwen3-8b", "--chip", "rtx-4090", "--tokens", "8k", "--weights", "Q4_K_M", "--kv", "q8_0", "--json"
    )
    found = json.loads(out)
    assert status == 0
    assert found["bits"]["cache"] == 8.5
    assert 4.7 < found["bits"]["weights"] < 5.1
    for part in ("decode", "prefill"):
        assert found[part]["low"] <= found[part]["expected"] <= found[part]["high"] <= found[part]["bound"]
    assert found["decode"]["expected"] == pytest.approx(1 / found["decode"]["step_seconds"]["expected"])
    assert found["prefill"]["time_to_first_token"]["expected"] == pytest.approx(8192 / found["prefill"]["expected"])


def test_a_batch_is_told_in_all_and_for_each_user(capsys):
    _, out, _ = run(
        capsys, "qwen3-8b", "--chip", "h100-sxm-80gb", "--engine", "vLLM", "--batch", "32", "--tokens", "1k", "--json"
    )
    found = json.loads(out)["decode"]
    assert found["per_user"]["expected"] * 32 == pytest.approx(found["expected"])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_verb_says_whose_measurements_it_rests_on(capsys, lang):
    status, out, _ = run(
        capsys, "qwen3-8b", "--chip", "rtx-3060", "--tokens", "4k", "--weights", "Q4_K_M", "--lang", lang
    )
    assert status == 0
    assert ("spread over other chips" in out) == (lang == "en")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--chip", "rtx-4091"], "rtx-4090"),
        (["--chip", "rtx-4090", "--engine", "lama"], "llama.cpp"),
        (["--chip", "rtx-4090", "--weights", "Q4KM"], "q4_k_m"),
        (["--chip", "rtx-4090", "--kv", "q3"], "q3"),
        (["--chip", "rtx-4090", "--backend", "metall"], "metal"),
    ],
)
def test_bad_words_end_with_status_2_and_a_remedy(capsys, words, said):
    status, out, err = run(capsys, "qwen3-8b", *words)
    assert status == 2
    assert out == ""
    assert said in err
    assert err.count("\n") == 1


def test_offload_tells_the_flags_and_the_speed_of_one_sequence(capsys):
    words = ["qwen3-30b-a3b", "--chip", "rtx-3060", "--weights", "Q4_K_M", "--tokens", "8k", "--offload", "--json"]
    status, out, _ = run(capsys, *words)
    found = json.loads(out)
    assert status == 0
    assert found["offload"]["flags"].startswith("-ngl 99 --n-cpu-moe ")
    assert found["offload"]["card_bytes"] <= found["offload"]["room_bytes"]
    assert found["decode"]["scope"] == "offload"
    status, _, err = run(capsys, *words, "--batch", "4")
    assert status == 2
    assert "--batch" in err


SWEPT = (("h200-sxm-141gb", "vllm", 8), ("b200-sxm-180gb", "tensorrt-llm", 1), ("rtx-4090", "llama.cpp", 1))


def test_no_model_of_the_registry_has_an_implausible_time():
    """Times are finite, in order, never fall with length or batch; a prompt is read faster than it would be written,
    and within fifty times what the chip could do at most (DeepSeek-V4's took two hundred times as long), where each
    chip has over a billion parameters to read: below, what every step costs is all that is left."""
    odd = []
    for model_id in model_ids():
        model = load_model(model_id)
        counted = count(model)
        for chip, engine, n_chips in SWEPT:
            on = setup(chip, engine, n_chips, weights=8)
            last = 0.0
            for n_past, batch_size in ((0, 1), (4096, 32), (100_000, 512)):
                step = estimate.decode_timing(counted, on, n_past=n_past, batch_size=batch_size)
                if not last <= step.bound <= step.low <= step.expected <= step.high < math.inf:
                    odd.append((model_id, chip, n_past, batch_size, step))
                last = step.bound
            last, one = 0.0, estimate.decode_timing(counted, on, n_past=0).expected
            for n_new in (64, 8192, 8193, 100_000):
                prompt = estimate.prefill_timing(counted, on, n_new=n_new)
                if not 0 < prompt.bound <= prompt.low <= prompt.expected <= prompt.high < math.inf:
                    odd.append((model_id, chip, n_new, prompt))
                if not last < prompt.expected < n_new * one:
                    odd.append((model_id, chip, n_new, prompt.expected, last, one))
                many = counted.profile.read_params > 1e9 * n_chips
                if n_new >= 8192 and many and prompt.expected > 50 * prompt.bound:
                    odd.append((model_id, chip, n_new, prompt.expected / prompt.bound))
                last = prompt.expected
    assert odd == []


def test_first_tokens_of_published_servers_lie_near_what_is_expected():
    """SGLang's cookbook, one request at a time, on one to eight chips (`data/timing/prompts.json`): dense, hybrid,
    with an indexer and with compressed attention. Before, DeepSeek-V4-Flash was expected after 3.4 s, not 0.2."""
    table = json.loads((DATA / "timing" / "prompts.json").read_text())
    ratios, covered = {}, []
    for row in table["rows"]:
        found = dict(zip(table["columns"], row, strict=True))
        model = load_model(found["model"])
        precision = precision_of(model, None if found["format"] == "published" else found["format"])
        on = estimate.Setup(find_chip(found["chip"]), find_runtime(table["engine"]), found["n_chips"], precision)
        told, seconds = estimate.prefill_timing(model, on, n_new=found["n_prompt"]), found["milliseconds"] / 1000
        ratios.setdefault(found["model"], []).append(told.expected / seconds)
        covered.append(told.low <= seconds <= told.high)
        assert told.bound < seconds
    assert len(covered) > 30
    assert sum(covered) / len(covered) >= 0.75
    assert {model for model, mine in ratios.items() if not 0.5 < median(mine) < 2} == set()


def test_a_part_that_nobody_measured_on_a_server_does_not_rule_it():
    """Where no row has a part, its constant is a guess: it may not be most of what is expected of a model."""
    for model_id in ("deepseek-v4-flash", "deepseek-v4-pro"):
        for n_chips in (1, 8):
            on = setup("h200-sxm-141gb", "vllm", n_chips, weights=8, experts=4.25)
            step = estimate.decode_timing(load_model(model_id), on, n_past=8192)
            assert step.parts["per_compressed_layer"] < step.expected / 2


def test_groups_of_attention_share_experts_and_send_tokens_to_them_and_back():
    """vLLM gathers all tokens before the experts and scatters sums after them (allgather_reducescatter): by hand, 64
    tokens of DeepSeek-V3 at 16 bits, 58 layers with experts, seven of eight parts sent, twice. Tensor parallelism adds
    up twice in each of 61 layers."""
    model, tokens = load_model("deepseek-v3"), 64
    groups = estimate.exchanged(model, replace(setup("h200-sxm-141gb", "vllm", 8), n_groups=8), n_tokens=tokens)
    tensors = estimate.exchanged(model, setup("h200-sxm-141gb", "vllm", 8), n_tokens=tokens)
    assert groups == pytest.approx(58 * 2 * tokens * 7168 * 2 * 7 / 8)
    assert tensors == pytest.approx(61 * 2 * 2 * tokens * 7168 * 2 * 7 / 8)


def test_groups_keep_step_with_the_fullest(capsys):
    words = ["deepseek-v3", "--chip", "h200-sxm-141gb", "--engine", "vllm", "--tokens", "4k", "--dp", "8", "--json"]
    told = {batch: json.loads(run(capsys, *words, "--batch", str(batch))[1]) for batch in (1, 8, 9, 16)}
    assert {facts["n_chips"] for facts in told.values()} == {8}
    seconds = {batch: facts["decode"]["step_seconds"]["expected"] for batch, facts in told.items()}
    assert seconds[1] == seconds[8] < seconds[9] == seconds[16]
    assert told[16]["decode"]["per_user"]["expected"] == pytest.approx(1 / seconds[16])
    first = told[8]["prefill"]
    assert first["expected"] == pytest.approx(8 * 4096 / first["time_to_first_token"]["expected"])
    for wrong in (["--chips", "12"], ["--engine", "llama.cpp"]):
        status, _, err = run(capsys, *words, *wrong)
        assert (status, err.count("\n")) == (2, 1)


def test_a_form_asked_for_is_that_of_the_published_file():
    """NVIDIA's Gemma 4 31B keeps attention in 16 bits: it takes 31 GiB of a card, and 18.5 with attention in 4 bits too
    (https://huggingface.co/LilaRest/gemma-4-31B-it-NVFP4-turbo). On one DGX Spark it decodes "at less than 10 tokens/s"
    (https://github.com/eugr/spark-vllm-docker/issues/193).
    """
    model, chip = load_model("gemma-4-31b"), find_chip("gb10-128gb")
    assert stored_weights(model, "nvfp4").running_bytes / 2**30 == pytest.approx(31, rel=0.03)
    assert stored_weights(replace(model, published_forms={}), "nvfp4").running_bytes / 2**30 < 20
    on = estimate.Setup(chip, find_runtime("vllm"), precision=precision_of(model, "nvfp4"))
    assert 1 / estimate.decode_timing(model, on, n_past=1000).bound < 10


def test_a_token_reads_a_row_of_a_table_beside_a_head_of_its_own():
    """NVFP4 leaves table and head in 16 bits: by hand, layers of 6,979,321,856 numbers at 4.5 bits and a head of
    525,336,576 at 16 are 4.98 GB; the file's mean would make it 5.6. A tied table is read whole."""
    llama, tied = load_model("llama-3.1-8b"), load_model("llama-3.2-1b")
    read = precision_of(llama, "nvfp4")
    assert read.weights * (8_030_261_248 - 525_336_576) / 8 == pytest.approx(4.977e9, rel=0.001)
    assert read.held_bits * 8_030_261_248 / 8 == pytest.approx(stored_weights(llama, "nvfp4").checkpoint_bytes)
    assert precision_of(tied, "nvfp4").weights == precision_of(tied, "nvfp4").held_bits
