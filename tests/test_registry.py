import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from llmnotes import registry
from llmnotes.registry import DataError, UnknownChip, UnknownModel
from tests.waiting import PATIENCE_S

GOOD = """
name = "Tiny"
context_advertised = 1024

[source]
config = "https://example.org/config.json"
context_advertised = "https://example.org/card"
checked = 2026-11-23

[config]
model_type = "gpt2"
n_embd = 6
n_layer = 2
n_head = 3
n_positions = 5
vocab_size = 7
"""


@pytest.fixture
def data(tmp_path, monkeypatch) -> Path:
    for folder in ("models", "chips", "prices"):
        (tmp_path / folder).mkdir()
    monkeypatch.setattr(registry, "DATA", tmp_path)
    (tmp_path / "models" / "tiny.toml").write_text(GOOD)
    return tmp_path


def test_reads_an_entry(data):
    entry = registry.find("tiny")
    assert (entry.id, entry.name, entry.context_advertised) == ("tiny", "Tiny", 1024)
    assert entry.checked == date(2026, 11, 23)
    assert entry.sources["context_advertised"] == "https://example.org/card"
    assert entry.spec.n_layers == 2
    assert registry.load_model("tiny") == entry.spec


def test_lists_ids_without_reading_files(data):
    (data / "models" / "broken.toml").write_text("this is = = not TOML")
    assert registry.model_ids() == ("broken", "tiny")


def test_opens_only_the_file_it_was_asked_for(data):
    (data / "models" / "broken.toml").write_text("this is = = not TOML")
    assert registry.find("tiny").name == "Tiny"
    with pytest.raises(DataError, match=r"models/broken\.toml: not TOML"):
        registry.find("broken")


def test_opens_the_file_again_each_time(data):
    registry.find("tiny")
    (data / "models" / "tiny.toml").write_text(GOOD.replace('"Tiny"', '"Tinier"'))
    assert registry.find("tiny").name == "Tinier"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("context_advertised = 1024", "context_advertized = 1024", r"context_advertized .* did you mean context_adv"),
        ('context_advertised = "https://example.org/card"\n', "", "context_advertised has no source"),
        ('config = "https://example.org/config.json"\n', "", "config has no source"),
        ("checked = 2026-11-23\n", "", "needs checked"),
        ("checked = 2026-11-23\n", 'checked = "today"\n', "needs checked"),
        ("context_advertised = 1024", 'context_advertised = "1K"', "context_advertised is '1K'"),
        ("context_advertised = 1024", "context_advertised = -1", "context_advertised is -1"),
        ("context_advertised = 1024", "context_advertised = true", "context_advertised is True"),
        ("context_advertised = 1024\n", "", "names context_advertised, which the file does not give"),
        ('"https://example.org/card"', '" "', "the source of context_advertised is ' '"),
        ('name = "Tiny"\n', "", "name is missing"),
        (GOOD[GOOD.index("[config]") :], "", "config is missing"),
        (GOOD[GOOD.index("[source]") : GOOD.index("[config]")], "", "needs checked"),
        ("[config]", '[variants.fp8]\nsource = "https://example.org"\n[config]', "variants.fp8 needs source and quant"),
        ("[config]", "[variants.fp8.quantization_config]\n[config]", "variants.fp8 needs source and quant"),
    ],
)
def test_refuses_a_file_that_breaks_a_rule(data, old, new, message):
    assert old in GOOD
    (data / "models" / "tiny.toml").write_text(GOOD.replace(old, new, 1))
    with pytest.raises(DataError, match=message) as caught:
        registry.find("tiny")
    assert "tiny.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("wanted", ["LLaMA 3.1 8B", "llama3.1-8b", "Llama-3.1-8B", "lama-3.1-8b"])
def test_suggests_the_closest_id(wanted):
    with pytest.raises(UnknownModel, match=re.escape(f"{wanted!r} in the registry; closest: llama-3.1-8b")):
        registry.load_model(wanted)


def test_suggests_ids_that_contain_what_was_typed():
    with pytest.raises(UnknownModel, match=r"closest: .*qwen3"):
        registry.find("qwen3")


@pytest.mark.parametrize("wanted", ["", "zzzzzz", "../gpt2", "gpt2.toml", "gpt2/", None, 7])
def test_answers_anything_else_in_one_line(wanted):
    with pytest.raises(UnknownModel) as caught:
        registry.find(wanted)
    assert "\n" not in str(caught.value)


def test_unknown_chips_and_prices_have_their_own_errors(data):
    with pytest.raises(UnknownChip):
        registry.find_chip("h200-nope")
    with pytest.raises(UnknownModel):
        registry.find_price("gpt-nope")


def test_an_empty_registry_says_so(data):
    (data / "models" / "tiny.toml").unlink()
    with pytest.raises(UnknownModel, match="there are 0"):
        registry.find("tiny")


def test_importing_the_package_reads_no_registry():
    code = "import sys, llmnotes; assert 'tomllib' not in sys.modules and 'llmnotes.registry' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE_S)
