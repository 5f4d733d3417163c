"""Logs that people published, explained: what agrees, what misleads, and what a broken log gets."""

import json
import runpy
from pathlib import Path

import pytest

from llmnotes.cli import main
from llmnotes.engines.logs import explain, state_bits_of
from llmnotes.engines.logs.telling import report_facts
from llmnotes.registry import find, model_ids

LOGS = Path(__file__).parent / "data" / "logs"
EXPECTED = json.loads((LOGS / "expected.json").read_text())


def found(model_id):
    entry = find(model_id)
    return entry.spec, state_bits_of(entry.config)


def explained(text, model=None):
    spec, bits = found(model) if model else (None, None)
    return explain(text, model=spec, state_bits=bits, ids=model_ids(), find=found)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_published_log_is_explained(name):
    text = (LOGS / name).read_text()
    assert text.startswith("# https://"), "every log names its source and date"
    report = explained(text, EXPECTED[name].get("model"))
    said = {(each.subject, each.said.text): each.verdict for each in report.findings}
    wanted = {(subject, text): verdict for subject, text, verdict in EXPECTED[name]["lines"]}
    assert {key: said.get(key) for key in wanted} == wanted


@pytest.mark.parametrize("name", sorted(EXPECTED))
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_finding_is_told_in_both_languages(name, lang):
    facts = report_facts(explained((LOGS / name).read_text(), EXPECTED[name].get("model")), lang)
    told = json.dumps(facts, ensure_ascii=False)
    assert "{" not in facts["title"] + facts["counts_text"]
    assert all(each["name"] and each["verdict_text"] for each in facts["findings"])
    assert not any("{" in each["why"] for each in facts["findings"])
    assert told


def test_the_cache_of_groups_in_tokens_is_no_capacity_and_the_right_number_stands_beside_it():
    """vLLM 0.24 holds 299 blocks of 2,096 tokens: one request may hold 293 of them, four with 63 and six for states."""
    report = explained((LOGS / "vllm-qwen3.6-35b-a3b.log").read_text())
    (tokens,) = [each for each in report.findings if each.subject == "tokens"]
    assert tokens.values["longest"] == f"{293 * 2096:,}"
    assert tokens.values["requests"] == f"{299 / 69:.2f}"


@pytest.mark.parametrize(
    ("length", "tokens", "requests"),
    [("32,768", "78,433", "2.39"), ("65,536", "116,025", "1.77"), ("131,072", "152,592", "1.16")],
)
def test_since_0_26_a_windowed_layer_keeps_room_for_two_passes(length, tokens, requests):
    """Gemma 4 26B-A4B in vLLM 0.29 on an Arc Pro B60: three starts over one pool (epsilonagentx/intel_arc_gpu_llm at
    3ee798b, UPSTREAM_VLLM_NOTES.md, section 7); with room for one pass the rule gives 107,169 tokens for the first."""
    text = (
        "vllm serve gemma-4-26b-a4b --max-num-batched-tokens 2496\n"
        "Initializing a V1 LLM engine (v0.29.0) with config: model='gemma-4-26b-a4b'\n"
        f"Available KV cache memory: 4.25 GiB\nGPU KV cache size: {tokens} tokens\n"
        f"Maximum concurrency for {length} tokens per request: {requests}x\n"
    )
    findings = {each.subject: each for each in explained(text, "gemma-4-26b-a4b").findings}
    assert findings["tokens"].derived == float(tokens.replace(",", ""))
    assert findings["concurrency"].verdict == "equal"


def test_requests_of_an_older_version_keep_one_state_each():
    """Qwen3-Next on two H200, vLLM of October 2025: 7,161 blocks, 482 of them for tokens and one for each group of
    states; tokens are counted by blocks there, a quarter of what one request may hold."""
    text = (
        "vllm serve Qwen/Qwen3-Next-80B-A3B-Instruct --tensor-parallel-size 2\n"
        "Available KV cache memory: 44.59 GiB\nGPU KV cache size: 973,760 tokens\n"
        "Maximum concurrency for 262,144 tokens per request: 14.77x\n"
    )
    verdicts = {each.subject: each.verdict for each in explained(text).findings}
    assert verdicts["tokens"] == "misleads"
    assert verdicts["concurrency"] == "equal"


def test_a_refusal_names_the_cheapest_change_first():
    report = explained((LOGS / "vllm-qwen3-coder-30b-refused.log").read_text(), "qwen3-30b-a3b")
    first, *_, last = report.remedies
    assert first.name == "shorter_requests"
    assert 34_700 < int(first.values["tokens"]) < 34_752
    assert last.name == "more_cards"


PIPELINE = (
    "vllm serve Qwen/Qwen3-32B --pipeline-parallel-size 2 --gpu-memory-utilization 0.426 --max-model-len 32768\n"
    "(Worker_PP0 pid=611) INFO [model_runner.py:329] Model loading took 30.52 GiB and 9.017490 seconds\n"
    "(Worker_PP0 pid=611) INFO [gpu_worker.py:563] Available KV cache memory: 6.92 GiB\n"
    "(EngineCore pid=411) INFO [kv_cache_utils.py:2235] GPU KV cache size: 56,640 tokens\n"
    "(EngineCore pid=411) INFO [kv_cache_utils.py:2236] Maximum concurrency for 32,768 tokens per request: 1.73x\n"
)


