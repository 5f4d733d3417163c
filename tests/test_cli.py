"""The command: the numbers of the package, as text in two languages and as JSON."""

import io
import json
import sys

import pytest

import llmnotes as ln
from llmnotes.cli import main

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
    assert "reserved" in out


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
