"""What the article on layers in RAM shows, against published files, tables, names of tensors and counted loops."""

import re
import runpy
from itertools import product

import pytest

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.quantities import bytes_of, text
from llmnotes.registry import find_chip
from llmnotes.timing.offload import offloaded
from llmnotes.units import MIB

ARTICLE = "memory/layers-in-ram"


@pytest.fixture(scope="module")
def module(root):
    """A snippet of the article, by name."""
    return lambda name: runpy.run_path(str(root / "snippets" / ARTICLE / f"{name}.py"))


@pytest.fixture(scope="module", params=["zh", "en"])
def page(root, request):
    return (root / "docs" / request.param / f"{ARTICLE}.md").read_text(encoding="utf-8")


def test_the_file_of_the_70b_has_its_published_size(module):
    # 42.5 GB: dev.to, “How to Run a 70B Model on a Single 24GB GPU in 2026” (bartowski's Llama 3.3 70B in Q4_K_M).
    found = module("hand")["compute"]()["dense"]
    parts = (found["card"]["weights"], found["ram"]["weights"], found["table"])
    assert sum(part.value for part in parts) == pytest.approx(42.5e9, rel=2e-3)


def test_an_expert_of_gpt_oss_is_three_matrices_in_mxfp4(module):
    # Published shapes: width 2,880 inside and out, gate and up in one; blocks of 32 share a byte of scale.
    found = module("hand")["compute"]()["mixture"]
    weights = 3 * 2_880 * 2_880
    assert found["expert"].value == pytest.approx(weights * (4 + 8 / 32) / 8, rel=5e-3)
    assert found["read"].value == pytest.approx(4 * found["expert"].value)


def test_a_token_waits_as_long_as_a_loop_over_layers_says(module):
    add = module("sweep")["times_add"]
    for n in (0, 8, 40, 49):
        seconds = sum(1 / 43.18 / 49 if layer < n else 1 / 2.89 / 49 for layer in range(49))
        assert 1 / add(n, 49, 2.89, 43.18) == pytest.approx(seconds)


def test_both_ends_of_the_published_sweep_give_what_lies_between(module):
    found = module("sweep")["compute"]()
    assert found["worst"].value < 0.06
    assert found["over"].value > 2.5
    assert found["layer"].value < found["layer_grown"].value < 1.1 * found["layer"].value


def test_rows_that_set_no_constant_are_met(module, root):
    found = module("published")["compute"]()
    assert found["median"].value < 0.2
    assert found["worst"].value < 0.3
    assert found["moved"].value == pytest.approx(found["grown"].value, rel=0.03)
    used = {(row[0], row[5]) for row in runpy.run_path(str(root / "tests/test_offload.py"))["ROWS"]}
    assert not used & {(row[0], row[6]) for row in module("published")["ROWS"]}


def test_flags_on_the_page_are_those_that_fit(page, module):
    found = module("hand")["compute"]()
    first, second, third = re.findall(r"^llama-server .*", page, flags=re.MULTILINE)
    assert first.endswith(found["dense"]["flags"])
    assert second.endswith(found["mixture"]["flags"])
    pattern = re.search(r'-ot "(.*)=CPU"', third)
    assert pattern
    meant = {
        f"blk.{n}.ffn_{part}_exps.weight"
        for n in range(int(found["mixture"]["ram_layers"].value))
        for part in ("up", "down", "gate")
    }
    tensors = {f"blk.{n}.{name}" for n in range(36) for name in names()}
    assert {name for name in tensors if re.search(pattern[1], name)} == meant
    mistakes = module("mistakes")
    moved = mistakes["run"](*mistakes["MIXTURE"], (13, 0))[0].flags
    inline = set(re.findall(r"`(-[^`]* [0-9]+)`", page))
    assert inline >= {found["dense"]["flags"], moved, f"--n-cpu-moe {found['mixture']['ram_layers'].value}"}


def names():
    """Names of a layer's tensors in a GGUF of gpt-oss (gguf-py, constants.py)."""
    yield from (f"attn_{part}.weight" for part in ("norm", "q", "k", "v", "output", "sinks"))
    yield from ("ffn_gate_inp.weight", "post_attention_norm.weight")
    yield from (f"ffn_{part}_exps.weight" for part in ("up", "down", "gate"))


def test_the_bandwidth_that_a_guide_takes_for_granted_gives_what_it_promises(module):
    found = module("mistakes")["compute"]()
    model, chip = load_model("llama-3.3-70b"), find_chip("rtx-3090")
    _, step = offloaded(model, chip, "Q4_K_M", n_past=8_192, ram_bytes_per_s=found["needed"].value, flags=(45, 0))
    assert 1 / step.bound == pytest.approx(found["promised"].value)
    assert found["needed"].value > 2 * 96e9


@pytest.mark.parametrize("model_id", ["qwen3-30b-a3b", "deepseek-v3", "llama-3.1-8b"])
def test_the_figure_goes_from_the_bandwidth_of_the_card_to_that_of_the_ram(module, model_id):
    found, profile = module("yours"), cost_profile(load_model(model_id))
    case = {"weight_bits": 4.9, "bandwidth_bytes_per_s": 504e9, "ram_gb": 48}
    read = found["read_bytes"](profile, weight_bits=4.9)
    assert found["in_layers"](profile, moved=0, **case) == pytest.approx(504e9 / read)
    assert found["in_layers"](profile, moved=100, **case) == pytest.approx(48e9 / read)
    for moved in (0, 30, 100):
        layers, experts = (found[way](profile, moved=moved, **case) for way in ("in_layers", "in_experts"))
        assert experts >= layers


def test_few_layers_in_ram_halve_the_speed_and_one_less_does_not(module):
    found = module("hand")["compute"]()["dense"]
    model, chip, n = load_model("llama-3.3-70b"), find_chip("rtx-3090"), int(found["halved"].value)
    steps = {
        away: offloaded(model, chip, "Q4_K_M", n_past=8_192, ram_bytes_per_s=96e9, flags=(81 - away, 0))[1].expected
        for away in (0, n - 1, n)
    }
    assert steps[n - 1] < 2 * steps[0] <= steps[n]


def test_exercises_give_the_answer_that_their_printed_numbers_give(module):
    def printed(value, unit):
        said = value if isinstance(value, str) else getattr(value, "en", None) or text(value)
        assert said.endswith(unit), said
        return float(said.removesuffix(unit).replace(",", ""))

    speed = module("exercise")
    for model, chip, part in product(speed["MODELS"], speed["CHIPS"], (0.25, 0.1, 0.5)):
        found = speed["solve"](model=model, chip=chip, part=part)
        read = printed(found["read"], " GB")
        whole = (1 - part) * read / printed(found["vram"], " GB/s") + part * read / printed(found["reached"], " GB/s")
        assert float(text(found["answer"])) == float(f"{1 / whole:.3g}")
    experts = module("exercise_experts")
    for model, n in product(experts["MODELS"], (12, 8, 20)):
        found = experts["solve"](model=model, n=n)
        mib = n * found["top_k"].value * printed(found["expert"], " MiB")
        assert text(found["answer"]) == text(bytes_of(mib * MIB))