@pytest.mark.parametrize(
    ("text", "model_id", "needed"),
    [
        ("[TensorRT-LLM][INFO] Using 10718 tokens in paged KV cache.", "llama-2-7b", "Allocate … bytes for k/v cache"),
        (
            "ValueError: The model's max seq len (163840) is larger than the maximum number of tokens that can be "
            "stored in KV cache (13360). Try increasing gpu_memory_utilization or decreasing max_model_len",
            "deepseek-v2",
            "Available KV cache memory",
        ),
    ],
)
def test_a_line_that_is_not_derived_names_the_line_that_is_missing(text, model_id, needed):
    """NVIDIA/TensorRT-LLM 224 and deepseek-ai/DeepSeek-V2 83, of which the threads quote no other line."""
    facts = report_facts(explain(text, model=find(model_id).spec), "en")
    assert needed in json.dumps(facts, ensure_ascii=False)


@pytest.mark.parametrize("option", ["--pipeline-parallel-size 2", "-pp 2"])
def test_a_stage_of_a_pipeline_holds_its_own_layers_alone(option):
    """Two cards of 40.5 GiB in vLLM 0.27.1: kubesimplify/website at 8b1d2a5, content/blog/
    running-a-single-llm-across-two-gpus-with-vllm.md (2026-08-18)."""
    findings = {
        each.subject: each for each in explained(PIPELINE.replace("--pipeline-parallel-size 2", option)).findings
    }
    assert findings["tokens"].verdict == findings["concurrency"].verdict == "equal"
    assert abs(findings["weights"].derived / 2**30 - 30.52) < 0.02


def test_the_stage_with_the_least_room_for_its_layers_decides():
    """The same server if the second card had a GiB less: that stage's memory is divided, whichever is named last."""
    short = "(Worker_PP1 pid=612) INFO [gpu_worker.py:563] Available KV cache memory: 5.92 GiB\n"
    lines = PIPELINE.splitlines(keepends=True)
    text = "".join([lines[0], short, *lines[1:]])
    (tokens,) = [each for each in explained(text).findings if each.subject == "tokens"]
    assert tokens.derived < 5.93 * 2**30 / (32 * 8 * 128 * 2 * 2)


def test_a_version_that_counts_every_layer_against_one_card_is_told_from_a_lack_of_memory():
    """vLLM 0.15 refused GLM-4.7 on eight cards (vllm#32105); its authors mended the check (pull request 33698)."""
    report = explained((LOGS / "vllm-glm-4.7-eight-stages.log").read_text())
    assert [each.name for each in report.remedies][:2] == ["newer_version", "shorter_requests"]
    assert report.remedies[1].values["tokens"] == "81392"


def test_weights_that_do_not_fit_at_all_are_named_for_it():
    """One card of 40.5 GiB for the 61 GiB of Qwen3 32B (the same article): no setting of the cache helps."""
    text = (
        "vllm serve Qwen/Qwen3-32B --gpu-memory-utilization 0.426\n"
        "INFO [weight_utils.py:867] Filesystem type for checkpoints: EXT4. Checkpoint size: 61.02 GiB.\n"
        "INFO [gpu_worker.py:563] Available KV cache memory: -24.42 GiB\n"
    )
    findings = {each.subject: each for each in explained(text).findings}
    assert findings["checkpoint"].verdict == "equal"
    assert findings["available"].why == "nothing_left"
    assert findings["available"].values == {"missing": "24.42 GiB"}


def test_a_cache_of_which_no_line_states_keys_and_values_is_derived_from_the_context():
    """A log that prints warnings and buffers alone: the 144 MiB of 4,096 tokens (SciSharp/LLamaSharp#1099)."""
    text = "llama_context: n_ctx = 4096\nllama_kv_cache_init:      CUDA0 KV buffer size =   144.00 MiB\n"
    (cache,) = explained(text, "qwen2.5-3b").findings
    assert (cache.subject, cache.verdict) == ("cache", "equal")


def test_the_share_that_graphs_leave_is_derived_where_the_memory_of_the_card_is_named():
    """vLLM 0.21 on an RTX 3090 (club-3090#127): 0.17 GiB of recorded graphs off 0.92 of the 23.58 GiB that such a card
    shows (vllm#10517)."""
    text = (
        "INFO [gpu_model_runner.py:6143] Estimated CUDA graph memory: 0.17 GiB total\n"
        "INFO [gpu_worker.py:475] The current --gpu-memory-utilization=0.9200 is equivalent to "
        "--gpu-memory-utilization=0.9129 without CUDA graph memory profiling. To maintain the same effective KV cache "
        "size as before, increase --gpu-memory-utilization to 0.9271.\n"
        "INFO [gpu_worker.py:1] Free memory on device (23.3/23.58 GiB) on startup.\n"
    )
    (share,) = [each for each in explained(text).findings if each.subject == "share"]
    assert share.verdict == "equal"
    assert share.values["same"] == "0.9271"


