"""The command: the numbers of the package, as text in two languages and as JSON."""

import io
import json
import sys

import pytest

import llmnotes as ln
from llmnotes.cli import main
from llmnotes.cost.assumptions import Engine

EXAMPLE = "tests/data/example-config.json"
VERBS = ("params", "kv", "flops", "show")


@pytest.fixture(autouse=True)
def _in_the_project(root, monkeypatch):
    monkeypatch.chdir(root)


def run(capsys, *arguments: str) -> str:
    assert main([*arguments]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def test_params_prints_the_published_count(capsys):
    # Llama 3.1 8B: 8,030,261,248 in the tensor index of the published weights.
    out = run(capsys, "params", EXAMPLE)
    assert "8,030,261,248" in out
    assert "8.03 B" in out


def test_kv_prints_both_sizes_at_the_length_asked_for(capsys):
    out = run(capsys, "kv", EXAMPLE, "--tokens", "32k", "--kv-bits", "fp8", "--batch", "2")
    assert "32,768 tokens, batch 2, 8 bits" in out
    assert "4 GiB" in out
    assert "ideal" in out
    assert "full length" in out


@pytest.mark.parametrize("verb", VERBS)
def test_json_holds_what_the_package_returns(capsys, verb):
    facts = json.loads(run(capsys, verb, EXAMPLE, "--json"))
    model = ln.from_config(EXAMPLE)
    assert facts["model"] == EXAMPLE
    assert facts["warnings"] == []
    if verb == "params":
        assert facts["components"] == ln.count_params(model).components
    if verb == "kv":
        assert facts["ideal_bytes"] == ln.kv_cache(model, n_tokens=131_072).ideal_bytes
    if verb == "flops":
        assert facts["decode"]["total"] == ln.forward_flops(model, n_new=1, n_past=131_072).total
    if verb == "show":
        assert facts["runs"][0]["mixer"]["kind"] == "Attention"
        assert facts["runs"][0]["count"] == 32


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_text_is_in_the_language_asked_for(capsys, verb, lang):
    out = run(capsys, verb, EXAMPLE, "--lang", lang)
    assert ("参数" in out or "KV 缓存" in out or "预填充" in out) == (lang == "zh")


def test_reads_standard_input(capsys, monkeypatch, root):
    stdin = io.TextIOWrapper(io.BytesIO((root / EXAMPLE).read_bytes()))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert "8,030,261,248" in run(capsys, "params", "-")


def test_columns_line_up_in_chinese_too(capsys):
    lines = run(capsys, "kv", EXAMPLE, "--lang", "zh").splitlines()[2:]
    ends = {
        line.index("GiB") + sum(1 for c in line[: line.index("GiB")] if ord(c) > 0x2E7F)
        for line in lines
        if "GiB" in line
    }
    assert len(ends) == 1


def test_what_was_assumed_is_said(capsys, tmp_path, root):
    config = json.loads((root / EXAMPLE).read_text())
    del config["num_key_value_heads"]
    config["secret"] = 3
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    out = run(capsys, "params", str(path))
    assert "num_key_value_heads = 32" in out
    assert "secret is not understood" in out


def test_fit_shows_where_the_memory_goes_and_what_is_missing(capsys):
    out = run(capsys, "fit", EXAMPLE, "--chip", "rtx-4090", "--tokens", "128k", "--kv-bits", "8")
    # 16 bits of 8,030,261,248 parameters; 32 layers x 8 heads x 2 x 128 numbers x 131,072 tokens at 8 bits.
    assert "15 GiB" in out
    assert "8 GiB" in out
    assert "missing" in out
    assert "memory ends here" in out
    bar = next(line.strip() for line in out.splitlines() if "██▓" in line)
    assert bar.count("█") / bar.count("▓") == pytest.approx(14.96 / 8, rel=0.05)


def test_a_bar_of_what_fits_ends_in_what_is_free(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    out = run(capsys, "fit", EXAMPLE, "--memory", "32GiB", "--tokens", "8k", "--lang", "zh", "--usable", "1")
    bar = next(line.strip() for line in out.splitlines() if "█" in line)
    assert len(bar) == 76
    # Weights 14.96 GiB, cache 1 GiB, a pass of 2,048 tokens 0.21 GiB: 15.8 of 32 GiB are free.
    assert bar.count("·") == pytest.approx(76 * 15.83 / 32, abs=1)
    assert "空闲" in out
    assert "╵" not in out


def test_fit_as_json_is_what_the_package_returns(capsys):
    arguments = ("--chip", "h100-sxm-80gb", "--chips", "2", "--page", "16", "--weight-bits", "fp8")
    facts = json.loads(run(capsys, "fit", EXAMPLE, *arguments, "--json"))
    found = ln.fit(ln.from_config(EXAMPLE), "h100-sxm-80gb", 2, 8, engine=Engine(page=16))
    assert facts["ideal"]["longest_context"] == found.ideal.longest_context
    assert facts["reserved"]["free_bytes"] == found.reserved.free_bytes
    assert facts["weight_bytes"] == found.weight_bytes == 8_030_261_248


def test_what_memory_does_not_limit_is_said(capsys):
    assert "no limit by memory" in run(capsys, "fit", "mistral-7b-v0.1", "--chip", "h100-sxm-80gb")


def test_compare_puts_models_side_by_side_at_one_length(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    rows = json.loads(run(capsys, "compare", EXAMPLE, "gpt2", "--tokens", "1k", "--json"))
    assert [row["model"] for row in rows] == [EXAMPLE, "GPT-2 small"]
    assert [row["n_tokens"] for row in rows] == [1024, 1024]
    out = run(capsys, "compare", EXAMPLE, "deepseek-v3", "--tokens", "32k")
    assert "4 GiB" in out
    assert "671 B" in out
    assert "beside the text model: prediction module, 11,610,067,968 parameters" in " ".join(out.split())
    assert max(map(len, out.split("note:")[0].splitlines())) <= 80


def test_models_lists_the_registry_in_the_order_asked_for(capsys):
    rows = json.loads(run(capsys, "models", "--sort", "kv", "--json"))
    assert [row["id"] for row in sorted(rows, key=lambda row: row["id"])] == list(ln.model_ids())
    sizes = [row["kv_bytes_at_131072"] for row in rows]
    assert sizes == sorted(sizes)
    out = run(capsys, "models", "--family", "gpt2", "--lang", "zh")
    assert "gpt2-xl" in out
    assert "llama" not in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fit", EXAMPLE, "--chip", "rtx-4009"], "no chip 'rtx-4009' in the registry; closest: rtx-4090"),
        (["fit", EXAMPLE, "--chip", "rtx-4090", "--usable", "0"], "usable_share must be above 0"),
        (["fit", EXAMPLE, "--memory", "9" * 40 + "PiB"], "memory_bytes must be above 0 and below 1 EiB"),
        (["models", "--family", "gpt9"], "no model of family 'gpt9'"),
        (["compare", "gpt2", "gpt22"], "closest: gpt2"),
    ],
)
def test_new_verbs_fail_in_one_line(capsys, arguments, message):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
