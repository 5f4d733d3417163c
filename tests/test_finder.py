"""Names that people write lead to the registry's id, and other words lead nowhere."""

import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from llmnotes import finder, registry
from llmnotes.registry import UnknownChip, UnknownModel, chip_ids, load_model, names, resolve, resolve_chip

CASES = tomllib.loads((Path(__file__).parent / "data" / "names.toml").read_text(encoding="utf-8"))
NAMES = names()


@pytest.fixture(autouse=True)
def read_once(monkeypatch):
    """Two hundred files need not be read again for each name."""
    monkeypatch.setattr(registry, "names", lambda: NAMES)


@pytest.mark.parametrize(("text", "wanted"), CASES["one"].items())
def test_a_name_means_one_model(text, wanted):
    assert finder.one(finder.find(text, NAMES)) == wanted
    assert resolve(text) == CASES["variant"].get(text, wanted)


@pytest.mark.parametrize(("text", "wanted"), CASES["variant"].items())
def test_a_registered_variant_is_meant_by_its_word(text, wanted):
    assert resolve(text) == wanted
    assert load_model(wanted).stated["quantization"]


@pytest.mark.parametrize(("text", "wanted"), [*CASES["chip"].items(), *((one, one) for one in chip_ids())])
def test_a_name_means_one_chip(text, wanted):
    assert resolve_chip(text) == wanted


def test_a_chip_of_several_forms_is_not_guessed():
    with pytest.raises(UnknownChip, match="may be any of h100-nvl-94gb, h100-pcie-80gb, h100-sxm-80gb; write"):
        resolve_chip("H100")


def test_one_that_is_alike_is_named_as_another():
    with pytest.raises(UnknownModel, match=r"no model 'Qwen2-14B' .*qwen2.5-14b, which is another"):
        resolve("Qwen2-14B")


@pytest.mark.parametrize(("text", "wanted"), CASES["several"].items())
def test_a_name_that_may_mean_several_begins_with_what_it_says_and_is_not_guessed(text, wanted):
    found = finder.find(text, NAMES)
    assert re.fullmatch(wanted, found[0].id)
    assert finder.one(found) is None
    with pytest.raises(UnknownModel, match=r"may be any of|which is another"):
        resolve(text)


@pytest.mark.parametrize("text", CASES["nothing"])
def test_what_names_no_model_finds_none(text):
    assert finder.find(text, NAMES) == []
    with pytest.raises(UnknownModel, match="no model"):
        resolve(text)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name.id)
def test_every_model_is_found_by_its_own_name_however_it_is_written(name):
    org = name.org.replace(" ", "")
    for text in (name.id, name.name, name.name.upper(), name.name.replace(" ", "-"), f"{org}/{name.id}-GGUF"):
        assert finder.one(finder.find(text, NAMES)) == name.id, text


def test_one_letter_left_out_or_swapped_still_leads_there():
    for name in NAMES:
        letters = re.match("[a-z]{6,}", name.id)
        # Another name is known as it is written (hunyuan: hy).
        if not letters or letters[0] in dict(finder.ALIASES):
            continue
        word, rest = letters[0], name.id[letters.end() :]
        for wrong in (word[:3] + word[4:], word[:2] + word[3] + word[2] + word[4:]):
            assert name.id in [found.id for found in finder.find(wrong + rest, NAMES)], wrong + rest


def test_finding_takes_some_thousandths_of_a_second():
    started = time.process_time()
    for text in CASES["one"]:
        finder.find(text, NAMES)
    assert (time.process_time() - started) / len(CASES["one"]) < 0.05


@pytest.mark.parametrize(
    ("text", "said", "status"),
    [
        ("Qwen/Qwen3-32B", "taken for qwen3-32b", 0),
        ("qwne3 32b", "taken for qwen3-32b", 0),
        ("llama3", "write the id of one", 2),
        ("some/kubernetes", "there is no file", 2),
    ],
)
def test_the_command_says_what_a_name_was_taken_for(root, text, said, status):
    command = [sys.executable, "-m", "llmnotes", "params", text]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert said in run.stderr
    assert run.returncode == status