def test_the_check_of_one_request_of_compressed_attention_is_derived_to_the_digit():
    """vLLM 0.22 refused 30,000 tokens of DeepSeek-V4-Flash on two GH200 (vllm#44376): 16,384 tokens in a pass."""
    text = (
        "vllm serve deepseek-ai/DeepSeek-V4-Flash -tp 2 --kv-cache-dtype fp8 --max-num-batched-tokens 16384\n"
        "ValueError: To serve at least one request with the model's max seq len (30000), (6.66 GiB KV cache is needed, "
        "which is larger than the available KV cache memory (5.44 GiB). Based on the available memory, the estimated "
        "maximum model length is 13528.\n"
    )
    report = explained(text)
    assert {each.subject: each.verdict for each in report.findings} == {"needed": "equal", "longest": "equal"}
    assert report.remedies[0].name == "shorter_requests"
    assert abs(int(report.remedies[0].values["tokens"]) - 13_528) <= 16


SECRETS = (
    "vllm serve /home/alice/models/Qwen3-32B --api-key sk-verysecret --max-model-len 4096\n"
    "HF_TOKEN=hf_abcdef python -m vllm.entrypoints.openai.api_server --model /mnt/alice/x --tensor-parallel-size 2\n"
    "INFO Available KV cache memory: 8.11 GiB\n"
    "INFO GPU KV cache size: 178,880 tokens\n"
    "llama_kv_cache_unified: RPC[10.1.2.3:50052] KV buffer size =   656.00 MiB\n"
    "llama_kv_cache_unified: size =  656.00 MiB (  4096 cells,  41 layers,  1/1 seqs),"
    " K (f16):  328.00 MiB, V (f16):  328.00 MiB\n"
)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_secrets_paths_and_addresses_are_not_echoed(lang, tmp_path, capsys):
    log = tmp_path / "server.log"
    log.write_text(SECRETS)
    for arguments in ([], ["--json"]):
        assert main(["explain", str(log), "--lang", lang, *arguments]) == 0
        told = capsys.readouterr().out
        for secret in ("alice", "sk-very", "hf_abc", "10.1.2.3", "/mnt", "/home"):
            assert secret not in told


GOOD = "INFO vllm Available KV cache memory: 8.11 GiB\n"
BAD = {
    "of another program": ("systemd[1]: Started Session 2 of user root.\n" * 5, "no_engine", 0),
    "empty": ("", "empty", 0),
    "with control characters": (GOOD.replace("KV cache", "KV\x00 \x1b[32mcache\x07"), "control_characters", 1),
    "cut in the middle": (GOOD + "INFO GPU KV cache si", "cut", 1),
    "with a line without end": ("x" * 40_000 + "\n" + GOOD, "long_line", 1),
    "not text": (bytes(range(128, 256)).decode("utf-8", "replace") + "\n" + GOOD, "undecodable", 1),
    "of an unknown version": (GOOD, "no_version", 1),
    "with contradicting flags": (
        "vllm serve m --max-model-len 4096\nvllm serve m --max-model-len 8192\n" + GOOD,
        "contradiction",
        1,
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_log_gets_one_line_and_the_rest_is_explained(kind):
    text, problem, n_findings = BAD[kind]
    report = explained(text)
    assert problem in [each.name for each in report.problems]
    assert len(report.findings) == n_findings
    for lang in ("en", "zh"):
        (told,) = [each["text"] for each in report_facts(report, lang)["problems"] if each["name"] == problem]
        assert told.isprintable()
        assert "{" not in told


def test_contradicting_flags_are_named_with_their_lines():
    report = explained(BAD["with contradicting flags"][0])
    (problem,) = [each for each in report.problems if each.name == "contradiction"]
    assert problem.values == {"name": "max_model_len", "a": "4096", "b": "8192", "line_a": "1", "line_b": "2"}


def test_a_command_that_goes_on_over_lines_is_read_whole():
    text = "llama-server \\\n  -m x.gguf \\\n  --ctx-size 8192 \\\n  -np 2\n"
    text += "llama_kv_cache_iswa: creating non-SWA KV cache, size = 8192 cells\n"
    (cells,) = explained(text, "gpt-oss-20b").findings
    assert (cells.verdict, cells.formula) == ("equal", "pad(8,192 / 1, 256)")


def test_a_long_log_is_read_within_seconds():
    """Twenty megabytes of requests with one line that matters."""
    import time

    text = 'INFO:     127.0.0.1:52 - "POST /v1/chat/completions HTTP/1.1" 200 OK\n' * 280_000 + GOOD
    start = time.process_time()
    assert len(explained(text).findings) == 1
    assert time.process_time() - start < 30


def test_a_log_of_powershell_is_read(tmp_path, capsys):
    log = tmp_path / "server.log"
    log.write_bytes(GOOD.encode("utf-16"))
    assert main(["explain", str(log), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["findings"][0]["said"] == 8.11 * 2**30


@pytest.mark.parametrize(
    "arguments", [["nowhere.log"], ["--model", "no-such-model", "{log}"], ["--config", "no.json", "{log}"]]
)
def test_what_cannot_be_read_is_one_line(arguments, tmp_path, capsys):
    log = tmp_path / "server.log"
    log.write_text(GOOD)
    assert main(["explain", *(each.format(log=log) for each in arguments)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_log_of_another_model_than_the_one_given_uses_its_own_shape():
    text = (
        "print_info: arch = llama\nprint_info: n_embd = 2048\nprint_info: n_layer = 16\n"
        "print_info: n_embd_k_gqa = 512\nprint_info: n_embd_v_gqa = 512\nprint_info: n_vocab = 128256\n"
        "llama_context: n_ctx = 4096\n"
        "llama_kv_cache: size =  128.00 MiB (  4096 cells,  16 layers,  1/1 seqs),"
        " K (f16):   64.00 MiB, V (f16):   64.00 MiB\n"
        " K (f16):   64.00 MiB, V (f16):   64.00 MiB\n"
    )
    report = explained(text, "llama-3.1-8b")
    assert [each.name for each in report.problems if each.name == "other_model"] == ["other_model"]
    assert [each.verdict for each in report.findings if each.subject == "cache"] == ["equal"]


def test_slots_that_a_later_line_names_are_those_of_the_buffers_before_it():
    """llama-server b9849 with the number of slots left open (HilbertraumAI/HilbertRaum#318): four rows of logits, and
    windows of four sequences; no smaller pass is offered for logits that it does not keep."""
    report = explained((LOGS / "llama.cpp-gemma-4-e2b-slots-left-open.log").read_text(), "gemma-4-e2b")
    (windowed,) = [each for each in report.findings if each.subject == "cells_windowed"]
    assert windowed.formula == "pad(min(8,192, 512 × 4 + 2,048), 256)"
    saved = {each.name: each.values["saved"] for each in report.remedies if "saved" in each.values}
    assert "smaller_pass" not in saved or float(saved["smaller_pass"].split()[0].replace(",", "")) < 560.07 / 2


@pytest.mark.parametrize(
    ("arguments", "cells", "verdict"), [("-np 8", 2048, "equal"), ("-np 8 -kvu", 16384, "equal"), ("", 16384, "equal")]
)
def test_slots_that_are_asked_for_have_caches_of_their_own_unless_told(arguments, cells, verdict):
    """`--kv-unified`: "default: enabled if number of slots is auto" (llama-server --help)."""
    text = f"llama-server -m gpt-oss-20b.gguf -c 16384 {arguments}\ncreating non-SWA KV cache, size = {cells} cells\n"
    (found,) = [each for each in explained(text, "gpt-oss-20b").findings if each.subject == "cells"]
    assert found.verdict == verdict


def test_the_cache_of_an_unknown_model_tells_what_a_token_takes():
    """Trinity Nano in llama.cpp: 56 layers of 256 numbers of keys and of values, 14 of them at full length."""
    text = (
        "llama_kv_cache: size = 1792.00 MiB (131072 cells,  14 layers,  1/1 seqs),"
        " K (f16):  896.00 MiB, V (f16):  896.00 MiB\n"
    )
    (cache,) = explained(text).findings
    assert (cache.verdict, cache.why) == ("input", "told_by_its_rows")
    assert cache.values == {"key": "256", "value": "256", "bytes": "14,336 B"}


def test_a_build_of_2023_tells_its_cache_in_one_number_of_megabytes():
    text = "llama_new_context_with_model: kv self size  =  256.00 MB\n"
    report = explained(text, "llama-2-7b")
    (cache,) = report.findings
    assert cache.values == {"tokens": "512"}
    saved = [each.values["saved"] for each in report.remedies if each.name == "half_context"]
    assert saved in ([], ["128 MiB"])


@pytest.mark.parametrize(("requests", "n_short"), [("18.44", "124"), ("18.02", "107")])
def test_the_requests_that_a_log_prints_say_whether_prefixes_are_cached(requests, n_short):
    """Qwen3.6 35B-A3B on a DGX Spark keeps one state in each of three groups; two of them where prefixes are cached."""
    text = (LOGS / "vllm-qwen3.6-35b-a3b-no-prefixes.log").read_text().replace("'enable_prefix_caching': False, ", "")
    findings = {each.subject: each for each in explained(text.replace("18.44x", f"{requests}x")).findings}
    assert findings["concurrency"].verdict == "equal"
    assert findings["tokens"].values["requests"] == requests
    assert findings["tokens"].values["n_short"] == n_short


def test_what_an_engine_makes_of_a_format_is_no_contradiction():
    report = explained((LOGS / "vllm-nemotron-3-super.log").read_text())
    assert not [each for each in report.problems if each.name == "contradiction"]


DRAFTED = (
    "[2026-10-02 00:39:40] Mamba Cache is allocated. max_mamba_cache_size: 64, conv_state size: 0.07GB,"
    " ssm_state size: 3.05GB intermediate_ssm_state_cache size: 48.75GB intermediate_conv_window_cache size: 0.43GB\n"
    "[2026-10-02 00:39:41] KV Cache is allocated. dtype: torch.bfloat16, #tokens: 295950,"
    " K size: 4.52 GB, V size: 4.52 GB\n"
    "[2026-10-02 00:39:41] Memory pool end. avail mem=21.57 GB\n"
    "[2026-10-02 00:39:42] KV Cache is allocated. dtype: torch.bfloat16, #tokens: 295950,"
    " K size: 3.39 GB, V size: 3.39 GB\n"
)


def test_pools_of_a_draft_are_told_from_those_of_the_model():
    """A model with 24 states and 8 attention layers that drafts 16 tokens for 64 requests and one spare (SGLang)."""
    findings = explained(DRAFTED, "qwen3.5-9b").findings
    verdicts = {(each.subject, each.said.text): each.verdict for each in findings}
    assert verdicts["cache_keys", "4.52 GiB"] == verdicts["state", "3.05 GiB"] == "equal"
    assert verdicts["beside", "3.39 GiB"] == "input"
    (drafts,) = [each for each in findings if each.subject == "state_drafts"]
    assert abs(int(drafts.values["n"].replace(",", "")) - 65 * 16) <= 3


def test_the_line_at_the_head_of_the_page_is_explained_as_the_page_explains_it(root):
    told = runpy.run_path(str(root / "snippets/explain/line.py"))["compute"]()
    (line,) = [
        one for one in explained((LOGS / "vllm-qwen3.6-35b-a3b.log").read_text()).findings if one.subject == "tokens"
    ]
    assert (line.verdict, int(line.said.value)) == ("misleads", told["logged"].value)
    said = {name: line.values[name].replace(",", "") for name in ("longest", "length", "short", "n_short", "requests")}
    shown = {"longest": "alone", "length": "length", "short": "short", "n_short": "fit"}
    assert {name: int(said[name]) for name in shown} == {name: told[key].value for name, key in shown.items()}
    assert float(said["requests"]) == round(told["requests"].value, 2)
    assert told["full"].value + told["groups"].value * told["state"].value == told["short_each"].value
    # llama.cpp, issue 15009, prints 6564.00 MiB.
    assert told["home"]["mib"].value == 6564


def found_in(name, subject):
    report = explained((LOGS / name).read_text(), EXPECTED[name].get("model"))
    return next(each for each in report.findings if each.subject == subject), report


def test_a_cache_of_latents_multiplied_out_is_told_from_one_of_latents():
    """ollama of January 2025 keeps 24,576 + 16,384 numbers a layer: 9.5 GiB are 2,048 tokens, not 145,000."""
    cache, _ = found_in("ollama-deepseek-v3-latents-rebuilt.log", "cache")
    assert (cache.why, cache.also, cache.values) == ("implied_context", "latents_rebuilt", {"tokens": "2,048"})


def test_a_version_without_groups_is_offered_no_option_that_it_lacks():
    """Llama 4 Scout on eight cards in vLLM of April 2025: all 48 layers hold every token, 9.97 of 24 GiB are there."""
    needed, report = found_in("vllm-llama-4-no-groups.log", "needed")
    assert (needed.also, needed.derived) == ("cards_and_groups_off", 24 * 2**30)
    assert report.remedies[0].name == "shorter_requests"
    assert abs(int(report.remedies[0].values["tokens"]) - 2**20 * 9.97 / 24) < 300
    assert "groups_on" not in [each.name for each in report.remedies]


def test_where_the_rule_gives_another_number_the_advice_keeps_to_the_log():
    text = (
        "vllm serve meta-llama/Llama-3.1-8B-Instruct -tp 1\n"
        "ValueError: To serve at least one request with the models's max seq len (131072), (21.00 GiB KV cache is"
        " needed, which is larger than the available KV cache memory (7.00 GiB). Try increasing\n"
    )
    report = explained(text, "llama-3.1-8b")
    assert [each.why for each in report.findings if each.subject == "needed"] == ["needed_differs"]
    assert report.remedies[0].values["tokens"] == str(131_072 // 3 // 16 * 16)


def test_weights_of_one_of_many_cards_are_not_divided_among_all_parameters():
    """21.21 GiB on each of sixteen cards would be a quarter of a bit for each of DeepSeek-R1's parameters."""
    weights, _ = found_in("vllm-deepseek-r1-awq-16-cards.log", "weights")
    assert weights.why == "weights_of_one_rank"


def test_states_that_an_older_version_counted_by_windows_are_derived_to_the_digit():
    each, _ = found_in("sglang-deepseek-v4-pro-may-2026.log", "token_bytes")
    assert each.why == "states_by_windows_and_drafts"
    assert abs(each.derived - 23_749.84) < 0.01


REFUSED = (
    "(VllmWorker rank=1 pid=2978) ERROR 03-19 07:27:53 torch.OutOfMemoryError: CUDA out of memory. Tried to allocate"
    " 1.74 GiB. GPU 1 has a total capacity of 23.57 GiB of which 605.88 MiB is free. Process 133288 has 22.97 GiB"
    " memory in use. Of the allocated memory 20.21 GiB is allocated by PyTorch, with 128.00 MiB allocated in private"
    " pools (e.g., CUDA Graphs), and 185.98 MiB is reserved by PyTorch but unallocated.\n"
)
SAMPLED = (
    "RuntimeError: CUDA out of memory occurred when warming up sampler with 1024 dummy requests. Please try lowering"
    " `max_num_seqs` or `gpu_memory_utilization` when initializing the engine.\n"
)
OLDER = (
    "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 23.69 GiB total capacity;"
    " 15.00 GiB already allocated; 1.50 GiB free; 21.00 GiB reserved in total by PyTorch)\n"
)


def test_a_refusal_of_the_allocator_names_who_held_the_card():
    """vLLM 0.8.0 in a container (vllm#15105), and the trial of sampling that fails so (vllm#14452)."""
    (failed, sampled) = explained(REFUSED + SAMPLED, "llama-3.1-70b").findings
    assert failed.values == {"free": "605.88 MiB", "total": "23.57 GiB", "own": "22.97 GiB", "others": "0.01 GiB"}
    assert sampled.formula.startswith("1,024 × 128,256 × 4 B = 0.49 GiB")


def test_a_refusal_after_the_pool_was_cut_asks_for_a_smaller_share():
    pooled = "INFO Available KV cache memory: 2.10 GiB\n" + REFUSED + SAMPLED
    remedies = {each.name: each.values for each in explained(pooled, "llama-3.1-70b").remedies}
    # 1.74 GiB asked for, 605.88 MiB free, on 23.57 GiB.
    assert remedies["smaller_share"] == {"less": "0.05", "missing": "1,176 MiB"}
    assert remedies["fewer_requests"] == {"now": "1,024", "then": "256"}


def test_memory_that_the_allocator_holds_in_pieces_is_told_from_memory_that_is_gone():
    (first, *_) = explained(OLDER).remedies
    assert (first.name, first.values["idle"]) == ("expandable_segments", "6,144 MiB")


def test_pages_of_eight_bits_are_told_where_the_log_does_not_name_the_format():
    """Llama 3.1 8B in FP8 on a card of 32 GB, TensorRT-LLM 0.17: 263,008 tokens of 65,536 B."""
    text = (
        "[TensorRT-LLM][INFO] Number of tokens per block: 32.\n"
        "[TensorRT-LLM][INFO] [MemUsageChange] Allocated 16.05 GiB for max tokens in paged KV cache (263008)\n"
    )
    report = explained(text, "llama-3.1-8b")
    (cache,) = [each for each in report.findings if each.subject == "cache"]
    assert (cache.why, cache.derived) == ("bits_or_cards", 263_008 * 65_536)
    assert "cache_fp8_tokens" not in [each.name for each in report.remedies]
    known = explained("[TensorRT-LLM][INFO] MPI size: 1, rank: 0\n" + text, "llama-3.1-8b")
    assert "cache_in_bits" in [each.why for each in known.findings]


def test_memory_outside_pytorch_is_no_weight():
    """gpt-oss-120b on a DGX Spark in TensorRT-LLM 1.1."""
    text = (
        "[TRT-LLM] [I] Memory used after loading model weights (inside torch) in memory usage profiling: 63.52 GiB\n"
        "[TRT-LLM] [I] Memory used after loading model weights (outside torch) in memory usage profiling: 49.78 GiB\n"
    )
    said = [(each.subject, each.said.text) for each in explained(text, "gpt-oss-120b").findings]
    assert said == [("weights", "63.52 GiB"), ("outside", "49.78 GiB")]


def test_what_ollama_plans_is_derived_from_the_shape_that_its_runner_prints():
    text = (
        'time=2026-02-25 level=INFO source=device.go:251 msg="kv cache" device=Metal size="1.2 GiB"\n'
        "msg=load request={Operation:commit Parallel:1 BatchSize:512 KvSize:32768 KvCacheType: NumThreads:4}\n"
        "print_info: arch             = chatglm\nprint_info: n_embd           = 4096\n"
        "print_info: n_layer          = 40\nprint_info: n_embd_k_gqa     = 256\nprint_info: n_embd_v_gqa     = 256\n"
        "llama_kv_cache: size = 1280.00 MiB ( 32768 cells,  40 layers,  1/1 seqs),"
        " K (f16):  640.00 MiB, V (f16):  640.00 MiB\n"
    )
    verdicts = [(each.engine, each.verdict) for each in explained(text).findings if each.subject == "cache"]
    assert verdicts == [("ollama", "equal"), ("llama.cpp", "equal")]


def test_several_options_that_no_line_shows_are_found_together():
    """Two RTX 3090 and a cache of 8 bits (club-3090#104): 411 blocks, 174 of them for one longest request."""
    tokens, _ = found_in("vllm-qwen3.6-27b-options-not-shown.log", "tokens")
    assert tokens.also == "several_options"
    assert tokens.values["options"] == "--tensor-parallel-size 2; --kv-cache-dtype fp8"
    assert tokens.formula == "411 / 174 × 262,144"


def test_ranks_that_write_say_how_many_cards_share_the_layers():
    """Gemma 3 27B on four cards (vllm#15676): 16 bits a parameter and a tower, not four bits."""
    weights, _ = found_in("vllm-gemma-3-27b-four-ranks.log", "weights")
    assert 16 < float(weights.values["bits"]) < 17


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        # Half of 19,200 MiB, not of the latents' 270, and 516 of scores: its buffer shows that attention is not fused.
        ("llama.cpp-deepseek-v2-before-latents.log", "10,116 MiB"),
        # 3,282 of 70,016 cells, not of the model's 40,960, and 2,266 of scores, which its failed buffer was made of.
        ("llama.cpp-qwen3-30b-a3b-context-told-by-cells.log", "5,548 MiB"),
    ],
)
def test_what_half_the_context_saves_is_half_of_the_cache_that_the_log_shows(name, saved):
    report = explained((LOGS / name).read_text(), EXPECTED[name]["model"])
    (half,) = [each for each in report.remedies if each.name == "half_context"]
    assert half.values["saved"] == saved


def test_passes_smaller_than_any_default_are_tried_too():
    """gpt-oss-120b on an H100 (vllm#27508): 18 layers keep 131,072 tokens, 18 a window and a pass of 1,024."""
    needed, report = found_in("vllm-gpt-oss-120b-small-passes.log", "needed")
    assert (needed.also, needed.values["batch"]) == ("other_batch", "1,024")
    assert report.remedies[0].values["tokens"] == "48624"


def test_an_estimate_that_a_version_does_not_take_off_yet_is_told_as_that():
    """vLLM 0.18 (pull request 39559): 342 blocks, of which 340 would print as many tokens, and 252 for a request."""
    graphs, report = found_in("vllm-qwen3.5-35b-a3b-graphs-not-taken-off.log", "graphs")
    assert graphs.why == "graphs_later"
    assert "no_graphs" not in [each.name for each in report.remedies]
    (tokens,) = [each for each in report.findings if each.subject == "tokens"]
    assert tokens.values["requests"] == f"{342 / 252:.2f}" == "1.36"


def test_a_cache_that_failed_on_one_of_several_cards_is_whole_layers_of_it():
    """DeepSeek-V3 on four A100 (llama-cpp-python#1944): 16 of 61 layers of 163,840 tokens, multiplied out."""
    failed, report = found_in("llama.cpp-deepseek-v3-failed-on-one-of-four.log", "failed")
    assert failed.derived == 16 * 163_840 * (24_576 + 16_384) * 2
    (half,) = [each for each in report.remedies if each.name == "half_context"]
    assert half.values["saved"] == f"{61 * 6400:,} MiB"


def test_the_buffer_of_an_older_build_says_whether_attention_is_fused():
    """Mistral 7B on a processor (ollama#9496): scores of 32,384 cells, which fused attention would not store."""
    compute, report = found_in("ollama-mistral-7b-all-on-a-cpu.log", "compute")
    assert (compute.verdict, compute.formula) == ("equal", "4 B × 512 × (32,384 × (32 + 1) + 4 × 4,096)")
    assert report.remedies[0].name == "flash_attention"


def test_states_of_compressors_are_no_weights():
    report = explained((LOGS / "llama.cpp-deepseek-v4-flash-compressors.log").read_text())
    assert {each.subject for each in report.findings} == {"state_entries"}


def test_a_block_of_metal_carries_states_and_one_more():
    """Qwen3.8 27B on a 36 GB M3 Pro, vllm-metal of August 2026 (a README's own excerpt): one of 16 groups of states
    stands in each block, and an old pool is kept while it grows; 16 or 18 states give another block."""
    text = (
        "Paged attention memory breakdown: metal_limit=30.15GB, fraction=0.92, usable_metal=27.74GB,\n"
        "model_memory=15.13GB, overhead=1.16GB, kv_budget=11.44GB, per_block_bytes=105902080, num_blocks=108,"
        " max_tokens_cached=84672\n"
    )
    findings = {each.subject: each for each in explained(text, "qwen3.8-27b").findings}
    assert findings["block_bytes"].derived == 105_902_080
    assert findings["tokens"].verdict == "misleads"


def advised(name):
    """Names of what is advised for a published log, cheapest first, with what they fill in."""
    report = explained((LOGS / name).read_text(), EXPECTED[name].get("model"))
    return {each.name: each.values for each in report.remedies}


def test_where_nothing_is_left_the_share_that_has_room_is_advised_first():
    """Qwen2.5 7B on 8 GiB (vllm#13882): 0.70 of them lack 1.05 GiB, which is 0.14 more; the pass takes 1.42 GiB."""
    found = advised("vllm-qwen2.5-7b-nothing-left.log")
    assert list(found) == ["share_at_least", "smaller_passes", "more_cards", "smaller_checkpoint"]
    assert (found["share_at_least"]["share"], found["smaller_passes"]["peak"]) == ("0.84", "1.42 GiB")


def test_a_layer_that_ollama_leaves_out_is_missed_by_what_all_of_it_takes():
    """48 of 49 layers of Gemma 3 12B (ollama#12000): 11.4 GiB for 11.1; half the context saves 8 of 48 layers' half."""
    found = advised("ollama-gemma-3-12b-one-layer-left-out.log")
    assert found["ollama_missing"]["missing"] == "0.30 GiB"
    assert found["ollama_context"] == {"tokens": "4096", "saved": "256 MiB"}


def test_no_gain_is_told_of_a_context_that_the_log_does_not_show():
    """2,048 MiB that failed (llamacpp-rocm#79) are a cache of 32,768 tokens, or two layers of 262,144."""
    name = "llama.cpp-qwen3.5-27b-failed-context-not-shown.log"
    failed, _ = found_in(name, "failed")
    assert (failed.why, failed.values["tokens"]) == ("failed_by_context", "32,768")
    assert set(advised(name)) == {"shorter_context", "cache_q8_0_each", "fewer_layers"}


def test_an_allocation_is_what_the_next_line_calls_it_and_layers_may_go_to_the_other_card():
    failed, _ = found_in("ollama-failed-compute-named-after.log", "failed")
    assert (failed.verdict, failed.values) == ("input", {"what": "compute"})
    assert advised("llama.cpp-llama-70b-failed-on-one-of-two.log")["other_split"] == {"devices": "ROCm0, ROCm1"}


def test_a_static_share_begins_where_the_weights_end():
    """166.59 of 188.32 GiB (sglang#7691) are 0.885."""
    assert advised("sglang-deepseek-r1-less-than-nothing.log")["static_share_above"] == {"share": "0.89"}


def test_the_gain_of_a_smaller_pass_is_no_more_than_the_pass_takes():
    """A made log: a build that attends piece by piece has a buffer of 5,718 MiB where all pairs at once take 82,672."""
    text = (
        "llama_new_context_with_model: n_ctx      = 163840\nllama_new_context_with_model: n_ubatch   = 1024\n"
        "llama_new_context_with_model: flash_attn = 0\n"
        "llama_new_context_with_model: KV self size  = 10980.00 MiB, c^KV (f16): 10980.00 MiB, kv^T: not used\n"
        "llama_new_context_with_model:      CUDA1 compute buffer size =  5718.01 MiB\n"
    )
    (smaller,) = [each for each in explained(text, "deepseek-v3").remedies if each.name == "smaller_pass"]
    assert smaller.values["saved"] == "2,859 MiB"


def test_graphs_estimated_and_used_are_the_same_graphs():
    assert advised("vllm-deepseek-v4-flash-graphs-used.log")["no_graphs"] == {"gained": "2.51 GiB"}


def test_weights_that_do_not_fit_are_no_matter_of_the_context():
    """A made log: 18.40 GiB in 64 layers, so 294 MiB a layer."""
    text = (
        "llama-server -m Qwen3-32B-Q4_K_M.gguf -c 32768\nprint_info: file size   = 18.40 GiB (4.82 BPW)\n"
        "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 18432.00 MiB on device 0: cudaMalloc failed\n"
        "llama_model_load: error loading model: unable to allocate CUDA0 buffer\n"
    )
    found = {each.name: each.values for each in explained(text, "qwen3-32b").remedies}
    assert found == {"fewer_layers_each": {"each": "294 MiB"}, "smaller_file": {}}


def test_attention_that_is_not_fused_is_told_by_the_buffer_that_failed():
    found = advised("llama.cpp-qwen3-30b-a3b-vulkan.log")
    assert next(iter(found)) == "flash_attention"


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("Available KV cache memory: 5.01 GiB\n", "smaller_share"),
        ("[TP0] KV Cache is allocated. #tokens: 44450, K size: 3.05 GB, V size: 3.05 GB\n", "smaller_static_share"),
        ("", "part_of_the_model"),
    ],
)
def test_memory_refused_after_the_cache_was_taken_is_given_back_by_the_cache(told, name):
    """A made log: 1,024 MiB were asked for, 612 were free, of 24 GiB: 412 are missing, two hundredths."""
    text = (
        f"{told}torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1024.00 MiB. GPU 0 has a total capacity"
        " of 24.00 GiB of which 612.00 MiB is free. Including non-PyTorch memory, this process has 23.40 GiB memory in"
        " use.\n"
    )
    found = {each.name: each.values for each in explained(text).remedies}
    assert name in found
    assert found[name].get("less", "0.02") == "0.02"


def test_a_share_that_others_hold_is_refused_with_the_share_that_is_free():
    """A made log: 19.35 of 23.64 GiB are 0.818."""
    text = (
        "ValueError: Free memory on device (19.35/23.64 GiB) on startup is less than desired GPU memory utilization"
        " (0.9, 21.28 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.\n"
    )
    first = explained(text).remedies[0]
    assert (first.name, first.values["share"]) == ("share_that_is_free", "0.81")
